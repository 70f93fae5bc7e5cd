"""A draft: its task list and each task's page. What was saved stays saved."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.files.forms import MOST_AT_ONCE
from pilot_portal.files.pictures import SMALL
from subsidies.models import Application, AttachmentKind
from subsidies.services import drafts
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
def entity():
    return make.entity()


@pytest.fixture
def draft(window, entity):
    """A draft in which nothing has been done yet."""
    return drafts.start(entity, window, by=make.owner_of(entity), at=make.FILED)


@pytest.fixture
def client(draft):
    return browser(draft.created_by)


def column(draft, name):
    return getattr(Application.objects.get(pk=draft.pk), name)


# the list


def test_the_task_list_tells_what_is_done_from_the_facts(client, draft):
    page = read(client, draft.get_absolute_url())
    assert "已完成 1 / 6 项" in page
    for task in ("企业信息", "保单与保费", "发票与付款凭证", "企业类别证明", "收款账户", "承诺书", "其他材料"):
        assert task in page
    assert "继续：保单与保费" in page
    assert "选择保单后，这里会逐行说明预计补贴多少" in page


def test_a_complete_draft_is_to_be_checked_next(window):
    draft = make.draft(window=window, premium=Decimal("33333.33"))
    page = read(browser(draft.created_by), draft.get_absolute_url())
    assert "已完成 6 / 6 项" in page
    assert "检查并提交" in page
    assert "继续：" not in page


def test_the_expected_amount_is_explained_line_by_line(window):
    draft = make.draft(window=window, premium=Decimal("33333.33"))
    page = read(browser(draft.created_by), draft.get_absolute_url())
    for words in ("¥26,666.66", "人民币贰万陆仟陆佰陆拾陆元陆角陆分", "保单、发票、实付三者取低", "× 80%，舍去分以下", "未达上限"):
        assert words in page
    assert "人民币人民币" not in page


def test_the_bar_says_that_nothing_is_filed_when_it_was_saved_and_when_the_window_closes(client, draft):
    page = client.get(draft.get_absolute_url())
    assert "尚未提交。 草稿已保存 10:00 ，不占用申报名额。" in text_of(page)
    assert f'data-countdown="{make.CLOSES.isoformat()}"' in page.content.decode()


def test_a_draft_outlives_its_window_and_says_so(draft, time_machine):
    time_machine.move_to(make.CLOSES)
    page = read(browser(draft.created_by), draft.get_absolute_url())
    assert "现在不在申报期内" in page
    assert "草稿已为您保留" in page


def test_a_stranger_finds_no_page_of_a_draft(draft):
    stranger = browser(make.owner_of(make.entity()))
    pages = ("application", "enterprise", "policy", "papers", "category", "account", "pledge", "pledge_paper", "further", "delete", "check")
    for name in pages:
        assert stranger.get(url(name, draft.pk)).status_code == 404
    for name in ("policy", "category", "account", "pledge", "further", "attach", "delete", "submit"):
        assert stranger.post(url(name, draft.pk)).status_code == 404
    assert Application.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ENTERPRISE, Role.INSURER, Role.SYSTEM)])
def test_an_official_has_no_applicants_pages(draft, role):
    assert browser(make.user(role)).get(draft.get_absolute_url()).status_code == 403


# 保单与保费


def test_a_policy_is_chosen_and_the_invoices_come_next(client, draft, entity):
    policy = make.policy(entity)
    page = client.post(url("policy", draft.pk), {"policy": policy.pk}, follow=True)
    assert column(draft, "policy") == policy
    assert page.redirect_chain[0][0] == url("papers", draft.pk)
    assert policy.invoices.get().number in text_of(page)


def test_the_only_policy_is_chosen_beforehand(client, draft, entity):
    make.policy(entity)
    assert "checked" in client.get(url("policy", draft.pk)).content.decode()


def test_without_a_policy_the_page_leads_to_registering_one(client, draft):
    page = client.get(url("policy", draft.pk))
    assert "还没有登记保单" in text_of(page)
    assert 'href="/enterprise/policies/new/"' in page.content.decode()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"ends_on": date(2027, 5, 1)}, "保险期限不是正好一年"),
        ({"signed_on": date(2025, 12, 31), "starts_on": date(2026, 1, 1)}, "不在本期的签订范围"),
    ],
)
def test_a_policy_that_cannot_be_subsidised_is_refused_beside_the_field(client, draft, entity, columns, sentence):
    policy = make.policy(entity, papers=False, confirmed=False, **columns)
    page = client.post(url("policy", draft.pk), {"policy": policy.pk})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{policy.pk}"' in page.content.decode()
    assert "checked" in page.content.decode()
    assert column(draft, "policy") is None


def test_somebody_elses_policy_is_refused(client, draft, entity):
    make.policy(entity)
    others = make.policy(make.entity())
    page = client.post(url("policy", draft.pk), {"policy": others.pk})
    assert page.status_code == 422
    assert "被保险人不是申请企业" in text_of(page)
    assert column(draft, "policy") is None


def test_a_policy_that_was_filed_before_names_the_case(entity):
    first = make.application(window=make.window(), legal_entity=entity)
    second = drafts.start(entity, make.window(), by=first.created_by, at=make.FILED)
    page = browser(first.created_by).post(url("policy", second.pk), {"policy": first.policy_id})
    assert page.status_code == 409
    for words in (first.number, "企业自行申报", "2026-09-01 10:00", "查看该件"):
        assert words in text_of(page)


# 发票与付款凭证


def test_a_payment_after_the_last_day_is_marked_as_not_counted(client, draft, entity):
    policy = make.policy(entity, papers=False)
    make.invoice(policy)
    make.premium_payment(policy, paid_on=date(2026, 10, 8))
    client.post(url("policy", draft.pk), {"policy": policy.pk})
    page = read(client, url("papers", draft.pk))
    assert "截止日后，不计入" in page
    assert "还没有截止日前的付款记录" in page
    assert "待处理" in read(client, draft.get_absolute_url())


# 企业类别, 收款账户, 承诺, 其他


def test_a_category_is_chosen(client, draft, entity):
    chosen = entity.categories.get()
    client.post(url("category", draft.pk), {"category": chosen.pk})
    assert column(draft, "category") == chosen
    assert "北京市专精特新企业，有效期至 2027 年 12 月 31 日" in read(client, draft.get_absolute_url())


def test_another_enterprises_category_is_refused(client, draft):
    page = client.post(url("category", draft.pk), {"category": make.entity().categories.get().pk})
    assert page.status_code == 422
    assert "请从列出的企业类别中选择" in text_of(page)


def test_the_open_account_is_confirmed_and_shown_masked(client, draft, entity):
    account = entity.bank_accounts.get()
    page = client.get(url("account", draft.pk))
    assert account.masked in text_of(page)
    assert account.number not in page.content.decode()
    client.post(url("account", draft.pk), {"bank_account": account.pk})
    assert column(draft, "bank_account") == account


def test_an_account_that_was_changed_has_to_be_confirmed_again(client, draft, entity):
    client.post(url("account", draft.pk), {"bank_account": entity.bank_accounts.get().pk})
    opened = make.account(entity, number="6222000000000000999")
    assert "“收款账户”还没有完成" in read(client, url("check", draft.pk))
    client.post(url("account", draft.pk), {"bank_account": opened.pk})
    assert column(draft, "bank_account") == opened


def test_an_account_that_was_changed_while_the_page_was_open_is_not_confirmed_unseen(client, draft, entity):
    seen = entity.bank_accounts.get()
    opened = make.account(entity, number="6222000000000000999")
    page = client.post(url("account", draft.pk), {"bank_account": seen.pk})
    assert page.status_code == 422
    assert "收款账户刚刚有变化" in text_of(page)
    assert opened.masked in text_of(page)
    assert f'name="bank_account" value="{opened.pk}"' in page.content.decode()
    assert column(draft, "bank_account") is None


def test_the_pledge_has_to_be_ticked(client, draft):
    page = client.post(url("pledge", draft.pk), {})
    assert page.status_code == 422
    assert "请阅读并勾选承诺事项后再继续" in text_of(page)
    client.post(url("pledge", draft.pk), {"pledged": "on"})
    assert column(draft, "pledged") is True


def test_the_pledge_and_the_form_to_print_stand_where_they_are_uploaded(client, draft):
    assert url("pledge_paper", draft.pk) in client.get(url("pledge", draft.pk)).content.decode()
    assert url("application_form", draft.pk) in client.get(url("further", draft.pk)).content.decode()


def test_other_subsidies_are_kept(client, draft):
    client.post(url("further", draft.pk), {"other_subsidies": "海淀区商务局 20,000 元"})
    assert column(draft, "other_subsidies") == "海淀区商务局 20,000 元"
    assert "海淀区商务局 20,000 元" in read(client, url("further", draft.pk))


def test_a_further_paper_is_kept_served_and_taken_away(client, draft):
    client.post(url("attach", draft.pk), {"kind": "export", "file": make.pdf("customs")})
    attachment = draft.attachments.select_related("file").get()
    assert "customs.pdf" in read(client, url("further", draft.pk))
    assert received(client.get(url("paper", draft.pk, attachment.file_id))).startswith(b"%PDF-")
    client.post(url("detach", draft.pk, attachment.pk))
    assert not draft.attachments.exists()
    assert client.get(url("paper", draft.pk, attachment.file_id)).status_code == 404


def test_a_sealed_pledge_stands_by_the_pledge(client, draft):
    client.post(url("attach", draft.pk), {"file": make.pdf("sealed")})
    assert draft.attachments.get().kind == AttachmentKind.PLEDGE
    assert "sealed.pdf" in read(client, url("pledge", draft.pk))


def test_a_file_that_is_no_paper_is_refused_beside_its_field(client, draft):
    page = client.post(url("attach", draft.pk), {"kind": "other", "file": SimpleUploadedFile("a.pdf", b"MZ not a paper")})
    assert page.status_code == 422
    assert "文件“a.pdf”不是" in text_of(page)
    assert '<option value="other" selected>' in page.content.decode()


def test_several_papers_are_kept_at_once_and_one_that_is_none_holds_up_no_other(client, draft):
    files = [make.pdf("customs"), SimpleUploadedFile("b.pdf", b"MZ not a paper"), make.pdf("audit")]
    page = client.post(url("attach", draft.pk), {"kind": "export", "file": files}, follow=True)
    assert {row.file.name for row in draft.attachments.filter(kind="export")} == {"customs.pdf", "audit.pdf"}
    assert "已上传 2 份材料" in text_of(page)
    assert "文件“b.pdf”不是" in text_of(page)


def test_what_exceeds_the_number_of_papers_at_once_is_named(client, draft):
    files = [make.pdf(f"paper {number}") for number in range(MOST_AT_ONCE + 1)]
    page = client.post(url("attach", draft.pk), {"kind": "other", "file": files}, follow=True)
    assert draft.attachments.count() == MOST_AT_ONCE
    assert f"文件“paper {MOST_AT_ONCE}.pdf”没有收下" in text_of(page)


def test_each_paper_is_shown_small(client, draft):
    photograph = BytesIO()
    Image.new("RGB", (800, 400), "white").save(photograph, "JPEG")
    files = [make.pdf("customs"), SimpleUploadedFile("photo.jpg", photograph.getvalue())]
    client.post(url("attach", draft.pk), {"kind": "other", "file": files})
    for row in draft.attachments.select_related("file"):
        assert url("preview", draft.pk, row.file_id) in client.get(url("further", draft.pk)).content.decode()
        answer = client.get(url("preview", draft.pk, row.file_id))
        assert Image.open(BytesIO(answer.content)).width == SMALL
    assert client.get(url("preview", draft.pk, make.policy(make.entity()).paper_id)).status_code == 404


def test_a_form_without_a_file_asks_for_it(client, draft):
    page = client.post(url("attach", draft.pk), {"kind": "other"})
    assert page.status_code == 422
    assert "请选择文件" in text_of(page)


def test_anothers_paper_is_not_found_through_ones_own_draft(client, draft):
    others = make.policy(make.entity())
    assert client.get(url("paper", draft.pk, others.paper_id)).status_code == 404


def test_a_viewer_may_look_and_not_write(draft, entity):
    viewer = make.user(Role.ENTERPRISE)
    entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    draft.attachments.create(kind="other", file=entity.licence)
    client = browser(viewer)
    read(client, draft.get_absolute_url())
    for name, data in (("pledge", {"pledged": "on"}), ("delete", {}), ("attach", {"kind": "other", "file": make.pdf("x")})):
        page = client.post(url(name, draft.pk), data)
        assert page.status_code == 403
        assert "您不能代表" in text_of(page)
    assert client.post(url("detach", draft.pk, draft.attachments.get().pk)).status_code == 403
    assert column(draft, "pledged") is False


# 删除


def test_a_draft_is_deleted_after_a_question_with_its_papers(client, draft):
    client.post(url("attach", draft.pk), {"kind": "other", "file": make.pdf("x")})
    assert "删除这份草稿？" in read(client, url("delete", draft.pk))
    assert Application.objects.filter(pk=draft.pk).exists()
    page = client.post(url("delete", draft.pk), follow=True)
    assert "草稿已删除" in text_of(page)
    assert not Application.objects.filter(pk=draft.pk).exists()


def test_a_draft_takes_as_many_queries_with_many_invoices_as_with_one(client, draft, entity, django_assert_max_num_queries):
    policy = make.policy(entity)
    client.post(url("policy", draft.pk), {"policy": policy.pk})
    for name in ("application", "papers", "check"):
        client.get(url(name, draft.pk))
        with django_assert_max_num_queries(40) as few:
            client.get(url(name, draft.pk))
        make.invoice(policy)
        make.premium_payment(policy)
        with django_assert_max_num_queries(len(few)):
            client.get(url(name, draft.pk))
        assert len(few) <= 25
