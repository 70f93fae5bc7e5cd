"""投保意向: asked of several insurers at once, answered by each with an offer or a reason, compared, chosen; nobody else sees it."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises import services as enterprises
from enterprises.models import MembershipRole
from insurers import services
from insurers.models import Selection, UnderwritingAnswer, UnderwritingRequest
from insurers.states import AnswerState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Pilot
from tests import make
from tests.expect import refused
from tests.insurers import desk
from tests.races import at_once, codes
from tests.subsidies.pages import browser, text_of

pytestmark = pytest.mark.django_db
IN_TIME, LATE = make.moment("2026-09-08 09:15"), make.moment("2026-09-09 09:15")  # asked on 1 September: five working days end on the 8th
OVER = make.moment("2026-10-01 00:30")  # offers hold until 30 September
LIST, NEW, ASKED = "/enterprise/underwriting/", "/enterprise/underwriting/new/", "/insurer/underwriting/"


@pytest.fixture(autouse=True)
def _on_the_day(time_machine):
    time_machine.move_to(make.FILED, tick=False)


def staff(company):
    return company.staff.get().user


def answer_of(request, company) -> UnderwritingAnswer:
    return request.answers.get(insurer=company)


def refuse(answer, by=None, reason="产品不在承保范围"):
    return services.refuse_cover(answer, by=by or staff(answer.insurer), at=make.ACCEPTED, reason=reason)


@pytest.fixture
def asked():
    return make.underwriting_request(insurers=[make.insurer(), make.insurer("示例二")])


def test_each_insurer_that_is_asked_gets_a_letter_and_has_five_working_days(asked):
    assert [answer.state for answer in asked.answers.all()] == [AnswerState.WAITING] * 2
    assert {answer.due_at for answer in asked.answers.all()} == {make.moment("2026-09-09 00:00")}
    for company in (make.insurer(), make.insurer("示例二")):
        assert Message.objects.inbox_of(staff(company)).filter(event="underwriting_asked").count() == 1


def test_an_enterprise_asks_after_its_preregistration_and_its_verification():
    with refused("not_preregistered"):
        make.underwriting_request(make.entity(), preregistered=False)
    with refused("unverified_enterprise"):
        make.underwriting_request(make.entity(verified=False), preregistered=False)
    with refused("no_insurer_asked"):
        make.underwriting_request(insurers=[])


def test_an_insurer_that_has_not_answered_is_not_asked_twice(asked):
    with refused("request_waiting"):
        make.underwriting_request(asked.legal_entity, insurers=[make.insurer()], preregistered=False)
    refuse(answer_of(asked, make.insurer()))
    make.underwriting_request(asked.legal_entity, insurers=[make.insurer()], preregistered=False)
    assert UnderwritingRequest.objects.count() == 2


def test_only_a_member_asks(asked):
    with refused("not_a_member"):
        make.underwriting_request(asked.legal_entity, by=make.owner_of(make.entity()), preregistered=False)


def test_an_offer_reaches_the_enterprise_and_a_later_one_replaces_it(asked):
    answer = answer_of(asked, make.insurer())
    make.offer(answer)
    make.offer(answer, premium=Decimal("90000.00"))
    assert (answer.state, answer.premium) == (AnswerState.OFFERED, Decimal("90000.00"))
    assert Message.objects.inbox_of(make.owner_of(asked.legal_entity)).filter(event="underwriting_offered").count() == 2


def test_a_refusal_says_why_and_may_become_an_offer(asked):
    answer = answer_of(asked, make.insurer())
    with refused("reason_missing"):
        refuse(answer, reason=" ")
    refuse(answer)
    letter = Message.objects.inbox_of(make.owner_of(asked.legal_entity)).get(event="underwriting_refused")
    assert "产品不在承保范围" in letter.body
    make.offer(answer)
    assert (answer.state, answer.reason) == (AnswerState.OFFERED, "")


def test_only_the_insurer_that_was_asked_answers(asked):
    answer = answer_of(asked, make.insurer())
    for act in (lambda: make.offer(answer, by=staff(make.insurer("示例二"))), lambda: refuse(answer, by=staff(make.insurer("示例二")))):
        with refused("not_its_insurer"):
            act()
    for person in make.everybody_but(Role.INSURER):
        with refused("wrong_role"):
            make.offer(answer, by=person)


def test_an_offer_without_a_premium_is_refused(asked):
    with refused("offer_incomplete"):
        make.offer(answer_of(asked, make.insurer()), premium=Decimal("0.00"))


def test_one_offer_is_chosen_and_its_insurer_told(asked):
    first, second = (make.offer(answer) for answer in asked.answers.all())
    owner = make.owner_of(asked.legal_entity)
    services.choose_offer(first, by=owner, at=make.ACCEPTED)
    assert first.state == AnswerState.CHOSEN
    assert Message.objects.inbox_of(staff(first.insurer)).filter(event="underwriting_chosen").exists()
    second.refresh_from_db()
    assert second.state == AnswerState.WITHDRAWN
    letter = Message.objects.inbox_of(staff(second.insurer)).get(event="underwriting_withdrawn")
    assert "已选定其他公司" in letter.subject
    with refused("wrong_state"):
        make.offer(first)


def test_once_an_offer_is_chosen_nobody_else_answers_and_who_changes_its_mind_asks_anew(asked):
    first, second = asked.answers.all()
    refuse(second)
    services.choose_offer(make.offer(first), by=make.owner_of(asked.legal_entity), at=make.ACCEPTED)
    with refused("offer_chosen"):
        make.offer(second)
    assert "重新报价" not in text_of(desk.desk_of(second.insurer).get(f"{ASKED}{second.pk}/"))
    services.withdraw_request(first, by=make.owner_of(asked.legal_entity), at=make.ACCEPTED)
    assert make.offer(second).state == AnswerState.OFFERED


def test_an_offer_that_is_over_cannot_be_chosen(asked):
    answer = make.offer(answer_of(asked, make.insurer()))
    with refused("offer_expired"):
        services.choose_offer(answer, by=make.owner_of(asked.legal_entity), at=OVER)
    with refused("offer_over_already"):
        make.offer(answer, valid_until=date(2026, 9, 1))


def test_an_offer_ends_after_its_last_day_and_may_be_renewed(asked):
    answer = make.offer(answer_of(asked, make.insurer()))
    assert services.expire_answers(at=make.moment("2026-09-30 23:30")) == 0
    assert [services.expire_answers(at=OVER) for _ in range(2)] == [1, 0]
    answer.refresh_from_db()
    assert answer.state == AnswerState.EXPIRED
    assert "报价已过期" in Message.objects.inbox_of(make.owner_of(asked.legal_entity)).get(event="underwriting_expired").subject
    assert make.offer(answer).state == AnswerState.OFFERED


def test_an_insurer_that_is_not_in_the_pilot_that_day_is_neither_asked_nor_answers_nor_chosen(asked):
    answer, owner = answer_of(asked, make.insurer()), make.owner_of(asked.legal_entity)
    other = make.offer(answer_of(asked, make.insurer("示例二")))
    Selection.objects.update(selected_until=make.FILED.date())
    for act in (lambda: make.offer(answer), lambda: refuse(answer), lambda: services.choose_offer(other, by=owner, at=make.ACCEPTED)):
        with refused("not_in_pilot_today"):
            act()
    late = make.preregistered()
    Selection.objects.update(selected_until=make.moment("2026-08-31 12:00").date())
    with refused("not_in_pilot_today"):
        make.underwriting_request(late, preregistered=False)
    assert "现在没有在试点名录内的保险公司" in text_of(browser(make.owner_of(late)).get(NEW))
    assert services.expire_answers(at=make.ACCEPTED) == 2
    assert "已不在试点名录内" in Message.objects.inbox_of(owner).filter(event="underwriting_expired").first().subject


def test_who_was_sent_back_or_registered_for_another_year_is_not_preregistered():
    entity = make.preregistered()
    enterprises.return_preregistration(entity.preregistrations.get(), by=make.officer(Role.HANDLER), at=make.FILED, reason="请补充产品")
    with refused("not_preregistered") as caught:
        make.underwriting_request(entity, preregistered=False)
    assert caught.value.clause == "试点方案 五.3"
    former = make.preregistered()
    former.preregistrations.update(pilot=Pilot.objects.create(year=2021, name="2021 年试点", basis="试点方案"))
    with refused("not_preregistered"):
        make.underwriting_request(former, preregistered=False)


def test_a_preparer_asks_but_does_not_choose_and_a_viewer_does_neither(asked):
    answer, person = make.offer(answer_of(asked, make.insurer())), make.user(Role.ENTERPRISE)
    for role, may_send in ((MembershipRole.PREPARER, True), (MembershipRole.VIEWER, False)):
        asked.legal_entity.memberships.update_or_create(user=person, defaults={"role": role, "state": "active", "created_at": make.FILED})
        for verb in (services.choose_offer, services.withdraw_request):
            with refused("not_a_member"):
                verb(answer, by=person, at=make.ACCEPTED)
        assert "由企业的管理员或提交人办理" in text_of(browser(person).get(asked.get_absolute_url()))
        assert (f'href="{NEW}"' in browser(person).get(LIST).content.decode()) is may_send


def test_each_step_is_in_the_trail(asked):
    answer = make.offer(answer_of(asked, make.insurer()))
    services.choose_offer(answer, by=make.owner_of(asked.legal_entity), at=make.ACCEPTED)
    told = Event.objects.filter(object_type="insurers.underwritinganswer", object_id=answer.pk).order_by("pk")
    assert [event.action for event in told] == ["offer_cover", "choose_offer"]
    assert Event.objects.filter(action="send_underwriting_request", object_id=asked.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_offers_chosen_at_once_leave_one_chosen():
    asked = make.underwriting_request(insurers=[make.insurer(), make.insurer("示例二")])
    owner = make.owner_of(asked.legal_entity)
    answers = [make.offer(answer) for answer in asked.answers.all()]
    acts = [partial(services.choose_offer, answer, by=owner, at=make.ACCEPTED) for answer in answers]
    assert codes(at_once(*acts, meet="insurers.services.underwriting.require_member")) == ["done", "wrong_state"]
    assert sorted(asked.answers.values_list("state", flat=True)) == ["chosen", "withdrawn"]


def test_the_desk_of_an_enterprise_says_what_waits(asked):
    person = browser(make.owner_of(asked.legal_entity))
    assert "等 2 家保险公司答复" in text_of(person.get("/enterprise/"))
    make.offer(answer_of(asked, make.insurer()))
    assert "1 份报价等您比较和选定" in text_of(person.get("/enterprise/"))
    assert "可以同时请几家试点保险公司报价" in text_of(browser(make.owner_of(make.preregistered())).get("/enterprise/"))


def test_a_stranger_neither_chooses_nor_withdraws(asked):
    answer, stranger = make.offer(answer_of(asked, make.insurer())), make.owner_of(make.entity())
    for verb in (services.choose_offer, services.withdraw_request):
        with refused("not_a_member"):
            verb(answer, by=stranger, at=make.ACCEPTED)


def test_what_is_withdrawn_waits_for_nobody(asked):
    answer = answer_of(asked, make.insurer())
    services.withdraw_request(answer, by=make.owner_of(asked.legal_entity), at=make.ACCEPTED)
    with refused("wrong_state"):
        make.offer(answer)
    assert services.remind_insurers(at=LATE) == 1


def test_who_is_late_is_reminded_once_and_the_enterprise_told(asked):
    assert services.remind_insurers(at=IN_TIME) == 0
    make.offer(answer_of(asked, make.insurer("示例二")))
    for _ in range(2):
        assert services.remind_insurers(at=LATE) == 1
    for person, count in ((staff(make.insurer()), 1), (staff(make.insurer("示例二")), 0), (make.owner_of(asked.legal_entity), 1)):
        assert Message.objects.inbox_of(person).filter(event="underwriting_late").count() == count


def test_an_enterprise_asks_compares_and_chooses_on_screen():
    entity = make.preregistered()
    companies = [make.insurer(), make.insurer("示例二")]
    person = browser(make.owner_of(entity))
    typed = {"products_abroad": "芯片", "territory": "美国", "liability_limit": "1,000,000", "starts_on": "2026-10-01"}
    answer = person.post(NEW, typed)
    assert (answer.status_code, answer.context["form"].errors["insurers"]) == (422, ["请至少选择一家保险公司。"])
    page = text_of(person.post(NEW, typed | {"insurers": [company.pk for company in companies]}, follow=True))
    assert "投保意向已发送" in page
    request = UnderwritingRequest.objects.get()
    first = make.offer(answer_of(request, companies[0]), conditions="免赔额 10 万元")
    refuse(answer_of(request, companies[1]))
    page = text_of(person.get(request.get_absolute_url()))
    assert "免赔额 10 万元" in page and "产品不在承保范围" in page and "50,000.00" in page
    first.refresh_from_db()
    stale = person.post(f"{request.get_absolute_url()}{first.pk}/choose/", {"version": first.version - 1})
    assert stale.status_code == 409
    page = text_of(person.post(f"{request.get_absolute_url()}{first.pk}/choose/", {"version": first.version}, follow=True))
    assert "已选定这份报价" in page
    assert "企业已选定" in text_of(person.get(LIST))


def test_the_form_starts_from_the_preregistration_and_sends_back_whoever_has_none():
    page = browser(make.owner_of(make.preregistered())).get(NEW).content.decode()
    assert "芯片" in page
    assert "完成预申报后即可发送" in text_of(browser(make.owner_of(make.entity())).get(LIST))


def test_an_insurer_finds_the_request_on_its_desk_and_answers_it(asked):
    answer = answer_of(asked, make.insurer())
    person = desk.desk_of(make.insurer())
    assert "待答复的投保意向" in text_of(person.get("/insurer/"))
    assert asked.legal_entity.name in text_of(person.get(ASKED))
    address = f"{ASKED}{answer.pk}/"
    assert asked.legal_entity.contact_phone in text_of(person.get(address))
    typed = {
        "version": answer.version,
        "premium": "50,000",
        "liability_limit": "1,000,000",
        "valid_until": "2026-09-30",
        "conditions": "无",
    }
    wrong = person.post(f"{address}offer/", typed | {"premium": "0"})
    assert wrong.status_code == 422 and "1,000,000" in wrong.content.decode()
    assert "报价已发给企业" in text_of(person.post(f"{address}offer/", typed, follow=True))
    assert person.post(f"{address}refuse/", {"version": 2, "reason": ""}).status_code == 422
    assert "已答复不承保" in text_of(person.post(f"{address}refuse/", {"version": 2, "reason": "超出承保能力"}, follow=True))
    assert "待答复的投保意向" not in text_of(person.get("/insurer/"))


def test_nobody_else_sees_a_request(asked):
    make.insurer("示例三")
    answer = answer_of(asked, make.insurer())
    assert browser(make.owner_of(make.entity())).get(asked.get_absolute_url()).status_code == 404
    assert desk.desk_of(make.insurer("示例三")).get(f"{ASKED}{answer.pk}/").status_code == 404


def test_the_centre_sees_who_answered_what_after_how_long_and_why_not(asked):
    refuse(answer_of(asked, make.insurer()))
    officer = browser(make.officer(Role.HANDLER))
    page = text_of(officer.get("/admin/insurers/underwritinganswer/"))
    assert "产品不在承保范围" in page and "待答复" in page
    assert "1 天" in text_of(officer.get(f"/admin/insurers/underwritinganswer/{answer_of(asked, make.insurer()).pk}/change/"))


@pytest.mark.parametrize("address", [LIST, ASKED, "/admin/insurers/underwritinganswer/"])
def test_a_list_asks_the_database_no_more_for_more_rows(address):
    entity, company = make.preregistered(), make.insurer()
    people = {LIST: make.owner_of(entity), ASKED: staff(company)}
    person = browser(people.get(address) or make.officer(Role.HANDLER))
    counts = []
    for _ in range(3):
        refuse(answer_of(make.underwriting_request(entity, insurers=[company], preregistered=False), company))
        with CaptureQueriesContext(connection) as queries:
            person.get(address, {"state": "refused"})
        counts.append(len(queries))
    assert counts[1] == counts[2]
