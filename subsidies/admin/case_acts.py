"""Every decision on a case as a button of its screen: who, when, with which form, by which service."""

from pilot_portal.accounts.roles import CENTRE, Role
from pilot_portal.audit.workbench import Act, ReasonForm, along
from subsidies.models import Application, Opinion
from subsidies.services import applications, corrections, endings, interests, notes, objections, recovery, rejections, reviews
from subsidies.services.recovery import PAID
from subsidies.states import ENDED, Action, State

from .case_forms import CorrectionForm, InterestForm, JudgeForm, NoteForm, OverruleForm, RecuseForm, ReviewForm
from .case_matters import matters_of, review_of
from .decision_forms import (
    CancelForm,
    ConfirmRefusalForm,
    DeclineRefusalForm,
    ExtendForm,
    ProposeRefusalForm,
    ProposeRejectionForm,
    RecomputeForm,
    RecoveryForm,
)

HANDLER, REVIEWER, HEAD = frozenset({Role.HANDLER}), frozenset({Role.REVIEWER}), frozenset({Role.HEAD})
STRONG, PLAIN, STOP = "btn-primary", "btn-outline-secondary", "btn-outline-danger"


def _judge(case, *, by, at, finding, **facts):
    reviews.judge(finding, by=by, at=at, **facts)


def _confirm_refusal(case, *, by, at, remark="", version=None):
    applications.decide_refusal(case, by=by, at=at, confirmed=True, remark=remark, version=version)


def _decline_refusal(case, *, by, at, remark, version=None):
    applications.decide_refusal(case, by=by, at=at, confirmed=False, remark=remark, version=version)


def is_judged(case: Application) -> bool:
    return case.state in reviews.JUDGED_IN


def _is_free(case: Application) -> bool:
    """No refusal waits for the reviewer's word."""
    return matters_of(case).open_refusal is None


def _may_be_refused(case: Application) -> bool:
    return case.state == State.SUBMITTED and not case.is_held and _is_free(case)


def _awaits_word(case: Application) -> bool:
    return case.state == State.SUBMITTED and not case.is_held and not _is_free(case)


def may_pass(case: Application) -> bool:
    """Its handler recommends the subsidy."""
    last = review_of(case)
    return last is None or last.opinion == Opinion.GRANT


def _may_be_extended(case: Application) -> bool:
    told = matters_of(case).open_correction
    return case.state == State.CORRECTION and not case.is_held and told is not None and told.extended_at is None


def _is_undisputed(case: Application) -> bool:
    return not matters_of(case).open_objections


def _may_be_released(case: Application) -> bool:
    return case.is_held and _is_undisputed(case)


def _may_be_archived(case: Application) -> bool:
    return not matters_of(case).unsettled


def _may_be_recovered(case: Application) -> bool:
    return case.state in PAID and (case.awarded or 0) > 0


def _goes_on(case: Application) -> bool:
    return case.state not in ENDED


ACTS = (
    # acceptance
    along(Action.ACCEPT, applications.accept, done="已受理，企业会收到通知。", tone=STRONG, when=_is_free),
    along(Action.ASK_CORRECTION, corrections.ask_correction, form=CorrectionForm, done="已一次性告知补正，企业会收到通知。", when=_is_free),
    Act(
        "propose_refusal",
        "提请不予受理",
        applications.propose_refusal,
        HANDLER,
        ProposeRefusalForm,
        "已提请不予受理，等待复核人员确认。",
        STOP,
        _may_be_refused,
        confirm="提请复核确认",
    ),
    Act(
        "confirm_refusal",
        "确认不予受理",
        _confirm_refusal,
        REVIEWER,
        ConfirmRefusalForm,
        "已不予受理，企业会收到通知。",
        STOP,
        _awaits_word,
        confirm="不予受理",
    ),
    Act(
        "decline_refusal",
        "不同意，退回经办",
        _decline_refusal,
        REVIEWER,
        DeclineRefusalForm,
        "已退回经办。",
        when=_awaits_word,
        confirm="退回经办",
    ),
    along(Action.REVIEW, reviews.review, form=ReviewForm, done="初审完成，已转复核。", tone=STRONG),
    # the second person
    along(Action.CHECK, reviews.check, done="复核通过。", tone=STRONG, when=may_pass),
    along(Action.SEND_BACK, reviews.send_back, form=ReasonForm, done="已退回初审，经办人会看到理由。"),
    along(
        Action.PROPOSE_REJECTION,
        rejections.propose_rejection,
        form=ProposeRejectionForm,
        done="已提请不予补贴，企业会收到通知，可以陈述申辩。",
        tone=STOP,
    ),
    Act("rescreen", "重新核查", reviews.rescreen, HANDLER, done="已重新核查，您判过的事项保持不变。", tone=PLAIN, when=is_judged),
    # the head
    along(
        Action.RECONSIDER,
        rejections.reconsider,
        form=ReasonForm,
        done="已回到初审，企业会收到通知。",
        hint="拟不予补贴和原来的金额一并作废，由经办重新初审。",
    ),
    Act(
        "extend_correction",
        "延长补正期限",
        corrections.extend_correction,
        HEAD,
        ExtendForm,
        "补正期限已延长，企业会收到通知。",
        when=_may_be_extended,
    ),
    along(Action.RECOMPUTE, objections.recompute, form=RecomputeForm, done="已重新核算，等待重新核定、审定和公示。", when=_is_undisputed),
    along(Action.ARCHIVE, endings.archive, done="已归档。", tone=STRONG, when=_may_be_archived),
    Act(
        "propose_recovery",
        "提请追回",
        recovery.propose_recovery,
        HEAD,
        RecoveryForm,
        "已提请追回，等待市知识产权局决定。",
        STOP,
        _may_be_recovered,
    ),
    along(Action.HOLD, applications.hold, form=ReasonForm, done="已暂停办理，企业会收到通知。", tone=PLAIN),
    along(Action.RELEASE, applications.release, form=ReasonForm, done="已恢复办理。", when=_may_be_released),
    along(Action.CANCEL, endings.cancel, form=CancelForm, done="已终止拨付，企业会收到通知。", tone=STOP),
    Act(
        "declare_interest",
        "声明回避",
        interests.declare_interest,
        interests.DECIDING,
        InterestForm,
        "已声明回避，负责人会收到通知。",
        PLAIN,
        _goes_on,
        confirm="声明回避",
    ),
    Act(
        "recuse",
        "责成回避",
        interests.declare_interest,
        HEAD,
        RecuseForm,
        "已记录回避，该人员不能再办理。",
        PLAIN,
        _goes_on,
        confirm="责成回避",
    ),
    # beside the lines they are about
    Act("judge", "处理核查事项", _judge, HANDLER, JudgeForm, "结论已保存。", when=is_judged, placed="line"),
    Act("overrule", "改判自动通过的事项", _judge, HANDLER, OverruleForm, "结论已保存。", when=is_judged, placed="line"),
    Act("note", "添加内部备注", notes.note, frozenset(CENTRE), NoteForm, "备注已添加，只有中心和审计人员能看到。", placed="line"),
)
