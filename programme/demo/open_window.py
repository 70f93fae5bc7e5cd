"""The window that is open today and closes in a week: drafts of every kind, and cases from filing to review."""

from datetime import timedelta

from enterprises import services as enterprises
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from subsidies.models import Part, Window
from subsidies.services import applications, conversation, corrections, drafts, reviews

from . import centre, papers
from .applicants import (
    drafts_one,
    facts_of,
    files,
    insure,
    profile,
    proposes_mandate,
    registers,
    signed_on,
    verified,
)
from .cast import OURS
from .second_window import answers
from .stage import Stage
from .telling import Story, do

CLOSES_IN = 7  # calendar days


def open_window(stage: Stage) -> Story:
    window = yield from stage.published(15, stage.window(3, stage.clock.ago(10, 9), stage.clock.ahead(CLOSES_IN), "5000000.00"))
    for story in (ours, unverified, returned_entity, sealed_mandate, declined, to_confirm, in_correction, resubmitted):
        stage.telling.begin(story(stage, window))
    for story in (without_account, to_refuse, in_review, rival_claim):
        stage.telling.begin(story(stage, window))


# drafts


def ours(stage: Stage, window: Window) -> Story:
    """The account `enterprise`: only account and pledge are missing. Its policy waits for its insurer, whose mandate waits for it."""
    yield from drafts_one(stage, window, OURS, 2, confirmed=False, complete=False)
    at = stage.moment(1, OURS, 15)
    yield at
    proposes_mandate(stage, OURS, at)


def unverified(stage: Stage, window: Window) -> Story:
    yield from starts_unverified(stage, window, "远屿", 1)


def returned_entity(stage: Stage, window: Window) -> Story:
    yield from starts_unverified(stage, window, "臻衡", 4)
    at = stage.moment(2, "臻衡")
    yield at
    reason = "营业执照照片不清晰，看不清住所，请重新上传。"
    do(enterprises.return_entity, stage.entity("臻衡"), by=stage.cast[Role.HANDLER], at=at, reason=reason)


def starts_unverified(stage: Stage, window: Window, name: str, ago: int) -> Story:
    """Registered, with an empty draft; nothing more can be done before the centre has looked at the licence."""
    sample = stage.samples[name]
    entity = yield from registers(stage, name, ago, papers.folder(sample, signed_on(sample, stage.moment(ago))))
    at = stage.moment(ago, name, 13)
    yield at
    do(drafts.start, entity, window, by=stage.owner(name), at=at)


def sealed_mandate(stage: Stage, window: Window) -> Story:
    """北斗 has begun by itself and now leaves it to its insurer: the sealed paper waits for the handler, its policy is disputed."""
    yield from drafts_one(stage, window, "北斗", 3, confirmed=False, complete=False)
    at = stage.moment(2, "北斗")
    yield at
    reason = "保单载明的责任限额与登记不一致，请核对。"
    policy = stage.entity("北斗").policies.get()
    do(insurers.dispute_policy, policy, by=stage.insurer_staff("北斗"), at=at, reason=reason)
    at = stage.moment(1, "北斗")
    yield at
    proposes_mandate(stage, "北斗", at, sealed=True)


def declined(stage: Stage, window: Window) -> Story:
    """拓域 keeps submission to itself and has sent its insurer's draft back."""
    yield from drafts_one(stage, window, "拓域", 5, includes_submission=False)
    yield from stage.act(4, applications.propose, "拓域", stage.applicant("拓域"))
    reason = "收款账户应为基本存款账户，请更换后再提请确认。"
    yield from stage.act(2, applications.decline, "拓域", stage.owner("拓域"), reason=reason)


def to_confirm(stage: Stage, window: Window) -> Story:
    yield from drafts_one(stage, window, "朗拓", 3, includes_submission=False)
    yield from stage.act(2, applications.propose, "朗拓", stage.applicant("朗拓"))


# filed


def in_correction(stage: Stage, window: Window) -> Story:
    """知衡's insurer has answered one of two items, has time left for the other and asks the centre about it."""
    yield from files(stage, window, "知衡", 7)
    items = (Part.OTHER, "请说明保费由谁承担，并加盖公章。"), (Part.PAYMENTS, "付款回单看不清流水号，请更换清晰的回单。")
    yield from centre.asks(stage, "知衡", 4, *items)
    yield from answers(stage, "知衡", 2, "保费全部由本企业承担，未接受任何代付。")
    question = "银行重新打印的回单没有原来的流水号，可以用加盖银行业务章的对账单代替吗？"
    yield from stage.act(1, conversation.say, "知衡", stage.applicant("知衡"), text=question)


def resubmitted(stage: Stage, window: Window) -> Story:
    """焕能 has replaced its invoice and handed in the correction: old beside new, for the handler."""
    yield from files(stage, window, "焕能", 8)
    yield from centre.asks(stage, "焕能", 6, (Part.INVOICES, "发票代码不清晰，请更换清晰的发票。"))
    at, sample = stage.moment(3, "焕能"), stage.samples["焕能"]
    yield at
    policy, owner = stage.case("焕能").policy, stage.owner("焕能")
    old = policy.invoices.get()
    do(insurers.remove_row, old, by=owner, at=at)
    facts = {"number": f"{int(old.number) + 1:08d}", "buyer": sample.name, "amount": old.amount, "issued_on": old.issued_on}
    lines = ("发票号码", facts["number"]), ("购买方", sample.name), ("价税合计", f"{old.amount:,.2f}元")
    do(insurers.add_invoice, policy, by=owner, at=at, facts=facts, paper=papers.paper("保费发票", *lines))
    yield from stage.act(3, corrections.resubmit, "焕能", owner, hour=15)


def without_account(stage: Stage, window: Window) -> Story:
    """智禾 has no account here: its insurer enters it, and files on a sealed mandate that the handler has verified."""
    name, ago = "智禾", 2
    sample, staff = stage.samples[name], stage.insurer_staff(name)
    brought = papers.folder(sample, signed_on(sample, stage.moment(ago)))
    at = stage.moment(8, name)
    yield at
    facts = facts_of(sample, "contact@example.com")
    entity = do(enterprises.register_client, by=staff, at=at, facts=facts, licence=brought.licence)
    mandate = proposes_mandate(stage, name, at, sealed=True)
    yield from verified(stage, name, 7)
    at = stage.moment(7, name, 11)
    yield at
    do(insurers.confirm_entrustment, mandate, by=stage.cast[Role.HANDLER], at=at)
    at = stage.moment(4, name)
    yield from profile(entity, sample, brought, staff, at)
    policy = yield from insure(stage, name, brought, stage.moment(ago), staff, at + timedelta(minutes=15))
    at = stage.moment(ago, name)
    yield at
    case = do(drafts.start, entity, window, by=staff, at=at)
    columns = {"policy": policy, "category": entity.categories.get(), "bank_account": entity.bank_accounts.get(), "pledged": True}
    do(drafts.save_draft, case, by=staff, at=at, **columns)
    yield from stage.act(ago, applications.submit, name, staff, hour=15)


def to_refuse(stage: Stage, window: Window) -> Story:
    """The handler proposes not to accept 观复, whose insurer has not confirmed the policy; the reviewer has to say yes or no."""
    yield from files(stage, window, "观复", 5, confirmed=False)
    reason = "保单与另一企业的保单为同一份，且申报企业不是被保险人"
    yield from stage.act(1, applications.propose_refusal, "观复", Role.HANDLER, reason=reason)


def in_review(stage: Stage, window: Window) -> Story:
    """巽风 is accepted; the handler has just run its checks again and has the credit record still to look up."""
    yield from files(stage, window, "巽风", 6)
    yield from centre.accepted(stage, "巽风", 4)
    yield stage.clock.now
    do(reviews.rescreen, stage.case("巽风"), by=stage.cast[Role.HANDLER], at=stage.clock.now)


def rival_claim(stage: Stage, window: Window) -> Story:
    """Somebody else wants to act for 光隙, too; the centre has to ask the enterprise."""
    at, sample = stage.moment(1, "光隙", 16), stage.samples["光隙"]
    yield at
    user = stage.cast.newcomer("e-claim", "光隙代办人", at)
    licence = papers.paper("营业执照", ("名称", sample.name), ("统一社会信用代码", sample.credit_code))
    do(enterprises.register, by=user, at=at, facts=facts_of(sample, user.email), licence=licence)
