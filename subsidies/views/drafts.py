"""The tasks of a draft, each a small page of its own; what is saved stays saved whatever the next task refuses."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.models import AttachmentKind
from subsidies.services import copying, drafts
from subsidies.states import State

from .doors import doors_of
from .finding import named_rival, of_case, of_draft, of_own_draft, say_no, show

NOT_BEGUN = {"incomplete", "not_pledged"}  # the task's own page need not say that it is still to be done


def task_page(request, application, key, form=None, **context):
    """A task's page with the bar, the task's own problems and what the draft would yield."""
    now = timezone.now()
    problems = drafts.problems(application, at=now)
    context |= {
        "form": form,
        "problems": [problem for problem in problems if problem.facts["task"] == key and problem.code not in NOT_BEGUN],
        "amount": reports.amount_of(application, at=now),
    }
    status = max((form_status(shown) for shown in (form, context.get("upload")) if shown), default=200)
    status = 409 if context.get("conflict") else status
    return show(request, f"tasks/{key}", application, status=status, **context)


def write(request, application, form, columns: dict):
    """Write what a form holds; the draft as it is then. Raises Refusal."""
    who = {"by": request.user, "at": timezone.now(), **form.marks}
    if "policy" in columns:
        return drafts.choose_policy(application, columns["policy"], **who)
    return drafts.save_draft(application, **columns, **who)


def save(request, application, form) -> dict | None:
    """Save a form as it was sent; None if that was done, else what its page says: the reason on the form, or both versions."""
    columns = form.columns()
    try:
        write(request, application, form, columns)
    except Refusal as refusal:
        if refusal.code == "changed_meanwhile":
            return {"conflict": both_versions(request, application, form.writes, columns, refusal)}
        refused(form, refusal)
        return {"refusal": refusal}
    messages.success(request, "已保存。")
    return None


def both_versions(request, application, column: str, mine: dict, refusal: Refusal) -> dict:
    """What somebody saved meanwhile beside what this person has filled in."""
    application.refresh_from_db()
    own = refusal.facts["by"] == request.user.pk
    return {
        "who": "您在另一个页面" if own else refusal.facts["who"],
        "whose": "另一页面" if own else "对方",
        "when": refusal.facts["when"],
        "version": application.version,
        "theirs": reports.value_in_words(column, getattr(application, column)),
        "mine": reports.value_in_words(column, mine[column]),
    }


@of_draft
@require_safe
def enterprise(request, application):
    return task_page(request, application, "enterprise")


@of_own_draft
@require_http_methods(["GET", "POST"])
def policy(request, application):
    form, said = forms.PolicyForm(*sent(request), application=application), {}
    if form.is_valid():
        chosen = form.cleaned_data["policy"]
        said = save(request, application, form)
        if said is None:
            return redirect("subsidies:papers", application.pk)
        if refusal := said.get("refusal"):
            if "task" in refusal.facts:  # the other reasons against this policy too
                for problem in drafts.policy_problems(application, chosen, at=timezone.now())[1:]:
                    refused(form, problem)
            said["rival"] = named_rival(request, refusal)
    return task_page(request, application, "policy", form, **said)


@of_draft
@require_safe
def papers(request, application):
    policy = application.policy
    rows = {"invoices": policy.invoices.all(), "payments": policy.premium_payments.all()} if policy else {}
    return task_page(request, application, "papers", **rows)


@of_own_draft
@require_http_methods(["GET", "POST"])
def category(request, application):
    form = forms.CategoryForm(*sent(request), application=application)
    said = save(request, application, form) if form.is_valid() else {}
    return redirect(application) if said is None else task_page(request, application, "category", form, **said)


@of_own_draft
@require_http_methods(["GET", "POST"])
def account(request, application):
    """Money goes to the one account that is open; here the applicant says that it is the right one."""
    form = forms.AccountForm(*sent(request), application=application)
    said = save(request, application, form) if form.is_valid() else {}
    if said is None:
        return redirect(application)
    if form.errors:
        form.show_current()
    return task_page(request, application, "account", form, current=form.current, **said)


@of_own_draft
@require_http_methods(["GET", "POST"])
def pledge(request, application):
    form = _pledge_form(request)(*sent(request), application=application)
    said = save(request, application, form) if form.is_valid() else {}
    return redirect(application) if said is None else pledge_page(request, application, form, **said)


def _pledge_form(request) -> type[forms.DraftPledgeForm]:
    return forms.ClientPledgeForm if request.user.role == Role.INSURER else forms.DraftPledgeForm


def pledge_page(request, application, form=None, upload=None, **said):
    context = {
        "sealed": application.attachments.filter(kind=AttachmentKind.PLEDGE).select_related("file"),
        "upload": upload or forms.SealedPledgeForm(by=request.user),
    }
    return task_page(request, application, "pledge", form or _pledge_form(request)(application=application), **context, **said)


@of_own_draft
@require_http_methods(["GET", "POST"])
def further(request, application):
    form = forms.OtherSubsidiesForm(*sent(request), application=application)
    said = save(request, application, form) if form.is_valid() else {}
    return redirect(application) if said is None else further_page(request, application, form, **said)


def further_page(request, application, form=None, upload=None, **said):
    context = {
        "attachments": application.attachments.exclude(kind=AttachmentKind.PLEDGE).select_related("file"),
        "upload": upload or forms.AttachmentForm(by=request.user),
    }
    form = form or forms.OtherSubsidiesForm(application=application)
    return task_page(request, application, "further", form, **context, **said)


def autosaved_form(request, task: str) -> type[forms.DraftForm]:
    """The form of one of AUTOSAVED."""
    pledge = _pledge_form(request)
    return {"policy": forms.PolicyForm, "category": forms.CategoryForm, "pledge": pledge, "further": forms.OtherSubsidiesForm}[task]


AUTOSAVED = ("policy", "category", "pledge", "further")


@of_case
@require_POST
def autosave(request, application, task):
    """Keep what stands in a task's form while it is being filled in, complete or not; the answer is the line that the page shows for it."""
    if task not in AUTOSAVED:
        raise Http404
    form = autosaved_form(request, task)(request.POST, application=application)
    columns, context, status = form.columns(), {"application": application, "task": task}, 200
    try:
        if application.state != State.DRAFT:
            raise Refusal("wrong_state", object=application, state=application.get_state_display(), action="修改")
        if columns is None:
            status, context["errors"] = 422, [error for errors in form.errors.values() for error in errors]
        else:
            context["saved_at"] = write(request, application, form, columns).saved_at
            context["errors"] = [error for errors in form.errors.values() for error in errors] if task != "pledge" else []
    except Refusal as refusal:
        status = refusal.status
        if refusal.code == "changed_meanwhile":
            context["conflict"] = both_versions(request, application, form.writes, columns, refusal)
        else:
            context["errors"] = [refusal.sentence]
    answer = render(request, "subsidies/tasks/autosaved.html", context, status=status)
    answer["X-Autosave"] = task  # the page shows nothing else in that place: no login page, no error page
    return answer


@of_draft
@require_POST
def copy(request, application):
    """Begin the draft with what the latest case of another window said."""
    earlier = reports.earlier_case(application, request.user)
    try:
        if earlier is not None:  # else it was done already, or something was filled in meanwhile
            copying.copy_earlier(application, earlier, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return say_no(request, refusal, application)
    return redirect(application)


@of_own_draft
@require_http_methods(["GET", "POST"])
def delete(request, application):
    """Ask, then delete the draft with its uploads; nothing of it was filed."""
    if request.method == "POST":
        try:
            drafts.delete_draft(application, by=request.user, at=timezone.now())
        except Refusal as refusal:
            return say_no(request, refusal, application)
        messages.success(request, "草稿已删除，没有占用申报名额。")
        return redirect(doors_of(request.user, application)["cases"])
    return show(request, "delete", application)
