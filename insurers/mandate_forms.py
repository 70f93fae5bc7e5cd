"""Forms on the mandates of many clients at once."""

from django import forms

from pilot_portal.files.forms import PapersInput

from .client_forms import MandateForm

MOST_FILES = 30
MOST_BYTES = 20 * 1024 * 1024  # of one sending, all files together


class ClientsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj):
        return f"{obj.name}（{obj.credit_code}）"


class ManyMandatesForm(MandateForm):
    """Whom, and the same period and scope for all of them."""

    clients = ClientsField(None, label="客户", widget=forms.CheckboxSelectMultiple, error_messages={"required": "请至少选择一家客户。"})
    paper = None  # type: ignore[assignment]
    field_order = ["clients", "starts_on", "ends_on", "includes_submission", "includes_correction"]

    def __init__(self, *args, clients, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["clients"].queryset = clients


class SeveralFilesField(forms.Field):
    """One file or more; what each of them is, the service judges."""

    widget = PapersInput

    def clean(self, value):
        if not value:
            raise forms.ValidationError("请选择至少一个文件。", code="required")
        if len(value) > MOST_FILES or sum(one.size for one in value) > MOST_BYTES:
            raise forms.ValidationError(f"一次最多 {MOST_FILES} 个文件，合计不超过 20 MB。请分几次上传。", code="too_many")
        return value


class SealedForm(forms.Form):
    papers = SeveralFilesField(
        label="盖章的委托书",
        help_text=f"可以一次选多个，最多 {MOST_FILES} 个、合计不超过 20 MB。文件名要含统一社会信用代码，或委托编号（WT 开头）。",
    )
