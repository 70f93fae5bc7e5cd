"""Who files, for whom and on what: one slot, one policy, one award; mandates that covered the filing; nothing of another enterprise."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q

from insurers.states import EntrustmentAction
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application, Channel
from subsidies.states import UNFILED


def slots() -> Iterator[str]:
    """六（二）: one application a window and legal person, one a policy, one award a pilot and legal person."""
    holding = Application.objects.holding_slot().order_by()
    yield from _twice(holding, ("window", "legal_entity"), "同一申报周期同一企业有 {n} 件占用名额的申报：{numbers}")
    yield from _twice(holding, ("policy",), "同一保单有 {n} 件占用名额的申报：{numbers}")
    yield from _twice(
        Application.objects.filter(awarded__gt=0).order_by(), ("pilot", "legal_entity"), "同一年度同一企业有 {n} 件获得补贴：{numbers}"
    )


def _twice(cases, columns: tuple[str, ...], sentence: str) -> Iterator[str]:
    for group in cases.values(*columns).annotate(n=Count("pk")).filter(n__gt=1).order_by(*columns):
        n = group.pop("n")
        numbers = cases.filter(**group).order_by("pk").values_list("number", flat=True)
        yield sentence.format(n=n, numbers="、".join(map(str, numbers)))


def owners() -> Iterator[str]:
    """Policy, category, account and mandate are the applicant's own; list, notice and pilot are the window's."""
    its_own = {
        "policy__legal_entity": ("legal_entity", "保单"),
        "category__legal_entity": ("legal_entity", "企业类别"),
        "bank_account__legal_entity": ("legal_entity", "收款账户"),
        "entrustment__legal_entity": ("legal_entity", "委托"),
        "allocation__window": ("window", "分配"),
        "determination__window": ("window", "审定"),
        "public_notice__window": ("window", "公示"),
        "window__pilot": ("pilot", "申报周期"),
    }
    for path, (column, what) in its_own.items():
        foreign = Application.objects.filter(**{f"{path}__isnull": False}).exclude(**{path: F(column)})
        for case in foreign.order_by("pk"):
            yield f"申报 {case} 的{what}属于另一{'企业' if column == 'legal_entity' else '申报周期或年度'}"


def channels() -> Iterator[str]:
    """An insurer filed under a mandate that covered the filing, of its own policy; whoever filed itself needs none."""
    filed = Application.objects.exclude(state__in=UNFILED).order_by("pk")
    for case in filed.filter(channel=Channel.SELF).filter(Q(entrustment__isnull=False) | ~Q(submitted_by__role=Role.ENTERPRISE)):
        yield f"申报 {case} 为企业自行申报，却由委托或企业以外的人员提交"
    through = filed.filter(channel=Channel.INSURER).select_related("insurer", "entrustment")
    for case in through.exclude(policy__insurer=F("insurer"), entrustment__insurer=F("insurer")):
        yield f"申报 {case} 由“{case.insurer}”代申报，保单或委托却属于另一保险公司"
    revoked = Event.objects.filter(
        object_type="insurers.entrustment",
        object_id=OuterRef("entrustment"),
        action__in=[EntrustmentAction.REVOKE, EntrustmentAction.EXPIRE],
        at__lte=OuterRef("submitted_at"),
    )
    covers = Q(
        entrustment__confirmed_at__lte=F("submitted_at"),
        entrustment__starts_at__lte=F("submitted_at"),
        entrustment__ends_at__gt=F("submitted_at"),
    )
    allows = Q(entrustment__includes_submission=True) | Q(submitted_by__role=Role.ENTERPRISE, proposed_at__isnull=False)
    for case in through.filter(~covers | ~allows | Exists(revoked)):
        yield f"申报 {case} 由“{case.insurer}”代申报，提交时没有包含提交的有效委托"
