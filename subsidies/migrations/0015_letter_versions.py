"""函件文字 in versions that never change; each paper says which one it was made of."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

WRITTEN = "key sequence subject body effective_on reason written_by_id written_at".split()
CHANGED = "({}) IS DISTINCT FROM ({})".format(", ".join(f"OLD.{name}" for name in WRITTEN), ", ".join(f"NEW.{name}" for name in WRITTEN))
RULES = f"""
CREATE FUNCTION subsidies_check_letter_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(NEW.effective_on > (NEW.written_at AT TIME ZONE 'Asia/Shanghai')::date, 'letter_version_starts_on_a_later_day');
    PERFORM portal_require(
        NEW.withdrawn_at IS NULL OR NEW.effective_on > (NEW.withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date,
        'letter_version_withdrawn_before_its_day');
    RETURN NEW;
END $$;
CREATE TRIGGER check_letter_version BEFORE INSERT OR UPDATE ON subsidies_letterversion
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_letter_version();
CREATE TRIGGER letter_version_is_frozen BEFORE UPDATE ON subsidies_letterversion
    FOR EACH ROW WHEN ({CHANGED} OR OLD.withdrawn_at IS NOT NULL) EXECUTE FUNCTION portal_refuse('letter_version_is_frozen');
CREATE TRIGGER letter_version_stays BEFORE DELETE ON subsidies_letterversion
    FOR EACH ROW EXECUTE FUNCTION portal_refuse('letter_version_stays');
"""
NO_RULES = """
DROP TRIGGER letter_version_stays ON subsidies_letterversion;
DROP TRIGGER letter_version_is_frozen ON subsidies_letterversion;
DROP TRIGGER check_letter_version ON subsidies_letterversion;
DROP FUNCTION subsidies_check_letter_version();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subsidies", "0014_lines_of_allocations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="wording",
            field=models.CharField(blank=True, max_length=60, verbose_name="函件文字"),
        ),
        migrations.CreateModel(
            name="LetterVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40, verbose_name="函件")),
                ("sequence", models.PositiveSmallIntegerField(verbose_name="版本")),
                ("subject", models.CharField(blank=True, max_length=100, verbose_name="标题")),
                ("body", models.TextField(max_length=2000, verbose_name="正文")),
                ("effective_on", models.DateField(verbose_name="启用日")),
                ("reason", models.CharField(max_length=300, verbose_name="修改理由")),
                ("written_at", models.DateTimeField(verbose_name="起草时间")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="撤下时间")),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="撤下人",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="起草人"
                    ),
                ),
            ],
            options={
                "verbose_name": "函件文字",
                "verbose_name_plural": "函件文字",
                "ordering": ["key", "-sequence"],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "sequence"), name="one_letter_version_per_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)),
                            models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="letter_version_withdrawal_has_actor_and_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RULES, NO_RULES),
    ]
