"""What came with an objection moves to rows of its own, since several papers may come; there it stays."""

from django.db import migrations

MOVE = """
INSERT INTO subsidies_objectionpaper (objection_id, file_id) SELECT id, paper_id FROM subsidies_objection WHERE paper_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""
BACK = """
ALTER TABLE subsidies_objection DISABLE TRIGGER USER;
UPDATE subsidies_objection o SET paper_id = (SELECT MIN(file_id) FROM subsidies_objectionpaper p WHERE p.objection_id = o.id);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE subsidies_objection ENABLE TRIGGER USER;
"""
FROZEN = """
CREATE TRIGGER objection_paper_is_frozen BEFORE UPDATE OR DELETE ON subsidies_objectionpaper
    FOR EACH ROW EXECUTE FUNCTION portal_refuse('objection_paper_is_frozen');
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0011_objections_from_the_site")]

    operations = [
        migrations.RunSQL(MOVE, BACK),
        migrations.RemoveField("objection", "paper"),
        migrations.RunSQL(FROZEN, "DROP TRIGGER objection_paper_is_frozen ON subsidies_objectionpaper;"),
    ]
