"""The insurer's desk, its clients, one client and its filings: whose turn it is, until when, and what comes next."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enterprises import services as enterprises
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from subsidies.models import Part
from subsidies.services import applications, corrections, drafts
from subsidies.states import State
from tests import drive, make
from tests.insurers import desk
from tests.subsidies.pages import browser, read, text_of, url

pytestmark = pytest.mark.django_db
HOME, CLIENTS, CASES = "/insurer/", "/insurer/clients/", "/insurer/applications/"


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def insurer():
    return make.insurer()


@pytest.fixture
def person(insurer):
    return desk.desk_of(insurer)


@pytest.fixture
def window():
    return make.window()


def entrusted(insurer, **scope):
    """An enterprise with a mandate and a policy of the insurer."""
    entity = make.entity()
    make.entrustment(entity, insurer, **scope)
    make.policy(entity, insurer=insurer)
    return entity


def drafted(insurer, window, **scope):
    """A draft of the insurer that is ready to be filed."""
    policy = make.policy(make.entity(), insurer=insurer)
    return drive.insurers_draft(window=window, policy=policy, pledged=scope.get("includes_submission", True), **scope)


def filed(insurer, window):
    return drive.insurers_case(window=window, policy=make.policy(make.entity(), insurer=insurer))


def page_of(case) -> str:
    return f"{CLIENTS}{case.legal_entity_id}/"


# the desk


def test_the_desk_tells_what_waits_with_its_day(person, insurer, window):
    draft = drafted(insurer, window)
    corrected = filed(insurer, window)
    corrections.ask_correction(corrected, by=make.officer(Role.HANDLER), at=make.FILED, items=[(Part.INVOICES, "少一张发票")])
    proposed = drafted(insurer, window, includes_submission=False)
    applications.propose(proposed, by=desk.staff_of(insurer), at=make.FILED)
    returned = drafted(insurer, window, includes_submission=False)
    applications.propose(returned, by=desk.staff_of(insurer), at=make.FILED)
    applications.decline(returned, by=make.owner_of(returned.legal_entity), at=make.FILED, reason="限额与保单不符")
    unconfirmed = make.policy(make.entity(), insurer=insurer, confirmed=False)
    ending = make.entrustment(make.entity(), insurer, ends_at=make.FILED + timedelta(days=2))
    page = read(person, HOME)
    assert f"{corrected.legal_entity.name} 申报 {corrected.number}" in page
    assert f"{draft.legal_entity.name} 2026年第一期， 9 月 30 日 17:00 截止，还有 29 天" in page
    assert f"{proposed.legal_entity.name} 2026年第一期，等企业登录确认" in page
    assert f"{returned.legal_entity.name} 企业意见：限额与保单不符" in page
    assert f"保单 {unconfirmed.number}" in page
    assert f"{ending.legal_entity.name} 到期后不能再办理" in page
    assert "9 月 3 日到期，还有 2 天" in page


def test_a_desk_without_work_says_so(person):
    assert "现在没有要办的事" in read(person, HOME)


def test_the_desk_shows_nothing_of_another_insurer(insurer, window):
    draft = drafted(insurer, window)
    assert draft.legal_entity.name not in read(desk.desk_of(make.insurer("示例二")), HOME)


def test_the_desk_asks_no_more_of_the_database_with_more_rows(person, insurer, window):
    counts = []
    for _ in range(2):
        drafted(insurer, window)
        make.policy(make.entity(), insurer=insurer, confirmed=False, papers=False)
        desk.proposed(insurer, make.entity())
        with CaptureQueriesContext(connection) as queries:
            assert person.get(HOME).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


# clients


def test_clients_are_found_by_a_part_of_the_name_or_the_beginning_of_the_code(person, insurer):
    one, other = entrusted(insurer), entrusted(insurer)
    stranger = make.entity()
    for term in (one.name[3:8], one.credit_code[:-1].lower(), f" {one.name} "):
        page = read(person, f"{CLIENTS}?q={term}")
        assert one.name in page
        assert stranger.name not in page
    assert other.name not in read(person, f"{CLIENTS}?q={one.credit_code}")
    assert "没有找到这样的客户" in read(person, f"{CLIENTS}?q={stranger.name}")


def test_further_clients_keep_what_was_looked_for(person, insurer, monkeypatch):
    monkeypatch.setattr("subsidies.views.clients.PAGE", 1)
    first, second = entrusted(insurer), entrusted(insurer)
    response = person.get(f"{CLIENTS}?q=科技")
    assert [client.entity for client in response.context["clients"]] == [second]
    again = person.get(f"{CLIENTS}?{response.context['older']}")
    assert [client.entity for client in again.context["clients"]] == [first]


def test_the_list_of_clients_asks_no_more_of_the_database_with_more_rows(person, insurer, window):
    counts = []
    for _ in range(2):
        drafted(insurer, window)
        filed(insurer, window)
        with CaptureQueriesContext(connection) as queries:
            assert person.get(CLIENTS).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


# one client


def test_a_client_that_has_not_agreed_yet_shows_its_name_alone(person, insurer):
    entity = make.entity()
    desk.proposed(insurer, entity)
    page = read(person, f"{CLIENTS}{entity.pk}/")
    assert entity.name in page
    assert "委托生效后可以查看" in page
    for private in (entity.registered_address, entity.legal_representative, "李", "138"):
        assert private not in page


def test_contact_data_are_masked(person, insurer):
    entity = entrusted(insurer)
    page = read(person, f"{CLIENTS}{entity.pk}/")
    assert "李**，138****8000，c***@example.com" in page
    assert entity.contact_phone not in page


def test_of_another_channel_or_insurer_only_that_it_has_filed_is_shown(person, insurer, window):
    entity = entrusted(insurer)
    elsewhere = make.policy(entity, insurer=make.insurer("示例二"))
    case = make.application(window=window, legal_entity=entity, policy=elsewhere)
    page = read(person, f"{CLIENTS}{entity.pk}/")
    assert elsewhere.number not in page
    assert f"本期已有申报 {case.number}（企业自行申报" in page
    assert case.get_absolute_url() not in page
    assert person.get(url("application", case.pk)).status_code == 404


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"state": "revoked", "state_reason": "不再委托"}, "委托已撤销：不再委托"),
        ({"ends_at": make.FILED}, "委托已于 2026 年 9 月 1 日到期"),
    ],
)
def test_a_mandate_that_is_over_opens_nothing_and_says_so(person, insurer, window, scope, words):
    entity = entrusted(insurer, **({"ends_at": make.FILED + timedelta(days=30)} | scope | {"starts_at": make.FILED - timedelta(days=9)}))
    address = f"{CLIENTS}{entity.pk}/"
    page = read(person, address)
    assert words in page
    assert "重新发起委托" in page
    assert "开始申报" not in page
    response = person.post(f"{address}windows/{window.pk}/start/")
    assert response.status_code == 403
    assert "已撤销或到期" in text_of(response)
    assert not entity.applications.exists()


def test_starting_twice_is_starting_once(person, insurer, window):
    entity = entrusted(insurer)
    first, second = (person.post(f"{CLIENTS}{entity.pk}/windows/{window.pk}/start/")["Location"] for _ in range(2))
    assert first == second == entity.applications.get().get_absolute_url()


def test_a_client_of_another_insurer_is_not_found(insurer, window):
    entity = entrusted(insurer)
    other = desk.desk_of(make.insurer("示例二"))
    assert other.get(f"{CLIENTS}{entity.pk}/").status_code == 404
    assert other.post(f"{CLIENTS}{entity.pk}/windows/{window.pk}/start/").status_code == 404


def test_a_clients_page_asks_no_more_of_the_database_with_more_rows(person, insurer):
    entity = entrusted(insurer)
    counts = []
    for _ in range(2):
        make.policy(entity, insurer=insurer)
        drafts.start(entity, make.window(), by=desk.staff_of(insurer), at=make.FILED)
        with CaptureQueriesContext(connection) as queries:
            assert person.get(f"{CLIENTS}{entity.pk}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30


# filings


def test_filings_are_listed_by_state_and_only_the_insurers_own(person, insurer, window):
    draft, case = drafted(insurer, window), filed(insurer, window)
    own = make.application(window=window)
    page = read(person, CASES)
    assert draft.legal_entity.name in page
    assert case.number in page
    assert own.number not in page
    assert case.number not in read(person, f"{CASES}?state=draft")
    assert "没有这样的申报" in read(person, f"{CASES}?state=pending_confirm")


def taken(answer) -> bytes:
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer)


def test_filings_are_found_by_name_code_number_and_window_and_taken_away(person, insurer, window):
    case = filed(insurer, window)
    entity = case.legal_entity
    for words in (entity.name[:5], entity.credit_code[:10].lower(), case.number[:-2].lower()):
        assert entity.name in read(person, f"{CASES}?q={words}")
    assert entity.name in read(person, f"{CASES}?window={case.window_id}")
    for asked in ("q=没有这家", f"window={case.window_id}&state=draft"):
        assert entity.name not in read(person, f"{CASES}?{asked}")
        assert entity.name not in taken(person.get(f"{CASES}export.csv?{asked}")).decode()
    head, *lines = taken(person.get(f"{CASES}export.csv?q={entity.name}")).decode("utf-8-sig").splitlines()
    assert head.startswith("申报编号,企业")
    assert f"{entity.name},{entity.credit_code},{case.window.name},{case.policy.number},已提交" in lines[0]
    assert taken(person.get(f"{CASES}export.xlsx"))[:2] == b"PK"


def test_further_filings_stay_in_the_chosen_state(person, insurer, window, monkeypatch):
    monkeypatch.setattr("subsidies.views.clients.PAGE", 1)
    first, second = drafted(insurer, window), drafted(insurer, window)
    response = person.get(f"{CASES}?state=draft")
    assert [row.case for row in response.context["rows"]] == [second]
    assert [row.case for row in person.get(f"{CASES}?{response.context['older']}").context["rows"]] == [first]


# what an insurer's draft leads to


def test_the_tasks_of_a_draft_lead_only_where_an_insurer_may_go(person, insurer, window):
    draft = drafted(insurer, window)
    for task in ("application", "enterprise", "policy", "papers", "category", "account", "pledge", "further", "check", "declare", "delete"):
        response = person.get(url(task, draft.pk))
        assert response.status_code == 200
        for link in links(response):
            assert person.get(link).status_code < 400, (task, link)


def links(response) -> set[str]:
    """Addresses of pages, not of files."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return {
        link for link in re.findall(r'href="(/[^"#]*)"', main) if "/paper/" not in link and "papers/" not in link and "print" not in link
    }


def test_only_policies_of_the_insurer_are_offered(person, insurer, window):
    draft = drafted(insurer, window)
    elsewhere = make.policy(draft.legal_entity, insurer=make.insurer("示例二"))
    assert elsewhere.number not in read(person, url("policy", draft.pk))
    assert person.post(url("policy", draft.pk), {"policy": elsewhere.pk}).status_code == 422


def test_a_mandate_without_submission_ends_with_the_enterprises_word(person, insurer, window):
    draft = drafted(insurer, window, includes_submission=False)
    assert "提请企业确认" in read(person, url("declare", draft.pk))
    draft.refresh_from_db()
    page = text_of(person.post(url("propose", draft.pk), {"version": draft.version}, follow=True))
    assert "等待企业确认" in page
    assert "等企业确认" in read(person, page_of(draft))
    draft.refresh_from_db()
    assert draft.state == State.PENDING_CONFIRM


def test_a_draft_that_was_sent_back_says_why(person, insurer, window):
    draft = drive.proposed(window=window, policy=make.policy(make.entity(), insurer=insurer))
    applications.decline(draft, by=make.owner_of(draft.legal_entity), at=make.FILED, reason="账户已更换")
    assert "企业退回修改： 账户已更换" in read(person, url("application", draft.pk))
    assert "下一步：修改草稿" in read(person, page_of(draft))


def test_who_has_an_account_is_waited_for_and_who_has_none_is_asked_for_paper(person, insurer):
    with_account = make.entity()
    desk.proposed(insurer, with_account)
    page = read(person, f"{CLIENTS}{with_account.pk}/")
    assert "等企业确认" in page
    assert "下一步：上传委托书" not in page
    facts, staff = make.entity_facts(), desk.staff_of(insurer)
    without = enterprises.register_client(by=staff, at=make.FILED, facts=facts, licence=make.pdf("licence"))
    desk.proposed(insurer, without)
    assert "下一步：上传委托书" in read(person, f"{CLIENTS}{without.pk}/")


def test_a_draft_goes_back_to_the_client_when_it_is_deleted(person, insurer, window):
    draft = drafted(insurer, window)
    assert person.post(url("delete", draft.pk))["Location"] == page_of(draft)


def test_after_the_mandate_is_revoked_a_draft_is_neither_changed_nor_filed(person, insurer, window):
    draft = drafted(insurer, window)
    mandate = draft.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=make.owner_of(draft.legal_entity), at=timezone.now(), reason="自行申报")
    assert "委托已撤销或到期" in read(person, url("application", draft.pk))
    response = person.post(url("pledge", draft.pk), {"pledged": "on"})
    assert "已撤销或到期" in text_of(response)
    response = person.post(url("submit", draft.pk), {"version": draft.version})
    assert response.status_code == 403
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_the_enterprise_takes_over_what_was_filed_when_the_mandate_ends(person, insurer, window):
    case = filed(insurer, window)
    owner = make.owner_of(case.legal_entity)
    insurers.revoke_entrustment(case.entrustment, by=owner, at=timezone.now(), reason="自行跟进")
    corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=make.FILED, items=[(Part.INVOICES, "少一张发票")])
    assert person.post(f"/enterprise/policies/{case.policy_id}/invoices/new/", desk.invoice()).status_code == 403
    assert "添加发票" not in read(person, f"/insurer/policies/{case.policy_id}/")
    page = text_of(browser(owner).post(f"/enterprise/policies/{case.policy_id}/invoices/new/", desk.invoice(), follow=True))
    assert "发票已保存" in page


def test_only_what_the_correction_asks_for_is_open_on_the_policy(person, insurer, window):
    case = filed(insurer, window)
    policy = f"/insurer/policies/{case.policy_id}/"
    assert "内容不能再修改" in read(person, policy)
    corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=make.FILED, items=[(Part.PAYMENTS, "缺回单")])
    page = read(person, policy)
    assert "添加付款" in page
    assert "添加发票" not in page
    assert "修改保单" not in page
    response = person.post(f"/enterprise/policies/{case.policy_id}/invoices/new/", desk.invoice())
    assert response.status_code == 409
