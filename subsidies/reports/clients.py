"""One client of an insurer: what is done, whose turn it is and what comes next."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse

from enterprises.models import LegalEntity, MembershipState
from enterprises.services import mended_by_insurer
from enterprises.states import EntityState
from insurers.models import Entrustment, Insurer, Policy
from insurers.reports import contact_of, is_known_to, standing_of
from insurers.services import may_file
from insurers.states import EntrustmentState, PolicyState
from pilot_portal.accounts.models import User
from subsidies.models import Application, Window
from subsidies.states import ENDED, State

from .cases import next_step, tone_of
from .desk import rows_of
from .insurer_desk import reasons_of_return
from .words import Task, moment_in_words

LATEST = 20


@dataclass(frozen=True)
class InWindow:
    """An open window for one client: the insurer's own case there, and another filing that holds the slot."""

    window: Window
    case: Application | None
    other: Application | None

    @property
    def is_free(self) -> bool:
        return self.other is None and (self.case is None or self.case.state in (State.WITHDRAWN, State.NOT_ACCEPTED))


def client_page(insurer: Insurer, entity: LegalEntity, user: User, *, at: datetime) -> dict:
    """Everything about one client that this insurer may know, as far as its mandate or a policy goes."""
    mandates = list(entity.entrustments.filter(insurer=insurer).select_related("paper").order_by("-pk")[:LATEST])
    mandate = mandates[0] if mandates else None
    entrusted = mandate is not None and mandate.is_in_force(at)
    policies = list(entity.policies.filter(insurer=insurer).with_totals()[:LATEST])
    cases = list(Application.objects.visible_to(user).filter(legal_entity=entity).select_related("window")[:LATEST])
    windows = _windows(insurer, entity, cases, at) if entrusted else []
    tasks = [
        _entity(entity, user),
        _mandate(entity, mandate, at),
        *_policies(entity, policies, entrusted),
        *_filings(cases, windows, at),
    ]
    files = may_file(user)
    if not files:
        tasks = [replace(task, url="", verb="") for task in tasks]
    known = is_known_to(entity, insurer, at=at)
    return {
        "writes": entrusted and files,
        "entity": entity,
        "insurer": insurer,
        "known": known,
        "contact": contact_of(entity) if known else "",
        "mandate": mandate,
        "mandates": mandates,
        "entrusted": entrusted,
        "standing": standing_of(mandate, at=at) if mandate else None,
        "policies": policies,
        "categories": entity.categories.select_related("category") if entrusted else [],
        "account": entity.bank_accounts.open().first() if entrusted else None,
        "rows": rows_of(cases),
        "windows": windows,
        "tasks": tasks,
        "next": next((task for task in tasks if task.url and task.tone in ("todo", "stop")), None),
        "starting": next((entry for entry in windows if entry.is_free), None) if files and entity.is_verified and policies else None,
    }


def _windows(insurer: Insurer, entity: LegalEntity, cases: list[Application], at: datetime) -> list[InWindow]:
    windows = list(Window.objects.open_at(at).order_by("closes_at", "pk"))
    own = {case.window_id: case for case in reversed(cases)}
    others = entity.applications.holding_slot().filter(window__in=windows).exclude(insurer=insurer)
    taken = {case.window_id: case for case in others}
    return [InWindow(window, own.get(window.pk), taken.get(window.pk)) for window in windows]


def _entity(entity: LegalEntity, user: User) -> Task:
    may_mend = not entity.is_verified and mended_by_insurer(entity, user)
    url = reverse("insurers:client_edit", args=[entity.pk]) if may_mend else ""
    if entity.is_verified:
        return Task("entity", "企业核验", "中心已核验营业执照", "done", "已核验")
    if entity.state == EntityState.RETURNED and may_mend:
        return Task("entity", "企业核验", f"请按意见修改后重新提交：{entity.state_reason}", "stop", "核验退回", url, "修改客户信息")
    if entity.state == EntityState.RETURNED:
        return Task("entity", "企业核验", "中心已退回，由企业登录修改后重新提交", "wait", "等企业修改")
    return Task("entity", "企业核验", "中心 5 个工作日内比对营业执照；核验通过后才能登记保单", "wait", "等中心核验", url)


def _mandate(entity: LegalEntity, mandate: Entrustment | None, at: datetime) -> Task:
    again = reverse("insurers:mandate_new", args=[entity.credit_code])
    if mandate is None:
        return Task("mandate", "委托", "还没有委托，不能代为办理", "todo", "未委托", again, "发起委托")
    tone, sentence = standing_of(mandate, at=at)
    if tone == "stop":
        return Task("mandate", "委托", sentence, "stop", mandate.get_state_display(), again, "重新发起委托")
    label = mandate.get_state_display()
    if mandate.state == EntrustmentState.PROPOSED:
        label = "等中心核实" if mandate.paper_id else "等企业确认"
    by_paper = mandate.state == EntrustmentState.PROPOSED and not mandate.paper_id and not _has_account(entity)
    verb = "上传委托书" if by_paper else ""
    return Task("mandate", "委托", sentence, "todo" if verb else tone, label, reverse("insurers:mandate", args=[mandate.pk]), verb)


def _has_account(entity: LegalEntity) -> bool:
    return entity.memberships.filter(state=MembershipState.ACTIVE).exists()


def _policies(entity: LegalEntity, policies: list[Policy], entrusted: bool) -> list[Task]:
    if not policies:
        url = reverse("insurers:client_policy_new", args=[entity.pk]) if entrusted and entity.is_verified else ""
        hint = "登记贵公司承保的保单，附发票和付款回单" if url else "企业核验通过、委托生效后即可登记"
        return [Task("policy", "保单", hint, "todo" if url else "", "待登记" if url else "未开始", url, "登记保单")]
    waiting = next((policy for policy in policies if policy.state == PolicyState.REGISTERED), None)
    if waiting:
        return [Task("policy", "保单", f"{waiting.number} 由企业登记", "todo", "待贵公司确认", _policy_url(waiting), "核对并确认保单")]
    bare = next((policy for policy in policies if not (policy.invoice_count and policy.payment_count)), None)
    if bare and entrusted:
        return [Task("policy", "保单", f"{bare.number} 还缺发票或付款回单", "todo", "待补充", _policy_url(bare), "添加发票和付款")]
    return [Task("policy", "保单", f"已登记 {len(policies)} 份", "done", "已登记")]


def _policy_url(policy: Policy) -> str:
    return reverse("insurers:insurer_policy", args=[policy.pk])


def _filings(cases: list[Application], windows: list[InWindow], at: datetime) -> list[Task]:
    """A line for each case that is under way, and for each open window in which there is none."""
    reasons = reasons_of_return(cases)
    tasks = [_filing(case, reasons.get(case.pk, ""), at) for case in cases if case.state not in ENDED]
    for entry in windows:
        if entry.other:
            other = entry.other
            how = f"{other.get_channel_display()}，{moment_in_words(other.submitted_at)} 提交，{other.get_state_display()}"
            hint = f"本期已有申报 {other.number}（{how}），每个法人主体一期只能申报一次"
            tasks.append(Task("filing", entry.window.name, hint, "", "已有申报"))
        elif entry.is_free:
            hint = f"{moment_in_words(entry.window.closes_at)} 截止"
            tasks.append(Task("filing", entry.window.name, hint, "", "可以申报", f"#window-{entry.window.pk}"))
    return tasks or [Task("filing", "申报保费补贴", "现在没有可以办理的申报", "", "未开始")]


def _filing(case: Application, why_returned: str, at: datetime) -> Task:
    title, url = case.window.name, case.get_absolute_url()
    if case.state == State.DRAFT and not case.window.is_open(at):
        return Task("filing", title, "草稿没有提交，申报期已截止", "", "未提交", url)
    if case.state == State.DRAFT and why_returned:
        return Task("filing", title, f"企业退回修改：{why_returned}", "stop", "企业退回", url, "修改草稿")
    if case.state == State.DRAFT:
        return Task("filing", title, f"草稿没有提交，{moment_in_words(case.window.closes_at)} 截止", "todo", "草稿", url, "继续填写草稿")
    if case.state == State.PENDING_CONFIRM:
        hint = f"等企业登录确认，{moment_in_words(case.window.closes_at)} 截止"
        return Task("filing", title, hint, "wait", "等企业确认", url)
    if case.state == State.CORRECTION and not case.is_held:
        url = reverse("subsidies:correction", args=[case.pk])
        return Task("filing", title, f"申报 {case.number}，{next_step(case)}", "stop", "待补正", url, "办理补正")
    tone = tone_of(case)
    return Task(
        "filing", title, f"申报 {case.number}，{next_step(case)}", "wait" if tone == "stop" else tone, case.get_state_display(), url
    )
