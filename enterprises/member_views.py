"""Pages on which the members of an enterprise see and choose who acts for it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from . import forms, services
from .acting import acting, choose, for_owners, not_allowed
from .models import OWNERS, MembershipRole, MembershipState


@acting
@require_http_methods(["GET", "POST"])
def members(request, entity):
    """Who acts for the enterprise, who has been asked to; an owner asks further colleagues here."""
    form = forms.InvitationForm(*sent(request))
    if form.is_valid():
        try:
            invitation = services.invite(entity, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"邀请已发往 {invitation.email}，7 天内有效。对方接受后，您会收到消息。")
            return redirect("enterprises:members")
    rows = list(_active(entity).select_related("user").order_by("created_at", "pk"))
    owners = [row.user_id for row in rows if row.role == MembershipRole.OWNER]
    context = {
        "form": form,
        "entity": entity,
        "members": rows,
        "sole_owner": owners == [request.user.pk],
        "invitations": entity.invitations.unanswered().select_related("invited_by"),
        "now": timezone.now(),
        **_handovers(entity, rows, request.user),
    }
    return render(request, "enterprises/members.html", context, status=form_status(form))


def _handovers(entity, rows, user) -> dict:
    """What is offered to this person, and to whom else: (colleague, who offered)."""
    by_key = {row.pk: row for row in rows}
    offered = [(by_key[one.object_id], one.proposed_by) for one in services.open_handovers(entity) if one.object_id in by_key]
    return {
        "offered_to_me": next((pair for pair in offered if pair[0].user_id == user.pk), None),
        "offered": [pair for pair in offered if pair[0].user_id != user.pk],
    }


def _active(entity):
    return entity.memberships.filter(state=MembershipState.ACTIVE)


@for_owners
@require_http_methods(["GET", "POST"])
def member_role(request, entity, pk):
    member = get_object_or_404(_active(entity).exclude(role=MembershipRole.OWNER).select_related("user"), pk=pk)
    form = forms.MemberRoleForm(*sent(request), initial={"role": member.role})
    if form.is_valid():
        try:
            services.change_member_role(member, by=request.user, at=timezone.now(), role=form.cleaned_data["role"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"{member.user.get_full_name()}的身份已修改。")
            return redirect("enterprises:members")
    return render(request, "enterprises/member_role.html", {"form": form, "member": member}, status=form_status(form))


@acting
@require_http_methods(["GET", "POST"])
def member_remove(request, entity, pk):
    """Let a member go, or leave oneself."""
    member = get_object_or_404(_active(entity).select_related("user"), pk=pk)
    if member.user_id != request.user.pk and (answer := not_allowed(request, entity, OWNERS)):
        return answer
    form = forms.SureForm(*sent(request))
    if form.is_valid():
        try:
            services.remove_member(member, by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            leaves = member.user_id == request.user.pk
            messages.success(request, f"您已退出“{entity}”。" if leaves else f"{member.user.get_full_name()}已移除。")
            return redirect("accounts:landing" if leaves else "enterprises:members")
    return render(request, "enterprises/member_remove.html", {"form": form, "member": member, "entity": entity}, status=form_status(form))


@for_owners
@require_http_methods(["GET", "POST"])
def handover(request, entity, pk):
    """Ask a colleague to become owner."""
    member = get_object_or_404(_active(entity).exclude(role=MembershipRole.OWNER).select_related("user"), pk=pk)
    form = forms.SureForm(*sent(request))
    if form.is_valid():
        try:
            services.offer_handover(member, by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"已请{member.user.get_full_name()}接任管理员，等待对方答复。")
            return redirect("enterprises:members")
    return render(request, "enterprises/member_handover.html", {"form": form, "member": member, "entity": entity}, status=form_status(form))


@acting
@require_POST
def handover_answer(request, entity, pk):
    member = get_object_or_404(_active(entity).filter(user=request.user), pk=pk)
    accepted = request.POST.get("accepted") == "yes"
    try:
        services.answer_handover(member, by=request.user, at=timezone.now(), accepted=accepted)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "您已接任管理员。" if accepted else "您没有接受移交，身份不变。")
    return redirect("enterprises:members")


@acting
@require_POST
def handover_withdraw(request, entity, pk):
    try:
        services.withdraw_handover(get_object_or_404(_active(entity), pk=pk), by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "移交已收回，您仍是管理员。")
    return redirect("enterprises:members")


@acting
@require_POST
def invitation_withdraw(request, entity, pk):
    try:
        services.withdraw_invitation(get_object_or_404(entity.invitations, pk=pk), by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "邀请已收回，链接不能再用。")
    return redirect("enterprises:members")


@never_cache
@login_not_required
@require_safe
def invitation(request, token):
    """What the reader of an invitation is asked, whether there is an account yet or not."""
    found = _of_link(token)
    is_open = found.is_open(timezone.now())
    return render(request, "enterprises/invitation.html", {"invitation": found, "is_open": is_open, "token": token})


@only(Role.ENTERPRISE)
@require_POST
def invitation_accept(request, token):
    found = _of_link(token)
    try:
        services.accept_invitation(found, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return redirect("enterprises:invitation", token)
    choose(request, found.legal_entity)
    messages.success(request, f"您已加入“{found.legal_entity}”。")
    return redirect("accounts:landing")


def _of_link(token: str):
    found = services.find_invitation(token)
    if found is None:
        raise Http404
    return found
