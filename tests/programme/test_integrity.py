"""check_integrity: nothing in the demo; each fault is found, planted past constraints and triggers as only the tables' owner could."""

import io
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import InternalError

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from pilot_portal.workflow.models import Proposal
from programme import integrity
from programme.integrity import numbers, papers
from subsidies.models import Application, Counter, Document, Objection, Recovery, Window
from subsidies.services import corrections, endings, objections, publicity, recovery, rejections, reviews, windows
from subsidies.states import RecoveryState, State
from tests import databases, demo_world
from tests.demo_world import case
from tests.programme import planting
from tests.programme.planting import of_case, payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def demo(transactional_db, time_machine):
    time_machine.move_to(demo_world.NOW, tick=False)
    demo_world.renew()


@pytest.fixture
def plant(demo, owner_cursor):
    return partial(planting.plant, owner_cursor)


def found() -> list[str]:
    """Every fault as the command prints it, one a line."""
    out = io.StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("check_integrity", stdout=out)
    assert stopped.value.returncode == 1
    return out.getvalue().splitlines()


def officer(role: Role) -> User:
    return User.objects.get(username=role.value)


def test_the_demo_reports_nothing():
    out = io.StringIO()
    call_command("check_integrity", stdout=out)
    assert out.getvalue() == "全部一致。\n"


def test_what_the_offices_do_next_is_no_fault():
    """Lists returned, objections upheld, rejections reconsidered, recoveries dropped, budgets raised: the trail follows all of it."""
    head, office, at = officer(Role.HEAD), officer(Role.IP_OFFICE), demo_world.NOW
    run = case("承砚").allocation
    publicity.return_list(run, by=office, at=at, reason="请补充说明", seen_hash=run.list_hash)
    objections.uphold(Objection.objects.get(state="open"), by=head, at=at, decision="部分属实", lowered_to=Decimal("100000.00"))
    objections.recompute(case("海棠"), by=head, at=at, reason="保单批减")
    rejections.reconsider(case("擎原"), by=head, at=at, reason="处罚已履行")
    recovery.drop_recovery(Recovery.objects.get(state=RecoveryState.PROPOSED), by=office, at=at, reason="金额已抵扣")
    windows.decide_draw(Proposal.objects.get(action="change_draw"), by=head, at=at, confirmed=True)
    corrections.extend_correction(case("知衡"), by=head, at=at, days=3, reason="回单须由银行补打")
    endings.archive_paid(Window.objects.get(sequence=1), by=head, at=at)
    assert case("承砚").state == State.CHECKED
    assert list(integrity.faults()) == []


def test_an_empty_portal_reports_nothing(owner_cursor):
    databases.renew()
    assert list(integrity.faults()) == []


def test_the_check_reads_as_of_one_moment_and_writes_nothing(monkeypatch):
    def write():
        Window.objects.filter(sequence=1).update(name="another name")
        yield "written"

    monkeypatch.setattr(integrity, "CHECKS", (write,))
    with pytest.raises(InternalError, match="read-only transaction"):
        call_command("check_integrity", stdout=io.StringIO())


def test_a_change_of_the_draw_that_does_not_follow_the_one_before(plant):
    windows.decide_draw(Proposal.objects.get(action="change_draw"), by=officer(Role.HEAD), at=demo_world.NOW, confirmed=True)
    plant("UPDATE subsidies_drawchange SET before = 1")
    assert ["从 1.00 起，之前为 4000000.00" in fault for fault in found()] == [True]


def test_two_payments_of_one_case(plant):
    plant(payment("application_id = {青屿}", "晟宁"))
    faults = found()
    assert any(case("青屿").number in fault and "已到账付款 2 笔" in fault for fault in faults)
    assert any(case("晟宁").number in fault and "已到账付款 0 笔" in fault for fault in faults)


def test_an_entitlement_may_be_lowered_by_its_review_but_to_no_other_amount(plant):
    lowered = {"lowered_to": Decimal("30000.00"), "lowered_reason": "部分责任不属试点"}
    reviews.judge(case("巽风").findings.get(verdict="open"), by=officer(Role.HANDLER), at=demo_world.NOW, verdict="passed", note="已查询")
    reviews.review(case("巽风"), by=officer(Role.HANDLER), at=demo_world.NOW, **lowered)
    assert list(integrity.faults()) == []
    plant(of_case("entitled = 29999.99", "巽风"))
    assert [case("巽风").number in fault and "应补 29999.99" in fault for fault in found()] == [True]


def test_many_missing_numbers_are_named_to_a_point(plant):
    plant("UPDATE subsidies_counter SET value = value + 25 WHERE series = 'application'")
    last = Application.objects.filter(number__isnull=False).count()
    assert found() == [f"2026 年申报编号不连续，缺 {'、'.join(str(last + n) for n in range(1, 21))} 等 25 个"]


def test_a_number_that_stands_twice():
    Counter.objects.create(series="x", year=2026, value=2)
    assert list(numbers._not_continuous("x", "编号", {2026: [1, 1, 2]})) == ["2026 年编号有重号"]


def test_a_paper_that_is_young_is_not_missed_yet(plant):
    plant("DELETE FROM subsidies_document WHERE application_id = {智禾}")
    plant(of_case(f"submitted_at = '{demo_world.NOW.isoformat()}'", "智禾"))
    assert list(papers.missing_papers()) == []


def path_of(stored: StoredFile) -> Path:
    return Path(settings.MEDIA_ROOT) / stored.file.name


def test_issued_papers_of_which_a_byte_changed_or_that_are_gone():
    changed, gone = Document.objects.order_by("pk")[:2]
    path_of(changed.file).write_bytes(path_of(changed.file).read_bytes()[:-1] + b"x")
    path_of(gone.file).unlink()
    assert found() == [f"文书 {changed} 的内容与登记的 SHA-256 不符", f"文书 {gone} 的文件不见了"]


def test_uploads_that_changed_are_gone_or_cannot_be_read():
    changed, gone, folder = sorted((case(name).policy.paper for name in ("云澜", "青屿", "晟宁")), key=lambda stored: stored.pk)
    path_of(changed).write_bytes(b"%PDF-1.4 another")
    path_of(gone).unlink()
    path_of(folder).unlink()
    path_of(folder).mkdir()
    told = [f"“{changed}”的内容与登记的 SHA-256 不符", f"“{gone}”的文件不见了", f"“{folder}”的文件读不出来（Is a directory）"]
    assert found() == [f"文件 {stored.pk}{said}" for stored, said in zip((changed, gone, folder), told, strict=True)]


def test_several_faults_are_all_named_and_counted(plant):
    plant(of_case("reserved = 1", "青屿"))
    path_of(case("青屿").policy.paper).unlink()
    with pytest.raises(CommandError, match="共 3 处不一致"):  # the sum of the window's reservations is the third
        call_command("check_integrity", stdout=io.StringIO())
