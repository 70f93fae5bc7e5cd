"""What a day or an hour brings: proposals that expire, corrections that lapse, publicity that ends, silence that is alarmed."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from enterprises.services import members_to_tell
from pilot_portal.accounts.models import User
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import moving
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, PublicNotice, Window
from subsidies.states import Action, State

from .letters import alarm_head

logger = structlog.get_logger(__name__)
REMIND_BEFORE = timedelta(days=3)


def expire_proposals(*, at: datetime) -> int:
    """At closing, an unconfirmed proposal of an insurer is a draft again."""
    return _move_each(Application.objects.filter(state=State.PENDING_CONFIRM, window__closes_at__lte=at), Action.EXPIRE, at)


def lapse_corrections(*, at: datetime) -> int:
    """A correction not handed in by its deadline lapses; the slot stays used."""
    late = Application.objects.filter(state=State.CORRECTION, due_at__lte=at, held_at__isnull=True)
    return _move_each(late, Action.LAPSE, at, ended_at=at, due_at=None, reserved=0)


def _move_each(cases, action: Action, at: datetime, **columns) -> int:
    """One transaction a case. One that somebody has moved, held or given more time meanwhile is left alone, and the others go on."""
    system = User.objects.system()
    count = 0
    for case in cases.order_by("pk"):
        try:
            with moving(case, action, by=system, at=at) as locked:
                if not cases.filter(pk=locked.pk).exists():
                    raise Refusal("moved_on", object=locked)
                for column, value in columns.items():
                    setattr(locked, column, value)
                if "ended_at" in columns:
                    locked.ended_by = system
        except Refusal as refusal:
            logger.info("deadline_overtaken", application=case.pk, action=action, why=refusal.code)
        else:
            count += 1
    return count


@transaction.atomic
def end_publicity(*, at: datetime) -> int:
    """Tell the head of each notice that has run its days and still holds cases."""
    over = PublicNotice.objects.filter(ends_at__lte=at, applications__state=State.PUBLICIZED).distinct()
    for notice in over:
        alarm_head(
            f"publicity:{notice.pk}", f"公示期满：{notice.number}", f"{notice.number} 已于 {notice.ends_on} 期满，请批准拨付。", at=at
        )
    return len(over)


@transaction.atomic
def alarm_silence(*, at: datetime) -> int:
    """Silence accepts nothing: a case unanswered by its promised date is told to the head, once a deadline."""
    late = Application.objects.filter(state__in=[State.SUBMITTED, State.ACCEPTED], due_at__lte=at, held_at__isnull=True)
    for case in late:
        alarm_head(
            f"silence:{case.pk}:{case.due_at:%Y%m%d%H%M}",
            f"超期未办：{case.number}",
            f"申报 {case.number} 应于 {timezone.localtime(case.due_at):%Y-%m-%d %H:%M} 前办理，现为“{case.get_state_display()}”。",
            at=at,
        )
    return len(late)


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Drafts that are not filed while their window closes within three days: one letter a day to whoever may file."""
    closing = Window.objects.open_at(at).filter(closes_at__lte=at + REMIND_BEFORE)
    drafts = Application.objects.filter(window__in=closing, state__in=[State.DRAFT, State.PENDING_CONFIRM])
    for draft in drafts.select_related("window", "legal_entity"):
        notify(
            "remind_draft",
            members_to_tell(draft.legal_entity),
            key=f"remind:{draft.pk}:{timezone.localdate(at)}",
            subject="您的申报还没有提交",
            body=f"“{draft.window.name}”将于 {timezone.localtime(draft.window.closes_at):%m 月 %d 日 %H:%M} 截止，您的草稿尚未提交。",
            at=at,
            link=draft.get_absolute_url(),
        )
    return len(drafts)
