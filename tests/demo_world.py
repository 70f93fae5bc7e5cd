"""The demo as of one afternoon, told once a run: tests copy its database and its files."""

import shutil
from pathlib import Path

import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from enterprises.models import LegalEntity
from subsidies.models import Application
from tests import databases, make

NOW = make.moment("2026-11-24 15:00")
TEMPLATE = f"{settings.TEMPLATE}_demo"
MEDIA = Path(settings.MEDIA_ROOT).with_name("media_of_the_demo")
ONE_AT_A_TIME = 20222  # key of an advisory lock


def renew() -> None:
    """This process's database and files become a copy of the demo."""
    _make()
    databases.renew(TEMPLATE)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    shutil.copytree(MEDIA, settings.MEDIA_ROOT)


def _make() -> None:
    with databases.owner_on("postgres") as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE])
        if cursor.fetchone():
            return
        databases.renew()
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
        with time_machine.travel(NOW, tick=False):
            call_command("demo")
        connections.close_all()
        shutil.rmtree(MEDIA, ignore_errors=True)
        shutil.copytree(settings.MEDIA_ROOT, MEDIA)
        cursor.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {settings.DATABASE} STRATEGY file_copy")


def entity(short: str) -> LegalEntity:
    """北京云澜通信技术有限公司 is 云澜."""
    return LegalEntity.objects.get(name__startswith=f"北京{short}")


def case(short: str) -> Application:
    """An enterprise's one application."""
    return Application.objects.get(legal_entity=entity(short))
