from .accounts import BankAccount
from .entities import (
    Branch,
    EntityCategory,
    EntityKind,
    FormerName,
    LegalEntity,
    Membership,
    MembershipRole,
    MembershipState,
    PreRegistration,
)
from .invitations import INVITABLE, AbstractInvitation, Invitation

__all__ = [
    "INVITABLE",
    "AbstractInvitation",
    "BankAccount",
    "Branch",
    "EntityCategory",
    "EntityKind",
    "FormerName",
    "Invitation",
    "LegalEntity",
    "Membership",
    "MembershipRole",
    "MembershipState",
    "PreRegistration",
]
