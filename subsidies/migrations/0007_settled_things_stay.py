"""What is settled stays as it was, whatever SQL runs: money that has arrived, came back or was given up, objections, closed lists."""

from django.db import migrations, models
from django.db.models import F, Q

GUARD = """
CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION portal_refuse('{name}');
"""
SETTLED = "state paid_on bank_reference return_code return_reason".split()
RAISED = "application_id notice_id number objector_ciphertext contact_ciphertext grounds received_by_id received_at".split()


def changed(columns: list[str]) -> str:
    return "({}) IS DISTINCT FROM ({})".format(
        ", ".join(f"OLD.{column}" for column in columns), ", ".join(f"NEW.{column}" for column in columns)
    )


GUARDS = [
    # otherwise a paid line declared returned would let the case be paid again
    ("settled_payment_stays", "UPDATE", "subsidies_payment", "OLD.state IN ('paid', 'returned', 'void') AND " + changed(SETTLED)),
    # otherwise a dropped recovery could be opened again above the award
    ("settled_recovery_is_frozen", "UPDATE", "subsidies_recovery", "OLD.state IN ('repaid', 'dropped')"),
    ("objection_keeps_case_and_grounds", "UPDATE", "subsidies_objection", changed(RAISED)),
    ("objection_stays", "DELETE", "subsidies_objection", "true"),
]

ITEMS = """
CREATE FUNCTION subsidies_check_new_correction_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT closed_at IS NULL FROM subsidies_correction WHERE id = NEW.correction_id), 'closed_correction_is_frozen');
    RETURN NEW;
END $$;
CREATE TRIGGER check_new_correction_item BEFORE INSERT OR UPDATE OF correction_id ON subsidies_correctionitem
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_new_correction_item();
"""
NO_ITEMS = """
DROP TRIGGER check_new_correction_item ON subsidies_correctionitem;
DROP FUNCTION subsidies_check_new_correction_item();
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0006_completed_triggers")]

    operations = [
        *(
            migrations.RunSQL(GUARD.format(name=name, events=events, table=table, condition=condition), f"DROP TRIGGER {name} ON {table}")
            for name, events, table, condition in GUARDS
        ),
        migrations.RunSQL(ITEMS, NO_ITEMS),
        migrations.RemoveConstraint(model_name="window", name="extended_window_says_why"),
        migrations.AddConstraint(
            model_name="window",
            constraint=models.CheckConstraint(
                condition=Q(planned_close__isnull=True, extension_reason="")
                | (Q(planned_close__isnull=False, planned_close__lt=F("closes_at")) & ~Q(extension_reason="")),
                name="extended_window_says_why",
            ),
        ),
    ]
