from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0004_insurer_of_filed_cases")]

    operations = [
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "self"), ("insurer__isnull", True)),
                    models.Q(("channel", "insurer"), ("insurer__isnull", False)),
                    _connector="OR",
                ),
                name="insurer_channel_names_the_insurer",
            ),
        ),
    ]
