"""What a stored file is never changes; only retention may remove it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial"), ("audit", "0002_append_only")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER stored_file_frozen BEFORE UPDATE ON files_storedfile FOR EACH ROW"
            " EXECUTE FUNCTION portal_refuse('stored_file_is_frozen')",
            "DROP TRIGGER stored_file_frozen ON files_storedfile",
        )
    ]
