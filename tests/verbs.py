"""Every verb, with the smallest situation in which it succeeds: VERBS["accept"]() prepares it and gives the act itself."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from enterprises import services as enterprises
from insurers import services as insurers
from insurers.models import EndorsementKind
from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Opinion, Part, Verdict
from subsidies.payment_files import write_bank_result_template
from subsidies.services import (
    allocation,
    applications,
    assignments,
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
from subsidies.states import State

from . import drive, make

Act = Callable[[], object]
VERBS: dict[str, Callable[[], Act]] = {}
HANDLER, REVIEWER, HEAD = Role.HANDLER, Role.REVIEWER, Role.HEAD
FINANCE, IP_OFFICE, ENTERPRISE = Role.FINANCE, Role.IP_OFFICE, Role.ENTERPRISE


def verb(prepare: Callable[[], Act]) -> Callable[[], Act]:
    VERBS[prepare.__name__] = prepare
    return prepare


def by(role: Role) -> dict:
    return {"by": make.officer(role)}


def case_at(state: State) -> Application:
    return make.application(window=make.window(), state=state)


# filing


@verb
def start():
    entity, window = make.entity(), make.window()
    return lambda: drafts.start(entity, window, by=make.owner_of(entity), at=make.FILED)


@verb
def submit():
    draft = make.draft(window=make.window())
    return lambda: applications.submit(draft, by=draft.created_by, at=make.FILED)


@verb
def delete_draft():
    draft = make.draft(window=make.window())
    return lambda: drafts.delete_draft(draft, by=draft.created_by, at=make.FILED)


@verb
def propose():
    draft = drive.insurers_draft(window=make.window(), pledged=False, includes_submission=False)
    return lambda: applications.propose(draft, by=draft.created_by, at=make.FILED)


@verb
def confirm():
    case = drive.proposed(window=make.window())
    owner = make.owner_of(case.legal_entity)
    return lambda: applications.confirm(case, by=owner, at=make.FILED, pledged=True)


@verb
def decline():
    case = drive.proposed(window=make.window())
    owner = make.owner_of(case.legal_entity)
    return lambda: applications.decline(case, by=owner, at=make.FILED, reason="保单号有误")


@verb
def expire_proposals():
    drive.proposed(window=make.window())
    return lambda: deadlines.expire_proposals(at=make.CLOSES)


@verb
def withdraw():
    case = case_at(State.SUBMITTED)
    return lambda: applications.withdraw(case, by=case.created_by, at=make.FILED, reason="填错")


# acceptance and correction


@verb
def accept():
    case, who = case_at(State.SUBMITTED), by(HANDLER)
    return lambda: applications.accept(case, **who, at=make.ACCEPTED)


@verb
def propose_refusal():
    case, who = case_at(State.SUBMITTED), by(HANDLER)
    make.officer(REVIEWER)
    return lambda: applications.propose_refusal(case, **who, at=make.ACCEPTED, reason="不在试点范围")


def refusal_waits() -> Application:
    case = case_at(State.SUBMITTED)
    applications.propose_refusal(case, **by(HANDLER), at=make.ACCEPTED, reason="不在试点范围")
    return case


@verb
def confirm_refusal():
    case, who = refusal_waits(), by(REVIEWER)
    return lambda: applications.decide_refusal(case, **who, at=make.ACCEPTED, confirmed=True)


@verb
def decline_refusal():
    case, who = refusal_waits(), by(REVIEWER)
    return lambda: applications.decide_refusal(case, **who, at=make.ACCEPTED, confirmed=False, remark="请重新核对")


@verb
def ask_correction():
    case, who = case_at(State.SUBMITTED), by(HANDLER)
    return lambda: corrections.ask_correction(case, **who, at=drive.TOLD, items=drive.INVOICE_ASKED)


def in_correction(part: Part = Part.OTHER) -> Application:
    case = case_at(State.SUBMITTED)
    drive.corrected(case, items=[(part, "请补正")])
    return case


@verb
def answer():
    case = in_correction()
    item = corrections.open_correction(case).items.get()
    return lambda: corrections.answer(item, by=case.created_by, at=drive.ANSWERED, text="说明", upload=make.pdf("answer"))


@verb
def take_back():
    case = in_correction()
    item = corrections.open_correction(case).items.get()
    corrections.answer(item, by=case.created_by, at=drive.ANSWERED, upload=make.pdf("answer"))
    paper = case.attachments.get()
    return lambda: corrections.take_back(paper, by=case.created_by, at=drive.ANSWERED)


@verb
def change_category():
    case = in_correction(Part.CATEGORY)
    return lambda: corrections.change_category(case, case.category, by=case.created_by, at=drive.ANSWERED)


@verb
def resubmit():
    case = in_correction()
    drive.answer_all(case)
    make.officer(HANDLER)
    return lambda: corrections.resubmit(case, by=case.created_by, at=drive.ANSWERED)


@verb
def extend_correction():
    case, who = in_correction(), by(HEAD)
    return lambda: corrections.extend_correction(case, **who, at=drive.ANSWERED, days=5, reason="节前")


@verb
def lapse_corrections():
    case = in_correction()
    return lambda: deadlines.lapse_corrections(at=case.due_at)


# review


@verb
def screen():
    case = case_at(State.SUBMITTED)
    return lambda: reviews.screen(case, at=make.FILED)


@verb
def judge():
    case, who = case_at(State.ACCEPTED), by(HANDLER)
    finding = case.findings.first()
    return lambda: reviews.judge(finding, **who, at=make.ACCEPTED, verdict=Verdict.PASSED, note="已核对原件")


@verb
def review():
    case, who = case_at(State.ACCEPTED), by(HANDLER)
    make.judge_all(case)
    return lambda: reviews.review(case, **who, at=make.REVIEWED)


@verb
def recommend_rejection():
    case, who = case_at(State.ACCEPTED), by(HANDLER)
    make.judge_all(case)
    return lambda: reviews.review(case, **who, at=make.REVIEWED, opinion=Opinion.REJECT, opinion_reason="没有海外经营")


@verb
def check():
    case, who = case_at(State.REVIEWED), by(REVIEWER)
    return lambda: reviews.check(case, **who, at=make.CHECKED)


@verb
def send_back():
    case, who = case_at(State.REVIEWED), by(REVIEWER)
    return lambda: reviews.send_back(case, **who, at=make.CHECKED, reason="请补证据")


@verb
def propose_rejection():
    case, who = drive.reviewed_for_rejection(window=make.window()), by(REVIEWER)
    return lambda: rejections.propose_rejection(case, **who, at=drive.REJECTING, reason="没有海外经营")


@verb
def reply():
    case = drive.rejection(window=make.window())
    make.officer(HEAD)
    return lambda: rejections.reply(case, by=case.created_by, at=drive.REPLIED, text="有海外子公司", uploads=[make.pdf("reply")])


@verb
def reconsider():
    case, who = drive.rejection(window=make.window()), by(HEAD)
    return lambda: rejections.reconsider(case, **who, at=drive.REPLIED, reason="陈述属实")


# list and publication


@verb
def allocate():
    window, who = case_at(State.CHECKED).window, by(HEAD)
    make.application(window=window, state=State.REVIEWED)
    drive.rejection(window=window)
    return lambda: allocation.allocate(window, **who, at=make.ALLOCATED)


@verb
def send_list():
    window, who = case_at(State.CHECKED).window, by(HEAD)
    make.officer(IP_OFFICE)
    run = allocation.allocate(window, **who, at=make.ALLOCATED)
    facts = {"minutes_number": "中心纪要〔2026〕3号", "minutes_on": make.ALLOCATED.date()}
    return lambda: publicity.send_list(run, **who, at=make.ALLOCATED, minutes_paper=make.pdf("minutes"), **facts)


def a_list():
    """A run over an award and a rejection."""
    window = case_at(State.CHECKED).window
    drive.rejection(window=window)
    return make.allocated(window)


@verb
def determine():
    run, who = a_list(), by(IP_OFFICE)
    return lambda: publicity.determine(run, **who, at=make.DETERMINED, minutes_number="会议纪要〔2026〕8号", seen_hash=run.list_hash)


@verb
def return_list():
    run, who = a_list(), by(IP_OFFICE)
    return lambda: publicity.return_list(run, **who, at=make.DETERMINED, reason="理由不充分", seen_hash=run.list_hash)


@verb
def publicise():
    determination, who = determine()(), by(HEAD)
    return lambda: publicity.publicise(determination, **who, at=make.PUBLICISED)


@verb
def approve():
    window = case_at(State.CHECKED).window
    make.application(window=window, state=State.CHECKED, premium=Decimal("0.01"))
    notice, who = make.publicised(window), by(HEAD)
    return lambda: publicity.approve(notice, **who, at=make.APPROVED)


@verb
def receive_objection():
    case, _ = drive.published(window=make.window())
    make.officer(HEAD)
    make.officer(HANDLER)
    return lambda: drive.objection(case)


def objected():
    return drive.objection(drive.published(window=make.window())[0])


@verb
def reveal_objector():
    objection, who = objected(), by(HEAD)
    return lambda: objections.reveal_objector(objection, **who, at=drive.DECIDED)


@verb
def rescreen():
    case, who = case_at(State.SUBMITTED), by(HANDLER)
    return lambda: reviews.rescreen(case, **who, at=make.ACCEPTED)


@verb
def dismiss_objection():
    objection, who = objected(), by(HEAD)
    return lambda: objections.dismiss_objection(objection, **who, at=drive.DECIDED, decision="查无实据")


@verb
def uphold():
    objection, who = objected(), by(HEAD)
    return lambda: objections.uphold(objection, **who, at=drive.DECIDED, decision="部分属实", lowered_to=Decimal("50000.00"))


@verb
def recompute():
    case, who = drive.approved(window=make.window()), by(HEAD)
    return lambda: objections.recompute(case, **who, at=make.BATCHED, reason="批减", lowered_to=Decimal("50000.00"))


# endings and holds


@verb
def abandon():
    case = drive.approved(window=make.window())
    return lambda: endings.abandon(case, by=case.created_by, at=make.BATCHED, reason="不再需要")


@verb
def cancel():
    case, who = drive.approved(window=make.window()), by(HEAD)
    return lambda: endings.cancel(case, **who, at=make.BATCHED, reason="已迁出本市")


@verb
def archive():
    case, who = drive.paid(window=make.window()), by(HEAD)
    return lambda: endings.archive(case, **who, at=drive.AFTERWARDS)


@verb
def archive_paid():
    case, who = drive.paid(window=make.window()), by(HEAD)
    return lambda: endings.archive_paid(case.window, **who, at=drive.AFTERWARDS)


@verb
def hold():
    case, who = case_at(State.SUBMITTED), by(HEAD)
    return lambda: applications.hold(case, **who, at=make.FILED, reason="举报核查")


@verb
def release():
    case, who = case_at(State.SUBMITTED), by(HEAD)
    applications.hold(case, **who, at=make.FILED, reason="举报核查")
    return lambda: applications.release(case, **who, at=make.ACCEPTED, reason="查无实据")


@verb
def assign():
    case, who = case_at(State.SUBMITTED), by(HEAD)
    return lambda: assignments.assign({case.pk: case.version}, **who, at=make.FILED, to=make.officer(HANDLER))


@verb
def enforce_award_caps():
    case = drive.published(window=make.window())[0]
    make.officer(HEAD)
    Application.objects.filter(pk=case.pk).update(recognised_premium=Decimal("100000.00"))
    original = sweeps.ABOVE_CAP

    def act():
        sweeps.ABOVE_CAP = f"SELECT {case.pk}, '核定过高'"
        try:
            return sweeps.enforce_award_caps(at=drive.OBJECTED)
        finally:
            sweeps.ABOVE_CAP = original

    return act


# money


@verb
def prepare_batch():
    window, appropriation, who = drive.approved(window=make.window()).window, make.pilot().appropriations.first(), by(FINANCE)
    return lambda: payments.prepare_batch(window, appropriation, **who, at=make.BATCHED)


def a_batch():
    return prepare_batch()()


@verb
def approve_batch():
    batch, who = a_batch(), by(HEAD)
    return lambda: payments.approve_batch(batch, **who, at=make.BATCHED)


@verb
def export_batch():
    batch, who = payments.approve_batch(a_batch(), **by(HEAD), at=make.BATCHED), by(FINANCE)
    return lambda: payments.export_batch(batch, **who, at=make.BATCHED)


@verb
def void_batch():
    batch, who = a_batch(), by(FINANCE)
    return lambda: payments.void_batch(batch, **who, at=make.BATCHED, reason="重做")


def the_bank_answers(returned: str = ""):
    batch, file = drive.sent(drive.approved(window=make.window()).window)
    codes = {batch.payments.get().serial: returned} if returned else {}
    content, who = write_bank_result_template(file, paid_on=drive.PAID_ON, returned=codes), by(FINANCE)
    return lambda: payments.import_bank_result(batch, content, **who, at=make.PAID)


@verb
def import_paid():
    return the_bank_answers()


@verb
def import_returned():
    return the_bank_answers("R01")


@verb
def follow_before_payment():
    made = endorsed(drive.approved(window=make.window()), at=make.BATCHED)
    make.officer(HEAD)
    return lambda: recovery.follow_endorsement(made, at=make.BATCHED)


@verb
def follow_after_payment():
    made = endorsed(drive.paid(window=make.window()), at=drive.AFTERWARDS)
    make.officer(IP_OFFICE)
    return lambda: recovery.follow_endorsement(made, at=drive.AFTERWARDS)


def endorsed(case: Application, at):
    """A reduction by half that nobody has followed yet."""
    facts = {
        "kind": EndorsementKind.REDUCTION,
        "number": "P-1",
        "effective_on": timezone.localdate(at),
        "premium_after": Decimal("50000.00"),
    }
    return insurers.endorse(case.policy, by=drive.staff_of(case.policy.insurer), at=at, facts=facts)


@verb
def propose_recovery():
    case = drive.paid(window=make.window())
    make.officer(IP_OFFICE)
    return lambda: drive.propose_recovery(case)


@verb
def order_recovery():
    row, who = drive.recovering(window=make.window()), by(IP_OFFICE)
    return lambda: recovery.order_recovery(row, **who, at=drive.ORDERED)


@verb
def drop_recovery():
    row, who = drive.recovering(window=make.window()), by(IP_OFFICE)
    return lambda: recovery.drop_recovery(row, **who, at=drive.ORDERED, reason="金额不实")


@verb
def prove_repayment():
    row = drive.ordered(window=make.window())
    return lambda: recovery.prove_repayment(row, by=row.application.created_by, at=drive.REPAID, paper=make.pdf("repaid"))


@verb
def confirm_repayment():
    row, who = drive.ordered(window=make.window()), by(FINANCE)
    return lambda: recovery.confirm_repayment(row, **who, at=drive.REPAID, amount=row.amount, bank_reference="YH77")


@verb
def overdue_recoveries():
    row = drive.ordered(window=make.window())
    return lambda: recovery.overdue_recoveries(at=make.moment(f"{row.due_on + timedelta(days=1)} 00:00"))


# windows


@verb
def publish_window():
    window, who = make.window(published=False), by(HEAD)
    return lambda: windows.publish(window, **who, at=make.OPENS)


@verb
def extend_window():
    window, who = drive.proposed(window=make.window()).window, by(HEAD)
    later = make.CLOSES + timedelta(days=1)
    return lambda: windows.extend(window, **who, at=make.FILED, closes_at=later, reason="系统故障")


@verb
def propose_draw():
    window, who = make.window(), by(FINANCE)
    return lambda: windows.propose_draw(window, **who, at=make.FILED, draw=Decimal("4000000.00"), reason="指标收回")


@verb
def decide_draw():
    proposal, who = propose_draw()(), by(HEAD)
    return lambda: windows.decide_draw(proposal, **who, at=make.FILED, confirmed=True)


# policies, mandates, enterprises


@verb
def endorse():
    case = case_at(State.CHECKED)
    return lambda: endorsed(case, at=make.CHECKED)


@verb
def surrender():
    policy = make.policy(make.entity())
    staff, facts = drive.staff_of(policy.insurer), {"number": "T-1", "effective_on": date(2026, 9, 1)}
    return lambda: insurers.surrender(policy, by=staff, at=make.FILED, facts=facts)


def a_mandate():
    company = make.insurer()
    period = {"starts_at": make.OPENS, "ends_at": make.CLOSES}
    return insurers.propose_entrustment(make.entity(), company, by=drive.staff_of(company), at=make.OPENS, facts=period)


@verb
def propose_entrustment():
    entity, company = make.entity(), make.insurer()
    staff, period = drive.staff_of(company), {"starts_at": make.OPENS, "ends_at": make.CLOSES}
    return lambda: insurers.propose_entrustment(entity, company, by=staff, at=make.OPENS, facts=period)


@verb
def confirm_entrustment():
    mandate = a_mandate()
    owner = make.owner_of(mandate.legal_entity)
    return lambda: insurers.confirm_entrustment(mandate, by=owner, at=make.OPENS)


@verb
def revoke_entrustment():
    mandate = a_mandate()
    owner = make.owner_of(mandate.legal_entity)
    return lambda: insurers.revoke_entrustment(mandate, by=owner, at=make.OPENS, reason="自行申报")


@verb
def expire_mandates():
    mandate = make.entrustment(make.entity(), make.insurer())
    return lambda: insurers.expire_mandates(at=mandate.ends_at)


@verb
def register_client():
    staff, facts = drive.staff_of(make.insurer()), make.entity_facts()
    make.officer(HANDLER)
    return lambda: enterprises.register_client(by=staff, at=make.OPENS, facts=facts, licence=make.pdf("licence"))
