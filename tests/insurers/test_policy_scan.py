"""A scanned policy is read by a job where that is installed; nobody has to wait for it, and nothing read from it is taken for certain."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from types import SimpleNamespace

import numpy
import pikepdf
import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from insurers import prefill
from pilot_portal.accounts.roles import Role
from pilot_portal.files import scans
from pilot_portal.files.models import ScanText, StoredFile
from pilot_portal.files.reading import text_of
from pilot_portal.files.services import ask_to_read, read_scan, store_upload
from tests import make
from tests.insurers.test_policy_upload import NEW, sheet, upload

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=91)


@pytest.fixture
def entity(client):
    made = make.entity()
    client.force_login(make.owner_of(made))
    return made


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(make.FILED, tick=False)


def photograph(entity) -> Image.Image:
    """The policy as a camera sees it: grey, a little askew."""
    with pypdfium2.PdfDocument(sheet(entity, make.insurer()).read()) as pdf:
        page = pdf[0]
        picture = page.render(scale=150 / 72).to_pil().convert("L").rotate(0.6, fillcolor=255)
        page.close()
    return picture


def as_jpeg(picture: Image.Image) -> SimpleUploadedFile:
    data = BytesIO()
    picture.save(data, "JPEG", quality=70)
    return SimpleUploadedFile("保单.jpg", data.getvalue(), "image/jpeg")


def as_pdf(picture: Image.Image) -> SimpleUploadedFile:
    data = BytesIO()
    picture.save(data, "PDF", resolution=150)
    with pikepdf.open(BytesIO(data.getvalue())) as pdf:
        out = BytesIO()
        pdf.save(out)
    return SimpleUploadedFile("保单扫描.pdf", out.getvalue(), "application/pdf")


@pytest.mark.parametrize("kept_as", [as_jpeg, as_pdf])
def test_what_is_recognised_on_a_scan_fills_the_form_and_is_in_doubt(entity, kept_as):
    paper = store_upload(kept_as(photograph(entity)), by=make.user(Role.ENTERPRISE), at=make.FILED)
    assert text_of(paper) == ""
    ask_to_read(paper, at=make.FILED)
    read_scan(paper.scan_text, at=make.FILED)
    readings = prefill.readings_of(paper)
    assert {name: reading.value for name, reading in readings.items() if name not in ("insurer", "product")} == {
        "number": "QIPL2026000777",
        "insured": entity.name,
        "signed_on": date(2026, 6, 14),
        "starts_on": date(2026, 6, 15),
        "last_day": date(2027, 6, 14),
        "end_time": "24:00",
        "liability_limit": Decimal("10000000.00"),
        "premium": Decimal("33333.33"),
    }
    assert not any(reading.certain for reading in readings.values())


def waiting(client, entity) -> StoredFile:
    """A scan that was handed in; the job has not come to it."""
    page = upload(client, as_jpeg(Image.new("L", (200, 200), 255))).content.decode()
    assert "正在识别保单" in page
    return StoredFile.objects.get(name="保单.jpg")


def test_the_page_waits_for_the_job_and_opens_the_form_when_it_is_done(client, entity):
    paper = waiting(client, entity)
    asking = {"headers": {"HX-Request": "true"}}
    assert "HX-Refresh" not in client.get(NEW, {"paper": paper.pk}, **asking)
    ScanText.objects.filter(paper=paper).update(text="保险单号 QIPL2026000778", read_at=make.FILED)
    assert client.get(NEW, {"paper": paper.pk}, **asking)["HX-Refresh"] == "true"
    page = client.get(NEW, {"paper": paper.pk}).content.decode()
    assert "从保单读到，请再核对" in page
    assert "QIPL2026000778" in page


def test_nobody_has_to_wait(client, entity, time_machine):
    paper = waiting(client, entity)
    assert 'name="premium"' in client.get(NEW, {"paper": paper.pk, "now": 1}).content.decode()
    time_machine.move_to(make.FILED + LATER, tick=False)
    page = client.get(NEW, {"paper": paper.pk}).content.decode()
    assert "没有读到保单的内容" in page
    assert 'name="premium"' in page


def test_without_the_extra_a_scan_is_typed_off_at_once(client, entity, monkeypatch):
    monkeypatch.setattr(scans, "is_installed", lambda: False)
    page = upload(client, as_jpeg(Image.new("L", (200, 200), 255))).content.decode()
    assert "没有读到保单的内容" in page
    assert not ScanText.objects.exists()


def test_a_paper_with_text_is_not_recognised(entity):
    paper = store_upload(sheet(entity, make.insurer()), by=make.user(Role.ENTERPRISE), at=make.FILED)
    ask_to_read(paper, at=make.FILED)
    assert not ScanText.objects.exists()


def test_a_second_run_of_the_job_changes_nothing(entity, monkeypatch):
    paper = store_upload(as_jpeg(Image.new("L", (200, 200), 255)), by=make.user(Role.ENTERPRISE), at=make.FILED)
    for _ in range(2):
        ask_to_read(paper, at=make.FILED)
    monkeypatch.setattr(scans, "recognise", lambda stored: "first")
    read_scan(ScanText.objects.get(), at=make.FILED)
    monkeypatch.setattr(scans, "recognise", lambda stored: "second")
    read_scan(ScanText.objects.get(), at=make.FILED)
    assert ScanText.objects.get().text == "first"


def test_what_stands_side_by_side_is_one_line():
    def box(left, top):
        return numpy.array([[left, top], [left + 90, top], [left + 90, top + 20], [left, top + 20]], dtype=float)

    found = SimpleNamespace(
        boxes=[box(300, 104), box(10, 100), box(10, 140), box(10, 200)],
        txts=["QIPL1", "保险单号", "被保险人", "??"],
        scores=[0.99, 0.98, 0.97, 0.2],
    )
    assert list(scans.lines_of(found)) == ["保险单号  QIPL1", "被保险人"]
    assert list(scans.lines_of(SimpleNamespace(boxes=None))) == []
