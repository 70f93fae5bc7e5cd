"""Check, declare, file, confirm: one filing, however often the button is pressed."""

from datetime import date
from decimal import Decimal

import pytest

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Document
from subsidies.services import applications, drafts
from subsidies.states import State
from tests import make
from tests.subsidies.pages import browser, read, received, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def draft(window):
    return make.draft(window=window, premium=Decimal("33333.33"))


@pytest.fixture
def client(draft):
    return browser(draft.created_by)


def submit(client, draft, version=None):
    return client.post(url("submit", draft.pk), {"version": version or Application.objects.get(pk=draft.pk).version})


# check


def test_the_answers_are_shown_before_filing(client, draft):
    page = read(client, url("check", draft.pk))
    policy = draft.policy
    expected = (
        draft.legal_entity.name,
        draft.legal_entity.credit_code,
        policy.number,
        "2026 年 6 月 15 日零时起，2027 年 6 月 14 日 24 时止",
        policy.invoices.get().number,
        "33,333.33 元",
        "北京市专精特新企业",
        draft.bank_account.masked,
        "已承诺",
        policy.paper.name,
        "核对无误，继续",
    )
    for words in expected:
        assert words in page
    assert "需要处理" not in page


def test_every_problem_is_shown_at_once_with_its_clause_and_the_way_to_its_task(window):
    entity = make.entity()
    draft = drafts.start(entity, window, by=make.owner_of(entity), at=make.FILED)
    policy = make.policy(entity, papers=False)
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, policy=policy)
    page = browser(draft.created_by).get(url("check", draft.pk))
    assert "还有 5 项需要处理" in text_of(page)
    problems = ("“收款账户”还没有完成", "“企业类别证明”还没有完成", "请阅读并勾选承诺事项", "还没有保费发票", "还没有截止日前的付款记录")
    for words in (*problems, "依据：试点方案 六（二）1"):
        assert words in text_of(page)
    for task in ("account", "category", "pledge", "papers"):
        assert f'<a href="{url(task, draft.pk)}">' in page.content.decode()
    assert "核对无误，继续" not in text_of(page)


def test_declaring_before_the_problems_are_mended_leads_back_to_them(window):
    entity = make.entity()
    draft = drafts.start(entity, window, by=make.owner_of(entity), at=make.FILED)
    assert browser(draft.created_by).get(url("declare", draft.pk)).url == url("check", draft.pk)


def test_the_declaration_names_who_what_and_how_much(client, draft):
    page = read(client, url("declare", draft.pk))
    for words in (draft.legal_entity.name, draft.policy.number, "26,666.66 元", "本期每个法人主体只能申报一次", "确认声明并提交"):
        assert words in page


# file


def test_filing_gives_the_number_the_receipt_and_what_happens_next(client, draft):
    page = client.post(url("submit", draft.pk), {"version": draft.version}, follow=True)
    filed = Application.objects.get(pk=draft.pk)
    assert filed.state == State.SUBMITTED
    assert page.redirect_chain == [(url("submitted", draft.pk), 302)]
    assert f'<div class="number">{filed.number}</div>' in page.content.decode()
    assert "查看申报回执（PDF）" in text_of(page)
    for words in ("2026 年 9 月 8 日前告知是否受理", "2026 年 9 月 30 日截止后统一核定", "计划于 2026 年 12 月 15 日前完成"):
        assert words in text_of(page)


def test_a_double_click_is_one_filing_and_one_confirmation(client, draft):
    first, second = submit(client, draft, draft.version), submit(client, draft, draft.version)
    assert first.url == second.url == url("submitted", draft.pk)
    assert Application.objects.filter(legal_entity=draft.legal_entity).count() == 1


def test_a_double_click_that_overtakes_itself_is_one_filing(client, draft, monkeypatch):
    """The second request has read the draft before the first is committed."""
    file = applications.submit

    def file_after_another(application, **options):
        file(Application.objects.get(pk=application.pk), by=draft.created_by, at=make.FILED)
        return file(application, **options)

    monkeypatch.setattr("subsidies.views.filing.services.submit", file_after_another)
    assert submit(client, draft).url == url("submitted", draft.pk)
    assert Application.objects.filter(state=State.SUBMITTED).count() == 1


def test_filing_takes_as_many_queries_with_many_papers_as_with_one(window, django_assert_max_num_queries):
    def filing(papers: int, most: int) -> int:
        policy = make.policy(make.entity())
        for _ in range(papers - 1):
            make.invoice(policy)
            make.premium_payment(policy)
        draft = make.draft(window=window, policy=policy)
        client = browser(draft.created_by)
        with django_assert_max_num_queries(most) as taken:
            assert submit(client, draft, draft.version).status_code == 302
        return len(taken)

    filing(1, 100)  # makes the year's counter
    one = filing(1, 25)
    assert filing(4, one) == one


def test_opening_the_address_of_the_button_files_nothing(client, draft):
    assert client.get(url("submit", draft.pk)).status_code == 405
    assert Application.objects.get(pk=draft.pk).state == State.DRAFT


def test_going_back_after_filing_shows_the_confirmation(client, draft):
    submit(client, draft)
    for name in ("check", "declare", "policy", "pledge", "further", "delete"):
        response = client.get(url(name, draft.pk))
        assert response.url == url("submitted", draft.pk)
        assert "no-store" in response["Cache-Control"]


def test_sending_a_task_again_after_filing_is_refused_and_changes_nothing(client, draft):
    submit(client, draft)
    page = client.post(url("further", draft.pk), {"other_subsidies": "后来补写"})
    assert page.status_code == 409
    assert "不能修改" in text_of(page)
    assert client.post(url("delete", draft.pk)).status_code == 409
    assert Application.objects.get(pk=draft.pk).other_subsidies == ""


def test_sending_the_filing_again_after_withdrawal_files_nothing(client, draft):
    submit(client, draft)
    filed = Application.objects.get(pk=draft.pk)
    applications.withdraw(filed, by=draft.created_by, at=make.FILED, reason="填错了")
    page = client.post(url("submit", draft.pk), {"version": draft.version}, follow=True)
    assert page.redirect_chain[-1][0] == draft.get_absolute_url()
    assert Application.objects.get(pk=draft.pk).state == State.WITHDRAWN


def test_a_draft_that_changed_meanwhile_is_shown_with_what_changed(client, draft):
    seen = draft.version
    colleague = make.user(Role.ENTERPRISE, display_name="王同事")
    draft.legal_entity.memberships.create(user=colleague, role=MembershipRole.PREPARER, created_at=make.FILED)
    drafts.save_draft(draft, by=colleague, at=make.FILED, other_subsidies="海淀区 10,000 元")
    page = submit(client, draft, seen)
    assert page.status_code == 409
    assert "草稿有了变化，还没有提交" in text_of(page)
    assert "修改了：其他资金支持" in text_of(page)
    assert colleague.username in text_of(page) or "王同事" in text_of(page)
    assert Application.objects.get(pk=draft.pk).state == State.DRAFT
    fresh = Application.objects.get(pk=draft.pk).version
    assert f'name="version" value="{fresh}"' in page.content.decode()
    assert submit(client, draft, fresh).status_code == 302


@pytest.mark.parametrize("version", ["", "x", None])
def test_a_form_without_its_version_files_nothing(client, draft, version):
    page = client.post(url("submit", draft.pk), {} if version is None else {"version": version})
    assert page.status_code == 422
    assert Application.objects.get(pk=draft.pk).state == State.DRAFT


def test_filing_with_a_problem_shows_all_problems(client, draft):
    draft.policy.invoices.all().delete()
    draft.policy.premium_payments.all().delete()
    page = submit(client, draft)
    assert page.status_code == 422
    assert "还有 2 项需要处理" in text_of(page)
    assert Application.objects.get(pk=draft.pk).state == State.DRAFT


def test_filing_after_the_window_has_closed_is_refused_and_keeps_the_draft(draft, time_machine):
    time_machine.move_to(make.CLOSES)
    page = submit(browser(draft.created_by), draft)
    assert page.status_code == 422
    for words in ("现在不在申报期内", "草稿已为您保留", "返回草稿"):
        assert words in text_of(page)
    assert Application.objects.get(pk=draft.pk).state == State.DRAFT


def test_a_second_filing_of_one_legal_person_names_the_first(client, draft, window):
    policy = make.policy(draft.legal_entity)
    staff = policy.insurer.staff.get().user
    make.entrustment(draft.legal_entity, policy.insurer)
    other = drafts.start(draft.legal_entity, window, by=staff, at=make.FILED)
    columns = {"policy": policy, "category": draft.category, "bank_account": draft.bank_account, "pledged": True}
    drafts.save_draft(other, by=staff, at=make.FILED, **columns)
    applications.submit(other, by=staff, at=make.FILED)
    page = submit(client, draft)
    assert page.status_code == 409
    for words in ("本期已经申报过了", other.number, "保险公司代申报", "2026-09-01 10:00", "已提交", f"查看申报 {other.number}"):
        assert words in text_of(page)
    assert f'href="{other.get_absolute_url()}"' in page.content.decode()


def test_a_policy_filed_in_another_window_names_that_case(draft):
    client = browser(draft.created_by)
    second = make.draft(window=make.window(), policy=draft.policy)
    submit(client, draft)
    page = submit(client, second)
    first = Application.objects.get(pk=draft.pk)
    assert page.status_code == 409
    for words in ("这份保单已用于另一份申报", first.number, "企业自行申报", "已提交", f"查看申报 {first.number}"):
        assert words in text_of(page)


def test_who_may_only_prepare_does_not_file(draft):
    preparer = make.user(Role.ENTERPRISE)
    draft.legal_entity.memberships.create(user=preparer, role=MembershipRole.PREPARER, created_at=make.FILED)
    page = submit(browser(preparer), draft)
    assert page.status_code == 403
    assert "您没有办理权限" in text_of(page)


def test_the_confirmation_of_a_draft_is_not_given(client, draft):
    assert client.get(url("submitted", draft.pk)).url == draft.get_absolute_url()


def test_a_stranger_finds_neither_confirmation_nor_receipt(client, draft):
    submit(client, draft)
    stranger = browser(make.owner_of(make.entity()))
    for name in ("submitted", "receipt", "application", "withdraw"):
        assert stranger.get(url(name, draft.pk)).status_code == 404


# the receipt


def test_the_receipt_is_drawn_on_demand_once(client, draft):
    submit(client, draft)
    assert not Document.objects.exists()
    first = received(client.get(url("receipt", draft.pk)))
    second = received(client.get(url("receipt", draft.pk)))
    assert first == second
    assert first.startswith(b"%PDF-")
    assert Document.objects.count() == 1
    assert Document.objects.get().number in read(client, draft.get_absolute_url())


def test_a_draft_has_no_receipt(client, draft):
    assert client.get(url("receipt", draft.pk)).status_code == 404


def test_a_policy_signed_outside_the_range_stops_the_filing(client, draft):
    policy = draft.policy
    type(policy).objects.filter(pk=policy.pk).update(signed_on=date(2026, 10, 2), starts_on=date(2026, 10, 2), ends_on=date(2027, 10, 2))
    page = submit(client, draft)
    assert page.status_code == 422
    assert "不在本期的签订范围" in text_of(page)
