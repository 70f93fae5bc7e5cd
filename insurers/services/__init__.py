"""Verbs on policies and what belongs to them, and on entrustments: a module each."""

from .api_answers import forget_api_answers, once
from .colleagues import (
    accept_staff_invitation,
    change_staff_role,
    find_staff_invitation,
    invite_staff,
    join_as_new,
    remove_staff,
    withdraw_staff_invitation,
)
from .endorsements import endorse, require_other_premium, surrender
from .entrustments import add_entrustment_paper, confirm_entrustment, expire_mandates, propose_entrustment, revoke_entrustment
from .keys import key_of, make_key, revoke_key, rotate_key, warn_of_keys
from .policies import (
    add_invoice,
    add_premium_payment,
    change_policy,
    confirm_policy,
    dispute_policy,
    filed_on,
    register_policy,
    remove_row,
    verify_policy,
)
from .sealed import propose_many, take_sealed
from .staff import FILERS, MANAGERS, insurer_of, may_file, places_read_once, require_insurer, require_own, require_role, staff_of
from .underwriting import (
    choose_offer,
    expire_answers,
    offer_cover,
    refuse_cover,
    registration_for,
    remind_insurers,
    send_request,
    withdraw_request,
)
from .underwriting_lists import report_underwriting_list

__all__ = [
    "FILERS",
    "MANAGERS",
    "accept_staff_invitation",
    "change_staff_role",
    "find_staff_invitation",
    "invite_staff",
    "join_as_new",
    "may_file",
    "remove_staff",
    "require_role",
    "staff_of",
    "withdraw_staff_invitation",
    "add_entrustment_paper",
    "add_invoice",
    "add_premium_payment",
    "change_policy",
    "choose_offer",
    "confirm_entrustment",
    "confirm_policy",
    "dispute_policy",
    "endorse",
    "expire_answers",
    "expire_mandates",
    "filed_on",
    "forget_api_answers",
    "insurer_of",
    "key_of",
    "make_key",
    "offer_cover",
    "once",
    "places_read_once",
    "propose_entrustment",
    "propose_many",
    "refuse_cover",
    "register_policy",
    "registration_for",
    "remind_insurers",
    "remove_row",
    "require_insurer",
    "require_other_premium",
    "report_underwriting_list",
    "require_own",
    "revoke_entrustment",
    "revoke_key",
    "rotate_key",
    "send_request",
    "surrender",
    "verify_policy",
    "warn_of_keys",
    "take_sealed",
    "withdraw_request",
]
