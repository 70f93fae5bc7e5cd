"""Forms of a window: its terms with a basis each, and what is decided on its screen."""

from django import forms

from pilot_portal.audit.workbench import ActForm
from pilot_portal.reference.forms import AmountField, DayField
from subsidies.models import BASIS_COLUMNS, Appropriation, Determination, PublicNotice, Window
from subsidies.services import payments

COLUMNS = [
    "pilot sequence name notice opens_at closes_at signed_from signed_until paid_until rate cap draw method",
    "refile_after_withdrawal refile_after_refusal acceptance_days correction_days review_days publicity_days reply_days",
    "recovery_days credit_lookback_years start_tolerance_days recovery_rule pay_by",
]


class MomentField(forms.DateTimeField):
    def __init__(self, **kwargs):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)


class WindowForm(forms.ModelForm):
    opens_at = MomentField(label="开始时间")
    closes_at = MomentField(label="截止时间（不含）", help_text="例如 9 月 30 日 24 时，填 10 月 1 日 0:00。")
    signed_from, signed_until = DayField(label="保单签订日期起"), DayField(label="保单签订日期止")
    paid_until, pay_by = DayField(label="保费缴纳截止日"), DayField(label="计划拨付完成日")
    cap, draw = AmountField(label="补贴上限（元）", initial="800000.00"), AmountField(label="本期可用预算（元）", positive=True)

    class Meta:
        model = Window
        fields = " ".join(COLUMNS).split()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for column in BASIS_COLUMNS:
            label = f"{self.fields[column].label}的依据"
            self.fields[f"basis_{column}"] = forms.CharField(
                label=label, required=False, max_length=100, initial=self.instance.basis.get(column, "")
            )

    def clean(self):
        given = super().clean()
        self.instance.basis = {column: given.get(f"basis_{column}", "") for column in BASIS_COLUMNS}
        return given

    def terms(self):
        """(field, field of its basis or None), in the order of the columns."""
        return [(self[name], self[f"basis_{name}"] if name in BASIS_COLUMNS else None) for name in self.Meta.fields]


class AllocateForm(ActForm):
    seen_hash = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label="说明", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def facts(self):
        given = super().facts()
        given.pop("version")
        return given


class ListForm(ActForm):
    """One list of the window, with the number of cases that its reader saw on it."""

    seen_count = forms.IntegerField(widget=forms.HiddenInput)
    determination = forms.ModelChoiceField(Determination.objects.none(), required=False, widget=forms.HiddenInput)
    notice = forms.ModelChoiceField(PublicNotice.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["determination"].queryset = self.obj.determinations.all()
        self.fields["notice"].queryset = self.obj.public_notices.all()


class PrepareForm(ActForm):
    """制单: from which appropriation, and which of the payable cases."""

    appropriation = forms.ModelChoiceField(Appropriation.objects.none(), label="指标文号", empty_label="请选择")
    numbers = forms.MultipleChoiceField(label="申报件", error_messages={"required": "请至少选择一件。"})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["appropriation"].queryset = Appropriation.objects.filter(pilot=self.obj.pilot_id).order_by("pk")
        self.cases = list(payments.payable(self.obj).select_related("legal_entity"))
        self.fields["numbers"].choices = [(case.number, case.number) for case in self.cases]
        self.fields["numbers"].error_messages["invalid_choice"] = "申报 %(value)s 已不能制单，请看最新名单。"

    def chosen(self) -> set[str]:
        """What is ticked: everything at first."""
        return set(self["numbers"].value() or []) if self.is_bound else {case.number for case in self.cases}
