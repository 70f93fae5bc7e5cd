"""Random interleavings of every verb by every role: each step succeeds or is refused, and nothing that must never be false ever is."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from enterprises.models import Membership
from insurers import services as insurers
from insurers.models import EndorsementKind, Entrustment, InsurerStaff
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.audit.services import seal_pending
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.proposals import open_proposal
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import (
    AllocationRun,
    Application,
    Batch,
    Determination,
    Objection,
    Opinion,
    Part,
    PublicNotice,
    Recovery,
    Verdict,
    Window,
)
from subsidies.payment_files import write_bank_result_template
from subsidies.services import (
    allocation,
    applications,
    corrections,
    deadlines,
    drafts,
    endings,
    objections,
    payments,
    publicity,
    recovery,
    rejections,
    reviews,
    sweeps,
    windows,
)
from subsidies.states import STAMPS, Action, State
from tests import drive, make
from tests.expect import standing_faults

pytestmark = pytest.mark.django_db
LONG = "LONG" in os.environ
STEPS, EXAMPLES = (2000, 1) if LONG else (60, 3)
BEGINS, CLOSES = make.PAID, make.PAID + timedelta(days=5)  # of the second window
SPAN = timedelta(days=45)  # from there to where the calendar still reaches over every deadline
PACE = SPAN / STEPS if LONG else timedelta(hours=4)
EDGES = Application.LIFE.edges
BACKWARDS = set("delete withdraw refuse abandon cancel hold send_back return_list propose_rejection ask_correction lapse expire".split())
TAKEN: dict[tuple[str, str], int] = {}  # how often each step ended how, for whoever looks at the paths


@dataclass
class Try:
    """What one step has at hand: the moment, who acts, and a number that decides about details."""

    case: Application
    by: User
    at: datetime
    number: int

    @property
    def when(self) -> dict:
        return {"by": self.by, "at": self.at}

    @property
    def amount(self) -> Decimal:
        return Decimal(self.number * 1000) / 100

    def pick(self, rows):
        """One of the rows that stand somewhere, the same for the same number."""
        found = list(rows.order_by("pk"))
        if not found:
            raise Nothing
        return found[self.number % len(found)]


class Nothing(Exception):
    """The step has nothing to act on."""


def review(one: Try):
    if one.number % 10:  # a careful handler has judged every check before
        judge(one)
    reject = one.number % 5 == 0
    lowered = one.amount if one.number % 3 == 0 else None
    reason = "酌情调低" if lowered is not None else ""
    opinion = {"opinion": Opinion.REJECT, "opinion_reason": "没有海外经营"} if reject else {}
    return reviews.review(one.case, **one.when, lowered_to=lowered, lowered_reason=reason, **opinion)


def judge(one: Try):
    verdict = Verdict.FAILED if one.number % 11 == 0 else Verdict.PASSED
    for finding in one.case.findings.filter(verdict=Verdict.OPEN) or [one.pick(one.case.findings)]:
        reviews.judge(finding, **one.when, verdict=verdict, note="已核对")


def ask_correction(one: Try):
    parts = [part for position, part in enumerate(Part) if one.number >> position & 1] or [Part.OTHER]
    return corrections.ask_correction(one.case, **one.when, items=[(part, "请补正") for part in parts])


def answer_all(one: Try):
    correction = corrections.open_correction(one.case)
    if correction is None:
        raise Nothing
    for item in correction.items.all():
        corrections.answer(item, **one.when, text="说明")


def decide_refusal(one: Try):
    return applications.decide_refusal(one.case, **one.when, confirmed=one.number % 2 == 0, remark="请重新核对")


def start_again(one: Try):
    made = drafts.start(one.case.legal_entity, one.case.window, **one.when)
    account = made.legal_entity.bank_accounts.get(closed_at__isnull=True)
    policy = one.pick(made.legal_entity.policies.all())
    columns = {"policy": policy, "category": made.legal_entity.categories.first(), "bank_account": account, "pledged": True}
    return drafts.save_draft(made, **one.when, **columns)


def delete_draft(one: Try):
    if Application.objects.count() == 1:  # the world keeps one case to act on
        raise Nothing
    return drafts.delete_draft(one.case, **one.when)


def lowered(one: Try) -> dict:
    return {"lowered_to": one.amount if one.number % 4 else None}


def determine(one: Try):
    run = one.pick(AllocationRun.objects.all())
    seen = allocation.list_hash(run)
    return publicity.determine(run, **one.when, minutes_number="会议纪要〔2026〕8号", seen_hash=seen)


def return_list(one: Try):
    run = one.pick(AllocationRun.objects.all())
    return publicity.return_list(run, **one.when, reason="理由不充分", seen_hash=allocation.list_hash(run))


def object_to(one: Try):
    return objections.receive_objection(one.case, **one.when, objector="王", contact="1", grounds="没有海外业务")


def prepare_batch(one: Try):
    return payments.prepare_batch(one.case.window, one.pick(one.case.pilot.appropriations.all()), **one.when)


def import_result(one: Try):
    batch = one.pick(Batch.objects.filter(exported_at__isnull=False))
    file = payments.payment_files.write_payment_file(payments.batch_data(batch))
    serials = batch.payments.order_by("serial").values_list("serial", flat=True)
    returned = {serial: "R01" for position, serial in enumerate(serials) if (one.number + position) % 3 == 0}
    content = write_bank_result_template(file, paid_on=one.at.date(), returned=returned)
    return payments.import_bank_result(batch, content, **one.when)


def endorse(one: Try):
    policy = one.case.policy
    standing = policy.endorsements.last().premium_after if policy.endorsements.exists() else policy.premium
    kind = EndorsementKind.REDUCTION if one.amount < standing else EndorsementKind.INCREASE
    facts = {"kind": kind, "number": f"P-{Event.objects.count()}", "effective_on": one.at.date(), "premium_after": one.amount}
    return insurers.endorse(policy, **one.when, facts=facts)


def surrender(one: Try):
    facts = {"number": f"T-{Event.objects.count()}", "effective_on": one.at.date() + timedelta(days=one.number % 3)}
    return insurers.surrender(one.case.policy, **one.when, facts=facts)


def change_draw(one: Try):
    window = one.case.window
    if waiting := open_proposal(window):
        return windows.decide_draw(waiting, **one.when, confirmed=one.number % 3 > 0, remark="等待文件")
    return windows.propose_draw(window, **one.when, draw=one.amount + 1, reason="指标调整")


def entrust(one: Try):
    company = one.pick(one.case.policy.insurer.__class__.objects.all())
    period = {"starts_at": one.at, "ends_at": one.at + timedelta(days=30), "includes_submission": one.number % 2 == 0}
    return insurers.propose_entrustment(one.case.legal_entity, company, **one.when, facts=period)


def repay(one: Try):
    row = one.pick(Recovery.objects.all())
    amount = row.amount if one.number % 3 else row.amount - Decimal("0.01")
    return recovery.confirm_repayment(row, **one.when, amount=amount, bank_reference="YH1")


ON_A_CASE: dict[Action, Callable[[Try], object]] = {
    Action.SUBMIT: lambda one: applications.submit(one.case, **one.when),
    Action.PROPOSE: lambda one: applications.propose(one.case, **one.when),
    Action.DELETE: delete_draft,
    Action.CONFIRM: lambda one: applications.confirm(one.case, **one.when, pledged=one.number % 5 > 0),
    Action.DECLINE: lambda one: applications.decline(one.case, **one.when, reason="有误"),
    Action.EXPIRE: lambda one: deadlines.expire_proposals(at=one.at),
    Action.ACCEPT: lambda one: applications.accept(one.case, **one.when),
    Action.ASK_CORRECTION: ask_correction,
    Action.REFUSE: decide_refusal,
    Action.WITHDRAW: lambda one: applications.withdraw(one.case, **one.when, reason="填错"),
    Action.RESUBMIT: lambda one: corrections.resubmit(one.case, **one.when),
    Action.LAPSE: lambda one: deadlines.lapse_corrections(at=one.at),
    Action.REVIEW: review,
    Action.CHECK: lambda one: reviews.check(one.case, **one.when),
    Action.SEND_BACK: lambda one: reviews.send_back(one.case, **one.when, reason="请补证据"),
    Action.PROPOSE_REJECTION: lambda one: rejections.propose_rejection(one.case, **one.when, reason="没有海外经营"),
    Action.REPLY: lambda one: rejections.reply(one.case, **one.when, text="有海外子公司"),
    Action.RECONSIDER: lambda one: rejections.reconsider(one.case, **one.when, reason="陈述属实"),
    Action.REJECT: determine,
    Action.ALLOCATE: lambda one: make.sent(allocation.allocate(one.case.window, **one.when)),
    Action.DETERMINE: determine,
    Action.RETURN_LIST: return_list,
    Action.PUBLICISE: lambda one: publicity.publicise(one.pick(Determination.objects.all()), **one.when),
    Action.APPROVE: lambda one: publicity.approve(one.pick(PublicNotice.objects.all()), **one.when),
    Action.UPHOLD: lambda one: objections.uphold(one.pick(Objection.objects.all()), **one.when, decision="属实", **lowered(one)),
    Action.RECOMPUTE: lambda one: objections.recompute(one.case, **one.when, reason="批减", **lowered(one)),
    Action.PAY: import_result,
    Action.CLOSE_ZERO: lambda one: publicity.approve(one.pick(PublicNotice.objects.all()), **one.when),
    Action.ARCHIVE: lambda one: endings.archive(one.case, **one.when),
    Action.ABANDON: lambda one: endings.abandon(one.case, **one.when, reason="不再需要"),
    Action.CANCEL: lambda one: endings.cancel(one.case, **one.when, reason="已迁出"),
    Action.HOLD: lambda one: applications.hold(one.case, **one.when, reason="核查"),
    Action.RELEASE: lambda one: applications.release(one.case, **one.when, reason="查无实据"),
}
# What has no edge of its own, and by whom it succeeds.
BESIDES: dict[str, tuple[set[Role], Callable[[Try], object]]] = {
    "start": ({Role.ENTERPRISE, Role.INSURER}, start_again),
    "judge": ({Role.HANDLER}, judge),
    "propose_refusal": ({Role.HANDLER}, lambda one: applications.propose_refusal(one.case, **one.when, reason="不在范围")),
    "answer": ({Role.ENTERPRISE, Role.INSURER}, answer_all),
    "extend_correction": (
        {Role.HEAD},
        lambda one: corrections.extend_correction(one.case, **one.when, days=one.number % 12, reason="节前"),
    ),
    "receive_objection": ({Role.HANDLER, Role.HEAD}, object_to),
    "dismiss": ({Role.HEAD}, lambda one: objections.dismiss_objection(one.pick(Objection.objects.all()), **one.when, decision="不属实")),
    "prepare_batch": ({Role.FINANCE}, prepare_batch),
    "approve_batch": ({Role.HEAD}, lambda one: payments.approve_batch(one.pick(Batch.objects.all()), **one.when)),
    "export_batch": ({Role.FINANCE}, lambda one: payments.export_batch(one.pick(Batch.objects.all()), **one.when)),
    "void_batch": ({Role.FINANCE, Role.HEAD}, lambda one: payments.void_batch(one.pick(Batch.objects.all()), **one.when, reason="重做")),
    "endorse": ({Role.INSURER, Role.HANDLER}, endorse),
    "surrender": ({Role.INSURER, Role.HANDLER}, surrender),
    "propose_recovery": ({Role.HEAD}, lambda one: recovery.propose_recovery(one.case, **one.when, amount=one.amount, reason="隐瞒")),
    "order_recovery": ({Role.IP_OFFICE}, lambda one: recovery.order_recovery(one.pick(Recovery.objects.all()), **one.when)),
    "drop_recovery": ({Role.IP_OFFICE}, lambda one: recovery.drop_recovery(one.pick(Recovery.objects.all()), **one.when, reason="不实")),
    "repay": ({Role.FINANCE}, repay),
    "extend_window": (
        {Role.HEAD},
        lambda one: windows.extend(one.case.window, **one.when, closes_at=one.at + timedelta(hours=one.number % 48), reason="故障"),
    ),
    "change_draw": ({Role.FINANCE, Role.HEAD}, change_draw),
    "entrust": ({Role.INSURER, Role.ENTERPRISE}, entrust),
    "confirm_entrustment": (
        {Role.ENTERPRISE},
        lambda one: insurers.confirm_entrustment(one.pick(Entrustment.objects.all()), **one.when),
    ),
    "revoke_entrustment": (
        {Role.ENTERPRISE},
        lambda one: insurers.revoke_entrustment(one.pick(Entrustment.objects.all()), **one.when, reason="自行申报"),
    ),
    "archive_paid": ({Role.HEAD}, lambda one: endings.archive_paid(one.case.window, **one.when)),
}
JOBS: list[Callable] = [
    deadlines.expire_proposals,
    deadlines.lapse_corrections,
    deadlines.alarm_silence,
    deadlines.end_publicity,
    deadlines.warn_proposals,
    deadlines.remind,
    recovery.overdue_recoveries,
    sweeps.enforce_award_caps,
    sweeps.enforce_single_application,
    insurers.expire_mandates,
]
WORDS = (*ON_A_CASE, *BESIDES)

# What the database promises, said a second time: each statement finds nothing.
NEVER = {
    "two cases in a slot": "SELECT 1 FROM {filed} GROUP BY window_id, legal_entity_id HAVING COUNT(*) > 1",
    "two cases on a policy": "SELECT 1 FROM {filed} GROUP BY policy_id HAVING COUNT(*) > 1",
    "two awards in a year": "SELECT 1 FROM subsidies_application WHERE awarded > 0 GROUP BY pilot_id, legal_entity_id HAVING COUNT(*) > 1",
    "above the scheme": "SELECT 1 FROM subsidies_application WHERE rate > 0.80 OR cap > 800000 OR entitled > cap"
    " OR entitled > trunc(recognised_premium * rate, 2) OR awarded > entitled OR awarded < 0 OR reserved < 0",
    "overspent": "SELECT 1 FROM subsidies_window w WHERE w.draw < (SELECT COALESCE(SUM(COALESCE(awarded, 0) + reserved), 0)"
    " FROM subsidies_application WHERE window_id = w.id)",
    "one person twice": "SELECT 1 FROM subsidies_application WHERE reviewed_by_id = checked_by_id UNION ALL"
    " SELECT 1 FROM subsidies_batch WHERE prepared_by_id = approved_by_id UNION ALL"
    " SELECT 1 FROM subsidies_recovery WHERE proposed_by_id = ordered_by_id",
    "paid twice": "SELECT 1 FROM subsidies_payment WHERE state IN ('planned', 'sent', 'paid') GROUP BY application_id HAVING COUNT(*) > 1",
    "paid otherwise than awarded": "SELECT 1 FROM subsidies_payment p JOIN subsidies_application a ON a.id = p.application_id"
    " WHERE p.state = 'paid' AND p.amount IS DISTINCT FROM a.awarded",
    "taken back more than paid": "SELECT 1 FROM subsidies_recovery r JOIN subsidies_application a ON a.id = r.application_id"
    " WHERE r.state <> 'dropped' GROUP BY a.id HAVING SUM(r.amount) > MAX(a.awarded)",
    **{
        f"no {stamp} stamp": f"SELECT 1 FROM subsidies_application WHERE state IN ({', '.join(repr(str(state)) for state in states)})"
        f" AND ({stamp}_at IS NULL OR {stamp}_by_id IS NULL)"
        for stamp, states in STAMPS.items()
    },
}
FILED = "(SELECT * FROM subsidies_application WHERE state NOT IN ('draft', 'pending_confirm', 'withdrawn', 'not_accepted')) filed"


class Portal(RuleBasedStateMachine):
    """A window with little money whose cases stand everywhere between 已提交 and 已拨付, one that takes filings, two of each officer."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now, self.steps = BEGINS, 0
        officers = [role for role in Role if role not in (Role.SYSTEM, Role.ENTERPRISE, Role.INSURER)]
        self.officers = {role: [make.officer(role), make.user(role)] for role in officers}
        first, second = make.window(draw="500000.00"), make.window(draw="150000.00", opens_at=make.ALLOCATED, closes_at=CLOSES)
        paid = drive.paid(window=first)
        published = [make.application(window=first, state=State.CHECKED) for _ in range(3)]
        drive.rejection(window=first)
        self.publish(first)
        drive.rejection(window=first, at=BEGINS - timedelta(days=1))
        for state in (State.CHECKED, State.CHECKED, State.REVIEWED, State.ACCEPTED, State.SUBMITTED, State.SUBMITTED):
            make.application(window=first, state=state)
        drive.corrected(drive.insurers_case(window=first), items=[(Part.OTHER, "请说明")], at=BEGINS)
        for entity, submits in (
            (make.entity(), True),
            (make.entity(), False),
            (paid.legal_entity, True),
            (published[0].legal_entity, True),
        ):
            with suppress(Refusal):  # whoever holds an award of the year begins no draft
                make.draft(window=second, legal_entity=entity, at=self.now)
                policy = make.policy(entity, insurer=make.insurer("示例二"))
                drive.insurers_draft(window=second, policy=policy, at=self.now, includes_submission=submits)
        self.people = [*User.objects.exclude(role=Role.SYSTEM)]
        self.events = Event.objects.count()

    def publish(self, window: Window) -> None:
        """What is checked and rejected comes onto a list whose publication runs when the steps begin."""
        head, office = make.officer(Role.HEAD), make.officer(Role.IP_OFFICE)
        run = make.sent(allocation.allocate(window, by=head, at=BEGINS - timedelta(days=6)))
        at, seen = BEGINS - timedelta(days=5), run.list_hash
        determination = publicity.determine(run, by=office, at=at, minutes_number="会议纪要〔2026〕9号", seen_hash=seen)
        publicity.publicise(determination, by=head, at=BEGINS - timedelta(days=3))

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # who

    def case(self) -> Application:
        return self.random.choice(list(Application.objects.order_by("pk")))

    def person(self, case: Application, roles: set[Role]) -> User:
        """Somebody of one of these roles who has to do with the case."""
        role = self.random.choice(sorted(roles))
        if role == Role.ENTERPRISE:
            return Membership.objects.filter(legal_entity=case.legal_entity).first().user
        if role == Role.INSURER:
            company = case.insurer or (case.policy.insurer if case.policy else None)
            return InsurerStaff.objects.filter(insurer=company).first().user
        return User.objects.system() if role == Role.SYSTEM else self.random.choice(self.officers[role])

    # steps

    def attempt(self, what: str, act: Callable[[Try], object], case: Application, by: User) -> None:
        number = self.random.randrange(12_000)
        self.now = min(self.now + PACE * self.random.choice([0, 0, 1, 3]), BEGINS + SPAN)
        before, refusal = standing(), None
        try:
            with transaction.atomic():
                act(Try(case, by, self.now, number))
        except Nothing:
            return
        except Refusal as refused:
            refusal = refused
        outcome = refusal.code if refusal else "done"
        TAKEN[what, outcome] = TAKEN.get((what, outcome), 0) + 1
        if refusal is None:
            self.look(what)
        else:
            assert "%(" not in refusal.sentence
            assert standing() == before, f"{what} was refused ({refusal.code}) and yet changed something"

    @initialize(random=strategies.randoms(use_true_random=True))
    def begin(self, random: Random) -> None:
        self.random = random

    @rule()
    def step(self) -> None:
        """Mostly what the state of a case allows, by somebody who may; now and then anything by anybody; jobs; days that pass."""
        kinds = [self.along_an_edge, self.besides, self.anything_by_anybody, self.a_job, self.days_pass]
        self.steps += 1
        self.random.choices(kinds, [12, 6, 3, 1, 1 if self.steps > 20 and not LONG else 0])[0]()

    def along_an_edge(self) -> None:
        case = self.case()
        edges = [one for one in EDGES if case.state in one.sources and (not case.is_held or one.despite_hold)]
        if edges:
            chosen = self.random.choices(edges, [1 if one.action in BACKWARDS else 6 for one in edges])[0]
            self.attempt(chosen.action, ON_A_CASE[chosen.action], case, self.person(case, set(chosen.roles)))

    def besides(self) -> None:
        word, case = self.random.choice(list(BESIDES)), self.case()
        roles, act = BESIDES[word]
        self.attempt(word, act, case, self.person(case, roles))

    def anything_by_anybody(self) -> None:
        word = self.random.choice(WORDS)
        act = ON_A_CASE[word] if word in ON_A_CASE else BESIDES[word][1]
        self.attempt(word, act, self.case(), self.random.choice(self.people))

    def a_job(self) -> None:
        job = self.random.choice(JOBS)
        job(at=self.now)
        self.look(job.__name__)

    def days_pass(self) -> None:
        """A short run would otherwise seldom see a window closed or a notice over."""
        self.now = min(self.now + timedelta(days=self.random.randint(1, 4)), BEGINS + SPAN)

    # and never

    def look(self, what: str) -> None:
        """What runs after each commit; then every promise."""
        for case in Application.objects.unscreened():
            reviews.screen(case, at=self.now)
        recovery.follow_endorsements(at=self.now)
        with connection.cursor() as cursor:
            for name, statement in NEVER.items():
                cursor.execute(statement.replace("{filed}", FILED))
                assert cursor.fetchone() is None, f"{name} after {what}"
        events = Event.objects.count()
        assert events >= self.events
        self.events = events
        if events % 20 == 0:
            seal_pending(at=self.now)
        with time_machine.travel(self.now, tick=False):
            assert standing_faults() == [], f"after {what}"


def standing() -> tuple:
    """Cases, and how much has been written: equal before and after a refusal."""
    cases = list(Application.objects.order_by("pk").values_list())
    return cases, Event.objects.count(), Message.objects.count(), list(Window.objects.order_by("pk").values_list())


def test_no_order_of_steps_breaks_a_promise():
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    options = {"stateful_step_count": STEPS, "max_examples": EXAMPLES, "deadline": None, "suppress_health_check": quiet}
    options["phases"] = [Phase.generate]  # the blob tells the path; shrinking it would take minutes
    run_state_machine_as_test(Portal, settings=settings(**options, derandomize=not LONG, print_blob=True))


def test_the_paths_know_every_action_of_a_case():
    assert set(ON_A_CASE) == set(Action)
    assert {state for edge in EDGES for state in edge.sources} | {State.DRAFT} >= {State.DRAFT, State.PAID}
