"""The audit trail only grows: no UPDATE, DELETE or TRUNCATE, whoever asks."""

from django.db import migrations

TABLES = ["audit_event", "audit_seal", "audit_sealedevent", "audit_anchor"]

REFUSE = """
CREATE FUNCTION portal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused by %', TG_OP, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END $$;
"""

FREEZE = """
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION portal_refuse('audit_is_append_only');
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION portal_refuse('audit_is_append_only');
"""

THAW = """
DROP TRIGGER append_only_rows ON {table};
DROP TRIGGER append_only_table ON {table};
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION portal_refuse()"),
        *(migrations.RunSQL(FREEZE.format(table=table), THAW.format(table=table)) for table in TABLES),
    ]
