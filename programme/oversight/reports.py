"""Lists that wait for determination, and the evidence behind each line. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from programme.reports import plain_number
from subsidies import rules
from subsidies.models import AllocationRun, Application, Determination, Finding, PublicNotice, Review, Verdict
from subsidies.payment_files.tables import write_table
from subsidies.services.allocation import list_hash
from subsidies.states import Action, State

ZERO = Decimal("0.00")
PAGE = 50
DEEPEST = 100_000  # a page number beyond it is no page
FREE = Q(held_at__isnull=True)
COLUMNS = (
    "申报编号",
    "企业名称",
    "统一社会信用代码",
    "保单号",
    "保险公司",
    "认定保费（元）",
    "补贴比例",
    "应补金额（元）",
    "拟补贴金额（元）",
    "说明",
    "人工判定（项）",
    "初审",
    "复核",
    "结论",
)
CODES = frozenset({"申报编号", "统一社会信用代码", "保单号"})


def waiting_lists() -> QuerySet[AllocationRun]:
    """Runs with cases that wait for determination, the oldest first.

    Each with `waiting` and `held` (cases), `total` (CNY, of those not held) and `rejections` (proposed in its window).
    """
    standing = Q(applications__state=State.ALLOCATED)
    free = standing & Q(applications__held_at__isnull=True)
    rejections = Application.objects.filter(window=OuterRef("window"), state=State.REJECTION_PROPOSED).order_by().values("window")
    return (
        AllocationRun.objects.filter(pk__in=Application.objects.filter(state=State.ALLOCATED).values("allocation"))
        .select_related("window")
        .annotate(
            waiting=Count("applications", filter=free),
            held=Count("applications", filter=standing & ~Q(applications__held_at__isnull=True)),
            total=Sum("applications__awarded", filter=free, default=ZERO),
            rejections=Coalesce(Subquery(rejections.annotate(count=Count("pk")).values("count")), 0),
        )
        .order_by("run_at", "pk")
    )


def recent_determinations(most: int) -> QuerySet[Determination]:
    return Determination.objects.select_related("window", "determined_by")[:most]


def running_notices(now: datetime) -> QuerySet[PublicNotice]:
    return PublicNotice.objects.filter(published_at__lte=now, ends_at__gt=now).select_related("window").order_by("ends_at", "pk")


@dataclass(frozen=True)
class Standing:
    """A list as it stands at this moment: what a determination would cover. CNY."""

    count: int
    held: int
    total: Decimal
    entitled: Decimal
    rejections: int
    hash: str
    as_allocated: bool  # still the list of the run; another one can only be returned

    @property
    def capitals(self) -> str:
        return rules.rmb_capitals(self.total)

    @property
    def is_empty(self) -> bool:
        return not (self.count or self.held)


def standing(run: AllocationRun) -> Standing:
    waiting = run.applications.filter(state=State.ALLOCATED)
    figures = waiting.aggregate(
        count=Count("pk", filter=FREE),
        held=Count("pk", filter=~FREE),
        total=Sum("awarded", filter=FREE, default=ZERO),
        entitled=Sum("entitled", filter=FREE, default=ZERO),
    )
    now = list_hash(run)
    return Standing(**figures, rejections=rejections_of(run.window).count(), hash=now, as_allocated=now == run.list_hash)


def awards_of(run: AllocationRun) -> QuerySet[Application]:
    """What waits on a list; once nothing does, what was on it."""
    waiting = run.applications.filter(state=State.ALLOCATED)
    return with_evidence(waiting if waiting.exists() else run.applications.all())


def rejections_of(window) -> QuerySet[Application]:
    """Proposed rejections, which take effect with the window's next determination."""
    return with_evidence(window.applications.filter(state=State.REJECTION_PROPOSED))


def awards_in(determination: Determination) -> QuerySet[Application]:
    return with_evidence(determination.applications.exclude(state=State.REJECTED))


def rejections_in(determination: Determination) -> QuerySet[Application]:
    return with_evidence(determination.applications.filter(state=State.REJECTED))


def with_evidence(cases: QuerySet[Application]) -> QuerySet[Application]:
    """Cases by number, each with `judged` (findings that an officer decided), `lowered_reason` and `rejection_reason`."""
    officer = ~Q(findings__verdict=Verdict.OPEN) & ~Q(findings__judged_by__role=Role.SYSTEM)
    reviews = Review.objects.filter(application=OuterRef("pk")).order_by("-pk")
    proposals = Event.objects.filter(object_type=Application._meta.label_lower, object_id=OuterRef("pk"), action=Action.PROPOSE_REJECTION)
    return (
        cases.select_related("legal_entity", "policy__insurer", "window", "reviewed_by", "checked_by", "rejection_proposed_by")
        .annotate(
            judged=Count("findings", filter=officer),
            lowered_reason=Subquery(reviews.values("lowered_reason")[:1]),
            rejection_reason=Subquery(proposals.order_by("-pk").annotate(reason=KT("data__reason")).values("reason")[:1]),
        )
        .order_by("number")
    )


def why_less(case: Application) -> str:
    """Why an award is below the rate: the cap, an officer's lowering with its reason, the budget. Empty when it is not."""
    if case.entitled is None:
        return ""
    terms, reasons = case.terms, []
    if rules.is_capped(case.recognised_premium, terms):
        reasons.append(f"受上限 {terms.cap:,.2f} 元限制")
    if case.entitled < rules.entitlement(case.recognised_premium, terms):
        reasons.append(f"审核调低：{case.lowered_reason}")
    if case.awarded is not None and case.awarded < case.entitled:
        reasons.append("本期预算不足，按同比例核定")
    return "；".join(reasons)


def percent(case: Application) -> str:
    """The rate that a case was reviewed with: 80%."""
    return f"{plain_number(case.rate * 100)}%" if case.rate is not None else "—"


def findings_of(case: Application) -> tuple[list[Finding], list[Finding]]:
    """What a person decided or has still to decide, and what the machine passed."""
    findings = list(case.findings.select_related("judged_by"))
    automatic = [finding for finding in findings if finding.verdict == Verdict.PASSED and finding.judged_by.role == Role.SYSTEM]
    return [finding for finding in findings if finding not in automatic], automatic


@dataclass(frozen=True)
class Page:
    """A part of a list; `newer` and `older` are query strings or empty."""

    rows: list[Application]
    newer: str
    older: str


def page_of(cases: QuerySet[Application], name: str, asked: str) -> Page:
    """The page that was asked for, by its number in the query parameter `name`; the first for anything that is no number."""
    number = min(int(asked), DEEPEST) if asked.isdecimal() and len(asked) < 9 else 1
    number = max(number, 1)
    rows = list(cases[(number - 1) * PAGE : number * PAGE + 1])
    for case in rows:
        case.why_less, case.percent = why_less(case), percent(case)
    return Page(rows[:PAGE], f"{name}={number - 1}" if number > 1 else "", f"{name}={number + 1}" if len(rows) > PAGE else "")


def returned(run: AllocationRun) -> Event | None:
    """When, by whom and why the IP office sent a list back."""
    events = Event.objects.filter(object_type=run._meta.label_lower, object_id=run.pk, action=Action.RETURN_LIST, data__has_key="reason")
    return events.order_by("-pk").first()


def list_csv(awards: Iterable[Application], rejections: Iterable[Application], list_hash: str) -> bytes:
    """A list as a table for spreadsheets; the last row has its count, total and hash."""
    awards = list(awards)
    lines = [_line(case, f"{case.awarded or ZERO:.2f}", why_less(case), "暂停办理" if case.is_held else "拟补贴") for case in awards]
    lines += [_line(case, "0.00", case.rejection_reason or "", "拟不予补贴") for case in rejections]
    total = sum((case.awarded or ZERO for case in awards if not case.is_held), ZERO)
    count = sum(not case.is_held for case in awards)
    last = ("合计", f"{count} 件", "", "", "", "", "", "", f"{total:.2f}", f"名单哈希 SHA-256：{list_hash}", "", "", "", "")
    return write_table(COLUMNS, [*lines, last], codes=CODES)


def _line(case: Application, awarded: str, why: str, result: str) -> tuple[str, ...]:
    """A row of the table, as COLUMNS names its cells."""
    return (
        case.number,
        case.legal_entity.name,
        case.legal_entity.credit_code,
        case.policy.number,
        case.policy.insurer.short_name,
        f"{case.recognised_premium:.2f}" if case.recognised_premium is not None else "",
        percent(case),
        f"{case.entitled:.2f}" if case.entitled is not None else "",
        awarded,
        why,
        str(case.judged),
        case.reviewed_by.get_full_name() if case.reviewed_by else "",
        case.checked_by.get_full_name() if case.checked_by else "",
        result,
    )
