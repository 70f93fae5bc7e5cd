"""投保意向: sent to several insurers at once, answered by each in time, and one offer chosen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from enterprises.models import LegalEntity, PreRegistration
from enterprises.services import SUBMITTERS, members_to_tell, require_member
from enterprises.states import PreRegistrationState
from insurers.models import Insurer, Selection, UnderwritingAnswer, UnderwritingRequest
from insurers.states import AnswerAction, AnswerState
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.reference.models import Pilot
from pilot_portal.reference.services import deadline
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .staff import require_insurer

DAYS_TO_ANSWER = 5  # working days after which an insurer is reminded
LIVE = [AnswerState.WAITING, AnswerState.OFFERED]  # still of use to an enterprise that has not chosen yet
CONSTRAINT_REFUSALS.update(offer_is_complete="offer_incomplete", one_chosen_offer_per_request="offer_chosen")


def registration_for(entity: LegalEntity, day: date) -> PreRegistration | None:
    """The pre-registration on which the enterprise asks on this day: of the pilot that then has insurers, and not sent back."""
    pilot = Pilot.objects.filter(selections__in=Selection.objects.covering(day)).first() or Pilot.objects.first()
    return entity.preregistrations.filter(pilot=pilot).exclude(state=PreRegistrationState.RETURNED).first()


@transaction.atomic
def send_request(entity: LegalEntity, insurers: Sequence[Insurer], *, by: User, at: datetime, facts: dict) -> UnderwritingRequest:
    """Ask these insurers for an offer. `facts` holds the columns that say what is wanted.

    Raises Refusal: not_a_member, unverified_enterprise, not_preregistered, no_insurer_asked, not_in_pilot_today, request_waiting,
    calendar_missing.
    """
    require_member(entity, by)
    entity = lock(entity)  # a second click waits, and then meets the first one's request
    if not entity.is_verified:
        raise Refusal("unverified_enterprise")
    registration = registration_for(entity, timezone.localdate(at))
    if registration is None:
        raise Refusal("not_preregistered")
    if not insurers:
        raise Refusal("no_insurer_asked", field="insurers")
    for insurer in insurers:
        _require_selected(insurer, at, field="insurers")
    asked = UnderwritingAnswer.objects.filter(request__legal_entity=entity, insurer__in=insurers, state=AnswerState.WAITING)
    if waiting := asked.select_related("insurer").first():
        raise Refusal("request_waiting", field="insurers", insurer=waiting.insurer)
    request = UnderwritingRequest.objects.create(legal_entity=entity, preregistration=registration, sent_by=by, sent_at=at, **facts)
    due_at = deadline(at, DAYS_TO_ANSWER)
    for insurer in insurers:
        answer = UnderwritingAnswer.objects.create(request=request, insurer=insurer, due_at=due_at)
        body = f"请在 {DAYS_TO_ANSWER} 个工作日内报价，或说明不承保的理由。"
        _tell_insurer(answer, "asked", f"“{entity}”发来投保意向", body, at)
    record("send_underwriting_request", request, by=by, at=at, insurers=[insurer.pk for insurer in insurers])
    return request


def _require_selected(insurer: Insurer, at: datetime, field: str | None = None) -> None:
    if not insurer.selections.covering(timezone.localdate(at)).exists():
        raise Refusal("not_in_pilot_today", field=field, insurer=insurer)


@contextmanager
def _answering(answer: UnderwritingAnswer, action: AnswerAction, *, by: User, at: datetime, **data) -> Iterator[UnderwritingAnswer]:
    """Move an answer; whoever answers, chooses or withdraws within the same request waits for the other."""
    with transaction.atomic():
        lock(answer.request)
        with refusing_constraints(), moving(answer, action, by=by, at=at, **data) as locked:
            yield locked


def _insurers_word(answer: UnderwritingAnswer, by: User, at: datetime) -> None:
    """Only the insurer that was asked answers, on a day on which it is in the pilot, and before another one was chosen."""
    require_insurer(answer.insurer, by)
    _require_selected(answer.insurer, at)
    if answer.request.answers.filter(state=AnswerState.CHOSEN).exists():
        raise Refusal("offer_chosen")
    answer.answered_by, answer.answered_at = by, at


def offer_cover(answer: UnderwritingAnswer, *, by: User, at: datetime, facts: dict, version: int | None = None) -> UnderwritingAnswer:
    """The insurer would insure: `facts` holds premium, liability_limit, conditions and valid_until. A later offer replaces it.

    Raises Refusal: not_its_insurer, not_in_pilot_today, offer_chosen, offer_over_already, offer_incomplete, wrong_state, moved_on.
    """
    if facts["valid_until"] < timezone.localdate(at):
        raise Refusal("offer_over_already", field="valid_until")
    with _answering(answer, AnswerAction.OFFER, by=by, at=at, version=version, premium=facts["premium"]) as locked:
        _insurers_word(locked, by, at)
        for column, value in facts.items():
            setattr(locked, column, value)
        locked.reason = ""
        _tell_enterprise(locked, "offered", f"“{locked.insurer}”已报价", f"保费 {locked.premium:,.2f} 元。请查看条件，与其他答复比较。", at)
    return answer


def refuse_cover(answer: UnderwritingAnswer, *, by: User, at: datetime, reason: str, version: int | None = None) -> UnderwritingAnswer:
    """The insurer does not insure, and says why.

    Raises Refusal: reason_missing, not_its_insurer, not_in_pilot_today, offer_chosen, wrong_state, moved_on.
    """
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with _answering(answer, AnswerAction.REFUSE, by=by, at=at, version=version, reason=reason) as locked:
        _insurers_word(locked, by, at)
        locked.reason = reason
        locked.premium = locked.liability_limit = locked.valid_until = None
        locked.conditions = ""
        _tell_enterprise(locked, "refused", f"“{locked.insurer}”答复不承保", f"理由：{reason.rstrip('。')}。", at)
    return answer


def choose_offer(answer: UnderwritingAnswer, *, by: User, at: datetime, version: int | None = None) -> UnderwritingAnswer:
    """The enterprise wants this offer; the contract is made between the two. The others that were asked need not answer any more.

    Raises Refusal: not_a_member, offer_expired, offer_chosen, not_in_pilot_today, wrong_state, moved_on.
    """
    with _answering(answer, AnswerAction.CHOOSE, by=by, at=at, version=version, premium=answer.premium) as locked:
        entity = locked.request.legal_entity
        require_member(entity, by, SUBMITTERS)
        _require_selected(locked.insurer, at)
        if locked.valid_until is None or locked.valid_until < timezone.localdate(at):
            raise Refusal("offer_expired", until=locked.valid_until)
        _tell_insurer(locked, "chosen", f"“{entity}”选定了贵公司的报价", "请与企业联系，办理投保。", at)
        for other in locked.request.answers.filter(state__in=LIVE).exclude(pk=locked.pk).order_by("pk"):
            with moving(other, AnswerAction.WITHDRAW, by=by, at=at, chosen=locked.insurer_id) as left:
                _tell_insurer(left, "withdrawn", f"“{entity}”已选定其他公司的报价", "这份投保意向不需要再答复。", at)
    return answer


def withdraw_request(answer: UnderwritingAnswer, *, by: User, at: datetime, version: int | None = None) -> UnderwritingAnswer:
    """The enterprise asks this insurer no longer, or lets an offer go that it had chosen.

    Raises Refusal: not_a_member, wrong_state, moved_on.
    """
    with _answering(answer, AnswerAction.WITHDRAW, by=by, at=at, version=version) as locked:
        require_member(locked.request.legal_entity, by, SUBMITTERS)
        _tell_insurer(locked, "withdrawn", f"“{locked.request.legal_entity}”撤回了投保意向", "不需要再答复。", at)
    return answer


def expire_answers(*, at: datetime) -> int:
    """End offers whose last day is over, and whatever waits for an insurer that is no longer in the pilot. Returns how many."""
    day, system = timezone.localdate(at), User.objects.system()
    over = UnderwritingAnswer.objects.over(day).select_related("insurer", "request").order_by("pk")
    return sum(_expire(answer, system, day, at) for answer in over)


def _expire(answer: UnderwritingAnswer, system: User, day: date, at: datetime) -> bool:
    """One transaction an answer; one that has moved in the same moment is left alone."""
    with transaction.atomic():
        lock(answer.request)
        if not UnderwritingAnswer.objects.over(day).filter(pk=answer.pk).exists():
            return False
        with moving(answer, AnswerAction.EXPIRE, by=system, at=at) as locked:
            entity = locked.request.legal_entity
            if locked.insurer.selections.covering(day).exists():
                why, what_now = f"“{locked.insurer}”的报价已过期", "仍想投保的，可以请其重新报价，或另外发送投保意向。"
            else:
                why, what_now = f"“{locked.insurer}”已不在试点名录内", "其投保的保单不能申报补贴，请向其他试点保险公司发送投保意向。"
            _tell_enterprise(locked, "expired", why, what_now, at)
            _tell_insurer(locked, "expired", f"给“{entity}”的答复已过期", "仍愿意承保的，请在试点期内重新报价。", at)
    return True


def remind_insurers(*, at: datetime) -> int:
    """Remind each insurer once of a request that has waited too long, and tell the enterprise. Returns how many wait so."""
    late = UnderwritingAnswer.objects.overdue(at).select_related("insurer", "request__legal_entity")
    for answer in late:
        entity = answer.request.legal_entity
        waits = f"已超过 {DAYS_TO_ANSWER} 个工作日。"
        _tell_insurer(answer, "late", f"“{entity}”的投保意向等待答复", f"{waits}请报价，或说明不承保的理由。", at, about="once")
        _tell_enterprise(
            answer, "late", f"“{answer.insurer}”还没有答复", f"{waits}已提醒保险公司；您也可以与其联系，或撤回后另选。", at, about="once"
        )
    return len(late)


def _tell_insurer(answer: UnderwritingAnswer, event: str, subject: str, body: str, at: datetime, about: str = "") -> None:
    notify(
        f"underwriting_{event}",
        User.objects.filter(insurer_staff__insurer=answer.insurer, is_active=True),
        key=f"underwriting_{event}_insurer:{answer.pk}:{about or answer.version}",
        subject=subject,
        body=body,
        at=at,
        link=f"/insurer/underwriting/{answer.pk}/",
    )


def _tell_enterprise(answer: UnderwritingAnswer, event: str, subject: str, body: str, at: datetime, about: str = "") -> None:
    notify(
        f"underwriting_{event}",
        members_to_tell(answer.request.legal_entity),
        key=f"underwriting_{event}:{answer.pk}:{about or answer.version}",
        subject=subject,
        body=body,
        at=at,
        link=answer.request.get_absolute_url(),
    )
