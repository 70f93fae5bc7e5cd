"""往来留言: what applicant and centre say to each other about a filed case, outside its formal steps."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import APPLICANTS, Role
from pilot_portal.audit.services import record
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, CaseMessage, Side

from .applications import require_applicant
from .letters import readers

ANSWERING = frozenset({Role.HANDLER, Role.REVIEWER, Role.HEAD})  # who speaks for the centre


def side_of(user: User) -> Side | None:
    """Which side a person speaks for; None who only reads."""
    if user.role in APPLICANTS:
        return Side.APPLICANT
    return Side.CENTRE if user.role in ANSWERING else None


@transaction.atomic
def say(application: Application, *, by: User, at: datetime, text: str, paper=None) -> CaseMessage:
    """Leave words for the other side, which gets a letter; twice in a row the same is once. What the other side had said counts as read.

    Raises Refusal: wrong_role, other_applicant, wrong_state, reason_missing, files'.
    """
    if not text.strip():
        raise Refusal("reason_missing", field="text")
    locked = lock(application)
    side = _speak(locked, by, at, "留言")
    if not locked.is_filed:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="留言")
    stored = store_upload(paper, by=by, at=at) if paper is not None else None
    if (last := locked.conversation.select_related("paper").last()) and _is_same(last, by, text.strip(), stored):
        return last
    said = CaseMessage.objects.create(application=locked, side=side, author=by, text=text.strip(), paper=stored, at=at)
    _mark(locked, side, by, at)
    record("case_message", locked, by=by, at=at, message=said.pk, side=side.value, paper=stored.sha256 if stored else "")
    _tell(said)
    return said


def _is_same(last: CaseMessage, by: User, text: str, stored: StoredFile | None) -> bool:
    """The same words sent twice in a row, as by a double click."""
    papers = [paper.sha256 if paper else "" for paper in (last.paper, stored)]
    return last.author_id == by.pk and last.text == text and papers[0] == papers[1]


@transaction.atomic
def mark_read(application: Application, *, by: User, at: datetime) -> int:
    """What the other side has said so far counts as read. Returns how many were not. Raises Refusal: wrong_role, other_applicant."""
    locked = lock(application)
    return _mark(locked, _speak(locked, by, at, "标为已读"), by, at)


def _speak(locked: Application, by: User, at: datetime, verb: str) -> Side:
    side = side_of(by)
    if side is None:
        raise Refusal("wrong_role", action=verb)
    locked.require_free(by)
    if side == Side.APPLICANT:
        require_applicant(locked, by, at)
    return side


def _mark(locked: Application, side: Side, by: User, at: datetime) -> int:
    return locked.conversation.unread_by(side).update(read_at=at, read_by=by)


def _tell(said: CaseMessage) -> None:
    """The letter says that there are words, not which: mail leaves the portal."""
    case, from_centre = said.application, said.side == Side.CENTRE
    if from_centre:
        people, link = readers(case), reverse("subsidies:conversation", args=[case.pk])
        subject, body = f"中心有新留言：{case.number}", f"中心就申报 {case.number} 给您留言，请登录查看和回复。"
    else:
        officers = User.objects.active_with_role(Role.HANDLER)
        own = officers.filter(pk=case.handler_id)
        people, link = own if own.exists() else officers, f"{reverse('admin:subsidies_application_change', args=[case.pk])}#conversation"
        subject, body = f"申请人有新留言：{case.number}", f"“{case.legal_entity.name}”就申报 {case.number} 留言，请查看和回复。"
    notify("case_message", people, key=f"case_message:{said.pk}", subject=subject, body=body, at=said.at, link=link)
