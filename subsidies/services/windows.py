"""Drafting a window, publishing it, extending it for everyone, adding to its budget."""

import hashlib
import json
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow import proposals
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import BASIS_COLUMNS, Application, Appropriation, DrawChange, Window
from subsidies.states import State

from .letters import readers

CONSTRAINT_REFUSALS["draws_within_appropriations"] = "draws_exceed_appropriations"
CONSTRAINT_REFUSALS["subsidies_appropriation_document_number_key"] = "appropriation_known"
CONSTRAINT_REFUSALS["draw_change_changes_something"] = "draw_unchanged"
CONSTRAINT_REFUSALS["one_window_per_pilot_and_sequence"] = "window_known"
CONSTRAINT_REFUSALS["window_closes_after_it_opens"] = "window_times"
CONSTRAINT_REFUSALS["signing_range_ends_after_it_starts"] = "window_times"
CONSTRAINT_REFUSALS["rate_within_scheme"] = "terms_above_scheme"
CONSTRAINT_REFUSALS["cap_within_scheme"] = "terms_above_scheme"
ADD_APPROPRIATION, CHANGE_DRAW = "add_appropriation", "change_draw"
TERMS = (*BASIS_COLUMNS, "pilot_id", "sequence", "name", "notice", "review_days", "start_tolerance_days", "pay_by", "basis", "checks")


def fingerprint(window: Window) -> str:
    """SHA-256 over everything that a draft says: who saves or publishes names the draft that was looked at."""
    return hashlib.sha256(json.dumps({name: str(getattr(window, name)) for name in TERMS}).encode()).hexdigest()


@transaction.atomic
def save_draft(window: Window | None, *, by: User, at: datetime, facts: dict, seen: str = "") -> Window:
    """Write columns of a draft; a new one where there is none. Its budget stays 0.00 until it is stated.

    Raises Refusal: wrong_role, window_locked, moved_on (the draft is no longer the one of `seen`), window_known, window_times,
    terms_above_scheme.
    """
    if by.role not in (Role.HANDLER, Role.HEAD):
        raise Refusal("wrong_role", action="起草申报周期")
    draft = Window(draw=rules.ZERO) if window is None else lock(window)
    if draft.published_at is not None:
        raise Refusal("window_locked", window=draft)
    if seen and seen != fingerprint(draft):
        raise Refusal("moved_on", object=draft)
    changed = [name for name, value in facts.items() if window is None or getattr(draft, name) != value]
    before = [] if window is None else _figures(draft)
    for name in changed:
        setattr(draft, name, facts[name])
    with refusing_constraints(pilot=draft.pilot, sequence=draft.sequence):
        draft.save()
    if changed or window is None:
        labels = [str(draft._meta.get_field(name).verbose_name) for name in changed]
        record("draft_window", draft, by=by, at=at, columns=labels, before=before, after=_figures(draft))
    return draft


def _figures(window: Window) -> list[str]:
    """The terms that decide about money and time, as the trail keeps them at each save."""
    moments = (f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" for moment in (window.opens_at, window.closes_at))
    return [f"申报 {' 至 '.join(moments)}", f"比例 {window.rate}", f"上限 {window.cap:,.2f}", f"预算 {window.draw:,.2f}"]


@transaction.atomic
def publish(window: Window, *, by: User, at: datetime, seen: str = "") -> Window:
    """Make a window public, as it was seen; its terms are locked from now on.

    Raises Refusal: wrong_role, already_published, moved_on, draw_missing, basis_missing, draws_exceed_appropriations.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="发布申报周期")
    locked = lock(window)
    if locked.published_at is not None:
        raise Refusal("already_published", window=locked)
    if seen and seen != fingerprint(locked):
        raise Refusal("moved_on", object=locked)
    if locked.draw <= 0:
        raise Refusal("draw_missing")
    missing = [column for column in BASIS_COLUMNS if not str(locked.basis.get(column, "")).strip()]
    if missing:
        raise Refusal("basis_missing", count=len(missing), columns=missing)
    locked.published_by, locked.published_at = by, at
    with refusing_constraints():
        locked.save()
    record("publish_window", locked, by=by, at=at, rate=locked.rate, cap=locked.cap, draw=locked.draw)
    return locked


@transaction.atomic
def extend(window: Window, *, by: User, at: datetime, closes_at: datetime, reason: str) -> Window:
    """After an outage: a later closing for everyone, published with its reason, never for one firm.

    Raises Refusal: wrong_role, window_not_published, extension_earlier, reason_missing.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="延长申报期")
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    locked = lock(window)
    if locked.published_at is None:
        raise Refusal("window_not_published", window=locked)
    if closes_at <= max(locked.closes_at, at):
        raise Refusal("extension_earlier", field="closes_at", closes=f"{timezone.localtime(locked.closes_at):%Y-%m-%d %H:%M}")
    before = locked.closes_at
    locked.planned_close = locked.planned_close or before
    locked.closes_at, locked.extension_reason = closes_at, reason.strip()[:300]
    locked.save()
    locked.applications.filter(state=State.PENDING_CONFIRM).update(due_at=closes_at)
    record("extend_window", locked, by=by, at=at, before=before, after=closes_at, reason=reason)
    for draft in locked.applications.filter(state__in=[State.DRAFT, State.PENDING_CONFIRM]).select_related("legal_entity", "insurer"):
        _tell_extension(draft, locked, at)
    return locked


def _tell_extension(draft: Application, window: Window, at: datetime) -> None:
    notify(
        "window_extended",
        readers(draft),
        key=f"window_extended:{draft.pk}:{window.closes_at:%Y%m%d%H%M}",
        subject=f"申报期已延长：{window}",
        body=f"“{window}”延长至 {timezone.localtime(window.closes_at):%Y-%m-%d %H:%M} 截止，"
        f"原因：{window.extension_reason}。您的草稿可以继续填写和提交。",
        at=at,
        link=draft.get_absolute_url(),
    )


def propose_draw(window: Window, *, by: User, at: datetime, draw: Decimal, reason: str) -> Proposal:
    """Finance proposes another draw for a published window, with its basis. Raises Refusal: wrong_role, proposal_open, draw_unchanged."""
    if by.role != Role.FINANCE:
        raise Refusal("wrong_role", action="调整可用预算")
    if window.published_at is None:
        raise Refusal("window_not_published", window=window)
    if draw == window.draw or draw <= 0:
        raise Refusal("draw_unchanged", field="draw")
    return proposals.propose(CHANGE_DRAW, window, by=by, at=at, reason=reason, draw=str(draw))


@transaction.atomic
def decide_draw(proposal: Proposal, *, by: User, at: datetime, confirmed: bool, remark: str = "") -> DrawChange | None:
    """The head's word on it; a new version of the draw from then on.

    Raises Refusal: wrong_role, already_decided, same_person, draw_unchanged, budget_exceeded (less than is awarded and reserved),
    draws_exceed_appropriations.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="确认预算调整")
    decided = proposals.decide(proposal, by=by, at=at, confirmed=confirmed, remark=remark)
    if not confirmed:
        return None
    window = lock(Window.objects.get(pk=decided.object_id))
    with refusing_constraints():
        made = DrawChange.objects.create(
            window=window,
            before=window.draw,
            after=Decimal(decided.data["draw"]),
            basis=decided.reason[:300],
            prepared_by=decided.proposed_by,
            approved_by=by,
            approved_at=at,
        )
        window.draw = made.after
        window.save(update_fields=["draw"])
    record("change_draw", window, by=by, at=at, before=made.before, after=made.after, basis=made.basis)
    return made


def propose_appropriation(pilot: Pilot, *, by: User, at: datetime, document_number: str, amount: Decimal, reason: str) -> Proposal:
    """Finance enters an appropriation; it counts once the head has confirmed it. Raises Refusal: wrong_role, proposal_open."""
    if by.role != Role.FINANCE:
        raise Refusal("wrong_role", action="录入预算指标")
    return proposals.propose(
        ADD_APPROPRIATION, pilot, by=by, at=at, reason=reason, document_number=document_number.strip(), amount=str(amount)
    )


@transaction.atomic
def decide_appropriation(proposal: Proposal, *, by: User, at: datetime, confirmed: bool, remark: str = "") -> Appropriation | None:
    """The head's word on it. Raises Refusal: wrong_role, already_decided, same_person, appropriation_known."""
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="确认预算指标")
    decided = proposals.decide(proposal, by=by, at=at, confirmed=confirmed, remark=remark)
    if not confirmed:
        return None
    with refusing_constraints(number=decided.data["document_number"]):
        made = Appropriation.objects.create(
            pilot_id=decided.object_id,
            document_number=decided.data["document_number"],
            amount=Decimal(decided.data["amount"]),
            prepared_by=decided.proposed_by,
            approved_by=by,
            approved_at=at,
        )
    record("add_appropriation", made, by=by, at=at, amount=made.amount)
    return made
