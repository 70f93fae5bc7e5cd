"""What an objection on the public site asks, and how it is asked after."""

from django import forms
from django.utils import timezone

from pilot_portal.files.forms import KeptPapersField, PaperForm
from pilot_portal.reference.rules import compact
from pilot_portal.workflow.forms import grouped
from subsidies.models import Application, IdentityKind, PublicNotice
from subsidies.states import State

from . import identities
from .forms import plain

PLAIN_INPUT = {"autocomplete": "off"}


class ObjectionForm(PaperForm):
    """Which enterprise of the list, why, with what evidence, and who says so. `case` is the one that is meant."""

    enterprise = forms.CharField(
        label="对哪家企业有异议",
        max_length=120,
        help_text="名单上的企业名称或统一社会信用代码。",
        error_messages={"required": "请填写名单上的企业。"},
        widget=forms.TextInput(attrs=PLAIN_INPUT),
    )
    grounds = forms.CharField(
        label="事实和理由",
        max_length=4000,
        help_text="写明哪里与事实不符、您怎样知道的。这里不要写您自己的姓名。",
        error_messages={"required": "请写明事实和理由。"},
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    papers = KeptPapersField(label="证明材料", required=False, most=5)
    objector = forms.CharField(
        label="您的姓名或单位名称",
        max_length=60,
        error_messages={"required": "请填写姓名或单位名称，匿名的异议不能核实。"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    identity_kind = forms.ChoiceField(
        label="证件类型", choices=[("", "请选择"), *IdentityKind.choices], error_messages={"required": "请选择证件类型。"}
    )
    identity = forms.CharField(
        label="证件号码", max_length=40, error_messages={"required": "请填写证件号码。"}, widget=forms.TextInput(attrs=PLAIN_INPUT)
    )
    contact = forms.CharField(
        label="联系电话",
        max_length=40,
        help_text="只用于核实这件异议。",
        error_messages={"required": "请填写联系电话。"},
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    mail = forms.EmailField(
        label="接收答复的邮箱",
        required=False,
        max_length=100,
        help_text="选填。留了邮箱，办结后把答复发给您；没有邮箱，可以凭异议编号和查询码查看和打印。",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    confirmed = forms.BooleanField(label="以上内容属实，我愿意配合核实", error_messages={"required": "请确认内容属实后勾选。"})

    refused_fields = {"not_published": "enterprise", "reason_missing": "grounds"}

    def __init__(self, *args, notice: PublicNotice, **kwargs):
        super().__init__(*args, **kwargs)
        self.notice, self.case = notice, None
        if named := self._found(self.initial.get("enterprise", "")):
            self.initial["enterprise"] = named[0].legal_entity.name
        self.helper = grouped(
            ("异议", "enterprise", "grounds", "papers"),
            ("您是谁（加密保存，不告知被异议的企业）", "objector", "identity_kind", "identity", "contact", "mail"),
            ("", "confirmed"),
        )

    def clean_enterprise(self):
        """A name or a code of the list; the case may have left it meanwhile, which the service refuses."""
        asked = self.cleaned_data["enterprise"].strip()
        found = self._found(asked)
        if not found:
            raise forms.ValidationError("这份名单上没有这家企业。请照名单填写全称或统一社会信用代码。")
        if len(found) > 1:
            raise forms.ValidationError("名单上有同名企业，请填写统一社会信用代码。")
        self.case = found[0]
        return asked

    def _found(self, asked: str) -> list[Application]:
        cases = self.notice.applications.filter(state=State.PUBLICIZED).select_related("legal_entity")
        return list(cases.filter(legal_entity__credit_code=compact(asked))[:1]) or list(cases.filter(legal_entity__name=asked)[:2])

    def clean_identity(self):
        return compact(self.cleaned_data["identity"])

    def clean(self):
        given = super().clean()
        kind, number = given.get("identity_kind"), given.get("identity")
        if kind and number and (sentence := identities.fault(kind, number, timezone.localdate())):
            self.add_error("identity", sentence)
        return given

    def facts(self) -> dict:
        names = ("objector", "contact", "mail", "identity_kind", "identity", "grounds", "papers")
        return {name: self.cleaned_data[name] for name in names}


class ObjectionProgressForm(forms.Form):
    number = forms.CharField(
        label="异议编号", max_length=40, help_text="在回执上，例如 YY-2026-0001。", widget=forms.TextInput(attrs=PLAIN_INPUT)
    )
    code = forms.CharField(label="查询码", max_length=20, help_text="在回执上，8 位。", widget=forms.TextInput(attrs=PLAIN_INPUT))

    def clean_number(self):
        return self._one_word("number")

    def clean_code(self):
        return self._one_word("code")

    def _one_word(self, name: str) -> str:
        """As it may stand in an address."""
        word = plain(self.cleaned_data[name])
        if not word.replace("-", "").isalnum():
            raise forms.ValidationError("请照回执填写，只有字母、数字和短横线。")
        return word
