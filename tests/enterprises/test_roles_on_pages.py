"""What a member's role may not do is not offered: no link, no button, no form; the page says who may."""

import re

import pytest

from enterprises.models import Membership, MembershipRole
from pilot_portal.accounts.roles import Role
from subsidies.models import Part
from subsidies.states import State
from tests import drive, make

pytestmark = pytest.mark.django_db
OWNER, SUBMITTER, PREPARER, VIEWER = MembershipRole
WRITE = (OWNER, SUBMITTER, PREPARER)
BIND = (OWNER, SUBMITTER)


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(make.FILED, tick=False)


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def look(client, entity):
    """A page as a member of this role sees it."""
    people = {OWNER: make.owner_of(entity)}

    def see(role: str, address: str, status: int = 200) -> str:
        if role not in people:
            people[role] = make.user(Role.ENTERPRISE, f"the-{role}", display_name=f"{MembershipRole(role).label}甲")
            Membership.objects.create(user=people[role], legal_entity=entity, role=role, created_at=make.OPENS)
        client.force_login(people[role])
        answer = client.get(address)
        assert answer.status_code == status, (role, address)
        return answer.content.decode()

    return see


def offered(page: str) -> set[str]:
    """Where links, buttons and forms of the page's main part lead."""
    main = page.split("<main", 1)[1]
    return set(re.findall(r'(?:href|action)="([^"?#]+)', main))


def only_for(look, roles, address: str, doors: set[str]) -> None:
    for role in MembershipRole:
        seen = offered(look(role, address))
        assert doors & seen == (doors if role in roles else set()), (role, address)


def test_the_profile_offers_changes_to_who_may_write(look, entity):
    make.change(entity)
    profile = "/enterprise/profile/"
    doors = {f"{profile}{name}/" for name in ("category", "account", "contact", "account/reveal", "changes/facts", "changes/branch")}
    only_for(look, WRITE, profile, doors | {f"{profile}changes/{entity.changes.get().pk}/withdraw/"})
    assert "您的身份是查看人" in look(VIEWER, profile) and "您的身份是查看人" not in look(PREPARER, profile)


def test_an_enterprise_that_is_sent_back_is_mended_by_who_may_write(look, entity):
    entity.state, entity.state_reason = "returned", "执照不清晰"
    entity.save(update_fields=["state", "state_reason"])
    only_for(look, WRITE, "/enterprise/profile/", {"/enterprise/profile/edit/"})


def test_policies_are_registered_and_changed_by_who_may_write(look, entity):
    policy = make.policy(entity, papers=False)
    only_for(look, WRITE, "/enterprise/policies/", {"/enterprise/policies/new/"})
    address = policy.get_absolute_url()
    only_for(look, WRITE, address, {f"{address}edit/", f"{address}invoices/new/", f"{address}payments/new/"})


def test_mandates_are_given_by_who_may_bind_the_enterprise(look, entity):
    mandate = make.entrustment(entity, make.insurer())
    only_for(look, BIND, "/enterprise/entrustments/", {"/enterprise/entrustments/new/"})
    only_for(look, BIND, f"/enterprise/entrustments/{mandate.pk}/", {f"/enterprise/entrustments/{mandate.pk}/revoke/"})
    assert "由企业的管理员或提交人办理" in look(PREPARER, f"/enterprise/entrustments/{mandate.pk}/")


def test_requests_are_sent_by_who_may_write_and_answers_chosen_by_who_may_bind(look, entity):
    wanted = make.underwriting_request(entity)
    answer = make.offer(wanted.answers.get())
    only_for(look, WRITE, "/enterprise/underwriting/", {"/enterprise/underwriting/new/"})
    page = wanted.get_absolute_url()
    only_for(look, BIND, page, {f"{page}{answer.pk}/choose/", f"{page}{answer.pk}/withdraw/"})


def test_a_draft_is_begun_and_filled_in_by_who_may_write(look, entity):
    window = make.window()
    only_for(look, WRITE, "/enterprise/", {f"/enterprise/windows/{window.pk}/start/"})
    draft = make.draft(window=window, legal_entity=entity)
    address = draft.get_absolute_url()
    doors = {f"{address}{task}/" for task in ("policy", "category", "account", "pledge", "delete")}
    only_for(look, WRITE, address, doors)
    only_for(look, WRITE, f"{address}check/", {f"{address}{task}/" for task in ("policy", "category", "account", "pledge", "further")})
    only_for(look, BIND, f"{address}check/", {f"{address}declare/"})
    assert "查看已填写的内容" in look(VIEWER, address)


def test_the_desk_offers_the_next_step_only_to_who_may_take_it(look, entity, time_machine):
    drive.rejection(window=make.window(), legal_entity=entity)
    time_machine.move_to(drive.REPLIED, tick=False)
    for role in MembershipRole:
        page = look(role, "/enterprise/")
        assert ("下一步：陈述申辩" in page) == (role in BIND)
        assert ("陈述申辩由管理员或提交人办理，请通知同事" in page) == (role not in BIND)


def test_a_filed_case_is_ended_and_mended_by_who_may_bind_or_write(look, entity, time_machine):
    case = make.application(window=make.window(), legal_entity=entity)
    address = case.get_absolute_url()
    only_for(look, BIND, address, {f"{address}withdraw/"})
    correction = drive.corrected(case, items=[(Part.PLEDGE, "没有盖章")])
    time_machine.move_to(drive.ANSWERED, tick=False)
    only_for(look, WRITE, f"{address}correction/", {f"{address}correction/{correction.items.get().pk}/"})
    only_for(look, BIND, f"{address}correction/", {f"{address}correction/submit/"})
    accepted = make.application(window=make.window(), legal_entity=entity, state=State.ACCEPTED)
    only_for(look, BIND, accepted.get_absolute_url(), {f"{accepted.get_absolute_url()}abandon/"})


def test_members_are_looked_after_by_an_owner(look, entity):
    colleague = entity.memberships.create(user=make.user(Role.ENTERPRISE), role=PREPARER, created_at=make.OPENS)
    at = f"/enterprise/members/{colleague.pk}/"
    only_for(look, (OWNER,), "/enterprise/members/", {f"{at}role/", f"{at}remove/", f"{at}handover/"})


@pytest.mark.parametrize(
    ("roles", "address"),
    [
        *((WRITE, f"/enterprise/profile/{name}/") for name in ("category", "account", "contact", "changes/branch")),
        (WRITE, "/enterprise/preregistration/2026/"),
        (WRITE, "/enterprise/policies/new/"),
        (WRITE, "/enterprise/underwriting/new/"),
        (BIND, "/enterprise/entrustments/new/"),
    ],
)
def test_who_comes_to_a_form_without_the_right_is_told_who_has_it(look, entity, roles, address):
    make.preregistered()  # a pilot
    for role in MembershipRole:
        page = look(role, address, 200 if role in roles else 403)
        if role not in roles:
            assert "您的身份不能办理这一事项" in page and f"{make.owner_of(entity).get_full_name()}（管理员）" in page
            assert "<form" not in page.split("<main", 1)[1]


def test_who_comes_to_a_task_or_a_policys_form_without_the_right_is_told_too(look, entity):
    policy = make.policy(entity)
    draft = make.draft(window=make.window(), policy=policy)
    at = draft.get_absolute_url()
    pages = [f"{at}{task}/" for task in ("policy", "category", "account", "pledge", "further", "delete")]
    for address in [*pages, f"{policy.get_absolute_url()}edit/", f"{policy.get_absolute_url()}invoices/new/"]:
        assert "您的身份不能办理这一事项" in look(VIEWER, address, 403)
        look(PREPARER, address)


def test_what_was_typed_while_the_role_changed_stays_on_the_page(client, look, entity):
    look(VIEWER, "/enterprise/profile/")
    typed = {"contact_name": "王新任", "contact_phone": "13800138000", "contact_email": "new@example.com"}
    answer = client.post("/enterprise/profile/contact/", typed)
    assert answer.status_code == 403 and "王新任" in answer.content.decode()


def test_a_page_of_another_enterprise_than_the_chosen_one_asks_to_change(client, entity):
    """Its links would lead to the account and the profile of the chosen one."""
    owner = make.owner_of(entity)
    other = make.entity(by=owner)
    case, policy = make.application(window=make.window(), legal_entity=entity), make.policy(entity)
    client.force_login(owner)
    client.post("/enterprise/switch/", {"legal_entity": other.pk})
    for address in (case.get_absolute_url(), policy.get_absolute_url()):
        asked = client.get(address)
        assert asked["Location"].startswith(f"/enterprise/switch/?to={entity.pk}&next=")
        chosen = client.post(asked["Location"], {"legal_entity": entity.pk, "next": address}, follow=True)
        assert chosen.redirect_chain == [(address, 302)]
        client.post("/enterprise/switch/", {"legal_entity": other.pk})
