"""Chinese names of the actions that events carry. Each app adds the labels of its lives and what its services record beside them."""

ROLE_NAMES: dict[str, str] = {}
ACTION_NAMES: dict[str, str] = {
    "add": "新增",
    "change": "修改",
    "propose": "提请",
    "decide": "确认提请",
    "login": "登录",
}


# Facts of an event's data, as the trail says them, and the values that are words of a life.
FACT_NAMES: dict[str, str] = {
    "before": "原为",
    "after": "现为",
    "moved": "件数",
    "reason": "理由",
    "correction_reason": "更正理由",
    "held_reason": "暂停原因",
    "note": "意见",
    "verdict": "结论",
    "check": "核查",
    "open": "待处理",
    "number": "编号",
    "amount": "金额",
    "premium": "保费",
    "recognised_premium": "认定保费",
    "entitled": "应补",
    "awarded": "核定",
    "budget": "可用预算",
    "draw": "本期预算",
    "rate": "比例",
    "cap": "上限",
    "count": "笔数",
    "total": "合计",
    "lines": "行数",
    "rows": "行数",
    "good": "没有问题",
    "bad": "须修改",
    "filed": "已提交或提请",
    "corrected": "更正",
    "columns": "填写",
    "version": "版本",
    "earlier": "带入自",
    "again": "须再核对",
    "page": "所在页面",
    "kind": "类型",
    "invoice": "发票",
    "payment": "付款",
    "account": "账户",
    "last_four": "尾号",
    "category": "类别",
    "window": "申报周期",
    "awards": "名单",
    "minutes_number": "会议纪要号",
    "role": "角色",
    "accepted": "同意",
    "confirmed": "确认",
    "input_hash": "输入哈希",
    "sha256": "SHA-256",
    "file_sha256": "文件 SHA-256",
    "what": "事项",
    "remark": "意见",
    "decision": "处理意见",
    "until": "期限",
    "text": "说明",
    "file": "附文件",
    "files": "附文件 SHA-256",
    "item": "补正事项编号",
    "items": "补正事项",
    "correction": "第几次补正",
    "reply": "陈述申辩编号",
    "papers": "材料份数",
    "application": "申报",
    "entitled_before": "原应补",
    "premium_after": "批改后保费",
    "late": "迟报",
    "bank_reference": "银行流水",
    "basis": "依据",
    "notice": "公示编号",
    "documents": "文书份数",
    "minutes": "会议纪要",
    "message": "留言编号",
    "officer": "人员",
    "numbers": "申报编号",
    "case_note": "备注编号",
    "side": "一方",
    "narrowed": "筛选",
    "paper": "附件 SHA-256",
}
VALUE_NAMES: dict[str, str] = {}
PROPOSALS = {"propose", "decide"}  # events of pilot_portal.workflow.proposals; a life may have a `propose` of its own


def name_values(*choices) -> None:
    """Add the labels of TextChoices that events hold as values: states and verdicts."""
    for values in choices:
        VALUE_NAMES.update({value.value: value.label for value in values})


def name_actions(*choices, **names: str) -> None:
    """Add the labels of TextChoices of actions, and single names."""
    for actions in choices:
        ACTION_NAMES.update({action.value: action.label for action in actions})
    ACTION_NAMES.update(names)


def name_roles(roles) -> None:
    ROLE_NAMES.update({role.value: role.label for role in roles})


def event_name(event) -> str:
    """What was done, in words; of a proposal, what was proposed and what the other person said to it."""
    what = event.data.get("what")
    if event.action not in PROPOSALS or not what:
        return ACTION_NAMES.get(event.action, event.action)
    verb = "提请" if event.action == "propose" else "确认" if event.data.get("confirmed") else "不同意"
    return f"{verb}：{ACTION_NAMES.get(what, what)}"
