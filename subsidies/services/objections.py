"""公示异议 and what it may lead to: a case recomputed alone, within its reservation, determined and published again."""

import hmac
import json
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.accounts.secrets import fingerprint
from pilot_portal.audit.services import record
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.outside import write_to
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Objection, ObjectionPaper, Review
from subsidies.states import Action, ObjectionAction, ObjectionState, State

from .applications import freeze, giving_back, thaw
from .facts import premium_now
from .letters import alarm_head, tell
from .numbering import next_value, unguessable

CONSTRAINT_REFUSALS["objection_to_a_published_case"] = "not_published"
HELD_FOR = "公示异议 {number}"
CONSTRAINT_REFUSALS["objection_within_the_publication"] = "not_published"
CONSTRAINT_REFUSALS["objection_decided_by_an_outsider"] = "case_officer"
READS_OBJECTORS = (Role.HANDLER, Role.HEAD)
ANSWERS: dict[str, str] = {
    ObjectionState.DISMISSED: "经核实，异议不成立，该申报按原公示办理。",
    ObjectionState.UPHELD: "经核实，异议成立，该申报的补贴额重新核算，重新审定和公示。",
}


@dataclass(frozen=True)
class Objector:
    """Who raises an objection. The public site asks for everything but the mail; a letter or a call may tell less."""

    name: str
    contact: str
    mail: str = ""
    identity_kind: str = ""
    identity: str = ""


@transaction.atomic
def receive_objection(
    application: Application,
    *,
    by: User,
    at: datetime,
    objector: str,
    contact: str,
    grounds: str,
    papers: Sequence = (),
    mail: str = "",
    identity_kind: str = "",
    identity: str = "",
) -> Objection:
    """Take an objection during the publication, filed on the public site (`by` the system) or registered from a letter or a call.

    The case is frozen until it is decided. The same filing sent twice from the site is one objection.
    Raises Refusal: wrong_role, not_published, reason_missing, files'.
    """
    if by.role not in (Role.HANDLER, Role.HEAD, Role.SYSTEM):
        raise Refusal("wrong_role", action="登记异议")
    if not grounds.strip():
        raise Refusal("reason_missing", field="grounds")
    locked = lock(application)
    kept = [store_upload(paper, by=by, at=at) for paper in papers]
    who = Objector(objector, contact, mail, identity_kind, identity)
    submission = _submission(locked, who, grounds, kept) if by.role == Role.SYSTEM else None
    if submission and (before := Objection.objects.filter(submission_hmac=submission).first()):
        return before
    notice = locked.public_notice
    if locked.state != State.PUBLICIZED or notice is None or not notice.is_running(at):
        raise Refusal("not_published", number=locked.number)
    year = locked.window.pilot.year
    objection = Objection(
        notice=notice,
        application=locked,
        number=f"YY-{year}-{next_value('objection', year):04d}",
        identity_kind=identity_kind,
        submission_hmac=submission,
        grounds=grounds.strip(),
        received_by=by,
        received_at=at,
    )
    objection.objector, objection.contact, objection.mail, objection.identity = objector, contact, mail, identity
    with refusing_constraints(number=locked.number):
        objection.save()
    _keep_papers(objection, kept)
    record("receive_objection", objection, by=by, at=at, application=locked.number, files=[paper.sha256 for paper in kept])
    _freeze_for(objection, locked, at)
    return objection


def _submission(case: Application, objector: Objector, grounds: str, kept: list[StoredFile]) -> str:
    """A keyed hash of all that a filing says, so that the same one is known again."""
    files = sorted({paper.sha256 for paper in kept})
    return fingerprint(json.dumps([case.pk, case.public_notice_id, astuple(objector), grounds.strip(), files]))


def _keep_papers(objection: Objection, kept: list[StoredFile]) -> None:
    """One row for each content; the same file sent twice is one."""
    papers = {paper.sha256: paper for paper in kept}.values()
    ObjectionPaper.objects.bulk_create([ObjectionPaper(objection=objection, file=paper) for paper in papers])


def _freeze_for(objection: Objection, locked: Application, at: datetime) -> None:
    if not locked.is_held:
        freeze(locked, by=User.objects.system(), at=at, reason=HELD_FOR.format(number=objection.number))
        record(Action.HOLD, locked, by=User.objects.system(), at=at, reason=locked.held_reason)
    locked.version += 1
    locked.save()
    tell(locked, "objected", at=at)
    alarm_head(
        f"objection:{objection.pk}", f"公示异议：{locked.number}", f"{objection.number} 对申报 {locked.number} 提出异议，请处理。", at=at
    )


def receipt_code(objection: Objection) -> str:
    """查询码: with the number it opens the receipt and the answer; nobody can guess it."""
    return unguessable(f"objection {objection.number}", 8)


def find_objection(number: str, code: str) -> Objection | None:
    found = Objection.objects.select_related("notice__window", "application__legal_entity").filter(number=number).first()
    return found if found and hmac.compare_digest(receipt_code(found).encode(), code.encode()) else None


def has_handled(application: Application, user: User) -> bool:
    """Whether a person is one of the case's own officers: they neither decide an objection to it nor learn who raised it."""
    return user.pk in (
        application.handler_id,
        application.accepted_by_id,
        application.reviewed_by_id,
        application.rejection_proposed_by_id,
        application.checked_by_id,
    )


@transaction.atomic
def reveal_objector(objection: Objection, *, by: User, at: datetime) -> Objector:
    """Who raised it and how they are reached, for an officer who has not handled the case; the look leaves a trace.

    Raises Refusal: wrong_role, case_officer.
    """
    if by.role not in READS_OBJECTORS:
        raise Refusal("wrong_role", action="查看异议人")
    if has_handled(objection.application, by):
        raise Refusal("case_officer")
    record("reveal_objector", objection, by=by, at=at)
    return Objector(objection.objector, objection.contact, objection.mail, objection.identity_kind, objection.identity)


@transaction.atomic
def dismiss_objection(objection: Objection, *, by: User, at: datetime, decision: str, version: int | None = None) -> Objection:
    """异议不成立, with its ground; the case goes on if nothing else holds it. Raises Refusal: case_officer, reason_missing."""
    with _deciding(objection, ObjectionAction.DISMISS, by, at, decision, version):
        pass
    case = lock(objection.application)
    others = case.objections.filter(state=ObjectionState.OPEN)
    if case.is_held and case.held_reason == HELD_FOR.format(number=objection.number) and (other := others.first()):
        case.held_reason = HELD_FOR.format(number=other.number)
    elif case.is_held and case.held_reason.startswith(HELD_FOR.format(number="")) and not others.exists():
        thaw(case, at=at)
        record(Action.RELEASE, case, by=by, at=at, reason=decision)
    case.version += 1
    case.save()
    tell(case, "objection_dismissed", at=at, why=decision.strip())
    answer_objector(objection, at=at)
    return objection


@transaction.atomic
def uphold(
    objection: Objection,
    *,
    by: User,
    at: datetime,
    decision: str,
    lowered_to: Decimal | None = None,
    version: int | None = None,
) -> Objection:
    """异议成立: the case is recomputed and goes back to 复核通过, to be allocated, determined and published again.

    `lowered_to` (CNY) is what it is entitled to now; without it the papers are reckoned anew.
    Raises Refusal: case_officer, reason_missing, objection_open (another one waits), only_lower, entitlement_unchanged.
    """
    lock(objection.application.window)  # its totals change; lists lock it first too
    with _deciding(objection, ObjectionAction.UPHOLD, by, at, decision, version):
        pass
    _recompute(objection.application, Action.UPHOLD, by=by, at=at, reason=decision, lowered_to=lowered_to)
    answer_objector(objection, at=at)
    return objection


def answer_objector(objection: Objection, *, at: datetime) -> None:
    """The outcome by mail, where one was left; with its number and 查询码 it can be read and printed in any case."""
    if not objection.mail:
        return
    body = (
        f"您对“{objection.application.legal_entity}”拟补贴公示（{objection.notice}）提出的异议 {objection.number} 已办结。\n\n"
        f"{ANSWERS[objection.state]}\n\n处理意见：{objection.decision}\n\n中关村知识产权促进中心\n\n答复可从下面的地址打开和打印："
    )
    link = f"/objections/{objection.number}/{receipt_code(objection)}/"
    key, subject = f"objection:{objection.pk}:answered", f"公示异议答复：{objection.number}"
    write_to(objection.mail, "objection_answered", key=key, subject=subject, body=body, at=at, link=link)


@contextmanager
def _deciding(objection: Objection, action: ObjectionAction, by: User, at: datetime, decision: str, version: int | None):
    """Decide an objection, by somebody who has not handled the case."""
    if not decision.strip():
        raise Refusal("reason_missing", field="decision")
    case = lock(objection.application)
    if has_handled(case, by):
        raise Refusal("case_officer")
    case.require_free(by)
    with moving(objection, action, by=by, at=at, version=version, decision=decision) as locked:
        locked.decided_by, locked.decided_at, locked.decision = by, at, decision.strip()
        yield locked


def recompute(
    application: Application, *, by: User, at: datetime, reason: str, lowered_to: Decimal | None = None, version: int | None = None
) -> Application:
    """重新核算 after an endorsement before payment, as uphold does. Raises Refusal: reason_missing, payment_in_flight."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    return _recompute(application, Action.RECOMPUTE, by=by, at=at, reason=reason, lowered_to=lowered_to, version=version)


def _recompute(application, action, *, by, at, reason, lowered_to, version=None) -> Application:
    with (
        refusing_constraints(number=application.number),
        giving_back(application, action, by=by, at=at, version=version, reason=reason) as locked,
    ):
        if locked.objections.filter(state=ObjectionState.OPEN).exists():
            raise Refusal("objection_open", number=locked.number)
        before, notice = locked.entitled, locked.public_notice_id
        _lower(locked, lowered_to, by, at, reason)
        share = locked.reserved if locked.awarded is None else locked.awarded
        locked.reserved = rules.award_after(share, before, locked.entitled)
        locked.awarded = locked.allocation = locked.determination = locked.public_notice = None
        for stamp in ("allocated", "determined", "publicised", "approved"):
            setattr(locked, f"{stamp}_at", None)
            setattr(locked, f"{stamp}_by", None)
        locked.held_at, locked.held_by, locked.held_reason, locked.due_at = None, None, "", None
        locked.event_data |= {"entitled_before": before, "entitled": locked.entitled, "notice": notice}
        tell(locked, "recomputed", at=at, before=f"{before:,.2f}", why=reason)
    return application


def _lower(locked: Application, lowered_to: Decimal | None, by: User, at: datetime, reason: str) -> None:
    """Fix what the case is entitled to now, with a review row that says why."""
    last = locked.reviews.first()
    premium = premium_now(locked, timezone.localdate(at))
    computed = min(rules.entitlement(premium, locked.terms), locked.entitled)
    entitled = computed if lowered_to is None else lowered_to
    if entitled > computed or entitled < 0:
        raise Refusal("only_lower", field="lowered_to", computed=f"{computed:,.2f}")
    if entitled == locked.entitled:
        raise Refusal("entitlement_unchanged", field="lowered_to", entitled=f"{entitled:,.2f}")
    Review.objects.create(
        application=locked,
        policy_premium=min(last.policy_premium, premium),
        invoiced=last.invoiced,
        paid=last.paid,
        recognised_premium=premium,
        computed=rules.entitlement(premium, locked.terms),
        entitled=entitled,
        lowered_reason=reason if entitled < rules.entitlement(premium, locked.terms) else "",
        made_by=by,
        made_at=at,
    )
    locked.recognised_premium, locked.entitled = premium, entitled
