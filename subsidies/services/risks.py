"""What speaks against a case from outside its own papers: lists of others, and what the same product usually costs."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Q

from subsidies.eligibility import AMOUNT, NOTICE
from subsidies.models import Application, ListKind, MatchList, MatchRow
from subsidies.rules import Verdict

LIST_AGE = timedelta(days=180)  # an older list says nothing of the filing day
LEAST_SAMPLE, SAMPLE = 10, 1000  # policies of a product from which its usual rate is told: at least, at most
FAR = 3  # times the usual rate, or a third of it

# The middle premium per yuan of cover among the product's newest other policies, and how many they are.
USUAL_RATE = """
SELECT COUNT(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY premium / liability_limit)
FROM (SELECT premium, liability_limit FROM insurers_policy
      WHERE product_id = %s AND id <> %s AND state <> 'surrendered' AND liability_limit > 0 ORDER BY id DESC LIMIT %s) newest
"""


@dataclass(frozen=True)
class Credit:
    """clean: None while no list of the filing day has been imported; `said` names the lists, or what they say of the applicant."""

    clean: bool | None
    said: str


def credit_of(application: Application, filed_on: date) -> Credit:
    """Whether the newest lists of bad credit name the applicant within the window's look-back."""
    since = _years_before(filed_on, application.window.credit_lookback_years)
    hits = _named(application, ListKind.CREDIT).filter(Q(happened_on__isnull=True) | Q(happened_on__gte=since))
    if found := list(hits[:3]):
        return Credit(False, "；".join(_said(row) for row in found))
    fresh = MatchList.objects.newest(ListKind.CREDIT).filter(listed_on__gte=filed_on - LIST_AGE)
    names = [f"{one.source}（{one.listed_on}）" for one in fresh[:3]]
    return Credit(True, f"已比对{'、'.join(names)}") if names else Credit(None, "")


def _years_before(day: date, years: int) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if leap else day.day)


def risks_of(application: Application) -> list[Verdict]:
    return [_other_subsidy(application), _premium(application)]


def _named(application: Application, kind: ListKind):
    """Rows of the newest lists of this kind that name the applicant or one of its branches."""
    entity = application.legal_entity
    codes = [entity.credit_code, *entity.branches.values_list("credit_code", flat=True)]
    rows = MatchRow.objects.filter(match_list__in=MatchList.objects.newest(kind), credit_code__in=codes)
    return rows.select_related("match_list").order_by("-happened_on", "-pk")


def _said(row: MatchRow) -> str:
    facts = [row.matter, str(row.happened_on or ""), f"{row.amount:,.2f} 元" if row.amount is not None else ""]
    return f"{row.match_list}：{'，'.join(fact for fact in facts if fact) or '列入'}"


def _other_subsidy(application: Application) -> Verdict:
    declared = application.other_subsidies.strip()
    found = [f"申报人填写：{declared[:120]}"] if declared else []
    found += [_said(row) for row in _named(application, ListKind.SUBSIDY)[:3]]
    if not found:
        return Verdict("other_subsidy", True, "没有填写、也没有比对到其他资金支持。", NOTICE)
    return Verdict("other_subsidy", None, f"另有资金支持：{'；'.join(found)}。请核对是否补贴了同一笔保费。", NOTICE)


def _premium(application: Application) -> Verdict:
    policy = application.policy
    with connection.cursor() as cursor:
        cursor.execute(USUAL_RATE, [policy.product_id, policy.pk, SAMPLE])
        count, usual = cursor.fetchone()
    if count < LEAST_SAMPLE or not policy.liability_limit:
        return Verdict("premium_unusual", True, f"同产品的其他保单不足 {LEAST_SAMPLE} 份，没有比较保费水平。", AMOUNT)
    rate = policy.premium / policy.liability_limit
    facts = f"每万元责任限额的保费 {_per_ten_thousand(rate)} 元，同产品 {count} 份保单的中位数 {_per_ten_thousand(usual)} 元"
    if usual / FAR <= rate <= usual * FAR:
        return Verdict("premium_unusual", True, f"保费水平与同产品相近（{facts}）。", AMOUNT)
    return Verdict("premium_unusual", None, f"保费与同产品相差悬殊：{facts}。请核对保费、责任限额和承保条件。", AMOUNT)


def _per_ten_thousand(rate: Decimal) -> str:
    return f"{rate * 10_000:,.2f}"
