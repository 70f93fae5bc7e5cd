import unicodedata

from django import forms

from programme.self_check import Question
from subsidies.rules import AmountError, clean_amount


def plain(text: str) -> str:
    """What was meant by full-width letters, blanks and small letters in a number copied from paper."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


class CalculatorForm(forms.Form):
    premium = forms.CharField(
        label="实际支付的保费（元，含税）",
        max_length=30,
        error_messages={"required": "请填写保费。"},
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def clean_premium(self):
        try:
            return clean_amount(self.cleaned_data["premium"])
        except AmountError as error:
            raise forms.ValidationError(str(error)) from error


class SelfCheckForm(forms.Form):
    """One choice a question; the questions are given, since some of their words are the window's."""

    def __init__(self, *args, questions: list[Question], **kwargs):
        super().__init__(*args, **kwargs)
        for number, question in enumerate(questions, 1):
            self.fields[question.name] = forms.ChoiceField(
                label=f"{number}. {question.title}",
                help_text=question.hint,
                choices=[(option.value, option.label) for option in question.options],
                error_messages={"required": "请选择一项。", "invalid_choice": "请从列出的选项中选择。"},
                widget=forms.RadioSelect,
            )


class ProgressForm(forms.Form):
    number = forms.CharField(
        label="申报编号", max_length=40, help_text="在申报回执上。", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    tail = forms.CharField(
        label="统一社会信用代码后四位", min_length=4, max_length=4, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_number(self):
        return plain(self.cleaned_data["number"])

    def clean_tail(self):
        return plain(self.cleaned_data["tail"])


class VerifyForm(forms.Form):
    code = forms.CharField(
        label="核验码", max_length=60, help_text="在文书末页二维码旁边。", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_code(self):
        return plain(self.cleaned_data["code"])


class ErrorReportForm(forms.Form):
    page = forms.CharField(label="哪个页面", max_length=200, help_text="页面名称或网址。")
    what = forms.CharField(label="哪里不对", max_length=1000, widget=forms.Textarea(attrs={"rows": 5}))
    contact = forms.CharField(label="联系方式（选填）", max_length=100, required=False, help_text="留下电话或邮箱，我们改好后告诉您。")
