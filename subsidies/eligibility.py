"""Whether an application meets the scheme: plain facts in, one verdict a check out. No database, no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from insurers.rules import START_TOLERANCE_DAYS, TermOutcome, term_findings

LEGAL_PERSON, BRANCH = "legal_person", "branch"  # the kinds of enterprises that decide here
APPLICANT, SCOPE, AMOUNT, ONCE = "试点方案 四（一）", "试点方案 四（二）", "试点方案 六（二）1", "试点方案 六（二）2"
BUDGET, NOTICE = "试点方案 五.5", "申报通知"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """An application as it stands. Names are compared and sums made by the caller; CNY, tax included."""

    # the enterprise, on the filing date
    verified: bool
    kind: str  # as on the licence: legal_person, branch, partnership …
    in_beijing: bool | None  # by the licence's address; None: not decided yet
    category_holds: bool  # one of the named categories is valid on the filing date
    name_looks_like_branch: bool = False
    org_code_check_ok: bool | None = True  # position 17 of the credit code
    credit_clean: bool | None = None  # no record in the look-back; None: not looked up yet
    credit_lookback_years: int = 2
    # the policy
    policy_own: bool  # its insured is the applicant
    policy_proven: bool  # confirmed by the insurer or verified by the centre
    policy_surrendered: bool = False
    insurer_selected: bool  # on the signing date
    product_pilot: bool  # a pilot product, filed with the supervisor on the signing date
    signed_on: date
    starts_on: date
    ends_on: date  # the first day without cover
    signing_range: tuple[date, date]  # both days included
    start_tolerance_days: int = START_TOLERANCE_DAYS
    # the money
    policy_premium: Decimal | None  # pilot part after endorsements; None: no CNY figure
    invoices_total: Decimal | None  # None: no invoice yet
    paid_cny: Decimal | None  # by the window's paid-until; None: no payment yet
    invoice_buyers_same: bool = True  # each invoice names the applicant
    payers_same: bool = True  # each payment comes from the applicant
    payee_same: bool | None  # the account's holder is the applicant; None: no account yet
    cnaps_ok: bool = True
    # the window, at the moment of filing
    window_open: bool


@dataclass(frozen=True)
class Verdict:
    """One check. ok: True it holds, False the application cannot go on like this, None a human decides."""

    code: str
    ok: bool | None
    sentence: str
    clause: str


@dataclass(frozen=True)
class Wording:
    clause: str
    holds: str
    fails: str  # what is wrong and what to do next; both may hold {facts}

    def say(self, ok: bool | None, said: dict[str, str]) -> str:
        return (self.holds if ok else self.fails).format_map(said)


WORDINGS: dict[str, Wording] = {
    "window_closed": Wording(NOTICE, "在申报期内提交。", "现在不在申报期内，不能提交。草稿已为您保留，请留意下一期申报通知。"),
    "unverified_enterprise": Wording(
        APPLICANT, "企业信息已核验。", "企业信息还没有通过核验。请先上传营业执照并等待中心核验，核验通过后即可申报。"
    ),
    "branch_not_legal_person": Wording(
        ONCE, "不是分支机构。", "分支机构不能单独申报。请由所属法人登记并申报，保单的被保险人也应是该法人。"
    ),
    "not_legal_person": Wording(
        ONCE, "申请人是法人主体。", "合伙企业、个人独资企业和个体工商户不是法人主体，不能申报。如登记类型有误，请联系中心更正。"
    ),
    "name_looks_like_branch": Wording(
        ONCE, "名称不像分支机构。", "企业名称像是分支机构。请对照营业执照的“类型”核对；分支机构须由所属法人申报。"
    ),
    "credit_code_position_17": Wording(
        APPLICANT, "代码第 17 位相符。", "信用代码第 17 位与主体标识码的校验不一致。请对照营业执照核对，确认无误可继续。"
    ),
    "not_in_beijing": Wording(APPLICANT, "注册地址在本市。", "营业执照的住所不在本市，不能申报。如已迁入北京，请上传新的营业执照。"),
    "beijing_undecided": Wording(APPLICANT, "注册地址已认定。", "从住所看不出是否在本市。请对照营业执照的住所和登记机关认定。"),
    "category_not_valid": Wording(
        APPLICANT, "所列企业类别在申报日有效。", "申报日没有有效的企业类别证明。可补充证明；其他出口型企业请附出口证明，由中心人工认定。"
    ),
    "credit_not_checked": Wording(NOTICE, "信用记录已查询。", "尚未查询近 {years} 年的信用记录。请查询并留存结果。"),
    "credit_record_found": Wording(
        NOTICE, "近 {years} 年无违法失信记录。", "查到近 {years} 年的违法或失信记录。请核对处罚决定日期和情节后认定。"
    ),
    "policy_not_own": Wording(
        SCOPE, "被保险人是申请人。", "这份保单的被保险人不是申请企业。请选择本企业的保单；更名或合并的，请先由保险公司批改保单。"
    ),
    "policy_surrendered": Wording(SCOPE, "保单有效。", "这份保单已退保，不能申请补贴。"),
    "policy_not_proven": Wording(SCOPE, "保单已由保险公司确认或经中心核实。", "保单还没有经保险公司确认，完成初审前须确认或由中心核实。"),
    "insurer_not_selected": Wording(
        SCOPE,
        "签订日在保险公司的试点资格期内。",
        "签订日（{signed}）这家保险公司不在试点名单内，保费不能补贴。请核对保险公司和日期。",
    ),
    "product_not_pilot": Wording(
        SCOPE, "保险产品是已备案的试点产品。", "签订日（{signed}）这个保险产品不是已备案的试点产品，保费不能补贴。请核对产品名称和备案号。"
    ),
    "term_invalid": Wording(SCOPE, "保险起止日期有效。", "保险止期不晚于起期。请对照保单核对起止日期。"),
    "not_one_year": Wording(
        SCOPE, "保险期限恰为一年。", "保险期限不是正好一年（{starts}零时起，止于{ends}零时）。请对照保单核对；确实不是一年的不能申报。"
    ),
    "out_of_signing_range": Wording(
        SCOPE, "签订日期在本期范围内。", "保单签订于{signed}，不在本期的签订范围（{first}至{last}）内。请核对日期，或等待适用的一期。"
    ),
    "term_leap": Wording(SCOPE, "不涉及 2 月 29 日起保的特别情形。", "2 月 29 日起保、次年 2 月 27 日终止，是否满一年由人工认定。"),
    "term_backdated": Wording(
        SCOPE, "起期不早于签订日。", "保险起期（{starts}）早于签订日（{signed}）。请核实是否倒签、签订前有无已知纠纷。"
    ),
    "term_deferred": Wording(
        SCOPE, "起期距签订日不超过 {tolerance} 日。", "保险起期（{starts}）比签订日（{signed}）晚 {tolerance} 日以上。请核实原因。"
    ),
    "zero_premium": Wording(AMOUNT, "保费大于零。", "可认定的保费是 0 元，没有可补贴的金额。请核对保单、发票和付款金额。"),
    "no_invoice": Wording(AMOUNT, "已提供保费发票。", "还没有保费发票。请上传发票并填写价税合计。"),
    "no_payment": Wording(AMOUNT, "截止日前已付保费。", "还没有截止日前的付款记录。请上传银行回单；截止日以后付的保费不计入。"),
    "invoice_differs": Wording(
        AMOUNT, "发票与保单金额一致。", "发票合计 {invoices} 元，与保单的 {policy} 元不一致，按较低的计算。请核对是否漏传发票或批单。"
    ),
    "payment_differs": Wording(
        AMOUNT, "实付与保单金额一致。", "实付 {paid} 元，与保单的 {policy} 元不一致，按较低的计算。请核对是否分期付款或漏传回单。"
    ),
    "invoice_buyer_differs": Wording(AMOUNT, "发票购买方是申请人。", "有发票的购买方不是申请企业。请换开发票，或附更名证明。"),
    "payer_differs": Wording(AMOUNT, "付款人是申请人。", "有付款不是申请企业付的。请附代付说明和关联证明，否则该笔不计入。"),
    "no_account": Wording(BUDGET, "已填写收款账户。", "还没有收款账户。请填写本企业的银行账户。"),
    "payee_name_differs": Wording(BUDGET, "收款户名与申请人一致。", "收款户名与申请企业名称不一致，款项会被退回。请填写本企业名下的账户。"),
    "cnaps_unconfirmed": Wording(BUDGET, "联行号校验相符。", "联行号校验不符。请向开户行核对 12 位联行号，确认无误可继续。"),
}


Checks = Iterator[tuple[str, bool | None]]


def check_application(facts: Facts) -> list[Verdict]:
    """Every check, in the order in which an officer reads a case."""
    said = _said(facts)
    return [_verdict(code, ok, said) for code, ok in _checks(facts)]


def stopping(facts: Facts) -> list[Verdict]:
    """The checks that stop an application, and nothing said of the others: for many at once."""
    stops = [code for code, ok in _checks(facts) if ok is False]
    said = _said(facts) if stops else {}
    return [_verdict(code, False, said) for code in stops]


def _checks(facts: Facts) -> Checks:
    for checks in (_enterprise, _policy, _term, _money, _payee):
        yield from checks(facts)


def _verdict(code: str, ok: bool | None, said: dict[str, str]) -> Verdict:
    return Verdict(code, ok, WORDINGS[code].say(ok, said), WORDINGS[code].clause)


def refusals(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that stop an application."""
    return [verdict for verdict in verdicts if verdict.ok is False]


def questions(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that a human decides."""
    return [verdict for verdict in verdicts if verdict.ok is None]


def _unless(doubt: bool) -> bool | None:
    """True, or a human's decision where there is a doubt."""
    return None if doubt else True


def _enterprise(facts: Facts) -> Checks:
    yield "window_closed", facts.window_open
    yield "unverified_enterprise", facts.verified
    yield "branch_not_legal_person", facts.kind != BRANCH
    yield "not_legal_person", facts.kind in (LEGAL_PERSON, BRANCH)
    yield "name_looks_like_branch", _unless(facts.name_looks_like_branch and facts.kind != BRANCH)
    yield "credit_code_position_17", _unless(facts.org_code_check_ok is False)
    yield "beijing_undecided", _unless(facts.in_beijing is None)
    yield "not_in_beijing", facts.in_beijing is not False
    yield "category_not_valid", _unless(not facts.category_holds)
    yield "credit_not_checked", _unless(facts.credit_clean is None)
    if facts.credit_clean is not None:  # nothing is said of a record that nobody has looked up
        yield "credit_record_found", _unless(not facts.credit_clean)


def _policy(facts: Facts) -> Checks:
    yield "policy_not_own", facts.policy_own
    yield "policy_surrendered", not facts.policy_surrendered
    yield "policy_not_proven", _unless(not facts.policy_proven)
    yield "insurer_not_selected", facts.insurer_selected
    yield "product_not_pilot", facts.product_pilot


def _term(facts: Facts) -> Checks:
    found = term_findings(facts.signed_on, facts.starts_on, facts.ends_on, facts.signing_range, facts.start_tolerance_days)
    yield "term_invalid", TermOutcome.INVALID_RANGE not in found
    yield "not_one_year", TermOutcome.NOT_ONE_YEAR not in found
    yield "out_of_signing_range", TermOutcome.OUT_OF_SIGNING_WINDOW not in found
    yield "term_leap", _unless(TermOutcome.REVIEW_LEAP in found)
    yield "term_backdated", _unless(TermOutcome.REVIEW_BACKDATED in found)
    yield "term_deferred", _unless(TermOutcome.REVIEW_DEFERRED_START in found)


def _money(facts: Facts) -> Checks:
    amounts = (facts.policy_premium, facts.invoices_total, facts.paid_cny)
    yield "no_invoice", facts.invoices_total is not None
    yield "no_payment", facts.paid_cny is not None
    yield "zero_premium", all(amount is None or amount > 0 for amount in amounts)
    yield "invoice_differs", _unless(_differ(facts.invoices_total, facts.policy_premium))
    yield "payment_differs", _unless(_differ(facts.paid_cny, facts.policy_premium))
    yield "invoice_buyer_differs", _unless(not facts.invoice_buyers_same)
    yield "payer_differs", _unless(not facts.payers_same)


def _payee(facts: Facts) -> Checks:
    yield "no_account", facts.payee_same is not None
    yield "payee_name_differs", facts.payee_same is not False
    yield "cnaps_unconfirmed", _unless(not facts.cnaps_ok)


def _differ(amount: Decimal | None, other: Decimal | None) -> bool:
    return amount is not None and other is not None and amount != other


def _said(facts: Facts) -> dict[str, str]:
    """Facts as sentences say them."""
    dates = {
        "signed": facts.signed_on,
        "starts": facts.starts_on,
        "ends": facts.ends_on,
        "first": facts.signing_range[0],
        "last": facts.signing_range[1],
    }
    amounts = {"policy": facts.policy_premium, "invoices": facts.invoices_total, "paid": facts.paid_cny}
    numbers = {"years": facts.credit_lookback_years, "tolerance": facts.start_tolerance_days}
    return (
        {name: str(number) for name, number in numbers.items()}
        | {name: f"{day.year} 年 {day.month} 月 {day.day} 日" for name, day in dates.items()}
        | {name: "—" if amount is None else f"{amount:,.2f}" for name, amount in amounts.items()}
    )
