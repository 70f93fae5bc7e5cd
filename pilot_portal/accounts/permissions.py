"""Who may look at what in the workbench, and edit what through a form. Cases change through services alone, so nobody edits a case here."""

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.core.exceptions import PermissionDenied

from .roles import Role

CASES = {
    "enterprises.legalentity",
    "enterprises.preregistration",
    "insurers.policy",
    "insurers.entrustment",
    "insurers.underwritinganswer",
    "insurers.underwritinglist",
    "subsidies.application",
    "subsidies.window",
    "subsidies.batch",
    "subsidies.recovery",
}
LISTS = {"subsidies.matchlist"}
OBJECTIONS = {"subsidies.objection"}  # who raised one is no business of those who pay
CLAIMS = {"enterprises.takeover", "enterprises.entitychange"}
MONEY = {"subsidies.appropriation"}
DICTIONARIES = {"reference.pilot", "reference.entry", "reference.calendarday"}
MARKET = {"insurers.insurer", "insurers.selection", "insurers.product", "insurers.insurerstaff"}
LETTERS = {"subsidies.letterversion"}
STAFFING = {"workflow.proposal"}
TRAIL = {"audit.event", "audit.seal", "audit.anchor"}

VIEW: dict[str, set[str]] = {
    Role.HANDLER: CASES | OBJECTIONS | LISTS | CLAIMS | MARKET,
    Role.REVIEWER: CASES | OBJECTIONS | LISTS | CLAIMS,
    Role.HEAD: CASES | OBJECTIONS | LISTS | CLAIMS | MONEY | LETTERS | STAFFING,
    Role.FINANCE: CASES | MONEY,
    Role.AUDITOR: CASES | OBJECTIONS | LISTS | CLAIMS | MONEY | LETTERS | STAFFING | TRAIL,
    Role.SECURITY: {"accounts.user"} | STAFFING,
    Role.ADMINISTRATOR: DICTIONARIES | MARKET | {"notifications.message"},
}
EDIT: dict[str, set[str]] = {  # add and change; nothing is deleted, words and accounts end instead
    Role.HANDLER: {"subsidies.window", "subsidies.objection", "subsidies.matchlist"},
    Role.HEAD: {"subsidies.window", "subsidies.objection"},
    Role.ADMINISTRATOR: DICTIONARIES | MARKET,
}


def granted(role: str, permission: str) -> bool:
    """Whether a role holds a Django permission such as "subsidies.view_application"."""
    app, _, verb_and_model = permission.partition(".")
    verb, _, model = verb_and_model.partition("_")
    table = {"view": VIEW, "add": EDIT, "change": EDIT}.get(verb, {})
    return f"{app}.{model}" in table.get(role, ())


class RolePermissions(BaseBackend):
    """The table above as Django asks for it. Its no is final: groups and permission rows grant nothing here."""

    def has_perm(self, user_obj, perm, obj=None):
        if user_obj.is_active and granted(user_obj.role, perm):
            return True
        raise PermissionDenied

    def has_module_perms(self, user_obj, app_label):
        if any(label.startswith(f"{app_label}.") for label in VIEW.get(user_obj.role, ())):
            return True
        raise PermissionDenied

    def get_user(self, user_id):
        return ModelBackend().get_user(user_id)
