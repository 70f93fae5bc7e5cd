"""Lives of a policy, of an entrustment and of an insurer's answer to a request."""

from django.db.models import TextChoices

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.edges import Edge, Life


class PolicyState(TextChoices):
    REGISTERED = "registered", "待保险公司确认"
    CONFIRMED = "confirmed", "保险公司已确认"
    VERIFIED = "verified", "中心已核实"
    DISPUTED = "disputed", "保险公司有异议"
    SURRENDERED = "surrendered", "已退保"


class PolicyAction(TextChoices):
    CONFIRM = "confirm_policy", "确认保单"
    DISPUTE = "dispute_policy", "提出异议"
    VERIFY = "verify_policy", "核实保单"
    SURRENDER = "surrender_policy", "登记退保"


IN_FORCE = {PolicyState.REGISTERED, PolicyState.CONFIRMED, PolicyState.VERIFIED, PolicyState.DISPUTED}
PROVEN = {PolicyState.CONFIRMED, PolicyState.VERIFIED}  # one of them is needed before a review ends

POLICY_LIFE = Life(
    [
        Edge(PolicyAction.CONFIRM, {PolicyState.REGISTERED, PolicyState.DISPUTED}, PolicyState.CONFIRMED, {Role.INSURER}),
        Edge(PolicyAction.DISPUTE, {PolicyState.REGISTERED}, PolicyState.DISPUTED, {Role.INSURER}),
        Edge(PolicyAction.VERIFY, {PolicyState.REGISTERED, PolicyState.DISPUTED}, PolicyState.VERIFIED, {Role.HANDLER}),
        Edge(PolicyAction.SURRENDER, IN_FORCE, PolicyState.SURRENDERED, {Role.INSURER, Role.HANDLER}),
    ]
)


class EntrustmentState(TextChoices):
    PROPOSED = "proposed", "待确认"
    CONFIRMED = "confirmed", "有效"
    REVOKED = "revoked", "已撤销"
    EXPIRED = "expired", "已到期"


class EntrustmentAction(TextChoices):
    CONFIRM = "confirm_entrustment", "确认委托"
    REVOKE = "revoke_entrustment", "撤销委托"
    EXPIRE = "expire_entrustment", "委托到期"


ENTRUSTMENT_LIFE = Life(
    [
        Edge(EntrustmentAction.CONFIRM, {EntrustmentState.PROPOSED}, EntrustmentState.CONFIRMED, {Role.ENTERPRISE, Role.HANDLER}),
        Edge(
            EntrustmentAction.REVOKE,
            {EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED},
            EntrustmentState.REVOKED,
            {Role.ENTERPRISE, Role.INSURER, Role.HANDLER},
        ),
        Edge(EntrustmentAction.EXPIRE, {EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED}, EntrustmentState.EXPIRED, {Role.SYSTEM}),
    ]
)


class AnswerState(TextChoices):
    WAITING = "waiting", "待答复"
    OFFERED = "offered", "已报价"
    CHOSEN = "chosen", "企业已选定"
    REFUSED = "refused", "不承保"
    WITHDRAWN = "withdrawn", "企业已撤回"
    EXPIRED = "expired", "已过期"


class AnswerAction(TextChoices):
    OFFER = "offer_cover", "报价"
    REFUSE = "refuse_cover", "答复不承保"
    CHOOSE = "choose_offer", "选定报价"
    WITHDRAW = "withdraw_request", "撤回投保意向"
    EXPIRE = "expire_answer", "答复过期"


ANSWER_LIFE = Life(
    [
        Edge(
            AnswerAction.OFFER,
            {AnswerState.WAITING, AnswerState.OFFERED, AnswerState.REFUSED, AnswerState.EXPIRED},
            AnswerState.OFFERED,
            {Role.INSURER},
        ),
        Edge(AnswerAction.REFUSE, {AnswerState.WAITING, AnswerState.OFFERED}, AnswerState.REFUSED, {Role.INSURER}),
        Edge(AnswerAction.CHOOSE, {AnswerState.OFFERED}, AnswerState.CHOSEN, {Role.ENTERPRISE}),
        Edge(
            AnswerAction.WITHDRAW,
            {AnswerState.WAITING, AnswerState.OFFERED, AnswerState.CHOSEN},
            AnswerState.WITHDRAWN,
            {Role.ENTERPRISE},
        ),
        Edge(AnswerAction.EXPIRE, {AnswerState.WAITING, AnswerState.OFFERED}, AnswerState.EXPIRED, {Role.SYSTEM}),
    ]
)
