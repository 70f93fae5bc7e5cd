"""The task list of a draft: what is done follows from the facts, never from a tick."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from enterprises.models import LegalEntity
from pilot_portal.reference.services import last_day
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application
from subsidies.services.drafts import written_since

from .timeline import Step
from .words import Task, day_in_words, moment_in_words

OPTIONAL = "further"


def tasks_of(application: Application, problems: Iterable[Refusal], *, pledge: bool = True) -> list[Task]:
    """Every task; `problems` are all that stands between the draft and its submission. Without `pledge`, the enterprise makes it itself."""
    wrong = {}
    for problem in problems:
        wrong.setdefault(problem.facts["task"], problem.sentence)
    policy = application.policy
    tasks = [
        _task("enterprise", "企业信息", wrong, _entity_hint(application.legal_entity), begun=True),
        _task("policy", "保单与保费", wrong, _policy_hint(application), begun=policy is not None),
        _task("papers", "发票与付款凭证", wrong, _papers_hint(application), begun=policy is not None, waits=policy is None),
        _task("category", "企业类别证明", wrong, _category_hint(application), begun=application.category is not None),
        _task("account", "收款账户", wrong, _account_hint(application), begun=application.bank_account is not None),
        _task("pledge", "承诺书", wrong, "已阅读并承诺" if application.pledged else "阅读承诺事项并确认", begun=application.pledged),
        _further(application, wrong),
    ]
    return [task for task in tasks if pledge or task.key != "pledge"]


def _task(key: str, title: str, wrong: dict[str, str], hint: str, *, begun: bool, waits: bool = False) -> Task:
    if waits:
        return Task(key, title, hint, "", "未开始")
    if key not in wrong:
        return Task(key, title, hint, "done", "已完成")
    return Task(key, title, wrong[key], "wait", "待处理") if begun else Task(key, title, hint, "todo", "待填写")


def _entity_hint(entity: LegalEntity) -> str:
    return f"统一社会信用代码 {entity.credit_code}，{entity.get_state_display()}"


def _policy_hint(application: Application) -> str:
    policy = application.policy
    return f"保单 {policy.number}，{day_in_words(policy.signed_on)}签订" if policy else "选择已登记的保单，或先登记一份"


def _papers_hint(application: Application) -> str:
    if application.policy is None:
        return "先选择保单"
    return f"{len(application.policy.invoices.all())} 张发票，{len(application.policy.premium_payments.all())} 笔付款"


def _category_hint(application: Application) -> str:
    category = application.category
    if category is None:
        return "选择申报日有效的企业类别"
    return f"{category}，有效期至 {day_in_words(category.valid_until)}" if category.valid_until else str(category)


def _account_hint(application: Application) -> str:
    return str(application.bank_account) if application.bank_account else "户名须与企业名称一致"


def _further(application: Application, wrong: dict[str, str]) -> Task:
    if OPTIONAL in wrong:
        return Task(OPTIONAL, "其他材料", wrong[OPTIONAL], "wait", "待处理")
    count = len(application.attachments.all())
    begun = count or application.other_subsidies
    hint = f"{count} 份其他材料" if count else "出口证明、企业问询表、已获其他资金支持等，没有可以不填"
    return Task(OPTIONAL, "其他材料", hint, "done" if begun else "", "已填写" if begun else "选填")


def progress(tasks: list[Task]) -> dict:
    """How many of the needed tasks are done, and which comes next."""
    needed = [task for task in tasks if task.key != OPTIONAL]
    left = [task for task in needed if not task.is_done]
    return {"done": len(needed) - len(left), "of": len(needed), "next": left[0] if left else None}


def coming(application: Application) -> list[Step]:
    """What lies before a draft, or before a case that has just been filed, in few words."""
    window = application.window
    later = [
        Step(
            "审核、审定、公示", f"{day_in_words(timezone.localdate(window.closes_at))}截止后统一核定，公示 {window.publicity_days} 个工作日"
        ),
        Step("拨付到企业账户", f"计划于 {day_in_words(window.pay_by)}前完成"),
    ]
    if not application.is_filed:
        filing = Step("填写并提交", f"{moment_in_words(window.closes_at)} 前", tone="here")
        return [filing, Step("受理", f"提交后 {window.acceptance_days} 个工作日内告知"), *later]
    due = f"{day_in_words(last_day(application.due_at))}前" if application.due_at else f"提交后 {window.acceptance_days} 个工作日内"
    return [Step("受理", f"{due}告知是否受理，通过站内消息和邮件通知您", tone="here"), *later]


CHANGED = {"policy": "保单", "category": "企业类别", "bank_account": "收款账户", "other_subsidies": "其他资金支持", "pledged": "承诺"}


def changes_since(application: Application, version: int) -> list[tuple[datetime, str, str]]:
    """When, who and what changed a draft after it stood at `version`; typing that went on without a pause of an hour is one line."""
    return [
        (when, event.actor, "、".join(CHANGED[column] for column in event.data["columns"]))
        for when, event in written_since(application, version)
    ]


def value_in_words(column: str, value) -> str:
    """What stands in a column of a draft, or would."""
    if column == "pledged":
        return "已承诺" if value else "没有承诺"
    return f"保单 {value.number}" if column == "policy" and value else str(value or "没有填写")
