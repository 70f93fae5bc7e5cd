"""The papers that may be opened from the case screen."""

from collections.abc import Iterator

from pilot_portal.files.models import StoredFile
from subsidies.models import Application
from subsidies.services import applications

from .case_matters import matters_of


def papers_read(case: Application) -> list[tuple[str, StoredFile]]:
    """`papers_of`, read once for each object that a page has loaded."""
    if not hasattr(case, "papers_read"):
        case.papers_read = list(papers_of(case))
    return case.papers_read


def papers_named(case: Application) -> list[tuple[str, StoredFile]]:
    """The same by kind, numbered where a kind comes twice; the name of a file may hold what is masked elsewhere."""
    kinds = [kind for kind, _ in papers_read(case)]
    papers = enumerate(papers_read(case))
    return [(f"{kind} {kinds[:at].count(kind) + 1}" if kinds.count(kind) > 1 else kind, stored) for at, (kind, stored) in papers]


def papers_of(case: Application) -> Iterator[tuple[str, StoredFile]]:
    """Every paper that may be opened from the screen, each once: the case's own, then what came with corrections, replies and later."""
    seen = set()
    for kind, stored in _all_papers(case):
        if stored is not None and stored.pk not in seen:
            seen.add(stored.pk)
            yield kind, stored


def _all_papers(case: Application) -> Iterator[tuple[str, StoredFile | None]]:
    matters = matters_of(case)
    answers = {one.file_id: "补正材料" for one in matters.attachments if one.item_id}
    answers |= {one.file_id: "陈述申辩材料" for one in matters.attachments if one.reply_id}
    for kind, stored in applications.papers_of(case, matters.attachments):
        yield answers.get(stored.pk, kind), stored
    if case.entrustment:
        yield "委托书", case.entrustment.paper
    for endorsement in case.policy.endorsements.all():
        yield f"批单 {endorsement.number}", endorsement.paper
    for one in matters.recoveries:
        yield "退款凭证", one.proof
    for one in matters.said:
        yield "留言附件", one.paper
    for one in matters.attachments:
        yield "已替换的材料", one.file


def papers_to_read(papers: list) -> list:
    """The policy first: it is what the amount rests on."""
    return sorted(papers, key=lambda paper: paper[0] != "保险单")
