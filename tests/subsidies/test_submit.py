"""提交申报: one filing a legal person and window, by whichever channel. 试点方案 六（二）2."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from enterprises.models import Membership, MembershipRole, MembershipState
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application, Channel
from subsidies.services import applications, drafts
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def draft(window):
    return make.draft(window=window)


def insurers_draft(window, entity, policy):
    """A draft that the policy's insurer has made under a mandate."""
    make.entrustment(entity, policy.insurer)
    staff = policy.insurer.staff.first().user
    made = drafts.start(entity, window, by=staff, at=make.FILED)
    return drafts.save_draft(
        made,
        by=staff,
        at=make.FILED,
        policy=policy,
        category=entity.categories.first(),
        bank_account=entity.bank_accounts.get(closed_at__isnull=True),
        pledged=True,
    )


def test_a_complete_draft_becomes_a_filing_with_number_snapshot_letter_and_trace(draft):
    applications.submit(draft, by=draft.created_by, at=make.FILED)
    assert draft.state == State.SUBMITTED
    assert draft.number.startswith("BJIP-2026-000001-")
    assert (draft.submitted_at, draft.submitted_by) == (make.FILED, draft.created_by)
    assert draft.due_at == make.moment("2026-09-09 00:00")  # five working days, the last one whole
    assert draft.snapshot["expected"] == "80000.00"
    assert [kind for kind, *_ in draft.snapshot["files"]] == ["营业执照", "保险单", "发票", "付款回单", "企业类别证明", "收款账户证明"]
    assert Message.objects.filter(event="submitted", recipient=draft.created_by).count() == 2
    event = Event.objects.get(action="submit")
    assert (event.object_id, event.data["before"], event.data["after"], event.data["number"]) == (
        draft.pk,
        "draft",
        "submitted",
        draft.number,
    )


def test_numbers_run_without_a_gap_even_after_a_refusal(window):
    first, second, third = (make.draft(window=window) for _ in range(3))
    applications.submit(first, by=first.created_by, at=make.FILED)
    drafts.save_draft(second, by=second.created_by, at=make.FILED, pledged=False)
    with refused("not_pledged"):
        applications.submit(second, by=second.created_by, at=make.FILED)
    applications.submit(third, by=third.created_by, at=make.FILED)
    assert [case.number[10:16] for case in (first, third)] == ["000001", "000002"]


def test_a_second_click_gives_back_the_same_filing(draft):
    applications.submit(draft, by=draft.created_by, at=make.FILED, version=draft.version)
    number, version = draft.number, draft.version
    stale = Application.objects.get(pk=draft.pk)
    again = applications.submit(stale, by=draft.created_by, at=make.FILED + timedelta(seconds=1), version=version - 1)
    assert (again.number, again.version, again.submitted_at) == (number, version, make.FILED)
    assert Event.objects.filter(action="submit").count() == 1
    assert Message.objects.filter(event="submitted", channel="inbox").count() == 1


def test_a_filing_that_has_gone_on_is_no_second_click(draft):
    applications.submit(draft, by=draft.created_by, at=make.FILED)
    applications.accept(draft, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    with refused("wrong_state"):
        applications.submit(draft, by=draft.created_by, at=make.ACCEPTED)


def test_an_insurer_files_under_its_mandate(window):
    entity = make.entity()
    case = insurers_draft(window, entity, make.policy(entity))
    applications.submit(case, by=case.created_by, at=make.FILED)
    assert (case.channel, case.state, case.entrustment.insurer) == (Channel.INSURER, State.SUBMITTED, case.policy.insurer)


def test_an_enterprise_that_submits_its_insurers_draft_files_itself(window):
    entity = make.entity()
    case = insurers_draft(window, entity, make.policy(entity))
    applications.submit(case, by=make.owner_of(entity), at=make.FILED)
    assert (case.channel, case.entrustment, case.state) == (Channel.SELF, None, State.SUBMITTED)


# wrong state


def test_a_second_filing_of_the_same_legal_person_is_told_the_first_ones_number(window):
    entity = make.entity()
    policy, other = make.policy(entity), make.policy(entity)
    mine, theirs = make.draft(window=window, policy=policy), insurers_draft(window, entity, other)
    applications.submit(theirs, by=theirs.created_by, at=make.FILED)
    with refused("already_filed") as caught:
        applications.submit(mine, by=mine.created_by, at=make.FILED)
    assert theirs.number in caught.value.sentence
    assert "保险公司代申报" in caught.value.sentence
    assert caught.value.facts["application"] == theirs.pk


def test_an_award_in_another_window_of_the_year_stands_in_the_way(window):
    case = make.application(window=window, state=State.CHECKED)
    later = make.draft(window=make.window(), legal_entity=case.legal_entity)
    make.allocated(window)
    case.refresh_from_db()
    with refused("already_awarded") as caught:
        applications.submit(later, by=later.created_by, at=make.FILED)
    assert case.number in caught.value.sentence


def test_a_policy_used_once_is_used_for_ever(window):
    first = make.application(window=window)
    later = make.draft(window=make.window(), policy=first.policy)
    with refused("policy_already_filed") as caught:
        applications.submit(later, by=later.created_by, at=make.FILED)
    assert first.number in caught.value.sentence


@pytest.mark.parametrize("at", [make.OPENS - timedelta(microseconds=1), make.CLOSES])
def test_a_window_takes_filings_from_its_first_to_before_its_last_instant(draft, at):
    with refused("window_closed"):
        applications.submit(draft, by=draft.created_by, at=at)
    applications.submit(draft, by=draft.created_by, at=make.CLOSES - timedelta(microseconds=1))
    assert draft.state == State.SUBMITTED


def test_a_draft_changed_in_another_tab_is_not_filed_unseen(draft):
    seen = draft.version
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, other_subsidies="无")
    with refused("moved_on"):
        applications.submit(draft, by=draft.created_by, at=make.FILED, version=seen)


def test_no_refiling_after_withdrawal_where_the_window_says_so():
    window = make.window(refile_after_withdrawal=False)
    case = make.application(window=window)
    applications.withdraw(case, by=case.created_by, at=make.FILED, reason="金额填错")
    with refused("no_refiling"):
        drafts.start(case.legal_entity, window, by=case.created_by, at=make.FILED)


# wrong person


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ENTERPRISE, Role.INSURER, Role.SYSTEM)])
def test_nobody_but_an_applicant_submits(draft, role):
    with refused("wrong_role"):
        applications.submit(draft, by=make.officer(role), at=make.FILED)


def test_a_stranger_of_another_enterprise_cannot_submit(draft):
    with refused("not_a_member"):
        applications.submit(draft, by=make.user(Role.ENTERPRISE), at=make.FILED)


@pytest.mark.parametrize(
    ("role", "state"),
    [
        (MembershipRole.PREPARER, MembershipState.ACTIVE),
        (MembershipRole.VIEWER, MembershipState.ACTIVE),
        (MembershipRole.OWNER, MembershipState.PENDING),
        (MembershipRole.OWNER, MembershipState.REMOVED),
    ],
)
def test_only_an_active_owner_or_submitter_submits(draft, role, state):
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=draft.legal_entity, role=role, state=state, created_at=make.OPENS)
    with refused("not_a_member"):
        applications.submit(draft, by=colleague, at=make.FILED)


def test_an_insurer_without_a_mandate_is_told_so(window):
    entity = make.entity()
    with refused("no_mandate"):
        drafts.start(entity, window, by=make.policy(entity).insurer.staff.first().user, at=make.FILED)


def test_a_mandate_that_ended_before_submission_no_longer_carries_it(window):
    entity = make.entity()
    case = insurers_draft(window, entity, make.policy(entity))
    entity.entrustments.update(ends_at=make.FILED + timedelta(hours=1))
    with refused("mandate_revoked"):
        applications.submit(case, by=case.created_by, at=make.FILED + timedelta(hours=1))


def test_a_mandate_without_submission_does_not_carry_it(window):
    entity = make.entity()
    case = insurers_draft(window, entity, make.policy(entity))
    entity.entrustments.update(includes_submission=False)
    with refused("submission_not_entrusted"):
        applications.submit(case, by=case.created_by, at=make.FILED)


# wrong facts and numbers


@pytest.mark.parametrize(
    ("policy_columns", "code"),
    [
        ({"starts_on": date(2026, 6, 15), "ends_on": date(2027, 6, 14)}, "not_one_year"),
        ({"signed_on": date(2025, 12, 31)}, "insurer_not_selected"),
        ({"papers": False}, "no_invoice"),
        ({"non_pilot_premium": Decimal("100000.00")}, "zero_premium"),
    ],
)
def test_a_policy_outside_the_scheme_is_refused_by_name(window, policy_columns, code):
    case = make.draft(window=window, **policy_columns)
    with refused(code):
        applications.submit(case, by=case.created_by, at=make.FILED)
    case.refresh_from_db()
    assert (case.state, case.number) == (State.DRAFT, None)


def test_a_policy_signed_outside_the_windows_range_is_refused():
    case = make.draft(window=make.window(signed_from=date(2026, 6, 15)))
    with refused("out_of_signing_range"):
        applications.submit(case, by=case.created_by, at=make.FILED)


def test_a_premium_paid_too_late_does_not_count(window):
    case = make.draft(window=window)
    case.policy.premium_payments.update(paid_on=date(2026, 10, 1))
    with refused("no_payment"):
        applications.submit(case, by=case.created_by, at=make.FILED)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("pledged", False, "not_pledged"),
        ("policy", None, "incomplete"),
        ("bank_account", None, "incomplete"),
        ("category", None, "incomplete"),
    ],
)
def test_an_incomplete_draft_is_told_what_is_missing(draft, column, value, code):
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, **{column: value})
    with refused(code):
        applications.submit(draft, by=draft.created_by, at=make.FILED)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"state": "returned"}, "unverified_enterprise"),
        ({"kind": "branch"}, "branch_not_legal_person"),
        ({"kind": "partnership"}, "not_legal_person"),
        ({"in_beijing": False}, "not_in_beijing"),
    ],
)
def test_an_enterprise_outside_the_scheme_is_refused_by_name(draft, columns, code):
    type(draft.legal_entity).objects.filter(pk=draft.legal_entity_id).update(**columns)
    draft.refresh_from_db()
    with refused(code):
        applications.submit(draft, by=draft.created_by, at=make.FILED)


def test_a_surrendered_policy_is_refused(draft):
    type(draft.policy).objects.filter(pk=draft.policy_id).update(state=PolicyState.SURRENDERED)
    with refused("policy_surrendered"):
        applications.submit(draft, by=draft.created_by, at=make.FILED)


def test_a_policy_that_its_insurer_has_not_confirmed_may_be_filed(window):
    case = make.draft(window=window, confirmed=False)
    applications.submit(case, by=case.created_by, at=make.FILED)
    assert case.state == State.SUBMITTED


def test_somebody_elses_policy_is_refused(draft, window):
    stranger = make.policy(make.entity())
    Application.objects.filter(pk=draft.pk).update(policy=None)
    draft.policy = stranger
    assert "policy_not_own" in [problem.code for problem in drafts.problems(draft, at=make.FILED)]


# twice at once


@pytest.mark.django_db(transaction=True)
def test_one_draft_submitted_twice_at_once_is_one_filing():
    case = make.draft(window=make.window())
    copies = [Application.objects.get(pk=case.pk) for _ in range(2)]
    outcomes = at_once(
        *(lambda copy=copy: applications.submit(copy, by=case.created_by, at=make.FILED) for copy in copies),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "done"]
    assert outcomes[0].number == outcomes[1].number
    assert Event.objects.filter(action="submit").count() == 1
