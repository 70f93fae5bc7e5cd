"""An officer at the workbench: who enters, what is opened, which button is pressed."""

import re
from datetime import datetime

import time_machine
from django.test import Client
from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role

from . import make


def enter(role: Role | User) -> Client:
    """A client in which the test's officer of this role, or this person, is logged in."""
    client = Client()
    client.force_login(role if isinstance(role, User) else make.officer(role))
    return client


def url(obj, page: str = "change", *args: object) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk, *args])


def list_of(model, **query: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=query)


def press(role: Role | User, obj, act: str, /, *, at: datetime | None = None, **data):
    """Press a button on the object's screen, with the version that the test gives or the current one."""
    obj.refresh_from_db()
    data.setdefault("version", getattr(obj, "version", ""))
    with time_machine.travel(at or make.ACCEPTED, tick=False):
        return enter(role).post(url(obj, "do", act), data)


def look(role: Role | User, obj, *, at: datetime | None = None):
    with time_machine.travel(at or make.ACCEPTED, tick=False):
        return enter(role).get(url(obj))


def buttons(role: Role | User, obj, *, at: datetime | None = None) -> set[str]:
    """The acts that the screen offers to this person, but for those that are always there: 声明回避 and 责成回避."""
    obj.refresh_from_db()
    return {act.name for act, _, _ in look(role, obj, at=at).context["acts"]} - {"declare_interest", "recuse"}


def text(response) -> str:
    """What stands on the page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
