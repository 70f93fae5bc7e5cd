"""What the centre, the IP office and the bank do to cases, the same in every window."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from pilot_portal.accounts.roles import Role
from subsidies import payment_files
from subsidies.models import AllocationRun, Application, Batch, Opinion, Part, PublicNotice, Verdict, Window
from subsidies.services import allocation, applications, corrections, payments, publicity, rejections, reviews

from . import papers
from .applicants import files
from .stage import Stage
from .telling import Story, do

LOOKED = "已核对原件和公开信息，符合。"


def to_checked(stage: Stage, window: Window, name: str, filed: int, *, reviewed: int = 0, checked: int = 0) -> Story:
    """The straight way: filed, accepted the next day, then reviewed and checked, a day a step unless told otherwise."""
    yield from to_reviewed(stage, window, name, filed, reviewed=reviewed or filed - 2)
    yield from stage.act(checked or filed - 3, reviews.check, name, Role.REVIEWER, hour=15)


def to_reviewed(stage: Stage, window: Window, name: str, filed: int, *, reviewed: int) -> Story:
    yield from files(stage, window, name, filed)
    yield from accepted(stage, name, filed - 1)
    yield from found_good(stage, name, reviewed)
    yield from stage.act(reviewed, reviews.review, name, Role.HANDLER, hour=14)


def accepted(stage: Stage, name: str, ago: int) -> Story:
    yield from stage.act(ago, applications.accept, name, Role.HANDLER)


def found_good(stage: Stage, name: str, ago: int) -> Story:
    """Every open check is judged; the policy has been confirmed meanwhile."""
    at = stage.moment(ago, name, 11)
    yield at
    for finding in stage.case(name).findings.filter(verdict=Verdict.OPEN):
        do(reviews.judge, finding, by=stage.cast[Role.HANDLER], at=at, verdict=Verdict.PASSED, note=LOOKED)


def to_proposed_rejection(stage: Stage, name: str, reviewed: int, proposed: int, *, fails: str, reason: str) -> Story:
    """One check fails, the handler recommends 不予补贴, the reviewer proposes it."""
    yield from found_good(stage, name, reviewed)
    finding = stage.case(name).findings.get(code=fails)
    at = stage.moment(reviewed, name, 13)
    yield at
    do(reviews.judge, finding, by=stage.cast[Role.HANDLER], at=at, verdict=Verdict.FAILED, note=reason)
    opinion = {"opinion": Opinion.REJECT, "opinion_reason": reason}
    yield from stage.act(reviewed, reviews.review, name, Role.HANDLER, hour=14, **opinion)
    yield from stage.act(proposed, rejections.propose_rejection, name, Role.REVIEWER, reason=reason)


def asks(stage: Stage, name: str, ago: int, *items: tuple[Part, str]) -> Story:
    yield from stage.act(ago, corrections.ask_correction, name, Role.HANDLER, items=items)


def allocated(stage: Stage, window: Window, ago: int, reason: str) -> Story:
    at = stage.moment(ago, hour=9)
    yield at
    run = do(allocation.allocate, window, by=stage.cast[Role.HEAD], at=at, reason=reason)
    yield from sent(stage, run)
    return run


def sent(stage: Stage, run: AllocationRun) -> Story:
    """The centre's meeting is in the afternoon; then the list goes to the IP office."""
    at = run.run_at + timedelta(hours=6)
    yield at
    number, day = f"中知促纪要〔{stage.pilot.year}〕{run.pk}号", timezone.localdate(at)
    minutes = papers.paper("中心会议纪要", ("纪要号", number), ("会议日期", f"{day:%Y-%m-%d}"), ("议题", f"{run}，核定 {run.count} 件"))
    facts = {"minutes_number": number, "minutes_on": day, "minutes_paper": minutes}
    do(publicity.send_list, run, by=stage.cast[Role.HEAD], at=at, **facts)


def determined(stage: Stage, run: AllocationRun, ago: int, minutes: int) -> Story:
    at = stage.moment(ago, hour=15)
    yield at
    number = f"会议纪要〔{stage.pilot.year}〕{minutes}号"
    run.refresh_from_db()
    return do(publicity.determine, run, by=stage.cast[Role.IP_OFFICE], at=at, minutes_number=number, seen_hash=run.list_hash)


def publicised(stage: Stage, determination, ago: int) -> Story:
    at = stage.moment(ago, hour=16)
    yield at
    return do(publicity.publicise, determination, by=stage.cast[Role.HEAD], at=at)


def approved(stage: Stage, notice: PublicNotice, ago: int) -> Story:
    at = stage.moment(ago, hour=9)
    yield at
    do(publicity.approve, notice, by=stage.cast[Role.HEAD], at=at)


def batch(stage: Stage, window: Window, names: Sequence[str], ago: int) -> Story:
    """Finance prepares a batch; returns it."""
    at = stage.moment(ago)
    yield at
    numbers = list(Application.objects.filter(legal_entity__in=[stage.entity(name) for name in names]).values_list("number", flat=True))
    return do(payments.prepare_batch, window, stage.pilot.appropriations.get(), by=stage.cast[Role.FINANCE], at=at, numbers=numbers)


def approved_batch(stage: Stage, window: Window, names: Sequence[str], ago: int) -> Story:
    """And the head approves it in the afternoon; its papers are made."""
    made = yield from batch(stage, window, names, ago)
    at = made.prepared_at + timedelta(hours=5)
    yield at
    do(payments.approve_batch, made, by=stage.cast[Role.HEAD], at=at)
    return made


def exported(stage: Stage, made: Batch, ago: int) -> Story:
    """The payment file goes to the bank; returns its bytes."""
    at = stage.moment(ago, hour=14)
    yield at
    return do(payments.export_batch, made, by=stage.cast[Role.FINANCE], at=at)


def answered(stage: Stage, made: Batch, sent: bytes, ago: int, *, returned: dict[str, str] | None = None) -> Story:
    """The bank's result, a day after the payments; `returned` names whose came back, and why (a code of the bank)."""
    at = stage.moment(ago, hour=11)
    yield at
    lines = {line.application.number: line.serial for line in made.payments.select_related("application")}
    back = {lines[stage.case(name).number]: code for name, code in (returned or {}).items()}
    paid_on = timezone.localdate(stage.moment(ago + 1))
    result = payment_files.write_bank_result_template(sent, paid_on=paid_on, returned=back)
    do(payments.import_bank_result, made, result, by=stage.cast[Role.FINANCE], at=at)
