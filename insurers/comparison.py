"""A policy field by field: what is registered, what its paper says and where, and what its insurer has said to it."""

from dataclasses import dataclass, replace

from django.utils import timezone

from pilot_portal.files.models import ScanText
from pilot_portal.files.reading import text_of
from pilot_portal.reference.rules import compact

from .models import Policy
from .policy_text import Known, Reading, read_policy
from .prefill import WORDS, alike, in_words
from .rules import end_of_term
from .states import PolicyState

COMPARED = {**WORDS, "territory": "承保区域", "insurer": "保险公司", "product": "保险产品"}
SAID = {
    PolicyState.CONFIRMED: "保险公司已确认登记内容",
    PolicyState.VERIFIED: "中心已核实，保险公司没有确认",
    PolicyState.DISPUTED: "保险公司有异议",
    PolicyState.REGISTERED: "保险公司还没有答复",
    PolicyState.SURRENDERED: "已退保",
}


@dataclass(frozen=True)
class Compared:
    """A fact as it is registered and as the paper says it; `on_paper` is "" where nothing could be read."""

    word: str
    given: str
    on_paper: str
    line: str  # of the paper
    page: int  # of the paper, from 1; 0: nowhere
    certain: bool  # the paper leaves no doubt of it
    differs: bool


@dataclass(frozen=True)
class Comparison:
    rows: list[Compared]
    said: str  # by the insurer, in words
    confirmed: bool  # the insurer stands by the registered figures

    @property
    def differing(self) -> list[Compared]:
        return [row for row in self.rows if row.differs]

    @property
    def was_read(self) -> bool:
        return any(row.on_paper for row in self.rows)

    def page_of(self, *words: str) -> int:
        """The page on which the first of these facts stands; 0 where none was read."""
        return next((row.page for row in self.rows if row.word in words and row.page), 0)


def compare(policy: Policy) -> Comparison:
    """The paper is read as it is; of insurers and products it is only asked whether it names the registered ones."""
    text = text_of(policy.paper)
    pages = (text or _text_of_scan(policy)).split("\f")
    readings = _readings("\n".join(pages), policy, certain=bool(text))
    given = {name: getattr(policy, name) for name in COMPARED if name not in ("insured", "insurer", "product")}
    given |= {"insured": policy.legal_entity.name, "insurer": policy.insurer.name, "product": policy.product.name}
    rows = [_compared(name, given[name], readings.get(name), pages) for name in COMPARED]
    return Comparison(rows, _said(policy), policy.state == PolicyState.CONFIRMED)


def paper_differs(policy: Policy) -> list[Compared]:
    """Where the text of the policy's paper plainly says something else than its row; nothing for a scan."""
    return [row for row in compare(policy).differing if row.certain]


def _text_of_scan(policy: Policy) -> str:
    try:
        return policy.paper.scan_text.text
    except ScanText.DoesNotExist:
        return ""


def _readings(text: str, policy: Policy, *, certain: bool) -> dict[str, Reading]:
    """By name of the fact; what was recognised on a scan is always in doubt."""
    insurer, product = policy.insurer, policy.product
    named = Known(insurer.pk, (insurer.short_name,), (insurer.name, insurer.credit_code))
    sold = Known(product.pk, (product.name,), (product.filing_number,), insurer.pk)
    read = read_policy(text, [named], [sold]) if text else {}
    for name, called in (("insurer", insurer.name), ("product", product.name)):
        if name in read:
            read[name] = Reading(called, read[name].line)
    if {"last_day", "end_time"} <= read.keys():
        last, moment = read["last_day"], read["end_time"]
        ends = end_of_term(last.value, moment.value)  # type: ignore[arg-type]
        read["ends_on"] = Reading(ends, last.line, last.certain and moment.certain)
    return read if certain else {name: replace(reading, certain=False) for name, reading in read.items()}


def _compared(name: str, given: object, reading: Reading | None, pages: list[str]) -> Compared:
    if reading is None:
        return Compared(COMPARED[name], in_words(given), "", "", 0, certain=False, differs=False)
    return Compared(
        COMPARED[name],
        in_words(given),
        in_words(reading.value),
        reading.line,
        _page_with(reading.line, pages),
        certain=reading.certain,
        differs=not alike(given, reading.value),
    )


def _page_with(line: str, pages: list[str]) -> int:
    """The page on which a line stands, from 1; 0 where it cannot be told."""
    sought = compact(line.rstrip("…"))
    return next((number for number, page in enumerate(pages, 1) if sought and sought in compact(page)), 0)


def _said(policy: Policy) -> str:
    said = SAID[PolicyState(policy.state)]
    who = f"（{policy.proven_by.get_full_name()}，{timezone.localtime(policy.proven_at):%Y-%m-%d %H:%M}）" if policy.proven_by else ""
    return f"{said}{who}{'：' + policy.state_reason if policy.state_reason else ''}"
