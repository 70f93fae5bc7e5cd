"""A database with as many cases as asked for: a few made through the services, the rest copied from them by SQL."""

from functools import lru_cache

from django.conf import settings
from django.db import connection

from enterprises.models import BankAccount, LegalEntity
from insurers.models import Invoice, Policy, PremiumPayment
from subsidies.models import Application, Finding, Window
from subsidies.states import State
from tests import databases, make

BASE = 1_000_000_000  # keys of copies begin here, the same for a case and all that belongs to it
OPEN_STATES = (State.SUBMITTED, State.ACCEPTED, State.REVIEWED, State.CHECKED)
KEYS = {"legal_entity_id": "n", "policy_id": "n", "bank_account_id": "n"}
COPIES = [
    (LegalEntity, {"credit_code": "'91110108' || lpad(n::text, 10, '0')", "name": "'北京第' || n || '号智能装备有限公司'"}),
    (BankAccount, {"number_hmac": "md5(n::text)"}),
    (Policy, {"number": "'QC' || n", "number_normalised": "'QC' || n"}),
    (Invoice, {"number": "'1' || n"}),
    (PremiumPayment, {"reference": "'R' || n"}),
    (Application, {"number": "'BJIP-2026-' || n"}),
]


@lru_cache(maxsize=1)
def crowd(count: int, states: tuple[State, ...] = OPEN_STATES) -> Window:
    """A fresh database whose one window has `count` cases, as many in each of these states; the draw grants them all in full.

    Asked for the same crowd again at once, it gives the one that stands.
    """
    databases.make_template()
    databases.renew()
    window = make.window(draw=f"{count * 80_000 + 1_000_000}.00")
    templates = [make.application(window=window, state=state) for state in states]
    share = count // len(states)
    for position, template in enumerate(templates):
        copy_case(template, BASE + position * share, share - 1)
    with databases.owner_on(settings.DATABASE) as cursor:
        cursor.execute("VACUUM ANALYZE")
    return window


def copy_case(template: Application, first: int, count: int) -> None:
    """`count` further cases like this one, with keys from `first`; each has its own enterprise, account, policy and papers' rows."""
    policy = template.policy
    originals = [template.legal_entity, template.bank_account, policy, policy.invoices.get(), policy.premium_payments.get(), template]
    for (model, unique), original in zip(COPIES, originals, strict=True):
        _copy(model, original.pk, unique, first, count)
    if findings := template.findings.order_by("pk"):
        _copy(Finding, findings.first().pk, {"application_id": "n", "code": "'copied'"}, first, count)


def _copy(model, original: int, unique: dict[str, str], first: int, count: int) -> None:
    columns = [field.column for field in model._meta.concrete_fields if field.column != "id"]
    own = {column: value for column, value in KEYS.items() if column in columns and model is not LegalEntity}
    values = {**{column: f'"{column}"' for column in columns}, **own, **unique}
    table = model._meta.db_table
    listed = ", ".join(f'"{column}"' for column in columns)
    sql = f"INSERT INTO {table} (id, {listed}) SELECT n, {', '.join(values[column] for column in columns)}"
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} FROM {table}, generate_series(%s::bigint, %s::bigint) n WHERE id = %s", [first, first + count - 1, original])
