"""预申报."""

from datetime import datetime

from django.db import transaction

from enterprises.models import (
    LegalEntity,
    PreRegistration,
)
from enterprises.states import EntityState, PreRegistrationAction
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .entities import tell_handlers
from .members import members_to_tell, require_member

may_stay_out_of_mail(Kind.WORK, "preregistration_waiting")

CONSTRAINT_REFUSALS["one_preregistration_per_pilot_and_entity"] = "already_preregistered"


@transaction.atomic
def preregister(entity: LegalEntity, pilot: Pilot, *, by: User, at: datetime, facts: dict) -> PreRegistration:
    """预申报. Raises Refusal: not_a_member, unverified_enterprise, already_preregistered."""
    require_member(entity, by)
    if entity.state != EntityState.VERIFIED:
        raise Refusal("unverified_enterprise")
    with refusing_constraints(entity=entity):
        registration = PreRegistration.objects.create(legal_entity=entity, pilot=pilot, submitted_by=by, submitted_at=at, **facts)
    record("preregister", registration, by=by, at=at)
    tell_handlers(
        "preregistration_waiting",
        key=f"preregistration_waiting:{registration.pk}",
        subject=f"预申报待确认：{entity.name}",
        body=f"“{entity.name}”已预申报，请确认或退回。",
        at=at,
    )
    return registration


def resubmit_preregistration(
    registration: PreRegistration, *, by: User, at: datetime, facts: dict, version: int | None = None
) -> PreRegistration:
    require_member(registration.legal_entity, by)
    with moving(registration, PreRegistrationAction.RESUBMIT, by=by, at=at, version=version) as locked:
        for column, value in facts.items():
            setattr(locked, column, value)
        locked.submitted_by, locked.submitted_at, locked.state_reason = by, at, ""
    return registration


def confirm_preregistration(registration: PreRegistration, *, by: User, at: datetime, version: int | None = None) -> PreRegistration:
    return _decide_preregistration(registration, PreRegistrationAction.CONFIRM, "预申报已确认", "", by=by, at=at, version=version)


def return_preregistration(
    registration: PreRegistration, *, by: User, at: datetime, reason: str, version: int | None = None
) -> PreRegistration:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    return _decide_preregistration(registration, PreRegistrationAction.RETURN, "预申报需要修改", reason, by=by, at=at, version=version)


def _decide_preregistration(registration, action, subject, reason, *, by, at, version):
    with moving(registration, action, by=by, at=at, version=version, reason=reason) as locked:
        locked.decided_by, locked.decided_at, locked.state_reason = by, at, reason
        notify(
            action.value,
            members_to_tell(locked.legal_entity),
            key=f"{action.value}:{locked.pk}:{locked.version}",
            subject=subject,
            body=f"{locked}：{reason or '已确认，保险公司会与您联系。'}",
            at=at,
            link=locked.get_absolute_url(),
        )
    return registration
