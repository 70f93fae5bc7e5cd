"""An enterprise whose owner has left: asked on a sealed letter, compared by one officer, granted by another."""

import pytest

from enterprises import services
from enterprises.models import LegalEntity, Membership, Takeover
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from tests import make
from tests.expect import refused
from tests.races import at_once, codes
from tests.workbench import buttons, enter, look, press, text

pytestmark = pytest.mark.django_db
ASK = "/enterprise/takeover/"


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def takeover(entity):
    return make.takeover(entity)


def propose(takeover, former_owners="remove"):
    handler = make.officer(Role.HANDLER)
    return services.propose_takeover(takeover, by=handler, at=make.FILED, former_owners=former_owners, reason="印章一致，已致电核实")


def grant(takeover, role=Role.REVIEWER):
    return services.grant_takeover(takeover, by=make.officer(role), at=make.FILED)


def letters(event):
    return set(Message.objects.filter(event=event, channel="inbox").values_list("recipient", flat=True))


def test_two_officers_make_the_applicant_owner_and_remove_the_former_one(takeover, entity):
    former = make.owner_of(entity)
    left_open = services.invite(entity, by=former, at=make.FILED, email="late@example.com", role="submitter")
    grant(propose(takeover))
    assert make.owner_of(entity) == takeover.applicant
    assert Membership.objects.get(user=former).state == "removed"
    assert not LegalEntity.objects.visible_to(former).exists()
    left_open.refresh_from_db()
    assert left_open.withdrawn_at == make.FILED
    assert letters("owner_replaced") == {former.pk}
    assert letters("takeover_granted") == {takeover.applicant.pk}


def test_the_former_owner_may_stay_as_submitter(takeover, entity):
    former = make.owner_of(entity)
    grant(propose(takeover, "reduce"))
    member = entity.memberships.get(user=former)
    assert (member.role, member.state) == ("submitter", "active")


def test_a_colleague_may_ask_and_becomes_owner(entity):
    colleague = make.colleague_of(entity, role="viewer")
    grant(propose(make.takeover(entity, by=colleague)))
    assert make.owner_of(entity) == colleague


def test_the_owner_hears_of_it_at_once(takeover, entity):
    assert letters("takeover_asked") == {make.owner_of(entity).pk}
    assert not LegalEntity.objects.visible_to(takeover.applicant).exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HANDLER, Role.SYSTEM)])
def test_only_a_handler_proposes_and_refuses(takeover, role):
    for verb, more in ((services.propose_takeover, {"former_owners": "remove"}), (services.refuse_takeover, {})):
        with refused("wrong_role"):
            verb(takeover, by=make.user(role), at=make.FILED, reason="x", **more)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REVIEWER, Role.SYSTEM)])
def test_only_a_reviewer_grants(takeover, role):
    with refused("wrong_role"):
        grant(propose(takeover), role)


def test_a_handler_who_became_reviewer_does_not_grant_what_he_proposed(takeover):
    propose(takeover)
    person = make.officer(Role.HANDLER)
    make.change_role(person, Role.REVIEWER)
    with refused("same_person"):
        services.grant_takeover(takeover, by=person, at=make.FILED)


def test_nothing_is_granted_before_it_is_compared_or_after_it_is_over(takeover):
    with refused("wrong_state"):
        grant(takeover)
    services.withdraw_takeover(takeover, by=takeover.applicant, at=make.FILED)
    for verb in (propose, grant):
        with refused("wrong_state"):
            verb(takeover)


def test_sent_back_it_is_compared_anew(takeover):
    services.send_back_takeover(propose(takeover), by=make.officer(Role.REVIEWER), at=make.FILED, reason="公函没有日期")
    assert grant(propose(takeover)).state == "granted"


def test_refused_with_a_reason_it_may_be_asked_again(takeover, entity):
    with refused("reason_missing"):
        services.refuse_takeover(takeover, by=make.officer(Role.HANDLER), at=make.FILED, reason=" ")
    services.refuse_takeover(takeover, by=make.officer(Role.HANDLER), at=make.FILED, reason="公函没有盖章")
    assert "公函没有盖章" in Message.objects.get(event="takeover_refused", channel="inbox").body
    assert make.takeover(entity, by=takeover.applicant).state == "submitted"


def test_what_is_asked_wrongly_is_refused(takeover, entity):
    with refused("takeover_open"):
        make.takeover(entity, by=takeover.applicant)
    with refused("entity_unknown"):
        make.takeover(entity, credit_code=make.credit_code())
    with refused("already_owner_here"):
        make.takeover(entity, by=make.owner_of(entity))
    with refused("wrong_role"):
        make.takeover(entity, by=make.user(Role.INSURER))
    for _ in range(2):
        make.takeover(make.entity(), by=takeover.applicant)
    with refused("too_many_takeovers"):
        make.takeover(make.entity(), by=takeover.applicant)


def test_nobody_is_verified_while_somebody_else_claims_the_code():
    entity = make.entity(verified=False)
    rival = make.user(Role.ENTERPRISE)
    claim = services.register(by=rival, at=make.FILED, facts=make.entity_facts(credit_code=entity.credit_code), licence=make.pdf("rival"))
    asked = make.takeover(entity)
    handler = make.officer(Role.HANDLER)
    for settle in (
        lambda: services.decide_membership(claim, by=handler, at=make.FILED, accepted=False),
        lambda: services.refuse_takeover(asked, by=handler, at=make.FILED, reason="不是本企业的公函"),
    ):
        with refused("claims_first"):
            services.verify(entity, by=handler, at=make.FILED, in_beijing=True)
        settle()
    assert services.verify(entity, by=handler, at=make.FILED, in_beijing=True).is_verified


def test_a_claim_that_one_officer_accepts_makes_no_second_owner(entity):
    rival = make.user(Role.ENTERPRISE)
    claim = services.register(by=rival, at=make.FILED, facts=make.entity_facts(credit_code=entity.credit_code), licence=make.pdf("rival"))
    assert services.decide_membership(claim, by=make.officer(Role.HANDLER), at=make.FILED, accepted=True).role == "submitter"


def test_a_person_asks_on_the_page_and_waits(client, entity):
    client.force_login(make.user(Role.ENTERPRISE))
    typed = {"credit_code": entity.credit_code, "reason": "原管理员离职", "contact_name": "李联系", "contact_phone": "13800138000"}
    fault = client.post(ASK, {**typed, "letter": make.pdf("letter")})
    assert fault.status_code == 422
    assert "letter_kept" in fault.content.decode() and "原管理员离职" in fault.content.decode()
    kept = {"letter_kept": fault.context["form"]["letter"].value().pk}
    page = client.post(ASK, {**typed, **kept, "licence": make.pdf("licence")}, follow=True).content.decode()
    assert "正在办理，请等待结果" in page and entity.registered_address not in page
    asked = Takeover.objects.get()
    assert asked.get_absolute_url() in client.get("/enterprise/profile/").content.decode()
    client.post(f"{asked.get_absolute_url()}withdraw/")
    assert "已由您撤回" in client.get(asked.get_absolute_url()).content.decode()


def test_others_find_nothing_of_it(client, takeover, entity):
    client.force_login(make.owner_of(entity))
    assert client.get(takeover.get_absolute_url()).status_code == 404
    assert client.post(f"{takeover.get_absolute_url()}withdraw/").status_code == 404
    for role in (Role.FINANCE, Role.ADMINISTRATOR, Role.SECURITY):
        assert look(role, takeover).status_code == 403


def test_officers_see_letter_and_licences_and_decide_one_after_the_other(takeover, entity):
    page = look(Role.HANDLER, takeover)
    assert [kind for kind, _, _ in page.context["papers"]] == ["公函", "营业执照", "登记的营业执照"]
    assert make.owner_of(entity).username in text(page)
    assert buttons(Role.HANDLER, takeover) == {"propose_takeover", "refuse_takeover"}
    assert press(Role.HANDLER, takeover, "propose_takeover", reason="已核实").status_code == 422
    press(Role.HANDLER, takeover, "propose_takeover", former_owners="remove", reason="已核实")
    assert buttons(Role.HANDLER, takeover) == set()
    assert buttons(Role.REVIEWER, takeover) == {"grant_takeover", "send_back_takeover"}
    assert any(line.title == "待复核接管申请" for line in enter(Role.REVIEWER).get("/admin/").context["desk"])
    press(Role.REVIEWER, takeover, "grant_takeover")
    assert make.owner_of(entity) == takeover.applicant


@pytest.mark.django_db(transaction=True)
def test_two_rivals_granted_at_once_leave_one_owner(entity):
    both = [propose(make.takeover(entity)) for _ in range(2)]
    make.officer(Role.REVIEWER)
    outcomes = at_once(*(lambda one=one: grant(one) for one in both), meet="enterprises.services.takeovers._change_owners")
    assert codes(outcomes) == ["done", "done"]
    assert entity.memberships.filter(role="owner", state="active").count() == 1
