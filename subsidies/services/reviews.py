"""初审 and 复核: screening, findings, the recognised figures, and the second person."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from insurers.states import PROVEN, PolicyState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.moving import lock, moving
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.check_list import on_the_list
from subsidies.models import Application, Finding, ListKind, MatchList, Opinion, Review, Verdict
from subsidies.states import Action, State

from .evidence import Evidence
from .facts import basis_of, facts_of, premium_now
from .overlaps import overlaps_of
from .risks import credit_of, risks_of

JUDGED_IN = (State.SUBMITTED, State.ACCEPTED)  # states in which checks are run and judged
CREDIT = ("credit_not_checked", "credit_record_found")
LONGEST = 400


@transaction.atomic
def screen(application: Application, *, at: datetime) -> list[Finding]:
    """Run every check on a filed case. A check that holds is passed by the system; the rest waits for an officer.

    Safe to repeat: what an officer has judged stays, what the machine judged is renewed.
    """
    locked = lock(application)
    system = User.objects.system()
    checks, evidence = _checks(locked, at), Evidence(locked)
    known = {finding.code: finding for finding in locked.findings.all()}
    for check in checks:
        finding = known.get(check.code)
        if finding is not None and finding.judged_by_id not in (None, system.pk):
            continue
        passed = check.ok is True
        Finding.objects.update_or_create(
            application=locked,
            code=check.code,
            defaults={
                "sentence": check.sentence,
                "clause": check.clause,
                "evidence": evidence.of(check.code),
                "verdict": Verdict.PASSED if passed else Verdict.OPEN,
                "judged_by": system if passed else None,
                "judged_at": at if passed else None,
                "found_at": at,
            },
        )
    record("screen", locked, by=system, at=at, open=[check.code for check in checks if check.ok is not True])
    return list(locked.findings.all())


def to_screen_against(match_list: MatchList):
    """Cases still judged that a list names, or that have waited for such a list."""
    judged = Application.objects.filter(state__in=JUDGED_IN)
    named = Q(legal_entity__credit_code__in=match_list.rows.values("credit_code"))
    waiting = Q(findings__code__in=CREDIT if match_list.kind == ListKind.CREDIT else [], findings__verdict=Verdict.OPEN)
    return judged.filter(named | waiting).distinct().order_by("pk")


def _checks(locked: Application, at: datetime) -> list[rules.Verdict]:
    """All that the window's list asks for: by the papers, by the other cases, by lists of others and what is usual."""
    facts = facts_of(locked, at=at)
    credit = credit_of(locked, timezone.localdate(locked.submitted_at or at))
    checks = rules.check_application(replace(facts, credit_clean=credit.clean))
    checks = [_with(check, credit.said) if check.code in CREDIT else check for check in checks]
    return on_the_list(checks + overlaps_of(locked) + risks_of(locked), locked.window.checks)


def _with(check: rules.Verdict, said: str) -> rules.Verdict:
    """The check with what was found in its sentence."""
    return replace(check, sentence=f"{check.sentence}{said}。"[:LONGEST]) if said else check


@transaction.atomic
def judge(
    finding: Finding,
    *,
    by: User,
    at: datetime,
    verdict: Verdict,
    note: str,
    seen: tuple[str, int, int] | None = None,
    version: int | None = None,
) -> Finding:
    """An officer's conclusion on one check, with its ground and, where it is `seen` on a paper, (kind, pk of the file, page or 0).

    Raises Refusal: wrong_role, wrong_state, moved_on, reason_missing.
    """
    application = _in_judgement(finding.application, by, "处理核查事项", version)
    if not note.strip():
        raise Refusal("reason_missing", field="note")
    locked = lock(finding)
    locked.verdict, locked.note, locked.judged_by, locked.judged_at = verdict, note, by, at
    locked.evidence = {**locked.evidence, "seen": seen}
    locked.save()
    application.version += 1
    application.save(update_fields=["version"])
    record("judge", application, by=by, at=at, check=locked.code, verdict=verdict, note=note)
    return locked


@transaction.atomic
def rescreen(application: Application, *, by: User, at: datetime, version: int | None = None) -> list[Finding]:
    """Run the checks again after a policy was confirmed or a paper came. Raises Refusal: wrong_role, wrong_state, moved_on."""
    return screen(_in_judgement(application, by, "重新核查", version), at=at)


def _in_judgement(application: Application, by: User, action: str, version: int | None) -> Application:
    """The case, locked, while its checks may still be judged."""
    locked = lock(application)
    if by.role != Role.HANDLER:
        raise Refusal("wrong_role", action=action)
    if locked.state not in JUDGED_IN:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action=action)
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.require_free(by)
    return locked


def review(
    application: Application,
    *,
    by: User,
    at: datetime,
    policy_premium: Decimal | None = None,
    invoiced: Decimal | None = None,
    paid: Decimal | None = None,
    correction_reason: str = "",
    lowered_to: Decimal | None = None,
    lowered_reason: str = "",
    opinion: Opinion = Opinion.GRANT,
    opinion_reason: str = "",
    version: int | None = None,
) -> Application:
    """完成初审: fix the recognised premium and what the scheme allows, by the window's terms, and say what should become of the case.

    A given figure corrects a mistyped one, with reason and page; `lowered_to` can only lower the result, with a reason.
    A failed check or an unproven policy leaves only the opinion 不予补贴, with its reason.
    Raises Refusal: finding_open, finding_failed, policy_unproven, amount_invalid, reason_missing, only_lower.
    """
    with moving(application, Action.REVIEW, by=by, at=at, version=version) as locked:
        _require_findings_closed(locked)
        _require_opinion(locked, opinion, opinion_reason)
        _require_amounts(policy_premium=policy_premium, invoiced=invoiced, paid=paid, lowered_to=lowered_to)
        basis, corrected = _corrected_basis(locked, at, policy_premium, invoiced, paid)
        if corrected and not correction_reason.strip():
            raise Refusal("reason_missing", field="correction_reason")
        terms = locked.window.terms
        premium = rules.recognised_premium(basis)
        computed = rules.entitlement(premium, terms)
        entitled = _lowered(computed, lowered_to, lowered_reason)
        locked.rate, locked.cap, locked.recognised_premium, locked.entitled = terms.rate, terms.cap, premium, entitled
        locked.reviewed_at, locked.reviewed_by, locked.checked_at, locked.checked_by = at, by, None, None
        Review.objects.create(
            application=locked,
            policy_premium=basis.policy_part or Decimal(0),
            invoiced=basis.invoices_total or Decimal(0),
            paid=basis.paid_cny or Decimal(0),
            correction_reason=correction_reason,
            recognised_premium=premium,
            computed=computed,
            entitled=entitled,
            lowered_reason=lowered_reason if entitled < computed else "",
            opinion=opinion,
            opinion_reason=opinion_reason if opinion == Opinion.REJECT else "",
            made_by=by,
            made_at=at,
        )
        locked.event_data = {"recognised_premium": premium, "entitled": entitled, "corrected": corrected, "reason": correction_reason}
    return application


def _require_findings_closed(application: Application) -> None:
    if waiting := application.findings.filter(verdict=Verdict.OPEN).count():
        raise Refusal("finding_open", count=waiting)
    if not application.findings.exists():
        raise Refusal("finding_open", count="全部")


def _require_opinion(application: Application, opinion: Opinion, reason: str) -> None:
    """What cannot be granted can only be recommended for rejection, and a rejection needs its reason."""
    if opinion == Opinion.REJECT:
        if not reason.strip():
            raise Refusal("reason_missing", field="opinion_reason")
        return
    if failed := application.findings.filter(verdict=Verdict.FAILED).first():
        raise Refusal("finding_failed", finding=failed.sentence)
    if PolicyState(application.policy.state) not in PROVEN:
        raise Refusal("policy_unproven")


def _require_amounts(**figures: Decimal | None) -> None:
    for field, amount in figures.items():
        if amount is not None and (amount < 0 or amount != amount.quantize(rules.FEN)):
            raise Refusal("amount_invalid", field=field)


def _corrected_basis(application, at, policy_premium, invoiced, paid):
    """The papers' basis with an officer's figures in the place of mistyped ones, and which were corrected."""
    basis = basis_of(application.policy, application.window.paid_until, timezone.localdate(at))
    given = {"policy_total": policy_premium, "invoices_total": invoiced, "paid_cny": paid}
    corrected = {name: str(value) for name, value in given.items() if value is not None and value != getattr(basis, name)}
    values = {name: getattr(basis, name) if value is None else value for name, value in given.items()}
    return (
        rules.Basis(non_pilot_cover=basis.non_pilot_cover, coinsured_share=basis.coinsured_share, **values),
        corrected,
    )


def _lowered(computed: Decimal, lowered_to: Decimal | None, reason: str) -> Decimal:
    if lowered_to is None or lowered_to == computed:
        return computed
    if lowered_to > computed:
        raise Refusal("only_lower", field="lowered_to", computed=f"{computed:,.2f}")
    if not reason.strip():
        raise Refusal("reason_missing", field="lowered_reason")
    return lowered_to


def check(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """复核通过, by another person than the one who reviewed.

    Raises Refusal: same_person, rejection_recommended, figures_outdated (the policy was endorsed or surrendered since).
    """
    with moving(application, Action.CHECK, by=by, at=at, version=version) as locked:
        if by.pk in (locked.reviewed_by_id, locked.accepted_by_id):
            raise Refusal("same_person")
        if locked.reviews.first().opinion == Opinion.REJECT:
            raise Refusal("rejection_recommended")
        surrendered = locked.policy.state == PolicyState.SURRENDERED
        entitled = rules.ZERO if surrendered else rules.entitlement(premium_now(locked, timezone.localdate(at)), locked.terms)
        if entitled < locked.entitled:
            raise Refusal("figures_outdated", entitled=f"{entitled:,.2f}")
        locked.checked_by, locked.checked_at, locked.due_at = by, at, None
    return application


def send_back(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """退回初审 with a reason that the handler reads; the figures fall away and the judged findings stay."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(application, Action.SEND_BACK, by=by, at=at, version=version, reason=reason) as locked:
        if locked.reviewed_by_id == by.pk:
            raise Refusal("same_person")
        locked.rate = locked.cap = locked.recognised_premium = locked.entitled = None
    return application
