"""Forms on the people of an insurer: an invitation, a role, the account that an invitation opens."""

from django import forms

from enterprises.forms import InvitationForm
from pilot_portal.accounts.forms import RegistrationForm

from .models import StaffRole

EXPLAINED = {
    StaffRole.FILER: "填报人：确认保单、答复投保意向，为客户登记、申报和补正",
    StaffRole.VIEWER: "查看人：只能查看，不能办理",
    StaffRole.MANAGER: "管理员：除办理外，还管理人员和接口密钥",
}
CHOICES = [(role.value, says) for role, says in EXPLAINED.items()]


class StaffRoleForm(forms.Form):
    role = forms.ChoiceField(label="身份", choices=CHOICES, widget=forms.RadioSelect, initial=StaffRole.FILER.value)


class StaffInvitationForm(StaffRoleForm, InvitationForm):
    """Asks whom and as what. The role is one of an insurer's."""


class JoiningForm(RegistrationForm):
    """The account that an invitation opens; its address is the one that was invited."""

    email = None  # type: ignore[assignment]

    class Meta(RegistrationForm.Meta):
        fields = ["username", "display_name", "phone"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["display_name"].label = "您的姓名"
        self.fields["phone"].help_text = "用于联系您，不对外公开。"
