"""Policies on screen, for the enterprise: as on the paper, with each fault beside its field."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insurers import services
from insurers.models import Policy
from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from tests import make

pytestmark = pytest.mark.django_db
LIST, NEW = "/enterprise/policies/", "/enterprise/policies/new/"


@pytest.fixture
def entity(client):
    made = make.entity()
    client.force_login(make.owner_of(made))
    return made


def typed(**changes) -> dict:
    company = make.insurer()
    facts = {
        "insurer": company.pk,
        "product": company.products.get().pk,
        "number": "QIPL2022110395125",
        "signed_on": "2026-06-14",
        "starts_on": "2026-06-15",
        "last_day": "2027-06-14",
        "end_time": "24:00",
        "liability_limit": "10,000,000",
        "territory": "美国、欧盟",
        "premium": "33,333.33",
        "paper": make.pdf("policy"),
    }
    return {key: value for key, value in {**facts, **changes}.items() if value is not None}


def row(**changes) -> dict:
    facts = {
        "number": "34993302",
        "buyer": "x",
        "issued_on": "2026-06-16",
        "payer": "x",
        "paid_on": "2026-06-16",
        "reference": "R1",
        "amount": "33,333.33",
        "paper": make.pdf("paper"),
    }
    return {**facts, **changes}


def errors(response) -> dict:
    return response.context["form"].errors


@pytest.mark.parametrize(("last_day", "end_time"), [("2027-06-14", "24:00"), ("2027-06-15", "00:00"), ("2027年6月14日", "24:00")])
def test_the_end_is_typed_as_on_the_paper_and_kept_half_open(client, entity, last_day, end_time):
    response = client.post(NEW, typed(last_day=last_day, end_time=end_time), follow=True)
    assert Policy.objects.get().ends_on == date(2027, 6, 15)
    page = response.content.decode()
    assert "2027 年 6 月 14 日 24 时" in page
    assert "不是整一年" not in page


@pytest.mark.parametrize("text", ["33,333.33", "３３，３３３．３３", "￥33 333.33元", "33333.33"])
def test_an_amount_is_taken_as_people_write_it(client, entity, text):
    client.post(NEW, typed(premium=text))
    assert Policy.objects.get().premium == Decimal("33333.33")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("premium", "33333.333", "金额最多保留两位小数（到分）"),
        ("premium", "3.3万", "不要写“万”"),
        ("premium", "-1", "金额不能是负数"),
        ("premium", "0", "金额须大于 0"),
        ("premium", "1234567890123", "金额只能写数字"),
        ("last_day", "2026-06-01", "保险止期须晚于起期"),
        ("last_day", "9999-12-31", "请核对年份"),
        ("signed_on", "昨天", "请填写日期"),
        ("number", " - ", "没有字母或数字"),
        ("non_pilot_premium", "33,333.34", "不能超过保单保费"),
        ("paper", None, "请选择文件"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_typed_is_lost(client, entity, field, value, sentence):
    response = client.post(NEW, typed(**{field: value}))
    assert response.status_code == 422
    assert sentence in errors(response)[field][0]
    assert "美国、欧盟" in response.content.decode()
    assert not Policy.objects.exists()


def test_a_product_of_another_insurer_is_refused_beside_its_field(client, entity):
    other = make.insurer("示例二").products.get()
    response = client.post(NEW, typed(product=other.pk))
    assert (response.status_code, errors(response)["product"]) == (422, ["所选产品不属于这家保险公司。请重新选择。"])


def test_a_number_that_is_taken_is_told_beside_the_number_and_the_paper_is_kept(client, entity):
    client.post(NEW, typed())
    response = client.post(NEW, typed(number="qipl-2022110395125"))
    assert response.status_code == 409
    assert "已登记过" in errors(response)["number"][0]
    kept = StoredFile.objects.filter(added_by=make.owner_of(entity), name="policy.pdf").latest("pk")
    assert f'name="paper_kept" value="{kept.pk}"' in response.content.decode()


def test_a_term_that_is_no_year_is_pointed_out(client, entity):
    page = client.post(NEW, typed(last_day="2027-06-15"), follow=True).content.decode()
    assert "保险期间不是整一年" in page


def test_products_are_named_by_insurer_and_narrowed_once_one_is_chosen(client, entity):
    first, second = make.insurer(), make.insurer("示例二")
    page = client.get(NEW, {"paper": "typed"}).content.decode()
    assert f'<optgroup label="{first.name}">' in page
    assert f'<optgroup label="{second.name}">' in page
    options = client.get("/enterprise/policies/products/", {"insurer": second.pk}).content.decode()
    assert second.name in options
    assert first.name not in options


def test_an_unverified_enterprise_is_told_what_comes_first(client):
    client.force_login(make.owner_of(make.entity(verified=False)))
    assert "核验通过后即可登记保单" in client.get(LIST).content.decode()
    response = client.post(NEW, typed())
    assert response.status_code == 422
    assert "还没有通过核验" in response.content.decode()


def test_a_change_starts_from_what_the_paper_says(client, entity):
    policy = make.policy(entity)
    url = f"{LIST}{policy.pk}/edit/"
    page = client.get(url).content.decode()
    assert 'value="2027-06-14"' in page
    assert 'value="100000.00"' in page
    facts = typed(number=policy.number, premium="90,000", version=policy.version)
    del facts["paper"]
    response = client.post(url, facts, follow=True)
    assert "保单信息已修改" in response.content.decode()
    policy.refresh_from_db()
    assert (policy.premium, policy.ends_on, policy.paper.name) == (Decimal("90000.00"), date(2027, 6, 15), f"policy {policy.number}.pdf")


def test_a_policy_of_a_filed_case_offers_no_change_and_refuses_one(client):
    case = make.application(window=make.window())
    client.force_login(case.created_by)
    url = f"{LIST}{case.policy_id}/"
    page = client.get(url).content.decode()
    assert case.number in page
    assert url + "edit/" not in page
    response = client.post(url + "edit/", typed(version=case.policy.version))
    assert response.status_code == 409
    assert case.number in response.content.decode()


def test_invoices_and_payments_are_added_and_shown_with_their_sum(client, entity):
    policy = make.policy(entity, papers=False)
    url = f"{LIST}{policy.pk}/"
    client.post(url + "invoices/new/", row(amount="60,000.00"))
    client.post(url + "invoices/new/", row(amount="40,000.00", number="34993303"))
    page = client.post(url + "payments/new/", row(amount="９９，９９９．９９"), follow=True).content.decode()
    assert "100,000.00" in page
    assert "低于保单保费" in page
    assert policy.premium_payments.get().amount == Decimal("99999.99")


@pytest.mark.parametrize(
    ("kind", "changes", "field", "status"),
    [
        ("invoices", {"amount": "1.234"}, "amount", 422),
        ("invoices", {"number": "34993302"}, "number", 409),
        ("payments", {"reference": "R1"}, "reference", 409),
        ("payments", {"paid_on": ""}, "paid_on", 422),
    ],
)
def test_a_wrong_row_is_refused_beside_its_field(client, entity, kind, changes, field, status):
    policy = make.policy(entity, papers=False)
    url = f"{LIST}{policy.pk}/{kind}/new/"
    make.invoice(policy, number="34993302")
    make.premium_payment(policy, reference="R1")
    response = client.post(url, row(**changes))
    assert response.status_code == status
    assert errors(response)[field]
    assert 'value="x"' in response.content.decode()


def test_a_row_is_deleted_after_asking(client, entity):
    policy = make.policy(entity)
    url = f"{LIST}{policy.pk}/invoices/{policy.invoices.get().pk}/delete/"
    assert client.get(url).status_code == 200
    assert policy.invoices.exists()
    assert client.post(url)["Location"] == f"{LIST}{policy.pk}/"
    assert not policy.invoices.exists()


def test_a_row_of_a_filed_case_stays_and_the_page_says_why(client):
    case = make.application(window=make.window())
    client.force_login(case.created_by)
    response = client.post(f"{LIST}{case.policy_id}/payments/{case.policy.premium_payments.get().pk}/delete/")
    assert response.status_code == 409
    assert case.number in response.content.decode()
    assert case.policy.premium_payments.exists()


def test_papers_are_served_to_members_the_insurer_and_the_centre_alone(client, entity):
    policy = make.policy(entity)
    base = f"{LIST}{policy.pk}/"
    invoice, payment = policy.invoices.get(), policy.premium_payments.get()
    urls = [base + "paper/", f"{base}invoices/{invoice.pk}/paper/", f"{base}payments/{payment.pk}/paper/"]
    allowed = [make.owner_of(entity), policy.insurer.staff.get().user, make.officer(Role.HANDLER), make.officer(Role.AUDITOR)]
    strangers = [make.user(Role.ENTERPRISE), make.insurer("示例二").staff.get().user, make.officer(Role.OBSERVER)]
    for user, status in [(user, 200) for user in allowed] + [(user, 404) for user in strangers]:
        client.force_login(user)
        for url in urls:
            response = client.get(url)
            assert response.status_code == status, (user, url)
            assert status == 404 or b"".join(response.streaming_content).startswith(b"%PDF-")


def test_a_row_is_found_under_its_own_policy_alone(client, entity):
    policy, other = make.policy(entity), make.policy(entity)
    assert client.get(f"{LIST}{policy.pk}/invoices/{other.invoices.get().pk}/paper/").status_code == 404
    assert client.get(f"{LIST}{policy.pk}/endorsements/1/paper/").status_code == 404


def test_a_strangers_policy_is_not_found(client, entity):
    policy = make.policy(make.entity())
    base = f"{LIST}{policy.pk}/"
    for url in (base, base + "edit/", base + "invoices/new/", base + "payments/new/", f"{base}invoices/{policy.invoices.get().pk}/delete/"):
        assert client.get(url).status_code == 404, url
        assert client.post(url, typed()).status_code in (404, 405), url
    policy.refresh_from_db()
    assert policy.invoices.count() == 1


@pytest.mark.parametrize("role", [Role.INSURER, Role.HANDLER, Role.IP_OFFICE])
def test_other_roles_have_no_business_here(client, role):
    client.force_login(make.user(role))
    assert client.get(LIST).status_code == 403
    assert client.get(NEW).status_code == 403


def test_the_list_and_the_page_ask_no_more_of_the_database_with_more_rows(client, entity):
    policy = make.policy(entity)
    counts = []
    for _ in range(2):
        for url in (LIST, f"{LIST}{policy.pk}/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            counts.append(len(queries))
        for _ in range(4):
            make.policy(entity)
            make.invoice(policy)
            make.premium_payment(policy)
    assert counts[:2] == counts[2:]
    assert max(counts) <= 13


def test_the_list_goes_on_by_pages(client, entity, monkeypatch):
    monkeypatch.setattr("insurers.views.policies.PAGE", 2)
    numbers = [make.policy(entity, papers=False, confirmed=False).number for _ in range(3)]
    first = client.get(LIST)
    assert [row.number for row in first.context["rows"]] == numbers[:0:-1]
    second = client.get(f"{LIST}?{first.context['older']}")
    assert ([row.number for row in second.context["rows"]], second.context["older"]) == (numbers[:1], "")


def test_the_dispute_stands_on_the_page(client, entity):
    policy = make.policy(entity, confirmed=False)
    services.dispute_policy(policy, by=policy.insurer.staff.get().user, at=make.FILED, reason="保费应为 33,833.33 元")
    assert "保费应为 33,833.33 元" in client.get(f"{LIST}{policy.pk}/").content.decode()
