"""Users, for the security manager."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import Act, Choice, ReasonForm, ScreenAdmin, capped, name_actions, name_roles

from . import services
from .models import User
from .roles import ADMIN_ROLES, ASSIGNABLE, OVERSIGHT, Role

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
    }
)
SECURITY = frozenset({Role.SECURITY})
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

    class Meta:
        model = User
        fields = ["username", "display_name", "email", "phone", "role"]
        help_texts = {"username": "登录时使用，可用汉字、字母、数字和 @ . + - _。"}


class RoleForm(ReasonForm):
    role = forms.ChoiceField(label="新角色", choices=[choice for choice in ROLES if choice[0] != Role.INSURER])
    field_order = ["role", "reason"]


def _set_active(active: bool):
    def run(user, *, by, at, reason, version=None):
        services.set_active(user, by=by, at=at, active=active, reason=reason)

    return run


def _change_role(user, *, by, at, role, reason, version=None):
    services.change_role(user, by=by, at=at, role=role, reason=reason)


def _send_link(user, *, by, at, version=None):
    services.send_set_password(user, by=by, at=at)


@admin.register(User)
class UserAdmin(ScreenAdmin):
    nav_position = 10
    screen_template = "admin/accounts/user.html"
    list_display = ["username", "display_name", "role", "is_active", "last_login"]
    list_filter = [ByRole, ByActivity]
    search_fields = ["username__startswith", "display_name__startswith", "email__iexact"]
    search_placeholder = "用户名、姓名或邮箱"
    ordering = ["-pk"]
    acts = (
        Act(
            "deactivate",
            "停用账号",
            _set_active(False),
            SECURITY,
            ReasonForm,
            "账号已停用。",
            "btn-outline-secondary",
            lambda user: user.is_active,
        ),
        Act(
            "activate",
            "重新启用",
            _set_active(True),
            SECURITY,
            ReasonForm,
            "账号已启用。",
            when=lambda user: not user.is_active and user.role != Role.SYSTEM,
        ),
        Act("role", "变更角色", _change_role, SECURITY, RoleForm, "角色已变更。", when=lambda user: user.role in ADMIN_ROLES | OVERSIGHT),
        Act(
            "link",
            "发送设置密码链接",
            _send_link,
            SECURITY,
            done="链接已发送到该用户的邮箱。",
            when=lambda user: user.is_active and user.email,
        ),
    )

    def get_urls(self):
        return [self.page_path("new/", self.new_view, "new"), *super().get_urls()]

    @property
    def list_links(self):
        return [("开通账号", self.page_url("new"))]

    def desk(self, request):
        yield DeskLine(
            "中心和监督账号", capped(User.objects.filter(role__in=ADMIN_ROLES | OVERSIGHT, is_active=True)), list_url(User, active="yes")
        )
        yield DeskLine("已停用账号", capped(User.objects.filter(is_active=False).exclude(role=Role.SYSTEM)), list_url(User, active="no"))

    def new_view(self, request):
        if request.user.role != Role.SECURITY:
            raise PermissionDenied
        form = StaffForm(request.POST or None)
        if form.is_valid() and (user := self._created(request, form)):
            return redirect(self.page_url("change", user.pk))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": "开通账号"}
        return TemplateResponse(request, "admin/accounts/new.html", context, status=422 if form.errors else 200)

    def _created(self, request, form):
        at = timezone.now()
        try:
            user = services.create_staff(form.save(commit=False), by=request.user, at=at)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return None
        try:
            services.send_set_password(user, by=request.user, at=at)
        except ValidationError as refusal:
            messages.warning(request, f"账号已开通，但{refusal.messages[0]}")
        else:
            messages.success(request, f"账号已开通，设置密码的链接已发送到 {user.email}。")
        return user
