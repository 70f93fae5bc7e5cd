"""What a test expects to be refused: by a rule (Refusal) or by the database (constraint name)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from pilot_portal.workflow.moving import violated_constraint
from pilot_portal.workflow.refusals import Refusal
from programme import integrity
from programme.integrity import papers


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo]:
    """The block raises the Refusal of this code."""
    with pytest.raises(Refusal) as caught:
        yield caught
    assert caught.value.code == code


@contextmanager
def violates(name: str) -> Iterator[None]:
    """The database refuses the block in the name of this constraint or trigger rule; the test's transaction goes on."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        yield
    assert violated_constraint(caught.value) == name


def sql(statement: str, parameters: list | None = None) -> list[tuple]:
    """Run one statement as the portal's own role; its rows, if any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def standing_faults() -> list[str]:
    """Every fault that the check of the whole database finds, but for papers that a worker, which no test runs, has still to make."""
    checks = [check for check in integrity.CHECKS if check is not papers.missing_papers]
    return [fault for check in checks for fault in check()]
