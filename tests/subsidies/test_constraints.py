"""What the database refuses about money and cases, whatever SQL the portal's own role runs: each rule is violated once, by name."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from subsidies.models import AllocationRun, Application, Batch, Counter, Document, DocumentKind, Finding, Payment, Recovery, Review, Verdict
from subsidies.services import payments
from subsidies.states import STAMPS, RecoveryState, State
from tests import make
from tests.expect import sql, violates
from tests.refusing import rules_of_triggers


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    """Cases in many states, with all that hangs on them, for every test of this module; rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


def build() -> SimpleNamespace:
    window, other = make.window(draw="1000000.00"), make.window()
    paid = make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    Payment.objects.filter(batch=batch).update(state="paid", paid_on="2026-10-26", bank_reference="YH1")
    Application.objects.filter(pk=paid.pk).update(state=State.PAID, paid_at=make.PAID, paid_by=make.officer(Role.FINANCE))
    waiting = make.application(window=window, state=State.CHECKED)
    approved = make.application(window=window, state=State.CHECKED)
    make.approved(window)
    open_batch = payments.prepare_batch(
        window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED, numbers=[waiting.number]
    )
    submitted = make.application(window=window)
    spare = make.policy(submitted.legal_entity)
    draft = make.draft(window=window)
    return SimpleNamespace(
        window=window,
        other=other,
        unpublished=make.window(published=False, draw="1.00"),
        paid=paid,
        waiting=waiting,
        approved=approved,
        submitted=submitted,
        accepted=make.application(window=window, state=State.ACCEPTED),
        reviewed=make.application(window=window, state=State.REVIEWED),
        checked=make.application(window=window, state=State.CHECKED),
        spare=spare,
        draft=draft,
        spare_of_paid=make.policy(paid.legal_entity),
        batch=batch,
        open_batch=open_batch,
        line=batch.payments.get(),
        open_line=open_batch.payments.get(),
        run=AllocationRun.objects.first(),
        appropriation=make.pilot().appropriations.first(),
        finding=Finding.objects.first(),
        review=Review.objects.first(),
        counter=Counter.objects.first(),
        documents=documents(submitted, batch),
        recovery=Recovery.objects.create(
            application=paid, amount=1, reason="退保", proposed_by=make.officer(Role.HANDLER), proposed_at=make.PAID
        ),
        stranger=make.entity(),
    )


def documents(case: Application, batch: Batch) -> SimpleNamespace:
    line, system = batch.payments.get(), make.officer(Role.HANDLER)
    about = {
        "receipt": (DocumentKind.RECEIPT, {"application": case}),
        "sheet": (DocumentKind.APPROVAL_SHEET, {"batch": batch}),
        "notice": (DocumentKind.PAYMENT_NOTICE, {"batch": batch, "payment": line, "application": line.application}),
    }
    return SimpleNamespace(
        **{
            name: Document.objects.create(
                kind=kind,
                number=f"文书 {name}",
                verify_code=name,
                facts_sha256="0" * 64,
                sha256="0" * 64,
                file=StoredFile.objects.first(),
                issued_by=system,
                issued_at=make.PAID,
                **whose,
            )
            for name, (kind, whose) in about.items()
        }
    )


# How a rule is violated


@dataclass(frozen=True)
class Change:
    """UPDATE of the row of town that `who` names."""

    who: str
    columns: dict

    def __call__(self, town) -> None:
        row, columns = dig(town, self.who), known(self.columns, town)
        sets = ", ".join(f"{name} = %s" for name in columns)
        sql(f"UPDATE {row._meta.db_table} SET {sets} WHERE id = %s", [*columns.values(), row.pk])


@dataclass(frozen=True)
class Copy:
    """INSERT of the row of town that `who` names with other columns."""

    who: str
    columns: dict

    def __call__(self, town) -> None:
        row = dig(town, self.who)
        table, changed = row._meta.db_table, {"id": 900000 + row.pk, **known(self.columns, town)}
        sql(f"INSERT INTO {table} SELECT (jsonb_populate_record(r, %s)).* FROM {table} r WHERE id = %s", [json.dumps(changed), row.pk])


@dataclass(frozen=True)
class Delete:
    who: str

    def __call__(self, town) -> None:
        row = dig(town, self.who)
        sql(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


def dig(town, path: str):
    """town.documents.receipt for "documents.receipt"."""
    for name in path.split("."):
        town = getattr(town, name)
    return town


def known(columns: dict, town) -> dict:
    """Values that depend on the town are written as functions of it."""
    return {name: value(town) if callable(value) else value for name, value in columns.items()}


def zero_award(town) -> int:
    """The approved case, lowered to an award of nothing."""
    sql("UPDATE subsidies_application SET awarded = 0 WHERE id = %s", [town.approved.pk])
    return town.approved.pk


CASES: list[tuple[str, Callable]] = [
    # windows
    ("one_window_per_pilot_and_sequence", Copy("unpublished", {})),
    ("window_closes_after_it_opens", Change("unpublished", {"closes_at": lambda t: t.unpublished.opens_at})),
    ("signing_range_ends_after_it_starts", Change("unpublished", {"signed_until": "2025-12-31"})),
    ("rate_within_scheme", Change("unpublished", {"rate": "0.81"})),
    ("rate_within_scheme", Change("unpublished", {"rate": "0.00"})),
    ("cap_within_scheme", Change("unpublished", {"cap": "800000.01"})),
    ("awards_within_draw", Change("window", {"draw": "1.00"})),
    ("awards_within_draw", Change("checked", {"reserved": "800000.00"})),
    ("published_window_has_every_basis", Change("unpublished", {"published_at": make.OPENS, "basis": "{}"})),
    ("published_window_has_every_basis", Change("unpublished", {"published_at": make.OPENS, "published_by_id": None})),
    ("window_totals_kept_by_trigger", Change("window", {"awarded_total": "0.00"})),
    ("window_starts_without_awards", Copy("unpublished", {"sequence": 30000, "awarded_total": "1.00"})),
    ("published_window_is_locked", Change("window", {"rate": "0.70"})),
    ("published_window_is_locked", Change("window", {"cap": "700000.00"})),
    ("published_window_is_locked", Change("window", {"closes_at": make.FILED})),
    ("published_window_is_locked", Change("window", {"opens_at": make.FILED})),
    ("published_window_is_locked", Change("window", {"paid_until": "2027-01-01"})),
    ("published_window_is_locked", Change("window", {"published_at": None})),
    ("published_window_stays", Delete("window")),
    ("draws_within_appropriations", Change("window", {"draw": "900000000.00"})),
    ("draws_within_appropriations", Copy("other", {"sequence": 30001, "awarded_total": 0, "draw": "900000000.00"})),
    ("draws_within_appropriations", Change("appropriation", {"amount": "1.00"})),
    ("appropriation_positive", Change("appropriation", {"amount": "0.00"})),
    ("appropriation_approved_by_another_person", Change("appropriation", {"approved_by_id": lambda t: t.appropriation.prepared_by_id})),
    # one application, one award
    (
        "one_application_per_window_and_entity",
        Copy("submitted", {"number": "X1", "policy_id": lambda t: t.spare.pk}),
    ),
    ("one_application_per_policy", Copy("submitted", {"number": "X2", "window_id": lambda t: t.other.pk})),
    (
        "one_award_per_pilot_and_entity",
        Copy("paid", {"number": "X3", "window_id": lambda t: t.other.pk, "policy_id": lambda t: t.spare_of_paid.pk}),
    ),
    ("one_draft_per_window_entity_and_channel", Copy("draft", {})),
    ("application_keeps_number_window_and_entity", Change("submitted", {"number": "X3"})),
    ("application_keeps_number_window_and_entity", Change("submitted", {"number": None})),
    ("application_keeps_number_window_and_entity", Change("draft", {"window_id": lambda t: t.other.pk})),
    ("application_keeps_number_window_and_entity", Change("draft", {"legal_entity_id": lambda t: t.stranger.pk})),
    ("filed_application_stays", Delete("submitted")),
    ("application_policy_is_its_own", Change("draft", {"policy_id": lambda t: t.spare.pk})),
    ("application_account_is_its_own", Change("draft", {"bank_account_id": lambda t: t.submitted.bank_account_id})),
    ("application_terms_match_window", Change("reviewed", {"rate": "0.79"})),
    ("application_terms_match_window", Change("reviewed", {"cap": "799999.99"})),
    # amounts
    ("entitled_within_rate", Change("reviewed", {"entitled": "80000.01"})),
    ("entitled_within_rate", Change("reviewed", {"recognised_premium": None})),
    ("entitled_within_cap", Change("reviewed", {"entitled": "800000.01", "recognised_premium": "2000000.00"})),
    ("awarded_within_entitled", Change("paid", {"awarded": "80000.01"})),
    ("awarded_within_entitled", Change("paid", {"awarded": "-0.01"})),
    ("awarded_within_entitled", Change("approved", {"awarded": "800000.01"})),
    ("reserved_within_scheme", Change("reviewed", {"reserved": "800000.01"})),
    ("reserved_within_scheme", Change("reviewed", {"reserved": "-0.01"})),
    (
        "ended_case_reserves_nothing",
        Change(
            "submitted", {"state": "withdrawn", "ended_at": make.FILED, "ended_by_id": lambda t: t.submitted.created_by_id, "reserved": 1}
        ),
    ),
    ("award_only_after_allocation", Change("reviewed", {"awarded": "1.00"})),
    ("allocated_case_has_award", Change("paid", {"awarded": None})),
    # who and when
    ("filed_case_is_complete", Change("submitted", {"pledged": False})),
    ("filed_case_is_complete", Change("submitted", {"policy_id": None})),
    ("insurer_files_under_entrustment", Change("submitted", {"channel": "insurer"})),
    ("checked_by_another_person", Change("checked", {"checked_by_id": lambda t: t.checked.reviewed_by_id})),
    ("hold_has_time_actor_and_reason", Change("submitted", {"held_at": make.FILED})),
    ("hold_has_time_actor_and_reason", Change("submitted", {"held_at": make.FILED, "held_by_id": lambda t: t.submitted.created_by_id})),
    ("hold_has_time_actor_and_reason", Change("submitted", {"held_reason": "无人暂停"})),
    ("state_has_proposed_stamp", Change("draft", {"state": "pending_confirm"})),
    ("state_has_submitted_stamp", Change("submitted", {"submitted_at": None})),
    ("state_has_correction_asked_stamp", Change("submitted", {"state": "correction"})),
    ("state_has_accepted_stamp", Change("accepted", {"accepted_by_id": None})),
    ("state_has_reviewed_stamp", Change("reviewed", {"reviewed_at": None})),
    ("state_has_rejection_proposed_stamp", Change("reviewed", {"state": "rejection_proposed"})),
    ("state_has_checked_stamp", Change("checked", {"checked_by_id": None})),
    ("state_has_allocated_stamp", Change("paid", {"allocated_at": None})),
    ("state_has_determined_stamp", Change("paid", {"determined_by_id": None})),
    ("state_has_publicised_stamp", Change("paid", {"publicised_at": None})),
    ("state_has_approved_stamp", Change("paid", {"approved_by_id": None})),
    ("state_has_paid_stamp", Change("paid", {"paid_at": None})),
    ("state_has_ended_stamp", Change("submitted", {"state": "withdrawn"})),
    # reviews and runs
    ("one_finding_per_application_and_code", Copy("finding", {})),
    ("judged_finding_has_actor_and_time", Change("finding", {"verdict": Verdict.FAILED, "judged_by_id": None})),
    ("review_only_lowers", Change("review", {"entitled": "80000.01", "lowered_reason": "酌情"})),
    ("lowered_review_has_reason", Change("review", {"entitled": "1.00"})),
    ("one_allocation_run_per_window_and_sequence", Copy("run", {})),
    # batches and payments
    ("batch_approved_by_another_person", Change("open_batch", {"approved_by_id": lambda t: t.open_batch.prepared_by_id})),
    ("approved_batch_is_frozen", Change("open_batch", {"state": "approved"})),
    ("batch_totals_match_lines", Change("open_batch", {"state": "approved", "total": "79999.99"})),
    ("batch_has_exported_stamp", Change("batch", {"exported_at": None})),
    ("batch_has_settled_stamp", Change("batch", {"state": "settled"})),
    ("batch_has_voided_stamp", Change("open_batch", {"state": "void"})),
    ("approved_batch_stays_as_approved", Change("batch", {"total": "79999.99"})),
    ("approved_batch_stays_as_approved", Change("batch", {"state": "draft"})),
    ("prepared_batch_stays", Delete("batch")),
    ("one_live_payment_per_application", Copy("open_line", {"serial": "X1"})),
    ("payment_positive", Copy("open_line", {"serial": "X2", "amount": "0.00", "application_id": zero_award})),
    ("payment_equals_award", Copy("open_line", {"serial": "X3", "application_id": lambda t: t.approved.pk, "amount": "79999.99"})),
    ("payment_equals_award", Copy("open_line", {"serial": "X4", "application_id": lambda t: t.checked.pk})),
    ("payment_line_is_frozen", Change("line", {"amount": "79999.99"})),
    ("payment_line_is_frozen", Change("line", {"account_ciphertext": "别的账号"})),
    ("payment_line_is_frozen", Change("open_line", {"batch_id": lambda t: t.batch.pk})),
    ("payment_line_is_frozen", Copy("line", {"serial": "X5", "application_id": lambda t: t.approved.pk})),
    ("payment_line_is_frozen", Delete("line")),
    ("paid_payment_has_day_and_reference", Change("line", {"paid_on": None})),
    ("returned_payment_has_reason", Change("line", {"state": "returned"})),
    # recovery
    ("recovery_positive", Change("recovery", {"amount": "0.00"})),
    (
        "recovery_ordered_by_another_person",
        Change("recovery", {"ordered_at": make.PAID, "ordered_by_id": lambda t: t.recovery.proposed_by_id}),
    ),
    ("recovery_has_ordered_stamp", Change("recovery", {"state": RecoveryState.ORDERED})),
    (
        "recovery_has_repaid_stamp",
        Change(
            "recovery",
            {
                "state": RecoveryState.REPAID,
                "ordered_at": make.PAID,
                "ordered_by_id": lambda t: make.officer(Role.IP_OFFICE).pk,
                "due_on": "2026-12-01",
            },
        ),
    ),
    # documents and counters
    ("one_document_per_kind_and_application", Copy("documents.receipt", {"number": "X1", "verify_code": "X1"})),
    ("one_document_per_kind_and_batch", Copy("documents.sheet", {"number": "X2", "verify_code": "X2"})),
    ("one_document_per_kind_and_payment", Copy("documents.notice", {"number": "X3", "verify_code": "X3"})),
    ("document_belongs_to_something", Copy("documents.receipt", {"number": "X4", "verify_code": "X4", "application_id": None})),
    ("issued_document_is_frozen", Change("documents.receipt", {"sha256": "1" * 64})),
    ("issued_document_is_frozen", Delete("documents.notice")),
    ("one_counter_per_series_and_year", Copy("counter", {})),
    ("counter_only_grows", Change("counter", {"value": 0})),
    ("counter_only_grows", Change("counter", {"year": 2030})),
    ("counter_stays", Delete("counter")),
]
# A trigger refuses these first; with the trigger away, the constraint behind it still holds: test_rules_behind_a_trigger.
BEHIND = {"application_rate_within_scheme", "application_cap_within_scheme"}


@pytest.mark.parametrize(("rule", "violation"), CASES, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(CASES)])
def test_the_database_refuses_by_name(town, rule, violation):
    assert sql("SELECT current_user") == [("portal_app",)]
    with violates(rule):
        violation(town)


def test_every_rule_has_its_test(town):
    constraints = {constraint.name for model in apps.get_app_config("subsidies").get_models() for constraint in model._meta.constraints}
    assert {f"state_has_{stamp}_stamp" for stamp in STAMPS} <= constraints
    assert {rule for rule, _ in CASES} | BEHIND == constraints | rules_of_triggers("subsidies_")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("rule", "columns"),
    [("application_rate_within_scheme", "rate = 0.81"), ("application_cap_within_scheme", "cap = 800000.01")],
)
def test_rules_behind_a_trigger_hold_without_it(owner_cursor, rule, columns):
    case = make.draft(window=make.window())
    owner_cursor.execute("ALTER TABLE subsidies_application DISABLE TRIGGER check_changed_application")
    with violates(rule):
        sql(f"UPDATE subsidies_application SET {columns} WHERE id = %s", [case.pk])


TABLES = sorted(model._meta.db_table for model in apps.get_models(include_auto_created=True))


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE subsidies_application CASCADE",
        "TRUNCATE audit_event",
        "ALTER TABLE subsidies_application DROP CONSTRAINT entitled_within_cap",
        "ALTER TABLE subsidies_application DISABLE TRIGGER ALL",
        "ALTER TABLE audit_event DISABLE TRIGGER append_only_rows",
        "DROP TRIGGER payment_line_is_frozen ON subsidies_payment",
        "DROP INDEX one_application_per_window_and_entity",
        "DROP TABLE subsidies_document",
        "CREATE TABLE public.mine (id int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION portal_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "SET ROLE portal_owner",
    ],
)
def test_the_portals_role_cannot_take_a_rule_away(town, statement):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        sql(statement)


def test_the_portals_role_has_rows_and_nothing_else(town):
    rights = "TRUNCATE", "REFERENCES", "TRIGGER"
    with connection.cursor() as cursor:
        cursor.execute("SELECT t, r FROM unnest(%s) t, unnest(%s) r WHERE has_table_privilege('portal_app', t, r)", [TABLES, list(rights)])
        assert cursor.fetchall() == []
