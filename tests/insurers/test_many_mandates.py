"""委托书 of many clients: proposed at once, one ZIP of papers, sealed ones taken in by the names of their files."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from insurers import services
from insurers.models import Entrustment, StaffRole
from insurers.states import EntrustmentState
from pilot_portal.audit.models import Event
from tests import make
from tests.expect import refused
from tests.insurers import desk
from tests.races import at_once
from tests.subsidies.pages import browser, text_of

pytestmark = pytest.mark.django_db
BATCH, SEALED, ZIP = "/insurer/mandates/batch/", "/insurer/mandates/sealed/", "/insurer/mandates/papers.zip"


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED, tick=False)


@pytest.fixture
def company():
    return make.insurer()


def client_of(company):
    return make.policy(make.entity(), insurer=company).legal_entity


def named(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, make.pdf(name).read(), content_type="application/pdf")


def taken(company, *names: str) -> list[tuple[bool, str]]:
    outcomes = services.take_sealed(company, [named(name) for name in names], by=desk.staff_of(company), at=make.FILED)
    return [(outcome.done, outcome.says) for outcome in outcomes]


def test_one_sending_proposes_a_mandate_to_each_chosen_client(company):
    chosen, left = [client_of(company) for _ in range(2)], client_of(company)
    make.entrustment(left, company)
    page = desk.desk_of(company)
    assert page.get(BATCH, {"all": 1}).content.decode().count("checked") >= 2 + page.get(BATCH).content.decode().count("checked")
    assert left.name not in text_of(page.get(BATCH)) and chosen[0].name in text_of(page.get(BATCH))
    typed = desk.mandate() | {"clients": [client.pk for client in chosen]}
    said = text_of(page.post(BATCH, typed, follow=True))
    assert "已为 2 家客户发起委托" in said and "全部办成" in said
    assert "本次结果" not in text_of(page.get(SEALED))
    made = company.entrustments.filter(state=EntrustmentState.PROPOSED)
    assert {mandate.legal_entity for mandate in made} == set(chosen)
    assert page.post(BATCH, desk.mandate()).status_code == 422
    assert page.post(BATCH, typed).status_code == 422  # they have one now and are no longer offered


def test_what_one_client_is_refused_leaves_the_others_alone(company):
    first, second = client_of(company), client_of(company)
    desk.proposed(company, first)
    period = {"starts_at": make.FILED, "ends_at": make.CLOSES}
    outcomes = services.propose_many(company, [first, second], by=desk.staff_of(company), at=make.FILED, facts=period)
    assert [outcome.done for outcome in outcomes] == [False, True]
    assert "已有一份" in outcomes[0].says


def test_the_zip_holds_a_paper_for_each_chosen_mandate_named_by_code_and_number(company):
    mandates = [desk.proposed(company, client_of(company)) for _ in range(3)]
    other = desk.proposed(make.insurer("示例二"), make.entity())
    page = desk.desk_of(company)
    answer = page.get(ZIP, {"pk": [mandates[0].pk, mandates[1].pk, other.pk, "x", "²"]})
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as archive:
        names = archive.namelist()
        assert len(names) == 2 and archive.read(names[0]).startswith(b"%PDF")
    assert mandates[0].legal_entity.credit_code in names[0] and mandates[0].number in names[0]
    assert "请至少选择一份" in text_of(page.get(ZIP, {"pk": other.pk}, follow=True))


def test_a_sealed_paper_finds_its_mandate_by_code_or_number(company):
    first, second = (desk.proposed(company, client_of(company)) for _ in range(2))
    code = first.legal_entity.credit_code
    assert taken(company, f"委托书-{code.lower()}(盖章).pdf", f"扫描 {second.number}.pdf") == [(True, "已上传，等中心核实")] * 2
    assert Entrustment.objects.filter(paper__isnull=False).count() == 2


def test_a_file_that_tells_nothing_or_too_much_changes_nothing_and_says_why(company):
    mandate, strange = desk.proposed(company, client_of(company)), desk.proposed(make.insurer("示例二"), make.entity())
    in_force = make.entrustment(client_of(company), company)
    code = mandate.legal_entity.credit_code
    outcomes = taken(
        company,
        "扫描件001.pdf",
        f"{code} {strange.legal_entity.credit_code}.pdf",
        f"{strange.number}.pdf",
        f"{in_force.legal_entity.credit_code}.pdf",
        f"{code}_{in_force.number}.pdf",
    )
    assert not any(done for done, _ in outcomes)
    for (_, says), word in zip(outcomes, ("没有统一社会信用代码", "不止一个", "没有找到", "有效", "没有找到"), strict=True):
        assert word in says
    assert not Entrustment.objects.filter(paper__isnull=False).exists()


def test_two_files_of_one_client_a_broken_one_and_a_good_one_each_have_their_line(company):
    first, second, third = (desk.proposed(company, client_of(company)) for _ in range(3))
    files = [named(f"{first.number}.pdf"), named(f"{first.legal_entity.credit_code}.pdf"), named(f"{second.number}.pdf")]
    files.append(SimpleUploadedFile(f"{third.number}.pdf", b"not a paper"))
    page = desk.desk_of(company)
    said = text_of(page.post(SEALED, {"papers": files}, follow=True))
    assert "4 项，其中 2 项没有办成" in said and "已有一个文件" in said
    third.refresh_from_db()
    assert third.paper is None
    assert Entrustment.objects.filter(paper__isnull=False).count() == 2


def test_no_file_or_too_many_are_refused_before_any_is_taken(company):
    page = desk.desk_of(company)
    assert "请选择至少一个文件" in text_of(page.post(SEALED, {}))
    answer = page.post(SEALED, {"papers": [SimpleUploadedFile(f"{number}.pdf", b"x") for number in range(31)]})
    assert answer.status_code == 422 and "一次最多 30 个" in text_of(answer)


def test_a_viewer_does_none_of_it(company):
    viewer = make.colleague(company, StaffRole.VIEWER)
    for address in (BATCH, SEALED, ZIP):
        assert browser(viewer).get(address).status_code == 403
    with refused("only_looks"):
        services.take_sealed(company, [], by=viewer, at=make.FILED)
    with refused("only_looks"):
        services.propose_many(company, [], by=viewer, at=make.FILED, facts={})


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_hand_in_papers_of_one_mandate_at_once_and_one_is_kept():
    company = make.insurer()
    mandate = desk.proposed(company, client_of(company))
    papers = ("sealed.add_entrustment_paper", "entrustments._require_party")  # each has read the mandate; each is about to write it
    acts = [lambda name=name: taken(company, f"WT{mandate.pk:06d} {name}.pdf") for name in ("甲", "乙")]
    outcomes = at_once(*acts, meet=[f"insurers.services.{place}" for place in papers])
    assert sorted(done for ((done, _),) in outcomes) == [False, True]
    assert Event.objects.filter(action="add_entrustment_paper").count() == 1
