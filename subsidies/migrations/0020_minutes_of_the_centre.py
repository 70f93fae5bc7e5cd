"""The centre's own minutes on a list, recorded with the run, without which it does not go to the IP office. Lists sent before had none."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

MINUTES = "minutes_number minutes_on minutes_paper_id sent_by_id sent_at".split()
OLD, NEW = (", ".join(f"{row}.{column}" for column in MINUTES) for row in ("OLD", "NEW"))
CHANGED = f"OLD.sent_at IS NOT NULL AND ({OLD}) IS DISTINCT FROM ({NEW})"
TRIGGERS = """
CREATE TRIGGER sent_list_keeps_its_minutes BEFORE UPDATE ON subsidies_allocationrun
    FOR EACH ROW WHEN (%s)
    EXECUTE FUNCTION portal_refuse('sent_list_keeps_its_minutes');
CREATE FUNCTION subsidies_check_determination() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT sent_at IS NOT NULL FROM subsidies_allocationrun WHERE id = NEW.allocation_id), 'determined_list_was_sent');
    RETURN NEW;
END $$;
CREATE TRIGGER check_determination BEFORE INSERT ON subsidies_determination
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_determination();
"""
NO_TRIGGERS = """
DROP TRIGGER check_determination ON subsidies_determination;
DROP FUNCTION subsidies_check_determination();
DROP TRIGGER sent_list_keeps_its_minutes ON subsidies_allocationrun;
"""


def key(to: str, label: str) -> models.ForeignKey:
    return models.ForeignKey(
        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to, verbose_name=label
    )


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0004_longer_content_type"),
        ("subsidies", "0019_cases_on_hold"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("allocationrun", "minutes_number", models.CharField(blank=True, max_length=60, verbose_name="中心会议纪要号")),
        migrations.AddField("allocationrun", "minutes_on", models.DateField(blank=True, null=True, verbose_name="中心会议日期")),
        migrations.AddField("allocationrun", "minutes_paper", key("files.storedfile", "中心会议纪要")),
        migrations.AddField("allocationrun", "sent_by", key(settings.AUTH_USER_MODEL, "报送人")),
        migrations.AddField("allocationrun", "sent_at", models.DateTimeField(blank=True, null=True, verbose_name="报送时间")),
        migrations.AddConstraint(
            "allocationrun",
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, sent_by__isnull=True)
                | Q(sent_at__isnull=False, sent_by__isnull=False, minutes_on__isnull=False, minutes_paper__isnull=False)
                & ~Q(minutes_number=""),
                name="sent_list_has_minutes_of_the_centre",
            ),
        ),
        migrations.RunSQL(TRIGGERS.replace("%s", CHANGED), NO_TRIGGERS),
    ]
