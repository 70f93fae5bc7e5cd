"""An insurer that has a manager keeps one, whatever two managers do to each other at once."""

from django.db import migrations

MANAGER_STAYS = """
CREATE FUNCTION insurers_keep_a_manager() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM insurers_insurer WHERE id = OLD.insurer_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM insurers_insurerstaff s
        WHERE s.insurer_id = OLD.insurer_id AND s.id <> OLD.id AND s.role = 'manager'
    ) THEN
        RAISE EXCEPTION '% leaves an insurer without a manager', TG_OP
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_manager_stays_on_update BEFORE UPDATE ON insurers_insurerstaff FOR EACH ROW
    WHEN (OLD.role = 'manager' AND (NEW.role <> 'manager' OR NEW.insurer_id <> OLD.insurer_id))
    EXECUTE FUNCTION insurers_keep_a_manager('insurer_keeps_a_manager');
CREATE TRIGGER a_manager_stays_on_delete BEFORE DELETE ON insurers_insurerstaff FOR EACH ROW
    WHEN (OLD.role = 'manager')
    EXECUTE FUNCTION insurers_keep_a_manager('insurer_keeps_a_manager');
"""
NO_MANAGER_STAYS = """
DROP TRIGGER a_manager_stays_on_update ON insurers_insurerstaff;
DROP TRIGGER a_manager_stays_on_delete ON insurers_insurerstaff;
DROP FUNCTION insurers_keep_a_manager();
"""


class Migration(migrations.Migration):
    dependencies = [("insurers", "0007_staff_roles")]

    operations = [migrations.RunSQL(MANAGER_STAYS, NO_MANAGER_STAYS)]
