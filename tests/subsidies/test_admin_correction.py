"""一次性告知补正 on the case screen: one complete list, what it suggests, what came of it, old beside new."""

import pytest

from pilot_portal.accounts.roles import Role
from subsidies.admin.case_forms import MORE, MOST, ROWS
from subsidies.models import Correction, Part, Verdict
from subsidies.services import applications, corrections, reviews
from subsidies.states import State
from tests import drive, make
from tests.subsidies import cases
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


def form_on(response, name="ask_correction"):
    return next(form for act, form, _ in response.context["acts"] if act.name == name)


def rows_of(response):
    return [(part.value(), sentence.value()) for part, sentence in form_on(response).rows()]


def told(case) -> list[tuple[str, str]]:
    return list(Correction.objects.get(application=case, closed_at=None).items.values_list("part", "sentence"))


def ask(case, **rows):
    return press(Role.HANDLER, case, "ask_correction", at=drive.TOLD, **rows)


def test_rows_with_words_are_told_and_empty_ones_are_not(window):
    case = cases.submitted(window)
    rows = {"rows": "4", "part_0": "pledge", "sentence_0": " 请盖章。 ", "part_2": "invoices", "sentence_2": "请换开。", "part_3": "other"}
    assert ask(case, **rows).status_code == 302
    assert told(case) == [("pledge", "请盖章。"), ("invoices", "请换开。")]


def test_a_list_without_a_word_is_refused(window):
    case = cases.submitted(window)
    response = ask(case, rows="3", part_0="pledge", sentence_0="  ")
    assert response.status_code == 422
    assert "请至少列出一项" in text(response)


def test_more_rows_are_given_without_losing_a_word_or_telling_anything(window):
    case = cases.submitted(window)
    response = ask(case, rows="2", more="1", part_0="pledge", sentence_0="请盖章。", part_1="", sentence_1="还没有选是哪部分")
    assert response.status_code == 200
    assert rows_of(response) == [("pledge", "请盖章。"), ("", "还没有选是哪部分"), *[(None, None)] * MORE]
    assert "有内容需要修改" not in text(response)
    case.refresh_from_db()
    assert (case.state, case.corrections.count()) == (State.SUBMITTED, 0)


@pytest.mark.parametrize(("sent", "shown"), [("9999999999", ROWS), ("-3", ROWS), ("abc", ROWS), ("999", MOST), ("0", 1)])
def test_a_count_of_rows_that_nobody_typed_is_harmless(window, sent, shown):
    response = ask(cases.submitted(window), rows=sent)
    assert (response.status_code, len(rows_of(response))) == (422, shown)


def test_what_fails_and_what_waits_for_a_paper_is_suggested(window):
    case = make.draft(window=window)
    make.invoice(case.policy, number="70000001", amount=case.policy.premium)  # twice the premium: to be explained
    applications.submit(case, by=case.created_by, at=make.FILED)
    reviews.screen(case, at=make.FILED)
    failed = case.findings.get(code="payee_name_differs")
    reviews.judge(failed, by=make.officer(Role.HANDLER), at=make.ACCEPTED, verdict=Verdict.FAILED, note="户名少了“科技”二字")
    rows = [row for row in rows_of(look(Role.HANDLER, case, at=drive.TOLD)) if row[1]]
    assert [part for part, _ in rows] == [Part.INVOICES, Part.ACCOUNT]
    assert "发票合计 200,000.00 元" in rows[0][1]
    assert rows[1][1] == "户名少了“科技”二字"  # the machine had passed it: the officer's word alone is right


def test_the_deadline_that_will_be_told_stands_above_the_list(window):
    case = cases.submitted(window)
    assert "2026 年 9 月 16 日" in text(look(Role.HANDLER, case, at=drive.TOLD))
    ask(case, rows="1", part_0="pledge", sentence_0="请盖章。")
    assert Correction.objects.get(application=case).due_at == make.moment("2026-09-17 00:00")


def test_a_second_list_offers_only_parts_of_the_first(window):
    case = cases.handed_in(window)
    form = form_on(look(Role.HANDLER, case, at=drive.ANSWERED))
    assert [value for value, _ in form.fields["part_0"].choices] == ["", "invoices", "pledge"]
    response = press(Role.HANDLER, case, "ask_correction", at=drive.ANSWERED, rows="1", part_0="account", sentence_0="换账户")
    assert response.status_code == 422
    assert press(Role.HANDLER, case, "ask_correction", at=drive.ANSWERED, rows="1", part_0="pledge", sentence_0="再盖").status_code == 302


def test_while_the_list_is_open_the_screen_says_so_and_nobody_else_acts(window):
    case = cases.asked(window)
    response = look(Role.HANDLER, case, at=drive.TOLD)
    shown = text(response)
    assert "等待企业补正。" in shown
    assert "企业应于 9 月 16 日前补正" in shown
    assert cases.LIST[0][1] in shown
    assert not buttons(Role.HANDLER, case, at=drive.TOLD)


def test_after_the_extension_its_button_is_gone_and_the_reason_stands(window):
    case = cases.asked(window)
    assert press(Role.HEAD, case, "extend_correction", at=drive.TOLD, days="3", reason="企业受灾停工").status_code == 302
    response = look(Role.HEAD, case, at=drive.TOLD)
    assert "extend_correction" not in buttons(Role.HEAD, case, at=drive.TOLD)
    assert "企业受灾停工" in text(response)
    assert "补正期限已延长过一次" in text(response)


def test_what_was_handed_in_stands_old_beside_new(window):
    response = look(Role.HANDLER, cases.handed_in(window), at=drive.ANSWERED)
    assert "补正已提交，请逐项核对。" in text(response)
    asked_for = response.context["matters"].corrections[0]
    pledge, invoices = asked_for.items
    assert [(row.before, row.differs) for row in pledge.rows] == [("—", True)]
    assert [(row.label, row.differs) for row in invoices.rows if row.label != "文件"][-1] == ("88880001", True)
    assert sum(not row.differs for row in invoices.rows) == 2  # the first invoice and its file
    assert "已盖章。" in text(response)


def test_papers_of_an_answer_are_opened_from_the_screen_of_their_case_alone(window):
    case, other = cases.handed_in(window), cases.submitted(window)
    paper = case.attachments.get().file
    assert enter(Role.HANDLER).get(url(case, "paper", paper.pk)).status_code == 200
    assert enter(Role.HANDLER).get(url(other, "paper", paper.pk)).status_code == 404


def test_a_paper_that_was_replaced_can_still_be_seen(window):
    case = cases.asked(window)
    item = corrections.open_correction(case).items.get(part=Part.PLEDGE)
    owner = make.owner_of(case.legal_entity)
    for name in ("first", "second"):
        corrections.answer(item, by=owner, at=drive.ANSWERED, upload=make.pdf(name))
    old = case.attachments.get(superseded_at__isnull=False)
    response = look(Role.HANDLER, case, at=drive.ANSWERED)
    assert "（已替换）" in text(response)
    assert enter(Role.HANDLER).get(url(case, "paper", old.file_id)).status_code == 200


def test_once_accepted_the_correction_is_folded_away_but_there(window):
    case = cases.handed_in(window)
    applications.accept(case, by=make.officer(Role.HANDLER), at=drive.ANSWERED)
    shown = text(look(Role.HANDLER, case, at=drive.ANSWERED))
    assert "补正已提交，请逐项核对。" not in shown
    assert cases.LIST[0][1] in shown
