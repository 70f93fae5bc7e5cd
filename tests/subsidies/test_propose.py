"""提请企业确认, 确认并提交, 退回修改: an insurer prepares, the enterprise pledges and files."""

from datetime import timedelta

import pytest

from enterprises.models import Membership, MembershipRole
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application, Channel
from subsidies.services import applications, deadlines, drafts, windows
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def draft(window):
    """The insurer's draft under a mandate that leaves submission to the enterprise."""
    return drive.insurers_draft(window=window, pledged=False, includes_submission=False)


@pytest.fixture
def waiting(window):
    return drive.proposed(window=window)


def propose(case, by=None, **options):
    return applications.propose(case, by=by or case.created_by, at=make.FILED, **options)


def confirm(case, by=None, pledged=True, at=make.FILED, **options):
    return applications.confirm(case, by=by or make.owner_of(case.legal_entity), at=at, pledged=pledged, **options)


def decline(case, by=None, reason="保单号有误", **options):
    return applications.decline(case, by=by or make.owner_of(case.legal_entity), at=make.FILED, reason=reason, **options)


# works


def test_a_proposed_filing_waits_for_the_enterprise_until_the_window_closes_and_holds_no_slot(draft):
    propose(draft)
    assert (draft.state, draft.proposed_at, draft.proposed_by) == (State.PENDING_CONFIRM, make.FILED, draft.created_by)
    assert (draft.due_at, draft.number, draft.pledged) == (make.CLOSES, None, False)
    assert draft not in Application.objects.holding_slot()
    owner = make.owner_of(draft.legal_entity)
    assert "2026-09-30 17:00" in Message.objects.get(event="proposed", channel="inbox", recipient=owner).body
    assert Event.objects.get(action="propose").data["after"] == "pending_confirm"


def test_the_enterprise_makes_the_pledge_and_the_filing_is_the_insurers_under_its_mandate(waiting):
    confirm(waiting)
    owner = make.owner_of(waiting.legal_entity)
    assert (waiting.state, waiting.submitted_by, waiting.pledged) == (State.SUBMITTED, owner, True)
    assert (waiting.channel, waiting.insurer) == (Channel.INSURER, waiting.policy.insurer)
    assert waiting.entrustment.insurer == waiting.insurer
    assert waiting.due_at == make.moment("2026-09-09 00:00")  # five working days from the filing, not the closing
    assert waiting.snapshot["policy"] == waiting.policy.number
    told = Message.objects.filter(event="submitted", channel="inbox").values_list("recipient", flat=True)
    assert set(told) == {owner.pk, waiting.created_by.pk}
    assert Event.objects.get(action="confirm").data["number"] == waiting.number


def test_confirmed_after_the_mandate_has_ended_it_is_the_enterprises_own_filing(waiting):
    mandate = waiting.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=make.owner_of(waiting.legal_entity), at=make.FILED, reason="改为自行申报")
    confirm(waiting)
    assert (waiting.state, waiting.channel, waiting.insurer, waiting.entrustment) == (State.SUBMITTED, Channel.SELF, None, None)


def test_sent_back_it_is_the_insurers_draft_again_with_the_reason(waiting):
    decline(waiting)
    assert (waiting.state, waiting.due_at) == (State.DRAFT, None)
    assert "保单号有误" in Message.objects.get(event="declined", channel="inbox", recipient=waiting.created_by).body
    assert Event.objects.get(action="decline").data["reason"] == "保单号有误"
    assert propose(waiting).state == State.PENDING_CONFIRM


# wrong state


def test_a_mandate_that_includes_submission_needs_no_word_of_the_enterprise(window):
    draft = drive.insurers_draft(window=window)
    with refused("mandate_includes_submission"):
        propose(draft)


def test_what_waits_is_neither_changed_nor_filed_by_its_insurer(waiting):
    with refused("wrong_state"):
        propose(waiting)
    with refused("wrong_state"):
        applications.submit(waiting, by=waiting.created_by, at=make.FILED)
    with refused("wrong_state"):
        drafts.save_draft(waiting, by=waiting.created_by, at=make.FILED, pledged=True)
    with refused("wrong_state"):
        drafts.delete_draft(waiting, by=waiting.created_by, at=make.FILED)


def test_a_draft_that_nobody_proposed_is_not_confirmed(draft):
    for verb in (confirm, decline):
        with refused("wrong_state"):
            verb(draft)


def test_an_incomplete_draft_is_not_proposed(draft):
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, bank_account=None)
    with refused("incomplete"):
        propose(draft)


def test_confirmed_twice_is_filed_once(waiting):
    first, second = confirm(waiting), confirm(waiting)
    assert first.number == second.number
    assert Event.objects.filter(action="confirm").count() == 1


def test_a_filing_that_has_gone_on_is_no_second_click(waiting):
    confirm(waiting)
    applications.accept(waiting, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    with refused("wrong_state"):
        confirm(waiting)


def test_what_the_enterprise_filed_itself_meanwhile_stands_in_the_way(waiting):
    own = make.draft(window=waiting.window, legal_entity=waiting.legal_entity)
    applications.submit(own, by=own.created_by, at=make.FILED)
    with refused("already_filed") as caught:
        confirm(waiting)
    assert own.number in caught.value.sentence
    waiting.refresh_from_db()
    assert (waiting.state, waiting.pledged) == (State.PENDING_CONFIRM, False)


def test_nothing_is_confirmed_unseen(waiting):
    for verb in (confirm, decline):
        with refused("moved_on"):
            verb(waiting, version=waiting.version - 1)


def test_at_the_closing_instant_it_is_too_late(waiting):
    with refused("window_closed"):
        confirm(waiting, at=make.CLOSES)
    assert confirm(waiting, at=make.CLOSES - timedelta(microseconds=1)).state == State.SUBMITTED


# wrong person


def test_only_an_insurer_proposes(draft):
    for person in make.everybody_but(Role.INSURER):
        with refused("wrong_role"):
            propose(draft, by=person)


def test_only_the_enterprise_confirms_and_declines(waiting):
    for person in make.everybody_but(Role.ENTERPRISE):
        for verb in (confirm, decline):
            with refused("wrong_role"):
                verb(waiting, by=person)


def test_neither_another_insurer_nor_another_enterprise(draft, waiting):
    with refused("other_applicant"):
        propose(draft, by=drive.staff_of(make.insurer("示例二")))
    for verb in (confirm, decline):
        with refused("not_a_member"):
            verb(waiting, by=make.user(Role.ENTERPRISE))


def test_a_colleague_who_may_only_prepare_does_not_confirm(waiting):
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=waiting.legal_entity, role=MembershipRole.PREPARER, created_at=make.OPENS)
    for verb in (confirm, decline):
        with refused("not_a_member"):
            verb(waiting, by=colleague)


def test_a_mandate_that_has_ended_proposes_nothing(draft):
    mandate = draft.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=make.owner_of(draft.legal_entity), at=make.FILED, reason="改为自行申报")
    with refused("mandate_revoked"):
        propose(draft)


# wrong content


def test_without_the_pledge_nothing_is_filed(waiting):
    with refused("not_pledged"):
        confirm(waiting, pledged=False)
    waiting.refresh_from_db()
    assert waiting.state == State.PENDING_CONFIRM


def test_a_refusal_needs_its_reason(waiting):
    with refused("reason_missing") as caught:
        decline(waiting, reason=" ")
    assert caught.value.field == "reason"


# time


def test_the_enterprise_is_warned_at_72_24_and_2_hours_once_each(waiting):
    owner = make.owner_of(waiting.legal_entity)

    def warned():
        return Message.objects.filter(event="warn_proposal", channel="inbox", recipient=owner).count()

    assert deadlines.warn_proposals(at=make.CLOSES - timedelta(hours=72, seconds=1)) == 0
    counts = []
    for hours in (72, 71, 25, 24, 3, 2, 1):
        deadlines.warn_proposals(at=make.CLOSES - timedelta(hours=hours))
        counts.append(warned())
    assert counts == [1, 1, 1, 2, 2, 3, 3]
    assert deadlines.warn_proposals(at=make.CLOSES) == 0


def test_an_extension_is_the_proposals_too(waiting):
    later = make.CLOSES + timedelta(days=2)
    windows.extend(waiting.window, by=make.officer(Role.HEAD), at=make.CLOSES - timedelta(hours=1), closes_at=later, reason="系统故障")
    waiting.refresh_from_db()
    assert waiting.due_at == later
    assert deadlines.expire_proposals(at=make.CLOSES) == 0
    waiting.window.refresh_from_db()
    assert confirm(waiting, at=make.CLOSES).state == State.SUBMITTED


# twice at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["confirm", "decline", "expire"])
def test_confirmed_and_at_once_confirmed_again_declined_or_expired_is_one_thing(other):
    case = drive.proposed(window=make.window())
    owner, copies = make.owner_of(case.legal_entity), [Application.objects.get(pk=case.pk) for _ in range(2)]
    others = {
        "confirm": lambda: confirm(copies[1], by=owner),
        "decline": lambda: decline(copies[1], by=owner),
        "expire": lambda: deadlines.expire_proposals(at=make.CLOSES),
    }
    outcomes = at_once(lambda: confirm(copies[0], by=owner), others[other], meet="pilot_portal.workflow.moving.find_edge")
    assert set(codes(outcomes)) <= {"done", "wrong_state"}
    case.refresh_from_db()
    moves = Event.objects.filter(action__in=["confirm", "decline", "expire"])
    assert moves.count() == 1
    assert moves.get().data["after"] == case.state
