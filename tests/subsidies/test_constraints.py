"""What the database refuses about money and cases, whatever SQL the portal's own role runs: each rule is violated once, by name."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from pilot_portal.accounts.roles import Role
from subsidies.models import Verdict
from subsidies.states import STAMPS, RecoveryState
from tests import drive, make
from tests.expect import sql, violates
from tests.refusing import rules_of_triggers
from tests.subsidies.town import Change, Copy, Delete, build, decided_by, lower_draw, zero_award


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    """Cases in many states, with all that hangs on them, for every test of this module; rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


CASES: list[tuple[str, Callable]] = [
    # an insurer's sheets
    ("one_import_per_insurer_window_and_files", Copy("batch_of_rows", {})),
    ("import_counts_within_total", Change("batch_of_rows", {"checked": 3})),
    ("import_counts_within_total", Change("batch_of_rows", {"good": 2})),
    ("import_counts_within_total", Change("batch_of_rows", {"handled": 2})),
    ("import_counts_within_total", Change("batch_of_rows", {"filed": 2})),
    ("committed_import_has_actor_and_time", Change("batch_of_rows", {"committed_by_id": None})),
    ("one_row_per_import_and_number", Copy("row", {})),
    ("filed_row_has_application", Change("row", {"application_id": None})),
    ("bad_row_says_why", Change("row", {"result": "bad"})),
    # windows
    ("one_window_per_pilot_and_sequence", Copy("unpublished", {})),
    ("window_closes_after_it_opens", Change("unpublished", {"closes_at": lambda t: t.unpublished.opens_at})),
    ("signing_range_ends_after_it_starts", Change("unpublished", {"signed_until": "2025-12-31"})),
    ("rate_within_scheme", Change("unpublished", {"rate": "0.81"})),
    ("rate_within_scheme", Change("unpublished", {"rate": "0.00"})),
    ("cap_within_scheme", Change("unpublished", {"cap": "800000.01"})),
    ("awards_within_draw", lower_draw("1.00")),
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
    ("published_check_list_is_locked", Change("window", {"checks": '{"credit": ""}'})),
    ("one_match_list_per_day_and_content", Copy("match_list", {})),
    ("match_list_holds_rows", Copy("match_list", {"source": "另一单位", "row_count": 0})),
    ("match_list_is_frozen", Change("match_list", {"source": "另一单位"})),
    ("match_list_is_frozen", Delete("match_list")),
    ("match_row_is_frozen", Change("match_row", {"matter": "别的事"})),
    ("match_row_is_frozen", Delete("match_row")),
    ("published_draw_changes_by_version", Change("window", {"draw": "999999.99"})),
    ("published_draw_changes_by_version", Change("other", {"draw": "5000000.00"})),  # its last change was another one
    ("draw_change_is_frozen", Change("draw_change", {"basis": "另一依据"})),
    ("draw_change_is_frozen", Delete("draw_change")),
    ("draw_change_approved_by_another_person", Copy("draw_change", {"approved_by_id": lambda t: t.draw_change.prepared_by_id})),
    ("draw_change_changes_something", Copy("draw_change", {"after": lambda t: str(t.draw_change.before)})),
    ("draw_change_changes_something", Copy("draw_change", {"after": "0.00"})),
    ("extended_window_says_why", Change("unpublished", {"planned_close": make.FILED})),
    ("extended_window_says_why", Change("unpublished", {"planned_close": make.PAID, "extension_reason": "系统故障"})),
    ("extended_window_says_why", Change("unpublished", {"extension_reason": "系统故障"})),
    ("draws_within_appropriations", lower_draw("900000000.00")),
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
    ("awarded_within_entitled", Change("approved", {"awarded": "80000.01"})),
    ("awarded_within_entitled", Change("approved", {"awarded": "-0.01"})),
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
    ("allocated_case_has_award", Change("approved", {"awarded": None})),
    # who and when
    ("filed_case_is_complete", Change("submitted", {"pledged": False})),
    ("filed_case_is_complete", Change("submitted", {"policy_id": None})),
    (
        "insurer_files_under_entrustment",
        Change("submitted", {"channel": "insurer", "insurer_id": lambda t: t.submitted.policy.insurer_id}),
    ),
    ("insurer_channel_names_the_insurer", Change("submitted", {"channel": "insurer"})),
    ("insurer_channel_names_the_insurer", Change("draft", {"insurer_id": lambda t: t.draft.policy.insurer_id})),
    ("checked_by_another_person", Change("checked", {"checked_by_id": lambda t: t.checked.reviewed_by_id})),
    ("hold_has_time_actor_and_reason", Change("submitted", {"held_at": make.FILED})),
    ("hold_has_time_actor_and_reason", Change("submitted", {"held_at": make.FILED, "held_by_id": lambda t: t.submitted.created_by_id})),
    ("hold_has_time_actor_and_reason", Change("submitted", {"held_reason": "无人暂停"})),
    ("state_has_proposed_stamp", Change("draft", {"state": "pending_confirm"})),
    ("state_has_submitted_stamp", Change("submitted", {"submitted_at": None})),
    ("state_has_correction_asked_stamp", Change("submitted", {"state": "correction"})),
    ("state_has_accepted_stamp", Change("accepted", {"accepted_by_id": None})),
    ("state_has_reviewed_stamp", Change("reviewed", {"reviewed_at": None})),
    ("state_has_rejection_proposed_stamp", Change("reviewed", {"state": "rejection_proposed", "rejection_reason": "没有海外经营"})),
    ("rejection_has_reason", Change("rejecting", {"rejection_reason": ""})),
    ("rejection_proposed_by_another_person", Change("rejecting", {"rejection_proposed_by_id": lambda t: t.rejecting.reviewed_by_id})),
    ("state_has_checked_stamp", Change("checked", {"checked_by_id": None})),
    ("state_has_allocated_stamp", Change("paid", {"allocated_at": None})),
    ("state_has_determined_stamp", Change("paid", {"determined_by_id": None})),
    ("state_has_publicised_stamp", Change("paid", {"publicised_at": None})),
    ("state_has_approved_stamp", Change("paid", {"approved_by_id": None})),
    ("state_has_paid_stamp", Change("paid", {"paid_at": None})),
    ("state_has_ended_stamp", Change("submitted", {"state": "withdrawn", "reserved": 0})),
    # reviews and runs
    ("one_finding_per_application_and_code", Copy("finding", {})),
    ("judged_finding_has_actor_and_time", Change("finding", {"verdict": Verdict.FAILED, "judged_by_id": None})),
    ("review_only_lowers", Change("review", {"entitled": "80000.01", "lowered_reason": "酌情"})),
    ("lowered_review_has_reason", Change("review", {"entitled": "1.00"})),
    ("rejecting_review_has_reason", Copy("review", {"opinion": "reject"})),
    ("one_allocation_run_per_window_and_sequence", Copy("run", {})),
    # corrections and replies
    ("one_open_correction_per_application", Copy("correction", {"sequence": 2})),
    ("one_correction_per_application_and_sequence", Copy("correction", {"closed_at": str(drive.ANSWERED)})),
    ("correction_due_after_it_is_asked", Change("correction", {"due_at": lambda t: t.correction.asked_at})),
    ("extended_correction_has_actor_and_reason", Change("correction", {"extended_at": make.REVIEWED})),
    ("correction_item_says_what_is_wrong", Change("item", {"sentence": ""})),
    ("closed_correction_is_frozen", Change("closed", {"due_at": make.PAID})),
    ("closed_correction_is_frozen", Delete("closed")),
    ("closed_correction_is_frozen", Change("closed_item", {"answer": "后来补写"})),
    ("closed_correction_is_frozen", Delete("closed_item")),
    ("closed_correction_is_frozen", Copy("closed_item", {})),
    ("closed_correction_is_frozen", Change("item", {"correction_id": lambda t: t.closed.pk})),
    ("reply_is_frozen", Change("reply", {"text": "后来改写"})),
    ("reply_is_frozen", Delete("reply")),
    ("reply_says_something", Copy("reply", {"text": ""})),
    # allocation
    ("sent_list_has_minutes_of_the_centre", Change("unsent", {"sent_at": make.PAID, "sent_by_id": lambda t: t.unsent.run_by_id})),
    ("sent_list_keeps_its_minutes", Change("run", {"minutes_number": "另一号"})),
    ("sent_list_keeps_its_minutes", Change("run", {"sent_at": None, "sent_by_id": None})),
    ("determined_list_was_sent", Copy("determination", {"allocation_id": lambda t: t.unsent.pk})),
    ("one_line_per_allocation_run_and_case", Copy("allocated_line", {})),
    (
        "allocation_result_within_entitlement",
        Copy("allocated_line", {"application_id": lambda t: t.submitted.pk, "result": "80000.01", "entitled": "80000.00"}),
    ),
    ("allocation_line_is_frozen", Change("allocated_line", {"result": "79999.99"})),
    ("allocation_line_is_frozen", Delete("allocated_line")),
    # objections
    ("objection_to_a_published_case", Copy("objection", {"number": "X1", "application_id": lambda t: t.checked.pk})),
    ("objection_to_a_published_case", Copy("objection", {"number": "X2", "application_id": lambda t: t.approved.pk})),
    ("decided_objection_has_actor_time_and_ground", Change("objection", {"state": "dismissed"})),
    ("decided_objection_is_frozen", Change("dismissed", {"decision": "另一结论"})),
    ("decided_objection_is_frozen", Change("dismissed", {"state": "open"})),
    ("objection_keeps_case_and_grounds", Change("objection", {"application_id": lambda t: t.dismissed.application_id})),
    ("objection_keeps_case_and_grounds", Change("objection", {"grounds": "另一内容"})),
    ("objection_keeps_case_and_grounds", Change("objection", {"identity_kind": "passport"})),
    ("objection_stays", Delete("objection")),
    ("objection_within_the_publication", Copy("objection", {"number": "X3", "received_at": lambda t: t.notice.ends_at.isoformat()})),
    ("objection_filed_in_public_names_its_objector", Copy("objection", {"number": "X4", "submission_hmac": "1"})),
    ("one_objection_per_submission", Copy("filed", {"number": "X5"})),
    ("objection_decided_by_an_outsider", decided_by("handler")),
    ("objection_decided_by_an_outsider", decided_by("accepted_by")),
    ("objection_decided_by_an_outsider", decided_by("reviewed_by")),
    ("objection_decided_by_an_outsider", decided_by("checked_by")),
    ("objection_paper_is_frozen", Change("evidence", {"file_id": lambda t: t.dismissed.papers.get().file_id})),
    ("objection_paper_is_frozen", Delete("evidence")),
    (
        "approved_case_has_no_open_objection",
        Change(
            "objected",
            {"state": "approved", "approved_at": make.APPROVED, "approved_by_id": lambda t: make.officer(Role.HEAD).pk},
        ),
    ),
    # words between the sides
    ("case_message_says_something", Copy("said", {"text": ""})),
    ("read_case_message_has_actor_and_time", Change("said", {"read_at": make.FILED})),
    ("case_message_is_frozen", Change("said", {"text": "别的话"})),
    ("case_message_is_frozen", Change("said", {"side": "centre"})),
    ("case_message_stays", Delete("said")),
    ("case_note_says_something", Copy("noted", {"text": ""})),
    ("case_note_stays", Change("noted", {"text": "别的话"})),
    ("case_note_stays", Delete("noted")),
    ("one_interest_per_officer_and_entity", Copy("interest", {})),
    ("declared_interest_has_reason", Copy("interest", {"legal_entity_id": lambda t: t.stranger.pk, "reason": ""})),
    ("declared_interest_stays", Change("interest", {"reason": "别的事"})),
    ("declared_interest_stays", Delete("interest")),
    ("officer_with_interest_decides_nothing", Change("recused", {"handler_id": lambda t: t.interest.officer_id})),
    ("officer_with_interest_decides_nothing", Change("recused", {"accepted_by_id": lambda t: t.interest.officer_id})),
    ("officer_with_interest_decides_nothing", Change("recused_finding", {"judged_by_id": lambda t: t.interest.officer_id})),
    # letters in versions
    ("one_letter_version_per_number", Copy("letter_version", {})),
    ("letter_version_withdrawal_has_actor_and_time", Change("letter_version", {"withdrawn_at": make.FILED})),
    ("letter_version_starts_on_a_later_day", Copy("letter_version", {"sequence": 2, "effective_on": str(make.FILED.date())})),
    (
        "letter_version_withdrawn_before_its_day",
        Change("letter_version", {"withdrawn_at": make.ACCEPTED, "withdrawn_by_id": lambda t: t.letter_version.written_by_id}),
    ),
    ("letter_version_is_frozen", Change("letter_version", {"body": "别的话"})),
    ("letter_version_is_frozen", Change("letter_version", {"effective_on": str(make.PAID.date())})),
    ("letter_version_stays", Delete("letter_version")),
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
    ("live_payment_keeps_award", Change("paid", {"awarded": "79999.99"})),
    ("live_payment_keeps_award", Change("waiting", {"awarded": "79999.99"})),
    ("live_payment_keeps_award", Change("waiting", {"state": "checked", "awarded": None})),
    (
        "live_payment_keeps_award",
        Change("waiting", {"state": "archived", "ended_at": make.PAID, "ended_by_id": lambda t: t.waiting.created_by_id}),
    ),
    ("paid_payment_has_day_and_reference", Change("open_line", {"state": "paid"})),
    ("returned_payment_has_reason", Change("open_line", {"state": "returned"})),
    ("settled_payment_stays", Change("line", {"state": "returned", "return_reason": "账号有误"})),
    ("settled_payment_stays", Change("line", {"bank_reference": "YH2"})),
    # recovery
    ("recovery_positive", Copy("recovery", {"amount": "0.00"})),
    ("recovery_of_a_paid_case", Copy("recovery", {"application_id": lambda t: t.approved.pk})),
    ("recoveries_within_award", Copy("recovery", {"amount": "80000.00"})),  # 1.00 is being recovered already
    ("recovery_keeps_case_and_amount", Change("recovery", {"amount": "2.00"})),
    ("recovery_keeps_case_and_amount", Change("recovery", {"application_id": lambda t: t.approved.pk})),
    ("recovery_stays", Delete("recovery")),
    ("settled_recovery_is_frozen", Change("dropped", {"state": "proposed"})),
    ("settled_recovery_is_frozen", Change("dropped", {"drop_reason": "另一理由"})),
    ("recovery_has_dropped_stamp", Change("recovery", {"state": "dropped"})),
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
    ("one_document_per_kind_and_correction", Copy("documents.told", {"number": "X6", "verify_code": "X6"})),
    ("one_document_per_kind_and_notice", Copy("documents.published", {"number": "X7", "verify_code": "X7"})),
    ("one_document_per_kind_and_recovery", Copy("documents.order", {"number": "X8", "verify_code": "X8"})),
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
    tested, rules = {rule for rule, _ in CASES} | BEHIND, constraints | rules_of_triggers("subsidies_")
    assert not (rules - tested), f"no test violates {sorted(rules - tested)}"
    assert not (tested - rules), f"there is no rule {sorted(tested - rules)}"


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
