"""委托 as the enterprise gives it: started, confirmed, declined, revoked."""

from datetime import date

import pytest
from django.urls import reverse

from enterprises.models import MembershipRole
from insurers import services
from insurers.models import Entrustment
from insurers.states import EntrustmentState
from pilot_portal.accounts.roles import Role
from tests import make
from tests.subsidies.pages import browser, read, received, text_of

pytestmark = pytest.mark.django_db

FACTS = {"starts_at": make.OPENS, "ends_at": make.moment("2027-01-01 00:00"), "includes_submission": False, "includes_correction": True}


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def policy():
    return make.policy(make.entity())


@pytest.fixture
def entity(policy):
    return policy.legal_entity


@pytest.fixture
def client(entity):
    return browser(make.owner_of(entity))


@pytest.fixture
def asked(policy):
    """Proposed by the insurer."""
    by = policy.insurer.staff.get().user
    return services.propose_entrustment(policy.legal_entity, policy.insurer, by=by, at=make.FILED, facts=FACTS)


def url(name: str, *args) -> str:
    return reverse(f"insurers:entrustment{name}", args=args)


def typed(policy, **columns) -> dict:
    return {"insurer": policy.insurer_id, "starts_on": "2026-09-01", "ends_on": "2026-12-31", "includes_submission": "on", **columns}


def test_the_enterprise_starts_one_checks_it_and_confirms(client, policy):
    form = client.get(url("_new"))
    assert f'<option value="{policy.insurer_id}" selected>' in form.content.decode()
    page = client.post(url("_new"), typed(policy), follow=True)
    made = Entrustment.objects.get()
    assert made.state == EntrustmentState.PROPOSED
    for words in ("还没有生效", "2026 年 9 月 1 日 起，至 2026 年 12 月 31 日 24 时", "保险公司可以直接提交", "由您自行补正"):
        assert words in text_of(page)
    page = client.post(url("_confirm", made.pk), {"version": made.version}, follow=True)
    assert "委托已生效" in text_of(page)
    made.refresh_from_db()
    assert made.is_in_force(make.FILED)
    assert made.ends_at.astimezone(make.FILED.tzinfo).date() == date(2027, 1, 1)


def test_the_desk_asks_for_the_word_on_what_an_insurer_proposed(client, asked):
    page = client.get(reverse("subsidies:home"))
    assert f'href="{url("", asked.pk)}"' in page.content.decode()
    assert "请您委托其代为申报" in text_of(page)


def test_what_the_insurer_proposed_is_confirmed_with_all_before_the_eyes(client, asked):
    page = read(client, url("", asked.pk))
    for words in ("保险公司请您委托", "由您在线确认，确认后才算提交", "保险公司可以按补正告知书补正"):
        assert words in page
    client.post(url("_confirm", asked.pk), {"version": asked.version})
    asked.refresh_from_db()
    assert asked.state == EntrustmentState.CONFIRMED


def test_declining_needs_a_reason(client, asked):
    page = client.post(url("_revoke", asked.pk), {"version": asked.version, "reason": " "})
    assert page.status_code == 422
    assert "请写明不委托的原因" in text_of(page)
    page = client.post(url("_revoke", asked.pk), {"version": asked.version, "reason": "自行申报"}, follow=True)
    assert "委托已撤销：自行申报" in text_of(page)


def test_revoking_keeps_the_reason_and_tells_the_insurer(client, entity, policy):
    mandate = make.entrustment(entity, policy.insurer)
    assert "撤销后保险公司立即不能再办理" in read(client, url("_revoke", mandate.pk))
    client.post(url("_revoke", mandate.pk), {"version": mandate.version, "reason": "改为自行办理"})
    mandate.refresh_from_db()
    assert (mandate.state, mandate.state_reason) == (EntrustmentState.REVOKED, "改为自行办理")
    assert client.get(url("_revoke", mandate.pk)).url == url("", mandate.pk)
    assert "委托已撤销" in read(browser(policy.insurer.staff.get().user), "/messages/")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"insurer": ""}, "委托哪家保险公司"),
        ({"starts_on": "2026-12-31", "ends_on": "2026-10-01"}, "委托期止须晚于委托期起"),
        ({"starts_on": "2026-08-01", "ends_on": "2026-08-31"}, "委托期止在今天之前"),
        ({"ends_on": "明年"}, "请填写日期"),
    ],
)
def test_bad_input_is_refused_and_stays(client, policy, columns, sentence):
    page = client.post(url("_new"), typed(policy, **columns))
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert "checked" in page.content.decode()
    assert not Entrustment.objects.exists()


def test_a_second_one_for_the_same_insurer_is_refused(client, asked, policy):
    page = client.post(url("_new"), typed(policy))
    assert page.status_code == 409
    assert "已有一份待确认或有效的委托" in text_of(page)


def test_an_old_page_confirms_nothing(client, asked):
    services.add_entrustment_paper(asked, by=asked.proposed_by, at=make.FILED, paper=make.pdf("sealed"))
    page = client.post(url("_confirm", asked.pk), {"version": asked.version - 1})
    assert page.status_code == 409
    asked.refresh_from_db()
    assert asked.state == EntrustmentState.PROPOSED
    assert received(client.get(url("_paper", asked.pk))).startswith(b"%PDF-")


def test_without_a_sealed_paper_there_is_none_to_read(client, asked):
    assert client.get(url("_paper", asked.pk)).status_code == 404


def test_a_confirmed_one_is_not_confirmed_twice(client, entity, policy):
    mandate = make.entrustment(entity, policy.insurer)
    assert client.post(url("_confirm", mandate.pk), {"version": mandate.version}).status_code == 409


def test_a_stranger_finds_nothing(asked):
    stranger = browser(make.owner_of(make.entity()))
    for name in ("", "_revoke", "_paper"):
        assert stranger.get(url(name, asked.pk)).status_code == 404
    assert stranger.post(url("_confirm", asked.pk), {"version": asked.version}).status_code == 404


def test_the_insurers_people_have_pages_of_their_own(asked):
    client = browser(asked.proposed_by)
    for address in (url("s"), url("_new"), url("", asked.pk), url("_revoke", asked.pk)):
        assert client.get(address).status_code == 403


def test_a_preparer_cannot_entrust(asked, entity, policy):
    preparer = make.user(Role.ENTERPRISE)
    entity.memberships.create(user=preparer, role=MembershipRole.PREPARER, created_at=make.FILED)
    client = browser(preparer)
    assert client.post(url("_confirm", asked.pk), {"version": asked.version}).status_code == 403
    assert client.post(url("_revoke", asked.pk), {"version": asked.version, "reason": "x"}).status_code == 403


def test_the_list_costs_the_same_however_many(client, entity, django_assert_max_num_queries):
    def opening(most: int) -> int:
        with django_assert_max_num_queries(most) as taken:
            read(client, url("s"))
        return len(taken)

    make.entrustment(entity, make.insurer("示例三"))
    one = opening(12)
    for name in ("示例四", "示例五"):
        make.entrustment(entity, make.insurer(name))
    assert opening(one) == one
