"""核定拟补贴额: one locked, set-based run over a window. Nobody waits for one case: what is unresolved is reserved. 五.5, 六（二）1."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import DecimalField, Exists, F, Func, Max, OuterRef, Q, Sum, Value
from django.db.models.functions import Least

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import AllocationRun, Application, Window
from subsidies.rules import RULES_VERSION
from subsidies.states import UNRESOLVED, State

from .facts import expected_amount
from .letters import alarm_head, tell

CONSTRAINT_REFUSALS["awards_within_draw"] = "budget_exceeded"
CONSTRAINT_REFUSALS["one_award_per_pilot_and_entity"] = "list_changed"  # the other window was allocated in the same moment
ZERO = Decimal("0.00")
AWARDED_ALREADY = Q(entitled__gt=0) & Exists(
    Application.objects.filter(pilot=OuterRef("pilot"), legal_entity=OuterRef("legal_entity"), awarded__gt=0).exclude(pk=OuterRef("pk"))
)

# Every case that takes part now, with what it brings and what it gets. `result` is its share of the budget, in exact whole fen.
LINES = """
INSERT INTO subsidies_allocationline (run_id, application_id, kind, entitled, reserved, result)
SELECT %(run)s, id, CASE WHEN reserved > 0 THEN 'late' ELSE 'award' END, entitled, reserved,
    CASE
        WHEN reserved > 0 THEN LEAST(entitled, reserved)
        WHEN %(demand)s <= %(budget)s THEN entitled
        ELSE div(entitled * 100 * %(budget)s, %(demand)s) / 100
    END
FROM subsidies_application
WHERE window_id = %(window)s AND state = 'checked' AND held_at IS NULL AND NOT (entitled > 0 AND EXISTS (
    SELECT 1 FROM subsidies_application other WHERE other.awarded > 0
        AND (other.pilot_id, other.legal_entity_id) = (subsidies_application.pilot_id, subsidies_application.legal_entity_id)
))
"""
AWARD = """
UPDATE subsidies_application a
SET awarded = l.result,
    reserved = 0, state = 'allocated', version = version + 1,
    allocated_at = %(at)s, allocated_by_id = %(by)s, allocation_id = %(run)s, due_at = NULL
FROM subsidies_allocationline l
WHERE l.run_id = %(run)s AND a.id = l.application_id AND a.state = 'checked' AND a.held_at IS NULL AND a.entitled = l.entitled
"""
# Proposed rejections whose reply period is over take part in the list, not in the budget.
LIST_REJECTIONS = """
WITH listed AS (
    UPDATE subsidies_application SET allocation_id = %(run)s, version = version + 1
    WHERE window_id = %(window)s AND state = 'rejection_proposed' AND held_at IS NULL AND due_at <= %(at)s AND allocation_id IS NULL
    RETURNING id
)
INSERT INTO subsidies_allocationline (run_id, application_id, kind, entitled, reserved, result)
SELECT %(run)s, id, 'rejection', 0, 0, 0 FROM listed
"""
# What unresolved and held cases would get takes part too, and waits for them.
RESERVE = """
WITH waiting AS (
    INSERT INTO subsidies_allocationline (run_id, application_id, kind, entitled, reserved, result)
    SELECT %(run)s, e.id, 'waiting', e.amount, 0,
        CASE WHEN %(demand)s <= %(budget)s THEN e.amount ELSE div(e.amount * 100 * %(budget)s, %(demand)s) / 100 END
    FROM unnest(%(keys)s::bigint[], %(amounts)s::numeric[]) AS e (id, amount)
    RETURNING application_id, result
)
UPDATE subsidies_application a SET reserved = waiting.result, version = version + 1 FROM waiting WHERE a.id = waiting.application_id
"""


@dataclass(frozen=True)
class Demand:
    """Who takes part in a run, CNY: what each could get at most, and the budget that is left for them."""

    budget: Decimal
    entitled: Decimal  # of the cases that are awarded now and hold no reservation
    late: Decimal  # what cases that are awarded now get from the reservations they hold
    waiting: list[tuple[int, Decimal]]  # unresolved or held cases and their full entitlement
    input_hash: str

    @property
    def total(self) -> Decimal:
        return self.entitled + sum((amount for _, amount in self.waiting), ZERO)


def ready(window: Window):
    """Cases that a run would award: checked, not held, and of a legal person without an award in another window of the year."""
    return window.applications.filter(state=State.CHECKED, held_at__isnull=True).exclude(AWARDED_ALREADY)


def left_out(window: Window):
    """Checked cases of a legal person that holds an award of the year. Nobody else waits for them; recomputed to 0.00 they may end."""
    return window.applications.filter(AWARDED_ALREADY, state=State.CHECKED, held_at__isnull=True)


def ripe_rejections(window: Window, at: datetime):
    """Proposed rejections that may be determined: replied to or not, their period is over, and no list holds them yet."""
    return window.applications.filter(state=State.REJECTION_PROPOSED, held_at__isnull=True, due_at__lte=at, allocation__isnull=True)


def waiting_cases(window: Window, at: datetime):
    """Cases that are not decided yet and hold no reservation: unresolved, held, or with a reply still to come."""
    unresolved = Q(state__in=UNRESOLVED) | Q(state=State.CHECKED, held_at__isnull=False)
    replying = Q(state=State.REJECTION_PROPOSED) & (Q(held_at__isnull=False) | Q(due_at__gt=at))
    return window.applications.filter(unresolved | replying, reserved=0)


def demand(window: Window, *, at: datetime) -> Demand:
    """What a run at this moment would start from; changes nothing."""
    waiting = [
        (case.pk, case.entitled if case.entitled is not None else expected_amount(case, at=at))
        for case in waiting_cases(window, at)
        .select_related("policy", "window")
        .prefetch_related("policy__invoices", "policy__premium_payments", "policy__endorsements")
        .order_by("pk")
    ]
    fresh = ready(window).filter(reserved=0)
    entitled = fresh.aggregate(total=Sum("entitled"))["total"] or ZERO
    late = ready(window).filter(reserved__gt=0).aggregate(total=Sum(Least("entitled", "reserved")))["total"] or ZERO
    budget = window.draw - window.awarded_total - window.reserved_total
    digest = input_hash(
        f"{window.pk}|{window.method}|{budget}",
        ready(window).order_by("pk").values_list("number", "entitled").iterator(),
        waiting,
        ripe_rejections(window, at).order_by("pk").values_list("number", flat=True),
    )
    return Demand(budget, entitled, late, waiting, digest)


def input_hash(terms: str, awarded: Iterable[tuple[str, Decimal]], waiting: Iterable[tuple[int, Decimal]], rejected: Iterable[str]) -> str:
    """SHA-256 over all that a run starts from: its terms, then each case in the order of keys."""
    digest = hashlib.sha256(terms.encode())
    for number, amount in awarded:
        digest.update(f"|{number}:{amount}".encode())
    for key, amount in waiting:
        digest.update(f"|{key}~{amount}".encode())
    for number in rejected:
        digest.update(f"|{number}:rejected".encode())
    return digest.hexdigest()


def expected_awards(window: Window, wanted: Demand) -> Decimal:
    """Sum of what a run from this demand would award, each case cut to the fen as AWARD does."""
    if wanted.total <= wanted.budget:
        return wanted.late + wanted.entitled
    exact = DecimalField(max_digits=40, decimal_places=4)
    product = F("entitled") * Value(100 * wanted.budget, output_field=exact)
    fen = Func(product, Value(wanted.total, output_field=exact), function="div", output_field=exact)
    total = ready(window).filter(reserved=0).aggregate(fen=Sum(fen))["fen"] or ZERO
    return wanted.late + total / 100


@transaction.atomic
def allocate(window: Window, *, by: User, at: datetime, reason: str = "", seen_hash: str = "") -> AllocationRun:
    """Award every checked case of a closed window, pro rata when the budget is short, and list the proposed rejections that are ripe.

    `seen_hash` is the input of the figures that the head looked at; the run refuses to start from other ones.
    Raises Refusal: wrong_role, window_still_open, nothing_to_allocate, already_awarded (no other case is left), list_changed,
    budget_exceeded.
    Two runs cannot overspend: the window's row is locked, and the database refuses a sum of awards above the draw.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="核定拟补贴额")
    locked = lock(window)
    if at < locked.closes_at:
        raise Refusal("window_still_open", window=locked)
    count, rejected = ready(locked).count(), ripe_rejections(locked, at).count()
    if not (count or rejected):
        raise _nothing_to_allocate(locked)
    _alarm_left_out(locked, at)
    wanted = demand(locked, at=at)
    if seen_hash and seen_hash != wanted.input_hash:
        raise Refusal("list_changed")
    run = AllocationRun.objects.create(
        window=locked,
        sequence=(locked.allocation_runs.aggregate(last=Max("sequence"))["last"] or 0) + 1,
        method=locked.method,
        rules_version=RULES_VERSION,
        budget=wanted.budget,
        entitled_total=ready(locked).aggregate(total=Sum("entitled"))["total"] or ZERO,
        awarded_total=ZERO,
        reserved_total=ZERO,
        count=count,
        rejected_count=rejected,
        input_hash=wanted.input_hash,
        list_hash="",
        reason=reason,
        run_by=by,
        run_at=at,
    )
    with refusing_constraints():
        _write_awards(run, wanted, by, at)
    _close_run(run, locked)
    record("allocate", run, by=by, at=at, budget=run.budget, awarded=run.awarded_total, count=count, input_hash=run.input_hash)
    after_commit("subsidies.tasks.tell_allocated", run.pk)
    return run


def _nothing_to_allocate(window: Window) -> Refusal:
    for case in left_out(window).select_related("legal_entity"):
        return Refusal("already_awarded", entity=case.legal_entity, number=_award_of(case).number)
    return Refusal("nothing_to_allocate", window=window)


def _award_of(case: Application) -> Application:
    return Application.objects.get(pilot=case.pilot_id, legal_entity=case.legal_entity_id, awarded__gt=0)


def _alarm_left_out(window: Window, at: datetime) -> None:
    for case in left_out(window).select_related("legal_entity"):
        award = _award_of(case)
        why = f"“{case.legal_entity}”本年度已获补贴（申报 {award.number}），申报 {case.number} 未列入名单，请重新核算为 0.00 元。"
        alarm_head(f"awarded_already:{case.pk}:{award.pk}", f"本年度已获补贴：{case.number}", why, at=at)


def tell_allocated(run: AllocationRun, *, at: datetime) -> None:
    """Tell every applicant on a list that still stands. A second call writes no second letter."""
    standing = run.applications.filter(state=State.ALLOCATED).select_related("legal_entity", "window", "insurer").order_by("pk")
    for case in standing.iterator(chunk_size=500):
        tell(case, "allocated", at=at, about=run.pk)


def _write_awards(run: AllocationRun, wanted: Demand, by: User, at: datetime) -> None:
    common = {"demand": wanted.total, "budget": wanted.budget}
    with connection.cursor() as cursor:
        cursor.execute(LINES, {**common, "run": run.pk, "window": run.window_id})
        cursor.execute(AWARD, {"at": at, "by": by.pk, "run": run.pk})
        if cursor.rowcount != run.count:  # the other window of one of them was allocated meanwhile
            raise Refusal("list_changed")
        cursor.execute(LIST_REJECTIONS, {"at": at, "run": run.pk, "window": run.window_id})
        if wanted.waiting:
            keys, amounts = zip(*wanted.waiting, strict=True)
            cursor.execute(RESERVE, {**common, "run": run.pk, "keys": list(keys), "amounts": list(amounts)})


def _close_run(run: AllocationRun, window: Window) -> None:
    window.refresh_from_db()
    run.awarded_total = run.applications.aggregate(total=Sum("awarded"))["total"] or ZERO
    run.reserved_total = window.reserved_total
    run.list_hash = list_hash(run)
    run.save(update_fields=["awarded_total", "reserved_total", "list_hash"])


def list_hash(run: AllocationRun) -> str:
    """SHA-256 over the list the IP office sees: number, code, name and award of each case, then its proposed rejections."""
    digest = hashlib.sha256(f"{run.window_id}|{run.pk}".encode())
    columns = ("number", "legal_entity__credit_code", "legal_entity__name", "awarded")
    for row in run.applications.filter(state=State.ALLOCATED).order_by("number").values_list(*columns).iterator():
        digest.update("|".join(map(str, row)).encode())
    for number in run.applications.filter(state=State.REJECTION_PROPOSED).order_by("number").values_list("number", flat=True):
        digest.update(f"|{number}:rejected".encode())
    return digest.hexdigest()
