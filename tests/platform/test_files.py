"""Files people give us: judged by what they are, kept under their hash, handed out only to who may see what they belong to."""

import hashlib
import io
import struct
import zlib

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from pilot_portal.accounts.roles import Role
from pilot_portal.files import services
from pilot_portal.files.inspect import JPEG, MAX_BYTES, MAX_PIXELS, PDF, PNG, inspect
from pilot_portal.files.models import StoredFile, private_storage
from pilot_portal.workflow.refusals import Refusal
from subsidies.services import documents
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db


def picture(kind: str, size=(20, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, kind)
    return buffer.getvalue()


def paper(change=None, **options) -> bytes:
    """A PDF of one page after `change` has had its way with it."""
    document = pikepdf.new()
    document.add_blank_page()
    if change:
        change(document)
    buffer = io.BytesIO()
    document.save(buffer, **options)
    return buffer.getvalue()


def without_pages() -> bytes:
    buffer = io.BytesIO()
    pikepdf.new().save(buffer)
    return buffer.getvalue()


def huge_picture(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def keep(data: bytes, name: str = "保单.pdf", **options) -> StoredFile:
    return services.store_upload(SimpleUploadedFile(name, data), by=make.officer(Role.HANDLER), at=make.FILED, **options)


SCRIPT = {"/S": pikepdf.Name.JavaScript, "/JS": "app.alert(1)"}


def indirect(document, value):
    return document.make_indirect(pikepdf.Dictionary(value))


def opens_with_a_script(document):
    document.Root.OpenAction = indirect(document, SCRIPT)


def opens_with_a_script_written_inside_the_catalogue(document):
    document.Root.OpenAction = pikepdf.Dictionary(SCRIPT)


def has_a_script_deep_inside_a_page(document):
    link = pikepdf.Dictionary({"/Subtype": pikepdf.Name.Link, "/A": pikepdf.Dictionary(SCRIPT)})
    document.pages[0].Annots = pikepdf.Array([pikepdf.Array([link])])


def names_a_script(document):
    document.Root.Names = pikepdf.Dictionary(
        {"/JavaScript": pikepdf.Dictionary({"/Names": pikepdf.Array(["x", pikepdf.Dictionary(SCRIPT)])})}
    )


def starts_a_program(document):
    document.Root.OpenAction = pikepdf.Dictionary({"/S": pikepdf.Name.Launch, "/F": "cmd.exe"})


def carries_a_file(document):
    document.attachments["virus.exe"] = pikepdf.AttachedFileSpec(document, b"MZ", filename="virus.exe")


def carries_a_file_as_a_note(document):
    stream = document.make_stream(b"MZ")
    spec = pikepdf.Dictionary({"/Type": pikepdf.Name.Filespec, "/F": "virus.exe", "/EF": pikepdf.Dictionary({"/F": stream})})
    note = pikepdf.Dictionary({"/Subtype": pikepdf.Name.FileAttachment, "/FS": spec, "/Rect": pikepdf.Array([0, 0, 1, 1])})
    document.pages[0].Annots = pikepdf.Array([note])


def is_a_form_that_sends_itself(document):
    button = pikepdf.Dictionary({"/A": pikepdf.Dictionary({"/S": pikepdf.Name.SubmitForm, "/F": "https://example.com"})})
    document.Root.AcroForm = pikepdf.Dictionary({"/Fields": pikepdf.Array([button])})


def is_an_xfa_form(document):
    document.Root.AcroForm = pikepdf.Dictionary({"/Fields": pikepdf.Array(), "/XFA": document.make_stream(b"<xdp/>")})


ACTIVE = [
    opens_with_a_script,
    opens_with_a_script_written_inside_the_catalogue,
    has_a_script_deep_inside_a_page,
    names_a_script,
    starts_a_program,
    carries_a_file,
    carries_a_file_as_a_note,
    is_a_form_that_sends_itself,
    is_an_xfa_form,
]


# what is taken


@pytest.mark.parametrize(("data", "kind"), [(paper(), PDF), (picture("JPEG"), JPEG), (picture("PNG"), PNG)])
def test_the_type_is_the_contents_whatever_the_name_says(data, kind):
    stored = keep(data, name="说明.exe")
    assert (stored.content_type, stored.size, stored.sha256) == (kind, len(data), hashlib.sha256(data).hexdigest())
    with stored.file.open("rb") as file:
        assert file.read() == data


def test_a_harmless_link_in_a_pdf_is_no_harm():
    def link(document):
        action = pikepdf.Dictionary({"/S": pikepdf.Name.URI, "/URI": "https://example.com"})
        document.pages[0].Annots = pikepdf.Array([pikepdf.Dictionary({"/Subtype": pikepdf.Name.Link, "/A": action})])

    assert inspect(paper(link), "a.pdf") == PDF


def test_only_what_a_place_asks_for():
    with refused("file_type") as caught:
        keep(picture("PNG"), allowed=frozenset({PDF}))
    assert "PDF" in caught.value.sentence
    assert "PNG" not in caught.value.sentence


# what is refused


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"<html><script>alert(1)</script>", "file_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "file_type"),
        (b"PK\x03\x04 a workbook", "file_type"),
        (b"MZ a program", "file_type"),
        (b"GIF89a" + b"\0" * 50, "file_type"),
        (b" \n%PDF-1.7 not at the first byte", "file_type"),
        (b"%PDF-1.7\nnothing of a PDF", "file_broken"),
        (paper()[:200], "file_broken"),
        (without_pages(), "file_broken"),
        (picture("PNG")[:60], "file_broken"),
        (picture("JPEG")[:300], "file_broken"),
        (b"\xff\xd8\xff" + b"\0" * 100, "file_broken"),
        (paper(encryption=pikepdf.Encryption(user="secret", owner="secret")), "file_encrypted"),
        (paper(encryption=pikepdf.Encryption(user="", owner="secret")), "file_encrypted"),
        (huge_picture(30_000, 30_000), "image_too_large"),
        (huge_picture(10_000, 7_000), "image_too_large"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_not_kept(data, code):
    with refused(code) as caught:
        keep(data)
    assert "保单.pdf" in caught.value.sentence
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("change", ACTIVE, ids=lambda change: change.__name__)
@pytest.mark.parametrize("packed", [False, True])
def test_a_pdf_that_does_something_is_refused(change, packed):
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    with refused("file_active"):
        keep(paper(change, object_stream_mode=mode))


def test_twenty_megabytes_are_taken_and_one_byte_more_is_not():
    filled = paper()
    filled += b"\n%" + b"0" * (MAX_BYTES - len(filled) - 2)
    assert keep(filled).size == MAX_BYTES
    with refused("file_too_large") as caught:
        keep(filled + b"0")
    assert (caught.value.status, "20 MB" in caught.value.sentence) == (413, True)


def test_a_picture_at_the_limit_of_pixels_is_still_read():
    with pytest.raises(Refusal) as caught:
        inspect(huge_picture(MAX_PIXELS // 6_000, 6_000), "a.png")
    assert caught.value.code == "file_broken"  # it promises more than it holds, but it was opened


# how it is kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\保单.pdf", "保单.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("\u202egnp.pdf", "gnp.pdf"),
        ("/", "文件"),
        ("长" * 200 + ".pdf", "长" * 140 + "…" + "长" * 5 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(name, kept):
    assert services.clean_name(name) == kept


def test_the_bytes_lie_under_their_hash_and_nowhere_else():
    data = paper()
    upload = SimpleUploadedFile("x.pdf", data)
    upload.name = "../../../tmp/x.pdf"  # what a browser might send, past Django's own care
    stored = services.store_upload(upload, by=make.officer(Role.HANDLER), at=make.FILED)
    assert stored.file.name == f"{stored.sha256[:2]}/{stored.sha256}"
    assert (stored.name, private_storage().exists(stored.file.name)) == ("x.pdf", True)


def test_the_same_bytes_twice_lie_once():
    data = paper(lambda document: document.docinfo.__setitem__("/Title", "twice"))
    first, second = keep(data, "甲.pdf"), keep(data, "乙.pdf")
    assert (first.file.name, first.name, second.name) == (second.file.name, "甲.pdf", "乙.pdf")
    folder, _ = first.file.name.split("/")
    assert private_storage().listdir(folder)[1].count(first.sha256) == 1


def test_what_a_killed_writer_left_is_written_again():
    data = paper(lambda document: document.docinfo.__setitem__("/Title", "killed"))
    digest = hashlib.sha256(data).hexdigest()
    target = private_storage().path(f"{digest[:2]}/{digest}")
    services._keep(f"{digest[:2]}/{digest}", data)
    with open(target, "wb") as half:  # noqa: PTH123
        half.write(data[:100])
    with keep(data).file.open("rb") as file:
        assert file.read() == data


# who may see it


@pytest.fixture
def case():
    made = make.application(window=make.window())
    documents.issue_receipt(made, at=make.FILED)
    return made


def addresses(case) -> dict[str, str]:
    policy = case.policy
    row = {"invoices": policy.invoices.get().pk}
    return {
        "licence": reverse("enterprises:licence"),
        "category": reverse("enterprises:category_paper", args=[case.category_id]),
        "account": reverse("enterprises:account_paper"),
        "policy": reverse("insurers:policy_paper", args=[policy.pk]),
        "invoice": reverse("insurers:row_paper", args=[policy.pk, "invoices", row["invoices"]]),
        "receipt": reverse("subsidies:receipt", args=[case.pk]),
        "document": reverse("subsidies:document", args=[case.pk, case.documents.get().pk]),
        "paper": reverse("subsidies:paper", args=[case.pk, policy.paper_id]),
    }


def status(client, address: str) -> int:
    """The answer's status; the bytes of a file are read, so that it is closed."""
    response = client.get(address)
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code


def logged_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_its_members_see_every_paper_and_a_stranger_none(client, case):
    found = addresses(case)
    logged_in(client, make.owner_of(case.legal_entity))
    assert {name: status(client, address) for name, address in found.items()} == dict.fromkeys(found, 200)
    client.logout()
    assert {name: status(client, address) for name, address in found.items()} == dict.fromkeys(found, 302)
    stranger = make.owner_of(make.entity(verified=False))
    logged_in(client, stranger)
    own = {"licence"}  # without a key in its address: the stranger's own
    assert {name: status(client, address) for name, address in found.items() if name not in own} == dict.fromkeys(found.keys() - own, 404)
    assert status(client, found["licence"]) == 200


@pytest.mark.parametrize("role", [Role.INSURER, Role.IP_OFFICE, Role.OBSERVER, Role.EVALUATOR])
def test_neither_a_foreign_insurer_nor_an_overseer_gets_in_by_an_applicants_address(client, case, role):
    logged_in(client, make.officer(role))
    assert {status(client, address) for address in addresses(case).values()} <= {403, 404}


def test_a_file_of_another_case_is_not_found_through_ones_own(client, case):
    other = make.application(window=case.window)
    logged_in(client, make.owner_of(case.legal_entity))
    assert status(client, reverse("subsidies:paper", args=[case.pk, other.policy.paper_id])) == 404


def test_what_is_served_runs_nothing_and_stays_nowhere():
    response = services.serve(keep(paper(), name="保单 “甲”.pdf"))
    b"".join(response.streaming_content)
    response.close()
    assert response["Content-Type"] == PDF
    assert response["Content-Disposition"] == "inline; filename*=UTF-8''%E4%BF%9D%E5%8D%95%20%E2%80%9C%E7%94%B2%E2%80%9D.pdf"
    assert response["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sandbox" in response["Content-Security-Policy"]
