from .accounts import BankAccount
from .changes import ChangeKind, EntityChange
from .entities import (
    OWNERS,
    SUBMITTERS,
    WRITERS,
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
from .takeovers import FormerOwners, Takeover

__all__ = [
    "INVITABLE",
    "OWNERS",
    "SUBMITTERS",
    "WRITERS",
    "AbstractInvitation",
    "BankAccount",
    "Branch",
    "ChangeKind",
    "EntityCategory",
    "EntityChange",
    "EntityKind",
    "FormerName",
    "FormerOwners",
    "Invitation",
    "LegalEntity",
    "Membership",
    "MembershipRole",
    "MembershipState",
    "PreRegistration",
    "Takeover",
]
