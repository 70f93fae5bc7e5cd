from django import forms


class SeenForm(forms.Form):
    """What the person saw goes along with what the person says; the service refuses when the list is another one by now."""

    seen_hash = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    seen_count = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class DetermineForm(SeenForm):
    minutes_number = forms.CharField(
        label="会议纪要号",
        max_length=60,
        help_text="按会议纪要上的文号填写。",
        error_messages={"required": "请填写会议纪要号。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    confirmed = forms.BooleanField(label="我已核对名单、金额和依据", error_messages={"required": "请核对名单后勾选。"})


class ReturnForm(SeenForm):
    reason = forms.CharField(
        label="退回理由",
        max_length=300,
        help_text="写明哪一件、哪里需要重新核对，促进中心据此办理。不超过 300 字。",
        error_messages={"required": "请写明退回理由。"},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class RecoveryForm(forms.Form):
    """`version` is the recovery that the person saw."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class OrderForm(RecoveryForm):
    confirmed = forms.BooleanField(label="我已核对金额、依据和材料", error_messages={"required": "请核对后勾选。"})


class DropForm(RecoveryForm):
    reason = forms.CharField(
        label="不予追回的理由",
        max_length=300,
        help_text="写明为什么不追回，留作审计依据。不超过 300 字。",
        error_messages={"required": "请写明不予追回的理由。"},
        widget=forms.Textarea(attrs={"rows": 5}),
    )
