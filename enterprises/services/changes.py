"""变更: what a verified enterprise says of its name, seat, former names and branches; a handler compares it before it counts."""

from datetime import date, datetime

from django.db import transaction

from enterprises import rules
from enterprises.models import Branch, ChangeKind, EntityChange, FormerName, LegalEntity
from enterprises.states import ChangeAction, ChangeState
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.reference.models import Entry
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .entities import check_code, tell_handlers
from .members import members_to_tell, require_member

CONSTRAINT_REFUSALS["one_open_change_of_facts_per_entity"] = "change_open"
MOST_OPEN = 20
OPEN_TO_ALL = ("industry", "export_value", "export_regions", "contact_name", "contact_phone", "contact_email")

may_stay_out_of_mail(Kind.WORK, "change_waiting")


@transaction.atomic
def ask_change(entity: LegalEntity, *, by: User, at: datetime, kind: str, facts: dict, evidence) -> EntityChange:
    """State a change with its evidence; `facts` as in EntityChange, days in ISO form.

    Raises Refusal: not_a_member, unverified_enterprise, credit_code_invalid, branch_registers, branch_known, change_open,
    too_many_changes, files'.
    """
    entity = lock(entity)
    require_member(entity, by)
    if not entity.is_verified:
        raise Refusal("unverified_enterprise")
    if kind == ChangeKind.BRANCH:
        facts = {**facts, "credit_code": check_code(facts["credit_code"])}
        _require_new_branch(entity, facts["credit_code"])
    elif kind == ChangeKind.FACTS and rules.looks_like_branch(facts["name"]):
        raise Refusal("branch_registers", field="name", name=facts["name"])
    if entity.changes.filter(state=ChangeState.SUBMITTED).count() >= MOST_OPEN:
        raise Refusal("too_many_changes", most=MOST_OPEN)
    paper = store_upload(evidence, by=by, at=at)
    with refusing_constraints():
        change = EntityChange.objects.create(legal_entity=entity, kind=kind, facts=facts, evidence=paper, submitted_by=by, submitted_at=at)
    record("ask_change", change, by=by, at=at, kind=kind)
    subject, body = f"变更待核实：{entity}", f"“{entity}”提交了{change.get_kind_display()}，请对照证明材料核实。"
    tell_handlers("change_waiting", key=f"change_waiting:{change.pk}", subject=subject, body=body, at=at)
    return change


def confirm_change(
    change: EntityChange, *, by: User, at: datetime, in_beijing: bool | None = None, version: int | None = None
) -> EntityChange:
    """A handler has compared the evidence: the change is written. Raises Refusal branch_known and those of moving."""
    with transaction.atomic():
        entity = lock(change.legal_entity)
        with moving(change, ChangeAction.CONFIRM, by=by, at=at, version=version, in_beijing=in_beijing) as locked:
            locked.decided_by, locked.decided_at = by, at
            _write(locked, entity, in_beijing)
            record("change_entity", entity, by=by, at=at, change=locked.pk, kind=locked.kind, facts=locked.facts)
            more = "企业名称已变更，请把收款账户换成新名称的账户，否则不能拨付。" if entity.name != change.legal_entity.name else ""
            _tell(locked, f"{locked.get_kind_display()}已核实", f"{locked.said}。{more}", at)
    return change


def return_change(change: EntityChange, *, by: User, at: datetime, reason: str, version: int | None = None) -> EntityChange:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(change, ChangeAction.RETURN, by=by, at=at, version=version, reason=reason) as locked:
        locked.decided_by, locked.decided_at, locked.state_reason = by, at, reason
        _tell(locked, f"{locked.get_kind_display()}未通过核实", f"{reason.rstrip('。')}。请改好后重新提交。", at)
    return change


def withdraw_change(change: EntityChange, *, by: User, at: datetime) -> EntityChange:
    require_member(change.legal_entity, by)
    with moving(change, ChangeAction.WITHDRAW, by=by, at=at) as locked:
        locked.decided_by, locked.decided_at = by, at
    return change


@transaction.atomic
def update_contact(entity: LegalEntity, *, by: User, at: datetime, facts: dict) -> LegalEntity:
    """Whom to call and what is exported: an enterprise's own word, at any time. Raises Refusal not_a_member."""
    entity = lock(entity)
    require_member(entity, by)
    changed = [column for column in OPEN_TO_ALL if column in facts and getattr(entity, column) != facts[column]]
    for column in changed:
        setattr(entity, column, facts[column])
    if changed:
        entity.version += 1
        entity.save(update_fields=[*changed, "version"])
        record("update_contact", entity, by=by, at=at, columns=changed)
    return entity


def _require_new_branch(entity: LegalEntity, code: str) -> None:
    if code == entity.credit_code or Branch.objects.filter(credit_code=code).exists():
        raise Refusal("branch_known", field="credit_code")


def _write(change: EntityChange, entity: LegalEntity, in_beijing: bool | None) -> None:
    facts = change.facts
    if change.kind == ChangeKind.BRANCH:
        _require_new_branch(entity, facts["credit_code"])
        Branch.objects.create(legal_entity=entity, **facts)
        return
    if change.kind == ChangeKind.FORMER_NAME:
        FormerName.objects.create(legal_entity=entity, name=facts["name"], until=date.fromisoformat(facts["until"]))
        return
    if not rules.same_payee_name(facts["name"], entity.name):
        FormerName.objects.create(legal_entity=entity, name=entity.name, until=date.fromisoformat(facts["changed_on"]))
    entity.name, entity.registered_address = facts["name"], facts["registered_address"]
    entity.legal_representative, entity.district = facts["legal_representative"], Entry.objects.get(pk=facts["district"])
    entity.licence, entity.in_beijing = change.evidence, in_beijing
    entity.version += 1
    entity.save()


def _tell(change: EntityChange, subject: str, body: str, at: datetime) -> None:
    key, people = f"change_decided:{change.pk}", members_to_tell(change.legal_entity)
    notify("change_decided", people, key=key, subject=subject, body=body, at=at, link="/enterprise/profile/")
