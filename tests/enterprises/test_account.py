"""The account that receives the money: of the enterprise's own name, ciphertext, one at a time, seen only with a trace."""

import pytest
from django.db import connection

from enterprises import services
from enterprises.models import BankAccount
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.workflow.refusals import Refusal
from tests import make

pytestmark = pytest.mark.django_db
NUMBER = "0200 0036 1902 0123 456"
CLEAN = "0200003619020123456"


@pytest.fixture
def entity():
    return make.entity(verified=False, name="北京示例（海淀）科技有限公司")


@pytest.fixture
def owner(client, entity):
    user = make.owner_of(entity)
    client.force_login(user)
    return user


def set_account(entity, **changes):
    options = {
        "by": make.owner_of(entity),
        "at": make.OPENS,
        "holder": entity.name,
        "bank_name": "示例银行",
        "cnaps": "102100099996",
        "number": NUMBER,
    }
    return services.set_bank_account(entity, **{**options, **changes})


def typed(entity, **changes):
    facts = {"holder": entity.name, "bank_name": "示例银行北京海淀支行", "cnaps": "102100099996", "number": NUMBER}
    return {**facts, "proof": make.pdf("proof"), **changes}


def test_the_number_is_kept_as_ciphertext_alone(entity):
    account = set_account(entity)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM enterprises_bankaccount a WHERE id = %s", [account.pk])
        (row,) = cursor.fetchone()
    assert CLEAN not in row
    assert (account.number, account.masked) == (CLEAN, "**** **** 3456")


@pytest.mark.parametrize("holder", ["北京示例(海淀)科技有限公司", " 北京示例（海淀）科技有限公司 "])
def test_the_width_of_brackets_makes_no_other_holder(entity, holder):
    assert set_account(entity, holder=holder).pk


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"holder": "北京示例科技有限公司"}, "account_holder_differs"),
        ({"holder": "张三"}, "account_holder_differs"),
        ({"number": "1234567"}, "account_number_invalid"),
        ({"number": "12345678901234567890123456789012x"}, "account_number_invalid"),
    ],
)
def test_a_wrong_holder_or_number_is_refused(entity, changes, code):
    with pytest.raises(Refusal) as refusal:
        set_account(entity, **changes)
    assert refusal.value.code == code
    assert not entity.bank_accounts.exists()


def test_a_stranger_sets_no_account(entity):
    with pytest.raises(Refusal) as refusal:
        set_account(entity, by=make.user(Role.ENTERPRISE))
    assert refusal.value.code == "not_a_member"


def test_a_new_account_closes_the_old_one(entity):
    old, new = set_account(entity), set_account(entity, number="6222000011112222")
    old.refresh_from_db()
    assert old.closed_at == make.OPENS
    assert BankAccount.objects.get(closed_at__isnull=True) == new


def test_every_look_at_the_number_leaves_a_trace_without_the_number(entity):
    account = set_account(entity)
    assert services.reveal_account(account, by=make.officer(Role.FINANCE), at=make.FILED) == CLEAN
    event = Event.objects.get(action="reveal_account")
    assert (event.role, event.data) == ("finance", {"account": account.pk})


def test_the_page_saves_an_account_and_shows_its_last_four_digits_alone(client, entity, owner):
    response = client.post("/enterprise/profile/account/", typed(entity), follow=True)
    page = response.content.decode()
    assert "收款账户已保存" in page
    assert "**** **** 3456" in page
    assert CLEAN not in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("holder", "张三", "与企业名称"),
        ("number", "12345", "8 至 32 位"),
        ("cnaps", "1021000999", "12 位数字"),
        ("proof", None, "请选择文件"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_typed_is_lost(client, entity, owner, field, value, sentence):
    facts = {key: kept for key, kept in typed(entity, **{field: value}).items() if kept is not None}
    response = client.post("/enterprise/profile/account/", facts)
    assert response.status_code == 422
    assert sentence in response.context["form"].errors[field][0]
    assert 'value="示例银行北京海淀支行"' in response.content.decode()


def test_a_refusal_names_the_clause_it_stands_on(client, entity, owner):
    page = client.post("/enterprise/profile/account/", typed(entity, holder="张三")).content.decode()
    assert "依据：支付结算办法" in page


def test_a_doubtful_bank_code_only_warns(client, entity, owner):
    response = client.post("/enterprise/profile/account/", typed(entity, cnaps="102100099997"), follow=True)
    assert "联行号的校验位不符" in response.content.decode()
    assert entity.bank_accounts.get().cnaps == "102100099997"


def test_the_full_number_is_shown_by_post_alone_and_not_kept_by_the_browser(client, entity, owner):
    set_account(entity)
    assert client.get("/enterprise/profile/account/reveal/").status_code == 405
    response = client.post("/enterprise/profile/account/reveal/")
    assert CLEAN in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert Event.objects.filter(action="reveal_account", actor_id=owner.pk).count() == 1


def test_an_enterprise_without_an_account_has_nothing_to_reveal(client, entity, owner):
    assert client.post("/enterprise/profile/account/reveal/").status_code == 404
    assert client.get("/enterprise/profile/account/paper/").status_code == 404
