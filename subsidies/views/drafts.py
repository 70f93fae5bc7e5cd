"""The tasks of a draft, each a small page of its own; what is saved stays saved whatever the next task refuses."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.models import AttachmentKind
from subsidies.services import drafts

from .doors import doors_of
from .finding import named_case, of_draft, say_no, show

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
    return show(request, f"tasks/{key}", application, status=status, **context)


def save(request, application, form, **columns) -> bool:
    """Write columns of the draft; False with the reason on the form if the service says no."""
    try:
        drafts.save_draft(application, by=request.user, at=timezone.now(), **columns)
    except Refusal as refusal:
        refused(form, refusal)
        return False
    messages.success(request, "已保存。")
    return True


@of_draft
@require_safe
def enterprise(request, application):
    return task_page(request, application, "enterprise")


@of_draft
@require_http_methods(["GET", "POST"])
def policy(request, application):
    form, other = forms.PolicyForm(*sent(request), application=application), None
    if form.is_valid():
        chosen, now = form.cleaned_data["policy"], timezone.now()
        try:
            drafts.choose_policy(application, chosen, by=request.user, at=now)
        except Refusal as refusal:
            about_policy = drafts.policy_problems(application, chosen, at=now) if "task" in refusal.facts else []
            for problem in about_policy or [refusal]:
                refused(form, problem)
            other = named_case(request, refusal)
        else:
            messages.success(request, "已保存。")
            return redirect("subsidies:papers", application.pk)
    return task_page(request, application, "policy", form, other=other)


@of_draft
@require_safe
def papers(request, application):
    policy = application.policy
    rows = {"invoices": policy.invoices.all(), "payments": policy.premium_payments.all()} if policy else {}
    return task_page(request, application, "papers", **rows)


@of_draft
@require_http_methods(["GET", "POST"])
def category(request, application):
    form = forms.CategoryForm(*sent(request), application=application)
    if form.is_valid() and save(request, application, form, category=form.cleaned_data["category"]):
        return redirect(application)
    return task_page(request, application, "category", form)


@of_draft
@require_http_methods(["GET", "POST"])
def account(request, application):
    """Money goes to the one account that is open; here the applicant says that it is the right one."""
    form = forms.AccountForm(*sent(request), application=application)
    if form.is_valid() and save(request, application, form, **form.cleaned_data):
        return redirect(application)
    if form.errors:
        form.show_current()
    return task_page(request, application, "account", form, current=form.current)


@of_draft
@require_http_methods(["GET", "POST"])
def pledge(request, application):
    form = _pledge_form(request)(*sent(request), initial={"pledged": application.pledged})
    if form.is_valid() and save(request, application, form, pledged=True):
        return redirect(application)
    return pledge_page(request, application, form)


def _pledge_form(request) -> type[forms.PledgeForm]:
    return forms.ClientPledgeForm if request.user.role == Role.INSURER else forms.PledgeForm


def pledge_page(request, application, form=None, upload=None):
    context = {
        "sealed": application.attachments.filter(kind=AttachmentKind.PLEDGE).select_related("file"),
        "upload": upload or forms.SealedPledgeForm(by=request.user),
    }
    return task_page(request, application, "pledge", form or _pledge_form(request)(initial={"pledged": application.pledged}), **context)


@of_draft
@require_http_methods(["GET", "POST"])
def further(request, application):
    form = forms.OtherSubsidiesForm(*sent(request), initial={"other_subsidies": application.other_subsidies})
    if form.is_valid() and save(request, application, form, **form.cleaned_data):
        return redirect(application)
    return further_page(request, application, form)


def further_page(request, application, form=None, upload=None):
    context = {
        "attachments": application.attachments.exclude(kind=AttachmentKind.PLEDGE).select_related("file"),
        "upload": upload or forms.AttachmentForm(by=request.user),
    }
    form = form or forms.OtherSubsidiesForm(initial={"other_subsidies": application.other_subsidies})
    return task_page(request, application, "further", form, **context)


@of_draft
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
