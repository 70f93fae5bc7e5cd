"""The non-login user behind what the portal does by itself."""

from django.db import migrations


def add_system_user(apps, schema_editor):
    apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias).create(
        username="system", display_name="系统", role="system", is_active=False, password="!"
    )


def remove_system_user(apps, schema_editor):
    apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias).filter(username="system").delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(add_system_user, remove_system_user)]
