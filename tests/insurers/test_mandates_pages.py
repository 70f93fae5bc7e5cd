"""委托 on the insurer's pages: proposed, proved on paper, in words, over."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from insurers import services
from insurers.models import Entrustment
from insurers.states import EntrustmentState
from pilot_portal.notifications.models import Message
from tests import make
from tests.insurers import desk
from tests.subsidies.pages import read, received, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def insurer():
    return make.insurer()


@pytest.fixture
def person(insurer):
    return desk.desk_of(insurer)


@pytest.fixture
def mandate(insurer):
    return desk.proposed(insurer, make.entity())


def page_of(mandate: Entrustment) -> str:
    return f"/insurer/mandates/{mandate.pk}/"


def new(entity) -> str:
    return f"{desk.NEW}{entity.credit_code}/mandate/"


def test_the_period_is_stated_in_days_and_kept_to_the_last_hour(person, insurer):
    entity = make.entity()
    person.post(new(entity), desk.mandate(includes_submission=None))
    made = entity.entrustments.get()
    assert (made.insurer, made.state, made.includes_submission, made.includes_correction) == (
        insurer,
        EntrustmentState.PROPOSED,
        False,
        True,
    )
    assert made.starts_at == make.moment("2026-09-01 00:00")
    assert made.ends_at == make.moment("2027-01-01 00:00")
    page = read(person, page_of(made))
    assert "至 2026 年 12 月 31 日 24 时" in page
    assert "由企业确认后提交" in page
    assert Message.objects.inbox_of(make.owner_of(entity)).filter(event="entrustment_proposed").exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"ends_on": "2026-08-31"}, "ends_on", "委托期止须晚于委托期起"),
        ({"starts_on": "2026-01-01", "ends_on": "2026-08-30"}, "ends_on", "在今天之前"),
        ({"starts_on": "下周"}, "starts_on", "请填写日期"),
    ],
)
def test_a_period_that_cannot_be_is_refused_beside_its_field_and_the_paper_is_kept(person, changes, field, words):
    entity = make.entity()
    response = person.post(new(entity), desk.mandate(paper=make.pdf("sealed"), **changes))
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert "sealed.pdf" in response.content.decode()
    assert not entity.entrustments.exists()


def test_a_second_mandate_beside_a_live_one_is_refused(person, mandate):
    address = new(mandate.legal_entity)
    assert person.get(address)["Location"] == page_of(mandate)
    response = person.post(address, desk.mandate())
    assert response.status_code == 409
    assert "已有一份待确认或有效的委托" in text_of(response)


def test_an_unknown_code_has_no_mandate(person):
    assert person.get(f"{desk.NEW}{make.credit_code()}/mandate/").status_code == 404


def test_the_sealed_paper_is_handed_in_and_a_handler_is_told(person, mandate):
    handler = desk.handler()
    response = person.post(page_of(mandate) + "upload/", {"paper": make.pdf("sealed"), "version": mandate.version}, follow=True)
    assert "等中心核实" in text_of(response)
    assert received(person.get(page_of(mandate) + "paper/")).startswith(b"%PDF")
    assert Message.objects.inbox_of(handler).filter(event="entrustment_waiting").exists()
    mandate.refresh_from_db()
    services.confirm_entrustment(mandate, by=handler, at=timezone.now())
    assert "委托有效" in read(person, page_of(mandate))


def test_no_paper_is_no_proof(person, mandate):
    response = person.post(page_of(mandate) + "upload/", {"version": mandate.version})
    assert response.status_code == 422
    assert person.get(page_of(mandate) + "paper/").status_code == 404


def test_a_paper_is_not_put_under_a_mandate_that_has_moved_on(person, mandate):
    services.confirm_entrustment(mandate, by=make.owner_of(mandate.legal_entity), at=timezone.now())
    response = person.post(page_of(mandate) + "upload/", {"paper": make.pdf("sealed"), "version": mandate.version})
    assert response.status_code == 409
    mandate.refresh_from_db()
    assert mandate.paper is None


@pytest.mark.parametrize("confirmed", [False, True])
def test_the_insurer_lays_it_down_with_a_reason_which_the_enterprise_reads(person, mandate, confirmed):
    owner = make.owner_of(mandate.legal_entity)
    if confirmed:
        services.confirm_entrustment(mandate, by=owner, at=timezone.now())
    address = page_of(mandate) + "revoke/"
    assert person.post(address, {"reason": " ", "version": mandate.version}).status_code == 422
    page = text_of(person.post(address, {"reason": "委托期填错", "version": mandate.version}, follow=True))
    assert "委托已撤销：委托期填错" in page
    assert "重新发起委托" in page
    mandate.refresh_from_db()
    assert mandate.state == EntrustmentState.REVOKED
    assert "委托期填错" in Message.objects.inbox_of(owner).get(event="entrustment_laid_down").body


def test_what_is_over_says_so_and_is_not_ended_twice(person, mandate):
    services.revoke_entrustment(mandate, by=make.owner_of(mandate.legal_entity), at=timezone.now(), reason="不委托")
    assert "贵公司不能再办理" in read(person, page_of(mandate))
    response = person.post(page_of(mandate) + "revoke/", {"reason": "x", "version": mandate.version})
    assert response.status_code == 409


def test_a_mandate_past_its_period_is_over_even_before_the_job_has_run(person, insurer):
    entity = make.entity()
    ended = make.entrustment(entity, insurer, ends_at=make.FILED - timedelta(hours=1))
    assert "委托已于 2026 年 9 月 1 日到期" in read(person, page_of(ended))


@pytest.mark.parametrize("path", ["", "upload/", "paper/", "revoke/"])
def test_a_mandate_of_another_insurer_is_not_found(mandate, path):
    other = desk.desk_of(make.insurer("示例二"))
    ask = other.post if path == "upload/" else other.get
    assert ask(page_of(mandate) + path).status_code == 404


def test_the_list_shows_states_and_ends_and_asks_no_more_with_more_rows(person, insurer, mandate):
    make.entrustment(make.entity(), insurer)
    make.entrustment(make.entity(), make.insurer("示例二"))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = read(person, "/insurer/mandates/")
        counts.append(len(queries))
        for _ in range(3):
            desk.proposed(insurer, make.entity())
    assert mandate.legal_entity.name in page
    assert counts[0] == counts[1] <= 12
    assert mandate.legal_entity.name not in read(person, "/insurer/mandates/?state=confirmed")


def test_further_mandates_stay_in_the_chosen_state(person, insurer, mandate, monkeypatch):
    monkeypatch.setattr("insurers.views.mandates.PAGE", 1)
    newest = desk.proposed(insurer, make.entity())
    first = person.get("/insurer/mandates/?state=proposed")
    assert [row.pk for row in first.context["rows"]] == [newest.pk]
    assert [row.pk for row in person.get(f"/insurer/mandates/?{first.context['older']}").context["rows"]] == [mandate.pk]
