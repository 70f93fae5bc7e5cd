"""核查清单: the checks that a window may leave out, each with its basis. What the scheme itself demands is always checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .eligibility import AMOUNT, NOTICE, SCOPE, Verdict


@dataclass(frozen=True)
class Listed:
    """A line of the list; `clause` is its basis where the window says nothing of it."""

    key: str
    title: str
    clause: str
    codes: tuple[str, ...]


CHECK_LIST = (
    Listed("credit", "近年失信记录", NOTICE, ("credit_not_checked", "credit_record_found")),
    Listed("other_subsidy", "其他资金支持", NOTICE, ("other_subsidy",)),
    Listed("premium", "保费与同产品相差悬殊", AMOUNT, ("premium_unusual",)),
    Listed("start", "起保早于签订或晚得过多", SCOPE, ("term_backdated", "term_deferred")),
    Listed("account", "收款账户用于其他企业", AMOUNT, ("same_account",)),
    Listed("file", "同一份材料用于其他企业", AMOUNT, ("same_file",)),
)


def basis_of(line: Listed, checks: Mapping[str, str]) -> str:
    """Why a window has this line on its list; "" where it has not. `checks` is the window's column: key → basis."""
    return checks.get(line.key, line.clause).strip()


def on_the_list(verdicts: Iterable[Verdict], checks: Mapping[str, str]) -> list[Verdict]:
    """Those that a window asks for, each with the window's own basis."""
    chosen = {code: basis_of(line, checks) for line in CHECK_LIST for code in line.codes}
    asked = (replace(verdict, clause=chosen.get(verdict.code, verdict.clause)) for verdict in verdicts)
    return [verdict for verdict in asked if verdict.clause]
