"""Other cases that an officer should know of beside a case: of the same legal person, or with the same invoice, account or file."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Value

from subsidies.models import Application
from subsidies.services import overlaps
from subsidies.states import State

from .cases import TONES

MOST = 50
COLUMNS = ("pk", "number", "legal_entity__name", "window__name", "state", "submitted_at")


@dataclass
class Related:
    pk: int
    number: str
    entity: str
    window: str
    state: State
    submitted_at: datetime
    reasons: list[str] = field(default_factory=list)

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "wait")


def related_cases(case: Application) -> list[Related]:
    """The newest first, at most MOST; one query, whatever there is."""
    filed = Application.objects.filter(number__isnull=False).exclude(pk=case.pk).order_by()
    sources = (
        ("同一企业", filed.filter(legal_entity=case.legal_entity_id)),
        ("分支机构、所属法人或同名企业", overlaps.of_related_entities(case, filed)),
        ("同一保单", filed.filter(policy=case.policy_id)),
        ("同一发票号码", overlaps.with_same_invoice(case, filed)),
        ("同一收款账户", overlaps.with_same_account(case, filed)),
        ("同一份文件", overlaps.with_same_file(case, filed)),
    )
    first, *others = (
        found.values_list("pk", "number", "legal_entity__name", "window__name", "state", "submitted_at", Value(why))
        for why, found in sources
    )
    rows: dict[int, Related] = {}
    for pk, number, entity, window, state, submitted_at, why in first.union(*others).order_by("-pk")[: MOST * len(sources)]:
        rows.setdefault(pk, Related(pk, number, entity, window, State(state), submitted_at)).reasons.append(why)
    return list(rows.values())[:MOST]
