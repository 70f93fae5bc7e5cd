"""Verbs on legal entities, members, accounts and pre-registrations."""

from datetime import datetime

from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.services import notify
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from . import rules
from .models import BankAccount, EntityCategory, EntityKind, LegalEntity, Membership, MembershipRole, MembershipState, PreRegistration
from .states import EntityAction, EntityState, PreRegistrationAction

CONSTRAINT_REFUSALS["one_preregistration_per_pilot_and_entity"] = "already_preregistered"
WRITERS = (MembershipRole.OWNER, MembershipRole.SUBMITTER, MembershipRole.PREPARER)
SUBMITTERS = (MembershipRole.OWNER, MembershipRole.SUBMITTER)


def require_member(entity: LegalEntity, by: User, roles=WRITERS) -> None:
    """Raises Refusal not_a_member unless the person acts for the entity in one of these roles."""
    if not entity.memberships.filter(user=by, state=MembershipState.ACTIVE, role__in=roles).exists():
        raise Refusal("not_a_member", entity=entity)


def require_writer(entity: LegalEntity, by: User, at: datetime) -> None:
    """A member who may write, or a person of an insurer that the enterprise has entrusted and whose mandate is in force.

    Raises Refusal: not_a_member, no_mandate.
    """
    mandates = entity.entrustments.filter(insurer__staff__user=by, state="confirmed", starts_at__lte=at, ends_at__gt=at)
    if by.role != Role.INSURER:
        require_member(entity, by)
    elif not mandates.exists():
        raise Refusal("no_mandate", entity=entity)


def members_to_tell(entity: LegalEntity):
    """Users of the entity who get its letters."""
    return User.objects.filter(memberships__legal_entity=entity, memberships__state=MembershipState.ACTIVE, is_active=True).distinct()


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
    if by.role != Role.INSURER:
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
    live = entity.entrustments.filter(insurer__staff__user=by, state__in=("proposed", "confirmed"))
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
    """A handler has compared the licence with what was typed."""
    with moving(entity, EntityAction.VERIFY, by=by, at=at, version=version) as locked:
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


@transaction.atomic
def decide_membership(membership: Membership, *, by: User, at: datetime, accepted: bool) -> Membership:
    """The centre's word on a rival claim, once. Raises Refusal: wrong_role, wrong_state."""
    if by.role != Role.HANDLER:
        raise Refusal("wrong_role", action="核实企业成员")
    membership = lock(membership)
    if membership.state != MembershipState.PENDING:
        raise Refusal("wrong_state", object=membership, state=membership.get_state_display(), action="核实")
    membership.state = MembershipState.ACTIVE if accepted else MembershipState.REMOVED
    membership.save(update_fields=["state"])
    record("decide_membership", membership, by=by, at=at, accepted=accepted)
    entity = membership.legal_entity
    notify(
        "membership_decided",
        [membership.user],
        key=f"membership_decided:{membership.pk}",
        subject="可以代表企业办理了" if accepted else "未能确认您代表该企业",
        body=f"经核实，您现在可以代表“{entity}”办理。"
        if accepted
        else f"经核实，您目前不能代表“{entity}”办理。如有疑问，请由该企业出具证明后联系中心。",
        at=at,
        link="/enterprise/profile/",
    )
    return membership


@transaction.atomic
def set_bank_account(
    entity: LegalEntity, *, by: User, at: datetime, holder: str, bank_name: str, cnaps: str, number: str, proof=None
) -> BankAccount:
    """Open a new account and close the former one.

    Raises Refusal: not_a_member, no_mandate, account_holder_differs, account_number_invalid.
    """
    require_writer(entity, by, at)
    if not rules.same_payee_name(holder, entity.name):
        raise Refusal("account_holder_differs", field="holder", holder=holder, entity=entity.name)
    number = rules.normalise_account_number(number)
    if not rules.account_number_ok(number):
        raise Refusal("account_number_invalid", field="number")
    LegalEntity.objects.select_for_update().get(pk=entity.pk)
    entity.bank_accounts.filter(closed_at__isnull=True).update(closed_at=at)
    account = BankAccount(legal_entity=entity, holder=holder, bank_name=bank_name, cnaps=cnaps, created_by=by, created_at=at)
    account.number = number
    account.proof = store_upload(proof, by=by, at=at) if proof else None
    account.save()
    record("set_bank_account", entity, by=by, at=at, account=account.pk, last_four=account.last_four)
    if by.role == Role.INSURER:
        notify(
            "account_set_by_insurer",
            members_to_tell(entity),
            key=f"account_set_by_insurer:{account.pk}",
            subject="保险公司填写了收款账户",
            body=f"受托的保险公司为“{entity}”填写了收款账户：{account}。如不是本企业的账户，请立即登录更换，并联系中心。",
            at=at,
            link="/enterprise/profile/",
        )
    return account


@transaction.atomic
def reveal_account(account: BankAccount, *, by: User, at: datetime) -> str:
    """The full number, for a person who may see the entity; the look leaves a trace."""
    record("reveal_account", account.legal_entity, by=by, at=at, account=account.pk)
    return account.number


@transaction.atomic
def add_category(entity: LegalEntity, *, by: User, at: datetime, facts: dict, evidence=None) -> EntityCategory:
    """State a category with its evidence and validity."""
    require_writer(entity, by, at)
    paper: StoredFile | None = store_upload(evidence, by=by, at=at) if evidence else None
    category = EntityCategory.objects.create(legal_entity=entity, evidence=paper, **facts)
    record("add_category", entity, by=by, at=at, category=category.category.code)
    return category


@transaction.atomic
def preregister(entity: LegalEntity, pilot: Pilot, *, by: User, at: datetime, facts: dict) -> PreRegistration:
    """预申报. Raises Refusal: not_a_member, unverified_enterprise, already_preregistered."""
    require_member(entity, by)
    if entity.state != EntityState.VERIFIED:
        raise Refusal("unverified_enterprise")
    with refusing_constraints(entity=entity):
        registration = PreRegistration.objects.create(legal_entity=entity, pilot=pilot, submitted_by=by, submitted_at=at, **facts)
    record("preregister", registration, by=by, at=at)
    tell_handlers(
        "preregistration_waiting",
        key=f"preregistration_waiting:{registration.pk}",
        subject=f"预申报待确认：{entity.name}",
        body=f"“{entity.name}”已预申报，请确认或退回。",
        at=at,
    )
    return registration


def resubmit_preregistration(
    registration: PreRegistration, *, by: User, at: datetime, facts: dict, version: int | None = None
) -> PreRegistration:
    require_member(registration.legal_entity, by)
    with moving(registration, PreRegistrationAction.RESUBMIT, by=by, at=at, version=version) as locked:
        for column, value in facts.items():
            setattr(locked, column, value)
        locked.submitted_by, locked.submitted_at, locked.state_reason = by, at, ""
    return registration


def confirm_preregistration(registration: PreRegistration, *, by: User, at: datetime, version: int | None = None) -> PreRegistration:
    return _decide_preregistration(registration, PreRegistrationAction.CONFIRM, "预申报已确认", "", by=by, at=at, version=version)


def return_preregistration(
    registration: PreRegistration, *, by: User, at: datetime, reason: str, version: int | None = None
) -> PreRegistration:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    return _decide_preregistration(registration, PreRegistrationAction.RETURN, "预申报需要修改", reason, by=by, at=at, version=version)


def _decide_preregistration(registration, action, subject, reason, *, by, at, version):
    with moving(registration, action, by=by, at=at, version=version, reason=reason) as locked:
        locked.decided_by, locked.decided_at, locked.state_reason = by, at, reason
        notify(
            action.value,
            members_to_tell(locked.legal_entity),
            key=f"{action.value}:{locked.pk}:{locked.version}",
            subject=subject,
            body=f"{locked}：{reason or '已确认，保险公司会与您联系。'}",
            at=at,
            link=locked.get_absolute_url(),
        )
    return registration
