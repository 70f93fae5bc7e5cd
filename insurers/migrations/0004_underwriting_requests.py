import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0003_an_owner_stays"),
        ("insurers", "0003_api_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UnderwritingRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("products_abroad", models.CharField(max_length=300, verbose_name="要保障的产品")),
                ("territory", models.CharField(max_length=200, verbose_name="保障区域")),
                ("liability_limit", models.DecimalField(decimal_places=2, max_digits=14, verbose_name="期望责任限额（元）")),
                ("starts_on", models.DateField(verbose_name="期望起保日期")),
                ("remark", models.CharField(blank=True, max_length=1000, verbose_name="其他要求")),
                ("sent_at", models.DateTimeField(verbose_name="发送时间")),
                (
                    "legal_entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="underwriting_requests",
                        to="enterprises.legalentity",
                        verbose_name="企业",
                    ),
                ),
                (
                    "preregistration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="underwriting_requests",
                        to="enterprises.preregistration",
                        verbose_name="预申报",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="发送人"
                    ),
                ),
            ],
            options={
                "verbose_name": "投保意向",
                "verbose_name_plural": "投保意向",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="UnderwritingAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "待答复"),
                            ("offered", "已报价"),
                            ("chosen", "企业已选定"),
                            ("refused", "不承保"),
                            ("withdrawn", "企业已撤回"),
                            ("expired", "已过期"),
                        ],
                        default="waiting",
                        max_length=20,
                        verbose_name="状态",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="应答复时间")),
                (
                    "premium",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="报价保费（元，含税）"),
                ),
                (
                    "liability_limit",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="可承保责任限额（元）"),
                ),
                ("conditions", models.CharField(blank=True, max_length=1000, verbose_name="承保条件")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="报价有效期至")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="不承保的理由")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="答复时间")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="答复人",
                    ),
                ),
                (
                    "insurer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="insurers.insurer", verbose_name="保险公司"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="insurers.underwritingrequest",
                        verbose_name="投保意向",
                    ),
                ),
            ],
            options={
                "verbose_name": "承保答复",
                "verbose_name_plural": "承保答复",
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="underwritingrequest",
            constraint=models.CheckConstraint(condition=models.Q(("liability_limit__gt", 0)), name="wanted_limit_positive"),
        ),
        migrations.AddIndex(
            model_name="underwritinganswer",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="answer_to_remind"),
        ),
        migrations.AddConstraint(
            model_name="underwritinganswer",
            constraint=models.UniqueConstraint(fields=("request", "insurer"), name="one_answer_per_request_and_insurer"),
        ),
        migrations.AddConstraint(
            model_name="underwritinganswer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "chosen")), fields=("request",), name="one_chosen_offer_per_request"
            ),
        ),
        migrations.AddConstraint(
            model_name="underwritinganswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["offered", "chosen"]), _negated=True),
                    models.Q(
                        ("liability_limit__gt", 0),
                        ("liability_limit__isnull", False),
                        ("premium__gt", 0),
                        ("premium__isnull", False),
                        ("valid_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="offer_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="underwritinganswer",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "refused"), _negated=True), models.Q(("reason", ""), _negated=True), _connector="OR"),
                name="refusal_to_insure_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="underwritinganswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["offered", "chosen", "refused"]), _negated=True),
                    models.Q(("answered_at__isnull", False), ("answered_by__isnull", False)),
                    _connector="OR",
                ),
                name="answer_has_actor_and_time",
            ),
        ),
    ]
