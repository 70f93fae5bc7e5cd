"""The paper of each decision: issued once, kept for ever, and saying what stood when it was decided."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.audit.templatetags.workbench import pairs
from pilot_portal.reference.services import last_day
from subsidies import tasks
from subsidies.models import Application, Correction, Document, DocumentKind, Part, PublicNotice, Recovery
from subsidies.services import applications, corrections, documents, endings, objections, publicity, recovery, rejections
from subsidies.states import State
from tests import drive, make
from tests.races import at_once, codes
from tests.subsidies.test_documents_issued import bytes_of, text_of

pytestmark = pytest.mark.django_db
REASON = "保险产品不是试点产品"


def accepted():
    return make.application(window=make.window(), state=State.ACCEPTED)


def refused(**columns):
    case = make.application(window=make.window(**columns))
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED, reason=REASON)
    return applications.decide_refusal(case, by=make.officer(Role.REVIEWER), at=make.ACCEPTED, confirmed=True)


def rejected(*, reply: bool = False):
    window = make.window()
    case = drive.rejection(window=window)
    if reply:
        rejections.reply(case, by=case.created_by, at=drive.REPLIED, text="我们确有海外经营")
    run = make.allocated(window)
    publicity.determine(
        run, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, minutes_number="会议纪要〔2026〕8号", seen_hash=run.list_hash
    )
    case.refresh_from_db()
    return case


def corrected():
    return drive.corrected(make.application(window=make.window()))


def published():
    return drive.published(window=make.window())[1]


def ordered():
    return drive.ordered(window=make.window())


DECIDED = {
    DocumentKind.ACCEPTANCE: (accepted, "中知促受", make.ACCEPTED),
    DocumentKind.CORRECTION: (corrected, "中知促补", drive.TOLD),
    DocumentKind.REFUSAL: (refused, "中知促不受", make.ACCEPTED),
    DocumentKind.REJECTION: (rejected, "中知促决", make.DETERMINED),
    DocumentKind.PUBLIC_NOTICE: (published, "中知促公示", make.PUBLICISED),
    DocumentKind.RECOVERY: (ordered, "京知退", drive.ORDERED),
}
EACH_KIND = pytest.mark.parametrize("kind", DECIDED, ids=lambda kind: kind.value)


def issued(kind, row) -> Document:
    return documents.issue_paper(kind, row.pk, at=make.PAID)


def case_of(row) -> Application:
    return row if isinstance(row, Application) else row.application


@EACH_KIND
def test_a_decision_gets_its_paper_with_number_moment_and_recorded_hash(kind):
    decide, series, moment = DECIDED[kind]
    row = decide()
    paper = issued(kind, row)
    assert paper.number.startswith(f"{series}〔2026〕")
    assert (paper.kind, paper.issued_at, paper.issued_by.username) == (kind, moment, "system")
    assert hashlib.sha256(bytes_of(paper)).hexdigest() == paper.sha256 == paper.file.sha256
    assert Event.objects.get(action="issue_document", object_id=paper.pk).data["sha256"] == paper.sha256
    words = text_of(paper)
    assert kind.label in words
    assert paper.number in words
    assert paper.verify_code in words
    if kind != DocumentKind.PUBLIC_NOTICE:
        assert case_of(row).number in words
        assert str(int(case_of(row).number.split("-")[2])) in paper.number


@EACH_KIND
def test_asked_again_it_is_the_same_paper_and_the_same_facts_give_the_same_bytes(kind):
    row = DECIDED[kind][0]()
    paper = issued(kind, row)
    assert issued(kind, row) == paper == Document.objects.get(kind=kind)
    decision = documents.DECISIONS[kind]
    issue = documents._issue(decision.number(row), getattr(row, decision.moment), decision.issuer)
    assert decision.draw(decision.facts(type(row).objects.get(pk=row.pk)), issue) == bytes_of(paper)


@EACH_KIND
@pytest.mark.django_db(transaction=True)
def test_drawn_twice_at_once_there_is_one(kind):
    row = DECIDED[kind][0]()
    outcomes = at_once(*[lambda: issued(kind, row)] * 2, meet="subsidies.services.documents.store")
    assert codes(outcomes) == ["done", "done"]
    assert outcomes[0] == outcomes[1] == Document.objects.get(kind=kind)
    assert Event.objects.filter(action="issue_document", object_id=outcomes[0].pk).count() == 1


@EACH_KIND
def test_its_verify_page_knows_it(kind, client):
    paper = issued(kind, DECIDED[kind][0]())
    page = client.get(reverse("programme:verified", args=[paper.verify_code])).content.decode()
    assert "该文书由本网站出具" in page
    assert kind.label in page
    assert paper.number in page
    assert paper.sha256 in page


def got(client, address: str) -> int:
    """The status of an answer; a file is read to its end, which closes it."""
    answer = client.get(address)
    assert not answer.streaming or b"".join(answer.streaming_content).startswith(b"%PDF")
    return answer.status_code


@EACH_KIND
def test_an_applicant_reads_its_own_papers_and_nobody_elses(kind, client):
    row = DECIDED[kind][0]()
    paper = issued(kind, row)
    case = row.applications.get() if isinstance(row, PublicNotice) else case_of(row)
    other = make.application(window=make.window())
    address = reverse("subsidies:document", args=[case.pk, paper.pk])
    client.force_login(make.owner_of(case.legal_entity))
    is_public = kind == DocumentKind.PUBLIC_NOTICE
    assert got(client, address) == (404 if is_public else 200)
    assert (paper in case.documents.for_applicant()) is not is_public
    if not is_public:
        assert address in client.get(case.get_absolute_url()).content.decode()
    client.force_login(make.owner_of(other.legal_entity))
    assert client.get(address).status_code == 404
    assert client.get(reverse("subsidies:document", args=[other.pk, paper.pk])).status_code == 404
    assert not other.documents.for_applicant().exists()


@EACH_KIND
def test_a_lost_task_is_found_and_made_up_for(kind, monkeypatch):
    row = DECIDED[kind][0]()
    assert (kind.value, row.pk) in list(documents.unmade())
    sent = []
    monkeypatch.setattr(tasks.issue_paper, "delay", lambda *args: sent.append(args))
    tasks.catch_up()
    assert (kind.value, row.pk) in sent
    for args in sent:
        tasks.issue_paper(*args)
    assert list(documents.unmade()) == []
    assert Document.objects.filter(kind=kind).exists()


def test_nothing_is_issued_where_nothing_was_decided():
    case = make.application(window=make.window())
    proposed = drive.recovering(window=make.window())
    for kind in (DocumentKind.ACCEPTANCE, DocumentKind.REFUSAL, DocumentKind.REJECTION):
        with pytest.raises(Application.DoesNotExist):
            issued(kind, case)
    with pytest.raises(Recovery.DoesNotExist):
        issued(DocumentKind.RECOVERY, proposed)
    recovery.drop_recovery(proposed, by=make.officer(Role.IP_OFFICE), at=drive.ORDERED, reason="已自行退回")
    with pytest.raises(Recovery.DoesNotExist):
        issued(DocumentKind.RECOVERY, proposed)


def test_the_sweep_asks_for_the_unmade_papers_in_one_query_a_kind(django_assert_num_queries):
    for _ in range(3):
        make.application(window=make.window(), state=State.ACCEPTED)
    with django_assert_num_queries(len(DECIDED)):
        assert len(list(documents.unmade())) == 3


def test_an_acceptance_keeps_the_day_that_was_promised_whatever_became_of_it():
    case = accepted()
    promised = last_day(case.due_at)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.REVIEWED, reason="核实")
    applications.release(case, by=make.officer(Role.HEAD), at=make.moment("2026-09-14 10:00"), reason="已核实")
    assert last_day(case.due_at) > promised
    assert f"15个工作日内（2026年9月{promised.day}日前，含当日）" in text_of(issued(DocumentKind.ACCEPTANCE, case))


def test_a_correction_keeps_its_first_deadline_and_its_items_after_an_extension():
    asked = corrected()
    case = asked.application
    corrections.extend_correction(case, by=make.officer(Role.HEAD), at=make.REVIEWED, days=3, reason="材料在国外")
    words = text_of(issued(DocumentKind.CORRECTION, Correction.objects.get(pk=asked.pk)))
    assert "请在2026年9月16日前（含当日，共10个工作日）" in words
    assert "发票抬头与投保人不符，请换开后上传。" in words


def test_a_second_correction_of_a_case_has_a_paper_of_its_own():
    asked = corrected()
    case = asked.application
    one = issued(DocumentKind.CORRECTION, asked)
    drive.answer_all(case)
    corrections.resubmit(case, by=case.created_by, at=drive.ANSWERED)
    later = make.moment("2026-09-10 10:00")
    corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=later, items=[(Part.INVOICES, "发票仍不清晰")])
    two = issued(DocumentKind.CORRECTION, case.corrections.get(sequence=2))
    assert two.number == one.number.replace("号", "-2号")
    assert "此前告知的下列事项尚未补正到位" in text_of(two)
    assert set(case.documents.for_applicant()) == {one, two}


@pytest.mark.parametrize("refile", [True, False])
def test_a_refusal_says_whether_the_window_lets_the_applicant_file_again(refile):
    words = text_of(issued(DocumentKind.REFUSAL, refused(refile_after_refusal=refile)))
    assert f"不予受理的理由：{REASON}。" in words
    assert ("可以在本期申报截止前重新申报" in words) is refile


def test_a_refusal_after_closing_offers_no_other_filing():
    case = make.application(window=make.window())
    late = make.CLOSES + timedelta(hours=1)
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=late, reason=REASON)
    applications.decide_refusal(case, by=make.officer(Role.REVIEWER), at=late, confirmed=True)
    assert "本期不能再次申报" in text_of(issued(DocumentKind.REFUSAL, case))


@pytest.mark.parametrize("reply", [True, False])
def test_a_rejection_says_who_decided_and_whether_the_applicant_was_heard(reply):
    words = text_of(issued(DocumentKind.REJECTION, rejected(reply=reply)))
    assert "没有海外经营，不符合试点范围。" in words
    assert "2026年10月12日审定（会议纪要〔2026〕8号）" in words
    assert ("你单位于2026年9月7日提交了陈述申辩" in words) is reply
    assert ("你单位在期限内没有陈述申辩" in words) is not reply


def test_a_rejection_names_the_failed_check_without_the_advice_that_came_with_it():
    window = make.window()
    case = make.application(window=window, state=State.ACCEPTED)
    make.judge_all(case)
    finding = drive.fail_a_check(case)
    type(finding).objects.filter(pk=finding.pk).update(
        sentence="这份保单已退保，不能申请补贴。请选择另一份保单。", clause="试点方案 四（二）"
    )
    drive.reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, opinion=drive.Opinion.REJECT, opinion_reason="保单已退保")
    rejections.propose_rejection(case, by=make.officer(Role.REVIEWER), at=drive.REJECTING, reason="保单已退保")
    run = make.allocated(window)
    publicity.determine(run, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, minutes_number="8号", seen_hash=run.list_hash)
    words = text_of(issued(DocumentKind.REJECTION, case))
    assert "（1）这份保单已退保，不能申请补贴。（试点方案四（二））" in words
    assert "请选择另一份保单" not in words


def test_a_public_list_says_what_was_published_after_cases_have_left_it():
    window = make.window()
    first, second, third = (make.application(window=window, state=State.CHECKED) for _ in range(3))
    notice = make.publicised(window)
    first.refresh_from_db()
    endings.abandon(first, by=first.created_by, at=drive.OBJECTED, reason="不再需要")
    second.refresh_from_db()
    objection = drive.objection(second)
    objections.uphold(objection, by=make.officer(Role.HEAD), at=drive.DECIDED, decision="保费有误", lowered_to=Decimal("1.00"))
    words = text_of(issued(DocumentKind.PUBLIC_NOTICE, PublicNotice.objects.get(pk=notice.pk)))
    names = [case.legal_entity.name for case in sorted((first, second, third), key=lambda case: case.number)]
    assert [words.index(name) for name in names] == sorted(words.index(name) for name in names)
    assert words.count("80,000.00") == 3
    assert "合计（3家）" in words
    assert "240,000.00" in words
    for case in (first, second, third):
        assert case.number not in words


def test_each_recovery_of_a_case_has_a_number_of_its_own():
    case = drive.paid(window=make.window())
    amounts = [Decimal("10000.00"), Decimal("70000.00")]
    papers = []
    for amount in amounts:
        proposed = recovery.propose_recovery(case, by=make.officer(Role.HEAD), at=drive.AFTERWARDS, amount=amount, reason="批减保费")
        recovery.order_recovery(proposed, by=make.officer(Role.IP_OFFICE), at=drive.ORDERED)
        papers.append(issued(DocumentKind.RECOVERY, proposed))
        assert proposed.due_on > date(2026, 11, 3)
        assert f"{amount:,.2f}" in text_of(papers[-1])
    assert papers[1].number == papers[0].number.replace("号", "-2号")
    assert "北京市知识产权局（盖章）" in text_of(papers[0])


def test_the_centre_can_be_reached_as_its_papers_say(settings):
    settings.CENTRE_CONTACT = "010-12345678"
    assert "联系方式：010-12345678" in text_of(issued(DocumentKind.ACCEPTANCE, accepted()))


def test_the_published_rows_stand_in_the_audit_trail_which_says_a_long_list_shortly():
    window = make.window()
    for _ in range(2):
        make.application(window=window, state=State.CHECKED)
    notice = make.publicised(window)
    told = Event.objects.get(action="public_list", object_id=notice.pk).data
    entities = [case.legal_entity for case in notice.applications.order_by("number")]
    assert told["awards"] == [[entity.name, entity.credit_code, "80000.00"] for entity in entities]
    rows = "；".join(f"{entity.name}：{entity.credit_code}：80000.00" for entity in entities)
    assert pairs(told) == f"名单 {rows}；会议纪要号 会议纪要〔2026〕8号"
    assert pairs({"awards": told["awards"] * 50}).endswith("……共 100 项")
