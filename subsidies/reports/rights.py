"""What a person may do with a case now: the edges of its life, narrowed by membership, mandate, hold and deadline as the services do."""

from datetime import datetime

from enterprises.models import MembershipState
from enterprises.services import SUBMITTERS, WRITERS
from insurers.models import Entrustment
from insurers.services import FILERS
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.states import LIVE_PAYMENT, Action, State


def actions_of(application: Application, user: User, *, at: datetime) -> set[Action]:
    """What this person may do with the case now; what is not in it, a service would refuse."""
    edges = application.LIFE.open_to(application.state, user.role)
    actions = {edge.action for edge in edges if edge.despite_hold or not application.is_held}
    if not actions:
        return set()
    return actions & _granted(application, user, at) - _too_late(application, at)


def _granted(application: Application, user: User, at: datetime) -> set[Action]:
    """All that this person's membership or mandate covers."""
    if user.role == Role.INSURER:
        return _mandated(application, user, at)
    role = role_in(application, user)
    return set(Action) if role in SUBMITTERS else {Action.DELETE} if role in WRITERS else set()


def _mandated(application: Application, user: User, at: datetime) -> set[Action]:
    mandate = mandate_of(application, user, at)
    if mandate is None:
        return set()
    refused = {Action.PROPOSE if mandate.includes_submission else Action.SUBMIT}
    return set(Action) - refused - (set() if mandate.includes_correction else {Action.RESUBMIT})


def _too_late(application: Application, at: datetime) -> set[Action]:
    over = set()
    if application.due_at is not None and at >= application.due_at:
        over = {Action.RESUBMIT, Action.REPLY}
    if application.state == State.APPROVED and application.payments.filter(state__in=LIVE_PAYMENT).exists():
        over.add(Action.ABANDON)
    return over


def may_mend(application: Application, user: User, *, at: datetime) -> bool:
    """Whether this person may work on the open correction list; handing it in is another right."""
    if application.state != State.CORRECTION or application.is_held or (application.due_at is not None and at >= application.due_at):
        return False
    if user.role == Role.INSURER:
        mandate = mandate_of(application, user, at)
        return mandate is not None and mandate.includes_correction
    return role_in(application, user) in WRITERS


def may_act(application: Application, user: User, *, at: datetime) -> bool:
    """Whether this person acts for the applicant with full right: a submitter of the enterprise, or the insurer under its mandate."""
    if user.role == Role.INSURER:
        return mandate_of(application, user, at) is not None
    return role_in(application, user) in SUBMITTERS


def role_in(application: Application, user: User) -> str:
    """The person's role in the applicant, or none."""
    members = application.legal_entity.memberships.filter(user=user, state=MembershipState.ACTIVE)
    return members.values_list("role", flat=True).first() or ""


def mandate_of(application: Application, user: User, at: datetime) -> Entrustment | None:
    """The mandate under which this person of an insurer may act on the case now."""
    mandates = Entrustment.objects.filter(
        insurer=application.insurer_id,
        insurer__staff__user=user,
        insurer__staff__role__in=FILERS,
        legal_entity=application.legal_entity_id,
    )
    return mandates.in_force(at).first()
