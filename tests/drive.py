"""Cases driven further than tests/make.py builds them: into a correction, a rejection, an objection, a payment, a recovery."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from insurers import services as insurers
from insurers.models import EndorsementKind, Entrustment, Insurer, Policy
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Batch, Correction, Finding, Objection, Opinion, Part, PublicNotice, Recovery, Verdict, Window
from subsidies.payment_files import write_bank_result_template
from subsidies.services import applications, corrections, drafts, objections, payments, publicity, recovery, rejections, reviews
from subsidies.states import State

from . import make

HANDLER, REVIEWER, HEAD, FINANCE, IP_OFFICE = Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.IP_OFFICE
TOLD, ANSWERED = make.moment("2026-09-02 10:00"), make.moment("2026-09-09 10:00")
REJECTING, REPLIED = make.moment("2026-09-04 10:00"), make.moment("2026-09-07 10:00")
OBJECTED, DECIDED = make.moment("2026-10-15 10:00"), make.moment("2026-10-16 10:00")
AFTERWARDS, ORDERED, REPAID = make.moment("2026-11-02 10:00"), make.moment("2026-11-03 10:00"), make.moment("2026-11-10 10:00")
PAID_ON = date(2026, 10, 26)
INVOICE_ASKED = ((Part.INVOICES, "发票抬头与投保人不符，请换开后上传。"),)


# The insurer's channel


def staff_of(company: Insurer) -> User:
    return company.staff.first().user


def insurers_draft(
    *, window: Window, policy: Policy | None = None, pledged: bool = True, at: datetime = make.FILED, **mandate
) -> Application:
    """A complete draft that the policy's insurer has made under a mandate."""
    policy = policy or make.policy(make.entity())
    if not Entrustment.objects.filter(insurer=policy.insurer, legal_entity=policy.legal_entity).exists():
        make.entrustment(policy.legal_entity, policy.insurer, **mandate)
    staff = staff_of(policy.insurer)
    draft = drafts.start(policy.legal_entity, window, by=staff, at=at)
    return drafts.save_draft(
        draft,
        by=staff,
        at=at,
        policy=policy,
        category=policy.legal_entity.categories.first(),
        bank_account=policy.legal_entity.bank_accounts.get(closed_at__isnull=True),
        pledged=pledged,
    )


def insurers_case(*, window: Window, policy: Policy | None = None, **mandate) -> Application:
    """A case that an insurer has filed."""
    draft = insurers_draft(window=window, policy=policy, **mandate)
    return applications.submit(draft, by=draft.created_by, at=make.FILED)


def proposed(*, window: Window, policy: Policy | None = None, **mandate) -> Application:
    """A filing that waits for the enterprise's word, under a mandate without submission."""
    draft = insurers_draft(window=window, policy=policy, pledged=False, includes_submission=False, **mandate)
    return applications.propose(draft, by=draft.created_by, at=make.FILED)


# Correction and rejection


def corrected(case: Application, *, items: Sequence[tuple[Part, str]] = INVOICE_ASKED, at: datetime = TOLD) -> Correction:
    """The list that a filed case is asked to mend."""
    corrections.ask_correction(case, by=make.officer(HANDLER), at=at, items=items)
    return corrections.open_correction(case)


def answer_all(case: Application, *, by: User | None = None, at: datetime = ANSWERED) -> None:
    for item in corrections.open_correction(case).items.all():
        corrections.answer(item, by=by or case.created_by, at=at, text="已按要求更正，说明见附件。")


def reviewed_for_rejection(*, window: Window, reason: str = "出口证明不能证明有海外经营", **options) -> Application:
    """A case whose handler recommends 不予补贴."""
    case = make.application(window=window, state=State.ACCEPTED, **options)
    make.judge_all(case)
    return reviews.review(case, by=make.officer(HANDLER), at=make.REVIEWED, opinion=Opinion.REJECT, opinion_reason=reason)


def rejection(*, window: Window, at: datetime = REJECTING, **options) -> Application:
    """A case whose rejection is proposed and may be replied to."""
    case = reviewed_for_rejection(window=window, **options)
    return rejections.propose_rejection(case, by=make.officer(REVIEWER), at=at, reason="没有海外经营，不符合试点范围")


def fail_a_check(case: Application) -> Finding:
    finding = case.findings.first()
    return reviews.judge(finding, by=make.officer(HANDLER), at=make.ACCEPTED, verdict=Verdict.FAILED, note="与原件不符")


# From the list to the money


def published(*, window: Window, **options) -> tuple[Application, PublicNotice]:
    """A case of 80,000.00 in its publication, and the notice."""
    case = make.application(window=window, state=State.CHECKED, **options)
    notice = make.publicised(window)
    case.refresh_from_db()
    return case, notice


def approved(*, window: Window, **options) -> Application:
    case, notice = published(window=window, **options)
    publicity.approve(notice, by=make.officer(HEAD), at=make.APPROVED)
    case.refresh_from_db()
    return case


def objection(case: Application, *, at: datetime = OBJECTED, grounds: str = "该企业没有海外业务") -> Objection:
    return objections.receive_objection(
        case, by=make.officer(HANDLER), at=at, objector="王举报", contact="13900139000", grounds=grounds, papers=[make.pdf("objection")]
    )


def sent(window: Window) -> tuple[Batch, bytes]:
    """A batch of every payable case, approved and exported, and its payment file."""
    batch = payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(FINANCE), at=make.BATCHED)
    payments.approve_batch(batch, by=make.officer(HEAD), at=make.BATCHED)
    return batch, payments.export_batch(batch, by=make.officer(FINANCE), at=make.BATCHED)


def settle(batch: Batch, file: bytes, *, returned: dict | None = None) -> Batch:
    """The bank's answer: everything has arrived but the serials in `returned`."""
    content = write_bank_result_template(file, paid_on=PAID_ON, returned=returned)
    return payments.import_bank_result(batch, content, by=make.officer(FINANCE), at=make.PAID)


def paid(*, window: Window, **options) -> Application:
    """A case whose 80,000.00 have arrived."""
    case = approved(window=window, **options)
    settle(*sent(window))
    case.refresh_from_db()
    return case


def check(case: Application) -> Application:
    """A submitted case, accepted, reviewed and checked by the test's officers."""
    applications.accept(case, by=make.officer(HANDLER), at=make.ACCEPTED)
    reviews.screen(case, at=make.ACCEPTED)
    make.judge_all(case)
    reviews.review(case, by=make.officer(HANDLER), at=make.REVIEWED)
    return reviews.check(case, by=make.officer(REVIEWER), at=make.CHECKED)


def carry_to_payment(case: Application) -> Application:
    """A submitted case, driven until its money has arrived."""
    check(case)
    make.approved(case.window)
    settle(*sent(case.window))
    case.refresh_from_db()
    return case


def endorse(policy: Policy, premium_after: str, *, at: datetime = AFTERWARDS, number: str = "P-1", effective_on: date | None = None):
    """A reduction (or an increase) that its insurer reports, followed up at once as the task after commit does."""
    policy.refresh_from_db()
    after = Decimal(premium_after)
    last = policy.endorsements.last()
    kind = EndorsementKind.REDUCTION if after < (last.premium_after if last else policy.premium) else EndorsementKind.INCREASE
    facts = {"kind": kind, "number": number, "effective_on": effective_on or at.date(), "premium_after": after}
    made = insurers.endorse(policy, by=staff_of(policy.insurer), at=at, facts=facts, paper=make.pdf(f"endorsement {number}"))
    recovery.follow_endorsement(made, at=at)
    return made


def surrender(policy: Policy, *, at: datetime = AFTERWARDS, number: str = "T-1"):
    policy.refresh_from_db()
    facts = {"number": number, "effective_on": at.date()}
    insurers.surrender(policy, by=staff_of(policy.insurer), at=at, facts=facts, paper=make.pdf("surrender"))
    made = policy.endorsements.get(number=number)
    recovery.follow_endorsement(made, at=at)
    return made


def recovering(*, window: Window, amount: str = "10000.00") -> Recovery:
    """A recovery that the head has proposed on a paid case."""
    return propose_recovery(paid(window=window), amount)


def propose_recovery(case: Application, amount: str = "10000.00") -> Recovery:
    return recovery.propose_recovery(case, by=make.officer(HEAD), at=AFTERWARDS, amount=Decimal(amount), reason="企业隐瞒已获其他补贴")


def ordered(*, window: Window) -> Recovery:
    return ordered_of(paid(window=window))


def ordered_of(case: Application) -> Recovery:
    """A recovery of 10,000.00 from a paid case, ordered by the IP office."""
    return recovery.order_recovery(propose_recovery(case), by=make.officer(IP_OFFICE), at=ORDERED)
