"""不予补贴: recommended by the handler, proposed by the reviewer, answered by the applicant, reconsidered or determined with the list."""

from datetime import timedelta

import pytest

from enterprises.models import Membership, MembershipRole
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application, Opinion, Reply
from subsidies.services import allocation, applications, publicity, rejections, reviews
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
DUE = make.moment("2026-09-12 00:00")  # five working days after Friday 4 September: 7 to 11


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def reviewed(window):
    return drive.reviewed_for_rejection(window=window)


@pytest.fixture
def case(window):
    return drive.rejection(window=window)


def propose(case, by=None, reason="没有海外经营", **options):
    return rejections.propose_rejection(case, by=by or make.officer(Role.REVIEWER), at=drive.REJECTING, reason=reason, **options)


def reply(case, by=None, at=drive.REPLIED, text="我公司在德国有子公司", **options):
    return rejections.reply(case, by=by or case.created_by, at=at, text=text, **options)


def reconsider(case, by=None, reason="陈述属实", **options):
    return rejections.reconsider(case, by=by or make.officer(Role.HEAD), at=drive.REPLIED, reason=reason, **options)


def determine(run, by=None):
    by = by or make.officer(Role.IP_OFFICE)
    return publicity.determine(run, by=by, at=make.DETERMINED, minutes_number="会议纪要〔2026〕9号", seen_hash=run.list_hash)


# the handler's opinion


def test_a_failed_check_leaves_only_one_opinion(window):
    case = make.application(window=window, state=State.ACCEPTED)
    drive.fail_a_check(case)
    make.judge_all(case)
    handler = make.officer(Role.HANDLER)
    with refused("finding_failed"):
        reviews.review(case, by=handler, at=make.REVIEWED)
    with refused("reason_missing") as caught:
        reviews.review(case, by=handler, at=make.REVIEWED, opinion=Opinion.REJECT)
    assert caught.value.field == "opinion_reason"
    reviews.review(case, by=handler, at=make.REVIEWED, opinion=Opinion.REJECT, opinion_reason="不符合")
    assert (case.state, case.reviews.first().opinion) == (State.REVIEWED, Opinion.REJECT)


def test_what_is_recommended_for_rejection_is_not_checked(reviewed):
    with refused("rejection_recommended"):
        reviews.check(reviewed, by=make.officer(Role.REVIEWER), at=make.CHECKED)


# proposing


def test_the_applicant_is_told_why_and_has_five_working_days(reviewed):
    propose(reviewed)
    assert (reviewed.state, reviewed.due_at, reviewed.rejection_reason) == (State.REJECTION_PROPOSED, DUE, "没有海外经营")
    assert (reviewed.rejection_proposed_at, reviewed.rejection_proposed_by) == (drive.REJECTING, make.officer(Role.REVIEWER))
    letter = Message.objects.get(event="rejection_proposed", channel="inbox")
    assert "没有海外经营" in letter.body
    assert "2026-09-11 前" in letter.body
    assert Event.objects.get(action="propose_rejection").data["reason"] == "没有海外经营"


def test_only_a_reviewed_case_is_proposed(window, case):
    with refused("wrong_state"):
        propose(case)
    with refused("wrong_state"):
        propose(make.application(window=window, state=State.CHECKED))


def test_a_reviewer_other_than_the_handler_proposes_with_a_reason(reviewed):
    for person in make.everybody_but(Role.REVIEWER):
        with refused("wrong_role"):
            propose(reviewed, by=person)
    with refused("reason_missing"):
        propose(reviewed, reason=" ")
    with refused("moved_on"):
        propose(reviewed, version=reviewed.version - 1)
    handler = make.officer(Role.HANDLER)
    make.change_role(handler, Role.REVIEWER)
    with refused("same_person"):
        propose(reviewed, by=handler)


# replying


def test_a_reply_with_papers_is_kept_and_told_to_the_head(case):
    make.officer(Role.HEAD)
    made = reply(case, uploads=[make.pdf("contract"), make.pdf("customs")])
    case.refresh_from_db()
    assert (case.state, made.text, made.made_by) == (State.REJECTION_PROPOSED, "我公司在德国有子公司", case.created_by)
    assert sorted(str(paper.file) for paper in made.attachments.all()) == ["contract.pdf", "customs.pdf"]
    assert Message.objects.filter(event="replied", recipient=case.created_by).exists()
    assert Message.objects.filter(event="work", recipient=make.officer(Role.HEAD), subject__contains="陈述申辩").exists()
    assert Event.objects.get(action="reply").data["papers"] == 2


def test_more_than_one_reply_may_come_until_the_deadline(case):
    reply(case)
    reply(case, at=DUE - timedelta(microseconds=1), text="补充合同")
    with refused("reply_late"):
        reply(case, at=DUE)
    assert case.replies.count() == 2


def test_only_the_applicant_replies_and_says_something(case):
    for person in make.everybody_but(Role.ENTERPRISE, Role.INSURER):
        with refused("wrong_role"):
            reply(case, by=person)
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=case.legal_entity, role=MembershipRole.PREPARER, created_at=make.OPENS)
    for person in (make.user(Role.ENTERPRISE), drive.staff_of(make.insurer()), colleague):
        with refused("other_applicant"):
            reply(case, by=person)
    with refused("reason_missing") as caught:
        reply(case, text=" ")
    assert caught.value.field == "text"
    assert not Reply.objects.exists()


def test_an_insurer_replies_for_what_it_filed_as_long_as_its_mandate_lasts(window):
    case = drive.rejection(window=window, policy=make.policy(make.entity()))
    filed = drive.insurers_case(window=window)
    applications.accept(filed, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    reviews.screen(filed, at=make.ACCEPTED)
    make.judge_all(filed)
    reviews.review(filed, by=make.officer(Role.HANDLER), at=make.REVIEWED, opinion=Opinion.REJECT, opinion_reason="不符")
    propose(filed)
    assert reply(filed, by=filed.created_by).made_by == filed.created_by
    with refused("other_applicant"):
        reply(case, by=filed.created_by)
    mandate = filed.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=make.owner_of(filed.legal_entity), at=drive.REPLIED, reason="自行办理")
    with refused("mandate_revoked"):
        reply(filed, by=filed.created_by)


def test_a_hold_stops_the_clock_of_the_reply(case):
    head = make.officer(Role.HEAD)
    applications.hold(case, by=head, at=make.moment("2026-09-09 10:00"), reason="涉诉")  # two days are left: 10 and 11
    with refused("on_hold"):
        reply(case)
    applications.release(case, by=head, at=make.moment("2026-09-30 10:00"), reason="终结")
    assert case.due_at == make.moment("2026-10-10 00:00")  # 8 and 9 October
    assert reply(case, at=make.moment("2026-10-09 23:59")).pk


# reconsidering


def test_reconsidered_it_is_reviewed_anew_without_the_old_figures(case):
    reconsider(case)
    assert (case.state, case.rejection_reason) == (State.ACCEPTED, "")
    assert (case.entitled, case.rate, case.cap, case.recognised_premium) == (None, None, None, None)
    assert case.due_at == make.moment("2026-09-29 00:00")  # fifteen working days after 7 September, the 20th among them, the 25th not
    assert Message.objects.filter(event="reconsidered", recipient=case.created_by).exists()
    reviews.review(case, by=make.officer(Role.HANDLER), at=drive.REPLIED)
    assert reviews.check(case, by=make.officer(Role.REVIEWER), at=drive.REPLIED).state == State.CHECKED


def test_only_the_head_reconsiders_with_a_reason_and_once(case):
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            reconsider(case, by=person)
    with refused("reason_missing"):
        reconsider(case, reason="")
    reconsider(case)
    with refused("wrong_state"):
        reconsider(case)


def test_reconsidered_while_it_stands_on_a_list_the_list_can_only_be_returned(window, case):
    run = make.allocated(window)
    rejections.reconsider(case, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="陈述属实")
    assert (case.state, case.allocation) == (State.ACCEPTED, None)
    with refused("list_changed"):
        determine(run)


# rejected with the list


def test_a_rejection_is_listed_once_its_reply_period_is_over_and_determined_with_the_awards(window, case):
    granted = make.application(window=window, state=State.CHECKED)
    run = make.allocated(window)
    assert (run.count, run.rejected_count) == (1, 1)
    case.refresh_from_db()
    assert (case.state, case.allocation) == (State.REJECTION_PROPOSED, run)
    determination = determine(run)
    assert (determination.count, determination.rejected_count, str(determination.total)) == (1, 1, "80000.00")
    for one in (case, granted):
        one.refresh_from_db()
    assert (granted.state, case.state) == (State.DETERMINED, State.REJECTED)
    assert (case.ended_reason, case.ended_by, case.awarded, case.due_at) == (
        case.rejection_reason,
        make.officer(Role.IP_OFFICE),
        None,
        None,
    )
    assert case.rejection_reason in Message.objects.get(event="rejected", channel="inbox", recipient=case.created_by).body
    assert case in Application.objects.holding_slot()


def test_who_may_still_reply_is_reserved_and_not_listed(window):
    late = drive.rejection(window=window, at=make.moment("2026-10-08 10:00"))
    make.application(window=window, state=State.CHECKED)
    run = make.allocated(window)
    late.refresh_from_db()
    assert (run.rejected_count, late.allocation, late.reserved) == (0, None, late.entitled)


def test_a_list_of_rejections_alone_is_determined_and_gives_the_reservation_back(window):
    late = drive.rejection(window=window, at=make.moment("2026-10-08 10:00"))
    make.application(window=window, state=State.CHECKED)
    determine(make.allocated(window))
    later = make.moment("2026-10-20 10:00")
    run = make.sent(allocation.allocate(window, by=make.officer(Role.HEAD), at=later))
    assert (run.count, run.rejected_count) == (0, 1)
    by = make.officer(Role.IP_OFFICE)
    publicity.determine(run, by=by, at=later, minutes_number="会议纪要〔2026〕10号", seen_hash=run.list_hash)
    late.refresh_from_db()
    window.refresh_from_db()
    assert (late.state, late.reserved, window.reserved_total) == (State.REJECTED, 0, 0)


def test_a_rejection_that_was_not_on_the_list_is_not_determined_with_it(window, case):
    run = make.allocated(window)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.DETERMINED, reason="举报核查")
    with refused("nothing_on_list"):
        determine(run)
    case.refresh_from_db()
    assert case.state == State.REJECTION_PROPOSED


def test_returned_with_its_list_it_waits_for_the_next_one(window, case):
    run = make.allocated(window)
    by = make.officer(Role.IP_OFFICE)
    publicity.return_list(run, by=by, at=make.DETERMINED, reason="理由不充分", seen_hash=run.list_hash)
    case.refresh_from_db()
    assert (case.state, case.allocation) == (State.REJECTION_PROPOSED, None)
    assert make.allocated(window).rejected_count == 1


# twice at once


@pytest.mark.django_db(transaction=True)
def test_determined_and_reconsidered_at_once_is_one_of_both():
    window = make.window()
    case = drive.rejection(window=window)
    run = make.allocated(window)
    head, office = make.officer(Role.HEAD), make.officer(Role.IP_OFFICE)
    outcomes = at_once(
        lambda: rejections.reconsider(case, by=head, at=make.DETERMINED, reason="陈述属实"),
        lambda: determine(run, by=office),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) in (["done", "list_changed"], ["done", "wrong_state"])
    assert Event.objects.filter(action__in=["reconsider", "reject"]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_proposed_and_checked_at_once_is_one_of_both():
    case = make.application(window=make.window(), state=State.REVIEWED)
    people = [make.user(Role.REVIEWER) for _ in range(2)]
    copies = [Application.objects.get(pk=case.pk) for _ in people]
    outcomes = at_once(
        lambda: propose(copies[0], by=people[0]),
        lambda: reviews.check(copies[1], by=people[1], at=make.CHECKED),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
