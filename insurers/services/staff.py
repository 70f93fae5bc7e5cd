"""Whom a person of an insurer acts for."""

from insurers.models import Insurer, Policy
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.refusals import Refusal


def insurer_of(user: User) -> Insurer | None:
    return Insurer.objects.filter(staff__user=user).first()


def require_insurer(insurer: Insurer, by: User) -> None:
    if insurer_of(by) != insurer:
        raise Refusal("not_its_insurer")


def require_own(policy: Policy, by: User) -> None:
    if by.role == Role.INSURER:
        require_insurer(policy.insurer, by)
