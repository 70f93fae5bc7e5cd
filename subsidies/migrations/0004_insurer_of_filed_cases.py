"""Cases that an insurer files name it; so far it was read from the policy."""

from django.db import migrations

FILL = """
UPDATE subsidies_application a SET insurer_id = COALESCE(
    (SELECT p.insurer_id FROM insurers_policy p WHERE p.id = a.policy_id),
    (SELECT s.insurer_id FROM insurers_insurerstaff s WHERE s.user_id = a.created_by_id)
) WHERE a.channel = 'insurer'
"""


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0003_completed_lives")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
