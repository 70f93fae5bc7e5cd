"""Every address of the workbench for every role: as the table says, never a 500."""

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import reverse

from pilot_portal.accounts.permissions import EDIT, VIEW, granted
from pilot_portal.accounts.roles import ADMIN_ROLES, Role
from pilot_portal.audit import services as audit
from subsidies.services import documents, payments
from subsidies.states import State
from tests import make
from tests.workbench import enter

pytestmark = pytest.mark.django_db
STAFF = sorted(ADMIN_ROLES)
PORTAL_APPS = {"accounts", "audit", "workflow", "reference", "files", "notifications", "enterprises", "insurers", "subsidies", "programme"}
PAGES = {model: page for model, page in admin.site._registry.items() if model._meta.app_label in PORTAL_APPS}


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """A row of everything that the workbench shows, and an officer of every role; made once."""
    with django_db_blocker.unblock(), transaction.atomic():
        window = make.window()
        make.window(published=False)
        case = make.application(window=window, state=State.CHECKED)
        documents.issue_receipt(case, at=make.FILED)
        payments.approve_batch(make.batch(window), by=make.officer(Role.HEAD), at=make.BATCHED)
        audit.seal_pending(at=make.BATCHED)
        audit.publish_anchor(at=make.BATCHED)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def rows(made, django_db_blocker):
    """Those rows; whatever a test does to them is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def name_of(model) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


@pytest.mark.parametrize("role", STAFF)
def test_lists_and_screens_open_as_the_table_says(rows, role):
    client = enter(role)
    wrong = []
    for model, page in PAGES.items():
        label = model._meta.label_lower
        expected = 200 if granted(role, f"{model._meta.app_label}.view_{model._meta.model_name}") else 403
        addresses = [reverse(f"{name_of(model)}_changelist")]
        one = page.model._base_manager.order_by("pk").last()
        if one is not None:
            addresses += [reverse(f"{name_of(model)}_change", args=[one.pk]), reverse(f"{name_of(model)}_history", args=[one.pk])]
        for address in addresses:
            response = client.get(address)
            if response.status_code != expected:
                wrong.append((label, address, response.status_code, expected))
    assert wrong == []


@pytest.mark.parametrize("role", STAFF)
def test_forms_open_as_the_table_says(rows, role):
    client = enter(role)
    for model in PAGES:
        expected = 200 if granted(role, f"{model._meta.app_label}.add_{model._meta.model_name}") else 403
        assert client.get(reverse(f"{name_of(model)}_add")).status_code == expected, model


@pytest.mark.parametrize("role", STAFF)
def test_nothing_is_deleted_in_the_workbench(rows, role):
    client = enter(role)
    for model in PAGES:
        one = model._base_manager.order_by("pk").last()
        if one is not None:
            address = reverse(f"{name_of(model)}_delete", args=[one.pk])
            assert client.post(address, {"post": "yes"}).status_code == 403, model
            assert model._base_manager.filter(pk=one.pk).exists()


@pytest.mark.parametrize("role", STAFF)
def test_every_further_address_answers_without_a_fault(rows, role):
    """With keys that exist or not: a page, a way back, no permission, or nothing there."""
    client = enter(role)
    for page in PAGES.values():
        for pattern in page.get_urls():
            if pattern.name is None:
                continue
            converters = pattern.pattern.converters
            arguments = {name: "do-it" if name == "name" else 1 for name in converters}
            address = reverse(f"admin:{pattern.name}", kwargs=arguments)
            for method in (client.get, client.post):
                response = method(address)
                if response.streaming:
                    b"".join(response)  # to its end, which closes its file
                assert response.status_code in (200, 302, 400, 403, 404, 422), address


@pytest.mark.parametrize("role", [role for role in Role if role not in ADMIN_ROLES | {Role.SYSTEM}])
def test_others_do_not_enter(rows, role):
    response = enter(make.user(role)).get(reverse("admin:index"), follow=True)
    assert response.status_code == 403


def test_who_is_not_logged_in_is_sent_to_the_portals_login(client):
    response = client.get(reverse("admin:subsidies_application_changelist"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))


@pytest.mark.parametrize("role", STAFF)
def test_every_figure_on_the_desk_is_a_link_that_opens(rows, role):
    client = enter(role)
    desk = client.get(reverse("admin:index")).context["desk"]
    assert desk
    for line in desk:
        assert client.get(line.url).status_code == 200, line.title


def test_custodians_decide_no_case():
    """三员: none of them edits or acts on what belongs to a case."""
    cases = {label for label in VIEW[Role.HANDLER] if label.startswith(("subsidies.", "enterprises."))}
    for role in (Role.AUDITOR, Role.SECURITY, Role.ADMINISTRATOR):
        assert not cases & EDIT.get(role, set())
    for role in (Role.SECURITY, Role.ADMINISTRATOR):
        assert not cases & VIEW[role]
    acts = [act for page in PAGES.values() for act in getattr(page, "acts", ()) if page.model._meta.label_lower in cases]
    assert acts
    assert not any(act.roles & {Role.AUDITOR, Role.SECURITY, Role.ADMINISTRATOR} for act in acts)


def test_stock_pages_of_the_admin_are_not_there(rows):
    client = enter(Role.SECURITY)
    for address in ("password_change/", "jsi18n/", "autocomplete/", "r/1/1/", "auth/group/", "subsidies/"):
        assert client.get(reverse("admin:index") + address).status_code in (403, 404), address


def test_pages_carry_nothing_inline(rows):
    import re

    for role in STAFF:
        client = enter(role)
        for model in PAGES:
            html = client.get(reverse(f"{name_of(model)}_changelist")).content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html), model
