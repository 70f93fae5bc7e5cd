"""委托书 of many clients at once: proposed for all that are chosen, and the sealed papers taken in by what their names say."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from enterprises.models import LegalEntity
from enterprises.rules import check_credit_code
from insurers.models import Entrustment, Insurer
from insurers.states import EntrustmentState
from pilot_portal.accounts.models import User
from pilot_portal.workflow.refusals import Refusal

from .entrustments import add_entrustment_paper, propose_entrustment
from .staff import require_insurer

CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")
NUMBER = re.compile(r"(?<![0-9A-Z])WT(\d{6,12})(?!\d)")


@dataclass(frozen=True)
class Outcome:
    """What became of a client or of a file; `done` when it went through."""

    name: str
    client: str
    done: bool
    says: str


def propose_many(insurer: Insurer, clients: Iterable[LegalEntity], *, by: User, at: datetime, facts: dict) -> list[Outcome]:
    """A mandate for each, alike in period and scope; what one is refused leaves the others alone.

    Raises Refusal: not_its_insurer, only_looks.
    """
    require_insurer(insurer, by)
    outcomes = []
    for client in clients:
        try:
            propose_entrustment(client, insurer, by=by, at=at, facts=facts)
        except Refusal as refusal:
            outcomes.append(Outcome(client.name, client.name, False, refusal.sentence))
        else:
            outcomes.append(Outcome(client.name, client.name, True, "已发起"))
    return outcomes


def take_sealed(insurer: Insurer, uploads: Iterable, *, by: User, at: datetime) -> list[Outcome]:
    """Each file goes to the proposed mandate that its name tells by credit code or number; one that finds none changes nothing.

    Raises Refusal: not_its_insurer, only_looks.
    """
    require_insurer(insurer, by)
    taken: set[int] = set()
    return [_take(insurer, upload, taken, by, at) for upload in uploads]


def _take(insurer: Insurer, upload, taken: set[int], by: User, at: datetime) -> Outcome:
    mandate, says = _told_by(insurer, upload.name)
    client = mandate.legal_entity.name if mandate else ""
    if mandate is None or says:
        return Outcome(upload.name, client, False, says)
    if mandate.pk in taken:
        return Outcome(upload.name, client, False, "这份委托在本次上传中已有一个文件。请合并成一个文件后再上传。")
    try:
        add_entrustment_paper(mandate, by=by, at=at, paper=upload, version=mandate.version)
    except Refusal as refusal:
        return Outcome(upload.name, client, False, refusal.sentence)
    taken.add(mandate.pk)
    return Outcome(upload.name, client, True, "已上传，等中心核实")


def _told_by(insurer: Insurer, name: str) -> tuple[Entrustment | None, str]:
    """The mandate that a file's name tells, and why it takes no paper, if it does not."""
    text = unicodedata.normalize("NFKC", name).upper()
    codes = {code for code in CODE.findall(text) if check_credit_code(code).ok}
    numbers = {int(number) for number in NUMBER.findall(text)}
    if len(codes) > 1 or len(numbers) > 1:
        return None, "文件名里有不止一个代码或编号，认不出是哪家企业。请只写一个后再上传。"
    if not (codes or numbers):
        return None, "文件名里没有统一社会信用代码或委托编号。请在文件名中写上后再上传。"
    mine = insurer.entrustments.select_related("legal_entity", "insurer").order_by("-pk")
    found = mine.filter(legal_entity__credit_code__in=codes) if codes else mine.filter(pk__in=numbers)
    if codes and numbers:
        found = found.filter(pk__in=numbers)
    mandate = found.filter(state=EntrustmentState.PROPOSED).first() or found.first()
    if mandate is None:
        return None, "没有找到对应的委托。请核对代码或编号；还没有发起的，先发起委托。"
    if mandate.state != EntrustmentState.PROPOSED:
        return mandate, f"这份委托现在是“{mandate.get_state_display()}”，不需要上传。需要的请重新发起委托。"
    return mandate, ""
