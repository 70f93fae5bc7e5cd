"""One database is migrated, all others of a test run are copies of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connections

GRANTS = settings.BASE_DIR / "deploy" / "grants.sql"
ONE_AT_A_TIME = 20221  # key of an advisory lock


@contextmanager
def owner_on(name: str) -> Iterator[psycopg2.extensions.cursor]:
    """The owner's cursor on the database `name`; every statement is committed at once."""
    owner = settings.DATABASES["owner"]
    known = {"user": owner["USER"], "password": owner["PASSWORD"], "host": owner["HOST"], "port": owner["PORT"]}
    connection = psycopg2.connect(**{key: value for key, value in known.items() if value} | owner["OPTIONS"], dbname=name)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def make_template() -> None:
    """Migrated once a run, by the first process that needs it."""
    unfinished = f"{settings.TEMPLATE}_new"
    with owner_on("postgres") as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [settings.TEMPLATE])
        if cursor.fetchone():
            return
        cursor.execute(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {unfinished} TEMPLATE template0")
        with owner_on(unfinished) as inside:
            inside.execute(GRANTS.read_text())
        owner = connections["owner"]
        owner.settings_dict["NAME"] = unfinished
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        owner.close()
        owner.settings_dict["NAME"] = settings.DATABASE
        cursor.execute(f"ALTER DATABASE {unfinished} RENAME TO {settings.TEMPLATE}")


def renew(template: str = settings.TEMPLATE) -> None:
    """This process's database becomes a fresh copy. Whoever is still connected is thrown out."""
    drop()
    with owner_on("postgres") as cursor:
        cursor.execute(f"CREATE DATABASE {settings.DATABASE} TEMPLATE {template} STRATEGY file_copy")


def drop(name: str = settings.DATABASE) -> None:
    connections.close_all()
    with owner_on("postgres") as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
