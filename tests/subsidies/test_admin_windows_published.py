"""A published window at the workbench: extended for everyone, another draw, what waits and what is rejected in a run, archived."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.models import Proposal
from subsidies.models import AllocationRun, DrawChange, Window
from subsidies.services import allocation, applications, windows
from subsidies.states import State
from tests import drive, make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db

# extending


def test_head_extends_for_everyone_with_a_public_reason():
    window = make.window()
    assert "extend" in buttons(Role.HEAD, window, at=make.FILED)
    data = {"closes_at": "2026-10-10T17:00", "reason": "9 月 30 日系统故障"}
    assert press(Role.HEAD, window, "extend", at=make.FILED, **data).status_code == 302
    window.refresh_from_db()
    assert (window.closes_at, window.planned_close) == (make.moment("2026-10-10 17:00"), make.CLOSES)
    page = text(look(Role.HEAD, window, at=make.FILED))
    assert "原定 2026-09-30 17:00 截止" in page
    assert "9 月 30 日系统故障" in page


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"closes_at": "2026-09-29T17:00"}, "closes_at"),
        ({"closes_at": "2026-09-30T17:00"}, "closes_at"),
        ({"closes_at": "十月"}, "closes_at"),
        ({"reason": " "}, "reason"),
    ],
)
def test_shortening_or_an_extension_without_reason_is_refused_and_kept(wrong, field):
    window = make.window()
    response = press(Role.HEAD, window, "extend", at=make.FILED, **{"closes_at": "2026-10-10T17:00", "reason": "系统故障", **wrong})
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert wrong.get("closes_at", "系统故障" if field == "closes_at" else "2026-10-10T17:00") in response.content.decode()
    window.refresh_from_db()
    assert window.closes_at == make.CLOSES


@pytest.mark.parametrize("role", [Role.HANDLER, Role.FINANCE, Role.REVIEWER])
def test_only_the_head_extends(role):
    window = make.window()
    assert "extend" not in buttons(role, window)
    assert press(role, window, "extend", closes_at="2026-10-10T17:00", reason="系统故障").status_code == 403


def test_draft_is_changed_instead_of_extended():
    window = make.window(published=False)
    assert buttons(Role.HEAD, window) == {"publish"}
    assert press(Role.HEAD, window, "extend", closes_at="2026-10-10T17:00", reason="系统故障").status_code == 409


# another draw


@pytest.fixture
def asked():
    """A window for which finance has proposed six million."""
    window = make.window()
    make.appropriation(Decimal("1000000.00"))
    data = {"draw": "6,000,000.00", "reason": "追加指标"}
    assert press(Role.FINANCE, window, "propose_draw", at=make.FILED, **data).status_code == 302
    window.refresh_from_db()
    return window


def decide(role, window, confirmed="yes", **data):
    if "proposal" not in data:
        data["proposal"] = Proposal.objects.get(object_id=window.pk).pk
    return press(role, window, "decide_draw", at=make.ACCEPTED, confirmed=confirmed, **data)


def test_finance_proposes_and_the_head_confirms_another_draw(asked):
    assert asked.draw == Decimal("5000000.00")
    assert "待负责人确认" in text(look(Role.FINANCE, asked))
    assert "propose_draw" not in buttons(Role.FINANCE, asked)
    assert decide(Role.HEAD, asked, remark="同意").status_code == 302
    asked.refresh_from_db()
    made = DrawChange.objects.get()
    assert (asked.draw, made.before, made.prepared_by, made.approved_by) == (
        Decimal("6000000.00"),
        Decimal("5000000.00"),
        make.officer(Role.FINANCE),
        make.officer(Role.HEAD),
    )
    page = text(look(Role.FINANCE, asked))
    assert "预算调整记录" in page
    assert "追加指标" in page


def test_declined_draw_stays_and_may_be_proposed_again(asked):
    assert decide(Role.HEAD, asked, "no", remark="依据不足").status_code == 302
    asked.refresh_from_db()
    assert (asked.draw, DrawChange.objects.count()) == (Decimal("5000000.00"), 0)
    assert "propose_draw" in buttons(Role.FINANCE, asked)
    assert "不同意：调整可用预算" in text(look(Role.HEAD, asked))


def test_draw_above_the_appropriations_is_refused_and_the_proposal_stays():
    window = make.window()
    press(Role.FINANCE, window, "propose_draw", draw="5,000,000.01", reason="追加指标")
    refused = decide(Role.HEAD, window, remark="同意追加")
    assert refused.status_code == 422
    assert "合计超过预算指标" in text(refused)
    assert "同意追加" in refused.content.decode()
    assert Proposal.objects.get(object_id=window.pk).confirmed is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"draw": "5,000,000.00"}, "draw"), ({"draw": "0"}, "draw"), ({"draw": "六百万"}, "draw"), ({"reason": ""}, "reason")],
)
def test_wrong_draw_is_refused_beside_its_field_and_kept(wrong, field):
    window = make.window()
    response = press(Role.FINANCE, window, "propose_draw", **{"draw": "6,000,000.00", "reason": "追加指标", **wrong})
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert wrong.get("draw", "6,000,000.00") in response.content.decode()
    assert not Proposal.objects.exists()


def test_each_at_their_own_desk(asked):
    assert decide(Role.FINANCE, asked).status_code == 403
    assert decide(Role.HANDLER, asked).status_code == 403
    assert press(Role.HEAD, asked, "propose_draw", draw="7000000", reason="追加").status_code == 403
    desk = {line.title: line for line in enter(Role.HEAD).get(reverse("admin:index")).context["desk"]}
    assert desk["待确认预算调整"].count == 1
    assert list(enter(Role.HEAD).get(desk["待确认预算调整"].url).context["cl"].result_list) == [asked]
    assert "decide_draw" in look(Role.HEAD, asked).content.decode()
    assert "/do/decide_draw/" not in look(Role.FINANCE, asked).content.decode()


def test_second_decision_and_a_proposal_of_another_window_are_refused(asked):
    other = make.window()
    proposal = Proposal.objects.get(object_id=asked.pk).pk
    assert decide(Role.HEAD, other, proposal=proposal).status_code == 422
    assert decide(Role.HEAD, asked, proposal=proposal).status_code == 302
    assert decide(Role.HEAD, asked, proposal=proposal).status_code == 409
    assert DrawChange.objects.count() == 1


def test_whoever_proposed_does_not_decide_as_head_either(asked):
    person = make.officer(Role.FINANCE)
    make.change_role(person, Role.HEAD)
    assert decide(person, asked).status_code == 403
    asked.refresh_from_db()
    assert asked.draw == Decimal("5000000.00")


# what a run would do


@pytest.fixture
def mixed():
    """A closed window: one checked, one in review, one held, one still replying, one whose reply period is over."""
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    make.application(window=window, state=State.ACCEPTED)
    held = make.application(window=window, state=State.CHECKED)
    applications.hold(held, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实")
    drive.rejection(window=window, at=make.ALLOCATED - timedelta(hours=1))
    drive.rejection(window=window)
    return window


def test_what_if_tells_apart_what_waits_and_names_what_is_rejected(mixed):
    page = look(Role.HEAD, mixed, at=make.ALLOCATED)
    what_if = page.context["what_if"]
    assert [(group.label, group.count, group.amount) for group in what_if.groups] == [
        ("尚未办结", 1, Decimal("80000.00")),
        ("陈述申辩期内", 1, Decimal("80000.00")),
        ("暂停办理", 1, Decimal("80000.00")),
    ]
    (rejection,) = what_if.rejections
    assert (what_if.rejected, rejection.state, what_if.count, what_if.awarded) == (
        1,
        State.REJECTION_PROPOSED,
        1,
        Decimal("80000.00"),
    )
    assert "一并列入名单的拟不予补贴（1 件）" in text(page)
    assert rejection.number in text(page)
    data = {"seen_hash": what_if.input_hash}
    assert press(Role.HEAD, mixed, "allocate", at=make.ALLOCATED, **data).status_code == 302
    run = AllocationRun.objects.get()
    mixed.refresh_from_db()
    assert (run.count, run.rejected_count, mixed.reserved_total) == (1, 1, Decimal("240000.00"))
    assert "拟不予补贴 1 件" in text(look(Role.HEAD, mixed, at=make.ALLOCATED))


def test_list_of_rejections_alone_is_allocated():
    window = make.window()
    drive.rejection(window=window)
    assert "allocate" in buttons(Role.HEAD, window, at=make.ALLOCATED)
    desk = {line.title: line.count for line in enter_at(make.ALLOCATED)}
    assert desk["可以核定"] == 1
    seen = allocation.demand(window, at=make.ALLOCATED).input_hash
    assert press(Role.HEAD, window, "allocate", at=make.ALLOCATED, seen_hash=seen).status_code == 302
    run = AllocationRun.objects.get()
    assert (run.count, run.rejected_count, run.awarded_total) == (0, 1, Decimal(0))
    assert "allocate" not in buttons(Role.HEAD, window, at=make.ALLOCATED)


def enter_at(moment):
    with time_machine.travel(moment, tick=False):
        return enter(Role.HEAD).get(reverse("admin:index")).context["desk"]


def test_head_who_is_refused_sees_the_new_figures_and_may_go_on(mixed):
    seen = allocation.demand(mixed, at=make.ALLOCATED).input_hash
    applications.release(mixed.applications.get(held_at__isnull=False), by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="查明无误")
    refused = press(Role.HEAD, mixed, "allocate", at=make.ALLOCATED, seen_hash=seen, reason="全部复核")
    assert refused.status_code == 409
    assert "全部复核" in text(refused)
    again = refused.context["form"]["seen_hash"].value()
    assert again != seen
    assert press(Role.HEAD, mixed, "allocate", at=make.ALLOCATED, seen_hash=again).status_code == 302


def test_held_case_of_a_notice_is_told_apart_from_what_is_done():
    case, notice = drive.published(window=make.window())
    drive.objection(case)
    page = text(look(Role.HEAD, case.window, at=make.APPROVED))
    assert "1 件暂停" in page
    assert "已办结" not in page
    assert notice.number in page


# archiving


def test_head_archives_what_is_paid():
    case = drive.paid(window=make.window())
    window = case.window
    assert "archive" in buttons(Role.HEAD, window)
    desk = {line.title: line for line in enter(Role.HEAD).get(reverse("admin:index")).context["desk"]}
    assert desk["待归档"].count == 1
    assert list(enter(Role.HEAD).get(desk["待归档"].url).context["cl"].result_list) == [window]
    assert press(Role.HEAD, window, "archive", at=drive.AFTERWARDS).status_code == 302
    case.refresh_from_db()
    assert case.state == State.ARCHIVED
    assert "archive" not in buttons(Role.HEAD, window)
    assert press(Role.HEAD, window, "archive", at=drive.AFTERWARDS).status_code == 409


def test_paid_case_with_money_to_come_back_is_not_archived():
    case = drive.recovering(window=make.window()).application
    assert "archive" not in buttons(Role.HEAD, case.window)
    assert press(Role.HEAD, case.window, "archive").status_code == 409
    assert list(enter(Role.HEAD).get(list_of(Window, work="archive")).context["cl"].result_list) == []


@pytest.mark.parametrize("role", [Role.FINANCE, Role.HANDLER])
def test_others_archive_nothing(role):
    case = drive.paid(window=make.window())
    assert press(role, case.window, "archive").status_code == 403
    case.refresh_from_db()
    assert case.state == State.PAID


def test_addresses_of_the_acts_do_nothing_when_opened(asked):
    for act in ("extend", "propose_draw", "decide_draw", "archive", "publish"):
        assert enter(Role.HEAD).get(url(asked, "do", act))["Location"] == url(asked)
    assert Proposal.objects.get().action == windows.CHANGE_DRAW
