"""自查: six questions, each answer with its clause and what to do next, at the end a verdict in words and the papers to prepare."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from subsidies.eligibility import AMOUNT, APPLICANT, NOTICE, ONCE, SCOPE, WORDINGS
from subsidies.models import Window
from subsidies.reports.words import day_in_words, moment_in_words

HOLDS, FIRST, ASKS, STOPS = "done", "todo", "wait", "stop"  # fine; to be done first; a human decides; not like this
LABELS = {HOLDS: "符合", FIRST: "先办好", ASKS: "由人认定", STOPS: "不符合"}


@dataclass(frozen=True)
class Option:
    """An answer that one may choose, what it means, its clause and the way on: (words, name of a page)."""

    value: str
    label: str
    tone: str
    sentence: str
    clause: str
    way: tuple[str, str] | None = None

    @property
    def says(self) -> str:
        return LABELS[self.tone]


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    hint: str
    options: tuple[Option, ...]


def rule(value: str, label: str, tone: str, *codes: str, way: tuple[str, str] | None = None) -> Option:
    """An answer that a check of `eligibility` decides, in its own words."""
    sentences = [WORDINGS[code].holds if tone == HOLDS else WORDINGS[code].fails for code in codes]
    return Option(value, label, tone, "".join(sentences), WORDINGS[codes[0]].clause, way)


GUIDE, REGISTER, PROGRESS = "programme:guide", "accounts:register", "programme:progress"
KIND = Question(
    "kind",
    "营业执照上的“类型”",
    "看营业执照的“类型”一栏。",
    (
        rule("company", "有限责任公司、股份有限公司等法人", HOLDS, "not_legal_person"),
        rule("branch", "分公司、办事处等分支机构", STOPS, "branch_not_legal_person", way=("由所属法人注册", REGISTER)),
        rule("other", "合伙企业、个人独资企业或个体工商户", STOPS, "not_legal_person"),
    ),
)
PLACE = Question(
    "place",
    "营业执照上的“住所”",
    "以执照上的住所为准，与信用代码的数字和实际办公地点无关。",
    (
        rule("beijing", "在北京市", HOLDS, "not_in_beijing"),
        rule("elsewhere", "不在北京市", STOPS, "not_in_beijing"),
        Option("unsure", "说不准", ASKS, "请对照营业执照的“住所”和登记机关。核验企业信息时由中心认定。", APPLICANT),
    ),
)
CATEGORY = Question(
    "category",
    "企业类别",
    "类别证明须在申报当天有效。",
    (
        rule("named", "单项冠军、领军、北京市专精特新或高精尖产业企业，证明有效", HOLDS, "category_not_valid"),
        rule("exporter", "不在上述类别，或证明已过期，但产品销往海外", ASKS, "category_not_valid"),
        Option(
            "none",
            "没有产品销往海外",
            STOPS,
            "试点面向海外出口业务较多的企业，保险保障的是海外销售产品遇到的侵权诉讼。有了海外业务再来申报。",
            APPLICANT,
            ("看看试点支持谁", GUIDE),
        ),
    ),
)
POLICY = Question(
    "policy",
    "保险公司、产品和期限",
    "看保险单上的保险公司、产品名称和保险期间。",
    (
        Option("pilot", "试点保险公司的试点产品，期限正好一年", HOLDS, "试点保险公司承保，期限一年。", SCOPE),
        Option(
            "other",
            "其他保险公司或其他产品",
            STOPS,
            "签订时不在试点名单内的保险公司，或不是已备案的试点产品，保费不能补贴。请对照下面的试点保险公司核对。",
            SCOPE,
        ),
        Option("term", "期限不是一年", STOPS, "保险期限须正好一年，不是一年的不能申报，也不按比例折算。请对照保单核对起止日期。", SCOPE),
        Option(
            "none",
            "还没有投保",
            FIRST,
            "可以先注册企业、预申报，再向试点保险公司投保一年期的试点产品。",
            SCOPE,
            ("注册企业账号", REGISTER),
        ),
    ),
)
ONE_FILING = Question(
    "filed",
    "本年度是否申报过",
    "已经得到这项补贴的也算；所属分公司申报、保险公司代为申报的也算。",
    (
        Option("no", "没有申报过", HOLDS, "一期可以申报一次，可以自行申报，也可以委托保险公司申报。", ONCE),
        Option(
            "filed",
            "本期已经申报",
            STOPS,
            "每个法人主体一期只能申报一次，不能再报。原来的申报照常办理，可以查询进度。",
            ONCE,
            ("查询进度", PROGRESS),
        ),
        Option("awarded", "本年度已经得到补贴", STOPS, "每家企业一年只补贴一次投保，不能再次申报。", AMOUNT),
        Option("unsure", "说不准", ASKS, "登录后系统会告诉您本期是否已有申报、编号是多少。", ONCE),
    ),
)


def questions(window: Window | None) -> list[Question]:
    """The six questions; signing range and last day of payment are the window's."""
    return [KIND, PLACE, CATEGORY, POLICY, _money(window), ONE_FILING]


def _money(window: Window | None) -> Question:
    signed = f"{_span(window.signed_from, window.signed_until)}签订" if window else "在申报通知规定的日期内签订"
    until = f"{day_in_words(window.paid_until)}" if window else "申报通知规定的日期"
    return Question(
        "money",
        "保单签订和保费缴纳",
        f"本期要求：保单{signed}，保费在 {until}（含）以前缴纳。" if window else "签订日期和缴费截止日以申报通知为准。",
        (
            Option(
                "paid",
                "按期签订，已付清，发票和付款人都是本企业",
                HOLDS,
                "签订日期和付款符合要求。补贴按保单、发票、实付取低计算。",
                AMOUNT,
            ),
            Option("early", "签订日期不在规定的范围内", STOPS, f"保单须{signed}。请核对日期，或等待适用的一期。", NOTICE),
            Option(
                "unpaid",
                "还没有付清，或还没有发票",
                FIRST,
                f"请在 {until}以前付清并取得发票。以后付的不计入；分期的只认已付的部分。",
                AMOUNT,
            ),
            rule("payer", "发票抬头或付款人不是本企业", ASKS, "invoice_buyer_differs", "payer_differs"),
            Option("none", "还没有投保", FIRST, f"投保后在 {until}以前付清保费，由本企业付款，发票开给本企业。", AMOUNT),
        ),
    )


def _span(first: date, last: date) -> str:
    return f"在 {day_in_words(first)}至 {day_in_words(last)}之间"


@dataclass(frozen=True)
class Verdict:
    tone: str
    title: str
    text: str


def verdict(chosen: Iterable[Option], window: Window | None, upcoming: Window | None) -> Verdict:
    """What the answers come to, and when one may file."""
    tones = [option.tone for option in chosen]
    stops, first, asks = (tones.count(tone) for tone in (STOPS, FIRST, ASKS))
    if stops:
        return Verdict("error", "按您的回答，现在不能申报", f"有 {stops} 项不符合。请看下面每一项怎么办；回答有误的，改一改再查。")
    todo = "、".join(part for part in (f"先办好 {first} 项" if first else "", f"有 {asks} 项由工作人员认定" if asks else "") if part)
    if todo:
        return Verdict("warning", "按您的回答，可以准备申报", f"{todo}，怎么办写在下面。{_when(window, upcoming)}")
    return Verdict("success", "按您的回答，符合申报条件", _when(window, upcoming))


def _when(window: Window | None, upcoming: Window | None) -> str:
    if window:
        return f"{window.name}正在受理，{moment_in_words(window.closes_at)} 截止。"
    if upcoming:
        return f"{upcoming.name}将于 {moment_in_words(upcoming.opens_at)} 开始受理。"
    return "现在没有受理中的申报周期，下一期以申报通知为准；可以先注册企业、预申报。"


@dataclass(frozen=True)
class Paper:
    name: str
    hint: str


LICENCE = Paper("营业执照", "最新的，住所和名称与登记一致")
POLICY_PAPER = Paper("保险单", "有批单的一并准备")
INVOICE = Paper("保费发票", "抬头是本企业，写明价税合计")
PAYMENT = Paper("付款凭证", "银行回单，付款人是本企业")
PAYER = Paper("代付说明和关联证明", "或换开发票、更名证明")
EXPORT = Paper("出口证明", "报关单、出口退税或审计报告中的一种")
CATEGORY_PROOF = Paper("企业类别证明", "公告名单或证书，申报当天有效")
ACCOUNT = Paper("收款账户证明", "户名与企业名称一致")
QUESTIONNAIRE = Paper("企业问询表", "保险公司要求填写的，附上")
MANDATE = Paper("委托书", "委托保险公司申报时才需要，双方盖章")
PLEDGE = Paper("承诺书", "在网上逐条确认，不用另备")


def papers(answers: dict[str, str]) -> list[Paper]:
    """What to have at hand, by the answers."""
    exporter, payer = answers.get("category") == "exporter", answers.get("money") == "payer"
    proof = EXPORT if exporter else CATEGORY_PROOF
    return [LICENCE, POLICY_PAPER, INVOICE, PAYMENT, *([PAYER] if payer else []), proof, ACCOUNT, QUESTIONNAIRE, MANDATE, PLEDGE]


@dataclass(frozen=True)
class Shelf:
    """Papers of the checklist that are needed together: when, and where they are handed in."""

    title: str
    where: str
    papers: tuple[Paper, ...]


CHECKLIST = (
    Shelf("登记企业时", "登录后在“企业信息”中上传", (LICENCE, CATEGORY_PROOF, ACCOUNT)),
    Shelf("登记保单时", "登录后在“保单”中上传", (POLICY_PAPER, INVOICE, PAYMENT)),
    Shelf("提交申报时", "在申报的各项任务中确认", (PLEDGE,)),
    Shelf(
        "有下列情况的，另外准备",
        "在申报的“其他材料”中上传",
        (
            Paper("出口证明", "不属于所列类别的出口企业：报关单、出口退税或审计报告中的一种"),
            Paper("代付说明和关联证明", "发票抬头或付款人不是本企业：或换开发票、更名证明"),
            QUESTIONNAIRE,
            MANDATE,
            Paper("盖章的申请表、承诺书", "要求盖章的：系统按填写的内容预填，打印、盖章后扫描"),
        ),
    ),
)
