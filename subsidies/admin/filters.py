"""What the queue of applications can be narrowed by."""

from datetime import timedelta

from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone

from insurers.models import Insurer
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.workbench import Choice
from pilot_portal.reference.models import Entry, Kind
from subsidies.models import Finding, Verdict, Window
from subsidies.states import ENDED, UNFILED, State

from .matters import MATTERS, TURNS, due_today, on_turn, overdue

SOON = timedelta(days=3)
DOUBTS = {  # what officers ask the queue for; each a check of the case that nobody has passed
    "same_legal_person": "疑似同一法人重复申报",
    "same_invoice": "发票另见于其他申报",
    "same_account": "账户另见于其他企业",
    "same_file": "材料另见于其他申报",
    "category_not_valid": "企业类别待认定",
    "policy_not_proven": "保单未确认",
    "credit_record_found": "有信用记录",
}


def is_key(value: str | None) -> bool:
    return bool(value) and value.isascii() and value.isdigit()


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
        return on_turn(queryset, Role(self.value())) if self.value() in TURNS else queryset


class ByMatter(Choice):
    title, parameter_name = "事项", "matter"

    def lookups(self, request, model_admin):
        return [(name, label) for name, (label, _) in MATTERS.items()]

    def queryset(self, request, queryset):
        return MATTERS[self.value()][1](queryset) if self.value() in MATTERS else queryset


class ByDue(Choice):
    title, parameter_name = "期限", "due"

    def lookups(self, request, model_admin):
        return [("over", "已超期"), ("today", "今天到期"), ("soon", "三天内到期"), ("held", "已暂停"), ("running", "未暂停")]

    def queryset(self, request, queryset):
        now = timezone.now()
        if self.value() == "over":
            return overdue(queryset)
        if self.value() == "today":
            return due_today(queryset)
        if self.value() == "soon":
            return queryset.filter(due_at__gt=now, due_at__lte=now + SOON, held_at__isnull=True)
        if self.value() in ("held", "running"):
            return queryset.filter(held_at__isnull=self.value() == "running")
        return queryset


class ByHandler(Choice):
    title, parameter_name = "承办人", "handler"

    def lookups(self, request, model_admin):
        me = str(request.user.pk)
        return [("me", "由我承办"), ("none", "尚无承办人"), *((key, name) for key, name in words(request, "handler") if key != me)]

    def queryset(self, request, queryset):
        if self.value() == "me":
            return queryset.filter(handler=request.user)
        if self.value() == "none":
            return queryset.filter(handler__isnull=True)
        return queryset.filter(handler_id=self.value()) if is_key(self.value()) else queryset


class ByWindow(Choice):
    title, parameter_name = "申报周期", "window"

    def lookups(self, request, model_admin):
        return words(request, "window")[::-1]

    def queryset(self, request, queryset):
        return queryset.filter(window_id=self.value()) if is_key(self.value()) else queryset


class ByFinding(Choice):
    title, parameter_name, is_further = "核查", "finding", True

    def lookups(self, request, model_admin):
        return [("open", "有待判断的"), ("failed", "有不符合的"), *DOUBTS.items()]

    def queryset(self, request, queryset):
        found = Finding.objects.filter(application=OuterRef("pk"))
        if self.value() in ("open", "failed"):
            return queryset.filter(Exists(found.filter(verdict=self.value())))
        return (
            queryset.filter(Exists(found.filter(code=self.value()).exclude(verdict=Verdict.PASSED))) if self.value() in DOUBTS else queryset
        )


class ByCategory(Choice):
    title, parameter_name, is_further = "企业类别", "category", True

    def lookups(self, request, model_admin):
        return [*words(request, Kind.CATEGORY), ("none", "未列类别")]

    def queryset(self, request, queryset):
        if self.value() == "none":
            return queryset.filter(category__isnull=True)
        return queryset.filter(category__category_id=self.value()) if is_key(self.value()) else queryset


class ByDistrict(Choice):
    title, parameter_name, is_further = "注册区", "district", True

    def lookups(self, request, model_admin):
        return words(request, Kind.DISTRICT)

    def queryset(self, request, queryset):
        return queryset.filter(legal_entity__district_id=self.value()) if is_key(self.value()) else queryset


class ByInsurer(Choice):
    title, parameter_name, is_further = "承保公司", "insurer", True

    def lookups(self, request, model_admin):
        return words(request, "insurer")

    def queryset(self, request, queryset):
        return queryset.filter(policy__insurer_id=self.value()) if is_key(self.value()) else queryset


def words(request, of: str) -> list[tuple[str, str]]:
    """(key, word) of what a select offers: colleagues, windows, insurers, categories, districts; all in one query a request."""
    if not hasattr(request, "queue_words"):
        request.queue_words = sorted(_words(), key=lambda row: (row[1], row[2]))
    return [(str(key), word) for key, kind, _, word in request.queue_words if kind == of]


def _words() -> QuerySet:
    """(key, of what, place among its like, word)."""
    name = Coalesce(NullIf("display_name", Value("")), "username")  # as User.get_full_name
    sources = [
        (User.objects.active_with_role(Role.HANDLER), Value("handler"), F("pk"), name),
        (Window.objects.published(), Value("window"), F("pk"), F("name")),
        (Insurer.objects.all(), Value("insurer"), F("pk"), F("short_name")),
        (Entry.objects.filter(kind__in=[Kind.CATEGORY, Kind.DISTRICT]), F("kind"), F("position"), F("name")),
    ]
    rows = [
        source.order_by().annotate(of=Cast(of, TextField()), place=Cast(place, BigIntegerField()), word=Cast(word, TextField()))
        for source, of, place, word in sources
    ]
    first, *others = (found.values_list("pk", "of", "place", "word") for found in rows)
    return first.union(*others, all=True)
