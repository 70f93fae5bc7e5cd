"""交办: who works on a case until its 初审 is done."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application
from subsidies.states import State

ASSIGNING = {Role.HANDLER, Role.HEAD}
ASSIGNABLE = (State.SUBMITTED, State.CORRECTION, State.ACCEPTED)
MOST = 200
NAMED = 5  # numbers that a sentence names

may_stay_out_of_mail(Kind.WORK, "assigned")


@transaction.atomic
def assign(seen: Mapping[int, int], *, by: User, at: datetime, to: User) -> list[Application]:
    """Give these cases, each at the version its reader saw, to a handler: all of them or none. Returns those that changed hands.

    A case on hold may be given too. Both the handler who gets it and the one who had it are told.
    Raises Refusal: wrong_role, none_chosen, too_many_chosen, not_a_handler, not_assignable, moved_on_many, already_theirs.
    """
    if by.role not in ASSIGNING:
        raise Refusal("wrong_role", action="交办申报")
    if not seen or len(seen) > MOST:
        raise Refusal("too_many_chosen" if seen else "none_chosen", most=MOST)
    if to.role != Role.HANDLER or not to.is_active:
        raise Refusal("not_a_handler", field="to", who=to.get_full_name())
    cases = list(Application.objects.visible_to(by).filter(pk__in=seen).select_for_update(of=("self",)).order_by("pk"))
    _refuse("not_assignable", [case for case in cases if case.state not in ASSIGNABLE])
    _refuse("moved_on_many", [case for case in cases if case.version != seen[case.pk]])
    given = [case for case in cases if case.handler_id != to.pk]
    if not given:
        raise Refusal("already_theirs", who=to.get_full_name())
    had_by = {case.pk: case.handler_id for case in given}
    before = User.objects.in_bulk({key for key in had_by.values() if key})
    for case in given:
        had = before.get(had_by[case.pk])
        case.handler, case.version = to, case.version + 1
        record("assign", case, by=by, at=at, before=had.get_full_name() if had else "", after=to.get_full_name())
    Application.objects.bulk_update(given, ["handler", "version"])
    _tell(given, to, by=by, at=at)
    for had in before.values():
        _tell_former([case for case in given if had_by[case.pk] == had.pk], had, to, by=by, at=at)
    return given


def _refuse(code: str, cases: list[Application]) -> None:
    if cases:
        raise Refusal(code, numbers=_named(cases))


def _named(cases: list[Application]) -> str:
    more = f"等 {len(cases)} 件" if len(cases) > NAMED else ""
    return "、".join(str(case) for case in cases[:NAMED]) + more


def _tell(cases: list[Application], to: User, *, by: User, at: datetime) -> None:
    """One letter, however many cases; none to whoever took them for themselves."""
    if to != by:
        subject = f"交给您办理：{len(cases)} 件申报"
        body = f"{by.get_full_name()}把 {_named(cases)} 交给您办理，在“由我承办”里可以看到。"
        notify("assigned", [to], key=_key(cases), subject=subject, body=body, at=at, link=_desk())


def _tell_former(cases: list[Application], had: User, to: User, *, by: User, at: datetime) -> None:
    if had != by:
        body = f"{by.get_full_name()}把 {_named(cases)} 转交{to.get_full_name()}办理，您不需要再办。"
        notify("assigned", [had], key=f"{_key(cases)}:former", subject=f"已转交他人：{len(cases)} 件申报", body=body, at=at, link=_desk())


def _key(cases: list[Application]) -> str:
    return f"assigned:{cases[0].pk}:{cases[0].version}"


def _desk() -> str:
    return f"{reverse('admin:subsidies_application_changelist')}?handler=me"
