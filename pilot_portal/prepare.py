"""Run by the supervisor, in a process of its own: tables and demo data as this release wants them. Says what `demo` says."""

import os

import django
from django.conf import settings
from django.core.management import call_command

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilot_portal.settings")
    django.setup()
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    if settings.DEMO:
        call_command("demo")
