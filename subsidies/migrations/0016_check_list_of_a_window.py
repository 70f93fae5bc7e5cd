"""Which checks a window asks for, each with its basis; locked with its other terms."""

from django.db import migrations, models

LOCK = """
CREATE TRIGGER published_check_list_is_locked BEFORE UPDATE ON subsidies_window FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL AND OLD.checks IS DISTINCT FROM NEW.checks)
    EXECUTE FUNCTION portal_refuse('published_check_list_is_locked');
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0015_letter_versions")]

    operations = [
        migrations.AddField(
            model_name="window",
            name="checks",
            field=models.JSONField(
                blank=True, default=dict, help_text="事项 → 依据；依据为空的不查，没有写到的按试点方案查", verbose_name="核查清单"
            ),
        ),
        migrations.RunSQL(LOCK, "DROP TRIGGER published_check_list_is_locked ON subsidies_window"),
    ]
