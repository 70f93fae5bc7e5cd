"""What the scheme says, as arithmetic: how much, why, and how much back. CNY as Decimal, to the fen; rounded down, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from pilot_portal.reference.rules import FEN, AmountError, clean_amount, parse_amount, parse_premium

from .capitals import is_permitted_capitals, permitted_capitals, rmb_capitals
from .eligibility import WORDINGS, Facts, Verdict, check_application, questions, refusals

__all__ = [
    "FEN",
    "RULES_VERSION",
    "SCHEME",
    "SCHEME_CAP",
    "SCHEME_RATE",
    "WORDINGS",
    "AmountError",
    "Basis",
    "Facts",
    "Line",
    "ProRata",
    "Recovery",
    "Terms",
    "Verdict",
    "at_rate",
    "award_after",
    "check_application",
    "clean_amount",
    "entitlement",
    "explain",
    "is_capped",
    "is_permitted_capitals",
    "parse_amount",
    "parse_premium",
    "permitted_capitals",
    "pro_rata",
    "questions",
    "recognised_premium",
    "recovery_after_endorsement",
    "recovery_after_surrender",
    "refusals",
    "rmb_capitals",
]

ZERO = Decimal("0.00")
RULES_VERSION = "2022-1"  # of recognised_premium, entitlement, pro_rata and award_after; another arithmetic is another version
SCHEME_RATE = Decimal("0.80")
SCHEME_CAP = Decimal("800000.00")
AMOUNT_CLAUSE = "试点方案 六（二）1"
SCOPE_CLAUSE = "试点方案 四（二）"


@dataclass(frozen=True)
class Terms:
    """What a window grants. Never above the scheme: ValueError. 试点方案 六（二）1."""

    rate: Decimal  # share of the premium, e.g. 0.80
    cap: Decimal  # most one legal person may receive, CNY

    def __post_init__(self) -> None:
        if not (0 <= self.rate <= SCHEME_RATE and 0 <= self.cap <= SCHEME_CAP):
            raise ValueError(f"the scheme allows at most {SCHEME_RATE} and {SCHEME_CAP}, not {self.rate} and {self.cap}")


SCHEME = Terms(SCHEME_RATE, SCHEME_CAP)


def entitlement(premium: Decimal, terms: Terms) -> Decimal:
    """Most the scheme allows, in CNY. Rounded down: a rounded-up fen would exceed the rate. 试点方案 六（二）1."""
    return min(at_rate(premium, terms), terms.cap)


def is_capped(premium: Decimal, terms: Terms) -> bool:
    """Whether the cap, not the rate, decides the amount."""
    return at_rate(premium, terms) > terms.cap


def at_rate(premium: Decimal, terms: Terms) -> Decimal:
    """The premium at the rate, before the cap; rounded down to the fen."""
    if premium < 0:
        raise ValueError(f"a premium is never negative: {premium}")
    return (premium * terms.rate).quantize(FEN, ROUND_DOWN)


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the papers of one insuring say, CNY, tax included. None: not known yet, or not in CNY (a policy in foreign currency)."""

    policy_total: Decimal | None = None  # after endorsements
    non_pilot_cover: Decimal = ZERO  # part of the policy for covers outside the pilot
    coinsured_share: Decimal = ZERO  # part of the pilot cover that belongs to insurers outside the pilot
    invoices_total: Decimal | None = None
    paid_cny: Decimal | None = None  # paid by the window's paid-until

    @property
    def policy_part(self) -> Decimal | None:
        """The policy's premium without what the pilot does not support; never below zero."""
        return None if self.policy_total is None else max(self.policy_total - self.outside_pilot, ZERO)

    @property
    def outside_pilot(self) -> Decimal:
        return self.non_pilot_cover + self.coinsured_share


def recognised_premium(basis: Basis) -> Decimal:
    """认定保费: the lowest of policy, invoices and payment, of those known; 0.00 where nothing is proven."""
    known = [part for part in (basis.policy_part, basis.invoices_total, basis.paid_cny) if part is not None]
    # without a policy figure in CNY, the parts outside the pilot can only be taken from invoices and payment
    outside = basis.outside_pilot if basis.policy_total is None else ZERO
    return max(min(known, default=ZERO) - outside, ZERO)


@dataclass(frozen=True)
class Line:
    """A line of the explained amount. `amount` is None where nothing is to be shown but a dash."""

    label: str
    amount: Decimal | None
    clause: str = ""
    total: bool = False


def explain(basis: Basis, terms: Terms, result: str = "预计补贴", lowered_to: Decimal | None = None) -> list[Line]:
    """How an amount comes about, for every screen and paper: what is known of the papers, 认定保费, rate, cap, `result`.

    `lowered_to` is an officer's decision with a reason; it can only lower.
    """
    premium = recognised_premium(basis)
    capped, allowed = is_capped(premium, terms), entitlement(premium, terms)
    lowered = [] if lowered_to is None else [Line("审核调低至", lowered_to, "理由见审核意见")]
    return [
        *_paper_lines(basis),
        Line("认定保费", premium, _how_recognised(basis)),
        Line(f"× {_percent(terms.rate)}，舍去分以下", at_rate(premium, terms), AMOUNT_CLAUSE),
        Line(f"最高 {_in_ten_thousands(terms.cap)}", terms.cap if capped else None, "受上限限制" if capped else "未达上限"),
        *lowered,
        Line(result, allowed if lowered_to is None else min(allowed, lowered_to), "", total=True),
    ]


def _paper_lines(basis: Basis) -> list[Line]:
    lines = [
        Line("保单保费", basis.policy_total, "含税，以批改后为准"),
        Line("减：非试点责任保费", -basis.non_pilot_cover or None, SCOPE_CLAUSE),
        Line("减：非试点共保人份额", -basis.coinsured_share or None, SCOPE_CLAUSE),
        Line("发票价税合计", basis.invoices_total, "全部发票，红字发票相抵"),
        Line("实付保费", basis.paid_cny, "截止日前到账，以人民币计"),
    ]
    return [line for line in lines if line.amount is not None]


def _how_recognised(basis: Basis) -> str:
    parts = {"保单": basis.policy_total, "发票": basis.invoices_total, "实付": basis.paid_cny}
    known = [name for name, amount in parts.items() if amount is not None]
    if len(known) == len(parts):
        return "保单、发票、实付三者取低"
    if len(known) > 1:
        return f"{'、'.join(known)}取低"
    return f"按{known[0]}计算" if known else "尚未提供保单、发票和付款金额"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


def _in_ten_thousands(amount: Decimal) -> str:
    """80 万元, where it is a round number; else 799,999.99 元."""
    whole = amount / 10_000
    return f"{whole.normalize():f} 万元" if amount and whole == whole.quantize(FEN) else f"{amount:,.2f} 元"


@dataclass(frozen=True)
class ProRata:
    awards: tuple[Decimal, ...]  # in the order of the entitlements
    left: Decimal  # stays unspent


def pro_rata(entitled: Sequence[Decimal], budget: Decimal) -> ProRata:
    """All in full if the budget suffices, else ⌊entitledᵢ × budget / Σ⌋ to the fen each. 严格落实财政经费支出要求: 试点方案 五.5."""
    claims, pot = [_fen(amount) for amount in entitled], _fen(budget)
    demand = sum(claims)
    awards = claims if demand <= pot else [claim * pot // demand for claim in claims]
    return ProRata(tuple(_cny(award) for award in awards), _cny(pot - sum(awards)))


def _fen(amount: Decimal) -> int:
    """Integers, since a product of two large amounts would leave Decimal's precision."""
    fen = int(amount.scaleb(2))
    if fen < 0 or fen != amount.scaleb(2):
        raise ValueError(f"no amount of money to the fen: {amount}")
    return fen


def _cny(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)


@dataclass(frozen=True)
class Recovery:
    awarded: Decimal  # what was paid
    entitled_after: Decimal  # what the scheme allows now
    award_after: Decimal  # what would have been paid
    recover: Decimal  # the difference; never below zero, since there is no top-up


def recovery_after_endorsement(awarded: Decimal, entitled: Decimal, premium_after: Decimal, terms: Terms) -> Recovery:
    """Old award − new award, each with its cap. Where the budget was short, the new award is short in the same proportion.

    `entitled` is what the award was reckoned from, `premium_after` the recognised premium after the endorsement.
    """
    after = entitlement(premium_after, terms)
    standing = award_after(awarded, entitled, after)
    return Recovery(awarded, after, standing, awarded - standing)


def award_after(awarded: Decimal, entitled: Decimal, entitled_after: Decimal) -> Decimal:
    """What stands of an award once its case is entitled to less, CNY: the same share of it, rounded down; never more than before."""
    if entitled_after >= entitled:
        return awarded
    return _cny(_fen(awarded) * _fen(entitled_after) // _fen(entitled))


def recovery_after_surrender(awarded: Decimal) -> Recovery:
    """All of it, whatever the insurer gave back: the applicant promised not to surrender (承诺书)."""
    return Recovery(awarded, ZERO, ZERO, awarded)
