"""Applicant and centre write to each other about a case; each desk says that there are unread words."""

import re

import pytest
from playwright.sync_api import expect

from pilot_portal.accounts.roles import Role
from subsidies.models import CaseMessage
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
QUESTION, ANSWER = "请问发票可以分两张开吗？", "可以，请分别上传。"


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_a_question_is_answered_and_the_answer_stands_on_the_desk(someone, clock, screen):
    clock("2026-09-02 10:00")
    case = make.application(window=make.window())
    page = someone(case.created_by.username, **screen)
    page.goto(case.get_absolute_url())
    steps.follow(page, "给中心留言")
    steps.arrive(page, "往来留言")
    steps.fill(page, {"留言": QUESTION})
    steps.hand_in(page, "附件（选填）", "invoice")
    steps.press(page, "发出留言")
    steps.told(page, "留言已发出")
    centre = someone(make.officer(Role.HANDLER).username)
    centre.goto("/admin/")
    centre.get_by_role("link", name=re.compile("申请人留言")).click()
    centre.get_by_role("link", name=case.number).first.click()
    said = centre.locator("#conversation")
    expect(said).to_contain_text(QUESTION)
    steps.fill(said, {"留言": ANSWER})
    steps.press(said, "给申请人留言")
    steps.told(centre, "留言已发出")
    page.goto("/enterprise/")
    page.get_by_role("link", name="未读留言").click()
    expect(page.get_by_role("main")).to_contain_text(ANSWER)
    steps.usable_by_all(page)
    steps.press(page, "标为已读")
    steps.told(page, "留言已标为已读")
    assert not CaseMessage.objects.filter(read_at=None).exists()
