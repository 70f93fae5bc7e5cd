"""Objections filed on the public site: who raised one, once a filing, within the days; decided by nobody who has handled the case."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

OLD_RAISED = "application_id notice_id number objector_ciphertext contact_ciphertext grounds received_by_id received_at".split()
RAISED = [*OLD_RAISED, *"mail_ciphertext identity_kind identity_ciphertext identity_hmac submission_hmac".split()]
TRIGGER = "CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION portal_refuse('{name}');"


def keeps(columns: list[str]) -> str:
    """The trigger by which what was said once stays."""
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return TRIGGER.format(
        name="objection_keeps_case_and_grounds",
        events="UPDATE",
        table="subsidies_objection",
        condition=f"({old}) IS DISTINCT FROM ({new})",
    )


NO_KEEPING = "DROP TRIGGER objection_keeps_case_and_grounds ON subsidies_objection;"
LOOKUPS = """
CREATE FUNCTION subsidies_check_objection_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        (SELECT NEW.received_at >= published_at AND NEW.received_at < ends_at FROM subsidies_publicnotice WHERE id = NEW.notice_id),
        'objection_within_the_publication');
    RETURN NEW;
END $$;
CREATE TRIGGER check_objection_time BEFORE INSERT ON subsidies_objection
    FOR EACH ROW EXECUTE FUNCTION subsidies_check_objection_time();

CREATE FUNCTION subsidies_check_objection_decider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM portal_require(
        NOT EXISTS (SELECT 1 FROM subsidies_application a WHERE a.id = NEW.application_id AND NEW.decided_by_id
            IN (a.handler_id, a.accepted_by_id, a.reviewed_by_id, a.rejection_proposed_by_id, a.checked_by_id)),
        'objection_decided_by_an_outsider');
    RETURN NEW;
END $$;
CREATE TRIGGER check_objection_decider BEFORE INSERT OR UPDATE OF decided_by_id ON subsidies_objection
    FOR EACH ROW WHEN (NEW.decided_by_id IS NOT NULL) EXECUTE FUNCTION subsidies_check_objection_decider();
"""
NO_LOOKUPS = """
DROP TRIGGER check_objection_decider ON subsidies_objection;
DROP FUNCTION subsidies_check_objection_decider();
DROP TRIGGER check_objection_time ON subsidies_objection;
DROP FUNCTION subsidies_check_objection_time();
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0004_longer_content_type"), ("subsidies", "0010_cases_by_due")]

    operations = [
        migrations.AddField("objection", "mail_ciphertext", models.TextField(blank=True)),
        migrations.AddField(
            "objection",
            "identity_kind",
            models.CharField(
                blank=True,
                choices=[
                    ("id_card", "居民身份证"),
                    ("credit_code", "统一社会信用代码"),
                    ("passport", "护照"),
                    ("other", "其他证件"),
                ],
                max_length=20,
                verbose_name="证件类型",
            ),
        ),
        migrations.AddField("objection", "identity_ciphertext", models.TextField(blank=True)),
        migrations.AddField("objection", "identity_hmac", models.CharField(blank=True, max_length=64)),
        migrations.AddField("objection", "submission_hmac", models.CharField(blank=True, max_length=64, null=True)),
        migrations.AddConstraint(
            "objection",
            models.CheckConstraint(
                condition=Q(submission_hmac__isnull=True) | ~(Q(identity_kind="") | Q(identity_ciphertext="") | Q(identity_hmac="")),
                name="objection_filed_in_public_names_its_objector",
            ),
        ),
        migrations.AddConstraint("objection", models.UniqueConstraint(fields=["submission_hmac"], name="one_objection_per_submission")),
        migrations.CreateModel(
            name="ObjectionPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.storedfile", verbose_name="文件"
                    ),
                ),
                (
                    "objection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="subsidies.objection",
                        verbose_name="公示异议",
                    ),
                ),
            ],
            options={"verbose_name": "异议材料", "verbose_name_plural": "异议材料", "ordering": ["pk"]},
        ),
        migrations.RunSQL(NO_KEEPING + keeps(RAISED), NO_KEEPING + keeps(OLD_RAISED)),
        migrations.RunSQL(LOOKUPS, NO_LOOKUPS),
    ]
