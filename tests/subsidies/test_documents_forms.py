"""申请表, 承诺书, 委托书: filled in, to be printed, sealed and uploaded; nothing of ours and nothing kept."""

from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from subsidies import documents
from subsidies.models import Document
from subsidies.services import drafts
from subsidies.states import State
from tests import drive, make
from tests.subsidies import papers

FORMS = [
    (documents.application_form, papers.form()),
    (documents.pledge, papers.pledge()),
    (documents.entrustment, papers.entrustment()),
]


@pytest.mark.parametrize(("draw", "data"), FORMS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_form_has_room_for_seals_and_bears_nothing_of_ours(draw, data):
    pdf = draw(data)
    said = papers.joined(pdf)
    assert "（盖章）" in said
    assert "（签字）" in said
    assert "2026年9月1日10:00:05由门户按所填内容生成" in said
    assert "核验码" not in said
    assert "文书编号" not in said
    assert draw(data) == pdf
    assert papers.fonts(pdf) == {"Noto-Serif-SC-Cut": True, "Noto-Sans-SC-Cut": True}
    with pikepdf.open(BytesIO(pdf)) as opened, opened.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")


def test_the_application_form_holds_everything_that_was_filled_in():
    said, rows = papers.joined(documents.application_form(papers.form())), papers.rows(documents.application_form(papers.form()))
    for wanted in (
        "北京市海淀区示例路1号3号楼2层201室（海淀区）",
        "北京市专精特新企业（有效期至2027年12月31日）",
        "2026年6月4日至2027年6月3日",
        "账号尾号0170联行号102100099996",
        "申请补贴（大写）：人民币贰万陆仟陆佰陆拾陆元陆角陆分",
        "1．营业执照：执照.pdf",
        "申报编号（提交后生成）",
    ):
        assert wanted in said
    for wanted in ("保单保费40,000.00", "认定保费33,333.33", "×80%，舍去分以下26,666.66", "申请补贴26,666.66"):
        assert wanted in rows


def test_an_empty_draft_prints_with_what_is_missing():
    data = papers.form(policy=None, account=None, lines=(), estimate=Decimal("0.00"), files=())
    said = papers.joined(documents.application_form(data))
    for wanted in ("（保单未填）", "（填写保单后测算）", "（未填）", "（未上传）"):
        assert wanted in said


def test_a_form_for_a_policy_with_many_papers_goes_on_over_pages():
    row = documents.MoneyRow(number="1" * 20, party=papers.LONG_NAME, day=papers.form().policy.signed_on, amount=Decimal("0.01"))
    policy = documents.FormPolicy(**{**vars(papers.form().policy), "invoices": (row,) * 60})
    pdf = documents.application_form(papers.form(policy=policy))
    assert papers.pages(pdf) > 3
    assert papers.joined(pdf).count("1" * 20) == 60


@pytest.mark.parametrize("name", [papers.LONG_NAME * 2, papers.HOSTILE_NAME], ids=["long", "hostile"])
def test_a_name_is_text_on_a_form_and_both_seals_stay_on_one_page(name):
    wanted = "".join(name.split())
    mandate = documents.entrustment(papers.entrustment(enterprise=name, insurer=name, address=name))
    assert papers.joined(mandate).count(wanted) >= 3
    assert papers.pages(mandate) == 1
    assert wanted in papers.joined(documents.pledge(papers.pledge(enterprise=name)))
    assert wanted in papers.joined(documents.application_form(papers.form(other_subsidies=name)))


def test_a_form_never_shows_more_than_the_tail_of_an_account():
    with pytest.raises(ValueError, match="last four figures"):
        documents.FormAccount(holder="甲", bank="乙", cnaps="", tail="0859827198035247170")


def test_the_pledge_holds_the_six_promises_of_the_screen(client, db):
    draft = make.draft(window=make.window())
    client.force_login(draft.created_by)
    page = "".join(client.get(reverse("subsidies:pledge", args=[draft.pk])).content.decode().split())
    said = papers.joined(documents.pledge(papers.pledge()))
    promises = [part.split("</li>")[0] for part in page.split('<olclass="prose">')[1].split("</ol>")[0].split("<li>")[1:]]
    assert len(promises) == 6
    for promise in promises:
        assert promise in said


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        ({}, ("二、代为提交申报", "三、代为按补正告知书办理补正")),
        ({"includes_submission": False}, ("由委托人在门户确认并提交",)),
        ({"includes_correction": False}, ("收到补正告知后，由委托人办理",)),
    ],
)
def test_a_mandate_says_what_it_covers_and_how_long(scope, wanted):
    said = papers.joined(documents.entrustment(papers.entrustment(**scope)))
    for words in ("委托期限2026年8月1日至2026年12月31日（含当日）", "委托人（盖章）", "受托人（盖章）", *wanted):
        assert words in said


# From the rows of a case, for whoever may see it


@pytest.fixture
def draft(db, time_machine):
    time_machine.move_to(make.FILED)
    return make.draft(window=make.window())


def printed(client, name: str, row, who) -> str:
    client.force_login(who)
    answer = client.get(reverse(f"subsidies:{name}", args=[row.pk]))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    return papers.joined(answer.content)


def test_a_draft_prints_as_it_stands_and_nothing_is_kept(client, draft):
    files, version = StoredFile.objects.count(), draft.version
    said = printed(client, "application_form", draft, draft.created_by)
    account = draft.bank_account
    for wanted in (draft.legal_entity.name, draft.policy.number, "80,000.00", f"尾号{account.last_four}", "草稿，尚未提交"):
        assert "".join(wanted.split()) in said
    assert account.number not in said.replace(account.proof.name.replace(" ", ""), "")  # the applicant named that file so
    said = printed(client, "pledge_paper", draft, draft.created_by)
    assert draft.legal_entity.credit_code in said
    draft.refresh_from_db()
    assert (StoredFile.objects.count(), draft.version, Document.objects.count()) == (files, version, 0)


def test_a_draft_of_nothing_prints_too(client, db):
    entity = make.entity()
    empty = drafts.start(entity, make.window(), by=make.owner_of(entity), at=make.FILED)
    assert "（保单未填）" in printed(client, "application_form", empty, make.owner_of(entity))
    assert "保单号" not in printed(client, "pledge_paper", empty, make.owner_of(entity))


def test_a_filed_case_prints_with_its_number(client, db):
    case = make.application(window=make.window(), state=State.ACCEPTED)
    assert f"申报编号{case.number}" in printed(client, "application_form", case, case.created_by)


def test_an_insurers_filing_names_it_and_its_people_print_it(client, db):
    case = drive.insurers_case(window=make.window())
    said = printed(client, "application_form", case, drive.staff_of(case.insurer))
    assert f"受托保险公司{case.insurer.name}" in said


def test_both_sides_print_the_mandate(client, db):
    mandate = make.entrustment(make.entity(), make.insurer(), ends_at=make.moment("2026-10-01 00:00"))
    for who in (make.owner_of(mandate.legal_entity), drive.staff_of(mandate.insurer)):
        said = printed(client, "entrustment_paper", mandate, who)
        assert mandate.legal_entity.name in said
        assert mandate.insurer.name in said
        assert "至2026年9月30日（含当日）" in said


def test_a_stranger_prints_nothing(client, draft):
    mandate = make.entrustment(draft.legal_entity, draft.policy.insurer)
    strangers = {make.owner_of(make.entity()): 404, make.insurer("示例二").staff.get().user: 404, make.officer(Role.FINANCE): 403}
    for who, status in strangers.items():
        client.force_login(who)
        for name, row in (("application_form", draft), ("pledge_paper", draft), ("entrustment_paper", mandate)):
            assert client.get(reverse(f"subsidies:{name}", args=[row.pk])).status_code == status


def test_a_form_is_only_read(client, draft):
    client.force_login(draft.created_by)
    assert client.post(reverse("subsidies:application_form", args=[draft.pk])).status_code == 405


def test_printing_takes_as_many_queries_for_many_papers(client, draft, django_assert_max_num_queries):
    for _ in range(4):
        make.invoice(draft.policy)
        make.premium_payment(draft.policy)
    client.force_login(draft.created_by)
    with django_assert_max_num_queries(20):
        client.get(reverse("subsidies:application_form", args=[draft.pk]))
