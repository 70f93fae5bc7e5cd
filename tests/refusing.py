"""The rules that triggers enforce, read from the database itself, so that a new one without a test is noticed."""

import re

from tests.expect import sql

NAMED = re.compile(r"'([a-z_]+)'\s*\)\s*;")  # portal_require(…, 'rule');


def rules_of_triggers(prefix: str) -> set[str]:
    """Names with which triggers on tables of this prefix refuse."""
    rows = sql(
        "SELECT encode(t.tgargs, 'escape'), p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
        " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relname LIKE %s",
        [f"{prefix}%"],
    )
    arguments = {argument for escaped, _, _ in rows for argument in escaped.split("\\000") if argument}
    return arguments | {rule for _, _, source in rows for rule in NAMED.findall(source)}
