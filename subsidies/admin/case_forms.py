"""What an officer is asked for while a case is accepted and reviewed."""

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.audit.workbench import ActForm, ReasonForm
from pilot_portal.reference.forms import AmountField
from pilot_portal.reference.services import deadline, last_day
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, Finding, Opinion, Part, Verdict
from subsidies.rules import WORDINGS
from subsidies.services.interests import DECIDING

from .case_matters import findings_of, matters_of
from .case_papers import papers_named

# The part of a case that an applicant can mend where a check fails or waits. The rest is for officers alone to find out.
PARTS = {
    "policy_not_own": Part.POLICY,
    "insurer_not_selected": Part.POLICY,
    "product_not_pilot": Part.POLICY,
    "term_invalid": Part.POLICY,
    "not_one_year": Part.POLICY,
    "out_of_signing_range": Part.POLICY,
    "category_not_valid": Part.CATEGORY,
    "no_invoice": Part.INVOICES,
    "invoice_differs": Part.INVOICES,
    "invoice_buyer_differs": Part.INVOICES,
    "same_invoice": Part.INVOICES,
    "no_payment": Part.PAYMENTS,
    "payment_differs": Part.PAYMENTS,
    "payer_differs": Part.PAYMENTS,
    "no_account": Part.ACCOUNT,
    "payee_name_differs": Part.ACCOUNT,
    "cnaps_unconfirmed": Part.ACCOUNT,
    "same_account": Part.ACCOUNT,
}
ROWS, MORE, MOST = 4, 4, 40
LONGEST = 400


def until(days: int) -> str:
    """The last day of a period of working days that begins now, in words; or why it cannot be said."""
    try:
        day = last_day(deadline(timezone.now(), days))
    except Refusal as refusal:
        return refusal.sentence
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


class NoteForm(ActForm):
    text = forms.CharField(label="备注", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class InterestForm(ReasonForm):
    """回避 of the person at the screen."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "回避事由"
        self.fields["reason"].help_text = "例如：本人亲属在该企业任职。提交后您不能再办理这家企业的申报，不能撤回。"


class RecuseForm(ReasonForm):
    """回避 of a colleague, stated by the head."""

    officer = forms.ModelChoiceField(User.objects.none(), label="回避的人员", empty_label="请选择")
    field_order = ["officer", "reason"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        colleagues = User.objects.filter(role__in=DECIDING, is_active=True).order_by("role", "display_name")
        self.fields["officer"].queryset = colleagues
        self.fields["officer"].label_from_instance = lambda one: f"{one.get_full_name()}（{one.get_role_display()}）"


class JudgeForm(ActForm):
    """One check: its conclusion and the ground for it."""

    finding = forms.ModelChoiceField(Finding.objects.none(), widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label="结论", choices=[(Verdict.PASSED.value, "通过"), (Verdict.FAILED.value, "不符合")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="依据", max_length=400, widget=forms.Textarea(attrs={"rows": 2}), help_text="写明看到了什么。")
    paper = forms.TypedChoiceField(label="见哪份材料（选填）", required=False, coerce=int, empty_value=None)
    page = forms.IntegerField(label="第几页（选填）", required=False, min_value=1, max_value=9999)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["finding"].queryset = self.obj.findings.all()
        self.fields["paper"].choices = [("", "不指明"), *((stored.pk, label) for label, stored in papers_named(self.obj))]

    def clean_verdict(self):
        return Verdict(self.cleaned_data["verdict"])

    def facts(self):
        given = super().facts()
        chosen, page = given.pop("paper"), given.pop("page") or 0
        seen = next(((label, stored.pk, page) for label, stored in papers_named(self.obj) if stored.pk == chosen), None)
        return given | {"seen": seen}


class OverruleForm(JudgeForm):
    """What the machine has passed and the officer sees otherwise: chosen from a list."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        passed = self.obj.findings.filter(verdict=Verdict.PASSED, note="")
        field = self.fields["finding"] = forms.ModelChoiceField(passed, label="事项", empty_label="请选择")
        read = [one for one in findings_of(self.obj) if one.verdict == Verdict.PASSED and not one.note]
        field.choices = [("", "请选择"), *((one.pk, str(one)) for one in read)]
        self.order_fields(["finding", "verdict", "note", "paper", "page"])


class CorrectionForm(ActForm):
    """一次性告知: rows of a part and what is wrong with it; one without words is left out. `more` asks for more rows, nothing else."""

    body = "admin/subsidies/correction_form.html"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.told = matters_of(self.obj).told_parts
        parts = [(part.value, part.label) for part in Part if not self.told or part in self.told]
        suggested = [] if self.is_bound else suggestions(self.obj, self.told)
        self.count = self._count() if self.is_bound else max(ROWS, len(suggested) + 1)
        for number in range(self.count):
            part, sentence = suggested[number] if number < len(suggested) else ("", "")
            self.fields[f"part_{number}"] = forms.ChoiceField(
                label=f"第 {number + 1} 项", required=False, initial=part, choices=[("", "请选择"), *parts]
            )
            self.fields[f"sentence_{number}"] = forms.CharField(
                label=f"第 {number + 1} 项的问题和补正要求",
                required=False,
                initial=sentence,
                max_length=LONGEST,
                widget=forms.Textarea(attrs={"rows": 3}),
            )

    def _count(self) -> int:
        """How many rows were sent, and as many more as are asked for."""
        sent = self.data.get("rows", "")
        rows = int(sent) if sent.isdecimal() and len(sent) < 4 else ROWS
        return min(max(rows, 1) + (MORE if self.wants_more else 0), MOST)

    @property
    def wants_more(self) -> bool:
        return "more" in self.data

    @property
    def may_grow(self) -> bool:
        return self.count < MOST

    @property
    def until(self) -> str:
        return until(self.obj.window.correction_days)

    def rows(self):
        """(field of the part, field of the sentence)."""
        return [(self[f"part_{number}"], self[f"sentence_{number}"]) for number in range(self.count)]

    def full_clean(self):
        if self.is_bound and self.wants_more:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()

    def is_valid(self):
        return super().is_valid() and not self.wants_more

    def clean(self):
        given = super().clean()
        for number in range(self.count):
            if given.get(f"sentence_{number}") and not given.get(f"part_{number}") and f"part_{number}" not in self.errors:
                self.add_error(f"part_{number}", "请选择这一项属于哪部分材料。")
        return given

    def facts(self):
        given = self.cleaned_data
        rows = [(given[f"part_{number}"], given[f"sentence_{number}"]) for number in range(self.count)]
        return {"version": given["version"], "items": [(Part(part), sentence) for part, sentence in rows if sentence]}


def suggestions(case: Application, told: set[str]) -> list[tuple[str, str]]:
    """(part, sentence) of what has failed, and of what waits for a paper that only the applicant has."""
    found = []
    for finding in findings_of(case):
        part = PARTS.get(finding.code, Part.OTHER)
        waits = finding.verdict == Verdict.OPEN and finding.code in PARTS
        if (waits or finding.verdict == Verdict.FAILED) and (not told or part in told):
            found.append((part.value, _as_request(finding)[:LONGEST]))
    return found


def _as_request(finding: Finding) -> str:
    """The check's own sentence, which says what to do, with the officer's ground; the ground alone where the machine had passed it."""
    wording = WORDINGS.get(finding.code)
    if wording and finding.note and finding.sentence.startswith(wording.holds.split("{")[0]):
        return finding.note
    return f"{finding.sentence}（{finding.note}）" if finding.note else finding.sentence


class ReviewForm(ActForm):
    """完成初审: the opinion, and figures only where the papers say otherwise than what was typed, with reason and page."""

    opinion = forms.ChoiceField(label="初审意见", choices=Opinion.choices, widget=forms.RadioSelect)
    opinion_reason = forms.CharField(
        label="不予补贴的理由",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="建议不予补贴的填写，写明事实和条款；建议补贴的留空。",
    )
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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        failed = [finding for finding in findings_of(self.obj) if finding.verdict == Verdict.FAILED]
        self.fields["opinion"].initial = Opinion.GRANT.value
        if failed:
            self.fields["opinion"].choices = [(Opinion.REJECT.value, Opinion.REJECT.label)]
            self.fields["opinion"].help_text = f"有 {len(failed)} 项核查不符合，只能建议不予补贴。"
            self.fields["opinion"].initial = Opinion.REJECT.value
            self.fields["opinion_reason"].initial = "；".join(_as_request(finding).rstrip("。") for finding in failed) + "。"

    def clean_opinion(self):
        return Opinion(self.cleaned_data["opinion"])

    def clean(self):
        given = super().clean()
        if given.get("opinion") == Opinion.REJECT and not (given.get("opinion_reason") or "").strip():
            self.add_error("opinion_reason", "建议不予补贴的，请写明理由，复核人会看到。")
        corrected = any(given.get(name) is not None for name in ("policy_premium", "invoiced", "paid"))
        if corrected and not (given.get("correction_reason") or "").strip():
            self.add_error("correction_reason", "更正数字的，请写明理由和材料页码，复核人会看到。")
        if given.get("lowered_to") is not None and not (given.get("lowered_reason") or "").strip():
            self.add_error("lowered_reason", "调低金额的，请写明理由。")
        return given
