"""An enterprise that has an owner keeps one, whatever two owners do to each other at once."""

from django.db import migrations

OWNER_STAYS = """
CREATE FUNCTION enterprises_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM enterprises_legalentity WHERE id = OLD.legal_entity_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM enterprises_membership m
        WHERE m.legal_entity_id = OLD.legal_entity_id AND m.id <> OLD.id AND m.role = 'owner' AND m.state = 'active'
    ) THEN
        RAISE EXCEPTION '% leaves an enterprise without an owner', TG_OP
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER an_owner_stays_on_update BEFORE UPDATE ON enterprises_membership FOR EACH ROW
    WHEN (
        OLD.role = 'owner' AND OLD.state = 'active'
        AND (NEW.role <> 'owner' OR NEW.state <> 'active' OR NEW.legal_entity_id <> OLD.legal_entity_id)
    )
    EXECUTE FUNCTION enterprises_keep_an_owner('entity_keeps_an_owner');
CREATE TRIGGER an_owner_stays_on_delete BEFORE DELETE ON enterprises_membership FOR EACH ROW
    WHEN (OLD.role = 'owner' AND OLD.state = 'active')
    EXECUTE FUNCTION enterprises_keep_an_owner('entity_keeps_an_owner');
"""
NO_OWNER_STAYS = """
DROP TRIGGER an_owner_stays_on_update ON enterprises_membership;
DROP TRIGGER an_owner_stays_on_delete ON enterprises_membership;
DROP FUNCTION enterprises_keep_an_owner();
"""


class Migration(migrations.Migration):
    dependencies = [("enterprises", "0002_organisation_account")]

    operations = [migrations.RunSQL(OWNER_STAYS, NO_OWNER_STAYS)]
