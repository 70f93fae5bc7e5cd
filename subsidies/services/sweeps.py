"""The hourly second look at the two rules of 试点方案 六（二）, set-based, whatever the constraints let through."""

from datetime import datetime

from django.db import connection, transaction

from pilot_portal.accounts.models import User
from pilot_portal.audit.models import Event
from pilot_portal.audit.services import record
from subsidies.models import Application
from subsidies.states import ON_THE_WAY, SLOT_FREE, Action, State

from .letters import alarm_head, tell

# Entitlements and awards above what the terms of the window allow.
ABOVE_CAP = """
SELECT a.id, concat('核定 ', a.awarded, ' 元、应补 ', a.entitled, ' 元，按本期比例和上限最多 ', most.amount, ' 元')
FROM subsidies_application a
JOIN subsidies_window w ON w.id = a.window_id
CROSS JOIN LATERAL (SELECT LEAST(trunc(COALESCE(a.recognised_premium, 0) * w.rate, 2), w.cap) AS amount) most
WHERE GREATEST(a.awarded, a.entitled) > most.amount OR a.awarded > a.entitled
   OR (a.awarded IS NOT NULL AND a.entitled IS NULL AND a.awarded > 0)
"""

# Later filings of what is one legal person, one policy or one invoice. The earlier filing goes on; a human decides.
# What stands twice is found by grouping, which an index answers alone; only its cases are then put in order.
TWICE = """
WITH related AS MATERIALIZED (
    SELECT b.legal_entity_id AS one, e.id AS other, '分支机构另行申报' AS why
    FROM enterprises_branch b JOIN enterprises_legalentity e ON e.credit_code = b.credit_code AND e.id <> b.legal_entity_id
    UNION
    SELECT f.legal_entity_id, e.id, '曾用名另行申报'
    FROM enterprises_formername f JOIN enterprises_legalentity e ON e.name = f.name AND e.id <> f.legal_entity_id
), twice AS (
    SELECT id, '同一法人主体重复申报' AS why FROM (
        SELECT a.id, row_number() OVER (PARTITION BY a.window_id, a.legal_entity_id ORDER BY a.submitted_at, a.id) AS n
        FROM (SELECT window_id, legal_entity_id FROM subsidies_application WHERE state NOT IN %(slot_free)s
              GROUP BY window_id, legal_entity_id HAVING COUNT(*) > 1) several
        JOIN subsidies_application a USING (window_id, legal_entity_id) WHERE a.state NOT IN %(slot_free)s
    ) ranked WHERE n > 1
    UNION
    SELECT id, '同一保单重复申报' FROM (
        SELECT a.id, row_number() OVER (PARTITION BY policy_id ORDER BY a.submitted_at, a.id) AS n
        FROM (SELECT policy_id FROM subsidies_application WHERE state NOT IN %(slot_free)s
              GROUP BY policy_id HAVING COUNT(*) > 1) several
        JOIN subsidies_application a USING (policy_id) WHERE a.state NOT IN %(slot_free)s
    ) ranked WHERE n > 1
    UNION
    SELECT CASE WHEN (a.submitted_at, a.id) > (b.submitted_at, b.id) THEN a.id ELSE b.id END, r.why
    FROM related r
    JOIN subsidies_application a ON a.legal_entity_id = r.one AND a.state NOT IN %(slot_free)s
    JOIN subsidies_application b ON b.legal_entity_id = r.other AND b.window_id = a.window_id AND b.state NOT IN %(slot_free)s
    UNION
    SELECT id, '发票另用于其他申报' FROM (
        SELECT a.id, row_number() OVER (PARTITION BY i.number ORDER BY a.submitted_at, a.id) AS n
        FROM (SELECT number FROM insurers_invoice GROUP BY number HAVING COUNT(*) > 1) several
        JOIN insurers_invoice i USING (number)
        JOIN subsidies_application a ON a.policy_id = i.policy_id AND a.state NOT IN %(slot_free)s
    ) ranked WHERE n > 1
)
SELECT id, string_agg(why, '；' ORDER BY why) FROM twice GROUP BY id
"""


def enforce_award_caps(*, at: datetime) -> int:
    """Hold and alarm every case whose entitlement or award is above rate or cap. Returns how many deviate. 六（二）1."""
    return _hold_and_alarm("补贴金额超出规定", ABOVE_CAP, None, at)


def enforce_single_application(*, at: datetime) -> int:
    """Hold and alarm every later filing of the same legal person, policy or invoice. Returns how many deviate. 六（二）2."""
    return _hold_and_alarm("疑似重复申报", TWICE, {"slot_free": tuple(SLOT_FREE)}, at, releasable=True)


@transaction.atomic
def _hold_and_alarm(what: str, query: str, parameters: dict | None, at: datetime, *, releasable: bool = False) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        deviations = dict(cursor.fetchall())
    system = User.objects.system()
    for case in Application.objects.filter(pk__in=deviations).select_for_update(of=("self",)).order_by("pk"):
        why = deviations[case.pk]
        reason = f"{what}：{why}"[:300]
        if case.held_at is None and case.state in ON_THE_WAY | {State.PAID} and not (releasable and _was_released(case, reason)):
            _hold(case, reason, system, at)
        alarm_head(f"{what}:{case.pk}:{why}", f"{what}：{case.number}", f"申报 {case.number}：{why}。已自动暂停，请核查。", at=at)
    return len(deviations)


def _hold(case: Application, reason: str, system: User, at: datetime) -> None:
    Application.objects.filter(pk=case.pk).update(held_at=at, held_by=system, held_reason=reason, version=case.version + 1)
    record("hold", case, by=system, at=at, reason=reason)
    tell(case, "held", at=at, why="系统核查发现异常，正在人工核实")


def _was_released(case: Application, reason: str) -> bool:
    """Whether a head has already looked at this very suspicion and let the case go on."""
    releases = Event.objects.filter(object_type="subsidies.application", object_id=case.pk, action=Action.RELEASE)
    return releases.filter(data__held_reason=reason).exists()
