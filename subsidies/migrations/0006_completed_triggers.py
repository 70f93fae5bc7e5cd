"""What the database refuses of corrections, recoveries, objections and budget changes. Each refusal carries a constraint name."""

from django.db import migrations

GUARD = """
CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION portal_refuse('{name}');
"""
GUARDS = [
    ("reply_is_frozen", "UPDATE OR DELETE", "subsidies_reply", "true"),
    ("closed_correction_is_frozen", "UPDATE OR DELETE", "subsidies_correction", "OLD.closed_at IS NOT NULL"),
    ("draw_change_is_frozen", "UPDATE OR DELETE", "subsidies_drawchange", "true"),
    ("decided_objection_is_frozen", "UPDATE OR DELETE", "subsidies_objection", "OLD.state <> 'open'"),
    (
        "recovery_keeps_case_and_amount",
        "UPDATE",
        "subsidies_recovery",
        "(OLD.application_id, OLD.amount) IS DISTINCT FROM (NEW.application_id, NEW.amount)",
    ),
    ("recovery_stays", "DELETE", "subsidies_recovery", "true"),
]

LOOKUPS = """
CREATE FUNCTION subsidies_check_award_in_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        NOT EXISTS (SELECT 1 FROM subsidies_payment p WHERE p.application_id = NEW.id AND p.state IN ('planned', 'sent', 'paid')),
        'live_payment_keeps_award');
    RETURN NEW;
END $$;
CREATE TRIGGER check_award_in_payment BEFORE UPDATE ON subsidies_application FOR EACH ROW
    WHEN (OLD.awarded IS DISTINCT FROM NEW.awarded OR (OLD.state = 'approved' AND NEW.state NOT IN ('approved', 'paid')))
    EXECUTE FUNCTION subsidies_check_award_in_payment();

CREATE FUNCTION subsidies_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        NOT EXISTS (SELECT 1 FROM subsidies_objection o WHERE o.application_id = NEW.id AND o.state = 'open'),
        'approved_case_has_no_open_objection');
    RETURN NEW;
END $$;
CREATE TRIGGER check_approval BEFORE UPDATE ON subsidies_application FOR EACH ROW
    WHEN (OLD.state = 'publicized' AND NEW.state = 'approved') EXECUTE FUNCTION subsidies_check_approval();

CREATE FUNCTION subsidies_check_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM subsidies_application WHERE id = NEW.application_id FOR UPDATE;
    PERFORM portal_require(
        (SELECT state IN ('paid', 'archived') FROM subsidies_application WHERE id = NEW.application_id),
        'recovery_of_a_paid_case');
    PERFORM portal_require(
        (SELECT COALESCE(SUM(amount), 0) FROM subsidies_recovery
            WHERE application_id = NEW.application_id AND state <> 'dropped' AND id <> NEW.id) + NEW.amount
            <= (SELECT awarded FROM subsidies_application WHERE id = NEW.application_id),
        'recoveries_within_award');
    RETURN NEW;
END $$;
CREATE TRIGGER check_recovery BEFORE INSERT ON subsidies_recovery FOR EACH ROW EXECUTE FUNCTION subsidies_check_recovery();

CREATE FUNCTION subsidies_check_objection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT public_notice_id = NEW.notice_id FROM subsidies_application WHERE id = NEW.application_id),
        'objection_to_a_published_case');
    RETURN NEW;
END $$;
CREATE TRIGGER check_objection BEFORE INSERT ON subsidies_objection FOR EACH ROW EXECUTE FUNCTION subsidies_check_objection();

CREATE FUNCTION subsidies_check_correction_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT closed_at IS NULL FROM subsidies_correction WHERE id = OLD.correction_id), 'closed_correction_is_frozen');
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER check_correction_item BEFORE UPDATE OR DELETE ON subsidies_correctionitem
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_correction_item();

CREATE FUNCTION subsidies_check_draw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT before = OLD.draw AND after = NEW.draw FROM subsidies_drawchange WHERE window_id = NEW.id ORDER BY id DESC LIMIT 1),
        'published_draw_changes_by_version');
    RETURN NEW;
END $$;
CREATE TRIGGER check_draw BEFORE UPDATE OF draw ON subsidies_window FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL AND OLD.draw <> NEW.draw) EXECUTE FUNCTION subsidies_check_draw();
"""
NO_LOOKUPS = """
DROP TRIGGER check_draw ON subsidies_window;
DROP FUNCTION subsidies_check_draw();
DROP TRIGGER check_correction_item ON subsidies_correctionitem;
DROP FUNCTION subsidies_check_correction_item();
DROP TRIGGER check_objection ON subsidies_objection;
DROP FUNCTION subsidies_check_objection();
DROP TRIGGER check_recovery ON subsidies_recovery;
DROP FUNCTION subsidies_check_recovery();
DROP TRIGGER check_approval ON subsidies_application;
DROP FUNCTION subsidies_check_approval();
DROP TRIGGER check_award_in_payment ON subsidies_application;
DROP FUNCTION subsidies_check_award_in_payment();
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0005_channel_names_insurer")]

    operations = [
        *(
            migrations.RunSQL(GUARD.format(name=name, events=events, table=table, condition=condition), f"DROP TRIGGER {name} ON {table}")
            for name, events, table, condition in GUARDS
        ),
        migrations.RunSQL(LOOKUPS, NO_LOOKUPS),
    ]
