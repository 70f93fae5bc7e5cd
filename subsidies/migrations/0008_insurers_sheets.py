"""Insurers' sheets of filings and their rows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0002_frozen"),
        ("insurers", "0003_api_keys"),
        ("subsidies", "0007_settled_things_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="SHA-256")),
                (
                    "state",
                    models.CharField(
                        choices=[("checking", "检查中"), ("ready", "待办理"), ("filing", "办理中"), ("done", "已办完")],
                        default="checking",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("total", models.PositiveIntegerField(verbose_name="行数")),
                ("checked", models.PositiveIntegerField(default=0, verbose_name="已检查")),
                ("good", models.PositiveIntegerField(default=0, verbose_name="没有问题")),
                ("handled", models.PositiveIntegerField(default=0, verbose_name="已处理")),
                ("filed", models.PositiveIntegerField(default=0, verbose_name="已提交或提请")),
                ("strangers", models.JSONField(default=list, editable=False, verbose_name="没有用上的材料")),
                ("created_at", models.DateTimeField(verbose_name="上传时间")),
                ("committed_at", models.DateTimeField(blank=True, null=True, verbose_name="开始办理时间")),
                ("progressed_at", models.DateTimeField(editable=False, verbose_name="最近处理时间")),
                (
                    "committed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="上传人"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.storedfile", verbose_name="Excel"
                    ),
                ),
                (
                    "insurer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="insurers.insurer", verbose_name="保险公司"
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="subsidies.window", verbose_name="申报周期"
                    ),
                ),
                (
                    "zip",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="材料包",
                    ),
                ),
            ],
            options={
                "verbose_name": "批量申报",
                "verbose_name_plural": "批量申报",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="行号")),
                ("data", models.JSONField(verbose_name="内容")),
                ("papers", models.JSONField(default=dict, verbose_name="材料")),
                ("errors", models.JSONField(default=list, verbose_name="问题")),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("bad", "须修改"),
                            ("good", "可以办理"),
                            ("filed", "已提交"),
                            ("proposed", "已提请企业确认"),
                            ("refused", "未能办理"),
                        ],
                        max_length=10,
                        verbose_name="处理结果",
                    ),
                ),
                ("remark", models.CharField(blank=True, max_length=500, verbose_name="说明")),
                (
                    "application",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="subsidies.application",
                        verbose_name="申报",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="subsidies.import", verbose_name="批量申报"
                    ),
                ),
            ],
            options={
                "verbose_name": "批量申报的行",
                "verbose_name_plural": "批量申报的行",
                "ordering": ["number"],
            },
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.UniqueConstraint(fields=("insurer", "window", "sha256"), name="one_import_per_insurer_window_and_files"),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("checked__gte", models.F("good")),
                    ("good__gte", models.F("handled")),
                    ("handled__gte", models.F("filed")),
                    ("total__gte", models.F("checked")),
                ),
                name="import_counts_within_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["filing", "done"]), _negated=True),
                    models.Q(("committed_at__isnull", False), ("committed_by__isnull", False)),
                    _connector="OR",
                ),
                name="committed_import_has_actor_and_time",
            ),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["batch", "result", "number"], name="import_row_queue"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("batch", "number"), name="one_row_per_import_and_number"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("result", "filed"), _negated=True), ("application__isnull", False), _connector="OR"),
                name="filed_row_has_application",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("result", "bad"), _negated=True), models.Q(("errors", []), _negated=True), _connector="OR"),
                name="bad_row_says_why",
            ),
        ),
    ]
