"""What a day or an hour brings: proposals that expire, corrections that lapse, publicity that ends, silence that is alarmed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

import structlog
from django.db import transaction
from django.utils import timezone

from enterprises.services import members_to_tell
from insurers.models import Entrustment
from pilot_portal.accounts.models import User
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import moving
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, PublicNotice, Window
from subsidies.states import Action, State

from .applications import end
from .corrections import close, open_correction
from .letters import alarm_head, readers, tell

logger = structlog.get_logger(__name__)
REMIND_BEFORE = timedelta(days=3)
WARNINGS = (timedelta(hours=72), timedelta(hours=24), timedelta(hours=2))
MANDATE_ENDS_IN = (30, 7, 1)  # days before, on which both sides are told


def expire_proposals(*, at: datetime) -> int:
    """At closing, an unconfirmed proposal of an insurer is a draft again. Returns how many."""
    over = Application.objects.filter(state=State.PENDING_CONFIRM, window__closes_at__lte=at)

    def back_to_draft(case: Application) -> None:
        tell(case, "expired", at=at)
        case.due_at = None

    return _move_each(over, Action.EXPIRE, at, back_to_draft)


@transaction.atomic
def warn_proposals(*, at: datetime) -> int:
    """72, 24 and 2 hours before closing: what an insurer has proposed and the enterprise has not confirmed. Returns how many were due."""
    closing = Window.objects.open_at(at).filter(closes_at__lte=at + max(WARNINGS))
    waiting = Application.objects.filter(window__in=closing, state=State.PENDING_CONFIRM).select_related(
        "window", "legal_entity", "insurer"
    )
    for case in waiting:
        warning = min(span for span in WARNINGS if case.window.closes_at - span <= at)
        hours = int(warning.total_seconds() // 3600)
        notify(
            "warn_proposal",
            readers(case),
            key=f"warn_proposal:{case.pk}:{case.proposed_at:%Y%m%d%H%M%S}:{hours}",
            subject=f"代拟的申报还没有确认：{case.legal_entity}",
            body=f"{case.insurer}代“{case.legal_entity}”准备的{case.window}申报还没有确认，"
            f"{timezone.localtime(case.window.closes_at):%m 月 %d 日 %H:%M} 截止。确认后才算提交。",
            at=at,
            link=case.get_absolute_url(),
        )
    return len(waiting)


def lapse_corrections(*, at: datetime) -> int:
    """A correction not handed in by its deadline lapses; the slot stays used. Returns how many."""
    late = Application.objects.filter(state=State.CORRECTION, due_at__lte=at, held_at__isnull=True)
    system = User.objects.system()

    def lapse(case: Application) -> None:
        end(case, by=system, at=at, reason="逾期未补正")
        if correction := open_correction(case):
            close(correction, by=system, at=at)
        tell(case, "lapsed", at=at)

    return _move_each(late, Action.LAPSE, at, lapse)


def _move_each(cases, action: Action, at: datetime, fill: Callable[[Application], None]) -> int:
    """One transaction a case. One that somebody has moved, held or given more time meanwhile is left alone, and the others go on."""
    system = User.objects.system()
    count = 0
    for case in cases.order_by("pk"):
        try:
            with moving(case, action, by=system, at=at) as locked:
                if not cases.filter(pk=locked.pk).exists():
                    raise Refusal("moved_on", object=locked)
                fill(locked)
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
    """Each morning: drafts not filed, corrections not handed in, mandates about to end. Returns how many of them."""
    return _remind_drafts(at) + _remind_corrections(at) + _remind_mandates(at)


def _remind_drafts(at: datetime) -> int:
    closing = Window.objects.open_at(at).filter(closes_at__lte=at + REMIND_BEFORE)
    drafts = Application.objects.filter(window__in=closing, state=State.DRAFT)
    for draft in drafts.select_related("window", "legal_entity", "insurer"):
        notify(
            "remind_draft",
            readers(draft),
            key=f"remind:{draft.pk}:{timezone.localdate(at)}",
            subject=f"申报还没有提交：{draft.legal_entity}",
            body=f"“{draft.window.name}”将于 {timezone.localtime(draft.window.closes_at):%m 月 %d 日 %H:%M} 截止，草稿尚未提交。",
            at=at,
            link=draft.get_absolute_url(),
        )
    return len(drafts)


def _remind_corrections(at: datetime) -> int:
    """Three days and one day before the end."""
    due = Application.objects.filter(state=State.CORRECTION, held_at__isnull=True, due_at__gt=at, due_at__lte=at + REMIND_BEFORE)
    for case in due.select_related("window", "legal_entity", "insurer"):
        due_at = cast(datetime, case.due_at)  # it was selected by it
        left = 1 if due_at <= at + timedelta(days=1) else REMIND_BEFORE.days
        tell(case, "remind_correction", at=at, about=f"{due_at:%Y%m%d}:{left}")
    return len(due)


def _remind_mandates(at: datetime) -> int:
    """A month, a week and a day before a mandate ends, both sides, once each; not a month before for one that was made since."""
    ending = Entrustment.objects.in_force(at).filter(ends_at__lte=at + timedelta(days=MANDATE_ENDS_IN[0]))
    told = 0
    for mandate in ending.select_related("insurer", "legal_entity"):
        days = min(days for days in MANDATE_ENDS_IN if mandate.ends_at <= at + timedelta(days=days))
        if mandate.confirmed_at and mandate.confirmed_at > mandate.ends_at - timedelta(days=days):
            continue
        told += 1
        staff = User.objects.filter(insurer_staff__insurer=mandate.insurer, is_active=True)
        notify(
            "mandate_ending",
            [*members_to_tell(mandate.legal_entity), *staff],
            key=f"mandate_ending:{mandate.pk}:{days}",
            subject=f"委托即将到期：{mandate.legal_entity}",
            body=f"“{mandate.legal_entity}”对“{mandate.insurer}”的委托将于 {timezone.localtime(mandate.ends_at):%Y-%m-%d %H:%M} 到期。"
            "到期后保险公司不能再办理，已提交的申报由企业跟进；需要的请重新委托。",
            at=at,
        )
    return told
