"""A printed page shows its facts without what leads elsewhere; a printed draft still says that it is not filed."""

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


def printed(page, *facts: str) -> None:
    page.emulate_media(media="print")
    for words in facts:
        expect(page.get_by_role("main")).to_contain_text(words)
        expect(page.get_by_role("main").get_by_text(words).first).to_be_visible()
    for leading in (".site-nav", ".site-foot", ".crumbs", ".actions", ".btn"):
        for place in page.locator(leading).all():
            expect(place).to_be_hidden()
    page.emulate_media(media="screen")


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_check_calculator_and_checklist_are_printed_before_anybody_logs_in(someone, screen):
    make.window()
    page = someone(**screen)
    page.goto("/self-check/?kind=company&place=beijing&category=named&policy=pilot&money=paid&filed=no")
    steps.arrive(page, "自查结果")
    printed(page, "符合申报条件", "要准备的材料", "保费发票")
    steps.follow(page, "完整的材料清单")
    steps.arrive(page, "材料清单")
    printed(page, "登记保单时", "代付说明和关联证明")
    steps.follow(page, "算一算补贴多少")
    steps.fill(page, {"实际支付的保费（元，含税）": "100000"})
    steps.press(page, "测算")
    expect(page.get_by_role("heading", name="预计补贴")).to_be_visible()
    steps.usable_by_all(page)
    printed(page, "按保费 100,000.00 元测算", "80,000.00")


def test_a_printed_draft_says_that_it_is_not_filed(someone):
    draft = make.draft(window=make.window())
    page = someone(draft.created_by.username)
    for name in ("", "check/"):
        page.goto(draft.get_absolute_url() + name)
        printed(page, "尚未提交", draft.legal_entity.name, "打印。网上的内容以当时为准")
