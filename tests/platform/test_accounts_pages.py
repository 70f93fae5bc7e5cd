"""Login, registration, passwords and landing, as a browser meets them."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from pilot_portal.accounts import tasks, views
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import ADMIN_ROLES, OVERSIGHT, Role
from pilot_portal.audit.models import Event

pytestmark = pytest.mark.django_db

PASSWORD = "Yi-Bao-2026-Zhong"
REGISTRATION = {
    "username": "muchuan",
    "display_name": "王经办",
    "phone": "13800138000",
    "email": "wang@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "consent": "on",
}


@pytest.fixture
def person():
    return User.objects.create_user("wang", "wang@example.com", PASSWORD, role=Role.HANDLER, display_name="王经办")


def log_in(client: Client, username: str, password: str, **query):
    return client.post(reverse("accounts:login", query=query), {"username": username, "password": password})


def without_tokens(response) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="[^"]+"|data-now="[^"]+"', "", response.content.decode())


@pytest.mark.parametrize(
    ("role", "desk"),
    [(Role.ENTERPRISE, "subsidies:home"), (Role.INSURER, "subsidies:insurer_home")]
    + [(role, "programme:oversight") for role in sorted(OVERSIGHT)]
    + [(role, "admin:index") for role in sorted(ADMIN_ROLES)],
)
def test_each_role_lands_at_its_own_desk(client, role, desk):
    client.force_login(User.objects.create_user("anyone", password=PASSWORD, role=role))
    assert client.get(reverse("accounts:landing"))["Location"] == reverse(desk)


def test_right_password_logs_in_and_is_recorded(client, person):
    response = log_in(client, "wang", PASSWORD)
    assert (response.status_code, response["Location"]) == (302, reverse("accounts:landing"))
    assert Event.objects.filter(action="accounts.login", actor_id=person.pk).count() == 1


def test_unknown_name_wrong_password_and_closed_account_get_the_same_answer(client, person):
    User.objects.create_user("left", password=PASSWORD, is_active=False)
    answers = [log_in(client, name, password) for name, password in (("wang", "x"), ("nobody", "x"), ("left", PASSWORD))]
    assert {answer.status_code for answer in answers} == {422}
    assert len({without_tokens(answer).replace(name, "") for answer, name in zip(answers, ("wang", "nobody", "left"), strict=True)}) == 1
    assert "用户名或密码不正确" in answers[0].content.decode()


def test_nobody_logs_in_as_the_system(client):
    User.objects.filter(pk=User.objects.system().pk).update(password="")
    assert log_in(client, "system", "").status_code == 422


@pytest.mark.parametrize("name", ["wang", "nobody"])
def test_fifth_wrong_password_locks_and_says_for_how_long(client, person, name):
    for _ in range(5):
        response = log_in(client, name, "wrong")
    assert response.status_code == 429
    assert "15 分钟" in response.content.decode()
    assert log_in(client, name, PASSWORD).status_code == 429


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_login_leads_to_no_other_site(client, person, target):
    assert log_in(client, "wang", PASSWORD, next=target)["Location"] == reverse("accounts:landing")


def test_login_leads_to_the_page_that_was_asked_for(client, person):
    asked = client.get(reverse("accounts:password_change"))
    assert urlsplit(asked["Location"]).path == reverse("accounts:login")
    response = client.post(asked["Location"], {"username": "wang", "password": PASSWORD})
    assert response["Location"] == reverse("accounts:password_change")


def test_logout_takes_a_post(client, person):
    client.force_login(person)
    assert client.get(reverse("accounts:logout")).status_code == 405
    assert client.post(reverse("accounts:logout")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_registration_makes_an_enterprise_user_and_asks_for_the_enterprise(client):
    response = client.post(reverse("accounts:register"), REGISTRATION)
    user = User.objects.get(username="muchuan")
    assert response["Location"] == reverse("enterprises:register")
    assert (user.role, user.display_name, user.phone, user.email) == (Role.ENTERPRISE, "王经办", "13800138000", "wang@example.com")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Event.objects.filter(action="accounts.register", object_id=user.pk, actor_id=user.pk).exists()


def test_registration_gives_no_other_role(client):
    client.post(reverse("accounts:register"), REGISTRATION | {"role": "head", "is_superuser": "on", "is_staff": "on"})
    user = User.objects.get(username="muchuan")
    assert (user.role, user.is_superuser, user.is_staff) == (Role.ENTERPRISE, False, False)


@pytest.mark.parametrize("typed", ["１３８００１３８０００", "+86 138-0013-8000", "138 0013 8000"])
def test_phone_is_understood_as_people_write_it(client, typed):
    client.post(reverse("accounts:register"), REGISTRATION | {"phone": typed})
    assert User.objects.get(username="muchuan").phone == "13800138000"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("username", "WANG", "这个用户名已有人使用，请换一个。"),
        ("username", "", "这个字段是必填项。"),
        ("phone", "010-82000000", "请填写 11 位手机号码。"),
        ("email", "wang", "输入一个有效的"),
        ("password2", "another-one-2026", "输入的两个密码不一致"),
        ("password1", "short", "密码太短，至少要 10 位。"),
        ("consent", "", "请阅读隐私说明并勾选同意。"),
    ],
)
def test_registration_says_beside_the_field_what_is_wrong_and_keeps_the_rest(client, person, field, value, sentence):
    typed = REGISTRATION | {field: value} | ({"password2": value} if field == "password1" else {})
    response = client.post(reverse("accounts:register"), typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert "有内容需要修改" in page
    assert "错误：注册企业账号" in page
    assert 'value="王经办"' in page
    assert PASSWORD not in page
    assert User.objects.filter(role=Role.ENTERPRISE).count() == 0


def test_name_taken_in_the_same_second_is_said_beside_the_field(client, monkeypatch):
    monkeypatch.setattr(User, "validate_unique", lambda self, exclude=None: None)
    monkeypatch.setattr(User, "validate_constraints", lambda self, exclude=None: None)
    monkeypatch.setattr("pilot_portal.accounts.forms.RegistrationForm.clean_username", lambda form: form.cleaned_data["username"])
    User.objects.create_user("muchuan")
    response = client.post(reverse("accounts:register"), REGISTRATION)
    assert response.status_code == 422
    assert "这个用户名已有人使用" in response.content.decode()


def test_one_address_registers_so_often_and_no_more(client, monkeypatch):
    monkeypatch.setattr(views, "allowed", lambda what, request, **limits: False)
    response = client.post(reverse("accounts:register"), REGISTRATION)
    assert response.status_code == 422
    assert "操作过于频繁" in response.content.decode()
    assert not User.objects.filter(username="muchuan").exists()


def test_forgotten_password_says_the_same_to_known_and_unknown_addresses(client, person, monkeypatch):
    asked = []
    monkeypatch.setattr(views.send_password_reset, "delay", asked.append)
    answers = [client.post(reverse("accounts:password_reset"), {"email": email}) for email in ("wang@example.com", "nobody@example.com")]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, reverse("accounts:password_reset_sent"))] * 2
    assert asked == ["wang@example.com", "nobody@example.com"]
    assert mail.outbox == []  # nothing is sent, or looked up, while the browser waits


def test_one_mailbox_is_not_flooded(client, person, monkeypatch):
    monkeypatch.setattr(views.send_password_reset, "delay", lambda email: None)
    statuses = [client.post(reverse("accounts:password_reset"), {"email": "wang@example.com"}).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [422]


def test_broker_away_is_said_and_not_hidden(client, monkeypatch):
    def away(email):
        raise OperationalError

    monkeypatch.setattr(views.send_password_reset, "delay", away)
    response = client.post(reverse("accounts:password_reset"), {"email": "wang@example.com"})
    assert response.status_code == 422
    assert "暂时无法发送邮件" in response.content.decode()


def test_reset_link_names_our_site_and_works_once(client, person, settings):
    settings.SITE_URL = "https://portal.example"
    tasks.send_password_reset("nobody@example.com")
    tasks.send_password_reset("wang@example.com")
    (letter,) = mail.outbox
    assert letter.to == ["wang@example.com"]
    assert "用户名：wang" in letter.body
    link = urlsplit(re.search(r"https://portal\.example\S+", letter.body)[0]).path
    form = client.get(link)["Location"]
    response = client.post(form, {"new_password1": "Xin-Mi-Ma-2026", "new_password2": "Xin-Mi-Ma-2026"})
    assert response["Location"] == reverse("accounts:login")
    person.refresh_from_db()
    assert person.check_password("Xin-Mi-Ma-2026")
    assert Event.objects.filter(action="accounts.password_reset", actor_id=person.pk).exists()
    assert "链接已失效" in Client().get(link, follow=True).content.decode()


def test_changed_password_ends_other_sessions_and_keeps_this_one(client, person):
    other = Client()
    for browser in (client, other):
        browser.force_login(person)
    client.post(
        reverse("accounts:password_change"),
        {"old_password": PASSWORD, "new_password1": "Xin-Mi-Ma-2026", "new_password2": "Xin-Mi-Ma-2026"},
    )
    assert client.get(reverse("accounts:password_change")).status_code == 200
    assert other.get(reverse("accounts:password_change")).status_code == 302
    assert Event.objects.filter(action="accounts.password_change", actor_id=person.pk).exists()


def test_stranger_to_the_admin_gets_403_and_no_ring_of_redirects(client):
    client.force_login(User.objects.create_user("firm", password=PASSWORD, role=Role.ENTERPRISE))
    response = client.get(reverse("admin:index"), follow=True)
    assert response.status_code == 403
    assert "您的账号不能打开这个页面" in response.content.decode()


def test_admin_has_the_portals_own_login(client):
    response = client.get(reverse("admin:index"), follow=True)
    assert urlsplit(response.redirect_chain[-1][0]).path == reverse("accounts:login")


def test_post_without_token_is_explained(person):
    strict = Client(enforce_csrf_checks=True)
    response = log_in(strict, "wang", PASSWORD)
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()
