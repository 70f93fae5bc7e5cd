"""What the sample holds: sheets, columns, what each means and where it comes from. The data dictionary is written from this list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

from pilot_portal.accounts.masks import mask_account
from pilot_portal.audit.models import Event
from pilot_portal.audit.templatetags.workbench import pairs
from pilot_portal.audit.workbench import name_actions
from pilot_portal.audit.workbench.words import ROLE_NAMES, event_name
from subsidies.models import Application, Document, Finding, Payment, Review

name_actions(export_sample="抽样导出")


@dataclass(frozen=True)
class Column:
    name: str
    meaning: str
    source: str  # model and column, or rule, in the code
    value: Callable[[Any], Any]


@dataclass(frozen=True)
class Sheet:
    name: str
    rows: Callable[[list[int]], QuerySet | Iterable]  # by the keys of the drawn cases
    columns: list[Column]


def _of(path: str, name: str, meaning: str, source: str = "") -> Column:
    """A column read from an attribute of the row, which may be missing on the way."""

    def value(row):
        for part in path.split("."):
            row = getattr(row, part, None)
        return row() if callable(row) else row

    return Column(name, meaning, source or path, value)


def _person(field: str, what: str) -> Column:
    return Column(f"{what}人", f"办理{what}的人员", f"Application.{field}", lambda case: case_name(getattr(case, field)))


def case_name(user) -> str:
    return user.get_full_name() if user else ""


PEOPLE = {"accepted_by": "受理", "reviewed_by": "初审", "checked_by": "复核", "allocated_by": "核定", "approved_by": "批准"}
NUMBER = Column("申报编号", "提交时取得，终身不变", "Application.number", attrgetter("application.number"))


def _cases(keys):
    related = ("window", "legal_entity", "policy__insurer", "category__category", "public_notice", "determination", *PEOPLE)
    return Application.objects.filter(pk__in=keys).select_related(*related).order_by("number")


def _rows_of(model, *related, order="pk"):
    return lambda keys: (
        model.objects.filter(application__in=keys).select_related("application", *related).order_by("application__number", order)
    )


CASES = Sheet(
    "申报",
    _cases,
    [
        _of("number", "申报编号", "提交时取得，终身不变", "Application.number"),
        _of("window.name", "申报周期", "哪一期", "Window.name"),
        _of("get_channel_display", "申报方式", "企业自行申报，或保险公司受托代申报", "Application.channel"),
        _of("legal_entity.name", "企业名称", "现在的名称", "LegalEntity.name"),
        _of("legal_entity.credit_code", "统一社会信用代码", "GB 32100，18 位", "LegalEntity.credit_code"),
        _of("category.category.name", "企业类别", "申报时选用的类别", "EntityCategory.category"),
        _of("policy.insurer.name", "保险公司", "承保的试点保险公司", "Policy.insurer"),
        _of("policy.number", "保单号", "保单载明的号码", "Policy.number"),
        _of("policy.signed_on", "签订日", "须在本期签订范围内", "Policy.signed_on"),
        _of("policy.starts_on", "起保日", "保障的第一天", "Policy.starts_on"),
        _of("policy.ends_on", "终保日", "不再有保障的第一天；期限整一年", "Policy.ends_on"),
        _of("submitted_at", "提交时间", "北京时间", "Application.submitted_at"),
        _of("get_state_display", "状态", "导出时的状态", "Application.state"),
        _of("held_reason", "暂停原因", "正在暂停办理的才有", "Application.held_reason"),
        _of("recognised_premium", "认定保费（元）", "保单、发票、实付三者最低", "rules.recognised_premium"),
        _of("rate", "补贴比例", "本期比例，不高于 0.80", "Window.rate，试点方案六（二）1"),
        _of("cap", "上限（元）", "本期上限，不高于 800000.00", "Window.cap，试点方案六（二）1"),
        _of("entitled", "应补金额（元）", "认定保费×比例，舍去分以下，不超上限", "rules.entitlement"),
        _of("awarded", "核定补贴（元）", "预算不足时同比例核定，不高于应补", "rules.pro_rata"),
        *(_person(field, what) for field, what in PEOPLE.items()),
        _of("determination.minutes_number", "审定会议纪要号", "市知识产权局审定的依据", "Determination.minutes_number"),
        _of("public_notice.number", "公示编号", "公示名单", "PublicNotice.number"),
        _of("paid_at", "拨付时间", "银行回单导入的时间", "Application.paid_at"),
        _of("ended_reason", "结束原因", "未拨付而结束的才有", "Application.ended_reason"),
    ],
)
FINDINGS = Sheet(
    "核查事项",
    _rows_of(Finding, "judged_by"),
    [
        NUMBER,
        _of("sentence", "说明", "系统核查所见", "Finding.sentence，eligibility.py"),
        _of("clause", "依据", "条款", "Finding.clause"),
        _of("get_verdict_display", "结论", "待处理、通过、不符合", "Finding.verdict"),
        _of("note", "处理意见", "人工判定的理由", "Finding.note"),
        Column("处理人", "判定的人员", "Finding.judged_by", lambda row: case_name(row.judged_by)),
        _of("judged_at", "处理时间", "北京时间", "Finding.judged_at"),
    ],
)
REVIEWS = Sheet(
    "初审",
    _rows_of(Review, "made_by"),
    [
        NUMBER,
        _of("policy_premium", "保单保费（元）", "经办认定", "Review.policy_premium"),
        _of("invoiced", "发票合计（元）", "含税", "Review.invoiced"),
        _of("paid", "实付合计（元）", "付款截止日前以人民币付清的", "Review.paid"),
        _of("correction_reason", "更正理由及材料页码", "与材料所载不同的才有", "Review.correction_reason"),
        _of("recognised_premium", "认定保费（元）", "三者最低", "rules.recognised_premium"),
        _of("computed", "计算应补（元）", "按比例和上限算出", "rules.entitlement"),
        _of("entitled", "应补金额（元）", "只可调低", "Review.entitled"),
        _of("lowered_reason", "调低理由", "调低的才有", "Review.lowered_reason"),
        _of("get_opinion_display", "初审意见", "建议补贴，或不予补贴", "Review.opinion"),
        Column("初审人", "经办", "Review.made_by", lambda row: case_name(row.made_by)),
        _of("made_at", "初审时间", "北京时间", "Review.made_at"),
    ],
)
PAYMENTS = Sheet(
    "付款",
    _rows_of(Payment, "batch"),
    [
        NUMBER,
        _of("batch.number", "批次", "拨付批次", "Batch.number"),
        _of("serial", "明细流水号", "一笔一号，不重用", "Payment.serial"),
        _of("holder", "收款人全称", "与企业名称一致", "Payment.holder"),
        _of("bank_name", "开户行", "", "Payment.bank_name"),
        Column("账号", "只留后四位", "Payment.account_last_four", lambda row: mask_account("0" * 12 + row.account_last_four)),
        _of("amount", "金额（元）", "等于核定补贴", "Payment.amount"),
        _of("get_state_display", "状态", "待付、已送银行、已到账、退票、作废", "Payment.state"),
        _of("paid_on", "到账日期", "银行回单", "Payment.paid_on"),
        _of("bank_reference", "银行流水", "银行回单", "Payment.bank_reference"),
        _of("return_reason", "退票原因", "退票的才有", "Payment.return_reason"),
    ],
)
DOCUMENTS = Sheet(
    "文书",
    _rows_of(Document),
    [
        NUMBER,
        _of("get_kind_display", "文书", "", "Document.kind"),
        _of("number", "文号", "", "Document.number"),
        _of("issued_at", "签发时间", "北京时间", "Document.issued_at"),
        _of("sha256", "文件 SHA-256", "可与所持文件核对", "Document.sha256"),
        _of("wording", "函件文字", "所用文字的版本；/0 为门户原有", "Document.wording"),
    ],
)


def _events(keys):
    case = Application._meta.label_lower
    return Event.objects.filter(object_type=case, object_id__in=keys).order_by("object_id", "pk")


TRAIL = Sheet(
    "留痕",
    _events,
    [
        _of("object_label", "申报", "申报编号；提交前为草稿号", "Event.object_label"),
        _of("at", "时间", "北京时间", "Event.at"),
        _of("actor", "用户名", "办理的账号", "Event.actor"),
        Column("角色", "办理时的角色", "Event.role", lambda row: ROLE_NAMES.get(row.role, row.role)),
        Column("事项", "办了什么", "Event.action", event_name),
        Column("内容", "所写的事实", "Event.data", lambda row: pairs(row.data)),
    ],
)
SHEETS = [CASES, FINDINGS, REVIEWS, PAYMENTS, DOCUMENTS, TRAIL]
