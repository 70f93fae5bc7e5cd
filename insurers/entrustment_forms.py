"""Forms on mandates as the enterprise gives them."""

from django import forms

from .client_forms import MandateForm, RevokeForm
from .models import Insurer

SUBMISSION = "保险公司可以直接提交申报"
CORRECTION = "保险公司可以按补正告知书补正"


class EntrustmentForm(MandateForm):
    """The enterprise chooses its insurer, the period and the scope."""

    insurer = forms.ModelChoiceField(
        Insurer.objects.none(), label="委托哪家保险公司", empty_label="请选择", help_text="须是承保本企业保单的试点保险公司。"
    )
    field_order = ["insurer"]
    refused_fields = {**MandateForm.refused_fields, "entrustment_exists": "insurer"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["paper"]  # confirmed online, it needs none
        self.fields["insurer"].queryset = Insurer.objects.in_pilot()
        self.fields["ends_on"].help_text = "含当日。到期后保险公司不能再办理，已提交的申报由本企业跟进。"
        self.fields["includes_submission"].label = SUBMISSION
        self.fields["includes_submission"].help_text = "不勾选的，保险公司准备好后由本企业在线确认，确认后才算提交。"
        self.fields["includes_correction"].label = CORRECTION
        self.fields["includes_correction"].help_text = "不勾选的，需要补正时由本企业办理。"


class VersionForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)


class EndForm(RevokeForm):
    """Declining what the insurer proposed, or revoking what holds."""

    def __init__(self, *args, declines: bool, **kwargs):
        super().__init__(*args, **kwargs)
        word = "不委托" if declines else "撤销"
        self.fields["reason"].label = f"{word}的原因"
        self.fields["reason"].help_text = "保险公司会看到。"
        self.fields["reason"].error_messages["required"] = f"请写明{word}的原因。"
