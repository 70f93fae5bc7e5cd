"""The first window, closed long ago: most of it is paid, some archived; the rest shows how else a case ends and what happens to money."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from enterprises import services as enterprises
from insurers import services as insurers
from insurers.models import EndorsementKind
from pilot_portal.accounts.roles import Role
from subsidies.models import Objection, Part, Window
from subsidies.services import applications, deadlines, endings, objections, recovery, rejections
from subsidies.states import RecoveryState

from . import centre, papers
from .applicants import files
from .stage import Stage
from .telling import Story, do

ARCHIVED = ("云澜", "启衡", "砺锋", "芯岳")
PAID_LATER = ("景曜", "晟宁", "青屿")
APPROVED = ("博澈", "元枢", "恒昱", "鹿鸣", "天枢", "量石")  # each somewhere else on its way to the bank
RETURNED = "瀚辰"
SURRENDERED = "清穹"
AWARDED = (*ARCHIVED, *PAID_LATER, *APPROVED, RETURNED, SURRENDERED)


def first_window(stage: Stage) -> Story:
    window = yield from stage.published(80, stage.window(1, stage.clock.ago(75, 9), stage.clock.ago(55, 17), "8000000.00"))
    for turn, name in enumerate(AWARDED):
        stage.telling.begin(centre.to_checked(stage, window, name, 74 - turn))
    for story in (rejected, abandoned, lapsed, withdrawn, refused):
        stage.telling.begin(story(stage, window))
    run = yield from centre.allocated(stage, window, 50, "全部申报复核完毕")
    determination = yield from centre.determined(stage, run, 48, minutes=8)
    notice = yield from centre.publicised(stage, determination, 47)
    yield from an_objection_dismissed(stage)
    yield from centre.approved(stage, notice, 41)
    for story in (paid_twice, paid_in_part, at_the_bank, to_export, to_approve, held):
        stage.telling.begin(story(stage, window))
    for story in (cancelled, repaid, ordered, proven, proposed):
        stage.telling.begin(story(stage, window))


# other ends


def rejected(stage: Stage, window: Window) -> Story:
    """微原 answers the proposed rejection, without success; it is determined with the list."""
    yield from files(stage, window, "微原", 73)
    yield from centre.accepted(stage, "微原", 72)
    reason = "付款回单的付款户名与申报企业不一致，且未能说明代付关系"
    yield from centre.to_proposed_rejection(stage, "微原", 70, 69, fails="payer_differs", reason=reason)
    text = "保费由集团财务公司统一支付，内部往来账随附，请予核实。"
    own = papers.paper("情况说明", ("企业", stage.samples["微原"].name), ("内容", text))
    yield from stage.act(66, rejections.reply, "微原", stage.applicant("微原"), text=text, uploads=[own])


def abandoned(stage: Stage, window: Window) -> Story:
    yield from centre.to_checked(stage, window, "星屿", 72)
    yield from stage.act(53, endings.abandon, "星屿", stage.owner("星屿"), reason="本年度已获区级同类支持，放弃本项补贴")


def lapsed(stage: Stage, window: Window) -> Story:
    """合汐 never answers: the ten working days are over on the tenth midnight."""
    yield from files(stage, window, "合汐", 74)
    item = (Part.INVOICES, "发票购买方名称不完整，请更换发票或补充说明。")
    yield from centre.asks(stage, "合汐", 72, item)
    at = stage.case("合汐").due_at + timedelta(minutes=5)
    yield at
    do(deadlines.lapse_corrections, at=at)


def withdrawn(stage: Stage, window: Window) -> Story:
    yield from files(stage, window, "玄同", 70)
    yield from stage.act(70, applications.withdraw, "玄同", stage.owner("玄同"), hour=17, reason="保单正在批改，批改后再行申报")


def refused(stage: Stage, window: Window) -> Story:
    yield from files(stage, window, "维度", 71)
    reason = "保险合同不是试点产品，不属于本项补贴的受理范围"
    yield from stage.act(70, applications.propose_refusal, "维度", Role.HANDLER, reason=reason)
    yield from stage.act(69, applications.decide_refusal, "维度", Role.REVIEWER, confirmed=True, remark="同意")


def cancelled(stage: Stage, window: Window) -> Story:
    """清穹 gives up its policy after the approval and before the payment: the case freezes, and the head ends it."""
    yield from surrenders(stage, "清穹", 40)
    yield from stage.act(39, endings.cancel, "清穹", Role.HEAD, hour=9, reason="拨付前已退保，终止拨付")


# the notice


def an_objection_dismissed(stage: Stage) -> Story:
    grounds = "据了解该企业已迁出本市，请核实。"
    known = {"objector": "某同业公司", "contact": "010-00000000", "grounds": grounds}
    yield from stage.act(45, objections.receive_objection, "鹿鸣", Role.HANDLER, **known)
    at = stage.moment(43, hour=15)
    yield at
    objection = Objection.objects.get(application=stage.case("鹿鸣"))
    decision = "经核对营业执照和住所证明，企业注册地址仍在本市，异议不成立。"
    do(objections.dismiss_objection, objection, by=stage.cast[Role.HEAD], at=at, decision=decision)


# money


def paid_twice(stage: Stage, window: Window) -> Story:
    """The first batch is paid but for 瀚辰, whose payment comes back; with a new account it is paid in the second one."""
    first = yield from centre.approved_batch(stage, window, (*ARCHIVED, RETURNED), 39)
    sent = yield from centre.exported(stage, first, 38)
    yield from centre.answered(stage, first, sent, 36, returned={RETURNED: "R02"})
    yield from new_account(stage, RETURNED, 34)
    at = stage.moment(30)
    yield at
    do(endings.archive_paid, window, by=stage.cast[Role.HEAD], at=at)
    second = yield from centre.approved_batch(stage, window, (RETURNED, *PAID_LATER[:2]), 26)
    sent = yield from centre.exported(stage, second, 25)
    yield from centre.answered(stage, second, sent, 23)


def paid_in_part(stage: Stage, window: Window) -> Story:
    """The third: 博澈 has still to give another account."""
    third = yield from centre.approved_batch(stage, window, (PAID_LATER[2], "博澈"), 8)
    sent = yield from centre.exported(stage, third, 7)
    yield from centre.answered(stage, third, sent, 4, returned={"博澈": "R01"})


def at_the_bank(stage: Stage, window: Window) -> Story:
    made = yield from centre.approved_batch(stage, window, ("元枢",), 3)
    yield from centre.exported(stage, made, 2)


def to_export(stage: Stage, window: Window) -> Story:
    yield from centre.approved_batch(stage, window, ("恒昱",), 2)


def to_approve(stage: Stage, window: Window) -> Story:
    yield from centre.batch(stage, window, ("鹿鸣",), 1)


def new_account(stage: Stage, name: str, ago: int) -> Story:
    at, sample = stage.moment(ago, name), stage.samples[name]
    yield at
    number = f"{int(sample.account) + 1:0{len(sample.account)}d}"
    proof = papers.paper("基本存款账户信息", ("户名", sample.name), ("账号", number), ("开户行", sample.bank))
    account = {"holder": sample.name, "bank_name": sample.bank, "cnaps": sample.cnaps, "number": number, "proof": proof}
    do(enterprises.set_bank_account, stage.entity(name), by=stage.owner(name), at=at, **account)


def held(stage: Stage, window: Window) -> Story:
    yield from stage.act(20, applications.hold, "量石", Role.HEAD, reason="核实企业名称变更")


# money that comes back


def repaid(stage: Stage, window: Window) -> Story:
    """砺锋 has paid a reduced premium since: the difference is back, and the case archived."""
    yield from reduces(stage, "砺锋", 34, Decimal("900000.00"))
    yield from orders(stage, "砺锋", 32)
    yield from proves(stage, "砺锋", 25)
    at = stage.moment(22, "砺锋")
    yield at
    back = stage.case("砺锋").recoveries.get()
    facts = {"amount": back.amount, "bank_reference": "TK20220901001"}
    do(recovery.confirm_repayment, back, by=stage.cast[Role.FINANCE], at=at, **facts)
    yield from stage.act(21, endings.archive, "砺锋", Role.HEAD)


def ordered(stage: Stage, window: Window) -> Story:
    """晟宁 has surrendered after the payment and is to pay back all of it."""
    yield from surrenders(stage, "晟宁", 12)
    yield from orders(stage, "晟宁", 8)


def proven(stage: Stage, window: Window) -> Story:
    """景曜 has paid back and shown it; finance has still to find the money on the account."""
    yield from reduces(stage, "景曜", 14, Decimal("10000.00"))
    yield from orders(stage, "景曜", 11)
    yield from proves(stage, "景曜", 1)


def proposed(stage: Stage, window: Window) -> Story:
    """The insurer of 芯岳 has reported a reduction yesterday; the IP office has to order the recovery, or to drop it."""
    yield from reduces(stage, "芯岳", 1, Decimal("900000.00"))


def reduces(stage: Stage, name: str, ago: int, premium: Decimal) -> Story:
    """The insurer reports a reduced premium; what it means is worked out at once."""
    at, sample = stage.moment(ago, name), stage.samples[name]
    yield at
    number, day = f"PD{sample.policy_number[-6:]}-1", timezone.localdate(at)
    facts = {"kind": EndorsementKind.REDUCTION, "number": number, "effective_on": day, "premium_after": premium}
    paper = papers.endorsement(sample, number, day, f"保险费减为人民币{premium:,.2f}元")
    do(insurers.endorse, stage.case(name).policy, by=stage.insurer_staff(name), at=at, facts=facts, paper=paper)


def surrenders(stage: Stage, name: str, ago: int) -> Story:
    at, sample = stage.moment(ago, name), stage.samples[name]
    yield at
    number, day = f"PD{sample.policy_number[-6:]}-T", timezone.localdate(at)
    paper = papers.endorsement(sample, number, day, "退保，保险责任自生效之日起终止")
    facts = {"number": number, "effective_on": day}
    do(insurers.surrender, stage.case(name).policy, by=stage.insurer_staff(name), at=at, facts=facts, paper=paper)


def orders(stage: Stage, name: str, ago: int) -> Story:
    at = stage.moment(ago, name, 15)
    yield at
    back = stage.case(name).recoveries.get(state=RecoveryState.PROPOSED)
    do(recovery.order_recovery, back, by=stage.cast[Role.IP_OFFICE], at=at)


def proves(stage: Stage, name: str, ago: int) -> Story:
    at, sample = stage.moment(ago, name, 11), stage.samples[name]
    yield at
    back = stage.case(name).recoveries.get(state=RecoveryState.ORDERED)
    lines = (("付款人", sample.name), ("金额", f"{back.amount:,.2f}元"), ("用途", "退回保费补贴资金"))
    do(recovery.prove_repayment, back, by=stage.applicant(name), at=at, paper=papers.paper("退款回单", *lines))
