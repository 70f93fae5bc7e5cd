"""What the papers of a case's way tell their reader: figures, dates, reasons, and what to do next."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from subsidies import documents
from subsidies.documents import Failed, ListedAward, ToCorrect
from subsidies.rules import rmb_capitals
from tests.subsidies import papers

REMEDIES = "可以自收到之日起60日内依法向北京市人民政府申请行政复议，也可以自收到之日起6个月内依法向人民法院提起行政诉讼"


def said(draw, data, number="中知促受〔2026〕123号") -> str:
    return papers.joined(draw(data, papers.issue(number)))


def test_an_acceptance_promises_a_day_and_no_money():
    words = said(documents.acceptance, papers.acceptance())
    for wanted in (
        "北京沐川智能装备有限公司：你单位于2026年8月12日提交的",
        "（申报编号BJIP-2026-000123-7K3M，2026年第一期，保单号PZIP202611010000000123）",
        "予以受理，受理日期为2026年10月2日",
        "15个工作日内（2026年9月9日前，含当日）完成初审",
        "公示5个工作日无异议的，予以拨付",
        "是否补贴、补贴多少，以审定并公示后的结果为准",
        "联系方式：" + papers.CONTACT,
    ):
        assert wanted in words


def test_without_a_calendar_an_acceptance_promises_working_days():
    words = said(documents.acceptance, papers.acceptance(review_by=None, contact=""))
    assert "自受理次日起15个工作日内完成初审" in words
    assert "联系方式" not in words


def test_a_correction_tells_everything_once_with_its_last_day_and_what_follows():
    words = said(documents.correction, papers.correction())
    for wanted in (
        "下列3项需要补正，现一次性告知如下",
        "3承诺书承诺书没有盖章，请盖章后扫描上传。",
        "请在2026年8月28日前（含当日，共10个工作日）登录门户",
        "申报期截止后仍可补正",
        "承诺的办理期限停止计算",
        "逾期没有提交补正的，本件终止办理，本期不能再次申报",
        "可以延长一次",
    ):
        assert wanted in words
    assert "尚未补正到位" in said(documents.correction, papers.correction(is_repeated=True))


def test_thirty_items_go_over_pages_under_their_head():
    items = tuple(ToCorrect(part="保费发票", sentence=f"第{number}张发票" + "的购买方名称与企业名称不一致" * 9) for number in range(1, 31))
    pdf = documents.correction(papers.correction(items=items), papers.issue())
    leaves = ["".join(leaf.split()) for leaf in papers.text(pdf, "-raw").split("\f")[:-1]]
    assert len(leaves) > 3
    assert all("需要补正的内容和要求" in leaf for leaf in leaves[:-1])
    assert [int(number) for number in re.findall(r"第(\d+)张发票", "".join(leaves))] == list(range(1, 31))
    assert "（盖章）" in leaves[-1]


@pytest.mark.parametrize(("may_refile", "wanted"), [(True, "可以在本期申报截止前重新申报"), (False, "本期不能再次申报")])
def test_a_refusal_says_why_what_now_and_where_to_turn(may_refile, wanted):
    words = said(documents.refusal, papers.refusal(may_refile=may_refile))
    assert "应由所属法人申报（试点方案六（二）2）。二、" in words
    assert wanted in words
    assert f"如不服本通知书，{REMEDIES}" in words


def test_a_rejection_gives_facts_reasons_hearing_decision_and_remedies():
    words = said(documents.rejection, papers.rejection())
    for wanted in (
        "于2026年8月14日受理",
        "（1）签订日（2026-01-03）这家保险公司不在试点名单内，保费不能补贴。（试点方案四（二））",
        "二、理由。保单由未入选本年度试点的保险公司承保，保费不属于补贴范围。",
        "于2026年9月2日将上述理由和5个工作日内陈述申辩的权利告知你单位",
        "你单位于2026年9月7日提交了陈述申辩，经核实，所述情况不能改变上述认定，未予采纳",
        "经北京市知识产权局2026年10月12日审定（会议纪要〔2026〕8号），对你单位的本次申报不予补贴",
        f"如不服本决定书，{REMEDIES}",
    ):
        assert wanted in words


def test_a_rejection_without_a_failed_check_or_a_reply_says_so():
    words = said(documents.rejection, papers.rejection(failed=(), replied_on=()))
    assert "可以认定的保费为33,333.33元" in words
    assert "你单位在期限内没有陈述申辩" in words
    twice = papers.rejection(
        replied_on=(date(2026, 9, 7), date(2026, 9, 8)),
        failed=(Failed(sentence="甲", clause=""), Failed(sentence="乙", clause="试点方案 六（二）2")),
    )
    words = said(documents.rejection, twice)
    assert "你单位于2026年9月7日、2026年9月8日提交了陈述申辩" in words
    assert "（1）甲。（2）乙。（试点方案六（二）2）" in words


def test_a_public_list_of_two_hundred_names_each_once_and_adds_up():
    data = papers.public_notice(200)
    pdf = documents.public_notice(data, papers.issue("中知促公示〔2026〕1号"))
    leaves = papers.text(pdf).split("\f")[:-1]
    assert len(leaves) == papers.pages(pdf) > 5
    assert all("统一社会信用代码" in leaf for leaf in leaves)
    words = "\n".join(leaves)
    for award in data.awards:
        assert words.count(award.applicant) == words.count(award.credit_code) == 1
    amounts = [Decimal(figure.replace(",", "")) for figure in re.findall(r"(\d{1,3}(?:,\d{3})*\.\d{2})", words[: words.index("合计")])]
    assert sum(amounts) == data.total
    assert f"合计（200家）{data.total:,.2f}" in papers.rows(pdf)


def test_a_public_list_says_how_long_and_where_to_object():
    words = said(documents.public_notice, papers.public_notice(), "中知促公示〔2026〕1号")
    for wanted in (
        "2026年第一期知识产权海外纠纷法律费用保险保费补贴拟补贴企业名单公示",
        "市知识产权局审定（会议纪要〔2026〕8号）",
        "公示期为2026年10月14日至2026年10月20日，共5个工作日",
        f"实名以书面形式向我中心提出，写明事实和理由，附证明材料和联系方式（{papers.CONTACT}）",
        "对异议人的信息保密",
    ):
        assert wanted in words


def test_a_recovery_names_figures_capitals_last_day_and_an_account_still_to_come():
    data = papers.recovery()
    pdf = documents.recovery(data, papers.issue("京知退〔2026〕123号", issuer="北京市知识产权局"))
    words = papers.joined(pdf)
    for wanted in (
        "26,666.66元已于2026年10月26日拨付",
        "应当退回相应补贴资金",
        "保单批减保费（批单PD-2026-7）。应退回金额为" + rmb_capitals(data.amount) + "（¥6,666.66）",
        "请在2026年12月1日前（含当日，共15个工作日）一次性足额退回",
        "收款账户由中关村知识产权促进中心以书面形式另行告知",
        "逾期没有退回的，将依法并按你单位的承诺追缴",
        REMEDIES,
        "北京市知识产权局（盖章）",
    ):
        assert wanted in words
    assert papers.pages(pdf) == 1
    assert "应当退回全部补贴资金" in said(documents.recovery, papers.recovery(amount=Decimal("26666.66")))


@pytest.mark.parametrize("amount", ["26666.67", "0.00"])
def test_never_more_comes_back_than_was_paid(amount):
    with pytest.raises(ValueError, match="cannot come back"):
        papers.recovery(amount=Decimal(amount))


def test_a_list_that_does_not_add_up_is_never_drawn():
    with pytest.raises(ValueError, match="was published"):
        papers.public_notice(3, total=Decimal("1.00"))


LONG, HOSTILE = papers.LONG_NAME * 2, papers.HOSTILE_NAME
STRANGE = [
    (documents.acceptance, lambda text: papers.acceptance(filing=papers.filed(applicant=text))),
    (documents.correction, lambda text: papers.correction(items=(ToCorrect(part="保费发票", sentence=text),))),
    (documents.refusal, lambda text: papers.refusal(reason=text)),
    (documents.rejection, lambda text: papers.rejection(reason=text)),
    (documents.public_notice, lambda text: papers.public_notice(1, ListedAward(applicant=text, credit_code="91", amount=Decimal(1)))),
    (documents.recovery, lambda text: papers.recovery(payee=text)),
]


@pytest.mark.parametrize("text", [LONG, HOSTILE], ids=["long", "hostile"])
@pytest.mark.parametrize(("draw", "facts"), STRANGE, ids=lambda value: getattr(value, "__name__", ""))
def test_what_people_typed_is_text_and_fits(draw, facts, text):
    assert "".join(text.split()) in said(draw, facts(text))


def test_the_lines_of_a_typed_reason_stay_lines_and_end_with_one_full_stop():
    pdf = documents.refusal(papers.refusal(reason="第一条理由；\n第二条理由。。 "), papers.issue())
    assert "第二条理由。\n" in papers.text(pdf, "-raw")
    assert "第二条理由。。" not in papers.joined(pdf)


def test_another_reason_is_another_hash():
    one, other = papers.rejection(), papers.rejection(reason="别的理由")
    assert documents.facts_sha256("rejection", one, papers.issue()) != documents.facts_sha256("rejection", other, papers.issue())
    moved = replace(papers.public_notice(), ends_on=date(2026, 10, 21))
    assert documents.facts_sha256("public_notice", papers.public_notice(), papers.issue()) != documents.facts_sha256(
        "public_notice", moved, papers.issue()
    )
