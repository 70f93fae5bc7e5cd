"""A verb that dies in its middle leaves nothing half done: no row changed, no letter queued, no event written. Tried for every verb."""

import hashlib
import inspect
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from django.apps import apps
from django.db.models import Model

from pilot_portal.notifications.models import Message
from subsidies.services import (
    allocation,
    applications,
    corrections,
    endings,
    objections,
    payments,
    publicity,
    recovery,
    rejections,
    reviews,
)
from tests import drive, verbs
from tests.verbs import VERBS

pytestmark = pytest.mark.django_db
# What never writes a letter: internal steps, and money before it is on its way.
SILENT = {
    "start",
    "delete_draft",
    "answer",
    "take_back",
    "change_category",
    "screen",
    "rescreen",
    "judge",
    "reveal_objector",
    "review",
    "recommend_rejection",
    "check",
    "send_back",
    "allocate",  # its letters are queued by a task of their own
    "prepare_batch",
    "approve_batch",
    "export_batch",
    "void_batch",
    "publish_window",
    "propose_draw",
    "decide_draw",
}


class PowerCutError(Exception):
    pass


def whole_database() -> dict[str, str]:
    """A hash over all rows of each table."""
    return {model._meta.label: hashlib.sha256(repr(rows(model)).encode()).hexdigest() for model in apps.get_models()}


def rows(model: type[Model]) -> list[tuple]:
    return list(model._base_manager.order_by("pk").values_list())


@contextmanager
def cut(where: str):
    """The next call of `where` is the last thing that happens."""
    with patch(where, side_effect=PowerCutError) as last:
        yield last


def before_the_event():
    return cut("pilot_portal.audit.models.Event.objects.create")


def before_the_letter():
    return cut("pilot_portal.notifications.models.Message.objects.bulk_create")


def before_the_row():
    """A row with a life of its own is about to be saved."""
    return cut("django.db.models.base.Model.save_base")


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_writes_all_of_it_or_nothing(name):
    act = VERBS[name]()
    before = whole_database()
    for moment in (before_the_event, before_the_row, *(() if name in SILENT else (before_the_letter,))):
        with moment() as last, pytest.raises(PowerCutError):
            act()
        assert last.called
        changed = {label for label, digest in whole_database().items() if digest != before[label]}
        assert changed == set(), f"{name}, cut {moment.__name__}"
    act()
    assert whole_database()["audit.Event"] != before["audit.Event"], f"{name} leaves no trace"
    told = whole_database()["notifications.Message"] != before["notifications.Message"]
    assert told == (name not in SILENT), f"{name} told {Message.objects.order_by('-pk').first()}"


SERVICES = (applications, corrections, rejections, endings, objections, recovery, reviews, allocation, publicity, payments)
# They read, or are the inside of a verb that is tried by another name.
INNER = {"snapshot", "demand", "open_problems", "end", "freeze", "thaw", "require_applicant", "close", "ripe_rejections", "waiting_cases"}


def test_every_verb_of_a_case_is_among_them():
    tried = Path(verbs.__file__).read_text(encoding="utf-8") + Path(drive.__file__).read_text(encoding="utf-8")
    for module in SERVICES:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_") and name not in INNER
            if own and "by" in inspect.signature(function).parameters:
                assert f"{module.__name__.rsplit('.')[-1]}.{name}(" in tried, f"no test cuts {module.__name__}.{name}"
