"""Policies, on a desk and on a phone: a scan whose text a job reads, or nobody; the list of what an insurer has underwritten."""

import pytest
from playwright.sync_api import expect

from insurers.models import Policy, StaffRole, UnderwritingList
from pilot_portal.files import scans
from pilot_portal.files.models import ScanText
from pilot_portal.files.services import read_scan
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


@SCREENS
def test_a_scan_is_read_by_a_job_or_typed_off_and_nothing_is_lost(someone, monkeypatch, screen):
    entity, company = make.entity(), make.insurer()
    page = someone(make.owner_of(entity).username, **screen)

    monkeypatch.setattr(scans, "is_installed", lambda: False)
    hand_in_the_scan(page, "扫描的保单")
    expect(page.get_by_role("main")).to_contain_text("没有读到保单的内容")
    with page.expect_response("**/products/**"):
        steps.choose(page, {"保险公司": company.name})
    steps.field(page, "保险产品").select_option(index=1)
    steps.fill(page, {"保单号": "QIPL2026000777", "签订日期": "2026-06-14", "保险起期": "2026-06-15", "保险止期": "2027-06-14"})
    steps.choose(page, {"止于当日": "24 时（当日仍有保障）"})
    steps.fill(page, {"责任限额（元）": "10,000,000", "保费（元，含税）": "33,333.33"})
    steps.press(page, "保存保单")  # the territory is missing
    expect(page.get_by_role("main")).to_contain_text("已上传：扫描的保单.pdf")
    expect(steps.field(page, "保单号")).to_have_value("QIPL2026000777")
    steps.fill(page, {"承保区域": "美国、欧盟"})
    steps.press(page, "保存保单")
    steps.told(page, "保单已登记")
    assert Policy.objects.get().paper.name == "扫描的保单.pdf"

    monkeypatch.setattr(scans, "is_installed", lambda: True)
    read = f"保险单号：QIPL2026000778\n被保险人：{entity.name}\n签订日期：2026年6月14日\n保险费（含税）：人民币44,444.44元"
    monkeypatch.setattr(scans, "recognise", lambda paper: read)
    hand_in_the_scan(page, "另一份保单")
    steps.arrive(page, "正在识别保单")
    read_scan(ScanText.objects.get(), at=make.FILED)  # the page asks again by itself
    steps.arrive(page, "登记保单")
    steps.told(page, "已从保单读取")
    expect(steps.field(page, "保单号")).to_have_value("QIPL2026000778")
    expect(steps.field(page, "保费（元，含税）")).to_have_value("44444.44")
    expect(page.get_by_text("从保单读到，请再核对").first).to_be_visible()


def hand_in_the_scan(page, name: str) -> None:
    page.goto("/enterprise/policies/new/")
    steps.arrive(page, "登记保单")
    steps.hand_in(page, "保单文件", name)
    steps.press(page, "上传并读取")


@SCREENS
def test_an_insurer_reports_what_it_has_underwritten(someone, screen):
    company = make.insurer()
    policy = make.policy(make.entity(), insurer=company)
    make.policy(make.entity(), insurer=company, confirmed=False)
    page = someone(company.staff.get(role=StaffRole.MANAGER).user.username, **screen)
    page.goto("/insurer/policies/")
    steps.follow(page, "承保清单")
    steps.arrive(page, "承保清单")
    steps.fill(page, {"签订日期自": "2026-06-30", "至（含当日）": "2026-06-01"})
    steps.press(page, "查看")
    expect(page.get_by_role("alert")).to_be_visible()
    steps.fill(page, {"签订日期自": "2026-06-01", "至（含当日）": "2026-06-30"})
    steps.press(page, "查看")
    steps.told(page, "还有 1 份保单待确认或有异议")
    expect(page.get_by_role("table")).to_contain_text(policy.number)
    steps.usable_by_all(page)
    steps.press(page, "报送这份清单")
    steps.told(page, "承保清单已报送：1 份保单")
    assert UnderwritingList.objects.get().policy_count == 1
    assert steps.download(page, "下载 Excel").startswith(b"PK")
