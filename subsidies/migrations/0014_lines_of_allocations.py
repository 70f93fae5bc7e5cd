"""With what each case took part in an allocation and what came of it, and the version of the rules: kept so that it can be done again."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

KINDS = [("award", "核定"), ("late", "从预留核定"), ("waiting", "预留"), ("rejection", "拟不予补贴")]
FROZEN = """
CREATE TRIGGER allocation_line_is_frozen BEFORE UPDATE OR DELETE ON subsidies_allocationline
    FOR EACH ROW EXECUTE FUNCTION portal_refuse('allocation_line_is_frozen');
"""


def key(to: str, name: str, label: str, **options) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=name, to=to, verbose_name=label, **options)


def money(label: str) -> models.DecimalField:
    return models.DecimalField(decimal_places=2, max_digits=14, verbose_name=label)


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0013_case_notes")]

    operations = [
        migrations.AddField("allocationrun", "rules_version", models.CharField(blank=True, max_length=20, verbose_name="规则版本")),
        migrations.CreateModel(
            name="AllocationLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=KINDS, max_length=10, verbose_name="参加方式")),
                ("entitled", money("应补（元）")),
                ("reserved", money("先前预留（元）")),
                ("result", money("核定或预留（元）")),
                ("application", key("subsidies.application", "allocation_lines", "申报")),
                ("run", key("subsidies.allocationrun", "lines", "分配", db_index=False)),
            ],
            options={
                "verbose_name": "分配明细",
                "verbose_name_plural": "分配明细",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=["run", "application"], name="one_line_per_allocation_run_and_case"),
                    models.CheckConstraint(
                        condition=Q(result__gte=0, result__lte=F("entitled")), name="allocation_result_within_entitlement"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FROZEN, "DROP TRIGGER allocation_line_is_frozen ON subsidies_allocationline;"),
    ]
