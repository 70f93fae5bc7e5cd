"""What pages of policies show beyond one row."""

from django.db.models import Count, QuerySet

from pilot_portal.accounts.roles import Role
from pilot_portal.reference.rules import one_year_after

from .models import Policy
from .services import filed_on
from .states import PolicyAction, PolicyState


def page_of(rows: QuerySet, *, before: str | None, size: int) -> dict:
    """`rows` and `older`: one page, newest first, that starts after the row `before`. No counts: the millionth page costs as the first."""
    if before and before.isdecimal():
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    return {"rows": found[:size], "older": f"before={found[size - 1].pk}" if len(found) > size else ""}


def counts_by_state(policies: QuerySet) -> list[dict]:
    """Every state with its word and how many policies stand there."""
    counts = dict(policies.order_by().values_list("state").annotate(Count("pk")))
    return [{"state": state.value, "label": state.label, "count": counts.get(state.value, 0)} for state in PolicyState]


def policy_page(policy: Policy) -> dict:
    """A policy, its rows and totals, and what is open to the enterprise and to the insurer."""
    invoices = list(policy.invoices.select_related("paper").order_by("issued_on", "pk"))
    payments = list(policy.premium_payments.select_related("paper").order_by("paid_on", "pk"))
    filed = filed_on(policy)
    return {
        "policy": policy,
        "entity": policy.legal_entity,
        "invoices": invoices,
        "payments": payments,
        "invoiced": sum(row.amount for row in invoices),
        "paid": sum(row.amount for row in payments),
        "filed": filed,
        "editable": filed is None and policy.state != PolicyState.SURRENDERED,
        "is_one_year": policy.ends_on == one_year_after(policy.starts_on),
        "to_insurer": {PolicyAction(edge.action).value: True for edge in policy.LIFE.open_to(policy.state, Role.INSURER)},
    }
