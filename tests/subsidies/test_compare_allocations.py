"""Allocation compared: other terms beside those in force, a run beside the one before it, everything reckoned again on a page."""

from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from subsidies.models import Application, Window
from subsidies.reports import variants
from subsidies.services import allocation, publicity, reviews
from subsidies.states import State
from tests import drive, make
from tests.expect import refused, sql
from tests.workbench import enter, press, text

pytestmark = pytest.mark.django_db


def money(*texts: str) -> list[Decimal]:
    return [Decimal(one) for one in texts]


@pytest.mark.parametrize(
    ("share", "claims", "budget", "awards"),
    [
        (variants.in_order, ["80.00", "50.00", "30.00"], "100.00", ["80.00", "20.00", "0.00"]),
        (variants.in_order, ["80.00", "50.00"], "200.00", ["80.00", "50.00"]),
        (variants.common_cap, ["80.00", "50.00", "10.00"], "100.00", ["45.00", "45.00", "10.00"]),
        (variants.common_cap, ["80.00", "50.00", "10.00"], "139.99", ["79.99", "50.00", "10.00"]),
        (variants.common_cap, ["0.05", "0.05", "0.05"], "0.10", ["0.03", "0.03", "0.03"]),
        (variants.common_cap, ["80.00"], "80.00", ["80.00"]),
        (variants.common_cap, [], "80.00", []),
    ],
)
def test_other_ways_to_share_a_short_budget_never_exceed_it(share, claims, budget, awards):
    assert list(share(money(*claims), Decimal(budget))) == money(*awards)


@pytest.fixture
def window():
    """Closed and short: two checked cases of 80,000.00 and 160,000.00, and an undecided one of 80,000.00."""
    window = make.window(draw="200000.00")
    make.application(window=window, state=State.CHECKED)
    make.application(window=window, state=State.CHECKED, premium=Decimal("200000.00"))
    make.application(window=window, state=State.ACCEPTED)
    return window


def compare(role, window, *, csv=False, **asked):
    with time_machine.travel(make.ALLOCATED, tick=False):
        return enter(role).get(reverse(f"admin:subsidies_window_variants{'_csv' if csv else ''}", args=[window.pk]), asked)


def asked(prefix, **changed) -> dict:
    terms = {"rate": "0.80", "cap": "800000.00", "method": "pro_rata", "budget": "200000.00", **changed}
    return {f"{prefix}-{name}": value for name, value in terms.items()}


def test_two_variants_stand_beside_the_terms_in_force_and_no_data_is_touched(window):
    before = [sql(f"SELECT * FROM {model._meta.db_table} ORDER BY id") for model in (Application, Window)]
    events = sql("SELECT COUNT(*) FROM audit_event")
    page = compare(Role.HEAD, window, **asked("a", cap="100,000.00"), **asked("b", method="in_order", budget="240000"))
    now, first, second = page.context["variants"]
    assert [str(one.awarded) for one in (now, first, second)] == ["150000.00", "138461.53", "240000.00"]
    assert [one.count for one in (now, first, second)] == [2, 2, 2]
    assert [str(one.left) for one in (now, first, second)] == ["0.00", "0.01", "0.00"]
    assert str(first.reserved) == "61538.46"
    assert [[str(amount) for amount in line.amounts] for line in page.context["lines"]] == [
        ["100000.00", "76923.07", "160000.00"],
        ["50000.00", "61538.46", "0.00"],
        ["50000.00", "61538.46", "80000.00"],
    ]
    assert page.context["changed"] == [[2, 1], [2, 1]]
    assert [sql(f"SELECT * FROM {model._meta.db_table} ORDER BY id") for model in (Application, Window)] == before
    assert sql("SELECT COUNT(*) FROM audit_event") == events


def test_the_terms_in_force_give_what_a_run_gives(window):
    shown = compare(Role.HEAD, window).context["variants"]
    assert shown[1].shares == shown[0].shares == shown[2].shares
    run = make.allocated(window)
    assert (run.awarded_total, run.reserved_total) == (shown[0].awarded, shown[0].reserved)


def test_the_comparison_is_taken_away_as_a_table(window):
    table = compare(Role.HEAD, window, csv=True, **asked("a", rate="0.50")).content.decode("utf-8-sig")
    assert table.splitlines()[0].startswith("申报编号,企业名称,情形,认定保费,现行条款（元）,方案一（元）,方案二（元）,方案一增减（元）")
    assert len(table.splitlines()) == 4


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rate": "0.81"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"cap": "800000.01"}, "cap"),
        ({"budget": "多"}, "budget"),
        ({"method": "x"}, "method"),
    ],
)
def test_nothing_above_the_scheme_is_tried(window, wrong, field):
    page = compare(Role.HEAD, window, **asked("a", **wrong))
    assert page.status_code == 422
    assert page.context["forms"][0].errors[field]


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.FINANCE, Role.AUDITOR])
def test_only_the_head_compares(window, role):
    assert compare(role, window).status_code == 403


def test_a_run_says_who_came_left_and_changed_since_the_last_one(window):
    first = make.allocated(window)
    publicity.return_list(first, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, reason="请核对", seen_hash=first.list_hash)
    gone, stays = window.applications.filter(state=State.CHECKED).order_by("pk")
    late = window.applications.get(state=State.ACCEPTED)
    make.judge_all(late)
    reviews.review(late, by=make.officer(Role.HANDLER), at=make.DETERMINED)
    reviews.check(late, by=make.officer(Role.REVIEWER), at=make.DETERMINED)
    Application.objects.filter(pk=gone.pk).update(held_at=make.DETERMINED, held_by=make.officer(Role.HEAD), held_reason="举报核查")
    second = allocation.allocate(window, by=make.officer(Role.HEAD), at=make.DETERMINED, reason="重新核定")
    client = enter(Role.AUDITOR)
    page = client.get(reverse("admin:subsidies_window_run", args=[window.pk, second.pk]))
    kinds = {one.number: (one.kind, str(one.before), str(one.after)) for one in page.context["differences"]}
    assert kinds == {
        gone.number: ("不再列入", "50000.00", "None"),
        stays.number: ("相同", "100000.00", "100000.00"),
        late.number: ("新列入", "None", "50000.00"),
    }
    assert second.input_hash in text(page)
    table = client.get(reverse("admin:subsidies_window_run_csv", args=[window.pk, second.pk])).content.decode("utf-8-sig")
    assert "新列入,,50000.00,50000.00" in table


def test_a_second_run_says_why(window):
    first = make.allocated(window)
    publicity.return_list(first, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, reason="请核对", seen_hash=first.list_hash)
    seen = {"seen_hash": allocation.demand(window, at=make.DETERMINED).input_hash}
    assert press(Role.HEAD, window, "allocate", at=make.DETERMINED, reason=" ", **seen).context["form"].errors["reason"]
    assert press(Role.HEAD, window, "allocate", at=make.DETERMINED, reason="退回后重新核对", **seen).status_code == 302
    assert window.allocation_runs.first().reason == "退回后重新核对"


MINUTES = {"minutes_number": "中知促纪要〔2026〕5号", "minutes_on": "2026-10-09"}


def send(role, run, *, at=make.ALLOCATED, **changed):
    with time_machine.travel(at, tick=False):
        data = {**MINUTES, "minutes_paper": make.pdf("minutes"), **changed}
        return enter(role).post(reverse("admin:subsidies_window_run", args=[run.window_id, run.pk]), data)


def test_a_list_reaches_the_ip_office_with_the_minutes_of_the_centre_and_not_before(window):
    run = allocation.allocate(window, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="首次核定")
    office, address = make.officer(Role.IP_OFFICE), reverse("programme:determination", args=[run.pk])
    facts = {"by": office, "at": make.DETERMINED, "seen_hash": run.list_hash}
    assert enter(office).get(address).status_code == 404
    with refused("list_not_sent"):
        publicity.determine(run, minutes_number="会议纪要〔2026〕8号", **facts)
    with refused("list_not_sent"):
        publicity.return_list(run, reason="请核对", **facts)
    for role in (Role.HANDLER, Role.FINANCE, Role.AUDITOR):
        assert send(role, run).status_code == 403
    assert send(Role.HEAD, run, minutes_number=" ").context["form"].errors["minutes_number"]
    later = send(Role.HEAD, run, minutes_on="2026-10-10")
    assert later.context["form"].errors["minutes_on"]
    assert "minutes.pdf" in text(later)  # what was uploaded stays
    assert send(Role.HEAD, run).status_code == 302
    assert Message.objects.filter(event="work", recipient=office, subject__contains="待审定名单").exists()
    page = enter(office).get(address)
    assert MINUTES["minutes_number"] in text(page)
    assert enter(office).get(reverse("programme:list_minutes", args=[run.pk])).getvalue().startswith(b"%PDF")
    assert send(Role.HEAD, run).status_code == 409
    assert publicity.determine(run, minutes_number="会议纪要〔2026〕8号", **facts).count == 2


def test_the_auditor_sees_everything_reckoned_again():
    window = make.window(draw="100000.00")
    case, _ = drive.published(window=window)
    address = reverse("admin:subsidies_window_replay", args=[window.pk])
    assert "全部一致，到分" in text(enter(Role.AUDITOR).get(address))
    assert enter(Role.FINANCE).get(address).status_code == 403
    Application.objects.filter(pk=case.pk).update(awarded=Decimal("79999.99"))
    shown = text(enter(Role.AUDITOR).get(address))
    assert "1 处不一致" in shown
    assert "核定 79999.99，重放为 80000.00" in shown
