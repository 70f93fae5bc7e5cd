"""Pages on which people of an insurer see who works for it; a manager asks colleagues in, changes roles, lets people go."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enterprises.forms import SureForm
from insurers import services, staff_forms
from insurers.models import StaffInvitation
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.accounts.throttle import allowed
from pilot_portal.accounts.views import HOUR, TOO_MANY
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import for_managers, of_insurer


@of_insurer
@require_safe
def staff(request, insurer):
    return _staff_page(request, insurer, staff_forms.StaffInvitationForm())


def _staff_page(request, insurer, form):
    context = {
        "form": form,
        "insurer": insurer,
        "people": insurer.staff.select_related("user").order_by("pk"),
        "invitations": insurer.invitations.unanswered().select_related("invited_by"),
        "now": timezone.now(),
    }
    return render(request, "insurers/staff.html", context, status=form_status(form))


@for_managers
@require_POST
def staff_invite(request, insurer):
    form = staff_forms.StaffInvitationForm(request.POST)
    if form.is_valid():
        try:
            invitation = services.invite_staff(insurer, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"邀请已发往 {invitation.email}，7 天内有效。对方接受后，您会收到消息。")
            return redirect("insurers:staff")
    return _staff_page(request, insurer, form)


@for_managers
@require_http_methods(["GET", "POST"])
def staff_role(request, pk, insurer):
    person = get_object_or_404(insurer.staff.select_related("user", "insurer"), pk=pk)
    form = staff_forms.StaffRoleForm(*sent(request), initial={"role": person.role})
    if form.is_valid():
        try:
            services.change_staff_role(person, by=request.user, at=timezone.now(), role=form.cleaned_data["role"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"{person.user.get_full_name()}的身份已修改。")
            return redirect("insurers:staff")
    return render(request, "insurers/staff_role.html", {"form": form, "person": person}, status=form_status(form))


@of_insurer
@require_http_methods(["GET", "POST"])
def staff_remove(request, pk, insurer):
    """Let a colleague go, or leave oneself."""
    person = get_object_or_404(insurer.staff.select_related("user", "insurer"), pk=pk)
    leaves = person.user_id == request.user.pk
    if not leaves and not request.staff.manages:
        raise Http404
    form = SureForm(*sent(request))
    if form.is_valid():
        try:
            services.remove_staff(person, by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"您已退出“{insurer}”。" if leaves else f"{person.user.get_full_name()}已移除。")
            return redirect("accounts:landing" if leaves else "insurers:staff")
    context = {"form": form, "person": person, "insurer": insurer, "leaves": leaves}
    return render(request, "insurers/staff_remove.html", context, status=form_status(form))


@for_managers
@require_POST
def staff_invitation_withdraw(request, pk, insurer):
    try:
        services.withdraw_staff_invitation(get_object_or_404(insurer.invitations, pk=pk), by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "邀请已收回，链接不能再用。")
    return redirect("insurers:staff")


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def staff_invitation(request, token):
    """What the reader of an invitation is asked; who has no account yet opens one here and joins with it."""
    found = _of_link(token)
    form = staff_forms.JoiningForm(request.POST or None)
    if request.user.is_authenticated or not found.is_open(timezone.now()):
        form = None
    elif form.is_valid() and (user := _joined(request, found, form)):
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        messages.success(request, f"账号已建立，您已加入“{found.insurer}”。")
        return redirect("accounts:landing")
    context = {"invitation": found, "is_open": found.is_open(timezone.now()), "token": token, "form": form}
    return render(request, "insurers/staff_invitation.html", context, status=form_status(form) if form else 200)


def _joined(request, invitation: StaffInvitation, form):
    """The new user, or None with the reason on the form."""
    if not allowed("register", request, most=30, seconds=HOUR):
        form.add_error(None, TOO_MANY)
        return None
    try:
        return services.join_as_new(invitation, form.save(commit=False), at=timezone.now()).user
    except Refusal as refusal:
        refused(form, refusal)
    except IntegrityError:  # two people chose the same name in the same second
        form.add_error("username", form.fields["username"].error_messages["unique"])
    return None


@only(Role.INSURER)
@require_POST
def staff_invitation_accept(request, token):
    found = _of_link(token)
    try:
        services.accept_staff_invitation(found, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect("insurers:staff_invitation", token)
    messages.success(request, f"您已加入“{found.insurer}”。")
    return redirect("accounts:landing")


def _of_link(token: str) -> StaffInvitation:
    found = services.find_staff_invitation(token)
    if found is None:
        raise Http404
    return found
