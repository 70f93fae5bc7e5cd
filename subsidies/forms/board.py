"""What narrows an insurer's lists: its clients, its filings. Nothing is required; a word that is none narrows nothing."""

from django import forms

from subsidies.models import Window
from subsidies.reports.board import MANDATES, WHOSE
from subsidies.reports.client_cases import SHOWN

ALL = ("", "全部")


class NarrowingForm(forms.Form):
    @property
    def asked(self) -> dict[str, str]:
        """What narrows, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class BoardForm(NarrowingForm):
    q = forms.CharField(
        label="企业名称或代码开头", required=False, max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"})
    )
    turn = forms.ChoiceField(label="轮到谁", required=False, choices=[ALL, *WHOSE.items()])
    mandate = forms.ChoiceField(label="委托", required=False, choices=[ALL, *MANDATES.items()])


class FilingsForm(NarrowingForm):
    state = forms.ChoiceField(label="状态", required=False, choices=[(key, label) for key, (label, _) in SHOWN.items()])
    window = forms.ChoiceField(label="申报周期", required=False)
    q = forms.CharField(
        label="企业名称、代码或申报编号开头",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["window"].choices = [ALL, *Window.objects.published().order_by("-pk").values_list("pk", "name")]
