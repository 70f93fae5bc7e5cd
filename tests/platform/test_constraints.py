"""What the database refuses about people, enterprises, policies, files and the audit trail; each rule is violated once, by name."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import transaction

from enterprises import services as enterprises
from insurers import services as insurers
from insurers.models import ApiAnswer, Endorsement, EndorsementKind
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit import services as audit
from pilot_portal.files.models import StoredFile
from pilot_portal.notifications.models import MailOptOut
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.workflow import staff
from pilot_portal.workflow.proposals import propose
from tests import make
from tests.expect import sql, violates
from tests.refusing import rules_of_triggers
from tests.subsidies.api import key_of


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    """One row of everything, for every test of this module; rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


def build() -> SimpleNamespace:
    entity, handler = make.entity(), make.officer(Role.HANDLER)
    policy = make.policy(entity)
    audit.seal_pending(at=make.FILED)
    facts = {"products_abroad": "芯片", "countries": "美国"}
    return SimpleNamespace(
        system=type(handler).objects.system(),
        entity=entity,
        unverified=make.entity(verified=False),
        membership=entity.memberships.get(),
        invitation=enterprises.invite(entity, by=make.owner_of(entity), at=make.FILED, email="new@example.com", role="viewer"),
        account=entity.bank_accounts.get(),
        change=make.change(entity, "facts"),
        takeover=_proposed(make.takeover(entity), handler),
        preregistration=enterprises.preregister(entity, make.pilot(), by=make.owner_of(entity), at=make.FILED, facts=facts),
        newcomer=_newcomer(),
        colleague=make.officer(Role.FINANCE),
        proposal=propose("reject", entity, by=handler, at=make.FILED, reason="不符合"),
        entry=Entry.objects.filter(kind=Kind.DISTRICT).first(),
        selection=policy.insurer.selections.get(),
        policy=policy,
        registered=make.policy(entity, confirmed=False, papers=False),
        invoice=policy.invoices.get(),
        payment=policy.premium_payments.get(),
        endorsement=Endorsement.objects.create(
            policy=policy,
            kind=EndorsementKind.REDUCTION,
            number="PD1",
            effective_on="2026-09-01",
            premium_after=1,
            reported_by=handler,
            reported_at=make.FILED,
        ),
        entrustment=make.entrustment(entity, policy.insurer),
        asked=(asked := make.underwriting_request()),
        waiting=asked.answers.get(),
        chosen=_chosen(),
        listed=make.underwriting_list(policy),
        other_insurer=make.insurer("示例二"),
        key=key_of(policy.insurer)[0],
        answer=ApiAnswer.objects.create(insurer=policy.insurer, name="order-0001", fingerprint="", made_at=make.FILED),
        manager=policy.insurer.staff.get(),
        staff_invitation=insurers.invite_staff(
            policy.insurer, by=policy.insurer.staff.get().user, at=make.FILED, email="new@example.com", role="filer"
        ),
        event=audit.Event.objects.first(),
        seal=audit.Seal.objects.first(),
        sealed=audit.SealedEvent.objects.first(),
        anchor=audit.publish_anchor(at=make.FILED),
        opt_out=MailOptOut.objects.create(user=handler, kind="work", since=make.FILED),
        file=StoredFile.objects.first(),
    )


def _chosen():
    answer = make.offer(make.underwriting_request(make.entity()).answers.get())
    return insurers.choose_offer(answer, by=make.owner_of(answer.request.legal_entity), at=make.ACCEPTED)


def _proposed(takeover, handler):
    return enterprises.propose_takeover(takeover, by=handler, at=make.FILED, former_owners="remove", reason="公函无误")


def _newcomer():
    user = User(username="newcomer", role=Role.HANDLER, email="newcomer@example.com")
    staff.ask_account(user, by=make.officer(Role.SECURITY), at=make.FILED, reason="新到岗")
    return user


def change(who: str, **columns) -> Callable:
    """UPDATE of the row of town that `who` names; a value may be a function of the town."""

    def run(town) -> None:
        row, values = getattr(town, who), [value(town) if callable(value) else value for value in columns.values()]
        key = row._meta.pk.column
        sql(f"UPDATE {row._meta.db_table} SET {', '.join(f'{name} = %s' for name in columns)} WHERE {key} = %s", [*values, row.pk])

    return run


def copy(who: str, **columns) -> Callable:
    """INSERT of that row with other columns."""

    def run(town) -> None:
        row = getattr(town, who)
        given = {name: value(town) if callable(value) else value for name, value in columns.items()}
        table, values = row._meta.db_table, json.dumps({"id": 900000 + row.pk, **given})
        sql(f"INSERT INTO {table} SELECT (jsonb_populate_record(r, %s)).* FROM {table} r WHERE id = %s", [values, row.pk])

    return run


def delete(who: str) -> Callable:
    def run(town) -> None:
        row = getattr(town, who)
        sql(f"DELETE FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s", [row.pk])

    return run


CASES: list[tuple[str, Callable]] = [
    ("system_user_never_logs_in", change("system", is_active=True)),
    ("one_open_proposal_per_object", copy("proposal")),
    (
        "proposal_decided_by_another_person",
        change("proposal", confirmed=True, decided_at=make.FILED, decided_by_id=lambda t: t.proposal.proposed_by_id),
    ),
    ("proposal_decision_has_actor_and_time", change("proposal", confirmed=True)),
    ("one_dictionary_entry_per_code_and_start", copy("entry")),
    ("dictionary_entry_ends_after_it_starts", change("entry", valid_from="2026-01-02", valid_until="2026-01-01")),
    ("verified_entity_has_officer_time_licence_and_place", change("entity", licence_id=None)),
    ("verified_entity_has_officer_time_licence_and_place", change("unverified", state="verified")),
    ("credit_code_normalised", change("entity", credit_code="91110108MA01ABCDO1")),
    ("credit_code_normalised", change("entity", credit_code="91110108 MA01ABCDX")),
    ("one_membership_per_user_and_entity", copy("membership")),
    ("entity_keeps_an_owner", change("membership", role="viewer")),
    ("entity_keeps_an_owner", change("membership", state="removed")),
    ("entity_keeps_an_owner", change("membership", legal_entity_id=lambda t: t.unverified.pk)),
    ("entity_keeps_an_owner", delete("membership")),
    ("role_changes_by_two_persons", change("colleague", role="head")),
    ("account_opens_by_two_persons", change("newcomer", is_active=True)),
    ("one_open_invitation_per_entity_and_address", copy("invitation")),
    ("invitation_makes_no_owner", change("invitation", role="owner")),
    ("invitation_expires_after_it_is_made", change("invitation", expires_at=lambda t: t.invitation.invited_at)),
    ("invitation_accepted_once_in_time", change("invitation", accepted_at=make.FILED)),
    ("invitation_accepted_once_in_time", change("invitation", accepted_by_id=lambda t: t.membership.user_id)),
    ("invitation_accepted_once_in_time", change("invitation", accepted_at=make.PAID, accepted_by_id=lambda t: t.membership.user_id)),
    (
        "invitation_accepted_once_in_time",
        change("invitation", accepted_at=make.FILED, accepted_by_id=lambda t: t.membership.user_id, withdrawn_at=make.FILED),
    ),
    ("one_open_account_per_entity", copy("account")),
    ("changed_account_waits_after_it_is_written", change("account", waits_until=lambda t: t.account.created_at)),
    (
        "account_confirmed_by_another_person",
        change("account", confirmed_by_id=lambda t: t.account.created_by_id, confirmed_at=make.FILED, waits_until=make.FILED),
    ),
    ("account_confirmation_has_actor_and_time", change("account", confirmed_at=make.FILED, waits_until=make.FILED)),
    (
        "account_confirmation_has_actor_and_time",
        change("account", confirmed_at=make.FILED, confirmed_by_id=lambda t: t.proposal.proposed_by_id),
    ),
    ("one_open_change_of_facts_per_entity", copy("change")),
    ("decided_change_has_actor_and_time", change("change", state="confirmed")),
    ("one_open_takeover_per_entity_and_applicant", copy("takeover")),
    ("proposed_takeover_has_actor_time_and_outcome", change("takeover", former_owners="")),
    ("decided_takeover_has_actor_and_time", change("takeover", state="refused")),
    (
        "takeover_granted_by_another_person",
        change("takeover", state="granted", decided_at=make.FILED, decided_by_id=lambda t: t.takeover.proposed_by_id),
    ),
    ("one_preregistration_per_pilot_and_entity", copy("preregistration")),
    ("decided_preregistration_has_actor_and_time", change("preregistration", state="confirmed")),
    ("api_key_ends_after_it_begins", change("key", expires_at=lambda t: t.key.created_at)),
    ("api_key_opens_something", change("key", scopes=[])),
    ("one_api_answer_per_insurer_and_name", copy("answer")),
    ("one_selection_per_pilot_and_insurer", copy("selection")),
    ("selection_ends_after_it_starts", change("selection", selected_until="2025-12-31")),
    ("one_policy_per_insurer_and_number", copy("policy")),
    ("policy_ends_after_it_starts", change("policy", ends_on="2026-06-15")),
    ("policy_premium_covers_its_parts", change("policy", coinsured_premium="100000.01")),
    ("policy_premium_covers_its_parts", change("policy", premium="0.00")),
    ("proven_policy_has_actor_and_time", change("registered", state="verified")),
    ("one_invoice_row_per_policy_and_number", copy("invoice")),
    ("invoice_amount_positive", change("invoice", amount="0.00")),
    ("one_payment_row_per_policy_and_reference", copy("payment")),
    ("premium_payment_positive", change("payment", amount="-1.00")),
    ("one_endorsement_per_policy_and_number", copy("endorsement")),
    ("premium_after_not_negative", change("endorsement", premium_after="-0.01")),
    ("entrustment_ends_after_it_starts", change("entrustment", ends_at=make.OPENS)),
    ("confirmed_entrustment_has_actor_and_time", change("entrustment", confirmed_at=None)),
    ("one_live_entrustment_per_insurer_and_entity", copy("entrustment")),
    ("wanted_limit_positive", change("asked", liability_limit="0.00")),
    ("one_answer_per_request_and_insurer", copy("waiting")),
    ("one_chosen_offer_per_request", copy("chosen", insurer_id=lambda t: t.other_insurer.pk)),
    ("offer_is_complete", change("chosen", premium="0.00")),
    ("offer_is_complete", change("chosen", premium=None)),
    ("offer_is_complete", change("chosen", valid_until=None)),
    ("refusal_to_insure_has_reason", change("waiting", state="refused", answered_at=make.FILED, answered_by_id=lambda t: t.system.pk)),
    ("answer_has_actor_and_time", change("waiting", state="refused", reason="超出承保能力")),
    ("one_open_invitation_per_insurer_and_address", copy("staff_invitation")),
    ("staff_invitation_expires_after_it_is_made", change("staff_invitation", expires_at=make.OPENS)),
    ("staff_invitation_accepted_once_in_time", change("staff_invitation", accepted_at=make.FILED)),
    ("insurer_keeps_a_manager", change("manager", role="filer")),
    ("insurer_keeps_a_manager", delete("manager")),
    ("underwriting_list_period_in_order", change("listed", signed_to="2026-05-31")),
    ("underwriting_list_holds_something", change("listed", policy_count=0)),
    ("one_underwriting_list_per_period_and_content", copy("listed")),
    *[("audit_is_append_only", delete(who)) for who in ("event", "seal", "sealed", "anchor")],
    ("audit_is_append_only", change("event", actor="别人")),
    ("audit_is_append_only", change("seal", hash="0" * 64)),
    ("audit_is_append_only", change("sealed", seal_id=lambda t: t.seal.pk)),
    ("audit_is_append_only", change("anchor", hash="0" * 64)),
    ("one_mail_opt_out_per_person_and_kind", copy("opt_out")),
    ("only_optional_letters_stay_out_of_mail", change("opt_out", kind="decision")),
    ("stored_file_is_frozen", change("file", name="别的.pdf")),
]


@pytest.mark.parametrize(("rule", "violation"), CASES, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(CASES)])
def test_the_database_refuses_by_name(town, rule, violation):
    assert sql("SELECT current_user") == [("portal_app",)]
    with violates(rule):
        violation(town)


def test_every_rule_has_its_test(town):
    models = [model for model in apps.get_models() if not model.__module__.startswith(("django.", "axes.", "subsidies."))]
    constraints = {constraint.name for model in models for constraint in model._meta.constraints}
    triggers = set.union(*(rules_of_triggers(prefix) for prefix in {f"{model._meta.app_label}_" for model in models}))
    assert {rule for rule, _ in CASES} == constraints | triggers


def test_a_rule_stands_once(town):
    names = [constraint.name for model in apps.get_models() for constraint in model._meta.constraints]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", ["audit_event", "audit_seal", "audit_sealedevent", "audit_anchor"])
@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_empties_the_trail(owner_cursor, table):
    owner_cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgtype & 32 > 0", [table])
    assert owner_cursor.fetchone() == (1,)
    with pytest.raises(Exception, match="TRUNCATE refused by audit_is_append_only"):
        owner_cursor.execute(f"TRUNCATE {table} CASCADE")
