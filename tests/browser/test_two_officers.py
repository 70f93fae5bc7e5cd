"""Two officers on one case: the second is told what the first has done, and nothing that was typed is lost."""

import pytest
from playwright.sync_api import expect

from pilot_portal.accounts.roles import Role
from subsidies.models import Verdict
from subsidies.states import State
from tests import make
from tests.browser import centre, steps

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = "已查询信用中国网站，近两年没有记录"


def test_the_second_of_two_handlers_is_told_what_changed_and_keeps_the_words(someone, clock):
    clock("2026-09-02 10:00")
    case = make.application(window=make.window(), state=State.ACCEPTED)
    make.officer(Role.HANDLER)
    make.user(Role.HANDLER, "another-handler")
    first, second = someone("the-handler"), someone("another-handler")
    for page in (first, second):
        centre.open_case(page, case.number)
        page.locator("#checks summary").filter(has_text="写明结论和依据").first.click()

    judge(first, "请核对处罚决定书", "不符合")
    steps.told(first, "结论已保存")

    judge(second, NOTE, "通过")
    changed = second.get_by_role("alert").filter(has_text="您打开页面后发生了这些变化")
    expect(changed).to_contain_text("处理核查事项")
    expect(second.locator("#checks").get_by_label("依据").first).to_have_value(NOTE)
    assert case.findings.get(note="请核对处罚决定书").verdict == Verdict.FAILED

    steps.press(second.locator("#checks .finding").first, "保存结论")  # having read it
    steps.told(second, "结论已保存")
    assert case.findings.get(note=NOTE).verdict == Verdict.PASSED


def judge(page, note: str, verdict: str) -> None:
    finding = page.locator("#checks .finding").first
    finding.get_by_role("radio", name=verdict, exact=True).check()
    finding.get_by_label("依据").fill(note)
    steps.press(finding, "保存结论")
