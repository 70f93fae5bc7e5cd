"""What officers note on a case for each other: kept as it was written."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

GUARD = """
CREATE TRIGGER case_note_stays BEFORE UPDATE OR DELETE ON subsidies_casenote FOR EACH ROW EXECUTE FUNCTION portal_refuse('case_note_stays');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("subsidies", "0012_papers_of_objections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(verbose_name="内容")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="subsidies.application",
                        verbose_name="申报",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="备注人",
                    ),
                ),
            ],
            options={
                "verbose_name": "内部备注",
                "verbose_name_plural": "内部备注",
                "ordering": ["-pk"],
                "constraints": [models.CheckConstraint(condition=~Q(("text", "")), name="case_note_says_something")],
            },
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER case_note_stays ON subsidies_casenote"),
    ]
