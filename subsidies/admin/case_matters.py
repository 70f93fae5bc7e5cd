"""What lies beside the way of a case: corrections, replies, proposals, objections, recoveries. Each is read once, whatever their number."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from pilot_portal.workflow.models import Proposal
from subsidies import rules
from subsidies.models import (
    Application,
    Attachment,
    CaseMessage,
    CaseNote,
    Correction,
    CorrectionItem,
    Finding,
    Objection,
    Recovery,
    Reply,
    Review,
)
from subsidies.services.facts import premium_now
from subsidies.services.recovery import RECKONED
from subsidies.states import UNSETTLED_RECOVERY, Action, ObjectionState


@dataclass(frozen=True)
class Row:
    """A line of a part as it was when the correction was asked, and as it was handed in."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Told:
    """An item of a correction list with the papers that answer it."""

    item: CorrectionItem
    files: list[Attachment]

    @property
    def rows(self) -> list[Row]:
        """Old beside new. Labels may repeat, so the nth of a label stands beside the nth."""
        before, after = _numbered(self.item.before), _numbered(self.item.after)
        return [Row(key[0], before.get(key, "—"), after.get(key, "—")) for key in {**before, **after}]


@dataclass(frozen=True)
class AskedFor:
    correction: Correction
    items: list[Told]

    @property
    def is_open(self) -> bool:
        return self.correction.closed_at is None


@dataclass(frozen=True)
class Replied:
    reply: Reply
    files: list[Attachment]


@dataclass(frozen=True)
class Matters:
    corrections: list[AskedFor]  # the newest first
    replies: list[Replied]
    proposals: list[Proposal]
    objections: list[Objection]
    recoveries: list[Recovery]
    attachments: list[Attachment]
    said: list[CaseMessage]
    notes: list[CaseNote]  # the newest first

    @property
    def open_refusal(self) -> Proposal | None:
        return next((one for one in self.proposals if one.confirmed is None and one.action == Action.REFUSE), None)

    @property
    def decided(self) -> list[Proposal]:
        return [one for one in self.proposals if one.confirmed is not None]

    @property
    def open_correction(self) -> Correction | None:
        return next((one.correction for one in self.corrections if one.is_open), None)

    @property
    def open_objections(self) -> list[Objection]:
        return [one for one in self.objections if one.state == ObjectionState.OPEN]

    @property
    def unsettled(self) -> list[Recovery]:
        return [one for one in self.recoveries if one.state in UNSETTLED_RECOVERY]

    @property
    def told_parts(self) -> set[str]:
        """Parts of the first list; a later one may only repeat them."""
        return {told.item.part for told in self.corrections[-1].items} if self.corrections else set()


def matters_of(case: Application) -> Matters:
    """Read once for each object that a page has loaded."""
    if not hasattr(case, "matters"):
        case.matters = _read(case)
    return case.matters


def findings_of(case: Application) -> list[Finding]:
    if not hasattr(case, "findings_read"):
        case.findings_read = list(case.findings.select_related("judged_by"))
    return case.findings_read


def review_of(case: Application) -> Review | None:
    """The last review; read once."""
    if not hasattr(case, "last_review"):
        case.last_review = case.reviews.select_related("made_by").first()
    return case.last_review


READ_BESIDE = (  # by the names under which the timeline asks for them, so that they are read once
    Prefetch("corrections", Correction.objects.select_related("asked_by", "extended_by", "closed_by")),
    Prefetch("corrections__items", CorrectionItem.objects.select_related("answered_by")),
    Prefetch("replies", Reply.objects.select_related("made_by")),
    Prefetch("objections", Objection.objects.select_related("received_by", "decided_by")),
    Prefetch("conversation", CaseMessage.objects.select_related("author", "paper")),
    Prefetch("notes", CaseNote.objects.select_related("author")),
    Prefetch("attachments", Attachment.objects.select_related("file")),
)
RECOVERIES = Prefetch("recoveries", Recovery.objects.select_related("proposed_by", "proof"))  # of what was paid alone
NO_RECOVERIES = Prefetch("recoveries", Recovery.objects.none())


def _read(case: Application) -> Matters:
    prefetch_related_objects([case], *READ_BESIDE, RECOVERIES if case.paid_at else NO_RECOVERIES)
    attachments = list(case.attachments.all())
    proposals = Proposal.objects.filter(object_type=case._meta.label_lower, object_id=case.pk)
    return Matters(
        corrections=[
            AskedFor(one, [Told(item, [file for file in attachments if file.item_id == item.pk]) for item in one.items.all()])
            for one in case.corrections.all()
        ],
        replies=[Replied(one, [file for file in attachments if file.reply_id == one.pk]) for one in case.replies.all()],
        proposals=list(proposals.select_related("proposed_by", "decided_by").order_by("-pk")),
        objections=list(case.objections.all()),
        recoveries=list(case.recoveries.all()),
        attachments=attachments,
        said=list(case.conversation.all()),
        notes=list(case.notes.all()),
    )


def _numbered(rows: list[list[str]]) -> dict[tuple[str, int], str]:
    """{(label, how many of this label came before): value}."""
    seen: dict[str, int] = {}
    numbered = {}
    for label, value in rows:
        numbered[label, seen.get(label, 0)] = value
        seen[label] = seen.get(label, 0) + 1
    return numbered


@dataclass(frozen=True)
class Reckoned:
    """What a reckoned case is entitled to by its endorsements as of a day, CNY, beside what was agreed."""

    premium_before: Decimal
    premium: Decimal
    entitled_before: Decimal
    entitled: Decimal

    @property
    def is_lower(self) -> bool:
        return self.entitled < self.entitled_before


def reckoned_now(case: Application, now: datetime) -> Reckoned | None:
    """None where no figures are agreed yet or any more."""
    if case.entitled is None or case.state not in RECKONED:
        return None
    premium = premium_now(case, timezone.localdate(now))
    return Reckoned(case.recognised_premium, premium, case.entitled, min(rules.entitlement(premium, case.terms), case.entitled))
