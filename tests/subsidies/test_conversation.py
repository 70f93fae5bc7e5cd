"""往来留言: words between applicant and centre about a filed case, on both sides' screens."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application, CaseMessage, Side
from subsidies.services import conversation
from tests import drive, make
from tests.expect import refused, violates
from tests.subsidies.pages import browser, read, received, text_of, url
from tests.workbench import enter, list_of, look, text
from tests.workbench import url as screen_url

pytestmark = pytest.mark.django_db
QUESTION, ANSWER = "请问发票可以分两张开吗？", "可以，请分别上传。"


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.ACCEPTED)


@pytest.fixture
def case():
    return make.application(window=make.window())


def ask(case, words=QUESTION, **more) -> CaseMessage:
    return conversation.say(case, by=case.created_by, at=make.ACCEPTED, text=words, **more)


def answer(case, words=ANSWER, role=Role.HANDLER) -> CaseMessage:
    return conversation.say(case, by=make.officer(role), at=make.ACCEPTED, text=words)


def letters(**which) -> set[int]:
    return set(Message.objects.filter(event="case_message", channel="inbox", **which).values_list("recipient", flat=True))


# the verb


def test_what_one_side_says_the_other_is_told_without_the_words(case):
    ask(case)
    assert letters() == {make.officer(Role.HANDLER).pk}
    answer(case)
    assert letters(subject__startswith="中心有新留言") == {case.created_by_id}
    assert not Message.objects.filter(body__contains="发票").exists()


def test_an_answer_says_that_the_question_was_read(case):
    asked = ask(case)
    assert asked.read_at is None
    answer(case)
    asked.refresh_from_db()
    assert (asked.read_at, asked.read_by) == (make.ACCEPTED, make.officer(Role.HANDLER))
    assert case.conversation.unread_by(Side.APPLICANT).count() == 1


def test_it_leaves_the_case_as_it_was_and_an_event(case):
    ask(case)
    version = case.version
    case.refresh_from_db()
    assert case.version == version
    assert Event.objects.get(action="case_message", object_id=case.pk).data["side"] == "applicant"


def test_the_same_words_twice_in_a_row_are_one_message_and_one_letter(case):
    content = make.pdf("one").read()
    first, second = (ask(case, paper=SimpleUploadedFile("one.pdf", content)) for _ in range(2))
    assert first == second
    assert CaseMessage.objects.count() == 1
    answer(case)
    ask(case)
    assert CaseMessage.objects.count() == 3


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.IP_OFFICE, Role.ADMINISTRATOR])
def test_only_who_decides_at_the_centre_speaks_for_it(case, role):
    with refused("wrong_role"):
        answer(case, role=role)


def test_a_viewer_and_a_stranger_say_nothing(case):
    viewer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    for person in (viewer, make.owner_of(make.entity()), make.insurer().staff.get().user):
        with refused("other_applicant"):
            conversation.say(case, by=person, at=make.ACCEPTED, text=QUESTION)


def test_the_insurer_that_filed_speaks_and_is_told():
    case = drive.insurers_case(window=make.window())
    asked = ask(case)
    assert asked.side == Side.APPLICANT
    answer(case)
    assert case.created_by_id in letters(subject__startswith="中心有新留言")
    page = read(browser(case.created_by), url("insurer_home"))
    assert "中心的留言" in page
    assert "未读留言" in page


def test_a_draft_has_no_conversation():
    draft = make.draft(window=make.window())
    with refused("wrong_state"):
        ask(draft)
    assert browser(draft.created_by).get(url("conversation", draft.pk)).status_code == 302


def test_nothing_said_is_refused(case):
    with refused("reason_missing"):
        ask(case, " ")


def test_what_was_read_stays_read(case):
    asked = ask(case)
    answer(case)
    with violates("case_message_is_frozen"):
        CaseMessage.objects.filter(pk=asked.pk).update(read_at=None, read_by=None)


# the applicant's page


def test_the_applicant_asks_on_a_page_with_a_paper_that_both_sides_open(case):
    client = browser(case.created_by)
    assert url("conversation", case.pk) in client.get(case.get_absolute_url()).content.decode()
    page = client.post(url("conversation", case.pk), {"text": QUESTION, "paper": make.pdf("invoice")}, follow=True)
    assert QUESTION in text_of(page)
    said = case.conversation.get()
    assert received(client.get(url("paper", case.pk, said.paper_id))).startswith(b"%PDF-")
    assert enter(Role.HANDLER).get(screen_url(case, "paper", said.paper_id)).status_code == 200
    stranger = browser(make.owner_of(make.entity()))
    assert stranger.get(url("paper", case.pk, said.paper_id)).status_code == 404
    assert stranger.get(url("conversation", case.pk)).status_code == 404


def test_an_answer_is_marked_on_case_and_desk_until_it_is_said_to_be_read(case):
    answer(case)
    client = browser(case.created_by)
    for address in (url("home"), url("applications")):
        assert "未读留言" in read(client, address), address
    assert "往来留言 1 条未读" in read(client, case.get_absolute_url())
    assert f"未读 {ANSWER}" in read(client, url("conversation", case.pk))
    assert case.conversation.unread_by(Side.APPLICANT).exists()  # looking changed nothing
    client.post(url("conversation_read", case.pk))
    assert not case.conversation.unread_by(Side.APPLICANT).exists()
    assert "未读留言" not in read(client, url("applications"))


def test_an_empty_message_is_refused_and_the_paper_is_kept(case):
    page = browser(case.created_by).post(url("conversation", case.pk), {"text": "", "paper": make.pdf("kept")})
    assert page.status_code == 422
    assert "kept.pdf" in page.content.decode()
    assert "请写明留言内容。" in text_of(page)


def test_the_desk_asks_as_many_queries_with_more_unread_cases(case):
    client = browser(case.created_by)
    answer(case)
    client.get(url("applications"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(url("applications"))
    other = make.application(window=make.window(), legal_entity=case.legal_entity)
    answer(other)
    with CaptureQueriesContext(connection) as two:
        client.get(url("applications"))
    assert len(one) == len(two)


# the centre's screen


def test_the_handler_reads_on_the_screen_and_answers(case):
    ask(case)
    shown = text(look(Role.HANDLER, case))
    assert QUESTION in shown
    assert "1 条未读" in shown
    response = enter(Role.HANDLER).post(screen_url(case, "conversation"), {"text": ANSWER})
    assert response["Location"].endswith("#conversation")
    assert case.conversation.last().text == ANSWER
    assert "未读" not in text(look(Role.HANDLER, case)).split("往来留言")[1].split("给申请人留言")[0]


def test_words_that_need_no_answer_are_marked_as_read(case):
    ask(case)
    enter(Role.REVIEWER).post(screen_url(case, "conversation"), {"read": "1"})
    assert not case.conversation.unread_by(Side.CENTRE).exists()


def test_an_empty_answer_is_refused_on_the_screen(case):
    response = enter(Role.HANDLER).post(screen_url(case, "conversation"), {"text": ""})
    assert response.status_code == 422
    assert "请写明留言内容。" in text(response)


def test_who_only_reads_the_case_sees_no_form(case):
    ask(case)
    assert QUESTION in text(look(Role.AUDITOR, case))
    assert "给申请人留言" not in text(look(Role.AUDITOR, case))
    assert enter(Role.AUDITOR).post(screen_url(case, "conversation"), {"text": ANSWER}).status_code == 403


def test_the_desk_counts_cases_with_unread_words_and_leads_to_them(case):
    make.application(window=case.window)
    ask(case)
    ask(case, "再问一句")
    assert "申请人留言 1" in text(enter(Role.HANDLER).get("/admin/"))
    found = enter(Role.HANDLER).get(list_of(Application, matter="said"))
    assert case.number in text(found)
    assert found.context["cl"].result_count == 1
