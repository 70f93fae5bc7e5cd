"""拟不予补贴: proposed by the reviewer, answered by the applicant, reconsidered by the head or determined with a list."""

from datetime import datetime

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.files.services import store_upload
from pilot_portal.reference.services import deadline
from pilot_portal.workflow.moving import moving
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, Attachment, AttachmentKind, Reply
from subsidies.states import Action

from .applications import require_applicant
from .clocks import promised
from .letters import tell, tell_officers


def propose_rejection(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """The reviewer proposes 不予补贴, and the applicant has the window's days to reply.

    Raises Refusal: same_person, reason_missing, calendar_missing.
    """
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(application, Action.PROPOSE_REJECTION, by=by, at=at, version=version, reason=reason) as locked:
        if by.pk in (locked.reviewed_by_id, locked.accepted_by_id):
            raise Refusal("same_person")
        locked.rejection_proposed_at, locked.rejection_proposed_by, locked.rejection_reason = at, by, reason
        locked.due_at = deadline(at, locked.window.reply_days)
        tell(locked, "rejection_proposed", at=at, why=reason)
    return application


def reply(application: Application, *, by: User, at: datetime, text: str, uploads=(), version: int | None = None) -> Reply:
    """陈述申辩 with its papers; more than one may come until the deadline. Raises Refusal: other_applicant, reply_late, reason_missing."""
    if not text.strip():
        raise Refusal("reason_missing", field="text")
    with moving(application, Action.REPLY, by=by, at=at, version=version) as locked:
        require_applicant(locked, by, at)
        if locked.due_at is not None and at >= locked.due_at:
            raise Refusal("reply_late")
        made = Reply.objects.create(application=locked, text=text.strip(), made_by=by, made_at=at)
        for upload in uploads:
            stored = store_upload(upload, by=by, at=at)
            Attachment.objects.create(application=locked, kind=AttachmentKind.OTHER, file=stored, reply=made)
        locked.event_data = {"reply": made.pk, "papers": len(uploads)}
        tell(locked, "replied", at=at)
        tell_officers(Role.HEAD, f"reply:{made.pk}", f"收到陈述申辩：{locked.number}", "请核实后决定是否重新审核。", at=at)
    return made


def reconsider(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """The head lets the case be reviewed again; the proposed rejection and the figures fall away. Raises Refusal reason_missing."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(application, Action.RECONSIDER, by=by, at=at, version=version, reason=reason) as locked:
        locked.rejection_reason, locked.allocation = "", None
        locked.rate = locked.cap = locked.recognised_premium = locked.entitled = None
        locked.due_at = promised(at, locked.window.review_days)
        tell(locked, "reconsidered", at=at)
    return application
