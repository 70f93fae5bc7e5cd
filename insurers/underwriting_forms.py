"""Forms on requests for insurance: what an enterprise asks, what an insurer answers."""

from django import forms
from django.utils import timezone

from pilot_portal.reference.forms import AmountField, DayField

from .models import Insurer


class RequestForm(forms.Form):
    insurers = forms.ModelMultipleChoiceField(
        Insurer.objects.none(),
        label="发给哪些保险公司",
        widget=forms.CheckboxSelectMultiple,
        help_text="可以多选，答复会并排列出。所选公司会看到本企业名称、联系人和下面的内容。",
        error_messages={"required": "请至少选择一家保险公司。"},
    )
    products_abroad = forms.CharField(label="要保障的产品", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    territory = forms.CharField(label="保障区域", max_length=200, help_text="例如：美国、欧盟。")
    liability_limit = AmountField(label="期望责任限额（元）", positive=True)
    starts_on = DayField(label="期望起保日期")
    remark = forms.CharField(
        label="其他要求（选填）",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：已知的争议、希望的免赔额。",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        selected = self.fields["insurers"].queryset = Insurer.objects.selected_on(timezone.localdate())
        if not selected.exists():
            self.fields["insurers"].help_text = "现在没有在试点名录内的保险公司，请留意通知公告。"

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "insurers"}


class VersionForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)


class OfferForm(VersionForm):
    premium = AmountField(label="报价保费（元，含税）", positive=True)
    liability_limit = AmountField(label="可承保责任限额（元）", positive=True)
    valid_until = DayField(label="报价有效期至", help_text="含当日。过期后企业不能选定。")
    conditions = forms.CharField(
        label="承保条件（选填）",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例如：免赔额、除外的国家和产品。",
    )

    @property
    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class RefuseForm(VersionForm):
    reason = forms.CharField(
        label="不承保的理由",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="企业会原样看到，请写具体。",
        error_messages={"required": "请写明不承保的理由。"},
    )
