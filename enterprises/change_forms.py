"""What an enterprise types when something has changed. `facts` are those of EntityChange, days in ISO form."""

from datetime import date

from django import forms
from django.utils import timezone

from pilot_portal.files.forms import PaperField, PaperForm
from pilot_portal.reference.forms import AmountField, DayField
from pilot_portal.reference.models import Entry, Kind

from . import services
from .forms import entries, phone_of
from .models import ChangeKind, LegalEntity


class ChangeForm(PaperForm):
    @classmethod
    def initial_of(cls, entity: LegalEntity) -> dict:
        return {}

    @property
    def facts(self) -> dict:
        typed = {name: value for name, value in self.cleaned_data.items() if name != "evidence"}
        return {name: value.isoformat() if isinstance(value, date) else getattr(value, "pk", value) for name, value in typed.items()}


class PastDayField(DayField):
    def clean(self, value):
        day = super().clean(value)
        if day and day > timezone.localdate():
            raise forms.ValidationError("日期在今天之后，请对照证明材料核对。")
        return day


class FactsForm(ChangeForm):
    name = forms.CharField(label="企业名称", max_length=120, help_text="变更后的名称，与新营业执照一致。没有变的照旧。")
    registered_address = forms.CharField(label="住所（注册地址）", max_length=200)
    district = forms.ModelChoiceField(Entry.objects.none(), label="注册区", empty_label="请选择")
    legal_representative = forms.CharField(label="法定代表人", max_length=60)
    changed_on = PastDayField(label="变更登记日期", help_text="市场监管部门核准变更的日期。")
    evidence = PaperField(label="变更后的营业执照", help_text="连同准予变更登记通知书，合并为一个文件。PDF、JPG 或 PNG，不超过 20 MB。")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = entries(Kind.DISTRICT)

    @classmethod
    def initial_of(cls, entity):
        return {name: getattr(entity, name) for name in ("name", "registered_address", "district", "legal_representative")}


class FormerNameForm(ChangeForm):
    name = forms.CharField(label="曾用名", max_length=120, help_text="变更前的企业全称。")
    until = PastDayField(label="更名日期", help_text="停止使用这个名称的日期。")
    evidence = PaperField(label="更名证明", help_text="准予变更登记通知书等。PDF、JPG 或 PNG，不超过 20 MB。")


class BranchForm(ChangeForm):
    credit_code = forms.CharField(
        label="分支机构的统一社会信用代码",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )
    name = forms.CharField(label="分支机构名称", max_length=120)
    place = forms.CharField(label="所在地", max_length=120, help_text="例如：上海市浦东新区。")
    evidence = PaperField(label="分支机构营业执照")

    def clean_credit_code(self):
        return services.check_code(self.cleaned_data["credit_code"])


FORMS: dict[ChangeKind, type[ChangeForm]] = {
    ChangeKind.FACTS: FactsForm,
    ChangeKind.FORMER_NAME: FormerNameForm,
    ChangeKind.BRANCH: BranchForm,
}


class ContactForm(forms.Form):
    industry = forms.ModelChoiceField(Entry.objects.none(), label="所属高精尖产业（选填）", required=False, empty_label="不属于或暂不确定")
    export_value = AmountField(label="上年出口额（万元，选填）", required=False)
    export_regions = forms.CharField(
        label="主要出口国家和地区（选填）", max_length=200, required=False, help_text="例如：美国、德国、日本。"
    )
    contact_name = forms.CharField(label="联系人", max_length=60)
    contact_phone = forms.CharField(label="联系电话", max_length=20, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    contact_email = forms.EmailField(label="联系邮箱")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["industry"].queryset = entries(Kind.INDUSTRY)

    def clean_contact_phone(self):
        return phone_of(self.cleaned_data["contact_phone"])
