"""The demo lies around today, whatever day that is: the last day of a year, a leap day, years without an official calendar."""

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import CalendarDay
from subsidies import tasks
from subsidies.models import Application, Window
from subsidies.states import State
from tests import make

PAGES = ["programme:home", "programme:notices", "programme:lists", "programme:calculator"]
DESKS = {
    Role.ENTERPRISE: "subsidies:home",
    Role.INSURER: "subsidies:insurer_home",
    Role.HANDLER: "admin:index",
    Role.HEAD: "admin:index",
    Role.FINANCE: "admin:index",
}


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["2026-12-31 23:30", "2028-02-29 10:00"])
def test_the_demo_starts_on_any_day_and_is_in_order(day, client):
    with time_machine.travel(make.moment(day)):
        call_command("demo")
        there_is_work_in_many_states()
        every_page_and_desk_answers(client)
        years_without_an_official_calendar_say_so()
        the_hourly_jobs_find_nothing_wrong()
        a_second_call_changes_nothing()


def there_is_work_in_many_states():
    assert Window.objects.open_at(timezone.now()).count() == 1
    assert set(Application.objects.values_list("state", flat=True)) == set(State)


def every_page_and_desk_answers(client):
    for name in PAGES:
        assert client.get(reverse(name)).status_code == 200, name
    for user in User.objects.active_with_role(*DESKS):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(reverse(DESKS[user.role])).status_code == 200, user.role


def years_without_an_official_calendar_say_so():
    provisional = CalendarDay.objects.filter(provisional=True)
    assert provisional.filter(day__year=timezone.localdate().year + 1).exists()
    assert not provisional.filter(day__year__lte=2026).exists()


def the_hourly_jobs_find_nothing_wrong():
    held = set(Application.objects.filter(held_at__isnull=False).values_list("pk", flat=True))
    for task in (tasks.enforce_award_caps, tasks.enforce_single_application, tasks.lapse_corrections, tasks.expire_proposals):
        task()
    assert set(Application.objects.filter(held_at__isnull=False).values_list("pk", flat=True)) == held


def a_second_call_changes_nothing():
    before = Application.objects.count(), User.objects.count()
    call_command("demo")
    assert (Application.objects.count(), User.objects.count()) == before
