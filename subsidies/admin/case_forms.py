"""What an officer is asked for on the case screen."""

from django import forms

from pilot_portal.audit.workbench import ActForm
from pilot_portal.reference.forms import AmountField
from subsidies.models import Finding, Verdict


class JudgeForm(ActForm):
    """One check: its conclusion and the ground for it."""

    finding = forms.ModelChoiceField(Finding.objects.none(), widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label="结论", choices=[(Verdict.PASSED.value, "通过"), (Verdict.FAILED.value, "不符合")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="依据", max_length=400, widget=forms.Textarea(attrs={"rows": 2}), help_text="写明看了哪份材料、第几页。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["finding"].queryset = self.obj.findings.all()

    def clean_verdict(self):
        return Verdict(self.cleaned_data["verdict"])


class OverruleForm(JudgeForm):
    """What the machine has passed and the officer sees otherwise: chosen from a list."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        passed = self.obj.findings.filter(verdict=Verdict.PASSED, note="")
        self.fields["finding"] = forms.ModelChoiceField(passed, label="事项", empty_label="请选择")
        self.order_fields(["finding", "verdict", "note"])


class ReviewForm(ActForm):
    """完成初审: figures only where the papers say otherwise than what was typed, with reason and page."""

    policy_premium = AmountField(label="更正：保单保费（元）", required=False)
    invoiced = AmountField(label="更正：发票合计（元）", required=False)
    paid = AmountField(label="更正：实付合计（元）", required=False)
    correction_reason = forms.CharField(
        label="更正理由及材料页码",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="数字无误的，以上都留空。",
    )
    lowered_to = AmountField(label="调低至（元）", required=False, help_text="只能低于计算结果；不调低就留空。")
    lowered_reason = forms.CharField(label="调低理由", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self):
        given = super().clean()
        corrected = any(given.get(name) is not None for name in ("policy_premium", "invoiced", "paid"))
        if corrected and not (given.get("correction_reason") or "").strip():
            self.add_error("correction_reason", "更正数字的，请写明理由和材料页码，复核人会看到。")
        if given.get("lowered_to") is not None and not (given.get("lowered_reason") or "").strip():
            self.add_error("lowered_reason", "调低金额的，请写明理由。")
        return given
