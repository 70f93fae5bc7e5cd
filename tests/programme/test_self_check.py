"""能不能申报: six answers in the address, a verdict in words, the clause of each, the papers to prepare."""

import re

import pytest
import time_machine
from django.urls import NoReverseMatch, reverse

from programme import self_check
from subsidies.eligibility import WORDINGS
from tests import make

pytestmark = pytest.mark.django_db
FINE = {"kind": "company", "place": "beijing", "category": "named", "policy": "pilot", "money": "paid", "filed": "no"}
OPTIONS = [(question, option) for question in self_check.questions(None) for option in question.options]


def ask(client, **answers):
    return client.get(reverse("programme:self_check", query={**FINE, **answers}))


def test_there_are_six_questions_and_every_answer_has_its_clause_and_sentence():
    assert len(self_check.questions(None)) == 6
    for question, option in OPTIONS:
        assert option.clause, (question.name, option.value)
        assert option.sentence.endswith("。")
        assert "{" not in option.sentence
    for question in self_check.questions(None):
        assert sum(option.tone == self_check.HOLDS for option in question.options) == 1


def test_every_way_on_leads_to_a_page():
    for _, option in OPTIONS:
        try:
            assert option.way is None or reverse(option.way[1])
        except NoReverseMatch:
            pytest.fail(f"{option.label} leads nowhere")


def test_the_empty_page_asks_and_judges_nothing(client):
    html = client.get(reverse("programme:self_check")).content.decode()
    assert html.count('type="radio"') == len(OPTIONS)
    assert "自查结果" not in html
    assert "请选择一项" not in html


def test_fitting_answers_may_file_now_with_their_papers(client):
    make.window(name="2026 年第一期")
    with time_machine.travel(make.FILED, tick=False):
        answer = ask(client)
    html = answer.content.decode()
    assert answer.status_code == 200
    for said in (
        "按您的回答，符合申报条件",
        "2026 年第一期正在受理，9 月 30 日 17:00 截止",
        "开始申报",
        "要准备的材料",
        "企业类别证明",
        "data-print",
    ):
        assert said in html
    assert "代付说明" not in html
    assert html.count("试点方案 六（二）2") >= 2


@pytest.mark.parametrize(("question", "option"), [(q, o) for q, o in OPTIONS if o.tone == self_check.STOPS])
def test_one_answer_that_does_not_fit_stops_it_and_says_what_to_do(client, question, option):
    html = ask(client, **{question.name: option.value}).content.decode()
    assert "按您的回答，现在不能申报" in html
    assert "有 1 项不符合" in html
    assert option.sentence in html
    assert "开始申报" not in html


@pytest.mark.parametrize(("question", "option"), [(q, o) for q, o in OPTIONS if o.tone in (self_check.FIRST, self_check.ASKS)])
def test_an_answer_that_is_open_says_what_comes_first_or_who_decides(client, question, option):
    html = ask(client, **{question.name: option.value}).content.decode()
    assert "按您的回答，可以准备申报" in html
    assert ("先办好 1 项" if option.tone == self_check.FIRST else "有 1 项由工作人员认定") in html
    assert option.sentence in html


def test_a_rule_of_the_checks_is_said_in_its_own_words(client):
    html = ask(client, kind="branch").content.decode()
    assert WORDINGS["branch_not_legal_person"].fails in html


def test_papers_follow_the_answers(client):
    html = ask(client, category="exporter", money="payer").content.decode()
    assert "出口证明" in html
    assert "代付说明和关联证明" in html
    assert "<strong>企业类别证明</strong>" not in html


def test_dates_are_the_windows(client):
    make.window()
    with time_machine.travel(make.FILED, tick=False):
        html = ask(client, money="early").content.decode()
    assert "保单须在 2026 年 1 月 1 日至 2026 年 9 月 30 日之间签订" in html


def test_a_window_that_comes_later_is_announced_with_its_dates(client):
    make.window(name="2026 年第一期")
    with time_machine.travel(make.OPENS - (make.FILED - make.OPENS), tick=False):
        html = ask(client).content.decode()
    assert "2026 年第一期将于 8 月 31 日 09:00 开始受理" in html
    assert "2026 年 9 月 30 日（含）以前缴纳" in html


def test_insurers_of_the_pilot_are_named_while_their_selection_holds(client):
    name = make.insurer().name
    for at, shown in ((make.FILED, True), (make.moment("2027-02-01 10:00"), False)):
        with time_machine.travel(at, tick=False):
            assert (name in client.get(reverse("programme:self_check")).content.decode()) == shown


def test_what_is_missing_or_unknown_is_said_beside_its_question_and_the_rest_stays(client):
    for query in ({"kind": "company"}, {**FINE, "money": "stolen"}):
        answer = client.get(reverse("programme:self_check", query=query))
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "error-summary" in html
        assert "自查结果" not in html
        assert "checked" in next(radio for radio in re.findall(r"<input[^>]*>", html) if 'value="company"' in radio)
        assert "stolen" not in html
