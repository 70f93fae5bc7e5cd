"""What the portal says in its letters and papers unless the head has written another version: words, and the blanks in them.

A letter has subject and body. A paper has paragraphs, one a line: what it says of rights and periods. Its facts nobody rewords.
"""

from string import Formatter
from typing import NamedTuple

from pilot_portal.workflow.refusals import Refusal


class Words(NamedTuple):
    """Subject (none for a paper) and body, with {blanks} that a case fills in."""

    subject: str
    body: str

    @property
    def blanks(self) -> frozenset[str]:
        """Names of all blanks. Raises ValueError where a brace stands alone, or a blank holds more than a name."""
        found = set()
        for text in self:
            for _, name, form, conversion in Formatter().parse(text):
                if form or conversion or (name is not None and not name.isidentifier()):
                    raise ValueError(text)
                if name:
                    found.add(name)
        return frozenset(found)

    def filled(self, facts: dict[str, str]) -> "Words":
        return Words(self.subject.format_map(facts), self.body.format_map(facts))


BLANKS = {
    "number": "申报编号",
    "entity": "企业名称",
    "window": "申报周期",
    "due": "期限",
    "until": "期限",
    "why": "理由",
    "count": "项数",
    "refile": "能否再次申报",
    "awarded": "核定补贴",
    "before": "原应补金额",
    "entitled": "应补金额",
    "amount": "退回金额",
    "paid_on": "到账日期",
    "days": "工作日数",
    "review_days": "初审工作日数",
    "review_by": "初审期限",
    "publicity_days": "公示工作日数",
    "due_on": "期限",
    "centre": "中心名称",
    "bank": "开户银行",
    "account_tail": "账号尾号",
    "arrival_days": "到账工作日数",
    "report_days": "告知工作日数",
}
OPTIONAL = frozenset({"entity", "window"})  # every other blank of a letter says something that its reader must learn
REMEDIES = "可以自收到之日起60日内依法向北京市人民政府申请行政复议，也可以自收到之日起6个月内依法向人民法院提起行政诉讼。"

LETTERS: dict[str, Words] = {
    # filing
    "proposed": Words("请确认申报：{entity}", "保险公司已代“{entity}”准备好{window}申报，请在 {due} 前核对并确认。确认后才算提交。"),
    "declined": Words("企业退回了代拟的申报", "“{entity}”退回了{window}申报，意见：{why}。请修改后重新提请确认。"),
    "expired": Words("代拟的申报没有确认", "“{entity}”的{window}申报没有在截止前确认，已退回草稿，未占用申报名额。"),
    "submitted": Words("申报已提交：{number}", "“{entity}”的{window}申报已提交，编号 {number}。我们将在 {due} 前告知是否受理。"),
    "withdrawn": Words("申报已撤回：{number}", "申报 {number} 已撤回。{refile}"),
    "accepted": Words("申报已受理：{number}", "申报 {number} 已受理，进入审核。预计 {due} 前完成初审。受理通知书可在申报页面下载。"),
    "not_accepted": Words("申报不予受理：{number}", "申报 {number} 不予受理，理由：{why}。{refile}通知书可在申报页面下载。"),
    # correction
    "correction": Words("申报需要补正：{number}", "申报 {number} 有 {count} 项需要补正，请在 {due} 前办理，逾期本件终止。请登录逐项办理。"),
    "correction_extended": Words("补正期限已延长：{number}", "申报 {number} 的补正期限延长至 {due}。"),
    "remind_correction": Words("补正即将到期：{number}", "申报 {number} 的补正期限是 {due}，还没有提交。逾期本件终止，请尽快办理。"),
    "resubmitted": Words("补正已提交：{number}", "申报 {number} 的补正已收到，我们将在 {due} 前告知是否受理。"),
    "lapsed": Words("逾期未补正：{number}", "申报 {number} 在期限内没有补正，本件已终止，本期不能再次申报。"),
    # rejection
    "rejection_proposed": Words(
        "拟不予补贴：{number}",
        "申报 {number} 拟不予补贴，理由：{why}。您可以在 {due} 前登录提交陈述申辩；是否补贴由市知识产权局审定。",
    ),
    "replied": Words("陈述申辩已收到：{number}", "申报 {number} 的陈述申辩已收到，我们会认真核实。"),
    "reconsidered": Words("重新审核：{number}", "申报 {number} 重新审核，结果会及时通知您。"),
    "rejected": Words("不予补贴：{number}", "经市知识产权局审定，申报 {number} 不予补贴，理由：{why}。决定书可在申报页面下载。"),
    # award and payment
    "allocated": Words("拟补贴额已核定：{number}", "申报 {number} 拟补贴 {awarded} 元，待市知识产权局审定。"),
    "list_returned": Words("名单退回复核：{number}", "申报 {number} 所在的名单退回重新核定，不需要您办理，结果会及时通知您。"),
    "determined": Words("已审定：{number}", "申报 {number} 已审定，拟补贴 {awarded} 元，即将公示。"),
    "publicised": Words("已公示：{number}", "申报 {number} 拟补贴 {awarded} 元，公示至 {until}。公示无异议后拨付。"),
    "objected": Words("公示异议：{number}", "申报 {number} 在公示期内收到异议，核实期间暂停办理。需要您说明的，我们会与您联系。"),
    "objection_dismissed": Words("异议不成立：{number}", "申报 {number} 的异议经核实不成立，已恢复办理。处理意见：{why}。"),
    "recomputed": Words(
        "补贴额重新核算：{number}",
        "申报 {number} 重新核算，应补金额由 {before} 元调整为 {entitled} 元，理由：{why}。将重新审定和公示。",
    ),
    "approved": Words("待拨付：{number}", "申报 {number} 公示期满，已批准拨付 {awarded} 元，请留意到账。"),
    "closed_zero": Words("本件已归档：{number}", "申报 {number} 核定补贴为 0.00 元，不需要拨付，本件已归档。"),
    "paid": Words("补贴已到账：{number}", "申报 {number} 的补贴 {awarded} 元已于 {paid_on} 到账。拨付通知书可在申报页面下载。"),
    "returned": Words("付款被银行退回：{number}", "申报 {number} 的付款被退回，原因：{why}。请登录更正收款账户。"),
    # recovery
    "recovery_ordered": Words(
        "请退回补贴资金：{number}", "申报 {number} 应退回 {amount} 元，理由：{why}。请在 {until} 前退回并登录上传凭证。"
    ),
    "recovery_overdue": Words("退回补贴资金已逾期：{number}", "申报 {number} 应退回的 {amount} 元已逾期，请立即退回并联系中心。"),
    "recovery_repaid": Words("退回款已到账：{number}", "申报 {number} 退回的 {amount} 元已到账，追回办结。"),
    # any time
    "held": Words("申报暂停办理：{number}", "申报 {number} 已暂停办理，原因：{why}。恢复后我们会通知您。"),
    "released": Words("申报恢复办理：{number}", "申报 {number} 已恢复办理。"),
    "abandoned": Words("已放弃补贴：{number}", "申报 {number} 已按您的申请放弃补贴，本件终止，本期不能再次申报。"),
    "cancelled": Words("终止拨付：{number}", "申报 {number} 已终止拨付，理由：{why}。如有异议，请联系中心。"),
    "archived": Words("本件已归档：{number}", "申报 {number} 已办结归档。保单退保或批减的，仍须告知中心。"),
}

PAPERS: dict[str, Words] = {
    "acceptance_paper": Words(
        "",
        "一、我中心承诺自受理次日起{review_days}个工作日内{review_by}完成初审。初审、复核通过后报市知识产权局审定，"
        "公示{publicity_days}个工作日无异议的，予以拨付。\n"
        "二、办理进度可凭申报编号在门户查询。需要你单位说明情况的，我中心会与你单位联系；材料已经交齐的，不再要求补交。\n"
        "三、审核期间保单批改或者退保，企业名称、住所或者收款账户变更的，请及时告知我中心。\n"
        "四、本通知书只说明申报已受理，是否补贴、补贴多少，以审定并公示后的结果为准。",
    ),
    "correction_paper": Words(
        "",
        "一、请在{due_on}前（含当日，共{days}个工作日）登录门户，在本件页面逐项补正后提交；申报期截止后仍可补正，"
        "未列入上表的内容不需要改动。补正期间，我中心承诺的办理期限停止计算。\n"
        "二、逾期没有提交补正的，本件终止办理，本期不能再次申报。确有困难的，请在期限届满前联系我中心，可以延长一次。",
    ),
    "refusal_paper": Words("", f"三、如不服本通知书，{REMEDIES}对理由有疑问的，也可以先联系我中心说明情况。"),
    "rejection_paper": Words("", f"五、救济。如不服本决定书，{REMEDIES}"),
    "recovery_paper": Words(
        "",
        "二、请在{due_on}前（含当日，共{days}个工作日）一次性足额退回。收款账户由{centre}以书面形式另行告知，汇款时请在附言中注明申报编号，"
        "汇款后请登录门户上传退款凭证；任何人要求汇入个人账户的，请勿汇款。\n"
        "三、逾期没有退回的，将依法并按你单位的承诺追缴，由此产生的责任由你单位承担。\n"
        f"四、如不服本通知书，{REMEDIES}",
    ),
    "payment_notice_paper": Words(
        "",
        "二、款项拨付至你单位在{bank}开立的账户（尾号{account_tail}），预计{arrival_days}个工作日内到账。账户有误被退回的，请登录门户更正。\n"
        "三、保险期限内减少保费或者退保的，应当在{report_days}个工作日内告知我中心，并按承诺退回相应补贴。",
    ),
}
WORDS = LETTERS | PAPERS


def check_words(key: str, words: Words) -> None:
    """Raises Refusal: letter_blank_broken, letter_blank_unknown, letter_blank_missing; each says which."""
    known = WORDS[key].blanks
    try:
        blanks = words.blanks
    except ValueError as error:
        raise Refusal("letter_blank_broken", field="body") from error
    if unknown := sorted(blanks - known):
        raise Refusal(
            "letter_blank_unknown",
            field="body",
            blank=f"{{{unknown[0]}}}",
            known="、".join(f"{{{name}}}" for name in sorted(known)) or "无",
        )
    if missing := sorted(known - blanks - OPTIONAL):
        raise Refusal("letter_blank_missing", field="body", blank=f"{{{missing[0]}}}", meaning=BLANKS[missing[0]])
