"""What the case screen says before anything else, and why an act is not offered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pilot_portal.accounts.roles import Role
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Opinion, Verdict
from subsidies.states import ENDED, State

from .case_matters import findings_of, matters_of, reckoned_now, review_of


@dataclass(frozen=True)
class Notice:
    """What must be known before anything else is read."""

    tone: str
    title: str
    text: str
    link: str = ""


def notices_of(case: Application, now: datetime) -> list[Notice]:
    """The most pressing first."""
    parts = (_ended, _held, _refusal, _correction, _rejection, _objections, _recoveries)
    return [notice for part in parts for notice in part(case, now)]


def _ended(case: Application, now: datetime) -> Iterator[Notice]:
    if case.state in ENDED:
        reason = case.rejection_reason if case.state == State.REJECTED else case.ended_reason
        yield Notice("info", f"{case.get_state_display()}。", f"{_sentence(reason)}{_by(case.ended_by, case.ended_at)}")


def _held(case: Application, now: datetime) -> Iterator[Notice]:
    if case.is_held:
        yield Notice("error", "已暂停办理。", f"{_sentence(case.held_reason)}{_when(case.held_at)}")
    reckoned = reckoned_now(case, now)
    if reckoned and reckoned.is_lower:
        figures = f"按现有批单，应补金额由 {reckoned.entitled_before:,.2f} 元降为 {reckoned.entitled:,.2f} 元。"
        yield Notice("error", "金额须重新核算。", figures + _way_out(case))


def _way_out(case: Application) -> str:
    if case.state in (State.REVIEWED, State.REJECTION_PROPOSED):
        back = "复核人员退回初审" if case.state == State.REVIEWED else "负责人重新审核"
        return f"解除暂停后由{back}，按新金额办理。" if case.is_held else f"请{back}，按新金额办理。"
    return "由负责人重新核算；保单已退保或不再符合条件的，终止拨付。"


def _refusal(case: Application, now: datetime) -> Iterator[Notice]:
    if proposal := matters_of(case).open_refusal:
        by = _by(proposal.proposed_by, proposal.proposed_at)
        yield Notice("warning", "已提请不予受理，等待复核人员确认。", f"理由：{_sentence(proposal.reason)}{by}")


def _correction(case: Application, now: datetime) -> Iterator[Notice]:
    corrections = matters_of(case).corrections
    if not corrections or case.state not in (State.CORRECTION, State.SUBMITTED):
        return
    last = corrections[0]
    if last.is_open:
        extended = "（已延期）" if last.correction.extended_at else ""
        until = last_day(last.correction.due_at)
        yield Notice("info", "等待企业补正。", f"已告知 {len(last.items)} 项，期限 {until:%Y-%m-%d}{extended}。", "#corrections")
    elif case.state == State.SUBMITTED:
        yield Notice("success", "补正已提交，请逐项核对。", f"{len(last.items)} 项。{_when(last.correction.closed_at)}", "#corrections")


def _rejection(case: Application, now: datetime) -> Iterator[Notice]:
    if case.state != State.REJECTION_PROPOSED:
        return
    replies = len(matters_of(case).replies)
    said = f"收到陈述申辩 {replies} 份。" if replies else "还没有收到陈述申辩。"
    by = _by(case.rejection_proposed_by, case.rejection_proposed_at)
    yield Notice("error", "拟不予补贴。", f"理由：{_sentence(case.rejection_reason)}{by}{said}", "#replies" if replies else "")


def _objections(case: Application, now: datetime) -> Iterator[Notice]:
    for one in matters_of(case).open_objections:
        yield Notice("warning", f"公示异议 {one.number}，尚未处理。", _when(one.received_at), "#objections")


def _recoveries(case: Application, now: datetime) -> Iterator[Notice]:
    for one in matters_of(case).unsettled:
        until = f"，期限 {one.due_on:%Y-%m-%d}" if one.due_on else ""
        yield Notice("warning", f"追回 {one.amount:,.2f} 元：{one.get_state_display()}{until}。", _sentence(one.reason), "#recoveries")


def _sentence(text: str) -> str:
    return f"{text.rstrip('。')}。" if text else ""


def _when(at: datetime | None) -> str:
    return f"（{timezone.localtime(at):%Y-%m-%d %H:%M}）" if at else ""


def _by(person, at: datetime | None) -> str:
    return f"（{person.get_full_name()}，{timezone.localtime(at):%Y-%m-%d %H:%M}）" if person and at else _when(at)


def why_not(case: Application, role: Role) -> list[str]:
    """Why an act that a person may look for is not offered now, and who comes next."""
    return [sentence for holds, sentence in REASONS.get(role, ()) if holds(case)]


def _failed(case: Application) -> bool:
    return any(finding.verdict == Verdict.FAILED for finding in findings_of(case))


def _recommends_rejection(case: Application) -> bool:
    last = review_of(case)
    return case.state == State.REVIEWED and last is not None and last.opinion == Opinion.REJECT


REASONS = {
    Role.HANDLER: (
        (
            lambda case: matters_of(case).open_refusal is not None,
            "不予受理的提请由复核人员确认或退回，在此之前不能受理、告知补正或再次提请。",
        ),
        (
            lambda case: case.state == State.CORRECTION,
            "企业提交补正后回到“已提交”，由您核对。逾期没有提交的，系统终止本件；延期由负责人决定。",
        ),
        (lambda case: case.state == State.ACCEPTED, "完成初审前须处理全部核查事项；复核由另一人进行。"),
        (lambda case: case.state == State.ACCEPTED and _failed(case), "有核查事项不符合，初审只能建议不予补贴。"),
    ),
    Role.REVIEWER: (
        (_recommends_rejection, "初审建议不予补贴，不能复核通过。请提请不予补贴，或退回初审。"),
        (lambda case: case.state == State.REJECTION_PROPOSED, "已告知企业。由市知识产权局随名单审定，陈述成立的由负责人重新审核。"),
    ),
    Role.HEAD: (
        (lambda case: case.state == State.REJECTION_PROPOSED, "陈述不成立的不需要办理，由市知识产权局随名单审定。"),
        (lambda case: bool(matters_of(case).open_objections), "有未处理的公示异议，处理后才能解除暂停或重新核算。"),
        (lambda case: case.state == State.PAID and bool(matters_of(case).unsettled), "追回办结后才能归档。"),
        (
            lambda case: case.state == State.CORRECTION and getattr(matters_of(case).open_correction, "extended_at", None) is not None,
            "补正期限已延长过一次，不能再延。",
        ),
    ),
}
