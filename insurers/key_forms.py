"""Forms on an insurer's keys for its own systems."""

from datetime import timedelta

from django import forms

from .models import Scope

OVERLAPS = [("1", "1 天"), ("7", "7 天"), ("30", "30 天")]
PERIODS = [("90", "90 天"), ("180", "180 天"), ("365", "365 天")]


class KeyForm(forms.Form):
    name = forms.CharField(
        label="用途",
        max_length=60,
        help_text="例如：承保系统。便于日后辨认。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请写明用在哪个系统。"},
    )
    scopes = forms.MultipleChoiceField(
        label="权限",
        choices=[(scope.value, scope.label) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text="只给这个系统用得到的。",
        error_messages={"required": "请至少选一项权限。"},
    )
    days = forms.ChoiceField(label="有效期", choices=PERIODS, initial="180")

    @property
    def facts(self) -> dict:
        typed = self.cleaned_data
        return {"name": typed["name"], "scopes": typed["scopes"], "period": timedelta(days=int(typed["days"]))}


class RotateForm(forms.Form):
    """For how long the old key works on beside the new one."""

    days = forms.ChoiceField(
        label="原来的密钥还能用",
        choices=OVERLAPS,
        initial="1",
        widget=forms.RadioSelect,
        help_text="这段时间两把都能用，在系统里换好即可。疑似泄露的不要更换，请直接停用。",
    )

    @property
    def overlap(self) -> timedelta:
        return timedelta(days=int(self.cleaned_data["days"]))
