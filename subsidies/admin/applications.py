"""The queue of applications and the case screen."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from enterprises.services import reveal_account
from insurers.comparison import compare
from insurers.models import Endorsement, Invoice, PremiumPayment
from insurers.states import POLICY_LIFE, PolicyAction
from pilot_portal.accounts.roles import CENTRE, Role
from pilot_portal.audit.workbench import ActForm
from pilot_portal.files.services import serve
from pilot_portal.files.workbench import PapersAdmin
from pilot_portal.workflow.forms import refused
from pilot_portal.workflow.refusals import Refusal
from subsidies.forms.conversation import ConversationForm
from subsidies.models import Application, DeclaredInterest, Side
from subsidies.reports import related_cases, timeline, tone_of
from subsidies.services import conversation
from subsidies.states import State

from . import case_desk as desk
from . import case_screen as screen
from . import case_words  # noqa: F401  # the trail speaks through it
from .case_acts import ACTS, HANDLER, is_judged
from .case_forms import JudgeForm, NoteForm, OverruleForm
from .case_matters import findings_of, matters_of, reckoned_now, review_of
from .case_notices import notices_of, why_not
from .case_papers import papers_read, papers_to_read
from .filters import ByCategory, ByDistrict, ByDue, ByFinding, ByHandler, ByInsurer, ByMatter, ByStage, ByTurn, ByWindow
from .matters import with_marks
from .queue import runs_of
from .queue_acts import QueueActs

READS_ACCOUNTS = {Role.HANDLER, Role.REVIEWER, Role.FINANCE}
WITH_PAPERS = (
    Prefetch("policy__invoices", Invoice.objects.select_related("paper")),
    Prefetch("policy__premium_payments", PremiumPayment.objects.select_related("paper")),
    Prefetch("policy__endorsements", Endorsement.objects.select_related("paper")),
)
ON_THE_SCREEN = (
    "window__pilot",
    "legal_entity__licence",
    "legal_entity__district",
    "policy__insurer",
    "policy__product",
    "policy__paper__scan_text",
    "policy__proven_by",
    "category__category",
    "category__evidence",
    "bank_account__proof",
    "insurer",
    "entrustment__paper",
    "submitted_by",
    "rejection_proposed_by",
    "ended_by",
    "handler",
    "allocation",
    "determination",
    "public_notice",
)


@admin.register(Application)
class ApplicationAdmin(QueueActs, PapersAdmin):
    nav_position = 1
    nav_label = "申报件"
    screen_template = "admin/subsidies/case.html"
    list_display = ["number", "legal_entity", "where", "submitted_at", "due", "officer", "amount"]
    list_display_links = ["number"]
    list_select_related = ["legal_entity", "handler"]
    list_filter = [ByStage, ByMatter, ByTurn, ByDue, ByHandler, ByWindow, ByFinding, ByCategory, ByDistrict, ByInsurer]
    search_fields = ["number"]
    search_placeholder = "申报编号、企业名称（含曾用名）开头、信用代码、保单号或发票号码"
    acts = ACTS

    # the queue

    ordering = ["-pk"]

    def runs(self, request, rows, term):
        """Within one state what is due first; else the newest."""
        return runs_of(rows, term, by_due=any(request.GET.get(name) for name in ("state", "due", "turn", "matter")))

    def get_queryset(self, request):
        return with_marks(super().get_queryset(request).filter(number__isnull=False))

    def get_search_results(self, request, queryset, search_term):
        """The runs search, each by an index of its own."""
        return queryset, False

    @admin.display(description="状态")
    def where(self, case):
        return desk.where(case)

    @admin.display(description="期限")
    def due(self, case):
        return desk.due(case)

    @admin.display(description="承办人")
    def officer(self, case):
        return case.handler.get_full_name() if case.handler else None

    @admin.display(description="核定或应补（元）")
    def amount(self, case):
        return case.awarded if case.awarded is not None else case.entitled

    # the desk

    def desk(self, request):
        return desk.lines(request)

    def desk_panels(self, request):
        return desk.panels(request)

    # the case

    def get_urls(self):
        return [
            self.page_path("<path:object_id>/account/", self.account_view, "account"),
            self.page_path("<path:object_id>/conversation/", self.conversation_view, "conversation"),
            self.page_path("<path:object_id>/document/<int:document_id>/", self.document_view, "document"),
            *super().get_urls(),
        ]

    def get_object(self, request, object_id, from_field=None):
        if not str(object_id).isdigit():
            return None
        mine = DeclaredInterest.objects.filter(officer=request.user.pk, legal_entity=OuterRef("legal_entity"))
        cases = self.get_queryset(request).annotate(is_recused=Exists(mine)).select_related(*ON_THE_SCREEN).prefetch_related(*WITH_PAPERS)
        return cases.filter(pk=object_id).first()

    def papers(self, obj):
        return papers_read(obj)

    def events_of(self, obj):
        return screen.events_of(obj)

    def offered(self, request, obj, bound, last):
        return [] if obj.is_recused else super().offered(request, obj, bound, last)

    def screen(self, request, obj, *, now, bound, seen):
        review, matters, role = review_of(obj), matters_of(obj), request.user.role
        judging = is_judged(obj) and role in HANDLER and not obj.is_recused
        papers = papers_to_read(self.paper_links(obj))
        checks = screen.checks_of(findings_of(obj), lambda finding: _judge_form(obj, finding, bound, seen) if judging else None, papers)
        return {
            "papers": papers,
            "due": screen.due_of(obj, now),
            "notices": notices_of(obj, now),
            "why_not": ["您已对这家企业声明回避，只能查看。"] if obj.is_recused else why_not(obj, role),
            "reckoned": reckoned_now(obj, now),
            "matters": matters,
            "said": matters.said,
            "unread_said": sum(one.side == Side.APPLICANT and one.read_at is None for one in matters.said),
            "conversation_form": ConversationForm(by=request.user, auto_id="id_said_%s")
            if role in conversation.ANSWERING and not obj.is_recused
            else None,
            "note_form": (bound.get("note") or _form(NoteForm, "note", obj, seen)) if role in CENTRE and not obj.is_recused else None,
            "related": related_cases(obj),
            "comparison": compare(obj.policy),
            "policy_paper": self.page_url("paper", obj.pk, obj.policy.paper_id),
            "opens": {model for model in ("objection", "recovery") if request.user.has_perm(f"subsidies.view_{model}")},
            "correcting": obj.state in (State.SUBMITTED, State.CORRECTION),
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
            "may_reveal": role in READS_ACCOUNTS and obj.bank_account_id is not None,
            "policy_open": any(edge.action == PolicyAction.VERIFY for edge in POLICY_LIFE.open_to(obj.policy.state, role)),
        }

    def document_view(self, request, object_id, document_id):
        document = get_object_or_404(self.found(request, object_id).documents.select_related("file"), pk=document_id)
        return serve(document.file, download=True)

    def conversation_view(self, request, object_id):
        """Words for the applicant, or only that the applicant's were read."""
        obj = self.found(request, object_id)
        if request.method != "POST":
            return redirect(self.page_url("change", obj.pk))
        if request.user.role not in conversation.ANSWERING:
            raise PermissionDenied
        if "read" in request.POST and not obj.is_recused:
            conversation.mark_read(obj, by=request.user, at=timezone.now())
            return redirect(f"{self.page_url('change', obj.pk)}#conversation")
        form = ConversationForm(request.POST, request.FILES, by=request.user, auto_id="id_said_%s")
        if not form.is_valid():
            return self.show(request, obj, status=422, conversation_form=form)
        try:
            conversation.say(obj, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
            return self.show(request, obj, status=refusal.status, conversation_form=form)
        messages.success(request, "留言已发出，申请人会收到通知。")
        return redirect(f"{self.page_url('change', obj.pk)}#conversation")

    def account_view(self, request, object_id):
        """The whole account number, once, for who needs it; the look leaves a trace."""
        obj = self.found(request, object_id)
        if request.method != "POST" or request.user.role not in READS_ACCOUNTS or obj.bank_account is None:
            raise PermissionDenied
        number = reveal_account(obj.bank_account, by=request.user, at=timezone.now())
        response = self.show(request, obj, account_number=number)
        response["Cache-Control"] = "private, no-store"
        return response


def _conversation_form(user, case: Application) -> ConversationForm | None:
    may_answer = user.role in conversation.ANSWERING and not case.is_recused
    return ConversationForm(by=user, auto_id="id_said_%s") if may_answer else None


def _judge_form(case: Application, finding, bound: dict, seen: int | None):
    form = bound.get("judge")
    if form is not None and form["finding"].value() == str(finding.pk):
        return form
    initial = {"finding": finding.pk, "version": case.version, "seen": seen, "note": finding.note}
    return JudgeForm(obj=case, initial=initial, auto_id=f"id_judge_{finding.pk}_%s")


def _overrule_form(case: Application, bound: dict, seen: int | None):
    return bound.get("overrule") or _form(OverruleForm, "overrule", case, seen)


def _form(form: type[ActForm], name: str, case: Application, seen: int | None) -> ActForm:
    return form(obj=case, initial={"version": case.version, "seen": seen}, auto_id=f"id_{name}_%s")
