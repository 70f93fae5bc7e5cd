"""Windows at the workbench: drafts with a basis, publishing, 核定, 公示, 批准, 制单."""

from decimal import Decimal

import pytest
import time_machine

from pilot_portal.accounts.roles import Role
from subsidies.models import AllocationRun, Batch, PublicNotice, Window
from subsidies.reports.budgets import budget_of, budgets
from subsidies.services import allocation, applications, publicity, reviews
from subsidies.states import State
from tests import make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed():
    """A closed window with one checked case of 80,000.00 and one still in review."""
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    make.application(window=window, state=State.ACCEPTED)
    return window


def test_what_if_shows_what_a_run_would_do(closed):
    what_if = look(Role.HEAD, closed, at=make.ALLOCATED).context["what_if"]
    assert (what_if.count, what_if.entitled, what_if.waiting, what_if.waiting_amount) == (1, Decimal("80000.00"), 1, Decimal("80000.00"))
    assert (what_if.awarded, what_if.share) == (Decimal("80000.00"), "100%")
    assert not AllocationRun.objects.exists()


def test_what_if_says_how_short_the_budget_is():
    window = make.window(draw="100000.00")
    for _ in range(2):
        make.application(window=window, state=State.CHECKED)
    what_if = look(Role.HEAD, window, at=make.ALLOCATED).context["what_if"]
    assert (what_if.is_short, what_if.share, what_if.awarded) == (True, "62.50%", Decimal("100000.00"))


def test_what_if_is_what_the_run_then_awards_to_the_fen():
    window = make.window(draw="100000.00")
    for premium in ("128888.88", "33333.33"):
        make.application(window=window, state=State.CHECKED, premium=Decimal(premium))
    make.application(window=window, premium=Decimal("77777.77"))
    what_if = look(Role.HEAD, window, at=make.ALLOCATED).context["what_if"]
    assert what_if.awarded == make.allocated(window).awarded_total == Decimal("67592.58")


def allocate(role, window, **data):
    data.setdefault("seen_hash", allocation.demand(window, at=make.ALLOCATED).input_hash)
    return press(role, window, "allocate", at=make.ALLOCATED, **data)


def test_head_allocates_what_was_shown(closed):
    assert "allocate" in buttons(Role.HEAD, closed, at=make.ALLOCATED)
    assert allocate(Role.HEAD, closed, reason="全部复核").status_code == 302
    run = AllocationRun.objects.get()
    assert (run.count, run.awarded_total, run.reason) == (1, Decimal("80000.00"), "全部复核")


def test_allocation_is_refused_when_the_cases_changed_since(closed):
    seen = allocation.demand(closed, at=make.ALLOCATED).input_hash
    case = closed.applications.get(state=State.ACCEPTED)
    make.judge_all(case)
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED)
    reviews.check(case, by=make.officer(Role.REVIEWER), at=make.CHECKED)
    response = allocate(Role.HEAD, closed, seen_hash=seen)
    assert response.status_code == 409
    assert "名单在您打开后已有变化" in text(response)
    assert not AllocationRun.objects.exists()


def test_allocation_by_another_role_or_before_closing_is_refused(closed):
    assert allocate(Role.FINANCE, closed).status_code == 403
    seen = allocation.demand(closed, at=make.CHECKED).input_hash
    assert press(Role.HEAD, closed, "allocate", at=make.CHECKED, seen_hash=seen).status_code == 409
    assert "allocate" not in buttons(Role.HEAD, closed, at=make.CHECKED)
    assert not AllocationRun.objects.exists()


@pytest.fixture
def determined(closed):
    run = make.allocated(closed)
    publicity.determine(run, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, minutes_number="纪要 8 号", seen_hash=run.list_hash)
    closed.refresh_from_db()
    return closed


def test_head_publicises_what_was_determined(determined):
    one = determined.determinations.get()
    assert press(Role.HEAD, determined, "publicise", at=make.PUBLICISED, determination=one.pk, seen_count=1).status_code == 302
    assert PublicNotice.objects.get().count == 1


def test_publicising_is_refused_to_others_and_when_the_list_changed(determined):
    one = determined.determinations.get()
    data = {"at": make.PUBLICISED, "determination": one.pk}
    assert press(Role.FINANCE, determined, "publicise", seen_count=1, **data).status_code == 403
    assert press(Role.HEAD, determined, "publicise", seen_count=2, **data).status_code == 409
    assert not PublicNotice.objects.exists()


@pytest.fixture
def publicised(determined):
    publicity.publicise(determined.determinations.get(), by=make.officer(Role.HEAD), at=make.PUBLICISED)
    return determined


def test_head_approves_after_the_days_of_publicity(publicised):
    notice = publicised.public_notices.get()
    early = press(Role.HEAD, publicised, "approve", at=make.PUBLICISED, notice=notice.pk, seen_count=1)
    assert early.status_code == 409
    assert press(Role.HEAD, publicised, "approve", at=make.APPROVED, notice=notice.pk, seen_count=1).status_code == 302
    assert publicised.applications.filter(state=State.APPROVED).count() == 1


def test_approving_is_refused_to_others_and_when_a_case_was_held(publicised):
    notice = publicised.public_notices.get()
    data = {"at": make.APPROVED, "notice": notice.pk, "seen_count": 1}
    assert press(Role.HANDLER, publicised, "approve", **data).status_code == 403
    applications.hold(notice.applications.get(), by=make.officer(Role.HEAD), at=make.APPROVED, reason="收到异议")
    assert press(Role.HEAD, publicised, "approve", **data).status_code == 409
    assert not publicised.applications.filter(state=State.APPROVED).exists()


def test_list_of_another_window_cannot_be_approved_here(publicised):
    other = make.window()
    notice = publicised.public_notices.get()
    assert press(Role.HEAD, other, "approve", at=make.APPROVED, notice=notice.pk, seen_count=1).status_code == 422


@pytest.fixture
def payable(publicised):
    publicity.approve(publicised.public_notices.get(), by=make.officer(Role.HEAD), at=make.APPROVED)
    return publicised


def prepare_data(window) -> dict:
    return {"appropriation": make.pilot().appropriations.first().pk, "numbers": [window.applications.get(state=State.APPROVED).number]}


def test_finance_prepares_a_batch_of_what_is_ticked(payable):
    response = press(Role.FINANCE, payable, "prepare", at=make.BATCHED, **prepare_data(payable))
    batch = Batch.objects.get()
    assert response["Location"] == url(batch)
    assert (batch.count, batch.total, batch.prepared_by) == (1, Decimal("80000.00"), make.officer(Role.FINANCE))


def test_batch_is_refused_to_others_without_a_tick_and_twice(payable):
    data = prepare_data(payable)
    assert press(Role.HEAD, payable, "prepare", at=make.BATCHED, **data).status_code == 403
    nothing = press(Role.FINANCE, payable, "prepare", at=make.BATCHED, appropriation=data["appropriation"])
    assert nothing.status_code == 422
    assert "请至少选择一件" in text(nothing)
    assert press(Role.FINANCE, payable, "prepare", at=make.BATCHED, **data).status_code == 302
    assert press(Role.FINANCE, payable, "prepare", at=make.BATCHED, **data).status_code == 422
    assert Batch.objects.count() == 1


def test_budget_parts_fill_the_bar(payable):
    budget = look(Role.FINANCE, payable, at=make.BATCHED).context["budget"].total
    assert (budget.drawn, budget.awarded, budget.reserved, budget.left) == tuple(
        map(Decimal, ("5000000.00", "80000.00", "80000.00", "4840000.00"))
    )
    assert [part.amount for part in budget.parts] == [Decimal(0), Decimal("80000.00"), Decimal("80000.00"), Decimal("4840000.00")]
    assert sum(part.width for part in budget.parts) == 1000


def test_window_screen_takes_few_queries_however_many_cases(closed, django_assert_max_num_queries):
    with time_machine.travel(make.ALLOCATED, tick=False):
        client = enter(Role.HEAD)
        with django_assert_max_num_queries(30) as first:
            client.get(url(closed))
        for _ in range(3):
            make.application(window=closed, state=State.ACCEPTED)
        with django_assert_max_num_queries(30) as second:
            client.get(url(closed))
    assert len(first) == len(second)


def test_list_shows_drafts_open_and_closed():
    draft, published = make.window(published=False), make.window()
    with time_machine.travel(make.FILED, tick=False):
        client = enter(Role.HANDLER)
        shown = {stage: set(client.get(list_of(Window, stage=stage)).context["cl"].result_list) for stage in ("draft", "open", "closed")}
    assert shown == {"draft": {draft}, "open": {published}, "closed": set()}


def test_the_head_and_the_oversight_desk_read_the_same_money():
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    make.allocated(window)
    desk = budgets()[0]
    mine = budget_of(window)
    assert mine.total == desk.windows[0][1]
    assert (mine.appropriated, mine.total.awarded) == (desk.appropriated, Decimal("80000.00"))
