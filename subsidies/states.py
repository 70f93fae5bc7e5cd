"""Lives of cases, batches, payments, recoveries and insurers' sheets. Guards, buttons, documents, constraints, tests read these lists."""

from django.db.models import TextChoices

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.edges import Edge, Life


class State(TextChoices):
    DRAFT = "draft", "草稿"
    PENDING_CONFIRM = "pending_confirm", "待企业确认"
    SUBMITTED = "submitted", "已提交"
    CORRECTION = "correction", "待补正"
    ACCEPTED = "accepted", "已受理"
    REVIEWED = "reviewed", "初审完成"
    REJECTION_PROPOSED = "rejection_proposed", "拟不予补贴"
    CHECKED = "checked", "复核通过"
    ALLOCATED = "allocated", "拟补贴额已核定"
    DETERMINED = "determined", "已审定"
    PUBLICIZED = "publicized", "公示中"
    APPROVED = "approved", "待拨付"
    PAID = "paid", "已拨付"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "逾期未补正"
    NOT_ACCEPTED = "not_accepted", "不予受理"
    REJECTED = "rejected", "不予补贴"
    ABANDONED = "abandoned", "放弃"
    CANCELLED = "cancelled", "终止拨付"
    ARCHIVED = "archived", "已归档"


SLOT_FREE = (State.DRAFT, State.PENDING_CONFIRM, State.WITHDRAWN, State.NOT_ACCEPTED)
UNFILED = (State.DRAFT, State.PENDING_CONFIRM)
ENDED = (
    State.WITHDRAWN,
    State.LAPSED,
    State.NOT_ACCEPTED,
    State.REJECTED,
    State.ABANDONED,
    State.CANCELLED,
    State.ARCHIVED,
)
# States in which an award stands; everywhere else it is empty or 0.00.
AWARDED = (State.ALLOCATED, State.DETERMINED, State.PUBLICIZED, State.APPROVED, State.PAID, State.ARCHIVED)
# States before a figure has been agreed by two persons.
UNRESOLVED = (State.SUBMITTED, State.CORRECTION, State.ACCEPTED, State.REVIEWED)

# Each stamp is a pair of columns, <stamp>_at and <stamp>_by; a case may not stand in these states without it.
STAMPS: dict[str, tuple[State, ...]] = {
    "proposed": (State.PENDING_CONFIRM,),
    "submitted": tuple(state for state in State if state not in UNFILED),
    "correction_asked": (State.CORRECTION, State.LAPSED),
    "accepted": (
        State.ACCEPTED,
        State.REVIEWED,
        State.REJECTION_PROPOSED,
        State.CHECKED,
        State.ALLOCATED,
        State.DETERMINED,
        State.PUBLICIZED,
        State.APPROVED,
        State.PAID,
        State.REJECTED,
        State.ABANDONED,
        State.CANCELLED,
        State.ARCHIVED,
    ),
    "reviewed": (
        State.REVIEWED,
        State.REJECTION_PROPOSED,
        State.CHECKED,
        State.ALLOCATED,
        State.DETERMINED,
        State.PUBLICIZED,
        State.APPROVED,
        State.PAID,
        State.REJECTED,
        State.CANCELLED,
        State.ARCHIVED,
    ),
    "rejection_proposed": (State.REJECTION_PROPOSED, State.REJECTED),
    "checked": (
        State.CHECKED,
        State.ALLOCATED,
        State.DETERMINED,
        State.PUBLICIZED,
        State.APPROVED,
        State.PAID,
        State.CANCELLED,
        State.ARCHIVED,
    ),
    "allocated": AWARDED,
    "determined": (State.DETERMINED, State.PUBLICIZED, State.APPROVED, State.PAID, State.REJECTED, State.ARCHIVED),
    "publicised": (State.PUBLICIZED, State.APPROVED, State.PAID, State.ARCHIVED),
    "approved": (State.APPROVED, State.PAID, State.ARCHIVED),
    "paid": (State.PAID,),
    "ended": ENDED,
}


class Action(TextChoices):
    PROPOSE = "propose", "提请企业确认"
    SUBMIT = "submit", "提交申报"
    DELETE = "delete", "删除草稿"
    CONFIRM = "confirm", "确认并提交"
    DECLINE = "decline", "退回修改"
    EXPIRE = "expire", "确认超时"
    ACCEPT = "accept", "受理"
    ASK_CORRECTION = "ask_correction", "一次性告知补正"
    REFUSE = "refuse", "不予受理"
    WITHDRAW = "withdraw", "撤回申报"
    RESUBMIT = "resubmit", "提交补正"
    LAPSE = "lapse", "逾期未补正"
    REVIEW = "review", "完成初审"
    CHECK = "check", "复核通过"
    SEND_BACK = "send_back", "退回初审"
    PROPOSE_REJECTION = "propose_rejection", "提请不予补贴"
    REPLY = "reply", "陈述申辩"
    RECONSIDER = "reconsider", "重新审核"
    REJECT = "reject", "不予补贴"
    ALLOCATE = "allocate", "核定拟补贴额"
    DETERMINE = "determine", "审定"
    RETURN_LIST = "return_list", "退回名单"
    PUBLICISE = "publicise", "公示"
    APPROVE = "approve", "批准拨付"
    UPHOLD = "uphold", "异议成立"
    RECOMPUTE = "recompute", "重新核算"
    PAY = "pay", "拨付"
    CLOSE_ZERO = "close_zero", "零补贴归档"
    ARCHIVE = "archive", "归档"
    ABANDON = "abandon", "放弃补贴"
    CANCEL = "cancel", "终止拨付"
    HOLD = "hold", "暂停办理"
    RELEASE = "release", "解除暂停"


APPLICANT = {Role.ENTERPRISE, Role.INSURER}
IN_REVIEW = {State.ACCEPTED, State.REVIEWED, State.REJECTION_PROPOSED, State.CHECKED}
AFTER_ALLOCATION = {State.ALLOCATED, State.DETERMINED, State.PUBLICIZED, State.APPROVED}
ON_THE_WAY = {State.SUBMITTED, State.CORRECTION} | IN_REVIEW | AFTER_ALLOCATION

APPLICATION_LIFE = Life(
    [
        Edge(Action.SUBMIT, {State.DRAFT}, State.SUBMITTED, APPLICANT),
        Edge(Action.PROPOSE, {State.DRAFT}, State.PENDING_CONFIRM, {Role.INSURER}),
        Edge(Action.DELETE, {State.DRAFT}, None, APPLICANT),
        Edge(Action.CONFIRM, {State.PENDING_CONFIRM}, State.SUBMITTED, {Role.ENTERPRISE}),
        Edge(Action.DECLINE, {State.PENDING_CONFIRM}, State.DRAFT, {Role.ENTERPRISE}),
        Edge(Action.EXPIRE, {State.PENDING_CONFIRM}, State.DRAFT, {Role.SYSTEM}),
        Edge(Action.ACCEPT, {State.SUBMITTED}, State.ACCEPTED, {Role.HANDLER}),
        Edge(Action.ASK_CORRECTION, {State.SUBMITTED}, State.CORRECTION, {Role.HANDLER}),
        Edge(Action.REFUSE, {State.SUBMITTED}, State.NOT_ACCEPTED, {Role.REVIEWER}),
        Edge(Action.WITHDRAW, {State.SUBMITTED}, State.WITHDRAWN, APPLICANT),
        Edge(Action.RESUBMIT, {State.CORRECTION}, State.SUBMITTED, APPLICANT),
        Edge(Action.LAPSE, {State.CORRECTION}, State.LAPSED, {Role.SYSTEM}),
        Edge(Action.REVIEW, {State.ACCEPTED}, State.REVIEWED, {Role.HANDLER}),
        Edge(Action.CHECK, {State.REVIEWED}, State.CHECKED, {Role.REVIEWER}),
        Edge(Action.SEND_BACK, {State.REVIEWED}, State.ACCEPTED, {Role.REVIEWER}),
        Edge(Action.PROPOSE_REJECTION, {State.REVIEWED}, State.REJECTION_PROPOSED, {Role.REVIEWER}),
        Edge(Action.REPLY, {State.REJECTION_PROPOSED}, None, APPLICANT),
        Edge(Action.RECONSIDER, {State.REJECTION_PROPOSED}, State.ACCEPTED, {Role.HEAD}),
        Edge(Action.REJECT, {State.REJECTION_PROPOSED}, State.REJECTED, {Role.IP_OFFICE}),
        Edge(Action.ALLOCATE, {State.CHECKED}, State.ALLOCATED, {Role.HEAD}),
        Edge(Action.DETERMINE, {State.ALLOCATED}, State.DETERMINED, {Role.IP_OFFICE}),
        Edge(Action.RETURN_LIST, {State.ALLOCATED}, State.CHECKED, {Role.IP_OFFICE}),
        Edge(Action.PUBLICISE, {State.DETERMINED}, State.PUBLICIZED, {Role.HEAD}),
        Edge(Action.APPROVE, {State.PUBLICIZED}, State.APPROVED, {Role.HEAD}),
        Edge(Action.UPHOLD, {State.PUBLICIZED}, State.CHECKED, {Role.HEAD}, despite_hold=True),
        Edge(Action.RECOMPUTE, {State.CHECKED} | AFTER_ALLOCATION, State.CHECKED, {Role.HEAD}, despite_hold=True),
        Edge(Action.PAY, {State.APPROVED}, State.PAID, {Role.FINANCE}, despite_hold=True),  # the bank has paid, whatever we hold
        Edge(Action.CLOSE_ZERO, {State.APPROVED}, State.ARCHIVED, {Role.HEAD}),
        Edge(Action.ARCHIVE, {State.PAID}, State.ARCHIVED, {Role.HEAD}),
        Edge(Action.ABANDON, IN_REVIEW | AFTER_ALLOCATION, State.ABANDONED, APPLICANT),
        Edge(Action.CANCEL, AFTER_ALLOCATION, State.CANCELLED, {Role.HEAD}, despite_hold=True),
        Edge(Action.HOLD, ON_THE_WAY | {State.PAID}, None, {Role.HEAD, Role.SYSTEM}),
        Edge(Action.RELEASE, ON_THE_WAY | {State.PAID}, None, {Role.HEAD}, despite_hold=True),
    ]
)


class BatchState(TextChoices):
    DRAFT = "draft", "制单中"
    APPROVED = "approved", "已批准"
    EXPORTED = "exported", "已导出"
    SETTLED = "settled", "已办结"
    VOID = "void", "已作废"


class BatchAction(TextChoices):
    APPROVE = "approve_batch", "批准批次"
    EXPORT = "export_batch", "导出付款文件"
    SETTLE = "settle_batch", "批次办结"
    VOID = "void_batch", "作废批次"


BATCH_LIFE = Life(
    [
        Edge(BatchAction.APPROVE, {BatchState.DRAFT}, BatchState.APPROVED, {Role.HEAD}),
        Edge(BatchAction.EXPORT, {BatchState.APPROVED, BatchState.EXPORTED}, BatchState.EXPORTED, {Role.FINANCE}),
        Edge(BatchAction.SETTLE, {BatchState.EXPORTED}, BatchState.SETTLED, {Role.FINANCE}),
        Edge(BatchAction.VOID, {BatchState.DRAFT, BatchState.APPROVED}, BatchState.VOID, {Role.FINANCE, Role.HEAD}),
    ]
)


class PaymentState(TextChoices):
    PLANNED = "planned", "待付"
    SENT = "sent", "已送银行"
    PAID = "paid", "已到账"
    RETURNED = "returned", "退票"
    VOID = "void", "已作废"


class PaymentAction(TextChoices):
    SEND = "send_payment", "送银行"
    PAY = "pay_payment", "到账"
    RETURN = "return_payment", "退票"
    VOID = "void_payment", "作废"


LIVE_PAYMENT = (PaymentState.PLANNED, PaymentState.SENT, PaymentState.PAID)

PAYMENT_LIFE = Life(
    [
        Edge(PaymentAction.SEND, {PaymentState.PLANNED}, PaymentState.SENT, {Role.FINANCE}),
        Edge(PaymentAction.PAY, {PaymentState.SENT}, PaymentState.PAID, {Role.FINANCE}),
        Edge(PaymentAction.RETURN, {PaymentState.SENT}, PaymentState.RETURNED, {Role.FINANCE}),
        Edge(PaymentAction.VOID, {PaymentState.PLANNED}, PaymentState.VOID, {Role.FINANCE, Role.HEAD}),
    ]
)


class RecoveryState(TextChoices):
    PROPOSED = "proposed", "拟追回"
    ORDERED = "ordered", "已责令退回"
    REPAID = "repaid", "已退回"
    OVERDUE = "overdue", "逾期未退"
    DROPPED = "dropped", "不予追回"


class RecoveryAction(TextChoices):
    ORDER = "order_recovery", "责令退回"
    DROP = "drop_recovery", "不予追回"
    REPAY = "repay_recovery", "确认退回"
    OVERDUE = "overdue_recovery", "逾期未退"


UNSETTLED_RECOVERY = (RecoveryState.PROPOSED, RecoveryState.ORDERED, RecoveryState.OVERDUE)

RECOVERY_LIFE = Life(
    [
        Edge(RecoveryAction.ORDER, {RecoveryState.PROPOSED}, RecoveryState.ORDERED, {Role.IP_OFFICE}),
        Edge(RecoveryAction.DROP, {RecoveryState.PROPOSED}, RecoveryState.DROPPED, {Role.IP_OFFICE}),
        Edge(RecoveryAction.REPAY, {RecoveryState.ORDERED, RecoveryState.OVERDUE}, RecoveryState.REPAID, {Role.FINANCE}),
        Edge(RecoveryAction.OVERDUE, {RecoveryState.ORDERED}, RecoveryState.OVERDUE, {Role.SYSTEM}),
    ]
)


class ObjectionState(TextChoices):
    OPEN = "open", "待处理"
    UPHELD = "upheld", "成立"
    DISMISSED = "dismissed", "不成立"


class ObjectionAction(TextChoices):
    UPHOLD = "uphold_objection", "异议成立"
    DISMISS = "dismiss_objection", "异议不成立"


OBJECTION_LIFE = Life(
    [
        Edge(ObjectionAction.UPHOLD, {ObjectionState.OPEN}, ObjectionState.UPHELD, {Role.HEAD}),
        Edge(ObjectionAction.DISMISS, {ObjectionState.OPEN}, ObjectionState.DISMISSED, {Role.HEAD}),
    ]
)


class ImportState(TextChoices):
    CHECKING = "checking", "检查中"
    READY = "ready", "待办理"
    FILING = "filing", "办理中"
    DONE = "done", "已办完"


class ImportAction(TextChoices):
    CHECK = "check_import", "逐行检查"
    COMMIT = "commit_import", "办理"
    FINISH = "finish_import", "办完"
    RECHECK = "recheck_import", "重新检查"


IMPORT_LIFE = Life(
    [
        Edge(ImportAction.CHECK, {ImportState.CHECKING}, ImportState.READY, {Role.SYSTEM}),
        Edge(ImportAction.COMMIT, {ImportState.READY}, ImportState.FILING, {Role.INSURER}),
        Edge(ImportAction.FINISH, {ImportState.FILING}, ImportState.DONE, {Role.SYSTEM}),
        Edge(ImportAction.RECHECK, {ImportState.READY, ImportState.DONE}, ImportState.CHECKING, {Role.INSURER}),
    ]
)
