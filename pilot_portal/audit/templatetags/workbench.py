"""Cells of the workbench's lists."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django import template
from django.contrib.admin.utils import display_for_field, display_for_value, label_for_field, lookup_field
from django.utils import timezone
from django.utils.html import format_html

from pilot_portal.audit.workbench.words import ACTION_NAMES, FACT_NAMES, ROLE_NAMES, VALUE_NAMES, event_name

register = template.Library()
register.filter(event_name)
DASH = "—"
MOST_SAID = 12  # entries of a list in a line of the trail; the event holds all


@dataclass(frozen=True)
class Cell:
    label: str
    value: str
    kind: str = ""  # money, num or nothing
    url: str = ""


@register.simple_tag
def list_headers(cl) -> list[str]:
    return [label_for_field(name, cl.model, cl.model_admin) for name in cl.list_display]


@register.simple_tag
def list_rows(cl, headers) -> list[list[Cell]]:
    """Every row of the page; its main cell links to the row's screen."""
    return [
        [_cell(cl, row, name, header, is_link=name in cl.list_display_links) for name, header in zip(cl.list_display, headers, strict=True)]
        for row in cl.result_list
    ]


def _cell(cl, row, name: str, label: str, *, is_link: bool) -> Cell:
    field, _, value = lookup_field(name, row, cl.model_admin)
    url = cl.url_for_result(row) if is_link else ""
    if isinstance(value, Decimal):
        return Cell(label, f"{value:,.2f}", "money", url)
    if isinstance(value, datetime):
        return Cell(label, f"{timezone.localtime(value):%Y-%m-%d %H:%M}", "num", url)
    if field is not None and field.choices and name in cl.model_admin.tag_fields:
        return Cell(label, state_tag(cl.model_admin.tones, value, display_for_field(value, field, DASH)), "", url)
    shown = display_for_value(value, DASH) if field is None or field.is_relation else display_for_field(value, field, DASH)
    return Cell(label, shown or DASH, "", url)


@register.simple_tag
def state_tag(tones: dict, value: str, label: str):
    """A state as a word on a tone."""
    return format_html('<span class="tag {}">{}</span>', tones.get(value, ""), label)


@register.filter
def pairs(data: dict) -> str:
    """An event's data in one line, in words, without what is empty."""
    said = ((name, value) for name, value in data.items() if value not in (None, "", [], {}))
    return "；".join(f"{FACT_NAMES.get(name, name)} {act_name(value) if name == 'what' else _in_words(value)}" for name, value in said)


def _in_words(value) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        if len(value) > MOST_SAID:
            return f"{_in_words(value[:MOST_SAID])}……共 {len(value)} 项"
        if value and all(isinstance(item, list) for item in value):  # (name, sentence) rows
            return "；".join("：".join(_in_words(part) for part in item) for item in value)
        return "、".join(_in_words(item) for item in value)
    return VALUE_NAMES.get(value, str(value)) if isinstance(value, str) else str(value)


@register.simple_tag
def tab_links(cl, choice) -> list:
    return choice.links(cl)


@register.filter
def act_name(action: str) -> str:
    return ACTION_NAMES.get(action, action)


@register.filter
def actor_name(event) -> str:
    """Who, as a login name with the role it acted in."""
    return f"{event.actor}（{ROLE_NAMES.get(event.role, event.role)}）" if event.role else event.actor
