import re
import unicodedata

from django import forms
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.text import format_lazy

from .models import User

MOBILE = re.compile(r"1[3-9]\d{9}")
GOOD_CHOICE = "至少 10 位，不能全是数字，不能与用户名、邮箱相近，也不要用常见密码。"


class LoginForm(auth_forms.AuthenticationForm):
    error_messages = {
        "invalid_login": "用户名或密码不正确，请核对后再试。连续 5 次不正确将暂停登录 15 分钟。",
        "inactive": "用户名或密码不正确，请核对后再试。",
    }


class RegistrationForm(auth_forms.UserCreationForm):
    display_name = forms.CharField(label="经办人姓名", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        label="手机号",
        max_length=20,
        help_text="用于联系经办人，不对外公开。",
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    email = forms.EmailField(
        label="电子邮箱",
        max_length=254,
        help_text="审核结果和密码重置链接发到这里。",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    consent = forms.BooleanField(
        label="我已阅读隐私说明，同意为办理保费补贴处理上述信息",
        help_text=format_lazy('<a href="{}" target="_blank">隐私说明（在新窗口打开）</a>', reverse_lazy("programme:privacy")),
        error_messages={"required": "请阅读隐私说明并勾选同意。"},
    )

    class Meta:
        model = User
        fields = ["username", "display_name", "phone", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = "登录时使用，不超过 150 个字符，可用汉字、字母、数字和 @ . + - _。"
        self.fields["username"].error_messages["unique"] = "这个用户名已有人使用，请换一个。"
        self.fields["password1"].help_text = GOOD_CHOICE
        self.fields["password2"].label, self.fields["password2"].help_text = "再输一次密码", ""

    def clean_phone(self):
        phone = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", self.cleaned_data["phone"])).removeprefix("+86")
        if not MOBILE.fullmatch(phone):
            raise ValidationError("请填写 11 位手机号码。")
        return phone


class ForgottenPasswordForm(auth_forms.PasswordResetForm):
    """The view hands the address to the worker; nothing here looks whether it is known."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "注册时填写的电子邮箱"


class NewPasswordForm(auth_forms.SetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = GOOD_CHOICE
        self.fields["new_password2"].label = "再输一次新密码"


class ChangePasswordForm(auth_forms.PasswordChangeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "现在的密码"
        self.fields["new_password1"].help_text = GOOD_CHOICE
        self.fields["new_password2"].label = "再输一次新密码"
