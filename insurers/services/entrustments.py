"""委托: proposed by either side, confirmed by the enterprise or on the sealed paper, ended at any time."""

from datetime import datetime

import structlog
from django.db import transaction

from enterprises.models import LegalEntity
from enterprises.services import SUBMITTERS, members_to_tell, require_member, tell_handlers
from insurers.models import Entrustment, Insurer
from insurers.states import EntrustmentAction, EntrustmentState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .staff import require_insurer

logger = structlog.get_logger(__name__)
may_stay_out_of_mail(Kind.RECORDS, "entrustment_confirmed_insurer")
may_stay_out_of_mail(Kind.WORK, "entrustment_waiting")

CONSTRAINT_REFUSALS.update(
    one_live_entrustment_per_insurer_and_entity="entrustment_exists",
    entrustment_ends_after_it_starts="entrustment_period",
)


def expire_mandates(*, at: datetime) -> int:
    """End every entrustment whose period is over; filed cases stay with the enterprise. Returns how many."""
    over = Entrustment.objects.filter(state__in=[EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED], ends_at__lte=at)
    return sum(_expire(entrustment, at) for entrustment in over.order_by("pk"))


def _expire(entrustment: Entrustment, at: datetime) -> bool:
    """One transaction a mandate; one that is revoked in the same moment is left alone."""
    try:
        with moving(entrustment, EntrustmentAction.EXPIRE, by=User.objects.system(), at=at) as locked:
            notify(
                "entrustment_expired",
                members_to_tell(locked.legal_entity),
                key=f"entrustment_expired:{locked.pk}",
                subject="对保险公司的委托已到期",
                body=f"您对“{locked.insurer}”的委托已到期。已提交的申报继续有效，由您自行跟进。",
                at=at,
                link="/enterprise/",
            )
            _tell_insurer(locked, "expired", f"“{locked.legal_entity}”的委托已到期", "已提交的申报由企业跟进，贵公司不能再办理。", at)
    except Refusal as refusal:
        logger.info("deadline_overtaken", entrustment=entrustment.pk, why=refusal.code)
        return False
    return True


def _tell_insurer(entrustment: Entrustment, event: str, subject: str, body: str, at: datetime) -> None:
    notify(
        f"entrustment_{event}_insurer",
        User.objects.filter(insurer_staff__insurer=entrustment.insurer, is_active=True),
        key=f"entrustment_{event}_insurer:{entrustment.pk}",
        subject=subject,
        body=body,
        at=at,
        link="/insurer/",
    )


@transaction.atomic
def propose_entrustment(entity: LegalEntity, insurer: Insurer, *, by: User, at: datetime, facts: dict, paper=None) -> Entrustment:
    """Either side starts an entrustment; the enterprise (online) or a handler (on the sealed paper) confirms it.

    `facts` holds starts_at, ends_at and the scope. Raises Refusal: not_a_member, not_its_insurer, entrustment_exists, entrustment_period.
    """
    if by.role == Role.INSURER:
        require_insurer(insurer, by)
    else:
        require_member(entity, by, SUBMITTERS)
    stored = store_upload(paper, by=by, at=at) if paper else None
    with refusing_constraints(insurer=insurer, entity=entity):
        entrustment = Entrustment.objects.create(
            insurer=insurer, legal_entity=entity, proposed_by=by, proposed_at=at, paper=stored, **facts
        )
    record("propose_entrustment", entrustment, by=by, at=at)
    if paper:
        _tell_of_paper(entrustment, at)
    if by.role == Role.INSURER:
        notify(
            "entrustment_proposed",
            members_to_tell(entity),
            key=f"entrustment_proposed:{entrustment.pk}",
            subject=f"“{insurer}”请您确认委托",
            body=f"“{insurer}”请您委托其代为申报保费补贴。请核对委托期限和范围后确认；不委托的可以拒绝。",
            at=at,
            link="/enterprise/",
        )
    return entrustment


@transaction.atomic
def add_entrustment_paper(entrustment: Entrustment, *, by: User, at: datetime, paper, version: int | None = None) -> Entrustment:
    """Either side hands in the sealed 委托书 of a proposed entrustment, for a handler to verify; a later one replaces it.

    Raises Refusal: not_a_member, not_its_insurer, wrong_state, moved_on, files'.
    """
    locked = lock(entrustment)
    _require_party(locked, by)
    if locked.state != EntrustmentState.PROPOSED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="上传委托书")
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.paper, locked.version = store_upload(paper, by=by, at=at), locked.version + 1
    locked.save()
    record("add_entrustment_paper", locked, by=by, at=at, sha256=locked.paper.sha256)
    _tell_of_paper(locked, at)
    return locked


def _require_party(entrustment: Entrustment, by: User) -> None:
    if by.role == Role.INSURER:
        require_insurer(entrustment.insurer, by)
    elif by.role == Role.ENTERPRISE:
        require_member(entrustment.legal_entity, by, SUBMITTERS)


def _tell_of_paper(entrustment: Entrustment, at: datetime) -> None:
    tell_handlers(
        "entrustment_waiting",
        key=f"entrustment_waiting:{entrustment.pk}:{entrustment.paper_id}",
        subject=f"委托书待核实：{entrustment.legal_entity}",
        body=f"“{entrustment.insurer}”提交了“{entrustment.legal_entity}”盖章的委托书，请核实后确认委托。",
        at=at,
    )


def confirm_entrustment(entrustment: Entrustment, *, by: User, at: datetime, version: int | None = None) -> Entrustment:
    """The enterprise agrees online, or a handler has checked the sealed paper."""
    with moving(entrustment, EntrustmentAction.CONFIRM, by=by, at=at, version=version) as locked:
        if by.role == Role.ENTERPRISE:
            require_member(locked.legal_entity, by, SUBMITTERS)
        elif locked.paper is None:
            raise Refusal("entrustment_paper_missing")
        locked.confirmed_by, locked.confirmed_at = by, at
        _tell_insurer(locked, "confirmed", f"“{locked.legal_entity}”的委托已生效", "可以为其登记保单、准备和提交申报。", at)
    return entrustment


def revoke_entrustment(entrustment: Entrustment, *, by: User, at: datetime, reason: str, version: int | None = None) -> Entrustment:
    """Either side, or a handler, ends or declines it at any time; filed cases stay, and the enterprise takes them over.

    Raises Refusal: reason_missing, not_a_member, not_its_insurer.
    """
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(entrustment, EntrustmentAction.REVOKE, by=by, at=at, version=version, reason=reason) as locked:
        _require_party(locked, by)
        locked.state_reason = reason[:300]
        why = f"理由：{reason.rstrip('。')}。已提交的申报由企业跟进。"
        _tell_insurer(locked, "revoked", f"“{locked.legal_entity}”的委托已撤销", why, at)
        if by.role == Role.INSURER:
            notify(
                "entrustment_laid_down",
                members_to_tell(locked.legal_entity),
                key=f"entrustment_laid_down:{locked.pk}",
                subject=f"“{locked.insurer}”撤回了委托",
                body=why,
                at=at,
                link="/enterprise/",
            )
    return entrustment
