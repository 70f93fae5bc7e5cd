"""Lists that wait for determination, and the evidence behind each line. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.reference.services import last_day
from programme.reports import plain_number
from subsidies import rules
from subsidies.models import AllocationRun, Application, Determination, Finding, Opinion, PublicNotice, Reply, Review, Verdict
from subsidies.payment_files.tables import write_table
from subsidies.services.allocation import list_hash
from subsidies.states import Action, State

ZERO = Decimal("0.00")
PAGE = 50
DEEPEST = 100_000  # a page number beyond it is no page
FREE = Q(held_at__isnull=True)
ON_A_LIST = (State.ALLOCATED, State.REJECTION_PROPOSED)  # with a run: proposed rejections of no list have none
REJECTIONS = (State.REJECTION_PROPOSED, State.REJECTED)
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
    "初审意见",
    "复核或提请",
    "陈述申辩（次）",
    "结论",
)
CODES = frozenset({"申报编号", "统一社会信用代码", "保单号"})


def waiting_lists() -> QuerySet[AllocationRun]:
    """Runs with awards or rejections that wait for determination, the oldest first.

    Each with `waiting` (awards), `rejections`, `held` (cases of both kinds) and `total` (CNY, of `waiting`).
    """
    standing, free = Q(applications__state__in=ON_A_LIST), Q(applications__held_at__isnull=True)
    awards, rejections = Q(applications__state=State.ALLOCATED) & free, Q(applications__state=State.REJECTION_PROPOSED) & free
    return (
        AllocationRun.objects.filter(
            sent_at__isnull=False, pk__in=Application.objects.filter(state__in=ON_A_LIST, allocation__isnull=False).values("allocation")
        )
        .select_related("window")
        .annotate(
            waiting=Count("applications", filter=awards),
            rejections=Count("applications", filter=rejections),
            held=Count("applications", filter=standing & ~free),
            total=Sum("applications__awarded", filter=awards, default=ZERO),
        )
        .order_by("run_at", "pk")
    )


def recent_determinations(most: int) -> QuerySet[Determination]:
    return Determination.objects.select_related("window", "determined_by")[:most]


def running_notices(now: datetime) -> QuerySet[PublicNotice]:
    return PublicNotice.objects.filter(published_at__lte=now, ends_at__gt=now).select_related("window").order_by("ends_at", "pk")


@dataclass(frozen=True)
class Standing:
    """A list as it stands at this moment: what a determination would cover, and what is held on it. CNY."""

    count: int
    held: int
    total: Decimal
    entitled: Decimal
    rejections: int
    held_rejections: int
    hash: str
    as_allocated: bool  # still the list of the run; another one can only be returned

    @property
    def capitals(self) -> str:
        return rules.rmb_capitals(self.total)

    @property
    def free(self) -> int:
        """Awards and rejections that nothing holds: what a person sees before deciding."""
        return self.count + self.rejections

    @property
    def is_empty(self) -> bool:
        return not (self.count or self.held or self.rejections or self.held_rejections)

    @property
    def may_be_determined(self) -> bool:
        return self.as_allocated and bool(self.count or self.rejections)

    @property
    def may_be_returned(self) -> bool:
        return bool(self.count or self.rejections or self.held_rejections)


def standing(run: AllocationRun) -> Standing:
    awards, rejections = Q(state=State.ALLOCATED), Q(state=State.REJECTION_PROPOSED)
    figures = run.applications.aggregate(
        count=Count("pk", filter=awards & FREE),
        held=Count("pk", filter=awards & ~FREE),
        total=Sum("awarded", filter=awards & FREE, default=ZERO),
        entitled=Sum("entitled", filter=awards & FREE, default=ZERO),
        rejections=Count("pk", filter=rejections & FREE),
        held_rejections=Count("pk", filter=rejections & ~FREE),
    )
    now = list_hash(run)
    return Standing(**figures, hash=now, as_allocated=now == run.list_hash)


def awards_of(run: AllocationRun) -> QuerySet[Application]:
    """Awards that wait on a list; once nothing waits on it, those that were on it."""
    return with_evidence(_shown(run).exclude(state__in=REJECTIONS))


def rejections_of(run: AllocationRun) -> QuerySet[Application]:
    """Proposed rejections that wait on a list; once nothing waits on it, those that were on it."""
    return with_evidence(_shown(run).filter(state__in=REJECTIONS))


def _shown(run: AllocationRun) -> QuerySet[Application]:
    waiting = run.applications.filter(state__in=ON_A_LIST)
    return waiting if waiting.exists() else run.applications.all()


def awards_in(determination: Determination) -> QuerySet[Application]:
    return with_evidence(determination.applications.exclude(state=State.REJECTED))


def rejections_in(determination: Determination) -> QuerySet[Application]:
    return with_evidence(determination.applications.filter(state=State.REJECTED))


def with_evidence(cases: QuerySet[Application]) -> QuerySet[Application]:
    """Cases by number, each with `judged` (findings that an officer decided), the last review's `opinion`, `opinion_reason` and
    `lowered_reason`, and `replied` (how often the applicant has replied to a proposed rejection)."""
    officer = ~Q(findings__verdict=Verdict.OPEN) & ~Q(findings__judged_by__role=Role.SYSTEM)
    reviews = Review.objects.filter(application=OuterRef("pk")).order_by("-pk")
    replies = Reply.objects.filter(application=OuterRef("pk")).order_by().values("application")
    return (
        cases.select_related("legal_entity", "policy__insurer", "window", "reviewed_by", "checked_by", "rejection_proposed_by")
        .annotate(
            judged=Count("findings", filter=officer),
            opinion=Subquery(reviews.values("opinion")[:1]),
            opinion_reason=Subquery(reviews.values("opinion_reason")[:1]),
            lowered_reason=Subquery(reviews.values("lowered_reason")[:1]),
            replied=Coalesce(Subquery(replies.annotate(count=Count("pk")).values("count")), 0),
        )
        .order_by("number")
    )


def opinion_of(case: Application) -> str:
    """What the handler advised, with the reason: 建议不予补贴：…"""
    if not case.opinion:
        return ""
    return "：".join(filter(None, (Opinion(case.opinion).label, case.opinion_reason)))


def replies_of(case: Application) -> list[Reply]:
    """What the applicant said to a proposed rejection, with its papers, the oldest first."""
    if case.rejection_proposed_at is None:
        return []
    return list(case.replies.select_related("made_by").prefetch_related("attachments__file").order_by("pk"))


def reply_until(case: Application, now: datetime) -> date | None:
    """The last day on which the applicant may still reply to a proposed rejection; None once it is over."""
    if case.state != State.REJECTION_PROPOSED or case.due_at is None or now >= case.due_at:
        return None
    return last_day(case.due_at)


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

    rows: list
    newer: str
    older: str


def page_of(rows: QuerySet, name: str, asked: str) -> Page:
    """The page that was asked for, by its number in the query parameter `name`; the first for anything that is no number."""
    number = min(int(asked), DEEPEST) if asked.isdecimal() and len(asked) < 9 else 1
    number = max(number, 1)
    found = list(rows[(number - 1) * PAGE : number * PAGE + 1])
    return Page(found[:PAGE], f"{name}={number - 1}" if number > 1 else "", f"{name}={number + 1}" if len(found) > PAGE else "")


def cases_page(cases: QuerySet[Application], name: str, asked: str) -> Page:
    """A page of cases, each with its `why_less`, `percent` and `opinion_in_words`."""
    page = page_of(cases, name, asked)
    for case in page.rows:
        case.why_less, case.percent, case.opinion_in_words = why_less(case), percent(case), opinion_of(case)
    return page


def returned(run: AllocationRun) -> Event | None:
    """When, by whom and why the IP office sent a list back."""
    events = Event.objects.filter(object_type=run._meta.label_lower, object_id=run.pk, action=Action.RETURN_LIST, data__has_key="reason")
    return events.order_by("-pk").first()


def list_csv(awards: Iterable[Application], rejections: Iterable[Application], list_hash: str) -> bytes:
    """A list as a table for spreadsheets; the last row has its counts, total and hash."""
    awards, rejections = list(awards), list(rejections)
    lines = [_line(case, f"{case.awarded or ZERO:.2f}", why_less(case), "拟补贴") for case in awards]
    lines += [_line(case, "0.00", case.rejection_reason, "拟不予补贴") for case in rejections]
    total = sum((case.awarded or ZERO for case in awards if not case.is_held), ZERO)
    count, rejected = (sum(not case.is_held for case in cases) for cases in (awards, rejections))
    last = dict.fromkeys(COLUMNS, "") | {
        "申报编号": "合计",
        "企业名称": f"{count} 件",
        "拟补贴金额（元）": f"{total:.2f}",
        "说明": f"名单哈希 SHA-256：{list_hash}",
        "结论": f"拟不予补贴 {rejected} 件" if rejected else "",
    }
    return write_table(COLUMNS, [*lines, tuple(last.values())], codes=CODES)


def _line(case: Application, awarded: str, why: str, result: str) -> tuple[str, ...]:
    """A row of the table, as COLUMNS names its cells."""
    second = case.checked_by or case.rejection_proposed_by
    return (
        case.number or "",
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
        opinion_of(case),
        second.get_full_name() if second else "",
        str(case.replied),
        f"{result}（暂停办理）" if case.is_held else result,
    )
