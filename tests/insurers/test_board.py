"""The board of an insurer: all clients on one page with who waits for whom, and one list of everything that has a day."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from enterprises import services as enterprises
from insurers import services
from pilot_portal.accounts.roles import Role
from subsidies.models import Part
from subsidies.reports import board, insurer_deadlines
from subsidies.services import applications, drafts
from tests import drive, make
from tests.insurers import desk
from tests.subsidies.pages import text_of

pytestmark = pytest.mark.django_db
CLIENTS, DEADLINES = "/insurer/clients/", "/insurer/deadlines/"


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED, tick=False)


@pytest.fixture
def company():
    return make.insurer()


def entrusted(company, entity=None, **columns):
    entity = entity or make.entity()
    return make.entrustment(entity, company, **columns)


def drafted(company, window, entity=None):
    """A draft that the insurer has ready."""
    entity = entity or make.entity()
    policy = make.policy(entity, insurer=company)
    entrusted(company, entity)
    by = desk.staff_of(company)
    case = drafts.start(entity, window, by=by, at=make.FILED)
    columns = {"policy": policy, "category": entity.categories.get(), "bank_account": entity.bank_accounts.get(), "pledged": True}
    return drafts.save_draft(case, by=by, at=make.FILED, **columns)


def said_of(company, entity, at=make.FILED) -> list[str]:
    (row,) = board.client_rows(company, board.board(company, at=at, q=entity.credit_code), at=at)
    return [f"{wait.word}{wait.says}" for wait in row.waits]


def test_a_row_says_who_waits_for_whom(company):
    entity = make.underwriting_request(insurers=[company]).legal_entity
    assert said_of(company, entity) == ["等贵公司答复投保意向"]
    make.offer(entity.underwriting_requests.get().answers.get())
    assert said_of(company, entity) == ["等企业选定报价"]
    make.policy(entity, insurer=company, confirmed=False)
    assert said_of(company, entity) == ["等贵公司确认保单", "等企业选定报价"]
    mandate = desk.proposed(company, entity)
    assert "等企业确认委托" in said_of(company, entity)
    services.add_entrustment_paper(mandate, by=desk.staff_of(company), at=make.FILED, paper=make.pdf("sealed"))
    assert "等中心核实委托书" in said_of(company, entity)


def test_a_filing_is_the_insurers_then_the_centres_then_the_insurers_again(company):
    case = drafted(company, make.window())
    entity = case.legal_entity
    assert said_of(company, entity) == ["等贵公司提交草稿"]
    applications.submit(case, by=desk.staff_of(company), at=make.FILED)
    assert said_of(company, entity) == ["等中心办理申报"]
    drive.corrected(case, items=[(Part.CATEGORY, "证书已过期")])
    assert said_of(company, entity, at=drive.ANSWERED) == ["等贵公司办理补正"]


def test_a_client_without_an_account_waits_for_the_paper_and_the_licence(company):
    by = desk.staff_of(company)
    facts = {**_facts(), "credit_code": make.credit_code()}
    entity = enterprises.register_client(by=by, at=make.FILED, facts=facts, licence=make.pdf("licence"))
    desk.proposed(company, entity)
    assert said_of(company, entity) == ["等贵公司上传盖章的委托书", "等中心核验营业执照"]
    enterprises.return_entity(entity, by=make.officer(Role.HANDLER), at=make.FILED, reason="照片不清晰")
    assert said_of(company, entity) == ["等贵公司修改退回的客户信息", "等贵公司上传盖章的委托书"]


def _facts() -> dict:
    known = make.entity()
    columns = "name kind registered_address district legal_representative established_on contact_name contact_phone contact_email"
    return {column: getattr(known, column) for column in columns.split()}


def test_the_board_is_narrowed_by_turn_mandate_and_term(company):
    asked = make.underwriting_request(insurers=[company]).legal_entity
    ending = entrusted(company, ends_at=make.FILED + timedelta(days=6)).legal_entity
    over = entrusted(company, state="expired").legal_entity
    page = desk.desk_of(company)

    def found(**narrowed) -> set:
        return {client.entity for client in page.get(CLIENTS, narrowed).context["clients"]}

    assert found() == {asked, ending, over}
    assert found(turn="insurer") == {asked}
    assert found(turn="centre") == set()
    assert found(mandate="ending") == {ending} == found(mandate="in_force")
    assert found(mandate="over") == {over}
    assert found(mandate="none") == {asked, over}
    assert found(q=ending.name) == {ending}
    assert found(turn="nonsense") == {asked, ending, over}
    said = text_of(page.get(CLIENTS))
    assert "还有 6 天" in said and "等贵公司 答复投保意向" in said
    assert "没有找到这样的客户" in text_of(page.get(CLIENTS, {"turn": "centre"}))


def test_nobody_sees_the_clients_of_another_insurer(company):
    entrusted(company)
    other = desk.desk_of(make.insurer("示例二"))
    assert not other.get(CLIENTS).context["clients"]
    assert not other.get(DEADLINES).context["rows"]


def test_the_board_asks_no_more_of_the_database_with_more_rows_and_goes_on_by_pages(company, monkeypatch):
    page, counts, window = desk.desk_of(company), [], make.window()
    for _ in range(3):
        for _ in range(2):
            entity = drafted(company, window).legal_entity
            make.underwriting_request(entity, insurers=[company])
        with CaptureQueriesContext(connection) as queries:
            page.get(CLIENTS)
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 12
    monkeypatch.setattr("subsidies.views.clients.PAGE", 4)
    first = page.get(CLIENTS, {"turn": "insurer"})
    second = page.get(f"{CLIENTS}?{first.context['older']}")
    rows = [client.entity.pk for answer in (first, second) for client in answer.context["clients"]]
    assert len(set(rows)) == len(rows) == 6 and not second.context["older"]


def received(answer) -> bytes:
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


def sheet(answer) -> list[list]:
    return CalamineWorkbook.from_filelike(BytesIO(received(answer))).get_sheet_by_index(0).to_python()


def test_the_board_and_the_deadlines_are_taken_away_as_files(company):
    case = drafted(company, make.window())
    page = desk.desk_of(company)
    lines = received(page.get(f"{CLIENTS}export.csv", {"turn": "insurer"})).decode("utf-8-sig").splitlines()
    assert len(lines) == 2 and "等贵公司提交草稿" in lines[1]
    assert sheet(page.get(f"{CLIENTS}export.xlsx"))[1][0] == case.legal_entity.name
    rows = sheet(page.get(f"{DEADLINES}export.xlsx", {"kind": "draft"}))
    assert [row[2:4] for row in rows[1:]] == [["提交草稿", case.legal_entity.name]]
    assert "提交草稿" in received(page.get(f"{DEADLINES}export.csv")).decode("utf-8-sig")


def test_the_export_goes_on_beyond_one_read(company):
    for _ in range(5):
        entrusted(company)
    rows = list(board.board_lines(company, board.board(company, at=make.FILED), at=make.FILED, size=2))
    assert len({row[1] for row in rows}) == len(rows) == 5


def test_every_deadline_stands_in_the_order_of_its_day_with_what_is_over_first(company, time_machine):
    window = make.window()
    case = drafted(company, window)
    applications.submit(case, by=desk.staff_of(company), at=make.FILED)
    drive.corrected(case, items=[(Part.CATEGORY, "证书已过期")])
    drafted(company, window)
    ending = entrusted(company, ends_at=make.moment("2026-09-20 00:00"))
    entrusted(company, ends_at=make.moment("2026-12-31 00:00"))
    make.underwriting_request(insurers=[company])
    at = make.moment("2026-09-10 10:00")
    time_machine.move_to(at, tick=False)
    found = list(insurer_deadlines.deadlines(company, at=at))
    assert [one.kind for one in found] == ["request", "correction", "mandate", "draft", "window"]
    assert [one.due for one in found] == sorted(one.due for one in found)
    assert (found[0].left, found[0].is_near) == ("已到期", True)
    assert found[2].client == ending.legal_entity.name
    assert "还有 1 份没有提交" in found[-1].hint
    said = text_of(desk.desk_of(company).get(DEADLINES))
    assert "已到期" in said and "还有 9 天" in said
    only = desk.desk_of(company).get(DEADLINES, {"kind": "mandate"}).context["rows"]
    assert [one.kind for one in only] == ["mandate"]


def test_deadlines_of_one_moment_go_on_by_pages_without_loss(company, monkeypatch):
    monkeypatch.setattr("subsidies.views.clients.PAGE", 2)
    window = make.window()
    for _ in range(4):
        drafted(company, window)
    page, address, kinds = desk.desk_of(company), DEADLINES, []
    while address:
        answer = page.get(address)
        kinds += [one.key for one in answer.context["rows"]]
        older = answer.context["older"]
        address = f"{DEADLINES}?{older}" if older else ""
    assert len(kinds) == len(set(kinds)) == 5
    for nonsense in ("x", "9_9_9", "0_1_2026-13-45", "0_1_2026-09-01T00:00:00", "²_1_x"):
        assert page.get(DEADLINES, {"after": nonsense}).status_code == 200


def test_deadlines_ask_no_more_of_the_database_with_more_rows(company):
    page, counts, window = desk.desk_of(company), [], make.window()
    for _ in range(3):
        for _ in range(2):
            make.underwriting_request(drafted(company, window).legal_entity, insurers=[company])
        with CaptureQueriesContext(connection) as queries:
            page.get(DEADLINES)
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 24
