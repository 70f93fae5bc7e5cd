"""声明回避: who has an interest in an enterprise leaves its cases to others."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, DeclaredInterest

from .letters import tell_officers

CONSTRAINT_REFUSALS["one_interest_per_officer_and_entity"] = "interest_known"
CONSTRAINT_REFUSALS["officer_with_interest_decides_nothing"] = "interest_declared"
DECIDING = frozenset({Role.HANDLER, Role.REVIEWER, Role.HEAD})


@transaction.atomic
def declare_interest(
    application: Application, *, by: User, at: datetime, reason: str, officer: User | None = None, version: int | None = None
) -> DeclaredInterest:
    """An officer declares an interest in the applicant; a head may state it of a colleague. Its running cases lose him as handler.

    Raises Refusal: wrong_role, moved_on, reason_missing, interest_known.
    """
    officer = officer or by
    if by.role not in DECIDING or officer.role not in DECIDING or (officer != by and by.role != Role.HEAD):
        raise Refusal("wrong_role", action="声明回避")
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    locked = lock(application)
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    with refusing_constraints(officer=officer.get_full_name()):
        made = DeclaredInterest.objects.create(
            officer=officer, legal_entity=locked.legal_entity, reason=reason.strip(), declared_by=by, declared_at=at
        )
    own = Application.objects.under_way().filter(legal_entity=locked.legal_entity, handler=officer)
    numbers = list(own.order_by("pk").select_for_update(of=("self",)).values_list("number", flat=True))
    own.update(handler=None, version=F("version") + 1)
    record("declare_interest", locked, by=by, at=at, officer=officer.get_full_name(), reason=reason, numbers=numbers)
    tell_officers(
        Role.HEAD,
        f"interest:{made.pk}",
        f"{officer.get_full_name()}回避：{locked.legal_entity.name}",
        f"{officer.get_full_name()}对“{locked.legal_entity.name}”的申报回避，事由：{reason.rstrip('。')}。"
        + (f"{'、'.join(numbers)} 现在没有承办人，请安排。" if numbers else "没有需要重新安排的申报。"),
        at=at,
    )
    return made
