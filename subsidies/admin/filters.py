"""How the queue of applications is narrowed and searched, each by an index."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from enterprises.rules import normalise_credit_code
from insurers.rules import normalise_policy_number
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.workbench import Choice
from subsidies.models import Application, Window
from subsidies.states import ENDED, UNFILED, State

SOON = timedelta(days=3)


TURNS = {  # whose desk a case lies on
    Role.HANDLER: (State.SUBMITTED, State.ACCEPTED),
    Role.REVIEWER: (State.REVIEWED,),
    Role.HEAD: (State.CHECKED, State.DETERMINED, State.PUBLICIZED),
    Role.FINANCE: (State.APPROVED,),
}


class ByStage(Choice):
    """A tab for each state on the way, and one for all that have ended."""

    title, parameter_name, as_tabs = "状态", "state", True

    def lookups(self, request, model_admin):
        return [*((state.value, state.label) for state in State if state not in (*UNFILED, *ENDED)), ("ended", "已结束")]

    def queryset(self, request, queryset):
        if self.value() == "ended":
            return queryset.filter(state__in=ENDED)
        return queryset.filter(state=self.value()) if self.value() else queryset


class ByTurn(Choice):
    title, parameter_name = "轮到", "turn"

    def lookups(self, request, model_admin):
        return [(role.value, role.label) for role in TURNS]

    def queryset(self, request, queryset):
        return queryset.filter(state__in=TURNS[self.value()]) if self.value() in TURNS else queryset


class ByDue(Choice):
    title, parameter_name = "期限", "due"

    def lookups(self, request, model_admin):
        return [("over", "已超期"), ("soon", "三天内到期"), ("held", "已暂停")]

    def queryset(self, request, queryset):
        now = timezone.now()
        if self.value() == "over":
            return queryset.filter(due_at__lte=now, held_at__isnull=True)
        if self.value() == "soon":
            return queryset.filter(due_at__gt=now, due_at__lte=now + SOON, held_at__isnull=True)
        return queryset.filter(held_at__isnull=False) if self.value() == "held" else queryset


class ByHandler(Choice):
    title, parameter_name = "承办人", "handler"

    def lookups(self, request, model_admin):
        return [("me", "由我承办"), ("none", "尚无承办人")]

    def queryset(self, request, queryset):
        if self.value() == "me":
            return queryset.filter(handler=request.user)
        return queryset.filter(handler__isnull=True) if self.value() == "none" else queryset


class ByWindow(Choice):
    title, parameter_name = "申报周期", "window"

    def lookups(self, request, model_admin):
        return [(str(pk), name) for pk, name in Window.objects.published().values_list("pk", "name")[:20]]

    def queryset(self, request, queryset):
        return queryset.filter(window_id=self.value()) if (self.value() or "").isdigit() else queryset


def matching(queryset: QuerySet, term: str) -> QuerySet:
    """Cases by number, name prefix, credit code or policy number. A union of index scans, since an OR over tables would read them all."""
    cases = Application.objects.order_by()
    found = [
        cases.filter(number__startswith=term.upper()),
        cases.filter(legal_entity__name__startswith=term),
        cases.filter(legal_entity__credit_code=normalise_credit_code(term)),
        cases.filter(policy__number_normalised=normalise_policy_number(term)),
    ]
    first, *others = (matches.values("pk") for matches in found)
    return queryset.filter(pk__in=first.union(*others))
