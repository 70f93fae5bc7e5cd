"""Lists of others against which cases are matched: every version stays as it was imported."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION portal_refuse('{name}');
"""
GUARDS = [("match_list_is_frozen", "subsidies_matchlist"), ("match_row_is_frozen", "subsidies_matchrow")]


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0004_longer_content_type"),
        ("subsidies", "0016_check_list_of_a_window"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MatchList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("credit", "失信名单"), ("subsidy", "其他资金支持名单")], max_length=10, verbose_name="名单"),
                ),
                ("source", models.CharField(max_length=100, verbose_name="发布单位")),
                ("listed_on", models.DateField(verbose_name="名单日期")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("row_count", models.PositiveIntegerField(verbose_name="行数")),
                ("imported_at", models.DateTimeField(verbose_name="导入时间")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.storedfile", verbose_name="名单文件"
                    ),
                ),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="导入人"
                    ),
                ),
            ],
            options={
                "verbose_name": "比对名单",
                "verbose_name_plural": "比对名单",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="MatchRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credit_code", models.CharField(max_length=18, verbose_name="统一社会信用代码")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="名称")),
                ("happened_on", models.DateField(blank=True, null=True, verbose_name="日期")),
                ("matter", models.CharField(blank=True, max_length=200, verbose_name="事项")),
                ("amount", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="金额（元）")),
                (
                    "match_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="subsidies.matchlist", verbose_name="比对名单"
                    ),
                ),
            ],
            options={
                "verbose_name": "比对名单的行",
                "verbose_name_plural": "比对名单的行",
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="matchlist",
            constraint=models.UniqueConstraint(fields=("kind", "source", "listed_on", "sha256"), name="one_match_list_per_day_and_content"),
        ),
        migrations.AddConstraint(
            model_name="matchlist",
            constraint=models.CheckConstraint(condition=models.Q(("row_count__gt", 0)), name="match_list_holds_rows"),
        ),
        migrations.AddIndex(
            model_name="matchrow",
            index=models.Index(fields=["credit_code", "match_list"], name="match_row_by_code"),
        ),
        *(migrations.RunSQL(GUARD.format(name=name, table=table), f"DROP TRIGGER {name} ON {table}") for name, table in GUARDS),
    ]
