"""A policy's paper comes first, and its form holds what the paper says; a scan is typed off, and nothing is lost on the way."""

from datetime import date
from decimal import Decimal

import pytest

from insurers.models import Policy
from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from programme.demo.papers import paper
from tests import make
from tests.insurers import desk

pytestmark = pytest.mark.django_db
NEW = "/enterprise/policies/new/"


@pytest.fixture
def entity(client):
    made = make.entity()
    client.force_login(make.owner_of(made))
    return made


def sheet(entity, company, **changes):
    lines = {
        "保险单号": "QIPL2026000777",
        "被保险人": entity.name,
        "签订日期": "2026年6月14日",
        "保险期间": "自2026年6月15日零时起至2027年6月14日二十四时止",
        "累计责任限额": "人民币1,000万元",
        "保险费（含税）": "人民币33,333.33元",
    }
    return paper("知识产权海外纠纷法律费用保险保险单", *(lines | changes).items(), signed=company.name)


def typed_of(form) -> dict:
    """What a browser sends of this form as it stands."""
    sent = {name: form[name].value() for name in form.fields if name != "paper"}
    sent = {name: form.fields[name].prepare_value(value) for name, value in sent.items() if value is not None}
    return sent | {"paper_kept": form["paper"].value().pk, "territory": "美国"}


def upload(client, file, follow=True):
    return client.post(NEW, {"read": "1", "paper": file}, follow=follow)


def test_the_first_page_asks_for_the_paper_and_offers_to_type(client, entity):
    page = client.get(NEW).content.decode()
    assert "上传并读取" in page
    assert 'href="?paper=typed"' in page
    assert 'name="premium"' in client.get(NEW, {"paper": "typed"}).content.decode()


def test_what_the_paper_says_is_filled_in_marked_and_saved_as_it_stands(client, entity):
    company = make.insurer()
    response = upload(client, sheet(entity, company))
    page, form = response.content.decode(), response.context["form"]
    assert "被保险人与" in page and "一致" in page
    assert "从保单读到：<strong>33,333.33</strong>" in page
    assert "保险费(含税) 人民币33,333.33元" in page
    saved = client.post(NEW, typed_of(form), follow=True).content.decode()
    policy = Policy.objects.get()
    assert (policy.insurer, policy.product, policy.number) == (company, company.products.get(), "QIPL2026000777")
    assert (policy.signed_on, policy.starts_on, policy.ends_on) == (date(2026, 6, 14), date(2026, 6, 15), date(2027, 6, 15))
    assert (policy.premium, policy.liability_limit) == (Decimal("33333.33"), Decimal("10000000.00"))
    assert "不一致" not in saved


def test_reading_writes_nothing_but_the_file_and_its_page_can_be_opened_again(client, entity):
    response = upload(client, sheet(entity, make.insurer()), follow=False)
    assert response.status_code == 302
    count = StoredFile.objects.count()
    for _ in range(2):
        assert "QIPL2026000777" in client.get(response.url).content.decode()
    assert (StoredFile.objects.count(), Policy.objects.count()) == (count, 0)


def test_something_else_typed_is_pointed_out_beside_its_field_and_on_the_next_page(client, entity):
    typed = typed_of(upload(client, sheet(entity, make.insurer())).context["form"])
    refused = client.post(NEW, typed | {"premium": "33,333.00", "territory": ""})
    assert refused.status_code == 422
    assert refused.content.decode().count('<span class="read-differs">') == 1
    saved = client.post(NEW, typed | {"premium": "33,333.00"}, follow=True).content.decode()
    assert "保单上是 <strong>33,333.33</strong>，登记的是 <strong>33,333.00</strong>" in saved


def test_the_insurer_and_the_handler_see_what_differs_from_the_paper(client, entity):
    company = make.insurer()
    typed = typed_of(upload(client, sheet(entity, company)).context["form"])
    client.post(NEW, typed | {"number": "QIPL2026000778"})
    policy = Policy.objects.get()
    pages = [(desk.desk_of(company), f"/insurer/policies/{policy.pk}/"), (client, f"/admin/insurers/policy/{policy.pk}/change/")]
    client.force_login(make.officer(Role.HANDLER))
    for person, address in pages:
        assert "保单上是 <strong>QIPL2026000777</strong>，登记的是 <strong>QIPL2026000778</strong>" in person.get(address).content.decode()


def test_a_paper_of_somebody_else_is_pointed_out(client, entity):
    page = upload(client, sheet(entity, make.insurer(), 被保险人="北京别家科技有限公司")).content.decode()
    assert "保单上的被保险人是“北京别家科技有限公司”" in page


def test_a_scan_is_kept_and_typed_off(client, entity):
    waiting = upload(client, make.pdf("scan"))
    assert "不等了，直接填写" in waiting.content.decode()
    page = client.get(waiting.wsgi_request.get_full_path() + "&now=1").content.decode()
    assert "没有读到保单的内容" in page
    assert f'name="paper_kept" value="{StoredFile.objects.latest("pk").pk}"' in page


def test_a_file_that_is_no_paper_is_refused_beside_the_field(client, entity):
    response = client.post(NEW, {"read": "1"})
    assert (response.status_code, response.context["form"].errors["paper"]) == (422, ["请选择文件。"])


def test_a_paper_of_another_person_is_not_found(client, entity):
    upload(client, sheet(entity, make.insurer()))
    paper = StoredFile.objects.latest("pk").pk
    client.force_login(make.owner_of(make.entity()))
    assert client.get(NEW, {"paper": paper}).status_code == 404


def test_words_of_a_paper_run_nothing_on_the_page(client, entity):
    page = upload(client, sheet(entity, make.insurer(), 承保区域="<script>alert(1)</script>")).content.decode()
    assert "<script>alert" not in page


def test_an_insurer_reads_the_paper_of_its_client(entity):
    company = make.insurer()
    make.entrustment(entity, company)
    person, address = desk.desk_of(company), f"/insurer/clients/{entity.pk}/policies/new/"
    response = person.post(address, {"read": "1", "paper": sheet(entity, company)}, follow=True)
    assert "从保单读到：<strong>QIPL2026000777</strong>" in response.content.decode()
    person.post(address, typed_of(response.context["form"]))
    assert Policy.objects.get().insurer == company
