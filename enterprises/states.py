"""Lives of a legal entity and of a pre-registration."""

from django.db.models import TextChoices

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.edges import Edge, Life


class EntityState(TextChoices):
    UNVERIFIED = "unverified", "待核验"
    RETURNED = "returned", "核验退回"
    VERIFIED = "verified", "已核验"


class EntityAction(TextChoices):
    VERIFY = "verify", "核验通过"
    RETURN = "return_entity", "退回核验"
    RESUBMIT = "resubmit_entity", "重新提交核验"


ENTITY_LIFE = Life(
    [
        Edge(EntityAction.VERIFY, {EntityState.UNVERIFIED}, EntityState.VERIFIED, {Role.HANDLER}),
        Edge(EntityAction.RETURN, {EntityState.UNVERIFIED}, EntityState.RETURNED, {Role.HANDLER}),
        Edge(
            EntityAction.RESUBMIT,
            {EntityState.RETURNED, EntityState.UNVERIFIED},
            EntityState.UNVERIFIED,
            {Role.ENTERPRISE, Role.INSURER},
        ),
    ]
)


class PreRegistrationState(TextChoices):
    SUBMITTED = "submitted", "已预申报"
    RETURNED = "returned", "已退回"
    CONFIRMED = "confirmed", "已确认"


class PreRegistrationAction(TextChoices):
    RESUBMIT = "resubmit_preregistration", "修改预申报"
    CONFIRM = "confirm_preregistration", "确认预申报"
    RETURN = "return_preregistration", "退回预申报"


PREREGISTRATION_LIFE = Life(
    [
        Edge(PreRegistrationAction.CONFIRM, {PreRegistrationState.SUBMITTED}, PreRegistrationState.CONFIRMED, {Role.HANDLER}),
        Edge(PreRegistrationAction.RETURN, {PreRegistrationState.SUBMITTED}, PreRegistrationState.RETURNED, {Role.HANDLER}),
        Edge(
            PreRegistrationAction.RESUBMIT,
            {PreRegistrationState.SUBMITTED, PreRegistrationState.RETURNED},
            PreRegistrationState.SUBMITTED,
            {Role.ENTERPRISE},
        ),
    ]
)


class TakeoverState(TextChoices):
    SUBMITTED = "submitted", "待中心核查"
    PROPOSED = "proposed", "待复核"
    GRANTED = "granted", "已接管"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"


class TakeoverAction(TextChoices):
    PROPOSE = "propose_takeover", "提请同意接管"
    GRANT = "grant_takeover", "同意接管"
    SEND_BACK = "send_back_takeover", "退回核查"
    REFUSE = "refuse_takeover", "不同意接管"
    WITHDRAW = "withdraw_takeover", "撤回接管申请"


OPEN_TAKEOVER = (TakeoverState.SUBMITTED, TakeoverState.PROPOSED)
TAKEOVER_LIFE = Life(
    [
        Edge(TakeoverAction.PROPOSE, {TakeoverState.SUBMITTED}, TakeoverState.PROPOSED, {Role.HANDLER}),
        Edge(TakeoverAction.GRANT, {TakeoverState.PROPOSED}, TakeoverState.GRANTED, {Role.REVIEWER}),
        Edge(TakeoverAction.SEND_BACK, {TakeoverState.PROPOSED}, TakeoverState.SUBMITTED, {Role.REVIEWER}),
        Edge(TakeoverAction.REFUSE, {TakeoverState.SUBMITTED}, TakeoverState.REFUSED, {Role.HANDLER}),
        Edge(TakeoverAction.WITHDRAW, set(OPEN_TAKEOVER), TakeoverState.WITHDRAWN, {Role.ENTERPRISE}),
    ]
)


class ChangeState(TextChoices):
    SUBMITTED = "submitted", "待核实"
    CONFIRMED = "confirmed", "已核实"
    RETURNED = "returned", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"


class ChangeAction(TextChoices):
    CONFIRM = "confirm_change", "核实变更"
    RETURN = "return_change", "退回变更"
    WITHDRAW = "withdraw_change", "撤回变更"


CHANGE_LIFE = Life(
    [
        Edge(ChangeAction.CONFIRM, {ChangeState.SUBMITTED}, ChangeState.CONFIRMED, {Role.HANDLER}),
        Edge(ChangeAction.RETURN, {ChangeState.SUBMITTED}, ChangeState.RETURNED, {Role.HANDLER}),
        Edge(ChangeAction.WITHDRAW, {ChangeState.SUBMITTED}, ChangeState.WITHDRAWN, {Role.ENTERPRISE}),
    ]
)
