"""What anybody sees without logging in."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisAway

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import OVERSIGHT, Role
from pilot_portal.notifications.models import Message
from programme import reports, views
from subsidies.models import BASIS_COLUMNS
from subsidies.rules import SCHEME
from subsidies.services import documents
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db

PAGES = ["home", "notices", "guide", "self_check", "calculator", "lists", "verify", "progress"]
PAGES += ["accessibility", "privacy", "sitemap", "report_error"]
CHECKED = "/self-check/?kind=branch&place=beijing&category=exporter&policy=none&money=unpaid&filed=no"


def url_of(name: str, *args, **query) -> str:
    return reverse(f"programme:{name}", args=args, query=query)


def travel(at: datetime):
    return time_machine.travel(at, tick=False)


def read(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_page_needs_no_login_and_carries_nothing_inline(client, name):
    response = client.get(url_of(name))
    html = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert html.count("<h1") == 1
    assert 'lang="zh-CN"' in html
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("name", PAGES)
def test_page_stays_under_300_kb_with_all_that_it_loads(client, name):
    html = client.get(url_of(name)).content
    loaded = {match.decode() for match in re.findall(rb'(?:src|href)="/static/([^"]+)"', html)}
    assert loaded
    assert len(html) + sum(Path(finders.find(path)).stat().st_size for path in loaded) < 300_000


def test_oversight_is_for_its_roles_alone(client):
    assert client.get(url_of("oversight")).status_code == 302
    for role in Role:
        if role == Role.SYSTEM:
            continue
        client.force_login(User.objects.create_user(f"a-{role}", role=role))
        assert client.get(url_of("oversight")).status_code == (200 if role in OVERSIGHT else 403)


def test_home_without_a_window_says_so_and_promises_nothing(client):
    html = read(client, url_of("home"))
    assert "现在没有受理中的申报周期" in html
    assert "data-countdown" not in html


@pytest.mark.parametrize(
    ("amount", "short"),
    [("0.00", "0.00"), ("9999.99", "9,999.99"), ("10000.00", "1.00 万"), ("26666.66", "2.66 万"), ("123456789.99", "1.23 亿")],
)
def test_figures_are_cut_and_never_rounded_up(amount, short):
    assert reports.short_amount(Decimal(amount)) == short


def test_figures_are_counted_anew_while_redis_is_away(client, monkeypatch):
    def away(*args):
        raise RedisAway

    monkeypatch.setattr(reports.cache, "get_or_set", away)
    assert [figure.value for figure in reports.figures()] == ["0", "0", "0.00", "0"]
    assert client.get(url_of("home")).status_code == 200


@pytest.mark.parametrize(
    ("typed", "amount", "capitals"),
    [
        ("33,333.33", "26,666.66", "人民币贰万陆仟陆佰陆拾陆元陆角陆分"),
        ("１２０００００", "800,000.00", "人民币捌拾万元整"),
        ("999999.99", "799,999.99", "人民币柒拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("0.01", "0.00", "人民币零元整"),
    ],
)
def test_calculator_shows_amount_capitals_and_clause(client, typed, amount, capitals):
    html = read(client, url_of("calculator", premium=typed))
    assert f"¥{amount}" in html
    assert capitals in html
    assert "试点方案 六（二）1" in html


@pytest.mark.parametrize("typed", ["", "1.234", "-5", "80万", "1e6", "<script>", "9" * 31])
def test_calculator_says_beside_the_field_what_is_wrong(client, typed):
    response = client.get(url_of("calculator", premium=typed))
    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_premium_error"' in html
    assert 'href="#id_premium"' in html
    assert "预计补贴" not in html
    assert "<script>" not in html


def test_calculator_never_exceeds_the_scheme():
    for premium in ("0.01", "33333.33", "999999.99", "1000000.00", "1000000.01", "99999999.99"):
        result = reports.calculate(Decimal(premium), SCHEME)
        assert result.amount <= min(Decimal(premium) * SCHEME.rate, SCHEME.cap)
        assert result.lines[-1].total
        assert result.lines[-1].amount == result.amount


def test_open_window_is_on_the_home_page_with_its_countdown(client):
    window = make.window(name="2026 年第一期保费补贴申报")
    with travel(make.FILED):
        html = read(client, url_of("home"))
    assert "2026 年第一期保费补贴申报" in html
    assert 'data-countdown="2026-09-30T17:00:00+08:00"' in html
    assert "最高 80 万元" in html
    assert url_of("notice", window.pk) in html


@pytest.mark.parametrize(("moment", "open_then"), [("2026-08-31 08:59", False), ("2026-08-31 09:00", True), ("2026-09-30 17:00", False)])
def test_window_opens_and_closes_by_the_servers_clock(client, moment, open_then):
    window = make.window()
    with travel(make.moment(moment)):
        assert ("data-countdown" in read(client, url_of("home"))) == open_then
        assert ("正在受理" in read(client, url_of("notice", window.pk))) == open_then


def test_coming_window_is_announced_and_an_unpublished_one_is_not(client):
    coming = make.window(name="公布了的")
    hidden = make.window(name="没公布的", published=False)
    with travel(make.OPENS - timedelta(hours=1)):
        html = read(client, url_of("home"))
        assert client.get(url_of("notice", hidden.pk)).status_code == 404
    assert f"{coming.name}将于 2026 年 8 月 31 日 09:00 开始受理" in html
    assert hidden.name not in html


def test_notice_shows_every_rule_with_its_basis(client):
    window = make.window(rate=Decimal("0.75"), cap=Decimal("500000.00"), basis={column: f"依据-{column}" for column in BASIS_COLUMNS})
    with travel(make.FILED):
        html = read(client, url_of("notice", window.pk))
        assert "不超过保费 75%、最高 50 万元" in read(client, url_of("home"))
        assert "¥500,000.00" in read(client, url_of("calculator", premium="1000000"))
    assert "75%" in html
    assert "500,000.00" in html
    assert all(f"依据-{column}" in html for column in BASIS_COLUMNS)


def test_names_are_on_the_list_only_while_it_is_published(client):
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    notice = make.publicised(window)
    with travel(make.PUBLICISED + timedelta(hours=1)):
        html = read(client, url_of("list", notice.pk))
        assert "公示中" in read(client, url_of("lists"))
    assert case.legal_entity.name in html
    assert case.legal_entity.credit_code in html
    assert "80,000.00" in html
    private = (case.legal_entity.contact_phone, case.legal_entity.contact_name, case.bank_account.last_four, case.number)
    assert not [secret for secret in private if secret in html]
    with travel(notice.ends_at):
        html = read(client, url_of("list", notice.pk))
        assert "已结束" in read(client, url_of("lists"))
    assert case.legal_entity.name not in html
    assert "80,000.00" not in html


def test_long_list_goes_on_on_the_next_page_without_more_queries(client, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(views, "PAGE", 2)
    window = make.window()
    cases = [make.application(window=window, state=State.CHECKED) for _ in range(3)]
    notice = make.publicised(window)
    with travel(make.PUBLICISED + timedelta(hours=1)):
        with django_assert_max_num_queries(4):
            first = read(client, url_of("list", notice.pk))
        second = read(client, f"{url_of('list', notice.pk)}?after={cases[1].pk}")
        assert read(client, f"{url_of('list', notice.pk)}?after=x' OR 1")
    assert f"after={cases[1].pk}" in first
    assert [case.legal_entity.name in first for case in cases] == [True, True, False]
    assert [case.legal_entity.name in second for case in cases] == [False, False, True]


def test_genuine_document_is_confirmed_without_personal_data(client, monkeypatch):
    case = make.application(window=make.window())
    monkeypatch.setattr(documents.documents, "receipt", lambda data, issue: b"%PDF-1.7 receipt")
    paper = documents.issue_receipt(case, at=make.FILED)
    typed = paper.verify_code.replace("-", "").lower()
    for html in (read(client, url_of("verified", paper.verify_code)), read(client, url_of("verified", typed))):
        assert paper.number in html
        assert paper.sha256 in html
        assert "申报回执" in html
        assert case.legal_entity.name not in html
        assert case.legal_entity.credit_code not in html


def test_progress_shows_the_state_and_nothing_else(client):
    case = make.application(window=make.window())
    tail = case.legal_entity.credit_code[-4:]
    response = client.post(url_of("progress"), {"number": f" {case.number.lower()} ", "tail": tail.lower()})
    html = response.content.decode()
    assert response.status_code == 200
    assert "已提交" in html
    assert case.legal_entity.name not in html
    assert client.post(url_of("progress"), {"number": case.number, "tail": "0000"}).status_code == 404


def test_unknown_verify_code_is_refused_plainly(client):
    response = client.get(url_of("verified", "no-such-code"))
    assert response.status_code == 404
    assert "没有这个核验码" in response.content.decode()


def test_typed_verify_code_leads_to_its_page(client):
    assert client.get(url_of("verify", code=" ab c ")).headers["Location"] == url_of("verified", "ABC")


def test_progress_misses_get_one_answer(client):
    answers = [client.post(url_of("progress"), {"number": number, "tail": "0000"}) for number in ("BJIP-2026-000001-AA", "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert all("未找到" in answer.content.decode() for answer in answers)


def test_progress_cannot_be_guessed_through(client):
    statuses = [client.post(url_of("progress"), {"number": "x", "tail": f"{n:04}"}).status_code for n in range(21)]
    assert statuses == [404] * 20 + [429]


def test_progress_is_closed_while_nothing_can_be_counted(client, monkeypatch):
    def away(*args):
        raise RedisAway

    monkeypatch.setattr("pilot_portal.accounts.throttle.cache.add", away)
    assert client.post(url_of("progress"), {"number": "x", "tail": "0000"}).status_code == 429


def test_found_error_reaches_every_administrator_once(client):
    for name in ("one", "two"):
        User.objects.create_user(name, role=Role.ADMINISTRATOR)
    User.objects.create_user("head", role=Role.HEAD)
    for _ in range(2):
        client.post(url_of("report_error"), {"page": "首页", "what": "错别字", "contact": ""})
    assert sorted(Message.objects.values_list("recipient__username", flat=True)) == ["one", "two"]
    assert "已送到系统管理员" in client.get(url_of("report_error")).content.decode()


@pytest.mark.parametrize("url", ["/nope", "/notices/999999/", "/lists/999999/"])
def test_missing_page_shows_the_way_on(client, url):
    response = client.get(url)
    assert response.status_code == 404
    assert "网站地图" in response.content.decode()


def test_fault_is_admitted_without_details(settings, monkeypatch):
    def fails(now):
        raise ValueError("inner secret")

    monkeypatch.setattr(views.reports, "open_window", fails)
    response = Client(raise_request_exception=False).get(url_of("home"))
    assert response.status_code == 500
    assert "系统出了问题" in response.content.decode()
    assert "inner secret" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for url in (
        *map(reverse, (f"programme:{name}" for name in PAGES)),
        "/calculator/?premium=33333.33",
        "/calculator/?premium=x",
        CHECKED,
        "/self-check/?kind=x",
    ):
        page.goto(url)
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), url
    assert [text for text in said if "422" not in text] == []


@pytest.mark.django_db(transaction=True)
def test_keyboard_reaches_the_text_and_the_faulty_field(page):
    page.goto("/calculator/?premium=1.234")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_premium"
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
