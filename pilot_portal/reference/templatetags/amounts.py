from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """1234567.8 → 1,234,567.80; a dash where there is none."""
    return "—" if amount is None or amount == "" else f"{amount:,.2f}"
