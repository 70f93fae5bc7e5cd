"""函件文字: the head rewords a letter or paper for a later day; what went before keeps its words."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from subsidies.letter_words import LETTERS, PAPERS, WORDS, Words, check_words
from subsidies.models import Document, DocumentKind, LetterVersion
from subsidies.services import applications, documents, letter_versions, letters
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.subsidies import papers as pdfs
from tests.subsidies.test_documents_issued import text_of
from tests.workbench import enter, list_of, text

pytestmark = pytest.mark.django_db
LATER = date(2026, 9, 2)
NEW = Words("已受理（新）：{number}", "申报 {number} 已受理，{due} 前完成初审。请耐心等待。")


def write(key: str = "accepted", words: Words = NEW, *, at=make.FILED, effective_on=LATER, **facts) -> LetterVersion:
    facts = {"by": make.officer(Role.HEAD), "reason": "更易懂", **facts}
    return letter_versions.write_version(key, words, at=at, effective_on=effective_on, **facts)


def page(key: str = "accepted") -> str:
    return reverse("admin:subsidies_letterversion_letter", args=[key])


def typed(words: Words = NEW, **changed) -> dict:
    return {"subject": words.subject, "body": words.body, "effective_on": "2026-09-02", "reason": "更易懂", "seen": "0", **changed}


# what is sent


def test_a_letter_keeps_its_old_words_until_the_day_and_has_the_new_ones_from_then_on():
    write()
    case = make.application(window=make.window(), state=State.ACCEPTED)
    Message.objects.all().delete()
    for days, about in ((0, "first"), (1, "second")):
        letters.tell(case, "accepted", at=make.FILED + timedelta(days=days), about=about)
    before, after = Message.objects.filter(channel="inbox").order_by("pk")
    assert (before.subject, before.wording) == (f"申报已受理：{case.number}", "accepted/0")
    assert (after.subject, after.wording) == (f"已受理（新）：{case.number}", "accepted/1")
    assert case.number in after.body and "{" not in after.body


def test_of_two_versions_for_one_day_the_later_counts_and_a_withdrawn_one_does_not():
    write()
    second = write(words=Words("又改：{number}", "申报 {number} 已受理，{due} 前完成初审。"))
    assert letter_versions.words_in_force("accepted", make.FILED + timedelta(days=1))[1] == "accepted/2"
    letter_versions.withdraw_version(second, by=make.officer(Role.HEAD), at=make.FILED)
    assert letter_versions.words_in_force("accepted", make.FILED + timedelta(days=1))[1] == "accepted/1"


def test_a_paper_has_the_words_of_the_day_of_its_decision_also_when_drawn_later():
    next_day = make.ACCEPTED + timedelta(days=1)
    window = make.window()
    first, second = make.application(window=window), make.application(window=window)
    words = Words("", PAPERS["acceptance_paper"].body.replace("四、本通知书只说明", "四、本通知书仅说明"))
    write("acceptance_paper", words, at=make.ACCEPTED, effective_on=next_day.date())
    for case, at in ((first, make.ACCEPTED), (second, next_day)):
        applications.accept(case, by=make.officer(Role.HANDLER), at=at)
    papers = [documents.issue_paper(DocumentKind.ACCEPTANCE, case.pk, at=next_day + timedelta(days=9)) for case in (first, second)]
    assert [paper.wording for paper in papers] == ["acceptance_paper/0", "acceptance_paper/1"]
    assert ["本通知书仅说明" in text_of(paper) for paper in papers] == [False, True]


@pytest.mark.parametrize("key", WORDS)
def test_what_the_portal_came_with_passes_its_own_check(key):
    check_words(key, WORDS[key])


# what is refused


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("letter_blank_missing", Words("已受理", "申报 {number} 已受理。")),
        ("letter_blank_unknown", Words("已受理：{number}", "{due} 前完成初审，{account}")),
        ("letter_blank_unknown", Words("已受理：{number}", "{due} 前完成初审，{window}")),
        ("letter_blank_broken", Words("已受理：{number}", "{due 前完成初审")),
        ("letter_blank_broken", Words("已受理：{number}", "{due} {number.__class__}")),
        ("letter_blank_broken", Words("已受理：{number}", "{due} {number!r}")),
        ("letter_blank_broken", Words("已受理：{number}", "{due} {number:>99999999}")),
        ("letter_blank_broken", Words("已受理：{number}", "{due} {0}")),
    ],
)
def test_words_that_would_fail_or_withhold_a_deadline_are_refused(code, words):
    with refused(code):
        write(words=words)
    assert not LetterVersion.objects.exists()


def test_nobody_rewords_today_or_the_past():
    with refused("letter_starts_too_early"):
        write(effective_on=make.FILED.date())


@pytest.mark.parametrize("role", [role for role in Role if role != Role.HEAD])
def test_only_the_head_rewords(role):
    with refused("wrong_role"):
        write(by=make.officer(role))


def test_whoever_did_not_see_the_latest_version_is_told_and_keeps_what_was_typed():
    write()
    response = post(save="yes", seen="0")
    assert response.status_code == 409
    assert "另一人已写了新版本" in text(response) and NEW.body in response.content.decode()
    assert LetterVersion.objects.count() == 1


def test_a_version_in_force_is_not_withdrawn():
    version = write()
    with refused("letter_version_in_force"):
        letter_versions.withdraw_version(version, by=make.officer(Role.HEAD), at=make.FILED + timedelta(days=1))


# the pages


def post(key: str = "accepted", role: Role = Role.HEAD, words: Words = NEW, **changed):
    with time_machine.travel(make.FILED, tick=False):
        return enter(role).post(page(key), typed(words, **changed))


def test_the_head_looks_at_it_with_a_real_case_and_saves_nothing_by_that():
    case = make.application(window=make.window())
    response = post(preview="yes", effective_on="", reason="")
    shown = text(response)
    assert response.status_code == 200
    assert f"已受理（新）：{case.number}" in shown
    assert not LetterVersion.objects.exists()


def test_the_head_saves_and_withdraws_a_version():
    assert post(save="yes").status_code == 302
    version = LetterVersion.objects.get()
    assert (version.sequence, version.effective_on, version.words) == (1, LATER, NEW)
    with time_machine.travel(make.FILED, tick=False):
        assert "待启用" in text(enter(Role.HEAD).get(page()))
        assert enter(Role.HEAD).post(reverse("admin:subsidies_letterversion_withdraw", args=[version.pk])).status_code == 302
        assert "已撤下" in text(enter(Role.HEAD).get(page()))


def test_a_paper_is_looked_at_as_pdf():
    case = make.application(window=make.window(), state=State.ACCEPTED)
    words = Words("", PAPERS["acceptance_paper"].body.replace("四、", "四、预览的话。"))
    assert "还没有签发过" in text(post("acceptance_paper", words=words, preview="yes"))
    documents.issue_paper(DocumentKind.ACCEPTANCE, case.pk, at=make.ACCEPTED)
    response = post("acceptance_paper", words=words, preview="yes", effective_on="", reason="")
    assert response["Content-Type"] == "application/pdf"
    assert "预览的话" in pdfs.text(b"".join(response))
    assert Document.objects.filter(kind=DocumentKind.ACCEPTANCE).count() == 1


def test_the_overview_names_every_letter_and_the_auditor_only_reads():
    write()
    overview = text(enter(Role.AUDITOR).get(list_of(LetterVersion)))
    assert "受理通知书" in overview and "补贴已到账" in overview
    assert "写新版本" not in text(enter(Role.AUDITOR).get(page()))
    assert post(role=Role.AUDITOR, save="yes").status_code == 403
    assert enter(Role.HANDLER).get(page()).status_code == 403


def test_the_overview_takes_as_many_queries_with_many_versions(django_assert_num_queries, django_assert_max_num_queries):
    client = enter(Role.HEAD)
    with django_assert_max_num_queries(12) as before:
        client.get(list_of(LetterVersion))
    for key in list(LETTERS)[:4]:
        write(key, WORDS[key])
    with django_assert_num_queries(len(before)):
        client.get(list_of(LetterVersion))
