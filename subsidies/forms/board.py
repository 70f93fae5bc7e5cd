"""What narrows the board of an insurer's clients. Nothing is required; a word that is none narrows nothing."""

from django import forms

from subsidies.reports.board import MANDATES, WHOSE

ALL = ("", "全部")


class BoardForm(forms.Form):
    q = forms.CharField(
        label="企业名称或代码开头", required=False, max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"})
    )
    turn = forms.ChoiceField(label="轮到谁", required=False, choices=[ALL, *WHOSE.items()])
    mandate = forms.ChoiceField(label="委托", required=False, choices=[ALL, *MANDATES.items()])

    @property
    def asked(self) -> dict[str, str]:
        """What narrows, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
