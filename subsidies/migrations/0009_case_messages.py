"""What applicant and centre say to each other about a case: kept as it was written."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

GUARD = """
CREATE TRIGGER {name} BEFORE {events} ON subsidies_casemessage FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION portal_refuse('{name}');
"""
SAID = "application_id side author_id text paper_id at".split()
CHANGED = "({}) IS DISTINCT FROM ({})".format(", ".join(f"OLD.{name}" for name in SAID), ", ".join(f"NEW.{name}" for name in SAID))
GUARDS = [
    ("case_message_is_frozen", "UPDATE", f"{CHANGED} OR OLD.read_at IS NOT NULL"),
    ("case_message_stays", "DELETE", "true"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0002_frozen"),
        ("subsidies", "0008_insurers_sheets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("side", models.CharField(choices=[("applicant", "申请人"), ("centre", "中心")], max_length=10, verbose_name="一方")),
                ("text", models.TextField(verbose_name="内容")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="已读时间")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversation",
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
                        verbose_name="留言人",
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="附件",
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="已读人",
                    ),
                ),
            ],
            options={
                "verbose_name": "往来留言",
                "verbose_name_plural": "往来留言",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(condition=Q(("read_at__isnull", True)), fields=["application", "side"], name="case_message_unread")
                ],
                "constraints": [
                    models.CheckConstraint(condition=~Q(("text", "")), name="case_message_says_something"),
                    models.CheckConstraint(
                        condition=Q(("read_at__isnull", True), ("read_by__isnull", True))
                        | Q(("read_at__isnull", False), ("read_by__isnull", False)),
                        name="read_case_message_has_actor_and_time",
                    ),
                ],
            },
        ),
        *(
            migrations.RunSQL(GUARD.format(name=name, events=events, condition=condition), f"DROP TRIGGER {name} ON subsidies_casemessage")
            for name, events, condition in GUARDS
        ),
    ]
