"""分配 again: the stored inputs of a run, its input hash, and each share, by the rules of its version."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from subsidies import rules
from subsidies.models import AWARDING, AllocationLine, AllocationRun, LineKind
from subsidies.services.allocation import input_hash

# How a share was reckoned, by the version of the rules that a run carries. A new version is added, an old one stays.
SHARES: dict[str, Callable[[Sequence[Decimal], Decimal], rules.ProRata]] = {"2022-1": rules.pro_rata}
SHARING = (LineKind.AWARD, LineKind.WAITING)


def lines_again(run: AllocationRun) -> Iterator[tuple[int, Decimal]]:
    """(case, what it gets) of each line that took part, reckoned from the inputs alone."""
    reckon = SHARES.get(run.rules_version)
    if reckon is None:
        return
    sharing = list(run.lines.filter(kind__in=SHARING).values_list("application", "entitled"))
    shares = reckon([entitled for _, entitled in sharing], run.budget).awards
    yield from zip((case for case, _ in sharing), shares, strict=True)
    for case, entitled, reserved in run.lines.filter(kind=LineKind.LATE).values_list("application", "entitled", "reserved").iterator():
        yield case, min(entitled, reserved)


def run_again(run: AllocationRun, shares: dict[int, Decimal]) -> Iterator[str]:
    """What is wrong with a run, in sentences."""
    if run.rules_version not in SHARES:
        yield f"规则版本“{run.rules_version}”未知，不能重放"
        return
    if (again := _hash(run)) != run.input_hash:
        yield f"输入哈希 {run.input_hash[:16]}…，由保存的输入重算为 {again[:16]}…"
    stored = run.lines.exclude(kind=LineKind.REJECTION).values_list("application", "application__number", "result")
    for case, number, result in stored.iterator():
        if result != shares[case]:
            yield f"申报 {number} 的明细为 {result}，重放为 {shares[case]}"
    yield from _totals(run, shares)
    yield from _reservations(run)
    if (most := _draw_then(run)) < run.budget:
        yield f"可用预算 {run.budget}，当时本期预算只有 {most}"


def _totals(run: AllocationRun, shares: dict[int, Decimal]) -> Iterator[str]:
    awarding, rejected = Q(kind__in=AWARDING), Q(kind=LineKind.REJECTION)
    sums = run.lines.aggregate(
        count=Count("pk", filter=awarding),
        rejected_count=Count("pk", filter=rejected),
        entitled_total=Sum("entitled", filter=awarding, default=rules.ZERO),
    )
    awarded = run.lines.filter(awarding).values_list("application", flat=True)
    sums["awarded_total"] = sum((shares[case] for case in awarded.iterator()), rules.ZERO)
    for name, again in sums.items():
        if (stored := getattr(run, name)) != again:
            yield f"{run._meta.get_field(name).verbose_name} {stored}，重放为 {again}"


def _reservations(run: AllocationRun) -> Iterator[str]:
    """What was awarded from a reservation was reserved by an earlier run, or lowered since."""
    earlier = AllocationLine.objects.filter(application=OuterRef("application"), run__sequence__lt=run.sequence).order_by("-run__sequence")
    late = run.lines.filter(kind=LineKind.LATE).annotate(kept=Subquery(earlier.values("result")[:1]))
    for line in late.filter(Q(kept__isnull=True) | Q(reserved__gt=F("kept"))).select_related("application").iterator():
        yield f"申报 {line.application.number} 从预留 {line.reserved} 核定，先前分配只为它留了 {line.kept or rules.ZERO}"


def _draw_then(run: AllocationRun) -> Decimal:
    """The window's draw when the run was made."""
    later = run.window.draw_changes.filter(approved_at__gt=run.run_at).order_by("pk").first()
    return later.before if later else run.window.draw


def _hash(run: AllocationRun) -> str:
    lines = run.lines.order_by("application_id")
    return input_hash(
        f"{run.window_id}|{run.method}|{run.budget}",
        lines.filter(kind__in=AWARDING).values_list("application__number", "entitled").iterator(),
        lines.filter(kind=LineKind.WAITING).values_list("application", "entitled").iterator(),
        lines.filter(kind=LineKind.REJECTION).values_list("application__number", flat=True).iterator(),
    )
