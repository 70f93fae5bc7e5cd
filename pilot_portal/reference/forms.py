"""Fields for amounts and days, as people type them."""

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from .rules import AmountError, clean_amount

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


class AmountField(forms.CharField):
    """CNY to the fen from `1,234.50`, full-width digits, ￥ or 元; anything else is refused with the sentence of the rule."""

    def __init__(self, *, positive=False, **kwargs):
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.positive = positive

    def clean(self, value) -> Decimal | None:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        try:
            amount = clean_amount(text)
        except AmountError as error:
            raise ValidationError(str(error), code=error.code) from error
        if self.positive and amount == 0:
            raise ValidationError("金额须大于 0。请按票据上的数字填写。", code="amount_not_positive")
        return amount

    def prepare_value(self, value):
        return f"{value:.2f}" if isinstance(value, Decimal) else value


class DayField(forms.DateField):
    """A day, by the browser's own calendar, or typed as 2027-06-14, 2027/6/14 or 2027年6月14日."""

    default_error_messages = {"invalid": "请填写日期，例如 2026-06-14。"}

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"])
        super().__init__(**kwargs)
        wrong = "日期不在合理范围内，请核对年份。"
        self.validators += [MinValueValidator(FIRST_DAY, wrong), MaxValueValidator(LAST_DAY, wrong)]
