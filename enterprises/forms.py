import re
import unicodedata

from crispy_forms.layout import HTML
from django import forms
from django.urls import reverse_lazy
from django.utils import timezone

from pilot_portal.files.forms import PaperField, PaperForm
from pilot_portal.reference.forms import AmountField, DayField
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.reference.rules import compact
from pilot_portal.workflow.forms import grouped
from pilot_portal.workflow.refusals import Refusal

from . import rules, services
from .models import INVITABLE, BankAccount, EntityKind, MembershipRole

PHONE = re.compile(r"\+?[0-9()（） -]{7,20}")
WHOLE_CODE = {
    "autocomplete": "off",
    "spellcheck": "false",
    "class": "code",
    "hx-get": reverse_lazy("enterprises:check_code"),
    "hx-trigger": "input changed delay:400ms, change",
    "hx-target": "#code-said",
    "hx-sync": "this:replace",
}


def entries(kind: Kind):
    """Words of a dictionary that hold today."""
    return Entry.objects.of(kind).valid_on(timezone.localdate())


def phone_of(text: str) -> str:
    phone = unicodedata.normalize("NFKC", text)
    if not PHONE.fullmatch(phone) or sum(char.isdecimal() for char in phone) < 7:
        raise forms.ValidationError("请填写 11 位手机号码，或带区号的座机，例如 010-12345678。")
    return phone


class EntityForm(PaperForm):
    """What the licence says, what is exported, whom to call. `facts` are columns of LegalEntity."""

    name = forms.CharField(label="企业名称", max_length=120, help_text="与营业执照一致。")
    kind = forms.ChoiceField(
        label="主体类型",
        choices=EntityKind.choices,
        initial=EntityKind.LEGAL_PERSON,
        help_text="看营业执照“类型”一栏。分公司等分支机构由所属法人登记和申报。",
    )
    registered_address = forms.CharField(
        label="住所（注册地址）", max_length=200, help_text="照抄营业执照“住所”一栏。是否属于本市由中心按执照认定。"
    )
    district = forms.ModelChoiceField(Entry.objects.none(), label="注册区", empty_label="请选择")
    legal_representative = forms.CharField(label="法定代表人", max_length=60)
    established_on = DayField(label="成立日期")
    licence = PaperField(label="营业执照")
    industry = forms.ModelChoiceField(Entry.objects.none(), label="所属高精尖产业（选填）", required=False, empty_label="不属于或暂不确定")
    export_value = AmountField(label="上年出口额（万元，选填）", required=False)
    export_regions = forms.CharField(
        label="主要出口国家和地区（选填）", max_length=200, required=False, help_text="例如：美国、德国、日本。"
    )
    contact_name = forms.CharField(label="联系人", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    contact_phone = forms.CharField(
        label="联系电话",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        help_text="手机，或带区号的座机。",
    )
    contact_email = forms.EmailField(label="联系邮箱", widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    LICENCE_GROUP = ["name", "kind", "registered_address", "district", "legal_representative", "established_on", "licence"]
    EXPORT_GROUP = ["industry", "export_value", "export_regions"]
    CONTACT_GROUP = ["contact_name", "contact_phone", "contact_email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = entries(Kind.DISTRICT)
        self.fields["industry"].queryset = entries(Kind.INDUSTRY)
        self.helper = grouped(*self.groups())

    def groups(self):
        return [("营业执照上的信息", *self.LICENCE_GROUP), ("海外业务", *self.EXPORT_GROUP), ("联系人", *self.CONTACT_GROUP)]

    def clean_established_on(self):
        day = self.cleaned_data["established_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("成立日期在今天之后，请对照营业执照核对。")
        return day

    def clean_contact_phone(self):
        return phone_of(self.cleaned_data["contact_phone"])

    def clean(self):
        name = self.cleaned_data.get("name", "")
        if name and (rules.looks_like_branch(name) or self.cleaned_data.get("kind") == EntityKind.BRANCH):
            self.add_error("name", Refusal("branch_registers", name=name))

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("licence", "version")}


class RegistrationForm(EntityForm):
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        help_text="营业执照上的 18 位代码，可直接粘贴，空格和连字符会自动去掉。",
        widget=forms.TextInput(attrs=WHOLE_CODE),
    )
    field_order = ["credit_code"]

    def groups(self):
        said = HTML('<div id="code-said" class="mb-3" aria-live="polite"></div>')
        (title, *fields), *others = super().groups()
        return [(title, "credit_code", said, *fields), *others]

    def clean_credit_code(self):
        return services.check_code(self.cleaned_data["credit_code"])


class CorrectionForm(EntityForm):
    """The same for what is registered already: the code stays, the licence only where it is replaced."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["licence"].required = False

    def groups(self):
        first, *others = super().groups()
        return [(*first, "version"), *others]


class CategoryForm(PaperForm):
    category = forms.ModelChoiceField(Entry.objects.none(), label="企业类别", empty_label="请选择")
    certificate_number = forms.CharField(label="证书或公告文号（选填）", max_length=100, required=False)
    valid_from = DayField(label="有效期起（选填）", required=False)
    valid_until = DayField(label="有效期止（选填）", required=False, help_text="长期有效的不填。申报当日须在有效期内。")
    evidence = PaperField(label="证明材料", help_text="证书、公告名单页，或出口证明（“其他出口型企业”）。PDF、JPG 或 PNG，不超过 20 MB。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = entries(Kind.CATEGORY)

    def clean(self):
        first, last = self.cleaned_data.get("valid_from"), self.cleaned_data.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", "有效期止不能早于有效期起。请对照证书核对。")

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "evidence"}


class AccountForm(PaperForm):
    holder = forms.CharField(label="户名", max_length=120, help_text="须与企业名称逐字一致，括号全角半角均可。")
    bank_name = forms.CharField(label="开户行", max_length=120, help_text="写到支行，例如：示例银行北京海淀支行。")
    cnaps = forms.CharField(
        label="联行号",
        max_length=30,
        help_text="12 位数字，在开户证明上，也可向开户行询问。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    number = forms.CharField(
        label="账号",
        max_length=60,
        help_text="可带空格；开头的 0 请保留。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    proof = PaperField(label="开户证明", help_text="开户许可证、基本存款账户信息或银行出具的证明。PDF、JPG 或 PNG，不超过 20 MB。")

    def clean_cnaps(self):
        cnaps = compact(self.cleaned_data["cnaps"])
        if not re.fullmatch(r"[0-9]{12}", cnaps):
            raise forms.ValidationError("联行号应为 12 位数字。请对照开户证明核对。")
        return cnaps


class AccountDecisionForm(forms.Form):
    """About the account that the person has before the eyes; both buttons send the same form."""

    account = forms.ModelChoiceField(BankAccount.objects.none(), widget=forms.HiddenInput)
    confirmed = forms.TypedChoiceField(choices=[("yes", "确认"), ("no", "取消更换")], coerce=lambda value: value == "yes")


class TakeoverForm(PaperForm):
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        help_text="营业执照上的 18 位代码。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )
    reason = forms.CharField(
        label="情况说明",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：原管理员王某已于 6 月离职，账号无人掌握，现由本人负责。",
    )
    letter = PaperField(label="加盖公章的公函", help_text="写明企业名称、代码、委托您担任管理员，加盖公章。PDF、JPG 或 PNG，不超过 20 MB。")
    licence = PaperField(label="营业执照")
    contact_name = forms.CharField(label="联系人", max_length=60, help_text="企业里能向中心核实情况的人。")
    contact_phone = forms.CharField(label="联系电话", max_length=20, widget=forms.TextInput(attrs={"inputmode": "tel"}))

    def clean_contact_phone(self):
        return phone_of(self.cleaned_data["contact_phone"])


class SwitchForm(forms.Form):
    legal_entity = forms.ModelChoiceField(None, label="以哪家企业的名义办理", empty_label=None, widget=forms.RadioSelect)

    def __init__(self, *args, entities, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["legal_entity"].queryset = entities


ROLES_EXPLAINED = {
    MembershipRole.SUBMITTER: "提交人：填写并提交申报，办理补正、确认和撤回",
    MembershipRole.PREPARER: "填报人：填写资料、准备申报，不能提交",
    MembershipRole.VIEWER: "查看人：只能查看，不能填写和提交",
}


class MemberRoleForm(forms.Form):
    role = forms.ChoiceField(
        label="身份", choices=[(role.value, ROLES_EXPLAINED[role]) for role in INVITABLE], widget=forms.RadioSelect, initial=INVITABLE[0]
    )


class InvitationForm(MemberRoleForm):
    email = forms.EmailField(
        label="同事的电子邮箱",
        max_length=254,
        help_text="邀请链接发到这里，7 天内有效，只能使用一次。",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "role"]


class SureForm(forms.Form):
    """Nothing is asked but whether one means it."""


class PreRegistrationForm(forms.Form):
    products_abroad = forms.CharField(
        label="海外销售的主要产品", max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text="例如：扫地机器人、激光雷达。"
    )
    countries = forms.CharField(label="主要销售国家和地区", max_length=200, help_text="例如：美国、德国、日本。")
    expected_limit = AmountField(label="期望责任限额（元，选填）", required=False, help_text="希望保单一年最多赔付多少。不确定可以不填。")
    known_disputes = forms.BooleanField(
        label="已知有涉及上述产品的海外知识产权纠纷", required=False, help_text="保险不承保投保前已知的纠纷，请如实勾选。"
    )
    remark = forms.CharField(label="其他说明（选填）", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}
