"""What is decided on the screen of a window: publishing, extending, another draw, 核定, 公示, 批准, 制单."""

from datetime import datetime

from django import forms
from django.db.models import Prefetch
from django.utils import timezone

from enterprises.models import BankAccount
from pilot_portal.audit.workbench import ActForm
from pilot_portal.reference.forms import AmountField
from pilot_portal.workflow.models import Proposal
from subsidies.models import Application, Appropriation, Determination, Payment, PublicNotice
from subsidies.services import payments, windows
from subsidies.states import PaymentState


class MomentField(forms.DateTimeField):
    def __init__(self, **kwargs):
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, error_messages={"invalid": "请填写日期和时间，例如 2026-10-01 00:00。"}, **kwargs)


class PublishForm(ActForm):
    """Carries the draft as it was looked at."""

    terms = forms.CharField(widget=forms.HiddenInput, required=False)

    def facts(self):
        return {"seen": self.cleaned_data["terms"]}


class ExtendForm(ActForm):
    closes_at = MomentField(label="延长至（不含）", help_text="对所有企业同样延长，并在网站公布。只能推后。")
    reason = forms.CharField(
        label="原因（对外公布）",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如：9 月 30 日 14:00 至 16:30 系统故障，不能提交。",
    )

    def facts(self):
        return {name: self.cleaned_data[name] for name in ("closes_at", "reason")}


class DrawForm(ActForm):
    draw = AmountField(label="调整后的可用预算（元）", positive=True, help_text="写调整后的总数，不是增减的数。")
    reason = forms.CharField(
        label="依据", max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text="例如：京财预〔2026〕88号追加指标。"
    )

    def facts(self):
        return {name: self.cleaned_data[name] for name in ("draw", "reason")}


class DrawDecisionForm(ActForm):
    """Which proposal, and whether it is confirmed; both buttons send the same form."""

    proposal = forms.ModelChoiceField(Proposal.objects.none(), widget=forms.HiddenInput)
    confirmed = forms.TypedChoiceField(choices=[("yes", "确认"), ("no", "退回")], coerce=lambda value: value == "yes", empty_value=False)
    remark = forms.CharField(label="意见（可不填）", required=False, max_length=300)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["proposal"].queryset = draw_proposals(self.obj)

    def facts(self):
        return {name: self.cleaned_data[name] for name in ("proposal", "confirmed", "remark")}


def draw_proposals(window=None):
    """Proposals of another draw, for one window or all, decided or not."""
    proposed = Proposal.objects.filter(action=windows.CHANGE_DRAW).select_related("proposed_by", "decided_by").order_by("-pk")
    return proposed.filter(object_id=window.pk) if window else proposed


class AllocateForm(ActForm):
    """Why is asked from the second run on."""

    seen_hash = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(label="说明", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.obj.lists.runs if hasattr(self.obj, "lists") else self.obj.allocation_runs.exists():  # the screen has read them
            self.fields["reason"].required = True
            self.fields["reason"].label = "为什么再次核定"
            self.fields["reason"].error_messages["required"] = "请写明为什么再次核定，例如：补充核定本月办结的申报。"

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
        self.now = timezone.now()
        self.fields["appropriation"].queryset = Appropriation.objects.filter(pilot=self.obj.pilot_id).order_by("pk")
        returns = Prefetch("payments", Payment.objects.filter(state=PaymentState.RETURNED).order_by("-pk"), to_attr="returns")
        found = payments.payable(self.obj).select_related("legal_entity", "bank_account")
        self.cases = list(found.prefetch_related(payments.open_accounts("legal_entity__"), returns))
        self.fields["numbers"].choices = [(case.number, case.number) for case in self.cases]
        self.fields["numbers"].error_messages["invalid_choice"] = "申报 %(value)s 已不能制单，请看最新名单。"

    def chosen(self) -> set[str]:
        """What is ticked: at first everything but what waits for its account, or came back from one that is still the same."""
        if self.is_bound:
            return set(self["numbers"].value() or [])
        return {row.case.number for row in self.rows() if row.is_ready}

    def rows(self) -> "list[Row]":
        return [Row(case, payments.account_now(case), self.now) for case in self.cases]


class Row:
    """A payable case, the account that it would be paid to now, and the payment that came back, if any."""

    def __init__(self, case: Application, account: BankAccount | None, now: datetime):
        self.case, self.account = case, account
        self.returned = next(iter(case.returns), None)
        self.waits = account is not None and account.waits(now)
        self.is_other_than_reviewed = account is not None and not account.is_same_as(case.bank_account)
        self.is_unmended = self.returned is not None and account is not None and self.returned.went_to(account)

    @property
    def is_ready(self) -> bool:
        return self.account is not None and not self.waits and not self.is_unmended
