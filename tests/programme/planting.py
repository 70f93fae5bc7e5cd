"""Faults planted in the demo past constraints and triggers, as only the tables' owner could."""

import re

from tests.demo_world import case

CHANGES = re.compile(r"(?:UPDATE|DELETE FROM|INSERT INTO) (\w+)")


def plant(cursor, statement: str) -> None:
    """Change rows whatever triggers and checks say; `cursor` is the owner's. {云澜} is the key of that enterprise's case."""
    table = CHANGES.match(statement)[1]
    cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [table])
    for (constraint,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    cursor.execute(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND indpred IS NOT NULL AND indrelid = %s::regclass", [table]
    )
    for (index,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {index}")
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(re.sub(r"\{(\w+)\}", lambda name: str(case(name[1]).pk), statement))
    assert cursor.rowcount > 0, statement
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # foreign keys hold, and no trigger waits for the end of the transaction
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def payment(assignment: str, name: str) -> str:
    return f"UPDATE subsidies_payment SET {assignment} WHERE application_id = {{{name}}}"


def of_case(assignment: str, name: str) -> str:
    return f"UPDATE subsidies_application SET {assignment} WHERE id = {{{name}}}"
