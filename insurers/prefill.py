"""A policy's form from its paper: what was read, and where something else is typed."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django import forms
from django.utils.html import format_html

from pilot_portal.files.models import ScanText, StoredFile
from pilot_portal.files.reading import text_of
from pilot_portal.reference.rules import compact

from .models import Insurer, Product
from .policy_text import Known, Reading, read_policy, same_name

WORDS = {
    "number": "保单号",
    "insured": "被保险人",
    "signed_on": "签订日期",
    "starts_on": "保险起期",
    "ends_on": "保险止期（不含）",
    "premium": "保费（元）",
    "liability_limit": "责任限额（元）",
}


LONGEST_READING = timedelta(seconds=90)  # of a scan; then nobody is kept waiting


def readings_of(paper: StoredFile) -> dict[str, Reading]:
    """What the text of a paper says, by field of the policy form; what was recognised on a scan is always in doubt."""
    text = text_of(paper)
    if not text:
        return {name: replace(reading, certain=False) for name, reading in _read(_text_of_scan(paper)).items()}
    return _read(text)


def is_being_read(paper: StoredFile, *, at: datetime) -> bool:
    """Whether a job is still at work on a scan, and may be waited for."""
    return ScanText.objects.filter(paper=paper, read_at__isnull=True, asked_at__gt=at - LONGEST_READING).exists()


def _text_of_scan(paper: StoredFile) -> str:
    return ScanText.objects.filter(paper=paper).values_list("text", flat=True).first() or ""


def _read(text: str) -> dict[str, Reading]:
    if not text:
        return {}
    insurers = [
        Known(one.pk, (one.short_name, one.name.partition("公司")[0] + "公司"), (one.name, one.credit_code))
        for one in Insurer.objects.in_pilot()
    ]
    products = [
        Known(one.pk, (one.name,), (one.filing_number,), one.insurer_id)
        for one in Product.objects.filter(insurer__in=[known.key for known in insurers])
    ]
    return read_policy(text, insurers, products)


def initial_of(paper: StoredFile, readings: dict[str, Reading]) -> dict:
    return {name: reading.value for name, reading in readings.items()} | {"paper": paper}


def mark(form: forms.Form, readings: dict[str, Reading]) -> None:
    """Say beside each field what was read from the paper, and where what is typed differs. To be called once the form was judged."""
    typed = form.cleaned_data if form.is_bound else {}
    for name in form.fields.keys() & readings.keys():
        field, reading = form.fields[name], readings[name]
        given = getattr(typed.get(name), "pk", typed.get(name))
        field.widget.attrs["data-read"] = _as_typed(reading.value)
        note = "从保单读到" if reading.certain else "从保单读到，请再核对"
        form[name].help_text = format_html(
            '{}<span class="read">{}：<strong>{}</strong>{}</span><span class="read-differs"{}>与保单文件上的不一致，请核对。</span>',
            field.help_text,
            note,
            _shown(field, reading.value),
            "" if reading.line == str(reading.value) else format_html('<span class="read-line">“{}”</span>', reading.line),
            "" if given is not None and not alike(given, reading.value) else " hidden",
        )


def insured_differs(name: str, readings: dict[str, Reading]) -> str:
    """The insured of the paper where it is not this name, else ""."""
    insured = readings.get("insured")
    return "" if insured is None or same_name(str(insured.value), name) else str(insured.value)


def alike(one: object, other: object) -> bool:
    return compact(one) == compact(other) if isinstance(one, str) and isinstance(other, str) else one == other


def _as_typed(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def in_words(value: object) -> str:
    if isinstance(value, date):
        return f"{value.year} 年 {value.month} 月 {value.day} 日"
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value)


def _shown(field: forms.Field, value: object) -> str:
    """A value in words: of a choice, what the choice is called."""
    if isinstance(field, forms.ModelChoiceField):
        return str(field.queryset.filter(pk=value).first() or "")
    if isinstance(field, forms.ChoiceField):
        return dict(field.choices).get(value, str(value))
    return in_words(value)
