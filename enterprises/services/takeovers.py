"""接管: the account of an enterprise whose owner has left gets another one, by two officers of the centre."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from enterprises.models import FormerOwners, LegalEntity, Membership, MembershipRole, MembershipState, Takeover
from enterprises.states import TakeoverAction
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.proposals import settle
from pilot_portal.workflow.refusals import Refusal

from .entities import check_code, tell_handlers
from .invitations import let_go, owners_of
from .members import members_to_tell

CONSTRAINT_REFUSALS["one_open_takeover_per_entity_and_applicant"] = "takeover_open"
MOST_OPEN = 3  # of one person: nobody asks for the enterprises of others in bulk

may_stay_out_of_mail(Kind.WORK, "takeover_waiting")


@transaction.atomic
def ask_takeover(
    *, by: User, at: datetime, credit_code: str, reason: str, contact_name: str, contact_phone: str, letter, licence
) -> Takeover:
    """Ask for the account of a registered enterprise. Its present owners are told, so that a wrong claim is noticed.

    Raises Refusal: wrong_role, credit_code_invalid, entity_unknown, already_owner_here, takeover_open, too_many_takeovers, files'.
    """
    if by.role != Role.ENTERPRISE:
        raise Refusal("wrong_role", action="申请接管")
    entity = LegalEntity.objects.filter(credit_code=check_code(credit_code)).first()
    if entity is None:
        raise Refusal("entity_unknown", field="credit_code")
    if owners_of(entity).filter(user=by).exists():
        raise Refusal("already_owner_here", field="credit_code")
    if Takeover.objects.open().filter(applicant=by).count() >= MOST_OPEN:
        raise Refusal("too_many_takeovers", most=MOST_OPEN)
    with refusing_constraints():
        takeover = Takeover.objects.create(
            legal_entity=entity,
            applicant=by,
            reason=reason,
            contact_name=contact_name,
            contact_phone=contact_phone,
            letter=store_upload(letter, by=by, at=at),
            licence=store_upload(licence, by=by, at=at),
            submitted_at=at,
        )
    record("ask_takeover", takeover, by=by, at=at)
    key, subject = f"takeover_waiting:{takeover.pk}", f"接管申请待核查：{entity}"
    tell_handlers("takeover_waiting", key=key, subject=subject, body=f"有人申请接管“{entity}”的账户，请核对公函和营业执照。", at=at)
    body = (
        f"有人凭盖章公函向中心申请接管“{entity}”的账户，成为管理员。不是本企业申请的，请立即联系中心；"
        "是本企业安排的，可以直接在成员页面把管理员移交给对方。"
    )
    _tell("takeover_asked", takeover, _owners(entity), f"有人申请接管“{entity}”的账户", body, at, link=reverse("enterprises:members"))
    return takeover


def propose_takeover(
    takeover: Takeover, *, by: User, at: datetime, former_owners: str, reason: str, version: int | None = None
) -> Takeover:
    """A handler has compared letter, seal and licence, and asked the enterprise. Raises Refusal reason_missing and those of moving."""
    _require_reason(reason)
    with moving(takeover, TakeoverAction.PROPOSE, by=by, at=at, version=version, reason=reason, former_owners=former_owners) as locked:
        locked.proposed_by, locked.proposed_at = by, at
        locked.former_owners, locked.state_reason = FormerOwners(former_owners), reason
        notify(
            "takeover_waiting",
            User.objects.active_with_role(Role.REVIEWER),
            key=f"takeover_proposed:{locked.pk}:{locked.version}",
            subject=f"接管申请待复核：{locked.legal_entity}",
            body=f"经办核查：{reason}",
            at=at,
            link="/admin/",
        )
    return takeover


def send_back_takeover(takeover: Takeover, *, by: User, at: datetime, reason: str, version: int | None = None) -> Takeover:
    _require_reason(reason)
    with moving(takeover, TakeoverAction.SEND_BACK, by=by, at=at, version=version, reason=reason) as locked:
        locked.state_reason = reason
        key = f"takeover_sent_back:{locked.pk}:{locked.version}"
        tell_handlers("takeover_waiting", key=key, subject=f"接管申请退回核查：{locked.legal_entity}", body=f"复核意见：{reason}", at=at)
    return takeover


def grant_takeover(takeover: Takeover, *, by: User, at: datetime, version: int | None = None) -> Takeover:
    """A reviewer confirms: the applicant owns the account, the former owners lose it. Raises Refusal same_person and those of moving."""
    with transaction.atomic():
        entity = lock(takeover.legal_entity)
        with moving(takeover, TakeoverAction.GRANT, by=by, at=at, version=version) as locked:
            if locked.proposed_by_id == by.pk:
                raise Refusal("same_person")
            locked.decided_by, locked.decided_at = by, at
            _change_owners(locked, entity, by, at)
        name = takeover.applicant.get_full_name()
        body = f"经中心核查和复核，{name}现在是“{entity}”的管理员。请核对成员和收款账户。"
        _tell(
            "takeover_granted", takeover, members_to_tell(entity), f"{name}已接管“{entity}”", body, at, link=reverse("enterprises:members")
        )
    return takeover


def refuse_takeover(takeover: Takeover, *, by: User, at: datetime, reason: str, version: int | None = None) -> Takeover:
    _require_reason(reason)
    with moving(takeover, TakeoverAction.REFUSE, by=by, at=at, version=version, reason=reason) as locked:
        locked.decided_by, locked.decided_at, locked.state_reason = by, at, reason
        body = f"中心没有同意您接管“{locked.legal_entity}”的账户：{reason.rstrip('。')}。补齐后可以再次申请。"
        _tell("takeover_refused", locked, [locked.applicant], "接管申请未获同意", body, at)
    return takeover


def withdraw_takeover(takeover: Takeover, *, by: User, at: datetime) -> Takeover:
    if takeover.applicant_id != by.pk:
        raise Refusal("not_a_member", entity=takeover.legal_entity)
    with moving(takeover, TakeoverAction.WITHDRAW, by=by, at=at) as locked:
        locked.decided_by, locked.decided_at = by, at
    return takeover


def _change_owners(takeover: Takeover, entity: LegalEntity, by: User, at: datetime) -> None:
    """The new owner first, so that there is one at every moment."""
    former = list(owners_of(entity).exclude(user=takeover.applicant).select_related("user"))
    facts = {"role": MembershipRole.OWNER, "state": MembershipState.ACTIVE}
    was_active = entity.memberships.filter(user=takeover.applicant, state=MembershipState.ACTIVE).exists()
    since = {} if was_active else {"created_at": at}
    membership, _ = Membership.objects.update_or_create(user=takeover.applicant, legal_entity=entity, defaults={**facts, **since})
    settle(membership, at=at, remark="已由中心同意接管")
    removed = takeover.former_owners == FormerOwners.REMOVE
    for owner in former:
        if removed:
            let_go(owner, entity, by=by, at=at)
        else:
            owner.role = MembershipRole.SUBMITTER
            owner.save(update_fields=["role"])
    now = "您不再代表该企业。" if removed else "您的身份改为提交人。"
    body = f"经中心核查和复核，“{entity}”的管理员已变更，{now}如有异议，请联系中心。"
    people = [owner.user for owner in former]
    _tell("owner_replaced", takeover, people, f"您已不是“{entity}”的管理员", body, at, link=reverse("accounts:landing"))
    record("take_over", entity, by=by, at=at, takeover=takeover.pk, owner=membership.pk, former=[owner.pk for owner in former])


def _owners(entity: LegalEntity):
    return User.objects.filter(memberships__in=owners_of(entity), is_active=True)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")


def _tell(event: str, takeover: Takeover, people, subject: str, body: str, at: datetime, link: str = "") -> None:
    key = f"{event}:{takeover.pk}:{takeover.version}"
    notify(event, people, key=key, subject=subject, body=body, at=at, link=link or takeover.get_absolute_url())
