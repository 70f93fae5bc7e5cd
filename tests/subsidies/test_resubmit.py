"""提交补正: only what the list names is mended, by whoever filed or the enterprise, also after the window has closed; the same number."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from enterprises import services as enterprises
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Entry, Kind
from subsidies.models import Application, AttachmentKind, Part
from subsidies.services import applications, corrections
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
LATE = make.moment("2026-10-09 10:00")  # the window has closed


def in_correction(*parts, window=None, **options):
    case = make.application(window=window or make.window(), **options)
    drive.corrected(case, items=[(part, f"请补正{part.label}") for part in parts])
    case.refresh_from_db()
    return case


def item_of(case, part):
    return corrections.open_correction(case).items.get(part=part)


def resubmit(case, by=None, at=drive.ANSWERED, **options):
    return corrections.resubmit(case, by=by or case.created_by, at=at, **options)


def answer(case, part, by=None, at=drive.ANSWERED, text="说明见附件", **options):
    return corrections.answer(item_of(case, part), by=by or case.created_by, at=at, text=text, **options)


# works


def test_a_mended_case_keeps_its_number_and_its_promise_runs_on():
    case = in_correction(Part.INVOICES)
    number = case.number
    insurers.remove_row(case.policy.invoices.get(), by=case.created_by, at=drive.ANSWERED)
    make.invoice(case.policy, at=drive.ANSWERED, number="12345678")
    resubmit(case)
    assert (case.state, case.number) == (State.SUBMITTED, number)
    correction = case.corrections.get()
    assert (correction.closed_at, correction.closed_by) == (drive.ANSWERED, case.created_by)
    item = correction.items.get()
    assert item.after[0][0] == "12345678"
    assert item.before[0] != item.after[0]
    assert case.due_at == make.moment("2026-09-16 00:00")  # four of five were left when it was asked: 10, 11, 14, 15
    assert "2026-09-15" in Message.objects.get(event="resubmitted", channel="inbox").body
    assert Message.objects.filter(event="work", subject__contains="补正已提交", recipient=make.officer(Role.HANDLER)).exists()
    assert Event.objects.get(action="resubmit").data["correction"] == 1
    applications.accept(case, by=make.officer(Role.HANDLER), at=drive.ANSWERED)


def test_it_is_handed_in_after_the_window_has_closed():
    window = make.window()
    case = in_correction(Part.OTHER, window=window)
    corrections.extend_correction(case, by=make.officer(Role.HEAD), at=drive.ANSWERED, days=10, reason="节日")
    evening = make.CLOSES + timedelta(hours=1)
    assert not window.is_open(evening)
    answer(case, Part.OTHER, at=evening)
    assert resubmit(case, at=evening).state == State.SUBMITTED


def test_a_new_account_is_taken_over_when_the_list_asks_for_it():
    case = in_correction(Part.ACCOUNT)
    old = case.bank_account
    new = make.account(case.legal_entity, at=drive.ANSWERED, number="6222000011112222333")
    case.refresh_from_db()
    assert case.bank_account == old
    resubmit(case)
    assert case.bank_account == new
    assert "2333" in case.corrections.get().items.get().after[0][1]


def test_another_category_of_the_same_enterprise():
    case = in_correction(Part.CATEGORY)
    champion = Entry.objects.filter(kind=Kind.CATEGORY).exclude(pk=case.category.category_id).first()
    other = enterprises.add_category(
        case.legal_entity, by=case.created_by, at=drive.ANSWERED, facts={"category": champion}, evidence=make.pdf("champion")
    )
    corrections.change_category(case, other, by=case.created_by, at=drive.ANSWERED)
    resubmit(case)
    assert case.category == other


def test_the_premium_of_a_policy_is_mended_and_its_insurer_looks_again():
    case = in_correction(Part.POLICY)
    insurers.change_policy(case.policy, by=case.created_by, at=drive.ANSWERED, facts={"premium": Decimal("90000.00")})
    case.policy.refresh_from_db()
    assert (case.policy.premium, case.policy.state) == (Decimal("90000.00"), "registered")
    assert resubmit(case).state == State.SUBMITTED


def test_a_new_pledge_takes_the_place_of_the_old_one_which_is_kept():
    case = in_correction(Part.PLEDGE)
    for paper in ("first", "second"):
        answer(case, Part.PLEDGE, text="", upload=make.pdf(paper))
    papers = case.attachments.filter(kind=AttachmentKind.PLEDGE).order_by("pk")
    assert [paper.superseded_at is None for paper in papers] == [False, True]
    assert [str(paper.file) for paper in corrections.open_correction(case).items.get().attachments.all()] == ["first.pdf", "second.pdf"]


def test_an_insurer_corrects_what_it_filed_and_the_enterprise_may_take_over():
    window = make.window()
    case = drive.insurers_case(window=window)
    drive.corrected(case, items=[(Part.OTHER, "请说明")])
    answer(case, Part.OTHER, by=case.created_by)
    assert resubmit(case, by=make.owner_of(case.legal_entity)).state == State.SUBMITTED


# clocks, around the holiday of October


def test_the_promise_stops_with_the_list_and_runs_on_over_the_holiday():
    window = make.window()
    draft = make.draft(window=window)
    applications.submit(draft, by=draft.created_by, at=make.moment("2026-09-28 10:00"))
    assert draft.due_at == make.moment("2026-10-11 00:00")  # 29, 30, then 8, 9 and Saturday 10 October
    drive.corrected(draft, items=[(Part.OTHER, "请说明")], at=make.moment("2026-09-29 16:00"))
    draft.refresh_from_db()
    assert draft.due_at == make.moment("2026-10-20 00:00")  # 30, 8, 9, 10, 12 to 16, 19
    on_holiday = make.moment("2026-10-03 10:00")
    answer(draft, Part.OTHER, at=on_holiday)
    resubmit(draft, at=on_holiday)
    assert draft.due_at == make.moment("2026-10-13 00:00")  # four were left: 8, 9, 10, 12


def test_a_hold_during_the_correction_gives_the_applicant_its_days_back():
    case = in_correction(Part.OTHER)  # until the 16th
    head = make.officer(Role.HEAD)
    applications.hold(case, by=head, at=make.moment("2026-09-14 10:00"), reason="举报核查")
    applications.release(case, by=head, at=make.moment("2026-09-30 10:00"), reason="查无实据")
    assert case.due_at == make.moment("2026-10-10 00:00")  # two days were left: 8 and 9 October
    assert corrections.open_correction(case).due_at == case.due_at
    answer(case, Part.OTHER, at=LATE)
    assert resubmit(case, at=LATE).due_at == make.moment("2026-10-15 00:00")  # the centre's four: 10, 12, 13, 14


def test_a_hold_is_not_released_into_a_deadline_beyond_the_calendar():
    case = in_correction(Part.OTHER)
    head = make.officer(Role.HEAD)
    applications.hold(case, by=head, at=make.moment("2026-09-14 10:00"), reason="涉诉")
    with refused("calendar_missing") as caught:
        applications.release(case, by=head, at=make.moment("2026-12-31 10:00"), reason="案件终结")
    assert "2027" in caught.value.sentence
    case.refresh_from_db()
    assert case.is_held


# wrong content


def test_every_item_is_dealt_with_before_it_is_handed_in():
    case = in_correction(Part.INVOICES, Part.OTHER)
    answer(case, Part.OTHER)
    with refused("item_unanswered") as caught:
        resubmit(case)
    assert "保费发票" in caught.value.sentence
    case.refresh_from_db()
    assert case.state == State.CORRECTION


def test_what_the_list_does_not_name_stays_as_it_was_filed():
    case = in_correction(Part.OTHER)
    by, at = case.created_by, drive.ANSWERED
    with refused("policy_in_use"):
        insurers.change_policy(case.policy, by=by, at=at, facts={"premium": Decimal("200000.00")})
    with refused("policy_in_use"):
        make.invoice(case.policy, at=at)
    with refused("policy_in_use"):
        make.premium_payment(case.policy, at=at)
    with refused("policy_in_use"):
        insurers.remove_row(case.policy.invoices.get(), by=by, at=at)
    with refused("not_on_the_list"):
        corrections.change_category(case, case.category, by=by, at=at)


def test_a_correction_does_not_swap_the_policy():
    case = in_correction(Part.POLICY)
    other = make.insurer("示例二")
    for facts in ({"number": "QIPL-OTHER"}, {"insurer": other, "product": other.products.first()}):
        with refused("policy_swapped"):
            insurers.change_policy(case.policy, by=case.created_by, at=drive.ANSWERED, facts=facts)


def test_somebody_elses_category_is_refused():
    case = in_correction(Part.CATEGORY)
    stranger = make.entity()
    with refused("category_of_another"):
        corrections.change_category(case, stranger.categories.first(), by=case.created_by, at=drive.ANSWERED)


def test_what_the_rules_refuse_of_a_listed_part_is_not_handed_in():
    case = in_correction(Part.POLICY)
    insurers.change_policy(case.policy, by=case.created_by, at=drive.ANSWERED, facts={"ends_on": date(2026, 12, 15)})
    with refused("not_one_year"):
        resubmit(case)


def test_only_papers_of_the_open_list_are_taken_back():
    case = in_correction(Part.OTHER)
    answer(case, Part.OTHER, upload=make.pdf("answer"))
    corrections.take_back(case.attachments.get(), by=case.created_by, at=drive.ANSWERED)
    assert not case.attachments.exists()
    answer(case, Part.OTHER, upload=make.pdf("second"))
    resubmit(case)
    drive.corrected(case, items=[(Part.OTHER, "仍不清楚")], at=drive.ANSWERED)
    with refused("not_on_the_list"):
        corrections.take_back(case.attachments.get(), by=case.created_by, at=drive.ANSWERED)


# wrong state, wrong person, too late


def test_only_a_case_in_correction_is_answered_and_handed_in():
    case = in_correction(Part.OTHER)
    item = item_of(case, Part.OTHER)
    answer(case, Part.OTHER)
    resubmit(case)
    with refused("wrong_state"):
        resubmit(case)
    with refused("wrong_state"):
        corrections.answer(item, by=case.created_by, at=drive.ANSWERED, text="又补写")


def test_a_held_case_waits():
    case = in_correction(Part.OTHER)
    applications.hold(case, by=make.officer(Role.HEAD), at=drive.TOLD, reason="举报核查")
    with refused("on_hold"):
        answer(case, Part.OTHER)
    with refused("on_hold"):
        resubmit(case)
    assert not case.asks_for(Part.OTHER)


def test_from_the_deadline_on_it_is_over():
    case = in_correction(Part.OTHER)
    answer(case, Part.OTHER, at=case.due_at - timedelta(microseconds=1))
    with refused("correction_over"):
        answer(case, Part.OTHER, at=case.due_at)
    with refused("correction_over"):
        resubmit(case, at=case.due_at)
    assert resubmit(case, at=case.due_at - timedelta(microseconds=1)).state == State.SUBMITTED


def test_nothing_is_handed_in_unseen():
    case = in_correction(Part.OTHER)
    answer(case, Part.OTHER)
    with refused("moved_on"):
        resubmit(case, version=case.version - 1)


def test_strangers_and_officers_do_not_correct():
    case = in_correction(Part.OTHER)
    for person in make.everybody_but(Role.ENTERPRISE, Role.INSURER):
        with refused("wrong_role"):
            resubmit(case, by=person)
        with refused("not_a_member"):
            answer(case, Part.OTHER, by=person)
    for person in (make.user(Role.ENTERPRISE), drive.staff_of(make.insurer())):
        with refused("other_applicant"):
            resubmit(case, by=person)


def test_a_mandate_without_correction_or_revoked_does_not_carry_it():
    window = make.window()
    narrow = drive.insurers_case(window=window, includes_correction=False)
    drive.corrected(narrow, items=[(Part.POLICY, "请更正保费"), (Part.OTHER, "请说明")])
    with refused("correction_not_entrusted"):
        answer(narrow, Part.OTHER)
    with refused("correction_not_entrusted"):
        insurers.change_policy(narrow.policy, by=narrow.created_by, at=drive.ANSWERED, facts={"premium": Decimal("90000.00")})
    ended = drive.insurers_case(window=window)
    owner = make.owner_of(ended.legal_entity)
    drive.corrected(ended, items=[(Part.OTHER, "请说明")])
    insurers.revoke_entrustment(ended.legal_entity.entrustments.get(), by=owner, at=drive.TOLD, reason="自行办理")
    with refused("mandate_revoked"):
        resubmit(ended)
    answer(ended, Part.OTHER, by=owner)
    assert resubmit(ended, by=owner).state == State.SUBMITTED


# twice at once


@pytest.mark.django_db(transaction=True)
def test_enterprise_and_insurer_hand_in_at_once_and_it_is_handed_in_once():
    case = drive.insurers_case(window=make.window())
    drive.corrected(case, items=[(Part.OTHER, "请说明")])
    answer(case, Part.OTHER)
    people = case.created_by, make.owner_of(case.legal_entity)
    copies = [Application.objects.get(pk=case.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: resubmit(copy, by=person) for copy, person in zip(copies, people, strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    assert Event.objects.filter(action="resubmit").count() == 1
