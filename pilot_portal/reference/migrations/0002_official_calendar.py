"""Working days 2020 to 2026 after the State Council's yearly notices."""

from datetime import date, timedelta

import chinese_calendar
from django.db import migrations

FIRST, LAST = date(2020, 1, 1), date(2026, 12, 31)


def add_days(apps, schema_editor):
    day_model = apps.get_model("reference", "CalendarDay")
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    day_model.objects.using(schema_editor.connection.alias).bulk_create(
        day_model(day=day, is_working=chinese_calendar.is_workday(day)) for day in days
    )


def remove_days(apps, schema_editor):
    apps.get_model("reference", "CalendarDay").objects.using(schema_editor.connection.alias).filter(day__range=(FIRST, LAST)).delete()


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_initial")]

    operations = [migrations.RunPython(add_days, remove_days)]
