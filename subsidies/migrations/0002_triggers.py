"""What the database itself refuses beyond CHECK and UNIQUE. Each refusal carries a constraint name, as a CHECK would."""

from django.db import migrations

# Σ awards and Σ reserved of a window, kept as cases change, one statement at a time; CHECK awards_within_draw does the rest.
TOTALS = """
CREATE FUNCTION subsidies_keep_window_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE subsidies_window w SET awarded_total = awarded_total + d.awarded, reserved_total = reserved_total + d.reserved
        FROM (SELECT window_id, SUM(COALESCE(awarded, 0)) AS awarded, SUM(reserved) AS reserved FROM new_rows GROUP BY window_id) d
        WHERE w.id = d.window_id AND (d.awarded <> 0 OR d.reserved <> 0);
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE subsidies_window w SET awarded_total = awarded_total - d.awarded, reserved_total = reserved_total - d.reserved
        FROM (SELECT window_id, SUM(COALESCE(awarded, 0)) AS awarded, SUM(reserved) AS reserved FROM old_rows GROUP BY window_id) d
        WHERE w.id = d.window_id AND (d.awarded <> 0 OR d.reserved <> 0);
    ELSE
        UPDATE subsidies_window w SET awarded_total = awarded_total + d.awarded, reserved_total = reserved_total + d.reserved
        FROM (
            SELECT window_id, SUM(awarded) AS awarded, SUM(reserved) AS reserved FROM (
                SELECT window_id, COALESCE(awarded, 0) AS awarded, reserved FROM new_rows
                UNION ALL
                SELECT window_id, -COALESCE(awarded, 0), -reserved FROM old_rows
            ) changes GROUP BY window_id
        ) d
        WHERE w.id = d.window_id AND (d.awarded <> 0 OR d.reserved <> 0);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_window_totals_on_insert AFTER INSERT ON subsidies_application
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION subsidies_keep_window_totals();
CREATE TRIGGER keep_window_totals_on_update AFTER UPDATE ON subsidies_application
    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION subsidies_keep_window_totals();
CREATE TRIGGER keep_window_totals_on_delete AFTER DELETE ON subsidies_application
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION subsidies_keep_window_totals();
"""
NO_TOTALS = """
DROP TRIGGER keep_window_totals_on_insert ON subsidies_application;
DROP TRIGGER keep_window_totals_on_update ON subsidies_application;
DROP TRIGGER keep_window_totals_on_delete ON subsidies_application;
DROP FUNCTION subsidies_keep_window_totals();
"""

# A BEFORE trigger that runs `portal_refuse` where a condition over OLD and NEW holds.
GUARD = """
CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION portal_refuse('{name}');
"""

LOCKED_WINDOW_COLUMNS = (
    "pilot_id sequence opens_at signed_from signed_until paid_until rate cap method refile_after_withdrawal refile_after_refusal"
    " acceptance_days correction_days review_days publicity_days reply_days recovery_days credit_lookback_years start_tolerance_days"
    " recovery_rule"
).split()
FROZEN_LINE_COLUMNS = (
    "batch_id application_id serial holder bank_name cnaps account_ciphertext account_hmac account_last_four amount".split()
)
FROZEN_BATCH_COLUMNS = (
    "number window_id appropriation_id count total sha256 prepared_by_id prepared_at approved_by_id approved_at first_notice".split()
)


def changed(columns: list[str]) -> str:
    return "({}) IS DISTINCT FROM ({})".format(
        ", ".join(f"OLD.{column}" for column in columns), ", ".join(f"NEW.{column}" for column in columns)
    )


GUARDS = [
    (
        "window_totals_kept_by_trigger",
        "UPDATE OF awarded_total, reserved_total",
        "subsidies_window",
        "pg_trigger_depth() = 0 AND " + changed(["awarded_total", "reserved_total"]),
    ),
    ("window_starts_without_awards", "INSERT", "subsidies_window", "NEW.awarded_total <> 0 OR NEW.reserved_total <> 0"),
    (
        "published_window_is_locked",
        "UPDATE",
        "subsidies_window",
        "OLD.published_at IS NOT NULL AND (NEW.published_at IS NULL OR NEW.closes_at < OLD.closes_at OR "
        + changed(LOCKED_WINDOW_COLUMNS)
        + ")",
    ),
    ("published_window_stays", "DELETE", "subsidies_window", "OLD.published_at IS NOT NULL"),
    (
        "application_keeps_number_window_and_entity",
        "UPDATE",
        "subsidies_application",
        changed(["pilot_id", "window_id", "legal_entity_id"]) + " OR (OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number)",
    ),
    ("filed_application_stays", "DELETE", "subsidies_application", "OLD.number IS NOT NULL"),
    ("payment_line_is_frozen", "UPDATE", "subsidies_payment", changed(FROZEN_LINE_COLUMNS)),
    (
        "approved_batch_stays_as_approved",
        "UPDATE",
        "subsidies_batch",
        "OLD.state <> 'draft' AND (NEW.state = 'draft' OR " + changed(FROZEN_BATCH_COLUMNS) + ")",
    ),
    ("prepared_batch_stays", "DELETE", "subsidies_batch", "OLD.state <> 'draft'"),
    ("issued_document_is_frozen", "UPDATE OR DELETE", "subsidies_document", "true"),
    ("counter_only_grows", "UPDATE", "subsidies_counter", "NEW.value < OLD.value OR " + changed(["series", "year"])),
    ("counter_stays", "DELETE", "subsidies_counter", "true"),
]

# Refusals that need another table.
LOOKUPS = """
CREATE FUNCTION portal_require(holds boolean, rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION 'refused by %', rule USING ERRCODE = 'check_violation', CONSTRAINT = rule;
    END IF;
END $$;

CREATE FUNCTION subsidies_check_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        EXISTS (SELECT 1 FROM subsidies_window w WHERE w.id = NEW.window_id AND w.pilot_id = NEW.pilot_id
            AND (NEW.rate IS NULL OR NEW.rate = w.rate) AND (NEW.cap IS NULL OR NEW.cap = w.cap)),
        'application_terms_match_window');
    PERFORM portal_require(
        NEW.policy_id IS NULL OR EXISTS (SELECT 1 FROM insurers_policy p WHERE p.id = NEW.policy_id AND p.legal_entity_id = NEW.legal_entity_id),
        'application_policy_is_its_own');
    PERFORM portal_require(
        NEW.bank_account_id IS NULL
            OR EXISTS (SELECT 1 FROM enterprises_bankaccount b WHERE b.id = NEW.bank_account_id AND b.legal_entity_id = NEW.legal_entity_id),
        'application_account_is_its_own');
    RETURN NEW;
END $$;
CREATE TRIGGER check_new_application BEFORE INSERT ON subsidies_application
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_application();
CREATE TRIGGER check_changed_application BEFORE UPDATE OF rate, cap, policy_id, bank_account_id ON subsidies_application
    FOR EACH ROW WHEN ((OLD.rate, OLD.cap, OLD.policy_id, OLD.bank_account_id) IS DISTINCT FROM (NEW.rate, NEW.cap, NEW.policy_id, NEW.bank_account_id))
    EXECUTE FUNCTION subsidies_check_application();

CREATE FUNCTION subsidies_check_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM portal_require((SELECT state = 'draft' FROM subsidies_batch WHERE id = OLD.batch_id), 'payment_line_is_frozen');
        RETURN OLD;
    END IF;
    PERFORM portal_require((SELECT state = 'draft' FROM subsidies_batch WHERE id = NEW.batch_id), 'payment_line_is_frozen');
    PERFORM portal_require(
        (SELECT state = 'approved' AND awarded = NEW.amount FROM subsidies_application WHERE id = NEW.application_id),
        'payment_equals_award');
    RETURN NEW;
END $$;
CREATE TRIGGER check_payment BEFORE INSERT OR DELETE ON subsidies_payment FOR EACH ROW EXECUTE FUNCTION subsidies_check_payment();

CREATE FUNCTION subsidies_check_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT COUNT(*) = NEW.count AND COALESCE(SUM(amount), 0) = NEW.total FROM subsidies_payment WHERE batch_id = NEW.id),
        'batch_totals_match_lines');
    RETURN NEW;
END $$;
CREATE TRIGGER check_approved_batch BEFORE UPDATE ON subsidies_batch
    FOR EACH ROW WHEN (OLD.state = 'draft' AND NEW.state <> 'draft' AND NEW.state <> 'void') EXECUTE FUNCTION subsidies_check_batch();

CREATE FUNCTION subsidies_check_draws() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    the_pilot bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.pilot_id ELSE NEW.pilot_id END;
BEGIN
    PERFORM 1 FROM reference_pilot WHERE id = the_pilot FOR UPDATE;
    PERFORM portal_require(
        (SELECT COALESCE(SUM(draw), 0) FROM subsidies_window WHERE pilot_id = the_pilot AND published_at IS NOT NULL)
            <= (SELECT COALESCE(SUM(amount), 0) FROM subsidies_appropriation WHERE pilot_id = the_pilot),
        'draws_within_appropriations');
    RETURN NULL;
END $$;
CREATE TRIGGER check_draws_of_new_window AFTER INSERT ON subsidies_window FOR EACH ROW EXECUTE FUNCTION subsidies_check_draws();
CREATE TRIGGER check_draws_of_window AFTER UPDATE OF draw, published_at ON subsidies_window
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_draws();
CREATE TRIGGER check_draws_of_appropriation AFTER UPDATE OR DELETE ON subsidies_appropriation
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_draws();
"""
NO_LOOKUPS = """
DROP TRIGGER check_draws_of_appropriation ON subsidies_appropriation;
DROP TRIGGER check_draws_of_window ON subsidies_window;
DROP TRIGGER check_draws_of_new_window ON subsidies_window;
DROP FUNCTION subsidies_check_draws();
DROP TRIGGER check_approved_batch ON subsidies_batch;
DROP FUNCTION subsidies_check_batch();
DROP TRIGGER check_payment ON subsidies_payment;
DROP FUNCTION subsidies_check_payment();
DROP TRIGGER check_changed_application ON subsidies_application;
DROP TRIGGER check_new_application ON subsidies_application;
DROP FUNCTION subsidies_check_application();
DROP FUNCTION portal_require(boolean, text);
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0001_initial"), ("audit", "0002_append_only")]

    operations = [
        migrations.RunSQL(TOTALS, NO_TOTALS),
        *(
            migrations.RunSQL(GUARD.format(name=name, events=events, table=table, condition=condition), f"DROP TRIGGER {name} ON {table}")
            for name, events, table, condition in GUARDS
        ),
        migrations.RunSQL(LOOKUPS, NO_LOOKUPS),
    ]
