"""Who has declared an interest in an enterprise decides nothing on its cases, whatever statement is run."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION subsidies_check_interest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fresh jsonb := to_jsonb(NEW);
    stood jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END;
    entity bigint;
    who text;
BEGIN
    FOREACH who IN ARRAY ARRAY['handler_id', 'correction_asked_by_id', 'accepted_by_id', 'reviewed_by_id', 'rejection_proposed_by_id',
        'checked_by_id', 'held_by_id', 'ended_by_id', 'judged_by_id', 'made_by_id', 'asked_by_id', 'extended_by_id', 'author_id',
        'proposed_by_id', 'decided_by_id'] LOOP
        CONTINUE WHEN fresh ->> who IS NULL OR fresh ->> who = stood ->> who;
        entity := COALESCE(
            (fresh ->> 'legal_entity_id')::bigint,
            (SELECT a.legal_entity_id FROM subsidies_application a WHERE a.id = (fresh ->> 'application_id')::bigint));
        PERFORM portal_require(
            NOT EXISTS (SELECT 1 FROM subsidies_declaredinterest i
                WHERE i.officer_id = (fresh ->> who)::bigint AND i.legal_entity_id = entity),
            'officer_with_interest_decides_nothing');
    END LOOP;
    RETURN NEW;
END $$;
"""
STEPS = "handler correction_asked_by accepted_by reviewed_by rejection_proposed_by checked_by held_by ended_by".split()  # not by list
OF_A_CASE = """
CREATE TRIGGER check_interest BEFORE UPDATE ON subsidies_application FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION subsidies_check_interest();
""".format(old=", ".join(f"OLD.{step}_id" for step in STEPS), new=", ".join(f"NEW.{step}_id" for step in STEPS))
BESIDE = ("finding", "review", "correction", "casenote", "casemessage", "recovery", "objection")
BESIDE_A_CASE = """
CREATE TRIGGER check_interest BEFORE INSERT OR UPDATE ON subsidies_{table} FOR EACH ROW EXECUTE FUNCTION subsidies_check_interest();
"""

STAYS = """
CREATE TRIGGER declared_interest_stays BEFORE UPDATE OR DELETE ON subsidies_declaredinterest
    FOR EACH ROW EXECUTE FUNCTION portal_refuse('declared_interest_stays');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("enterprises", "0007_names_in_order"),
        ("subsidies", "0017_match_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeclaredInterest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="回避事由")),
                ("declared_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "declared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="提出人"
                    ),
                ),
                (
                    "legal_entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enterprises.legalentity", verbose_name="企业"
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="declared_interests",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="回避人",
                    ),
                ),
            ],
            options={
                "verbose_name": "回避",
                "verbose_name_plural": "回避",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("officer", "legal_entity"), name="one_interest_per_officer_and_entity"),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="declared_interest_has_reason"),
                ],
            },
        ),
        migrations.RunSQL(STAYS, "DROP TRIGGER declared_interest_stays ON subsidies_declaredinterest"),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION subsidies_check_interest()"),
        migrations.RunSQL(OF_A_CASE, "DROP TRIGGER check_interest ON subsidies_application"),
        *(migrations.RunSQL(BESIDE_A_CASE.format(table=table), f"DROP TRIGGER check_interest ON subsidies_{table}") for table in BESIDE),
    ]
