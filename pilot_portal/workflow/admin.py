"""Users, for the security manager; what was asked about their accounts, for whoever confirms it."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Subquery
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils import timezone

from pilot_portal.accounts import services as accounts
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import ADMIN_ROLES, ASSIGNABLE, OVERSIGHT, Role
from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import Act, ActForm, Choice, ReasonForm, ScreenAdmin, name_actions, name_roles
from pilot_portal.audit.workbench.words import ACTION_NAMES

from . import staff
from .models import Proposal
from .proposals import open_proposal

name_roles(Role)
name_actions(
    **{
        "accounts.register": "注册账号",
        "accounts.login": "登录",
        "accounts.logout": "退出",
        "accounts.password_change": "修改密码",
        "accounts.password_reset": "重设密码",
        "accounts.create_staff": "开通账号",
        "accounts.activate": "启用账号",
        "accounts.deactivate": "停用账号",
        "accounts.change_role": "变更角色",
        "accounts.send_set_password": "发送设置密码链接",
        staff.OPEN_ACCOUNT: "开通账号",
        staff.CHANGE_ROLE: "变更角色",
    }
)
ROLES = [(role.value, role.label) for role in Role if role in ASSIGNABLE]


class ByRole(Choice):
    title, parameter_name, as_tabs = "角色", "role", True

    def lookups(self, request, model_admin):
        return [(role.value, role.label) for role in Role if role != Role.SYSTEM]

    def queryset(self, request, queryset):
        return queryset.filter(role=self.value()) if self.value() else queryset


class ByActivity(Choice):
    title, parameter_name = "状态", "active"

    def lookups(self, request, model_admin):
        return [("yes", "启用"), ("no", "停用")]

    def queryset(self, request, queryset):
        return queryset.filter(is_active=self.value() == "yes") if self.value() else queryset


class StaffForm(forms.ModelForm):
    role = forms.ChoiceField(label="角色", choices=ROLES)
    email = forms.EmailField(label="电子邮箱", help_text="设置密码的链接发到这里。")
    display_name = forms.CharField(label="姓名", max_length=60)
    reason = forms.CharField(
        label="开通理由", max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text="例如：新到岗，接替某某。确认的人会看到。"
    )

    class Meta:
        model = User
        fields = ["username", "display_name", "email", "phone", "role"]
        help_texts = {"username": "登录时使用，可用汉字、字母、数字和 @ . + - _。"}


class RoleForm(ReasonForm):
    role = forms.ChoiceField(label="新角色", choices=[choice for choice in ROLES if choice[0] != Role.INSURER])
    field_order = ["role", "reason"]


def _close(user, *, by, at, reason, version=None):
    staff.close_account(user, by=by, at=at, reason=reason)


def _reopen(user, *, by, at, reason, version=None):
    staff.reopen_account(user, by=by, at=at, reason=reason)


def _ask_role(user, *, by, at, role, reason, version=None):
    staff.ask_role(user, by=by, at=at, role=role, reason=reason)


def _send_link(user, *, by, at, version=None):
    accounts.send_set_password(user, by=by, at=at)


@admin.register(User)
class UserAdmin(ScreenAdmin):
    nav_position = 10
    screen_template = "admin/accounts/user.html"
    list_display = ["username", "display_name", "role", "is_active", "last_login"]
    list_filter = [ByRole, ByActivity]
    search_fields = ["username__startswith", "display_name__startswith", "email__iexact"]
    search_placeholder = "用户名、姓名或邮箱"
    list_links = (("开通账号", reverse_lazy("admin:accounts_user_new")),)
    ordering = ["-pk"]
    acts = (
        Act(
            "deactivate",
            "停用账号",
            _close,
            staff.ASKED_BY,
            ReasonForm,
            "账号已停用。",
            "btn-outline-secondary",
            lambda user: user.is_active,
        ),
        Act(
            "activate",
            "重新启用",
            _reopen,
            staff.ASKED_BY,
            ReasonForm,
            "账号已启用。",
            when=lambda user: not user.is_active and user.role != Role.SYSTEM and staff.was_confirmed(user),
        ),
        Act(
            "role",
            "变更角色",
            _ask_role,
            staff.ASKED_BY,
            RoleForm,
            "已提请，等待负责人或另一位安全管理员确认。",
            when=lambda user: user.role in ADMIN_ROLES | OVERSIGHT and open_proposal(user) is None,
            hint="由负责人或另一位安全管理员确认后生效。",
        ),
        Act(
            "link",
            "发送设置密码链接",
            _send_link,
            staff.ASKED_BY,
            done="链接已发送到该用户的邮箱。",
            when=lambda user: user.is_active and user.email,
        ),
    )

    def get_urls(self):
        return [self.page_path("new/", self.new_view, "new"), *super().get_urls()]

    def desk(self, request):
        yield DeskLine(
            "中心和监督账号", User.objects.filter(role__in=ADMIN_ROLES | OVERSIGHT, is_active=True), list_url(User, active="yes")
        )
        yield DeskLine("已停用账号", User.objects.filter(is_active=False).exclude(role=Role.SYSTEM), list_url(User, active="no"))

    def screen(self, request, obj, *, now, bound, seen):
        asked = staff.staff_proposals().filter(object_type=User._meta.label_lower, object_id=obj.pk)
        return {"asked": asked.select_related("proposed_by", "decided_by"), "is_confirmed": staff.was_confirmed(obj)}

    def new_view(self, request):
        if request.user.role not in staff.ASKED_BY:
            raise PermissionDenied
        form = StaffForm(request.POST or None)
        if form.is_valid() and (user := self._asked(request, form)):
            return redirect(self.page_url("change", user.pk))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": "开通账号"}
        return TemplateResponse(request, "admin/accounts/new.html", context, status=422 if form.errors else 200)

    def _asked(self, request, form):
        user = form.save(commit=False)
        try:
            staff.ask_account(user, by=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return None
        messages.success(request, "已提请开通。负责人或另一位安全管理员确认后，设置密码的链接会发到对方邮箱。")
        return user


class ByDecision(Choice):
    title, parameter_name, as_tabs = "进度", "open", True

    def lookups(self, request, model_admin):
        return [("yes", "待确认"), ("no", "已有结论")]

    def queryset(self, request, queryset):
        return queryset.filter(confirmed__isnull=self.value() == "yes") if self.value() else queryset


class RemarkForm(ActForm):
    remark = forms.CharField(label="不同意的理由", max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


def _confirm(proposal, *, by, at, version=None):
    staff.decide_staff(proposal, by=by, at=at, confirmed=True)


def _decline(proposal, *, by, at, remark, version=None):
    staff.decide_staff(proposal, by=by, at=at, confirmed=False, remark=remark)


def _is_open(proposal) -> bool:
    return proposal.confirmed is None


@admin.register(Proposal)
class StaffProposalAdmin(ScreenAdmin):
    nav_label = "账号变更"
    intro = "开通账号和变更角色，由安全管理员提请，负责人或另一位安全管理员确认后生效。"
    screen_template = "admin/workflow/staff_proposal.html"
    list_display = ["what", "person", "new_role", "proposed_by", "proposed_at", "verdict"]
    list_select_related = ["proposed_by"]
    ordering = ["-pk"]
    list_filter = [ByDecision]
    acts = (
        Act("confirm", "确认", _confirm, staff.CONFIRMED_BY, done="已确认，即时生效。", tone="btn-primary", when=_is_open),
        Act("decline", "不同意", _decline, staff.CONFIRMED_BY, RemarkForm, "已记录，账号没有变化。", when=_is_open),
    )

    def get_queryset(self, request):
        """With the person that each is about: a proposal knows a key only."""
        person = User.objects.filter(pk=OuterRef("object_id"))
        return staff.staff_proposals().annotate(name=Subquery(person.values("display_name")), login=Subquery(person.values("username")))

    @admin.display(description="事项")
    def what(self, obj):
        return ACTION_NAMES[obj.action]

    @admin.display(description="账号")
    def person(self, obj):
        return f"{obj.name or obj.login}（{obj.login}）"

    @admin.display(description="角色")
    def new_role(self, obj):
        return Role(obj.data["role"]).label

    @admin.display(description="进度")
    def verdict(self, obj):
        return {None: "待确认", True: "已确认", False: "不同意"}[obj.confirmed]

    def desk(self, request):
        if request.user.role in staff.CONFIRMED_BY:
            waiting = staff.staff_proposals().filter(confirmed__isnull=True)
            yield DeskLine("待确认账号变更", waiting, list_url(Proposal, open="yes"), "开通账号、变更角色，须另一人确认")

    def screen(self, request, obj, *, now, bound, seen):
        person = User.objects.get(pk=obj.object_id)
        before = Role(obj.data["before"]).label if "before" in obj.data else ""
        return {"what": self.what(obj), "person": person, "before": before, "role": self.new_role(obj), "verdict": self.verdict(obj)}
