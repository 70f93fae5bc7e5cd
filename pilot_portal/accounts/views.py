from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from . import forms, services
from .roles import OVERSIGHT, Role
from .tasks import send_password_reset
from .throttle import allowed

HOUR = 3600
TOO_MANY = "操作过于频繁，或系统暂时繁忙，请一小时后再试。"
DESKS = {Role.ENTERPRISE: "subsidies:home", Role.INSURER: "subsidies:insurer_home"} | dict.fromkeys(OVERSIGHT, "programme:oversight")


@login_not_required
@require_safe
def enter_admin(request):
    """The admin has no login page of its own; who is logged in and comes here may not enter it."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


@require_safe
def landing(request):
    """After login: each role to its own desk."""
    return redirect(DESKS.get(request.user.role, "admin:index"))


class Unprocessable:
    """A form with errors answers 422, so that a browser offers no password to save and a machine sees the refusal."""

    def form_invalid(self, form):
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class Login(Unprocessable, auth_views.LoginView):
    template_name = "accounts/login.html"
    authentication_form = forms.LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        response = super().form_valid(form)
        services.record_access("login", by=form.get_user(), at=timezone.now())
        return response


@login_not_required
@require_http_methods(["GET", "POST"])
def register(request):
    if request.user.is_authenticated:
        return redirect("accounts:landing")
    form = forms.RegistrationForm(request.POST or None)
    if form.is_valid() and (user := _new_user(request, form)):
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        if back := _inside(request, request.GET.get("next", "")):
            return redirect(back)
        messages.success(request, "账号已建立。接下来请登记您代表的企业。")
        return redirect("enterprises:register")
    return render(request, "accounts/register.html", {"form": form}, status=422 if form.errors else 200)


def _inside(request, address: str) -> str:
    """The address, if it leads nowhere else than into this portal."""
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return address if safe else ""


def _new_user(request, form):
    """The new user, or None with the reason on the form."""
    if not allowed("register", request, most=30, seconds=HOUR):
        form.add_error(None, TOO_MANY)
        return None
    try:
        return services.register_enterprise_user(form.save(commit=False), at=timezone.now())
    except IntegrityError:  # two people chose the same name in the same second
        form.add_error("username", form.fields["username"].error_messages["unique"])
        return None


class ChangePassword(Unprocessable, auth_views.PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = forms.ChangePasswordForm
    success_url = reverse_lazy("accounts:landing")

    def form_valid(self, form):
        response = super().form_valid(form)
        services.record_access("password_change", by=self.request.user, at=timezone.now())
        messages.success(self.request, "密码已修改，其他设备上的登录已退出。")
        return response


class ForgottenPassword(Unprocessable, auth_views.PasswordResetView):
    """Says the same whether the address is known or not, and takes as long."""

    template_name = "accounts/password_reset.html"
    form_class = forms.ForgottenPasswordForm
    success_url = reverse_lazy("accounts:password_reset_sent")

    def form_valid(self, form):
        email = form.cleaned_data["email"]
        by_address = allowed("reset", self.request, most=10, seconds=HOUR)
        if not (by_address and allowed("reset-mail", self.request, most=5, seconds=HOUR, key=email.casefold())):
            form.add_error(None, TOO_MANY)
            return self.form_invalid(form)
        try:
            send_password_reset.delay(email)
        except OperationalError:
            form.add_error(None, "暂时无法发送邮件，请过几分钟再试。")
            return self.form_invalid(form)
        return redirect(self.success_url)


class ResetSent(auth_views.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"
    extra_context = {"hours": settings.PASSWORD_RESET_TIMEOUT // HOUR}


class NewPassword(Unprocessable, auth_views.PasswordResetConfirmView):
    template_name = "accounts/password_new.html"
    form_class = forms.NewPasswordForm
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form):
        response = super().form_valid(form)
        services.record_access("password_reset", by=form.user, at=timezone.now())
        messages.success(self.request, "新密码已生效，请用新密码登录。")
        return response
