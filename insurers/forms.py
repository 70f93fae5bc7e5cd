from decimal import Decimal

from django import forms
from django.urls import reverse_lazy

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.files.forms import PaperField, PaperForm
from pilot_portal.reference.forms import AmountField, DayField
from pilot_portal.workflow.forms import grouped
from pilot_portal.workflow.refusals import Refusal

from . import rules
from .models import EndorsementKind, Insurer, Policy, Product

ENDS = [(rules.END_OF_DAY, "24 时（当日仍有保障）"), (rules.START_OF_DAY, "0 时（当日没有保障）")]
NONE = Decimal("0.00")


class ProductField(forms.ModelChoiceField):
    """Products by insurer, so that the choice is plain without a script as well."""

    def __init__(self, **kwargs):
        super().__init__(Product.objects.none(), empty_label="请选择", **kwargs)

    def show(self, products) -> None:
        self.queryset = products
        groups: dict[str, list] = {}
        for product in products.select_related("insurer"):
            groups.setdefault(product.insurer.name, []).append((product.pk, product.label))
        self.choices = [("", self.empty_label), *groups.items()]


class PolicyPaperForm(PaperForm):
    """The first step of a new policy: its paper, from which the next page takes what it can."""

    paper = PaperField(
        label="保单文件", help_text="保单全文，有批单的一并放入。保险公司发来的 PDF 最好；扫描件、照片也可以。不超过 20 MB。"
    )


class PolicyForm(PaperForm):
    """A policy as its paper states it. `facts` are columns of Policy; the last day of cover becomes the first day without."""

    insurer = forms.ModelChoiceField(
        Insurer.objects.none(),
        label="保险公司",
        empty_label="请选择",
        widget=forms.Select(attrs={"hx-get": reverse_lazy("insurers:products"), "hx-target": "#id_product", "hx-trigger": "change"}),
    )
    product = ProductField(label="保险产品", help_text="产品名称后面是备案号，保单或条款上可以查到。")
    number = forms.CharField(label="保单号", max_length=60, help_text="照抄保单。", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    signed_on = DayField(label="签订日期", help_text="保单上的签单日期，不是起保日期。属于哪一期申报看这个日期。")
    starts_on = DayField(label="保险起期", help_text="当日 0 时起保。")
    last_day = DayField(label="保险止期")
    end_time = forms.ChoiceField(label="止于当日", choices=ENDS, help_text="照保单上写的选。例如“2027 年 6 月 14 日 24 时止”选 24 时。")
    liability_limit = AmountField(label="责任限额（元）", positive=True)
    territory = forms.CharField(label="承保区域", max_length=200, help_text="例如：美国、欧盟。")
    premium = AmountField(label="保费（元，含税）", positive=True, help_text="到分，例如 33,333.33。")
    non_pilot_premium = AmountField(
        label="其中：非试点责任的保费（元）", required=False, help_text="没有就不填。附加险、赔偿责任等不属于试点的部分。"
    )
    coinsured_premium = AmountField(label="其中：共保的非试点保险公司的保费（元）", required=False, help_text="没有共保就不填。")
    paper = PaperField(label="保单文件", help_text="保单全文，有批单的一并放入。PDF、JPG 或 PNG，不超过 20 MB。")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    refused_fields = {"policy_taken": "number"}
    FIRST = "保险公司和产品"
    PARTS = ("non_pilot_premium", "coinsured_premium")
    NOT_FACTS = {"last_day", "end_time", "paper", "version"}

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, by=by, **kwargs)
        self.offer(by)
        self.helper = grouped(
            (self.FIRST, *(name for name in ("insurer", "product", "number") if name in self.fields)),
            ("期限", "signed_on", "starts_on", "last_day", "end_time"),
            ("保障和保费", "liability_limit", "territory", "premium", "non_pilot_premium", "coinsured_premium"),
            ("文件", "paper", "version"),
        )

    def offer(self, by: User) -> None:
        """The choice of insurers and products."""
        self.fields["insurer"].queryset = Insurer.objects.in_pilot()
        self.fields["product"].show(Product.objects.filter(insurer__in=Insurer.objects.in_pilot()))

    @classmethod
    def of(cls, policy: Policy, *args, **kwargs):
        """The form that changes this policy; its paper only where it is replaced."""
        initial = {name: getattr(policy, name) for name in cls.base_fields if hasattr(policy, name)}
        initial |= {"last_day": policy.last_day, "end_time": rules.END_OF_DAY}
        initial |= {part: getattr(policy, part) or "" for part in cls.PARTS}
        form = cls(*args, initial=initial, **kwargs)
        form.fields["paper"].required = False
        return form

    def clean_number(self):
        number = self.cleaned_data["number"]
        if not rules.normalise_policy_number(number):
            raise forms.ValidationError("保单号里没有字母或数字。请对照保单填写。")
        return number

    def clean_non_pilot_premium(self):
        return self.cleaned_data["non_pilot_premium"] or NONE

    def clean_coinsured_premium(self):
        return self.cleaned_data["coinsured_premium"] or NONE

    def clean(self):
        typed = self.cleaned_data
        if {"starts_on", "last_day", "end_time"} <= typed.keys():
            typed["ends_on"] = rules.end_of_term(typed["last_day"], typed["end_time"])
            if typed["ends_on"] <= typed["starts_on"]:
                self.add_error("last_day", Refusal("policy_dates"))
        if "premium" in typed and sum(typed.get(part, NONE) for part in self.PARTS) > typed["premium"]:
            self.add_error("non_pilot_premium", Refusal("policy_parts"))
        if {"insurer", "product"} <= typed.keys() and typed["product"].insurer_id != typed["insurer"].pk:
            self.add_error("product", Refusal("product_of_another"))

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name not in self.NOT_FACTS}


class InsurerPolicyForm(PolicyForm):
    """The same for a policy of the insurer's own, which it registers for a client that has entrusted it."""

    insurer = None  # type: ignore[assignment]  # it is the person's own
    FIRST = "保险产品"

    def offer(self, by: User) -> None:
        self.own = Insurer.objects.get(staff__user=by)
        self.fields["product"].show(self.own.products.all())

    @property
    def facts(self) -> dict:
        return super().facts | {"insurer": self.own}


def policy_form_of(user: User) -> type[PolicyForm]:
    return InsurerPolicyForm if user.role == Role.INSURER else PolicyForm


class RowForm(PaperForm):
    """An invoice or a payment of a policy. `facts` are columns of its row."""

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "paper"}


class InvoiceForm(RowForm):
    number = forms.CharField(
        label="发票号码",
        max_length=30,
        help_text="照抄发票。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    buyer = forms.CharField(label="购买方名称", max_length=120, help_text="发票上的购买方，应为本企业。")
    amount = AmountField(label="价税合计（元）", positive=True)
    issued_on = DayField(label="开票日期")
    paper = PaperField(label="发票文件")

    refused_fields = {"invoice_taken": "number", "amount_not_positive": "amount"}


class PaymentForm(RowForm):
    payer = forms.CharField(label="付款户名", max_length=120, help_text="回单上的付款人，应为本企业。")
    amount = AmountField(label="付款金额（元）", positive=True)
    paid_on = DayField(label="付款日期")
    reference = forms.CharField(
        label="银行流水号", max_length=60, help_text="回单上的交易流水号或回单编号。", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    paper = PaperField(label="付款回单")

    refused_fields = {"payment_taken": "reference", "amount_not_positive": "amount"}


class ConfirmForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)


class DisputeForm(ConfirmForm):
    reason = forms.CharField(
        label="异议内容",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明哪一项与贵公司系统不符、应为什么。企业会原样看到。",
        error_messages={"required": "请写明异议内容。"},
    )


class EndorsementForm(PaperForm):
    """批单 as its paper states it. `facts` are columns of Endorsement; `confirmed` comes from the page that says what will follow."""

    kind = forms.ChoiceField(
        label="批改类型",
        widget=forms.RadioSelect,
        choices=[(kind.value, kind.label) for kind in (EndorsementKind.REDUCTION, EndorsementKind.INCREASE)],
    )
    number = forms.CharField(label="批单号", max_length=60, help_text="照抄批单。", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    effective_on = DayField(
        label="生效日期", help_text="批单上写的批改生效日，应在生效后的报送期限（一般 3 个工作日）内报送。生效前不影响补贴。"
    )
    premium_after = AmountField(label="批改后保费（元，含税）", positive=True, help_text="批改以后整份保单的保费，不是增减的金额。")
    paper = PaperField(label="批单文件")
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    refused_fields = {"endorsement_taken": "number"}
    NOT_FACTS = {"paper", "confirmed"}

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name not in self.NOT_FACTS}


class SurrenderForm(EndorsementForm):
    """退保: the whole premium falls away from a day on."""

    kind = premium_after = None  # type: ignore[assignment]
    effective_on = DayField(label="退保生效日期", help_text="批单上写的退保生效日，应在生效后的报送期限（一般 3 个工作日）内报送。")
