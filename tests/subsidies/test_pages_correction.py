"""补正 on screen: one list, each item mended here or where its data stand, handed in as a whole, by either side."""

from decimal import Decimal

import pytest

from enterprises import services as enterprises
from enterprises.models import MembershipRole
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Entry, Kind
from subsidies.models import Part
from subsidies.services import applications, corrections
from subsidies.states import State
from tests import drive, make
from tests.subsidies.pages import browser, read, received, text_of, url

pytestmark = pytest.mark.django_db

ITEMS = [(Part.POLICY, "责任限额与保单不一致"), (Part.PLEDGE, "承诺书没有盖章")]
PARTS = [Part.POLICY, Part.INVOICES, Part.PAYMENTS, Part.PLEDGE]
LATER = make.moment("2026-10-05 10:00")  # the window has closed, the correction runs on


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def case():
    return asked(make.application(window=make.window()))


def asked(case, items=ITEMS, at=make.FILED):
    return corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=at, items=items)


def item_of(case, part: Part):
    return case.corrections.get().items.get(part=part)


def say(client, case, part: Part, **typed):
    item = item_of(case, part)
    return client.post(url("answer", case.pk, item.pk), {f"item-{item.pk}-{name}": value for name, value in typed.items()}, follow=True)


def hand_in(client, case):
    case.refresh_from_db()
    return client.post(url("resubmit", case.pk), {"version": case.version})


def test_the_page_lists_every_item_with_what_is_wrong_until_when_and_how_long_that_is(case):
    page = read(browser(case.created_by), url("correction", case.pk))
    for words in ("责任限额与保单不一致", "承诺书没有盖章", "2026 年 9 月 15 日 24 时", "还有 14 天", "已办 0 / 2 项"):
        assert words in page
    assert page.count("待补正") == 4  # beside each item, and in the list of items


def test_the_case_and_the_desk_lead_to_the_list(case):
    client = browser(case.created_by)
    for address in (case.get_absolute_url(), url("home")):
        assert f'href="{url("correction", case.pk)}"' in client.get(address).content.decode()
    assert "补正材料" in read(client, url("home"))


def test_a_word_and_a_paper_are_kept_shown_and_taken_back(case):
    client = browser(case.created_by)
    page = say(client, case, Part.PLEDGE, text="已重新盖章", upload=make.pdf("sealed"))
    assert "已办 1 / 2 项" in text_of(page)
    assert "已重新盖章" in page.content.decode()
    paper = case.attachments.get()
    assert received(client.get(url("paper", case.pk, paper.file_id))).startswith(b"%PDF-")
    assert "sealed.pdf" in text_of(page)
    page = client.post(url("take_back", case.pk, paper.pk), follow=True)
    assert "已移除“sealed.pdf”" in text_of(page)
    assert not case.attachments.exists()


def test_an_empty_answer_is_refused_beside_its_item(case):
    page = say(browser(case.created_by), case, Part.PLEDGE, text=" ")
    assert page.status_code == 422
    assert "请写明说明，或选择要上传的文件" in text_of(page)


def test_a_broken_paper_is_refused_and_the_word_stays(case):
    broken = make.pdf("broken")
    broken.file.seek(0)
    broken.file.write(b"not a paper at all")
    page = say(browser(case.created_by), case, Part.PLEDGE, text="请看附件", upload=broken)
    assert 400 <= page.status_code < 500
    assert "请看附件" in page.content.decode()
    assert not case.attachments.exists()


def test_the_policy_is_mended_on_its_own_page_and_old_stands_beside_new(case):
    client = browser(case.created_by)
    assert f'href="/enterprise/policies/{case.policy_id}/edit/"' in client.get(url("correction", case.pk)).content.decode()
    policy = case.policy
    mended = {
        "insurer": policy.insurer_id,
        "product": policy.product_id,
        "number": policy.number,
        "signed_on": policy.signed_on,
        "starts_on": policy.starts_on,
        "last_day": policy.last_day,
        "end_time": "24:00",
        "liability_limit": "20000000.00",
        "territory": policy.territory,
        "premium": policy.premium,
        "version": policy.version,
    }
    form = client.get(f"/enterprise/policies/{policy.pk}/edit/")
    assert form.status_code == 200
    mended["end_time"] = form.context["form"]["end_time"].value()
    answer = client.post(f"/enterprise/policies/{policy.pk}/edit/", mended)
    assert answer.status_code == 302, text_of(answer)
    page = read(client, url("correction", case.pk))
    assert "10,000,000.00 20,000,000.00 已改" in page
    assert "已办 1 / 2 项" in page


def test_what_is_not_listed_cannot_be_mended(case):
    client = browser(case.created_by)
    page = client.get(case.policy.get_absolute_url()).content.decode()
    assert "修改保单" in page
    assert "/invoices/new/" not in page
    assert client.get(url("correction_category", case.pk)).url == url("correction", case.pk)
    category = case.legal_entity.categories.first()
    assert client.post(url("correction_category", case.pk), {"category": category.pk}).status_code == 409


def test_another_category_is_chosen_where_the_list_asks_for_it():
    case = asked(make.application(window=make.window()), [(Part.CATEGORY, "证书已过期")])
    entry = Entry.objects.filter(kind=Kind.CATEGORY).exclude(pk=case.category.category_id).first()
    other = enterprises.add_category(
        case.legal_entity, by=case.created_by, at=make.FILED, facts={"category": entry}, evidence=make.pdf("other category")
    )
    client = browser(case.created_by)
    page = client.post(url("correction_category", case.pk), {"category": other.pk}, follow=True)
    assert "企业类别已更换，还没有提交" in text_of(page)
    assert client.post(url("correction_category", case.pk), {"category": "9999"}).status_code == 422
    case.refresh_from_db()
    assert case.category == other


def test_a_new_account_counts_as_mended_and_is_taken_over_when_handed_in():
    case = asked(make.application(window=make.window()), [(Part.ACCOUNT, "账户已销户")])
    opened = make.account(case.legal_entity, number="6222000000001234567")
    client = browser(case.created_by)
    assert "尾号 4567 已改" in read(client, url("correction", case.pk))
    assert hand_in(client, case).url == url("resubmitted", case.pk)
    case.refresh_from_db()
    assert case.bank_account == opened


def test_handing_in_shows_all_that_is_still_open_each_with_its_item(case):
    page = hand_in(browser(case.created_by), case)
    assert page.status_code == 422
    assert "补正还没有提交" in text_of(page)
    for part, sentence in ITEMS:
        assert sentence in text_of(page).split("补正还没有提交")[1].split("请逐项补正")[0]
        assert f'href="#item-{item_of(case, part).pk}"' in page.content.decode()
    case.refresh_from_db()
    assert case.state == State.CORRECTION


def test_it_is_handed_in_after_the_window_has_closed_under_the_same_number(time_machine):
    case = make.application(window=make.window())
    asked(case, at=make.moment("2026-09-29 10:00"))
    time_machine.move_to(LATER)
    client, number = browser(case.created_by), case.number
    assert "申报期已截止，不影响补正" in read(client, url("correction", case.pk))
    for part, _ in ITEMS:
        say(client, case, part, text="已改正")
    answer = hand_in(client, case)
    assert answer.url == url("resubmitted", case.pk)
    page = read(client, answer.url)
    assert "补正已提交" in page
    assert number in page
    case.refresh_from_db()
    assert (case.state, case.number) == (State.SUBMITTED, number)
    way = read(client, case.get_absolute_url())
    assert "告知补正 （已完成） 2026-09-29 10:00" in way
    assert "提交补正 （已完成） 2026-10-05 10:00 企业" in way


def test_handing_in_twice_leads_to_the_same_confirmation(case):
    client = browser(case.created_by)
    for part, _ in ITEMS:
        say(client, case, part, text="已改正")
    assert [hand_in(client, case).url for _ in range(2)] == [url("resubmitted", case.pk)] * 2


def test_a_stranger_finds_nothing(case):
    client = browser(make.owner_of(make.entity()))
    item = item_of(case, Part.PLEDGE)
    paper = corrections.answer(item, by=case.created_by, at=make.FILED, upload=make.pdf("sealed")).attachments.get()
    for name in ("correction", "correction_category", "resubmitted"):
        assert client.get(url(name, case.pk)).status_code == 404
    for address in (url("answer", case.pk, item.pk), url("take_back", case.pk, paper.pk), url("resubmit", case.pk)):
        assert client.post(address).status_code == 404


def test_an_item_of_another_case_is_not_found_through_ones_own(case):
    other = asked(make.application(window=make.window()))
    client = browser(case.created_by)
    assert client.post(url("answer", case.pk, item_of(other, Part.PLEDGE).pk), {}).status_code == 404


def test_an_officer_has_no_business_here(case):
    assert browser(make.officer(Role.HANDLER)).get(url("correction", case.pk)).status_code == 403


def test_a_viewer_reads_the_list_without_forms(case):
    viewer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    client = browser(viewer)
    page = read(client, url("correction", case.pk))
    assert "您可以查看，补正由企业有办理权限的人员进行" in page
    assert "保存这一项" not in page
    assert say(client, case, Part.PLEDGE, text="x").status_code == 403


def test_a_preparer_mends_and_leaves_the_handing_in_to_others(case):
    preparer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=preparer, role=MembershipRole.PREPARER, created_at=make.FILED)
    client = browser(preparer)
    page = say(client, case, Part.PLEDGE, text="已改正")
    assert "请由企业有提交权限的人员登录提交" in text_of(page)
    assert hand_in(client, case).status_code == 403


def test_without_an_open_list_the_page_leads_to_the_case():
    case = make.application(window=make.window())
    client = browser(case.created_by)
    for name in ("correction", "correction_category", "resubmitted"):
        assert client.get(url(name, case.pk)).url == case.get_absolute_url()
    page = client.post(url("resubmit", case.pk), {"version": case.version})
    assert page.status_code == 409


def test_after_the_deadline_the_page_says_so_and_takes_nothing(case, time_machine):
    time_machine.move_to(make.moment("2026-09-16 08:00"))
    client = browser(case.created_by)
    page = read(client, url("correction", case.pk))
    assert "补正期限已过，不能再补正" in page
    assert "保存这一项" not in page
    answer = say(client, case, Part.PLEDGE, text="晚了")
    assert answer.status_code == 409
    assert hand_in(client, case).status_code == 409


def test_a_held_correction_waits(case):
    applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason="核实中")
    client = browser(case.created_by)
    page = read(client, url("correction", case.pk))
    assert "暂停办理" in page
    assert "保存这一项" not in page
    assert hand_in(client, case).status_code == 409


def test_near_its_end_the_deadline_is_red_here_and_on_the_desk(case, time_machine):
    time_machine.move_to(make.moment("2026-09-14 10:00"))
    client = browser(case.created_by)
    assert '<strong class="due">还有 1 天</strong>' in client.get(url("correction", case.pk)).content.decode()
    assert 'class="num due">2026 年 9 月 15 日前，还有 1 天' in client.get(url("home")).content.decode()


# the insurer


def filed_by_insurer(**scope):
    """A case that an insurer has filed under its mandate."""
    case = drive.insurers_case(window=make.window(), **scope)
    return case, case.created_by


def test_an_insurer_corrects_what_it_filed_and_both_sides_see_who_did():
    case, by = filed_by_insurer()
    asked(case)
    client = browser(by)
    for part, _ in ITEMS:
        assert say(client, case, part, text="已由本公司改正").status_code == 200
    assert hand_in(client, case).url == url("resubmitted", case.pk)
    for who in (by, make.owner_of(case.legal_entity)):
        page = read(browser(who), case.get_absolute_url())
        assert "提交补正 （已完成） 2026-09-01 10:00 保险公司（示例一）" in page
        assert f"示例一受委托代“{case.legal_entity}”申报" in page


def test_an_insurer_without_a_mandate_for_it_reads_the_list_alone():
    case, by = filed_by_insurer(includes_correction=False)
    asked(case)
    client = browser(by)
    assert "委托不含补正" in read(client, url("correction", case.pk))
    assert say(client, case, Part.PLEDGE, text="x").status_code == 403
    owner = browser(make.owner_of(case.legal_entity))
    assert say(owner, case, Part.PLEDGE, text="企业自己改正").status_code == 200


def test_another_insurer_finds_nothing():
    case, _ = filed_by_insurer()
    asked(case)
    other = make.insurer("示例二").staff.get().user
    assert browser(other).get(url("correction", case.pk)).status_code == 404


def test_the_page_costs_the_same_however_many_items(django_assert_max_num_queries):
    def opening(items: int, most: int) -> int:
        listed = [(part, f"{part.label}第 {n} 处有误") for part in PARTS for n in range(items)]
        case = asked(make.application(window=make.window()), listed)
        for item in case.corrections.get().items.all():
            corrections.answer(item, by=case.created_by, at=make.FILED, text="已改正", upload=make.pdf(f"paper {item.pk}"))
        client = browser(case.created_by)
        with django_assert_max_num_queries(most) as taken:
            read(client, url("correction", case.pk))
        return len(taken)

    one = opening(1, 30)
    assert opening(4, one) == one


def test_an_invoice_is_added_while_the_list_asks_for_it():
    case = asked(make.application(window=make.window()), [(Part.INVOICES, "缺一张发票")])
    client = browser(case.created_by)
    assert "/invoices/new/" in client.get(case.policy.get_absolute_url()).content.decode()
    facts = {"number": "88887777", "buyer": case.legal_entity.name, "amount": Decimal("1.00"), "issued_on": make.FILED.date()}
    insurers.add_invoice(case.policy, by=case.created_by, at=make.FILED, facts=facts, paper=make.pdf("late invoice"))
    assert "88887777" in read(client, url("correction", case.pk))
