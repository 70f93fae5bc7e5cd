"""Lives of a policy and of an entrustment."""

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
