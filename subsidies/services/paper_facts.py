"""From rows to what the papers about a case say: what stood when it was decided, also where a paper is drawn later.

Columns that a later step changes are read from the audit event of the decision instead.
"""

from datetime import date, datetime
from decimal import Decimal
from itertools import takewhile

from django.conf import settings
from django.utils import timezone

from pilot_portal.audit.models import Event
from subsidies.documents import (
    AcceptanceData,
    Clauses,
    CorrectionData,
    Failed,
    Filing,
    ListedAward,
    PublicNoticeData,
    RecoveryData,
    RefusalData,
    RejectionData,
    ToCorrect,
)
from subsidies.models import Application, Correction, PublicNotice, Recovery, Verdict
from subsidies.states import Action, PaymentState

from .letter_versions import words_in_force

CENTRE = "中关村知识产权促进中心"


def acceptance(case: Application) -> AcceptanceData:
    until = _told(case, Action.ACCEPT, case.accepted_at)["until"]
    return AcceptanceData(
        filing=_filing(case, case.policy.number),
        review_days=case.window.review_days,
        review_by=date.fromisoformat(until) if until else None,
        publicity_days=case.window.publicity_days,
        contact=settings.CENTRE_CONTACT,
        clauses=clauses("acceptance_paper", case.accepted_at),
    )


def correction(asked: Correction) -> CorrectionData:
    case = asked.application
    return CorrectionData(
        filing=_filing(case, case.snapshot["policy"]),
        items=tuple(ToCorrect(part=item.get_part_display(), sentence=item.sentence) for item in asked.items.order_by("pk")),
        due_on=date.fromisoformat(_told(case, Action.ASK_CORRECTION, asked.asked_at)["until"]),
        days=case.window.correction_days,
        is_repeated=asked.sequence > 1,
        contact=settings.CENTRE_CONTACT,
        clauses=clauses("correction_paper", asked.asked_at),
    )


def refusal(case: Application) -> RefusalData:
    return RefusalData(
        filing=_filing(case, case.snapshot["policy"]),
        reason=case.ended_reason,
        may_refile=case.window.refile_after_refusal and case.ended_at < case.window.closes_at,
        contact=settings.CENTRE_CONTACT,
        clauses=clauses("refusal_paper", case.ended_at),
    )


def rejection(case: Application) -> RejectionData:
    told_at, determination = case.rejection_proposed_at, case.determination
    replies = case.replies.filter(made_at__gte=told_at).order_by("made_at").values_list("made_at", flat=True)
    failed = case.findings.filter(verdict=Verdict.FAILED).order_by("pk")
    return RejectionData(
        filing=_filing(case, case.policy.number),
        accepted_on=timezone.localdate(case.accepted_at),
        premium=case.recognised_premium,
        failed=tuple(Failed(sentence=_as_fact(finding.sentence), clause=finding.clause) for finding in failed),
        reason=case.rejection_reason,
        told_on=timezone.localdate(told_at),
        reply_days=case.window.reply_days,
        replied_on=tuple(dict.fromkeys(timezone.localdate(made_at) for made_at in replies)),
        minutes_number=determination.minutes_number,
        determined_on=timezone.localdate(determination.determined_at),
        contact=settings.CENTRE_CONTACT,
        clauses=clauses("rejection_paper", determination.determined_at),
    )


def public_notice(notice: PublicNotice) -> PublicNoticeData:
    told = _told(notice, "public_list", notice.published_at)
    return PublicNoticeData(
        window=notice.window.name,
        minutes_number=told["minutes_number"],
        starts_on=notice.starts_on,
        ends_on=notice.ends_on,
        days=notice.window.publicity_days,
        awards=tuple(ListedAward(applicant=name, credit_code=code, amount=Decimal(amount)) for name, code, amount in told["awards"]),
        total=notice.total,
        contact=settings.CENTRE_CONTACT,
    )


def recovery(ordered: Recovery) -> RecoveryData:
    case = ordered.application
    payment = case.payments.get(state=PaymentState.PAID)
    return RecoveryData(
        application_number=case.number,
        payee=payment.holder,
        window=case.window.name,
        paid=payment.amount,
        paid_on=payment.paid_on,
        reason=ordered.reason,
        amount=ordered.amount,
        due_on=ordered.due_on,
        days=case.window.recovery_days,
        centre=CENTRE,
        contact=settings.CENTRE_CONTACT,
        clauses=clauses("recovery_paper", ordered.ordered_at),
    )


def clauses(key: str, at: datetime) -> Clauses:
    """The words of a paper on the day of its decision."""
    words, version = words_in_force(key, at)
    return Clauses(version=version, text=words.body)


def _filing(case: Application, policy_number: str) -> Filing:
    return Filing(
        application_number=case.number,
        applicant=case.snapshot["applicant"],
        window=case.window.name,
        policy_number=policy_number,
        filed_on=timezone.localdate(case.submitted_at),
    )


def _told(obj, action: str, at) -> dict:
    """What was recorded about an object when this was decided."""
    return Event.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk, action=action, at=at).latest("pk").data


def _as_fact(sentence: str) -> str:
    """What a check found, without the advice behind it, which came too early for a decision."""
    said = takewhile(lambda part: not part.startswith(("请", "如")), sentence.split("。"))
    return "。".join(part for part in said if part) or sentence
