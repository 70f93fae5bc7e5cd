"""What is to come back of paid subsidies: figures and evidence of each recovery. Nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from insurers.models import EndorsementKind
from pilot_portal.accounts.models import User
from subsidies import rules
from subsidies.models import Application, Document, DocumentKind, Recovery
from subsidies.services.facts import basis_of
from subsidies.states import RecoveryState

ZERO = Decimal("0.00")
OWED = (RecoveryState.ORDERED, RecoveryState.OVERDUE)
CLOSED = (RecoveryState.REPAID, RecoveryState.DROPPED)
TONES = {
    RecoveryState.PROPOSED: "wait",
    RecoveryState.ORDERED: "todo",
    RecoveryState.OVERDUE: "stop",
    RecoveryState.REPAID: "done",
    RecoveryState.DROPPED: "",
}
RELATED = (
    "application__window",
    "application__legal_entity",
    "endorsement__paper",
    "proof",
    "proposed_by",
    "ordered_by",
    "repaid_by",
    "dropped_by",
)


def visible_to(user: User) -> QuerySet[Recovery]:
    """Recoveries of the cases that this person may see."""
    return Recovery.objects.filter(application__in=Application.objects.visible_to(user)).select_related(*RELATED)


@dataclass(frozen=True)
class Counts:
    """How many recoveries there are, and what is owed, CNY."""

    proposed: int
    ordered: int
    overdue: int
    closed: int
    owed: Decimal


def counts() -> Counts:
    figures = Recovery.objects.aggregate(
        proposed=Count("pk", filter=Q(state=RecoveryState.PROPOSED)),
        ordered=Count("pk", filter=Q(state=RecoveryState.ORDERED)),
        overdue=Count("pk", filter=Q(state=RecoveryState.OVERDUE)),
        closed=Count("pk", filter=Q(state__in=CLOSED)),
        owed=Sum("amount", filter=Q(state__in=OWED), default=ZERO),
    )
    return Counts(**figures)


@dataclass(frozen=True)
class Figures:
    """What a recovery takes, CNY: old award − what was recovered before − this = what stays."""

    awarded: Decimal
    earlier: Decimal
    amount: Decimal
    lines: list[rules.Line]  # how the new award comes about; none where nothing was reckoned

    @property
    def stays(self) -> Decimal:
        return self.awarded - self.earlier - self.amount

    @property
    def capitals(self) -> str:
        return rules.rmb_capitals(self.amount)


def figures_of(recovery: Recovery) -> Figures:
    case = recovery.application
    before = case.recoveries.filter(pk__lt=recovery.pk).exclude(state=RecoveryState.DROPPED)
    earlier = before.aggregate(total=Sum("amount", default=ZERO))["total"]
    figures = Figures(case.awarded, earlier, recovery.amount, _reckoning(recovery))
    if figures.lines and figures.lines[-1].amount != figures.stays:
        return Figures(case.awarded, earlier, recovery.amount, [])  # a later endorsement has changed what it was reckoned from
    return figures


def _reckoning(recovery: Recovery) -> list[rules.Line]:
    """The new award line by line, after the endorsement that the recovery rests on."""
    case, endorsement = recovery.application, recovery.endorsement
    if endorsement is None:
        return []
    if endorsement.kind == EndorsementKind.SURRENDER:
        return [rules.Line("退保后的补贴", ZERO, "退保须退回全部补贴（承诺书）", total=True)]
    basis = basis_of(case.policy, case.window.paid_until, endorsement.effective_on)
    premium = min(rules.recognised_premium(basis), case.recognised_premium)
    after = rules.recovery_after_endorsement(case.awarded, case.entitled, premium, case.terms)
    if after.award_after == after.entitled_after:
        return rules.explain(rules.Basis(policy_total=premium), case.terms, "批改后的补贴")[1:]
    lines = rules.explain(rules.Basis(policy_total=premium), case.terms, "批改后应补金额")[1:-1]
    entitled = rules.Line("批改后应补金额", after.entitled_after, f"原应补金额 {case.entitled:,.2f} 元")
    return [*lines, entitled, rules.Line("批改后的补贴", after.award_after, "与原补贴占应补金额的比例相同", total=True)]


def papers_of(recovery: Recovery) -> Iterator[tuple[str, object]]:
    """The papers of the recovery itself, (kind, StoredFile); those of the case stand on its own page."""
    if recovery.endorsement and recovery.endorsement.paper:
        yield f"批单 {recovery.endorsement.number}", recovery.endorsement.paper
    for document in Document.objects.filter(recovery=recovery, kind=DocumentKind.RECOVERY).select_related("file"):
        yield f"{document.get_kind_display()} {document.number}", document.file
    if recovery.proof:
        yield "退款凭证", recovery.proof
