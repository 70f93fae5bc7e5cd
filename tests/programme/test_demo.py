"""The demo: every state, every desk, real papers, and the amounts of the sample."""

import io
import re
from decimal import Decimal

import pikepdf
import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from enterprises.models import LegalEntity, Membership, PreRegistration
from insurers.models import Entrustment, Policy
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.models import Proposal
from programme.demo.samples import read_samples
from programme.integrity import faults
from subsidies.models import Application, Batch, Channel, Document, DocumentKind, Objection, Payment, Recovery, Window
from subsidies.services import deadlines, recovery, sweeps
from subsidies.states import BatchState, ObjectionState, PaymentState, RecoveryState, State
from tests import databases, demo_world
from tests.demo_world import case, entity

SAMPLES = read_samples()


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """The demo's database, whatever is written to it undone in the end."""
    with django_db_blocker.unblock():
        demo_world.renew()
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        databases.renew()


@pytest.fixture(autouse=True)
def demo(told, time_machine, django_db_blocker):
    time_machine.move_to(demo_world.NOW, tick=False)
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


# its cases


def test_every_state_has_a_case():
    assert set(Application.objects.values_list("state", flat=True)) == set(State)


def test_each_sample_enterprise_has_one_application_through_the_channel_of_the_sample():
    told = {one.legal_entity.name: one.channel == Channel.INSURER for one in Application.objects.select_related("legal_entity")}
    assert told == {sample.name: sample.through_insurer for sample in SAMPLES}
    assert Application.objects.count() == LegalEntity.objects.count() == 40
    assert Application.objects.filter(channel=Channel.SELF).count() == 28


def test_awards_are_those_of_the_sample():
    expected = {sample.name: sample.expected for sample in SAMPLES}
    awarded = Application.objects.filter(awarded__isnull=False).select_related("legal_entity")
    assert {one.legal_entity.name: one.awarded for one in awarded} == {
        one.legal_entity.name: expected[one.legal_entity.name] for one in awarded
    }
    assert awarded.count() == 19
    assert {Decimal("799999.99"), Decimal("800000.00"), Decimal("9876.53")} <= {one.awarded for one in awarded}


def test_reviewed_cases_without_an_award_are_entitled_to_what_the_sample_says():
    expected = {sample.name: sample.expected for sample in SAMPLES}
    reviewed = Application.objects.filter(entitled__isnull=False, awarded__isnull=True).select_related("legal_entity")
    assert {one.entitled == expected[one.legal_entity.name] for one in reviewed} == {True}


def test_there_are_windows_closed_publishing_open_and_in_preparation():
    stages = [(window.published_at is not None, window.is_open(demo_world.NOW)) for window in Window.objects.order_by("sequence")]
    assert stages == [(True, False), (True, False), (True, True), (False, False)]
    assert (Window.objects.get(sequence=3).closes_at - demo_world.NOW).days == 7


def test_the_paths_that_are_not_straight_are_there():
    assert case("瀚辰").payments.filter(state=PaymentState.RETURNED).exists() and case("瀚辰").state == State.PAID
    assert case("博澈").payments.get().state == PaymentState.RETURNED and case("博澈").state == State.APPROVED
    assert set(Objection.objects.values_list("state", flat=True)) == {ObjectionState.OPEN, ObjectionState.DISMISSED}
    assert case("海棠").held_by.role == Role.SYSTEM and "重新核算" in case("海棠").held_reason
    assert case("量石").held_by.role == Role.HEAD
    assert case("擎原").replies.count() == case("微原").replies.count() == 1
    assert case("数垣").allocation.sequence == 4 and case("微原").determination is not None
    assert case("焕能").corrections.get().closed_at and case("知衡").corrections.get().closed_at is None
    assert case("岚图").corrections.get().closed_at > case("岚图").window.closes_at
    assert case("智禾").legal_entity.memberships.count() == 0
    assert Proposal.objects.filter(confirmed=True).count() == 1
    assert set(Batch.objects.values_list("state", flat=True)) == set(BatchState) - {BatchState.VOID}


def test_money_that_comes_back_stands_at_every_step():
    steps = {one.application.legal_entity.name[2:4]: (one.state, one.amount, bool(one.proof)) for one in Recovery.objects.all()}
    assert steps == {
        "砺锋": (RecoveryState.REPAID, Decimal("80000.00"), True),
        "晟宁": (RecoveryState.ORDERED, Decimal("150240.00"), False),
        "景曜": (RecoveryState.ORDERED, Decimal("1876.53"), True),
        "芯岳": (RecoveryState.PROPOSED, Decimal("80000.00"), False),
    }


# the two demo accounts outside the centre


def test_the_account_enterprise_has_a_draft_that_lacks_account_and_pledge():
    ours = Application.objects.visible_to(User.objects.get(username="enterprise")).get()
    assert (ours.state, ours.policy.state, ours.bank_account, ours.pledged) == (State.DRAFT, "registered", None, False)
    assert ours.legal_entity.bank_accounts.count() == ours.legal_entity.categories.count() == 1
    assert Entrustment.objects.get(legal_entity=ours.legal_entity).state == "proposed"


def test_the_account_insurer_has_clients_mandates_and_cases():
    insurer = User.objects.get(username="insurer")
    cases = Application.objects.visible_to(insurer)
    assert set(cases.values_list("state", flat=True)) == {State.DRAFT, State.PENDING_CONFIRM, State.CORRECTION}
    assert Event.objects.filter(action="decline", object_id=case("拓域").pk).exists()
    assert set(Entrustment.objects.visible_to(insurer).values_list("state", flat=True)) == {"proposed", "confirmed"}
    assert Policy.objects.visible_to(insurer).filter(state="registered").exists()


# desks


def page_of(role: Role | str, url: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=role))
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


QUIET = {"已超期", "今天到期", "退款逾期", "待报送名单", "已停用账号", "尚未封存"}  # what nobody wishes to find, or what is done at once


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.AUDITOR, Role.SECURITY, Role.ADMINISTRATOR])
def test_every_line_of_every_desk_of_the_workbench_counts_something(role):
    counts = dict(re.findall(r'aria-label="(\S+) (\d+)\+?"', page_of(role, "/admin/")))
    assert counts
    assert [line for line, count in counts.items() if not int(count) and line not in QUIET] == []


@pytest.mark.parametrize("role", [Role.IP_OFFICE, Role.OBSERVER, Role.EVALUATOR])
def test_oversight_sees_a_list_a_notice_and_the_money(role):
    page = page_of(role, "/oversight/")
    assert "第 4 次核定" in page
    assert "公示〔2026〕3号" in page
    assert "152,116.53" in page  # is to come back


def test_the_enterprise_and_the_insurer_find_their_work():
    assert "继续填写草稿" in page_of(Role.ENTERPRISE, "/enterprise/")
    page = page_of(Role.INSURER, "/insurer/")
    assert [name for name in ("知衡", "拓域", "朗拓", "沐川") if name not in page] == []


@pytest.mark.parametrize(
    "short", ["瀚辰", "博澈", "晟宁", "擎原", "臻衡", "远屿", "磐启", "海棠", "焕能", "合汐", "微原", "朗拓", "拓域", "维度"]
)
def test_every_enterprise_sees_its_case_whatever_became_of_it(short):
    owner = entity(short).memberships.get().user.username
    page_of(owner, "/enterprise/")
    page_of(owner, case(short).get_absolute_url())


def test_the_public_site_shows_the_open_window_and_the_running_list():
    visitor = Client()
    assert "2026年第三期" in visitor.get("/").content.decode()
    assert "公示〔2026〕3号" in visitor.get("/lists/").content.decode()


def test_people_wait_for_the_handler_and_for_each_other():
    assert PreRegistration.objects.filter(state="submitted").count() == 1
    assert LegalEntity.objects.filter(state="unverified").count() == LegalEntity.objects.filter(state="returned").count() == 1
    waiting = Entrustment.objects.filter(state="proposed")
    assert {bool(mandate.paper) for mandate in waiting} == {True, False}
    assert set(Proposal.objects.filter(confirmed=None).values_list("action", flat=True)) == {
        "refuse",
        "change_draw",
        "add_appropriation",
        "open_account",
    }
    assert Membership.objects.filter(state="pending").count() == 1
    assert Message.objects.filter(delivery="dead").count() == 1


# order


def test_every_paper_opens():
    kinds = set()
    for document in Document.objects.select_related("file"):
        with document.file.file.open("rb") as content, pikepdf.open(io.BytesIO(content.read())) as pdf:
            assert len(pdf.pages) >= 1
        kinds.add(document.kind)
    assert kinds == set(DocumentKind)
    assert not Payment.objects.filter(batch__rendered_at__isnull=False, documents__isnull=True).exists()


def test_nothing_is_inconsistent_and_the_trail_is_whole():
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert list(faults()) == []


def test_the_trail_runs_forward_and_ends_before_now():
    moments = list(Event.objects.order_by("pk").values_list("at", flat=True))
    assert moments == sorted(moments)
    assert moments[-1] <= demo_world.NOW


def test_the_hourly_jobs_find_nothing_to_do():
    before = Application.objects.filter(held_at__isnull=False).count()
    assert sweeps.enforce_award_caps(at=demo_world.NOW) == sweeps.enforce_single_application(at=demo_world.NOW) == 0
    assert deadlines.lapse_corrections(at=demo_world.NOW) == deadlines.expire_proposals(at=demo_world.NOW) == 0
    assert recovery.follow_endorsements(at=demo_world.NOW) == recovery.overdue_recoveries(at=demo_world.NOW) == 0
    assert Application.objects.filter(held_at__isnull=False).count() == before == 3


def test_all_letters_have_left_but_the_lost_one():
    assert not Message.objects.filter(delivery="waiting").exists()
