from django import forms

from .kinds import offers_for


class PreferencesForm(forms.Form):
    """A box a kind; ticked: mailed too."""

    mailed = forms.MultipleChoiceField(label="同时发送邮件", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, role: str, off: set[str], **kwargs):
        super().__init__(*args, **kwargs)
        offers = offers_for(role)
        self.fields["mailed"].choices = [(offer.kind.value, f"{offer.kind.label}：{offer.says}") for offer in offers]
        self.initial["mailed"] = [offer.kind.value for offer in offers if offer.kind.value not in off]
