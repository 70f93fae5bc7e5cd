"""Registering a legal entity and verifying it on its licence."""

from datetime import datetime

from django.db import transaction

from enterprises import rules
from enterprises.models import (
    EntityKind,
    LegalEntity,
    Membership,
    MembershipRole,
    MembershipState,
)
from enterprises.states import EntityAction
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import moving
from pilot_portal.workflow.refusals import Refusal

from .members import INSURERS_FILERS, members_to_tell, require_member

may_stay_out_of_mail(Kind.RECORDS, "client_verified")


def check_code(credit_code: str) -> str:
    """The normalised code. Raises Refusal credit_code_invalid."""
    code = rules.check_credit_code(credit_code)
    if not code.ok:
        raise Refusal("credit_code_invalid", field="credit_code", sentence=rules.CODE_SENTENCES[code.reason])
    return code.normalised


@transaction.atomic
def register(*, by: User, at: datetime, facts: dict, licence) -> Membership:
    """Register a legal entity and its owner; a code that is known becomes a claim, which the centre decides.

    `facts` holds columns of LegalEntity. Raises Refusal: credit_code_invalid, branch_registers, already_member, licence_missing, files'.
    """
    code = check_code(facts["credit_code"])
    _refuse_branch(facts["name"], facts.get("kind"))
    if licence is None:
        raise Refusal("licence_missing", field="licence")
    paper = store_upload(licence, by=by, at=at)
    entity, created = LegalEntity.objects.get_or_create(
        credit_code=code, defaults={**facts, "credit_code": code, "licence": paper, "registered_at": at}
    )
    membership, joined = Membership.objects.get_or_create(
        user=by,
        legal_entity=entity,
        defaults={
            "role": MembershipRole.OWNER,
            "state": MembershipState.ACTIVE if created else MembershipState.PENDING,
            "created_at": at,
            "proof": paper,
        },
    )
    if not joined:
        raise Refusal("already_member", entity=entity)
    record("register" if created else "claim_entity", entity, by=by, at=at, membership=membership.pk)
    tell_handlers(
        "entity_waiting",
        key=f"entity_waiting:{membership.pk}",
        subject=f"待核验：{entity.name}",
        body=f"“{entity.name}”已提交登记，请在 5 个工作日内核验营业执照。"
        if created
        else f"另一用户主张代表“{entity.name}”，请核实后决定。",
        at=at,
    )
    return membership


@transaction.atomic
def register_client(*, by: User, at: datetime, facts: dict, licence) -> LegalEntity:
    """An insurer enters a client that has no account here; the centre verifies it on its licence like any other.

    The enterprise that is known already is given back as it stands. Raises Refusal: wrong_role and those of register.
    """
    if not User.objects.filter(pk=by.pk, role=Role.INSURER, insurer_staff__role__in=INSURERS_FILERS).exists():
        raise Refusal("wrong_role", action="登记客户")
    code = check_code(facts["credit_code"])
    if known := LegalEntity.objects.filter(credit_code=code).first():
        return known
    _refuse_branch(facts["name"], facts.get("kind"))
    if licence is None:
        raise Refusal("licence_missing", field="licence")
    paper = store_upload(licence, by=by, at=at)
    entity, is_new = LegalEntity.objects.get_or_create(
        credit_code=code, defaults={**facts, "credit_code": code, "licence": paper, "registered_at": at}
    )
    if not is_new:  # somebody else has entered it in the same moment
        return entity
    record("register_client", entity, by=by, at=at)
    tell_handlers(
        "entity_waiting",
        key=f"entity_waiting:client:{entity.pk}",
        subject=f"待核验：{entity.name}",
        body=f"保险公司为客户“{entity.name}”提交登记，请在 5 个工作日内核验营业执照。",
        at=at,
    )
    return entity


def _refuse_branch(name: str, kind: str | None) -> None:
    if rules.looks_like_branch(name) or kind == EntityKind.BRANCH:
        raise Refusal("branch_registers", field="name", name=name)


def _require_registrant(entity: LegalEntity, by: User) -> None:
    """A member; for a client that has none here, a person of the insurer that it is entrusting. Raises Refusal not_a_member."""
    if by.role != Role.INSURER:
        require_member(entity, by)
    elif not mended_by_insurer(entity, by):
        raise Refusal("not_a_member", entity=entity)


def mended_by_insurer(entity: LegalEntity, by: User) -> bool:
    """Whether nobody acts for the client here, so that the insurer which entered it mends what the centre sent back."""
    files = {"insurer__staff__user": by, "insurer__staff__role__in": INSURERS_FILERS}
    live = entity.entrustments.filter(**files, state__in=("proposed", "confirmed"))
    return live.exists() and not entity.memberships.filter(state=MembershipState.ACTIVE).exists()


def tell_handlers(event: str, *, key: str, subject: str, body: str, at: datetime) -> None:
    notify(event, User.objects.active_with_role(Role.HANDLER), key=key, subject=subject, body=body, at=at, link="/admin/")


def resubmit_entity(entity: LegalEntity, *, by: User, at: datetime, facts: dict, licence=None, version: int | None = None) -> LegalEntity:
    """Mend what the centre sent back, or what is still unverified. The code itself stays.

    Raises Refusal: not_a_member, verified_is_locked, moved_on, branch_registers, files'.
    """
    _require_registrant(entity, by)
    if entity.is_verified:
        raise Refusal("verified_is_locked", entity=entity)
    with moving(entity, EntityAction.RESUBMIT, by=by, at=at, version=version) as locked:
        for column, value in facts.items():
            if column != "credit_code":
                setattr(locked, column, value)
        _refuse_branch(locked.name, locked.kind)
        if licence is not None:
            locked.licence = store_upload(licence, by=by, at=at)
        locked.state_reason = ""
    return entity


def verify(entity: LegalEntity, *, by: User, at: datetime, in_beijing: bool, version: int | None = None) -> LegalEntity:
    """A handler has compared the licence with what was typed. Raises Refusal claims_first while others claim it."""
    with moving(entity, EntityAction.VERIFY, by=by, at=at, version=version) as locked:
        if locked.memberships.filter(state=MembershipState.PENDING).exists() or locked.takeovers.open().exists():
            raise Refusal("claims_first", entity=locked)
        locked.verified_by, locked.verified_at, locked.in_beijing, locked.state_reason = by, at, in_beijing, ""
        notify(
            "entity_verified",
            members_to_tell(locked),
            key=f"entity_verified:{locked.pk}:{locked.version}",
            subject="企业信息已通过核验",
            body=f"“{locked.name}”已通过核验，现在可以预申报、登记保单和申报补贴。",
            at=at,
            link="/enterprise/",
        )
        _tell_insurers(locked, "client_verified", f"客户已通过核验：{locked.name}", "委托生效后即可为其登记保单和申报补贴。", at)
    return entity


def return_entity(entity: LegalEntity, *, by: User, at: datetime, reason: str, version: int | None = None) -> LegalEntity:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(entity, EntityAction.RETURN, by=by, at=at, version=version, reason=reason) as locked:
        locked.state_reason = reason
        notify(
            "entity_returned",
            members_to_tell(locked),
            key=f"entity_returned:{locked.pk}:{locked.version}",
            subject="企业信息需要修改",
            body=f"“{locked.name}”的登记信息未通过核验：{reason.rstrip('。')}。请修改后重新提交。",
            at=at,
            link="/enterprise/",
        )
        why = f"登记信息未通过核验：{reason.rstrip('。')}。请在客户页面修改后重新提交。"
        _tell_insurers(locked, "client_returned", f"客户信息需要修改：{locked.name}", why, at)
    return entity


def _tell_insurers(entity: LegalEntity, event: str, subject: str, body: str, at: datetime) -> None:
    """A client without an account here is told through the insurers that it is entrusting."""
    if entity.memberships.filter(state=MembershipState.ACTIVE).exists():
        return
    live = entity.entrustments.filter(state__in=("proposed", "confirmed"))
    staff = User.objects.filter(insurer_staff__insurer__in=live.values("insurer"), is_active=True)
    key, link = f"{event}:{entity.pk}:{entity.version}", f"/insurer/clients/{entity.pk}/"
    notify(event, staff, key=key, subject=subject, body=body, at=at, link=link)
