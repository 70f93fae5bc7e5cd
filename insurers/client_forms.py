"""Forms on clients of an insurer and on their mandates."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone

from enterprises.forms import CorrectionForm, EntityForm
from enterprises.services import check_code
from pilot_portal.files.forms import PaperField, PaperForm
from pilot_portal.reference.forms import DayField
from pilot_portal.workflow.refusals import Refusal


def beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


class CodeForm(forms.Form):
    """Which client: the code says it, whether the portal knows the enterprise or not."""

    credit_code = forms.CharField(
        label="客户的统一社会信用代码",
        max_length=40,
        help_text="营业执照上的 18 位代码，可直接粘贴，空格和连字符会自动去掉。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )

    def clean_credit_code(self):
        return check_code(self.cleaned_data["credit_code"])


class OfClient:
    """Contact data are the client's own, not those of who types them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (("contact_name", "企业联系人"), ("contact_phone", "企业联系电话"), ("contact_email", "企业联系邮箱")):
            self.fields[name].label = label
            self.fields[name].widget.attrs["autocomplete"] = "off"


class ClientForm(OfClient, EntityForm):
    """A client that the portal does not know yet, as on its licence."""


class ClientCorrectionForm(OfClient, CorrectionForm):
    """The same for what the centre has sent back."""


class MandateForm(PaperForm):
    """委托: from which day to which, both included, and for what. `facts` are columns of Entrustment."""

    starts_on = DayField(label="委托期起")
    ends_on = DayField(label="委托期止", help_text="含当日。到期后贵公司不能再办理，已提交的申报由企业跟进。")
    includes_submission = forms.BooleanField(
        label="含提交：准备好后由本公司直接提交申报", required=False, help_text="不勾选的，准备好后提请企业确认，由企业确认后才算提交。"
    )
    includes_correction = forms.BooleanField(
        label="含补正：由本公司按补正告知书补正", required=False, help_text="不勾选的，需要补正时由企业自行办理。"
    )
    paper = PaperField(
        label="盖章的委托书（选填）",
        required=False,
        help_text="手上已有双方盖章的委托书就在这里上传；没有的先保存，再打印预填好的委托书盖章。PDF、JPG 或 PNG，不超过 20 MB。",
    )

    refused_fields = {"entrustment_period": "ends_on"}

    def clean(self):
        first, last = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", Refusal("entrustment_period"))
        elif last and last < timezone.localdate():
            self.add_error("ends_on", "委托期止在今天之前。请核对日期。")

    @property
    def facts(self) -> dict:
        typed = self.cleaned_data
        return {
            "starts_at": beginning_of(typed["starts_on"]),
            "ends_at": beginning_of(typed["ends_on"] + timedelta(days=1)),
            "includes_submission": typed["includes_submission"],
            "includes_correction": typed["includes_correction"],
        }

    @staticmethod
    def suggested() -> dict:
        """From today to the end of the year, for everything."""
        today = timezone.localdate()
        return {"starts_on": today, "ends_on": today.replace(month=12, day=31), "includes_submission": True, "includes_correction": True}


class MandatePaperForm(PaperForm):
    paper = PaperField(label="双方盖章的委托书")
    version = forms.IntegerField(widget=forms.HiddenInput)


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label="原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：委托期填错、客户不再委托。企业会看到。",
        error_messages={"required": "请写明原因。"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
