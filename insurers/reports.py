"""What pages of policies, mandates and clients show beyond one row."""

from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from enterprises.models import LegalEntity, Membership
from enterprises.rules import normalise_credit_code
from pilot_portal.accounts.masks import mask_email, mask_name, mask_phone
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.rules import one_year_after

from .comparison import paper_differs
from .models import Entrustment, Insurer, Policy
from .services import filed_on, may_file
from .states import EntrustmentState, PolicyAction, PolicyState


def page_of(rows: QuerySet, *, before: str | None, size: int) -> dict:
    """`rows` and `older`: one page, newest first, that starts after the row `before`. No counts: the millionth page costs as the first."""
    if before and before.isdecimal():
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    return {"rows": found[:size], "older": f"before={found[size - 1].pk}" if len(found) > size else ""}


def counts_by_state(rows: QuerySet, states=PolicyState) -> list[dict]:
    """Every state with its word and how many rows stand there."""
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return [{"state": state.value, "label": state.label, "count": counts.get(state.value, 0)} for state in states]


PARTS = ("policy", "invoices", "payments")


def open_parts(policy: Policy, filed, user: User, member: Membership | None, *, at: datetime) -> set[str]:
    """Parts of a policy that this person may change now: all until it is filed, then what an open correction asks for.

    `filed` is the case that stands on it, as `filed_on` finds it.
    """
    if policy.state == PolicyState.SURRENDERED or not _may_change(policy, filed, user, member, at):
        return set()
    return {part for part in PARTS if filed is None or filed.asks_for(part)}


def _may_change(policy: Policy, filed, user: User, member: Membership | None, at: datetime) -> bool:
    if user.role == Role.INSURER:
        return may_file(user) and _is_entrusted(policy, filed, at)
    return member is not None and member.writes


def _is_entrusted(policy: Policy, filed, at: datetime) -> bool:
    if filed and not (filed.entrustment and filed.entrustment.includes_correction):
        return False
    return policy.legal_entity.entrustments.in_force(at).filter(insurer=policy.insurer_id).exists()


def policy_page(policy: Policy, user: User, *, at: datetime, member: Membership | None = None) -> dict:
    """A policy, its rows, endorsements and totals, what this person may change, and what is open to the insurer.

    `member` is the person's membership in the insured enterprise; a person of the insurer has none.
    """
    invoices = list(policy.invoices.select_related("paper").order_by("issued_on", "pk"))
    payments = list(policy.premium_payments.select_related("paper").order_by("paid_on", "pk"))
    filed = filed_on(policy)
    parts = open_parts(policy, filed, user, member, at=at)
    return {
        "policy": policy,
        "entity": policy.legal_entity,
        "invoices": invoices,
        "payments": payments,
        "invoiced": sum(row.amount for row in invoices),
        "paid": sum(row.amount for row in payments),
        "filed": filed,
        "endorsements": policy.endorsements.select_related("paper", "reported_by"),
        "open_parts": parts,
        **{f"change_{part}": part in parts for part in PARTS},
        "paper_differs": paper_differs(policy),
        "is_one_year": policy.ends_on == one_year_after(policy.starts_on),
        "to_insurer": _open_to_insurer(policy, user),
    }


def _open_to_insurer(policy: Policy, user: User) -> dict[str, bool]:
    """Which verbs on it this person of its insurer may use now."""
    if user.role != Role.INSURER or not may_file(user):
        return {}
    return {PolicyAction(edge.action).value: True for edge in policy.LIFE.open_to(policy.state, Role.INSURER)}


def clients_of(insurer: Insurer) -> QuerySet:
    """Enterprises that have a mandate or a policy of this insurer, or have asked it for an offer."""
    mandates = insurer.entrustments.filter(legal_entity=OuterRef("pk"))
    policies = insurer.policies.filter(legal_entity=OuterRef("pk"))
    asked = insurer.answers.filter(request__legal_entity=OuterRef("pk"))
    return LegalEntity.objects.filter(Q(Exists(mandates)) | Q(Exists(policies)) | Q(Exists(asked)))


def search(clients: QuerySet, term: str) -> QuerySet:
    """Those whose name holds the term, or whose credit code begins with it."""
    name, code = term.strip(), normalise_credit_code(term)
    return clients.filter(Q(name__contains=name) | Q(credit_code__startswith=code)) if name and code else clients


def is_known_to(entity: LegalEntity, insurer: Insurer, *, at: datetime) -> bool:
    """Whether the insurer may see more of a client than its name: under a mandate in force, or by a policy that it has issued."""
    return entity.entrustments.in_force(at).filter(insurer=insurer).exists() or entity.policies.filter(insurer=insurer).exists()


def contact_of(entity: LegalEntity) -> str:
    """Whom to call, masked."""
    return f"{mask_name(entity.contact_name)}，{mask_phone(entity.contact_phone)}，{mask_email(entity.contact_email)}"


def allows(mandate: Entrustment) -> list[str]:
    """What a mandate lets the insurer do, in sentences."""
    submission = "直接提交申报，受理前可以撤回。" if mandate.includes_submission else "把准备好的申报提请企业确认，由企业确认后提交。"
    correction = "按补正告知书办理补正。" if mandate.includes_correction else "不办理补正，需要补正的由企业自行办理。"
    return ["登记本公司承保的保单、发票和付款，填写企业类别和收款账户，准备申报。", submission, correction]


def _in_words(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def standing_of(mandate: Entrustment, *, at: datetime) -> tuple[str, str]:
    """How a mandate stands: the tone of its tag, and a sentence on what follows for the insurer."""
    until, since = _in_words(mandate.last_day), _in_words(timezone.localdate(mandate.starts_at))
    over = "贵公司不能再办理，已提交的申报由企业跟进；需要的请重新委托。"
    if mandate.state == EntrustmentState.PROPOSED:
        if mandate.ends_at <= at:
            return "stop", f"委托期已于 {until}届满。{over}"
        waits = "委托书已上传，等中心核实。" if mandate.paper_id else "等企业在线确认；企业没有账号的，请上传双方盖章的委托书，由中心核实。"
        return "wait", waits
    if mandate.state == EntrustmentState.REVOKED:
        return "stop", f"委托已撤销：{mandate.state_reason.rstrip('。')}。{over}"
    if mandate.state == EntrustmentState.EXPIRED or mandate.ends_at <= at:
        return "stop", f"委托已于 {until}到期。{over}"
    if at < mandate.starts_at:
        return "wait", f"委托已确认，{since}起可以办理。"
    return "done", f"委托有效，可以办理到 {until}。"
