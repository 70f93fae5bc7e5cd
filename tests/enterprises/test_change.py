"""What has changed since the verification counts once a handler has compared it: name and seat, former names, branches."""

import pytest

from enterprises import services
from enterprises.models import Branch, EntityChange
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from subsidies.services import sweeps
from tests import make
from tests.expect import refused
from tests.workbench import buttons, look, press, text

pytestmark = pytest.mark.django_db
NEW = "/enterprise/profile/changes/"


@pytest.fixture
def entity():
    return make.entity()


def confirm(change, **options):
    return services.confirm_change(change, by=make.officer(Role.HANDLER), at=make.FILED, **options)


def test_a_new_name_makes_the_old_one_a_former_name_and_the_account_is_asked_for(entity):
    old, moved = entity.name, {"name": "北京新名科技有限公司", "registered_address": "天津市示例路 2 号"}
    change = make.change(entity, "facts", **moved)
    confirm(change, in_beijing=False)
    entity.refresh_from_db()
    assert (entity.name, entity.in_beijing, entity.licence, entity.is_verified) == (moved["name"], False, change.evidence, True)
    former = entity.former_names.get()
    assert (former.name, str(former.until)) == (old, "2026-08-20")
    assert "请把收款账户换成新名称的账户" in Message.objects.get(event="change_decided", channel="inbox").body


def test_nothing_counts_before_a_handler_has_compared_it(entity):
    for kind in ("facts", "former_name", "branch"):
        make.change(entity, kind)
    assert not entity.former_names.exists() and not entity.branches.exists()


def test_a_branch_and_a_former_name_are_written_once_confirmed_and_the_sweep_uses_them(entity):
    window = make.window()
    mine, other = make.application(window=window, legal_entity=entity), make.application(window=window)
    change = make.change(entity, credit_code=other.legal_entity.credit_code)
    assert sweeps.enforce_single_application(at=make.FILED) == 0
    confirm(change)
    confirm(make.change(entity, "former_name"))
    assert (Branch.objects.get().place, entity.former_names.get().name) == ("上海市浦东新区", "北京旧名科技有限公司")
    sweeps.enforce_single_application(at=make.FILED)
    other.refresh_from_db()
    assert other.is_held and not mine.is_held


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HANDLER, Role.SYSTEM)])
def test_only_a_handler_decides(entity, role):
    change = make.change(entity)
    for verb, more in ((services.confirm_change, {}), (services.return_change, {"reason": "x"})):
        with refused("wrong_role"):
            verb(change, by=make.user(role), at=make.FILED, **more)


def test_what_is_said_wrongly_is_refused(entity):
    make.change(entity, "facts")
    with refused("change_open"):
        make.change(entity, "facts")
    with refused("branch_known"):
        make.change(entity, credit_code=entity.credit_code)
    with refused("credit_code_invalid"):
        make.change(entity, credit_code="123")
    with refused("unverified_enterprise"):
        make.change(make.entity(verified=False))
    with refused("not_a_member"):
        services.ask_change(entity, by=make.user(Role.ENTERPRISE), at=make.FILED, kind="former_name", facts={}, evidence=make.pdf("x"))


def test_two_enterprises_do_not_have_the_same_branch(entity):
    code = make.credit_code()
    first, second = make.change(entity, credit_code=code), make.change(make.entity(), credit_code=code)
    confirm(first)
    with refused("branch_known"):
        confirm(second)


def test_returned_with_a_reason_or_withdrawn_nothing_is_written(entity):
    change = make.change(entity)
    with refused("reason_missing"):
        services.return_change(change, by=make.officer(Role.HANDLER), at=make.FILED, reason="")
    services.return_change(change, by=make.officer(Role.HANDLER), at=make.FILED, reason="执照不清晰")
    services.withdraw_change(make.change(entity), by=make.owner_of(entity), at=make.FILED)
    with refused("wrong_state"):
        confirm(change)
    assert not entity.branches.exists()


def test_the_handler_sees_old_beside_new_and_whoever_has_the_code_already(entity):
    change = make.change(entity, "facts", name="北京新名科技有限公司")
    page = text(look(Role.HANDLER, change))
    assert entity.name in page and "北京新名科技有限公司" in page
    assert buttons(Role.HANDLER, change) == {"confirm_change", "return_change"}
    assert press(Role.HANDLER, change, "confirm_change").status_code == 422  # where it is now
    assert press(Role.HANDLER, change, "confirm_change", in_beijing="yes").status_code == 302
    other = make.entity()
    branch = make.change(entity, credit_code=other.credit_code)
    assert "这个代码或名称已作为企业登记" in text(look(Role.HANDLER, branch))
    assert press(Role.HANDLER, branch, "confirm_change").status_code == 302
    assert look(Role.FINANCE, branch).status_code == 403
    page = text(look(Role.HANDLER, entity))
    assert other.credit_code in page and "上海市浦东新区" in page


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("former_name", {"name": "北京旧名科技有限公司", "until": "2025-03-01"}),
        ("branch", {"name": "上海分公司", "place": "上海市", "credit_code": make.credit_code(77)}),
    ],
)
def test_an_enterprise_states_it_on_a_page_and_takes_it_back(client, entity, kind, typed):
    client.force_login(make.owner_of(entity))
    fault = client.post(f"{NEW}{kind}/", {**typed, "name": "", "evidence": make.pdf("evidence")})
    assert (fault.status_code, "evidence_kept" in fault.content.decode()) == (422, True)
    page = client.post(f"{NEW}{kind}/", {**typed, "evidence": make.pdf("evidence")}, follow=True).content.decode()
    assert "中心核实后生效" in page and "待核实" in page
    change = EntityChange.objects.get()
    assert b"".join(client.get(f"{NEW}{change.pk}/paper/").streaming_content).startswith(b"%PDF")
    client.post(f"{NEW}{change.pk}/withdraw/")
    change.refresh_from_db()
    assert change.state == "withdrawn"


def test_the_page_of_the_facts_begins_with_what_is_registered(client, entity):
    client.force_login(make.owner_of(entity))
    form = client.get(f"{NEW}facts/").context["form"]
    typed = {name: getattr(form[name].value(), "pk", form[name].value()) for name in form.fields if name != "evidence"}
    typed |= {"legal_representative": "王新任", "changed_on": "2026-08-20"}
    assert client.post(f"{NEW}facts/", {**typed, "evidence": make.pdf("licence")}).status_code == 302
    confirm(EntityChange.objects.get(), in_beijing=True)
    entity.refresh_from_db()
    assert (entity.legal_representative, entity.former_names.count()) == ("王新任", 0)


def test_strangers_find_no_change(client, entity):
    change = make.change(entity)
    client.force_login(make.owner_of(make.entity()))
    assert client.get(f"{NEW}{change.pk}/paper/").status_code == 404
    assert client.post(f"{NEW}{change.pk}/withdraw/").status_code == 404
    assert client.get(f"{NEW}nothing/").status_code == 404


def test_whom_to_call_is_changed_at_any_time_without_anybody(client, entity):
    client.force_login(make.owner_of(entity))
    typed = {"contact_name": "王联系", "contact_phone": "010-12345678", "contact_email": "new@example.com", "export_regions": "德国"}
    client.post("/enterprise/profile/contact/", typed)
    entity.refresh_from_db()
    assert (entity.contact_name, entity.export_regions, entity.is_verified) == ("王联系", "德国", True)
    client.force_login(make.colleague_of(entity, role="viewer"))
    assert client.post("/enterprise/profile/contact/", typed | {"contact_name": "别人"}).status_code == 403
