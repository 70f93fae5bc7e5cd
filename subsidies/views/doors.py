"""Where the things that a case rests on are looked after: the enterprise has its pages, its insurer has others."""

from urllib.parse import urlencode

from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.states import State

ENTERPRISE = {
    "cases": "subsidies:applications",
    "profile": "enterprises:profile",
    "account": "enterprises:account",
    "category_new": "enterprises:category",
    "policy_new": "insurers:policy_new",
}
COMING_BACK = ("account", "category_new")  # pages that lead back to the case once something is saved
INSURER = {  # each takes the client
    "cases": "subsidies:client",
    "profile": "subsidies:client",
    "account": "insurers:client_account",
    "category_new": "insurers:client_category",
    "policy_new": "insurers:client_policy_new",
}


def doors_of(user: User, application: Application) -> dict[str, str]:
    """Addresses by what is looked after there; one that is missing is not this person's to mend."""
    if user.role == Role.INSURER:
        doors = {name: reverse(address, args=[application.legal_entity_id]) for name, address in INSURER.items()}
        return doors | {"cases_label": application.legal_entity.name}
    doors = {name: reverse(address) for name, address in ENTERPRISE.items()}
    back = urlencode({"next": _work_on(application)})
    return doors | {"cases_label": "我的申报"} | {name: f"{doors[name]}?{back}" for name in COMING_BACK}


def _work_on(application: Application) -> str:
    """Where the person goes on with the case."""
    if application.state == State.CORRECTION:
        return reverse("subsidies:correction", args=[application.pk])
    return application.get_absolute_url()
