"""What is asked for where a case takes another way: refused, rejected, stopped, reckoned anew, given more time, money taken back."""

from decimal import Decimal

from django import forms
from django.utils import timezone

from pilot_portal.audit.workbench import ActForm, ReasonForm
from pilot_portal.reference.forms import AmountField
from pilot_portal.reference.services import last_day
from subsidies.states import RecoveryState

from .case_forms import until
from .case_matters import matters_of, reckoned_now, review_of

OTHER_GROUND = "其他原因"
CANCEL_GROUNDS = ["保单已退保", "查实违法或失信记录", "注册地址已迁出本市", "企业已注销", OTHER_GROUND]
WORDS = forms.Textarea(attrs={"rows": 3})


class ProposeRefusalForm(ReasonForm):
    """不予受理 as a handler proposes it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "写明事实和条款。复核人确认后，理由会写进通知书告知企业。"


class ConfirmRefusalForm(ActForm):
    """The reviewer's word on a proposed refusal, with the handler's reason above it."""

    body = "admin/subsidies/refusal_form.html"

    remark = forms.CharField(label="意见（可不填）", required=False, max_length=300, widget=WORDS)

    @property
    def proposal(self):
        return matters_of(self.obj).open_refusal


class DeclineRefusalForm(ActForm):
    remark = forms.CharField(label="意见", max_length=300, widget=WORDS, help_text="写明为什么应当受理或先补正，经办会看到。")


class ProposeRejectionForm(ReasonForm):
    body = "admin/subsidies/rejection_form.html"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["reason"] = forms.CharField(label="理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
        field.help_text = "写明事实和条款，会告知企业并写进决定书。"
        review = review_of(self.obj)
        field.initial = review.opinion_reason if review else ""

    @property
    def until(self) -> str:
        return until(self.obj.window.reply_days)


class CancelForm(ActForm):
    """终止拨付: one of the usual grounds, and words."""

    ground = forms.ChoiceField(label="事由", choices=[(ground, ground) for ground in CANCEL_GROUNDS], widget=forms.RadioSelect)
    words = forms.CharField(
        label="说明", required=False, max_length=300, widget=WORDS, help_text="写明查实的材料和日期，会告知企业。事由为“其他原因”的必填。"
    )

    def clean(self):
        given = super().clean()
        if given.get("ground") == OTHER_GROUND and not (given.get("words") or "").strip():
            self.add_error("words", "请写明原因。")
        return given

    def facts(self):
        ground, words = self.cleaned_data["ground"], self.cleaned_data["words"].strip()
        reason = words if ground == OTHER_GROUND else f"{ground}：{words}" if words else ground
        return {"version": self.cleaned_data["version"], "reason": reason}


class RecomputeForm(ReasonForm):
    """重新核算, with old and new figures above it."""

    body = "admin/subsidies/recompute_form.html"

    lowered_to = AmountField(label="调低至（元）", required=False, help_text="只能低于现算金额；按现算金额办理的留空。")

    @property
    def reckoned(self):
        return reckoned_now(self.obj, timezone.now())


class ExtendForm(ReasonForm):
    """延长补正期限, once."""

    days = forms.IntegerField(label="延长几个工作日", min_value=1)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        most = self.obj.window.correction_days
        self.fields["days"] = forms.IntegerField(label="延长几个工作日", min_value=1, max_value=most, initial=most)
        now = f"{last_day(self.obj.due_at):%Y-%m-%d}" if self.obj.due_at else "—"
        self.fields["days"].help_text = f"现期限 {now}。只能延长一次，最多 {most} 个工作日。"
        self.order_fields(["days", "reason"])


class RecoveryForm(ReasonForm):
    """提请追回 for another reason than an endorsement, which is followed by itself."""

    amount = AmountField(label="应退回（元）", positive=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        taken = sum((one.amount for one in matters_of(self.obj).recoveries if one.state != RecoveryState.DROPPED), Decimal("0.00"))
        left = self.obj.awarded - taken if self.obj.awarded is not None else Decimal("0.00")
        self.fields["amount"].help_text = f"已拨付 {self.obj.awarded or 0:,.2f} 元，已追回或正在追回 {taken:,.2f} 元，最多 {left:,.2f} 元。"
        self.fields["reason"].help_text = "写明事实和条款。市知识产权局决定是否责令退回；批改和退保由系统自动提请。"
        self.order_fields(["amount", "reason"])
