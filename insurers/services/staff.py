"""Whom a person of an insurer acts for, and in which role."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from insurers.models import Insurer, InsurerStaff, Policy, StaffRole
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.refusals import Refusal

FILERS = (StaffRole.MANAGER, StaffRole.FILER)
MANAGERS = (StaffRole.MANAGER,)
_places: ContextVar[dict[int, InsurerStaff | None] | None] = ContextVar("places", default=None)


def staff_of(user: User) -> InsurerStaff | None:
    """The person's place at an insurer, if there is one."""
    known = _places.get()
    if known is not None and user.pk in known:
        return known[user.pk]
    staff = InsurerStaff.objects.select_related("insurer").filter(user=user).first()
    if known is not None:
        known[user.pk] = staff
    return staff


@contextmanager
def places_read_once() -> Iterator[None]:
    """Meanwhile `staff_of` asks once for each person: for all verbs of a sheet's rows, which one person has set going."""
    token = _places.set({})
    try:
        yield
    finally:
        _places.reset(token)


def insurer_of(user: User) -> Insurer | None:
    return Insurer.objects.filter(staff__user=user).first()


def may_file(user: User) -> bool:
    """Whether the person may do what an insurer does; who only looks may not."""
    return InsurerStaff.objects.filter(user=user, role__in=FILERS).exists()


def require_role(staff: InsurerStaff, roles: Collection[str]) -> None:
    """Raises Refusal: only_looks, not_manager."""
    if staff.role not in roles:
        raise Refusal("not_manager" if StaffRole.FILER not in roles else "only_looks", insurer=staff.insurer)


def require_insurer(insurer: Insurer | None, by: User, roles: Collection[str] = FILERS, *, otherwise: str = "not_its_insurer") -> None:
    """Somebody who works for this insurer in one of these roles. Raises Refusal: `otherwise`, only_looks, not_manager."""
    staff = staff_of(by)
    if staff is None or staff.insurer != insurer:
        raise Refusal(otherwise)
    require_role(staff, roles)


def require_own(policy: Policy, by: User) -> None:
    if by.role == Role.INSURER:
        require_insurer(policy.insurer, by)
