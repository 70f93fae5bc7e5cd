"""The queue of applications and the case screen."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from enterprises.services import reveal_account
from insurers.states import POLICY_LIFE, PolicyAction
from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url, screen_url
from pilot_portal.audit.workbench import Act, ReasonForm, along, capped, name_actions, name_values
from pilot_portal.files.services import serve
from pilot_portal.files.workbench import PapersAdmin
from pilot_portal.notifications.admin import alarms
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Finding, Verdict
from subsidies.reports import timeline, tone_of
from subsidies.services import applications, reviews
from subsidies.states import Action, State

from . import case_screen as screen
from .case_forms import JudgeForm, OverruleForm, ReviewForm
from .filters import TURNS, ByDue, ByHandler, ByStage, ByTurn, ByWindow, matching

name_actions(
    Action,
    start="新建草稿",
    save_draft="保存草稿",
    attach="上传材料",
    detach="移除材料",
    screen="自动核查",
    judge="处理核查事项",
    issue_document="签发文书",
)
name_values(State, Verdict)
HANDLER = frozenset({Role.HANDLER})
READS_ACCOUNTS = {Role.HANDLER, Role.REVIEWER, Role.FINANCE}
NEXT_DUE = 8
MOST_PAPERS_FIRST = ("policy__invoices__paper", "policy__premium_payments__paper", "policy__endorsements", "attachments__file")
ON_THE_SCREEN = (
    "window__pilot",
    "legal_entity__licence",
    "legal_entity__district",
    "policy__insurer",
    "policy__product",
    "policy__paper",
    "category__category",
    "category__evidence",
    "bank_account__proof",
    "handler",
    "allocation",
    "determination",
    "public_notice",
)


def _judge(case, *, by, at, finding, verdict, note, version=None):
    reviews.judge(finding, by=by, at=at, verdict=verdict, note=note, version=version)


def _is_judged(case) -> bool:
    return case.state in reviews.JUDGED_IN


@admin.register(Application)
class ApplicationAdmin(PapersAdmin):
    nav_position = 1
    nav_label = "申报件"
    screen_template = "admin/subsidies/case.html"
    list_display = ["number", "legal_entity", "where", "submitted_at", "due", "officer", "amount"]
    list_select_related = ["legal_entity", "handler"]
    list_filter = [ByStage, ByTurn, ByDue, ByHandler, ByWindow]
    search_fields = ["number"]
    search_placeholder = "申报编号、企业名称开头、信用代码或保单号"
    acts = (
        along(Action.ACCEPT, applications.accept, done="已受理，企业会收到通知。", tone="btn-primary"),
        along(Action.REVIEW, reviews.review, form=ReviewForm, done="初审完成，已转复核。", tone="btn-primary"),
        along(Action.CHECK, reviews.check, done="复核通过。", tone="btn-primary"),
        along(Action.SEND_BACK, reviews.send_back, form=ReasonForm, done="已退回初审，经办人会看到理由。"),
        Act(
            "rescreen",
            "重新核查",
            reviews.rescreen,
            HANDLER,
            done="已重新核查，您判过的事项保持不变。",
            tone="btn-outline-secondary",
            when=_is_judged,
        ),
        along(Action.HOLD, applications.hold, form=ReasonForm, done="已暂停办理，企业会收到通知。", tone="btn-outline-secondary"),
        along(Action.RELEASE, applications.release, form=ReasonForm, done="已恢复办理。", when=lambda case: case.is_held),
        Act("judge", "处理核查事项", _judge, HANDLER, JudgeForm, "结论已保存。", when=_is_judged, placed="line"),
        Act("overrule", "改判自动通过的事项", _judge, HANDLER, OverruleForm, "结论已保存。", when=_is_judged, placed="line"),
    )

    # the queue

    def get_ordering(self, request):
        """Within one state what is due first; else the newest."""
        return ["due_at", "pk"] if any(request.GET.get(name) for name in ("state", "due", "turn")) else ["-pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(number__isnull=False)

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (matching(queryset, term) if term else queryset), False

    @admin.display(description="状态")
    def where(self, case):
        return _where(case)

    @admin.display(description="期限")
    def due(self, case):
        if case.due_at is None:
            return None
        late = case.due_at <= timezone.now() and not case.is_held
        day = f"{last_day(case.due_at):%Y-%m-%d}"
        return format_html('<span class="num due">{} 已超期</span>' if late else '<span class="num">{}</span>', day)

    @admin.display(description="承办人")
    def officer(self, case):
        return case.handler.get_full_name() if case.handler else None

    @admin.display(description="核定或应补（元）")
    def amount(self, case):
        return case.awarded if case.awarded is not None else case.entitled

    # the desk

    def desk(self, request):
        cases, role = Application.objects.visible_to(request.user), request.user.role
        if role == Role.HANDLER:
            yield _waiting("待受理", cases, State.SUBMITTED, "核对材料是否齐全")
            yield _waiting("待初审", cases, State.ACCEPTED, "逐项写明核查结论")
            yield _overdue(cases, Role.HANDLER)
        elif role == Role.REVIEWER:
            yield _waiting("待复核", cases, State.REVIEWED, "须由初审以外的人复核")
            yield _overdue(cases, Role.REVIEWER)
        elif role == Role.HEAD:
            yield _waiting("等待核定", cases, State.CHECKED, "申报截止后统一核定")
            yield DeskLine("已暂停", capped(cases.filter(held_at__isnull=False)), list_url(Application, due="held"), "查明后解除", True)
            yield alarms(request)
            yield _overdue(cases)

    def desk_panels(self, request):
        if request.user.role in (Role.HANDLER, Role.REVIEWER):
            states = TURNS[request.user.role]
            next_due = (
                Application.objects.filter(state__in=states, held_at__isnull=True).select_related("legal_entity").order_by("due_at", "pk")
            )
            rows = [(case, screen_url(case), _where(case), self.due(case)) for case in next_due[:NEXT_DUE]]
            yield "admin/subsidies/next_due.html", {"rows": rows}

    # the case

    def get_urls(self):
        return [
            self.page_path("<path:object_id>/account/", self.account_view, "account"),
            self.page_path("<path:object_id>/document/<int:document_id>/", self.document_view, "document"),
            *super().get_urls(),
        ]

    def get_object(self, request, object_id, from_field=None):
        if not str(object_id).isdigit():
            return None
        cases = self.get_queryset(request).select_related(*ON_THE_SCREEN).prefetch_related(*MOST_PAPERS_FIRST)
        return cases.filter(pk=object_id).first()

    def papers(self, obj):
        return applications.papers_of(obj)

    def events_of(self, obj):
        return screen.events_of(obj)

    def screen(self, request, obj, *, now, bound, seen):
        findings = list(obj.findings.select_related("judged_by"))
        review = obj.reviews.select_related("made_by").first()
        judging = _is_judged(obj) and request.user.role in HANDLER
        checks = screen.checks_of(findings, lambda finding: _judge_form(obj, finding, bound, seen) if judging else None)
        return {
            "papers": self._papers_to_read(obj),
            "due": screen.due_of(obj, now),
            "figures": screen.figures_of(obj, now),
            "changed": screen.changed_since_filing(obj, now),
            "checks": [check for check in checks if not check.is_automatic],
            "automatic": [check for check in checks if check.is_automatic],
            "overrule": _overrule_form(obj, bound, seen) if judging else None,
            "passed": sum(check.tone == "done" for check in checks),
            "total": len(checks),
            "lines": screen.amount_lines(obj, review, now),
            "figure": obj.awarded if obj.awarded is not None else obj.entitled,
            "review": review,
            "steps": timeline(obj),
            "tone": tone_of(obj),
            "documents": obj.documents.all(),
            "payments": obj.payments.select_related("batch"),
            "may_reveal": request.user.role in READS_ACCOUNTS and obj.bank_account_id is not None,
            "policy_open": any(edge.action == PolicyAction.VERIFY for edge in POLICY_LIFE.open_to(obj.policy.state, request.user.role)),
        }

    def _papers_to_read(self, obj):
        """The policy first: it is what the amount rests on."""
        return sorted(self.paper_links(obj), key=lambda paper: paper[0] != "保险单")

    def document_view(self, request, object_id, document_id):
        document = get_object_or_404(self.found(request, object_id).documents.select_related("file"), pk=document_id)
        return serve(document.file, download=True)

    def account_view(self, request, object_id):
        """The whole account number, once, for who needs it; the look leaves a trace."""
        obj = self.found(request, object_id)
        if request.method != "POST" or request.user.role not in READS_ACCOUNTS or obj.bank_account is None:
            raise PermissionDenied
        number = reveal_account(obj.bank_account, by=request.user, at=timezone.now())
        response = self.show(request, obj, account_number=number)
        response["Cache-Control"] = "private, no-store"
        return response


def _where(case: Application):
    held = mark_safe(' <span class="tag stop">已暂停</span>') if case.is_held else ""
    return format_html('<span class="tag {}">{}</span>{}', tone_of(case), case.get_state_display(), held)


def _waiting(title: str, cases, state: State, note: str) -> DeskLine:
    return DeskLine(title, capped(cases.filter(state=state, held_at__isnull=True)), list_url(Application, state=state), note)


def _overdue(cases, turn: Role | None = None) -> DeskLine:
    """What is late; for an officer, what is late at this desk."""
    late = cases.filter(due_at__lte=timezone.now(), held_at__isnull=True)
    if turn:
        return DeskLine(
            "已超期", capped(late.filter(state__in=TURNS[turn])), list_url(Application, due="over", turn=turn.value), "请先办理", True
        )
    return DeskLine("已超期", capped(late), list_url(Application, due="over"), "请督促办理", True)


def _judge_form(case: Application, finding: Finding, bound: dict, seen: int | None):
    form = bound.get("judge")
    if form is not None and form["finding"].value() == str(finding.pk):
        return form
    initial = {"finding": finding.pk, "version": case.version, "seen": seen, "note": finding.note}
    return JudgeForm(obj=case, initial=initial, auto_id=f"id_judge_{finding.pk}_%s")


def _overrule_form(case: Application, bound: dict, seen: int | None):
    return bound.get("overrule") or OverruleForm(obj=case, initial={"version": case.version, "seen": seen}, auto_id="id_overrule_%s")
