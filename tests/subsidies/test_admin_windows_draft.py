"""The window wizard: every step saved, back possible, published as it was seen, and what it says of the last possible payment."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.reference.models import CalendarDay
from subsidies.models import BASIS_COLUMNS, Window
from subsidies.services import windows
from subsidies.services.timetable import longest_way, timetable
from tests import make
from tests.expect import refused
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db
ADD = "admin:subsidies_window_add"
MONEY = {"rate": "0.80", "cap": "800,000.00", "draw": "５00,000", "method": "pro_rata"}
RULES = {
    "acceptance_days": 5,
    "correction_days": 10,
    "review_days": 15,
    "reply_days": 5,
    "publicity_days": 5,
    "recovery_days": 15,
    "refile_after_withdrawal": "on",
    "credit_lookback_years": 2,
    "start_tolerance_days": 30,
    "recovery_rule": "full",
}
BASES = dict.fromkeys(BASIS_COLUMNS, "申报通知 二")


def dates(**changed) -> dict:
    return {
        "pilot": make.pilot().pk,
        "sequence": 9,
        "name": "2026 年第九期",
        "notice": "请按时申报。",
        "opens_at": "2026-09-10T09:00",
        "closes_at": "2026-10-01T00:00",
        "signed_from": "2026-01-01",
        "signed_until": "2026-09-30",
        "paid_until": "2026-09-30",
        "pay_by": "2027-03-31",
        **changed,
    }


def send(role, window, number: int, data: dict, *, go: str = "on"):
    """Save a step as somebody who has just opened it."""
    window.refresh_from_db()
    return enter(role).post(url(window, "step", number), {"seen": windows.fingerprint(window), "go": go, **data})


def started(role=Role.HANDLER) -> Window:
    enter(role).post(reverse(ADD), dates())
    return Window.objects.get(sequence=9)


def finish(window: Window) -> Window:
    for number, data in ((2, MONEY), (3, RULES), (4, BASES)):
        assert send(Role.HANDLER, window, number, data)["Location"] == url(window, "step", number + 1)
    make.appropriation(Decimal("500000.00"))
    window.refresh_from_db()
    return window


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD])
def test_each_step_is_saved_and_leads_to_the_next(role):
    response = enter(role).post(reverse(ADD), dates())
    window = Window.objects.get(sequence=9)
    assert response["Location"] == url(window, "step", 2)
    assert (window.draw, window.published_at, window.closes_at) == (Decimal(0), None, make.moment("2026-10-01 00:00"))
    send(role, window, 2, MONEY)
    send(role, window, 3, RULES)
    assert send(role, window, 4, BASES)["Location"] == url(window, "step", 5)
    window.refresh_from_db()
    assert (window.draw, window.refile_after_withdrawal, window.refile_after_refusal) == (Decimal("500000.00"), True, False)
    assert window.basis == BASES
    events = Event.objects.filter(action="draft_window", object_id=window.pk)
    assert [event.actor for event in events] == [make.officer(role).username] * 4
    assert "预算 500,000.00" in events.get(data__columns=["本期可用预算（元）"]).data["after"]


def test_back_saves_too_and_a_draft_can_be_left_for_later():
    window = started()
    assert send(Role.HANDLER, window, 2, MONEY, go="back")["Location"] == url(window, "step", 1)
    window.refresh_from_db()
    assert window.draw == Decimal("500000.00")
    assert send(Role.HANDLER, window, 1, dates(name="改过的名称"), go="stay")["Location"] == url(window)
    assert enter(Role.HEAD).get(url(window, "step", 1)).context["form"]["name"].value() == "改过的名称"
    assert enter(Role.HEAD).get(url(window, "edit"))["Location"] == url(window, "step", 1)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR])
def test_other_roles_draft_nothing(role):
    assert enter(role).post(reverse(ADD), dates()).status_code == 403
    assert not Window.objects.exists()
    window = make.window(published=False)
    assert send(role, window, 2, MONEY).status_code in (302, 403)
    window.refresh_from_db()
    assert window.draw == Decimal("5000000.00")
    with refused("wrong_role"):
        windows.save_draft(window, by=make.officer(role), at=make.OPENS, facts={"name": "换名"})


@pytest.mark.parametrize(
    ("number", "wrong", "sentence"),
    [
        (1, {"closes_at": "2026-09-10T09:00"}, "截止时间须晚于开始时间"),
        (1, {"signed_until": "2025-12-31"}, "签订日期止不能早于签订日期起"),
        (1, {"pay_by": "2026-10-01"}, "须晚于申报截止"),
        (1, {"opens_at": "明天"}, "请填写日期和时间"),
        (2, {"rate": "0.81"}, "不能超过 0.80"),
        (2, {"rate": "0"}, "须大于 0"),
        (2, {"cap": "800000.01"}, "不能超过 800,000.00"),
        (2, {"draw": "0"}, "须大于 0"),
        (2, {"draw": "五十万"}, "金额只能写数字"),
        (3, {"publicity_days": "0"}, "1 到 60 之间"),
        (3, {"review_days": "61"}, "1 到 60 之间"),
        (4, {"rate": "字" * 101}, "不超过 100 个字"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_stays(number, wrong, sentence):
    window = started()
    given = {1: dates(), 2: MONEY, 3: RULES, 4: BASES}[number] | wrong
    response = send(Role.HANDLER, window, number, given)
    assert response.status_code == 422
    (name, value), *_ = wrong.items()
    assert sentence in str(response.context["form"].errors[name])
    assert value in response.content.decode()
    before = windows.fingerprint(window)
    window.refresh_from_db()
    assert windows.fingerprint(window) == before


def test_a_number_that_is_taken_is_refused():
    started()
    again = enter(Role.HEAD).post(reverse(ADD), dates(name="又一个第九期"))
    assert (again.status_code, Window.objects.count()) == (422, 1)
    assert "已有第 9 期" in text(again)
    with refused("window_known"):
        windows.save_draft(None, by=make.officer(Role.HEAD), at=make.OPENS, facts={**raw_dates(), "sequence": 9})


def raw_dates() -> dict:
    window = Window.objects.get(sequence=9)
    return {name: getattr(window, name) for name in dates()}


def test_the_next_number_is_offered():
    make.window(sequence=3)
    assert enter(Role.HANDLER).get(reverse(ADD)).context["form"]["sequence"].value() == 4


def test_two_people_at_one_draft_do_not_undo_each_other():
    window = started()
    seen = windows.fingerprint(window)
    send(Role.HEAD, window, 2, MONEY)
    late = enter(Role.HANDLER).post(url(window, "step", 2), {**MONEY, "draw": "900000", "seen": seen})
    assert late.status_code == 409
    assert "900000" in late.content.decode()
    assert "您填写的内容还在" in text(late)
    window.refresh_from_db()
    assert window.draw == Decimal("500000.00")
    again = {**MONEY, "draw": "900000", "seen": late.context["form"]["seen"].value()}
    assert enter(Role.HANDLER).post(url(window, "step", 2), again).status_code == 302
    window.refresh_from_db()
    assert window.draw == Decimal("900000.00")


def test_a_published_window_is_not_drafted_any_more():
    window = make.window()
    assert send(Role.HEAD, window, 1, dates(sequence=window.sequence))["Location"] == url(window)
    with refused("window_locked"):
        windows.save_draft(window, by=make.officer(Role.HEAD), at=make.OPENS, facts={"name": "换名"})


def test_clauses_of_the_last_window_are_offered_and_count_only_once_saved():
    make.window(name="上一期")
    window = started()
    page = enter(Role.HANDLER).get(url(window, "step", 4))
    assert "已照“上一期”填入" in text(page)
    assert page.context["form"]["rate"].value() == "申报通知"
    window.refresh_from_db()
    assert not window.basis


def test_last_step_says_what_is_missing_and_where():
    window = started()
    page = check(window)
    assert [one.step for one in page.context["blocking"]] == [2, 4]
    assert "还有 18 项没有写明依据" in text(page)
    assert url(window, "do", "publish") not in page.content.decode()
    page = check(finish(window))
    assert page.context["blocking"] == []
    assert url(window, "do", "publish") in page.content.decode()


def check(window: Window, at=make.OPENS):
    with time_machine.travel(at, tick=False):
        return enter(Role.HEAD).get(url(window, "step", 5))


def test_a_window_that_would_open_at_once_or_never_is_warned_of():
    window = finish(started())
    assert "发布后立即开放申报" in text(check(window, make.moment("2026-09-11 09:00")))
    assert "没有人能申报" in text(check(window, make.moment("2026-10-01 00:00")))


def test_a_draw_above_the_appropriations_is_said_before_the_database_says_it():
    window = finish(started())
    send(Role.HANDLER, window, 2, {**MONEY, "draw": "500000.01"})
    assert "多 0.01 元" in text(check(window))
    assert press(Role.HEAD, window, "publish").status_code == 422


def test_head_publishes_from_the_last_step_what_was_seen():
    window = finish(started())
    page = check(window)
    terms = page.context["publish"]["terms"].value()
    assert f'name="terms" value="{terms}"' in page.content.decode()
    assert press(Role.HEAD, window, "publish", at=make.OPENS, terms=terms).status_code == 302
    window.refresh_from_db()
    assert window.published_by == make.officer(Role.HEAD)
    assert "publish" not in buttons(Role.HEAD, window)


def test_a_draft_that_was_changed_after_the_head_looked_is_not_published():
    window = finish(started())
    seen = windows.fingerprint(window)
    send(Role.HANDLER, window, 2, {**MONEY, "cap": "700000"})
    refused_page = press(Role.HEAD, window, "publish", at=make.OPENS, terms=seen)
    assert refused_page.status_code == 409
    window.refresh_from_db()
    assert window.published_at is None
    (form,) = [form for act, form, _ in refused_page.context["acts"] if act.name == "publish"]
    assert press(Role.HEAD, window, "publish", at=make.OPENS, terms=form["terms"].value()).status_code == 302


def test_handler_cannot_publish():
    window = finish(started())
    assert "由负责人核对后发布" in text(enter(Role.HANDLER).get(url(window, "step", 5)))
    assert press(Role.HANDLER, window, "publish").status_code == 403
    window.refresh_from_db()
    assert window.published_at is None


def test_draft_without_budget_or_every_basis_is_not_published():
    without = make.window(published=False, basis={"rate": "试点方案"})
    response = press(Role.HEAD, without, "publish")
    assert response.status_code == 422
    assert "没有写明依据" in text(response)
    assert "还没有填写本期可用预算" in text(press(Role.HEAD, started(), "publish"))


# the last possible day of payment


def weekdays(year: int) -> None:
    days = (date(year, 1, 1).replace(month=month, day=day) for month in range(1, 13) for day in range(1, 29))
    CalendarDay.objects.bulk_create(CalendarDay(day=day, is_working=day.weekday() < 5, provisional=True) for day in days)


def test_the_way_is_counted_step_by_step_on_working_days():
    window = make.window(closes_at=make.moment("2026-06-01 00:00"), opens_at=make.moment("2026-05-06 00:00"), pay_by=date(2026, 12, 15))
    way = timetable(window)
    assert way.closes_on == date(2026, 5, 31)
    assert (way.steps[0].label, way.steps[0].days, way.steps[0].until) == ("告知补正或受理", 5, date(2026, 6, 5))
    assert way.steps[1].until == date(2026, 6, 22)  # ten working days on, the Dragon Boat Festival being off
    assert way.days == sum(days for _, days, _ in longest_way(window)) == 70
    assert (way.until, way.is_late, way.missing) == (way.steps[-1].until, False, "")
    assert [step.until for step in way.steps] == sorted(step.until for step in way.steps)


def test_a_way_longer_than_planned_is_warned_of():
    window = make.window(published=False, closes_at=make.moment("2026-06-01 00:00"), opens_at=make.moment("2026-05-06 00:00"))
    until = timetable(window).until
    Window.objects.filter(pk=window.pk).update(pay_by=until)
    assert not timetable(Window.objects.get(pk=window.pk)).is_late
    Window.objects.filter(pk=window.pk).update(pay_by=date(2026, 8, 31))
    late = timetable(Window.objects.get(pk=window.pk))
    assert (late.is_late, late.late_by > 0) == (True, True)
    assert f"晚 {late.late_by} 个工作日" in text(enter(Role.HEAD).get(url(window, "step", 5)))
    assert "晚于计划" in text(look(Role.HEAD, window))


def test_a_missing_year_of_the_calendar_is_said_plainly_and_never_guessed():
    window = make.window()
    CalendarDay.objects.filter(day__year__gte=2027).delete()
    way = timetable(window)
    assert (way.until, way.is_late) == (None, False)
    assert way.steps[0].until is not None
    assert "2027 年的工作日历尚未录入" in way.missing
    page = text(look(Role.HEAD, window))
    assert "2027 年的工作日历尚未录入" in page
    assert "日历不全" in page


def test_days_that_are_not_announced_yet_are_marked():
    window = make.window()
    CalendarDay.objects.filter(day__year__gte=2027).delete()
    weekdays(2027)
    assert timetable(window).provisional
    CalendarDay.objects.update(provisional=False)
    assert not timetable(window).provisional


def test_more_days_for_a_step_move_the_last_payment():
    window = make.window(published=False, closes_at=make.moment("2026-06-01 00:00"), opens_at=make.moment("2026-05-06 00:00"))
    before = timetable(window).until
    send(Role.HANDLER, window, 3, {**RULES, "publicity_days": 10})
    window.refresh_from_db()
    assert timetable(window).until > before
