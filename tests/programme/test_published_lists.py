"""The public list: names while it runs, 公示更正 when one leaves it, its paper, how to object; an extension is said to everyone."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from insurers import services as insurers
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.files.services import store
from programme import published
from subsidies.models import Document, DocumentKind, DrawChange
from subsidies.services import endings, objections, recovery, windows
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db
DURING = make.moment("2026-10-15 10:00")


def address(name: str, *args) -> str:
    return reverse(f"programme:{name}", args=args)


@pytest.fixture
def listed():
    """A running list of three, and its cases."""
    window = make.window()
    cases = [make.application(window=window, state=State.CHECKED) for _ in range(3)]
    notice = make.publicised(window)
    for case in cases:
        case.refresh_from_db()
    return notice, cases


@pytest.fixture
def during(time_machine):
    time_machine.move_to(DURING + timedelta(hours=1), tick=False)


def read(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def plain(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def abandon(case) -> None:
    endings.abandon(case, by=make.owner_of(case.legal_entity), at=DURING, reason="已被并购")


def cancel(case) -> None:
    endings.cancel(case, by=make.officer(Role.HEAD), at=DURING, reason="列入失信名单")


def uphold(case) -> None:
    head = make.user(Role.HEAD, "another-head")
    facts = {"objector": "王某", "contact": "13900139000", "grounds": "发票是虚假的"}
    objection = objections.receive_objection(case, by=make.officer(Role.HANDLER), at=DURING, **facts)
    objections.uphold(objection, by=head, at=DURING, decision="核减", lowered_to=Decimal("1000.00"))


def recompute(case) -> None:
    facts = {"kind": "reduction", "number": "P-1", "effective_on": date(2026, 10, 14), "premium_after": Decimal("50000.00")}
    made = insurers.endorse(case.policy, by=case.policy.insurer.staff.get().user, at=DURING, facts=facts, paper=make.pdf("endorsement"))
    recovery.follow_endorsement(made, at=DURING)
    case.refresh_from_db()
    objections.recompute(case, by=make.officer(Role.HEAD), at=DURING, reason="批减保费")


@pytest.mark.parametrize("leave", [abandon, cancel, uphold, recompute])
def test_a_case_that_leaves_is_taken_off_and_the_amendment_says_day_and_number_and_no_reason(client, listed, during, leave):
    notice, (gone, *others) = listed
    leave(gone)
    assert published.amendments(notice) == [published.Amendment(date(2026, 10, 15), 1)]
    html = read(client, address("list", notice.pk))
    assert gone.legal_entity.name not in html
    assert gone.legal_entity.credit_code not in html
    assert all(case.legal_entity.name in html for case in others)
    for said in (f"公示更正（{notice.number}）", "2026 年 10 月 15 日，1 家企业不再列入本次公示", "原公示 3 家，现为 2 家"):
        assert said in plain(html)
    for reason in ("并购", "失信", "发票", "核减", "批减", "王某"):
        assert reason not in html
    assert "2 家（有公示更正）" in plain(read(client, address("lists")))


def test_departures_of_a_day_are_counted_together(listed, during):
    notice, (one, two, three) = listed
    abandon(one)
    uphold(two)
    recompute(three)
    assert published.amendments(notice) == [published.Amendment(date(2026, 10, 15), 3)]


def test_a_list_that_nobody_left_says_nothing_of_amendments(client, listed, during):
    notice, _ = listed
    html = read(client, address("list", notice.pk))
    assert "公示更正" not in html
    assert "共 3 家" in html


def test_an_objection_that_is_open_takes_nobody_off(client, listed, during):
    notice, (case, *_) = listed
    facts = {"objector": "王某", "contact": "13900139000", "grounds": "发票是虚假的"}
    objections.receive_objection(case, by=make.officer(Role.HANDLER), at=DURING, **facts)
    html = read(client, address("list", notice.pk))
    assert case.legal_entity.name in html
    assert "暂停" not in html.split('id="objection"')[0]


def test_the_amendment_stays_after_the_end_and_later_departures_are_none(client, listed):
    notice, (one, two, _) = listed
    abandon(one)
    endings.cancel(two, by=make.officer(Role.HEAD), at=notice.ends_at, reason="列入失信名单")
    assert published.amendments(notice) == [published.Amendment(date(2026, 10, 15), 1)]
    with time_machine.travel(notice.ends_at, tick=False):
        html = read(client, address("list", notice.pk))
    assert "公示更正" in html
    assert "现为" not in html
    assert not [name for name in notice.applications.values_list("legal_entity__name", flat=True) if name in html]


def test_the_page_says_how_to_object(client, listed, during):
    notice, _ = listed
    html = read(client, address("list", notice.pk))
    for said in ("怎样提出异议", "书面形式", "加密保存"):
        assert said in html


def issue(notice) -> Document:
    system = User.objects.system()
    stored = store(b"%PDF-1.7 notice", name="notice.pdf", content_type="application/pdf", by=system, at=make.PUBLICISED)
    return Document.objects.create(
        kind=DocumentKind.PUBLIC_NOTICE,
        number="公示文〔2026〕1号",
        public_notice=notice,
        verify_code="ABCD-EFGH",
        facts_sha256="0" * 64,
        sha256=stored.sha256,
        file=stored,
        issued_by=system,
        issued_at=make.PUBLICISED,
    )


def test_the_paper_is_linked_and_served_while_the_list_runs_unchanged(client, listed, during):
    notice, (gone, *_) = listed
    url = address("list_paper", notice.pk)
    assert client.get(url).status_code == 404
    assert url not in read(client, address("list", notice.pk))
    issue(notice)
    assert url in read(client, address("list", notice.pk))
    assert b"".join(client.get(url).streaming_content).startswith(b"%PDF")
    abandon(gone)
    assert client.get(url).status_code == 404
    assert url not in read(client, address("list", notice.pk))


def test_the_paper_goes_with_the_names(client, listed):
    notice, _ = listed
    issue(notice)
    with time_machine.travel(notice.ends_at, tick=False):
        assert client.get(address("list_paper", notice.pk)).status_code == 404
        assert client.get(address("list_paper", 987654)).status_code == 404


def test_lists_take_the_same_number_of_queries_however_many_there_are(client, during, django_assert_max_num_queries):
    for _ in range(3):
        window = make.window()
        make.application(window=window, state=State.CHECKED)
        make.publicised(window)
    with django_assert_max_num_queries(3):
        assert plain(read(client, address("lists"))).count("公示中") == 3


def test_an_extension_is_said_with_its_reason_on_home_notices_and_notice(client):
    window = make.window()
    windows.extend(
        window, by=make.officer(Role.HEAD), at=make.FILED, closes_at=make.moment("2026-10-08 17:00"), reason="9 月 29 日系统中断两小时"
    )
    with time_machine.travel(make.FILED, tick=False):
        for html in (plain(read(client, address("home"))), plain(read(client, address("notice", window.pk)))):
            assert "申报期已延长" in html
            assert "9 月 29 日系统中断两小时" in html
            assert "9 月 30 日 17:00" in html
        assert "申报期已延长至 2026-10-08 17:00" in read(client, address("notices"))


def test_a_window_without_an_extension_says_nothing_of_one(client):
    window = make.window()
    with time_machine.travel(make.FILED, tick=False):
        for url in (address("home"), address("notices"), address("notice", window.pk)):
            assert "已延长" not in read(client, url)


def test_another_draw_is_said_on_the_notice_with_its_basis(client):
    window = make.window()
    DrawChange.objects.create(
        window=window,
        before=window.draw,
        after=Decimal("6000000.00"),
        basis="追加预算批复",
        prepared_by=make.officer(Role.FINANCE),
        approved_by=make.officer(Role.HEAD),
        approved_at=make.FILED,
    )
    with time_machine.travel(make.FILED, tick=False):
        html = plain(read(client, address("notice", window.pk)))
    assert "本期可用预算由 5,000,000.00 元调整为 6,000,000.00 元。依据：追加预算批复" in html
