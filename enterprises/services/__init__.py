"""Verbs on legal entities, members, accounts and pre-registrations: a module each."""

from .accounts import confirm_bank_account, decline_bank_account, reveal_account, set_bank_account
from .categories import add_category
from .changes import ask_change, confirm_change, return_change, update_contact, withdraw_change
from .entities import check_code, mended_by_insurer, register, register_client, resubmit_entity, return_entity, tell_handlers, verify
from .handovers import answer_handover, offer_handover, open_handovers, withdraw_handover
from .invitations import (
    accept_invitation,
    change_member_role,
    find_invitation,
    invite,
    owners_of,
    remove_member,
    require_owner,
    withdraw_invitation,
)
from .links import find_by_link, send_link, take_back, take_up, token_of
from .members import SUBMITTERS, WRITERS, decide_membership, members_to_tell, require_member, require_writer
from .preregistrations import confirm_preregistration, preregister, resubmit_preregistration, return_preregistration
from .takeovers import ask_takeover, grant_takeover, propose_takeover, refuse_takeover, send_back_takeover, withdraw_takeover

__all__ = [
    "SUBMITTERS",
    "WRITERS",
    "accept_invitation",
    "change_member_role",
    "find_by_link",
    "find_invitation",
    "invite",
    "owners_of",
    "remove_member",
    "require_owner",
    "send_link",
    "take_back",
    "take_up",
    "token_of",
    "withdraw_invitation",
    "answer_handover",
    "offer_handover",
    "open_handovers",
    "withdraw_handover",
    "add_category",
    "ask_change",
    "confirm_change",
    "return_change",
    "update_contact",
    "withdraw_change",
    "ask_takeover",
    "check_code",
    "grant_takeover",
    "propose_takeover",
    "refuse_takeover",
    "send_back_takeover",
    "withdraw_takeover",
    "confirm_bank_account",
    "confirm_preregistration",
    "decide_membership",
    "decline_bank_account",
    "members_to_tell",
    "mended_by_insurer",
    "preregister",
    "register",
    "register_client",
    "require_member",
    "require_writer",
    "resubmit_entity",
    "resubmit_preregistration",
    "return_entity",
    "return_preregistration",
    "reveal_account",
    "set_bank_account",
    "tell_handlers",
    "verify",
]
