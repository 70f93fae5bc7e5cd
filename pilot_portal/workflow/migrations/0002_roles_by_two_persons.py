from django.db import migrations

TWO_PERSONS = """
CREATE FUNCTION workflow_role_agreed_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreed workflow_proposal;
BEGIN
    SELECT * INTO agreed FROM workflow_proposal
    WHERE object_type = 'accounts.user' AND object_id = NEW.id AND action = 'change_role' AND confirmed
    ORDER BY decided_at DESC, id DESC LIMIT 1;
    IF agreed.id IS NULL OR agreed.data->>'before' <> OLD.role OR agreed.data->>'role' <> NEW.role THEN
        RAISE EXCEPTION 'role % was not agreed on', NEW.role
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION workflow_account_agreed_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflow_proposal
        WHERE object_type = 'accounts.user' AND object_id = NEW.id AND action = 'open_account'
        HAVING count(*) > 0 AND NOT bool_or(coalesce(confirmed, false))
    ) THEN
        RAISE EXCEPTION 'account % was not agreed on', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_changes_by_two_persons BEFORE UPDATE ON accounts_user FOR EACH ROW
    WHEN (NEW.role <> OLD.role)
    EXECUTE FUNCTION workflow_role_agreed_on('role_changes_by_two_persons');
CREATE TRIGGER account_opens_by_two_persons BEFORE UPDATE ON accounts_user FOR EACH ROW
    WHEN (NEW.is_active AND NOT OLD.is_active)
    EXECUTE FUNCTION workflow_account_agreed_on('account_opens_by_two_persons');
"""
ONE_PERSON = """
DROP TRIGGER role_changes_by_two_persons ON accounts_user;
DROP TRIGGER account_opens_by_two_persons ON accounts_user;
DROP FUNCTION workflow_role_agreed_on();
DROP FUNCTION workflow_account_agreed_on();
"""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial"), ("accounts", "0002_system_user")]

    operations = [migrations.RunSQL(TWO_PERSONS, ONE_PERSON)]
