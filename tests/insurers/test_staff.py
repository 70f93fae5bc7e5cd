"""People of an insurer: a manager invites, changes roles, lets go, and stays; a filer does what the insurer does; a viewer looks."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from enterprises import services as enterprises
from insurers import services
from insurers.models import InsurerStaff, Selection, StaffInvitation, StaffRole
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.reports import actions_of
from subsidies.services import applications, drafts
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.insurers import desk
from tests.races import at_once, codes
from tests.subsidies.pages import browser, text_of

pytestmark = pytest.mark.django_db
STAFF = "/insurer/staff/"
JOINING = {
    "username": "chen-filer",
    "display_name": "陈填报",
    "phone": "13800138000",
    "password1": "Otter-River-2026",
    "password2": "Otter-River-2026",
    "consent": "on",
}


@pytest.fixture(autouse=True)
def _on_the_day(time_machine):
    time_machine.move_to(make.FILED, tick=False)


def manager(company) -> User:
    return company.staff.get(role=StaffRole.MANAGER).user


def invited(company, email="chen@example.com", role=StaffRole.FILER) -> StaffInvitation:
    return services.invite_staff(company, by=manager(company), at=make.FILED, email=email, role=role)


def address_of(invitation) -> str:
    return f"/invitation/insurer/{enterprises.token_of(invitation)}/"


def test_a_colleague_opens_an_account_by_the_link_and_works_for_the_insurer():
    company = make.insurer()
    desk.desk_of(company).post(f"{STAFF}invite/", {"email": "Chen@Example.com", "role": "filer"})
    mail = Message.objects.get(event="invitation")
    assert mail.address == "chen@example.com" and "填报人" in mail.body
    guest = Client()
    assert "开通账号并加入" in text_of(guest.get(mail.link))
    page = text_of(guest.post(mail.link, JOINING, follow=True))
    assert "您已加入" in page
    staff = InsurerStaff.objects.get(user__username="chen-filer")
    assert (staff.insurer, staff.role, staff.user.email, staff.user.role) == (company, StaffRole.FILER, "chen@example.com", Role.INSURER)
    assert Message.objects.inbox_of(manager(company)).filter(event="invitation_accepted").exists()
    assert "这份邀请不能再用" in text_of(Client().get(mail.link))


def test_a_faulty_account_keeps_what_was_typed_and_leaves_the_link_open():
    found = invited(make.insurer())
    answer = Client().post(address_of(found), JOINING | {"phone": "12"})
    assert answer.status_code == 422 and "chen-filer" in answer.content.decode()
    found.refresh_from_db()
    assert found.accepted_at is None


def test_who_was_removed_joins_again_with_the_same_account_and_nobody_works_for_two():
    company, person = make.insurer(), make.user(Role.INSURER)
    browser(person).post(f"{address_of(invited(company))}accept/")
    assert person.insurer_staff.role == StaffRole.FILER
    other = invited(make.insurer("示例二"))
    with refused("works_elsewhere"):
        services.accept_staff_invitation(other, by=person, at=make.FILED)
    services.remove_staff(person.insurer_staff, by=manager(company), at=make.FILED)
    assert services.accept_staff_invitation(other, by=User.objects.get(pk=person.pk), at=make.FILED).insurer == other.insurer


def test_a_link_works_once_in_time_for_an_account_of_an_insurer():
    company = make.insurer()
    found = invited(company)
    with refused("invitation_over"):
        services.accept_staff_invitation(found, by=make.user(Role.INSURER), at=make.FILED + timedelta(days=7))
    for person in make.everybody_but(Role.INSURER):
        with refused("wrong_role"):
            services.accept_staff_invitation(found, by=person, at=make.FILED)
    services.withdraw_staff_invitation(found, by=manager(company), at=make.FILED)
    with refused("invitation_over"):
        services.accept_staff_invitation(found, by=make.user(Role.INSURER), at=make.FILED)
    assert Client().get(address_of(found).replace("insurer/", "insurer/x")).status_code == 404
    assert Client().get(f"/invitation/{enterprises.token_of(found)}/").status_code == 404  # a link of one kind opens no other


def test_only_a_manager_manages_people_and_keys():
    company = make.insurer()
    person = make.colleague(company, StaffRole.VIEWER)
    row = person.insurer_staff
    for role in (StaffRole.FILER, StaffRole.VIEWER):
        by = make.colleague(company, role)
        acts = (
            lambda by=by: services.invite_staff(company, by=by, at=make.FILED, email="a@example.com", role="viewer"),
            lambda by=by: services.change_staff_role(row, by=by, at=make.FILED, role="filer"),
            lambda by=by: services.remove_staff(row, by=by, at=make.FILED),
            lambda by=by: services.make_key(company, by=by, at=make.FILED, name="系统", scopes=["read"], period=timedelta(days=90)),
        )
        for act in acts:
            with refused("not_manager"):
                act()
        page = browser(by)
        assert "由贵公司的管理员办理" in text_of(page.get(STAFF))
        for address in (f"{STAFF}{row.pk}/role/", "/insurer/keys/new/"):
            assert page.get(address).status_code == 403
        assert page.get(f"{STAFF}{row.pk}/remove/").status_code == 404
        assert "新建密钥" not in text_of(page.get("/insurer/keys/"))
    with refused("not_its_insurer"):
        services.change_staff_role(row, by=manager(make.insurer("示例二")), at=make.FILED, role="filer")


def test_a_manager_changes_a_role_and_the_colleague_is_told():
    company = make.insurer()
    row = make.colleague(company, StaffRole.VIEWER).insurer_staff
    desk.desk_of(company).post(f"{STAFF}{row.pk}/role/", {"role": "filer"})
    row.refresh_from_db()
    assert row.role == StaffRole.FILER
    assert "填报人" in Message.objects.inbox_of(row.user).get(event="staff_role_changed").body
    event = Event.objects.get(action="change_staff_role")
    assert (event.data["before"], event.data["after"]) == ("viewer", "filer")


def test_a_manager_always_stays():
    company = make.insurer()
    row = company.staff.get()
    for act in (
        lambda: services.change_staff_role(row, by=row.user, at=make.FILED, role="filer"),
        lambda: services.remove_staff(row, by=row.user, at=make.FILED),
    ):
        with refused("last_manager"):
            act()
    page = desk.desk_of(company).post(f"{STAFF}{row.pk}/remove/")
    assert page.status_code == 409 and "至少要有一位管理员" in text_of(page)
    make.colleague(company, StaffRole.MANAGER)
    services.remove_staff(row, by=row.user, at=make.FILED)
    assert company.staff.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_leave_at_once_leave_one():
    company = make.insurer()
    rows = [company.staff.get(), make.colleague(company, StaffRole.MANAGER).insurer_staff]
    acts = [lambda row=row: services.remove_staff(row, by=row.user, at=make.FILED) for row in rows]
    assert codes(at_once(*acts, meet="insurers.services.colleagues._present")) == ["done", "last_manager"]


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_let_each_other_go_at_once_one_stays():
    company = make.insurer()
    first, second, _ = [make.colleague(company, StaffRole.MANAGER).insurer_staff for _ in range(3)]
    pairs = [(first, second.user), (second, first.user)]
    acts = [lambda row=row, by=by: services.remove_staff(row, by=by, at=make.FILED) for row, by in pairs]
    assert codes(at_once(*acts, meet="insurers.services.colleagues._present")) == ["done", "not_its_insurer"]
    assert company.staff.count() == 3


def test_who_is_let_go_sees_nothing_and_leaves_no_open_link_and_no_key():
    company = make.insurer()
    person = make.colleague(company, StaffRole.MANAGER)
    link = services.invite_staff(company, by=person, at=make.FILED, email="a@example.com", role="viewer")
    facts = {"name": "系统", "scopes": ["read"], "period": timedelta(days=90)}
    key, _ = services.make_key(company, by=person, at=make.FILED, **facts)
    policy = make.policy(make.entity(), insurer=company)
    desk.desk_of(company).post(f"{STAFF}{person.insurer_staff.pk}/remove/")
    for row in (link, key):
        row.refresh_from_db()
    assert link.withdrawn_at and key.revoked_at
    page = browser(User.objects.get(pk=person.pk))
    assert "还没有关联保险公司" in text_of(page.get("/insurer/"))
    assert "还没有关联保险公司" in text_of(page.get(f"/insurer/policies/{policy.pk}/"))
    assert Message.objects.inbox_of(person).filter(event="staff_removed").exists()


def test_a_viewer_looks_at_everything_and_is_offered_nothing():
    company = make.insurer()
    answer = make.underwriting_request(insurers=[company]).answers.get()
    entity = make.entity()
    policy = make.policy(entity, insurer=company, confirmed=False)
    mandate = make.entrustment(entity, company)
    page = browser(make.colleague(company, StaffRole.VIEWER))
    shown = (
        "/insurer/",
        "/insurer/clients/",
        f"/insurer/clients/{entity.pk}/",
        f"/insurer/policies/{policy.pk}/",
        f"/insurer/mandates/{mandate.pk}/",
        f"/insurer/underwriting/{answer.pk}/",
    )
    for address in shown:
        found = page.get(address)
        assert found.status_code == 200
        posts = re.findall(r'<form[^>]*method="post"[^>]*>', found.content.decode())
        assert [form for form in posts if "/account/logout/" not in form] == []
        assert "添加客户" not in text_of(found) and "发起委托" not in text_of(found)
    writing = ("clients/new/", f"mandates/{mandate.pk}/revoke/", f"policies/{policy.pk}/endorse/", f"clients/{entity.pk}/category/")
    for address in writing:
        answered = page.get(f"/insurer/{address}")
        assert answered.status_code == 403 and "您的身份不能办理" in text_of(answered)


def test_every_verb_of_an_insurer_asks_the_role():
    company = make.insurer()
    viewer, filer = make.colleague(company, StaffRole.VIEWER), make.colleague(company, StaffRole.FILER)
    answer = make.underwriting_request(insurers=[company]).answers.get()
    entity = make.entity()
    policy = make.policy(entity, insurer=company, confirmed=False)
    mandate = make.entrustment(entity, company)
    window = make.window()
    period = {"starts_at": make.FILED, "ends_at": make.FILED + timedelta(days=30)}
    acts = (
        lambda: make.offer(answer, by=viewer),
        lambda: services.refuse_cover(answer, by=viewer, at=make.FILED, reason="不承保"),
        lambda: services.confirm_policy(policy, by=viewer, at=make.FILED),
        lambda: services.dispute_policy(policy, by=viewer, at=make.FILED, reason="不符"),
        lambda: services.endorse(policy, by=viewer, at=make.FILED, facts={}),
        lambda: services.revoke_entrustment(mandate, by=viewer, at=make.FILED, reason="不办"),
        lambda: services.propose_entrustment(make.entity(), company, by=viewer, at=make.FILED, facts=period),
        lambda: drafts.start(make.entrustment(make.entity(), company).legal_entity, window, by=viewer, at=make.FILED),
    )
    for act in acts:
        with refused("only_looks"):
            act()
    with refused("no_mandate"):
        enterprises.add_category(entity, by=viewer, at=make.FILED, facts={}, evidence=None)
    with refused("wrong_role"):
        enterprises.register_client(by=viewer, at=make.FILED, facts={}, licence=None)
    assert make.offer(answer, by=filer).answered_by == filer


def test_a_viewer_may_not_file_withdraw_or_correct_what_a_filer_filed():
    company = make.insurer()
    viewer, filer = make.colleague(company, StaffRole.VIEWER), make.colleague(company, StaffRole.FILER)
    entity = make.entity()
    policy = make.policy(entity, insurer=company)
    make.entrustment(entity, company)
    case = drafts.start(entity, make.window(), by=filer, at=make.FILED)
    columns = {"policy": policy, "category": entity.categories.get(), "bank_account": entity.bank_accounts.get(), "pledged": True}
    with refused("only_looks"):
        drafts.save_draft(case, by=viewer, at=make.FILED, **columns)
    case = drafts.save_draft(case, by=filer, at=make.FILED, **columns)
    assert not actions_of(case, viewer, at=make.FILED)
    with refused("only_looks"):
        applications.submit(case, by=viewer, at=make.FILED)
    applications.submit(case, by=filer, at=make.FILED)
    assert (case.state, bool(actions_of(case, filer, at=make.FILED)), bool(actions_of(case, viewer, at=make.FILED))) == (
        State.SUBMITTED,
        True,
        False,
    )
    with refused("only_looks"):
        applications.withdraw(case, by=viewer, at=make.FILED, reason="重新申报")


def test_an_insurer_counts_when_it_is_in_the_pilot_on_the_day_of_signing_not_today():
    """四（二）：以保单签订时间为准."""
    case = make.draft(window=make.window())
    selection = case.policy.insurer.selections
    selection.update(selected_from=case.policy.signed_on, selected_until=case.policy.signed_on)
    assert "insurer_not_selected" not in {problem.code for problem in drafts.problems(case, at=make.FILED)}
    selection.update(selected_from=case.policy.signed_on + timedelta(days=1), selected_until=make.FILED.date())
    assert Selection.objects.covering(make.FILED.date()).exists()
    assert "insurer_not_selected" in {problem.code for problem in drafts.problems(case, at=make.FILED)}
