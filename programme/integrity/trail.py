"""States against the audit trail: what a row says of itself is what the last recorded step has made of it."""

from collections.abc import Iterator

from django.db import connection

from enterprises.models import LegalEntity, PreRegistration
from insurers.models import Entrustment, UnderwritingAnswer
from pilot_portal.audit.services import verify_chain
from subsidies.models import Application, Batch, Objection, Recovery

# Of everything that moves by itself alone: the state that its last step led to.
ALONE = (LegalEntity, PreRegistration, Entrustment, UnderwritingAnswer, Batch, Objection, Recovery)
LAST = """
SELECT o.id, o.state, e.after FROM {table} o CROSS JOIN LATERAL (
    SELECT data->>'after' AS after FROM audit_event
    WHERE object_type = %s AND object_id = o.id AND data ? 'after' ORDER BY id DESC LIMIT 1
) e WHERE e.after <> o.state ORDER BY o.id
"""
# A case moves alone or with its list; the list's event is then the later one. Before its first step it is a draft.
CASES = """
SELECT a.id, a.state, last.after
FROM subsidies_application a
LEFT JOIN LATERAL (
    SELECT id, data->>'after' AS after FROM audit_event
    WHERE object_type = 'subsidies.application' AND object_id = a.id AND data ? 'after' ORDER BY id DESC LIMIT 1
) last ON true
WHERE a.state <> COALESCE(last.after, 'draft') AND NOT EXISTS (
    SELECT 1 FROM (VALUES
        ('allocated', 'allocate', 'subsidies.allocationrun', a.allocation_id),
        ('determined', 'determine', 'subsidies.determination', a.determination_id),
        ('rejected', 'reject', 'subsidies.determination', a.determination_id),
        ('publicized', 'publicise', 'subsidies.publicnotice', a.public_notice_id),
        ('approved', 'approve', 'subsidies.publicnotice', a.public_notice_id),
        ('archived', 'close_zero', 'subsidies.publicnotice', a.public_notice_id)
    ) list (state, action, type, id)
    JOIN audit_event e ON e.object_type = list.type AND e.object_id = list.id AND e.action = list.action AND e.id > COALESCE(last.id, 0)
    WHERE list.state = a.state
) AND NOT (a.state = 'checked' AND EXISTS (
    SELECT 1 FROM subsidies_allocationrun r
    JOIN audit_event e ON e.object_type = 'subsidies.allocationrun' AND e.object_id = r.id AND e.action = 'return_list'
    WHERE r.window_id = a.window_id AND e.id > COALESCE(last.id, 0)
))
ORDER BY a.id
"""


def audit_chain() -> Iterator[str]:
    """The chain of the audit trail, recomputed."""
    yield from (f"审计链：{fault}" for fault in verify_chain().faults)


def states_of_cases() -> Iterator[str]:
    """A case stands where the trail has left it."""
    yield from _differing(Application, CASES, None)


def states_of_others() -> Iterator[str]:
    """So do enterprises, pre-registrations, mandates, answers of insurers, batches, objections and recoveries."""
    for model in ALONE:
        yield from _differing(model, LAST.format(table=model._meta.db_table), [model._meta.label_lower])


def _differing(model, query: str, parameters: list | None) -> Iterator[str]:
    labels = dict(model._meta.get_field("state").choices)
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found = cursor.fetchall()
    rows = model.objects.in_bulk([key for key, _, _ in found])
    for key, state, after in found:
        told = labels.get(after, after) if after else "没有记录"
        yield f"{model._meta.verbose_name} {rows[key]} 为“{labels.get(state, state)}”，审计记录却为“{told}”"
