"""公示异议 on the public site: who, about whom, why, with what; one receipt a filing; held is that case alone."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.files.models import StoredFile
from pilot_portal.notifications.models import Message
from subsidies.models import Objection
from subsidies.services import objections
from subsidies.states import ObjectionState, State
from tests import drive, make
from tests.expect import refused, sql
from tests.workbench import enter, look, press, text, url

pytestmark = pytest.mark.django_db
ID_CARD = "110101199003070011"


@pytest.fixture
def listed():
    """A running list of two: its notice, the case objected to, and the other one."""
    window = make.window()
    other = make.application(window=window, state=State.CHECKED)
    case, notice = drive.published(window=window)
    make.officer(Role.HEAD)
    other.refresh_from_db()
    return notice, case, other


def words(case, **changed) -> dict:
    return {
        "enterprise": case.legal_entity.name,
        "grounds": "该企业没有海外业务，附网页截图。",
        "objector": "王小明",
        "identity_kind": "id_card",
        "identity": ID_CARD,
        "contact": "13900139000",
        "mail": "wang@example.com",
        "confirmed": "on",
        **changed,
    }


def file(client, notice, data, *, at=drive.OBJECTED):
    with time_machine.travel(at, tick=False):
        return client.post(reverse("programme:object", args=[notice.pk]), data)


def page(client, made, *, at=drive.OBJECTED):
    with time_machine.travel(at, tick=False):
        return client.get(reverse("programme:objection", args=[made.number, objections.receipt_code(made)]))


def test_filed_it_holds_its_case_alone_and_answers_with_a_receipt(client, listed):
    notice, case, other = listed
    response = file(client, notice, words(case, papers=[make.pdf("a"), make.pdf("b")]))
    made = Objection.objects.get()
    assert response["Location"] == reverse("programme:objection", args=[made.number, objections.receipt_code(made)]) + "?filed"
    for one in (case, other):
        one.refresh_from_db()
    assert (made.application, case.is_held, other.is_held) == (case, True, False)
    assert (made.received_by.role, made.is_from_the_site) == (Role.SYSTEM, True)
    receipt = text(page(client, made))
    assert made.number in receipt
    assert objections.receipt_code(made) in receipt
    assert all(paper.file.sha256 in receipt for paper in made.papers.all())
    assert made.papers.count() == 2
    assert "王**" in receipt
    assert ID_CARD not in receipt
    assert "13900139000" not in receipt
    assert Message.objects.filter(event="alarm", subject__contains=case.number).exists()


def test_who_says_so_is_encrypted_masked_and_shown_to_an_outsider_with_a_trace(client, listed):
    notice, case, _ = listed
    file(client, notice, words(case))
    made = Objection.objects.get()
    row = sql("SELECT objection::text FROM subsidies_objection objection")[0][0]
    assert not re.search(f"王小明|{ID_CARD}|13900139000|wang@example.com", row)
    seen = look(Role.HEAD, made)
    assert "110***********0011" in text(seen)
    assert not re.search(f"王小明|{ID_CARD}|13900139000|wang@example.com", seen.content.decode())
    revealed = text(enter(Role.HEAD).post(url(made, "objector")))
    assert all(word in revealed for word in ("王小明", ID_CARD, "13900139000", "wang@example.com"))
    assert Event.objects.filter(action="reveal_objector", object_id=made.pk).count() == 1


def test_an_officer_of_the_case_never_learns_who_objected(client, listed):
    notice, case, _ = listed
    file(client, notice, words(case))
    made = Objection.objects.get()
    assert enter(Role.HANDLER).post(url(made, "objector")).status_code == 403
    with refused("case_officer"):
        objections.reveal_objector(made, by=make.officer(Role.HANDLER), at=drive.OBJECTED)
    outsider = make.user(Role.HANDLER)
    assert objections.reveal_objector(made, by=outsider, at=drive.OBJECTED).identity == ID_CARD


def test_the_same_filing_twice_is_one_objection_with_one_receipt(client, listed):
    notice, case, _ = listed
    first, second = (file(client, notice, words(case, papers=[make.pdf("a")])) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Objection.objects.count() == 1
    file(client, notice, words(case, papers=[make.pdf("another")]))
    assert Objection.objects.count() == 2


@pytest.mark.parametrize("at", ["before", "after"])
def test_outside_of_the_days_a_sentence_says_so_and_nothing_is_filed(client, listed, at):
    notice, case, _ = listed
    moment = notice.published_at - timedelta(seconds=1) if at == "before" else notice.ends_at
    response = file(client, notice, words(case), at=moment)
    assert response.status_code == (404 if at == "before" else 409)
    if at == "after":
        assert "公示期" in text(response)
        assert "该企业没有海外业务" in response.content.decode()  # what was typed stays
        with time_machine.travel(moment, tick=False):
            assert "网上不再受理异议" in text(client.get(reverse("programme:object", args=[notice.pk])))
    assert not Objection.objects.exists()
    assert file(client, notice, words(case), at=notice.ends_at - timedelta(seconds=1)).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"enterprise": "名单上没有的公司"}, "enterprise"),
        ({"grounds": " "}, "grounds"),
        ({"objector": ""}, "objector"),
        ({"identity": "110101199003070012"}, "identity"),
        ({"identity": "110101209903070013"}, "identity"),
        ({"identity_kind": "credit_code"}, "identity"),
        ({"identity_kind": "passport", "identity": "E12"}, "identity"),
        ({"identity_kind": ""}, "identity_kind"),
        ({"contact": ""}, "contact"),
        ({"mail": "不是邮箱"}, "mail"),
        ({"confirmed": ""}, "confirmed"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(client, listed, wrong, field):
    notice, case, _ = listed
    response = file(client, notice, words(case, papers=[make.pdf("a")], **wrong))
    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors[field]
    assert "a.pdf" in text(response)
    token = re.search(r'name="papers_kept" value="([^"]+)"', response.content.decode())[1]
    assert file(client, notice, words(case, papers_kept=[token])).status_code == 302
    assert Objection.objects.get().papers.get().file.name == "a.pdf"


def test_a_hostile_file_is_refused_with_its_name_and_one_of_somebody_else_is_not_reached_by_its_key(client, listed):
    notice, case, _ = listed
    refused_page = file(client, notice, words(case, papers=[SimpleUploadedFile("脚本.pdf", b"MZ not a pdf")]))
    assert refused_page.status_code == 422
    assert "脚本.pdf" in text(refused_page)
    anything = StoredFile.objects.first()
    file(client, notice, words(case, papers_kept=[str(anything.pk), "1:forged"]))
    assert not Objection.objects.get().papers.exists()


def test_one_address_may_not_file_without_end(client, listed):
    notice, _, _ = listed
    with time_machine.travel(drive.OBJECTED, tick=False):
        answers = [client.post(reverse("programme:object", args=[notice.pk]), {}).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


def test_enterprise_is_found_by_name_or_code_and_prefilled_from_the_list(client, listed):
    notice, case, _ = listed
    with time_machine.travel(drive.OBJECTED, tick=False):
        shown = client.get(reverse("programme:list", args=[notice.pk])).content.decode()
        address = f"{reverse('programme:object', args=[notice.pk])}?enterprise={case.legal_entity.credit_code}"
        assert address in shown
        assert client.get(address).context["form"]["enterprise"].value() == case.legal_entity.name
    assert file(client, notice, words(case, enterprise=f" {case.legal_entity.credit_code.lower()} ")).status_code == 302


def test_progress_is_asked_by_number_and_code_and_every_miss_is_alike(client, listed):
    notice, case, _ = listed
    file(client, notice, words(case))
    made = Objection.objects.get()
    asked = client.post(
        reverse("programme:objection_progress"), {"number": made.number.lower(), "code": objections.receipt_code(made).lower()}
    )
    assert client.get(asked["Location"]).status_code == 200
    for number, code in ((made.number, "AAAAAAAA"), ("YY-2026-9999", objections.receipt_code(made))):
        miss = client.get(reverse("programme:objection", args=[number, code]))
        assert (miss.status_code, made.grounds in miss.content.decode()) == (404, False)
    assert client.post(reverse("programme:objection_progress"), {"number": "../x", "code": "1"}).status_code == 422


def test_the_outcome_reaches_the_objector_by_mail_and_on_the_page_and_the_applicant(client, listed):
    notice, case, _ = listed
    file(client, notice, words(case))
    made = Objection.objects.get()
    assert press(Role.HEAD, made, "dismiss_objection", at=drive.DECIDED, decision="有报关单为证").status_code == 302
    letter = Message.objects.get(event="objection_answered")
    assert (letter.address, letter.recipient) == ("wang@example.com", None)
    assert "异议不成立" in letter.body
    assert "有报关单为证" in letter.body
    assert "王小明" not in letter.body
    assert letter.link == reverse("programme:objection", args=[made.number, objections.receipt_code(made)])
    answer = text(page(client, made, at=drive.DECIDED))
    assert "公示异议答复" in answer
    assert "有报关单为证" in answer
    assert "有报关单为证" in Message.objects.get(event="objection_dismissed", channel="inbox", recipient=case.created_by).body


def test_without_mail_the_answer_is_printed_from_the_screen(client, listed):
    notice, case, _ = listed
    file(client, notice, words(case, mail=""))
    made = Objection.objects.get()
    press(Role.HEAD, made, "dismiss_objection", at=drive.DECIDED, decision="有报关单为证")
    assert not Message.objects.filter(event="objection_answered").exists()
    screen = look(Role.HEAD, made)
    assert "请打印后送达" in text(screen)
    assert reverse("programme:objection", args=[made.number, objections.receipt_code(made)]) in screen.content.decode()


def test_upheld_with_another_amount_the_case_is_published_again(client, listed):
    notice, case, other = listed
    file(client, notice, words(case))
    made = Objection.objects.get()
    facts = {"decision": "一半属实", "lowered_to": Decimal("40000.00")}
    objections.uphold(made, by=make.officer(Role.HEAD), at=drive.DECIDED, **facts)
    assert "异议成立" in Message.objects.get(event="objection_answered").body
    again = make.publicised(case.window)
    for one in (case, other):
        one.refresh_from_db()
    assert again.pk != notice.pk
    assert [(one.legal_entity_id, str(one.awarded)) for one in again.applications.all()] == [(case.legal_entity_id, "40000.00")]
    assert (case.state, other.public_notice) == (State.PUBLICIZED, notice)
    made.refresh_from_db()
    assert made.state == ObjectionState.UPHELD
