"""Forms of a draft's tasks. Each carries where the draft stood when its page was opened, so that two people lose nothing."""

import secrets

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.html import format_html

from insurers.models import Policy
from pilot_portal.files.forms import PaperForm, PapersField
from subsidies.models import Application, AttachmentKind
from subsidies.rules import WORDINGS
from subsidies.services.drafts import OTHER_SUBSIDIES_LENGTH


class DraftForm(forms.Form):
    """What a task writes: the column `writes`. A person who has seen both versions keeps this one by sending `keep`."""

    writes = ""
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    page = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, *args, application: Application, initial=None, **kwargs):
        marks = {"version": application.version, "page": secrets.token_hex(8)}
        super().__init__(*args, initial=marks | (initial or {self.writes: getattr(application, self.writes)}), **kwargs)

    def clean_version(self) -> int | None:
        keep = self.data.get("keep", "")
        return int(keep) if keep.isdecimal() and len(keep) < 10 else self.cleaned_data["version"]

    @property
    def marks(self) -> dict:
        return {name: self.cleaned_data.get(name) or default for name, default in (("version", None), ("page", ""))}

    def columns(self) -> dict | None:
        """What is to be saved as it stands, also while it is incomplete; None where it cannot be kept."""
        return {self.writes: self.cleaned_data[self.writes]} if self.is_valid() else None


class PolicyField(forms.ModelChoiceField):
    widget = forms.RadioSelect
    default_error_messages = {"required": "请选择一份保单。", "invalid_choice": WORDINGS["policy_not_own"].fails}

    def label_from_instance(self, policy: Policy) -> str:
        signed = f"{policy.signed_on.year} 年 {policy.signed_on.month} 月 {policy.signed_on.day} 日"
        return format_html(
            '<span class="code">{}</span><span class="clause">{} · {}签订 · 保费 {} 元 · {}</span>',
            policy.number,
            policy.insurer.short_name,
            signed,
            f"{policy.premium:,.2f}",
            policy.get_state_display(),
        )


class PolicyForm(DraftForm):
    writes = "policy"
    policy = PolicyField(queryset=Policy.objects.none(), label="用哪份保单申报", empty_label=None)

    def __init__(self, *args, application: Application, **kwargs):
        policies = application.legal_entity.policies.select_related("insurer")
        if application.insurer_id:
            policies = policies.filter(insurer=application.insurer_id)
        chosen = application.policy_id or (policies[0].pk if len(policies) == 1 else None)
        super().__init__(*args, application=application, initial={"policy": chosen}, **kwargs)
        self.fields["policy"].queryset = policies


class CategoryField(forms.ModelChoiceField):
    widget = forms.RadioSelect
    default_error_messages = {"required": "请选择一个企业类别。", "invalid_choice": "请从列出的企业类别中选择。"}

    def label_from_instance(self, category) -> str:
        until = category.valid_until
        validity = f"有效期至 {until.year} 年 {until.month} 月 {until.day} 日" if until else "长期有效"
        paper = "已附证明" if category.evidence_id else "未附证明"
        return format_html('{}<span class="clause">{} · {}</span>', category.category.name, validity, paper)


class CategoryForm(DraftForm):
    writes = "category"
    category = CategoryField(queryset=None, label="按哪个类别申报", empty_label=None)

    def __init__(self, *args, application: Application, **kwargs):
        categories = application.legal_entity.categories.select_related("category")
        chosen = application.category_id or (categories[0].pk if len(categories) == 1 else None)
        super().__init__(*args, application=application, initial={"category": chosen}, **kwargs)
        self.fields["category"].queryset = categories


class AccountForm(DraftForm):
    """The account that the person has before the eyes; another one that was opened meanwhile is not confirmed by it."""

    writes = "bank_account"

    bank_account = forms.ModelChoiceField(
        queryset=None,
        label="收款账户",
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "收款账户刚刚有变化。请核对下面的账户后再确认。"),
    )

    def __init__(self, *args, application: Application, **kwargs):
        opened = application.legal_entity.bank_accounts.open()
        self.current = opened.first()
        super().__init__(*args, application=application, initial={"bank_account": self.current}, **kwargs)
        self.fields["bank_account"].queryset = opened

    def show_current(self) -> None:
        """Offer the account that is open now, beside the errors of what was sent."""
        self.data = self.data.copy()
        self.data["bank_account"] = self.current.pk if self.current else ""


class PledgeForm(forms.Form):
    pledged = forms.BooleanField(
        label="我代表本企业作出以上承诺", required=True, error_messages={"required": "请阅读并勾选承诺事项后再继续。"}
    )


class DraftPledgeForm(DraftForm, PledgeForm):
    writes = "pledged"

    def columns(self) -> dict | None:
        return {"pledged": False} if set(self.errors) == {"pledged"} else super().columns()


class ClientPledgeForm(DraftPledgeForm):
    """The same, ticked by the insurer: the pledge remains the enterprise's."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pledged"].label = "委托企业已阅读并作出以上承诺"


class OtherSubsidiesForm(DraftForm):
    KEPT = 10_000  # a draft keeps a text that is too long to be filed

    writes = "other_subsidies"
    other_subsidies = forms.CharField(
        label="同一份保险已获的其他财政资金",
        required=False,
        validators=[MaxLengthValidator(OTHER_SUBSIDIES_LENGTH)],  # no maxlength: a browser would cut off what is pasted
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明部门、名称、金额和日期；没有就不填。",
    )

    def columns(self) -> dict | None:
        text = self.data.get("other_subsidies", "")
        codes = {error.code for errors in self.errors.as_data().values() for error in errors}
        return {"other_subsidies": text} if codes == {"max_length"} and len(text) <= self.KEPT else super().columns()


class AttachmentForm(PaperForm):
    """Further papers of one kind. The sealed pledge is added where the pledge is made."""

    KINDS = [AttachmentKind.EXPORT, AttachmentKind.QUESTIONNAIRE, AttachmentKind.CATEGORY, AttachmentKind.ACCOUNT, AttachmentKind.OTHER]

    kind = forms.ChoiceField(label="材料", choices=[(kind.value, kind.label) for kind in KINDS])
    file = PapersField(label="文件")


class SealedPledgeForm(PaperForm):
    file = PapersField(label="盖章的承诺书")
