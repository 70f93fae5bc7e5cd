from pilot_portal.workflow.refusals import Reason, catalogue

from .eligibility import WORDINGS

AMOUNT, ONCE, BUDGET = "试点方案 六（二）1", "试点方案 六（二）2", "试点方案 五.5"

# Each check of `eligibility` may refuse; its sentence is written there, with the facts in it. One is the enterprises' own.
checks = {code: Reason("%(sentence)s", wording.clause, status=422) for code, wording in WORDINGS.items()}
catalogue(**{code: reason for code, reason in checks.items() if code != "unverified_enterprise"})

catalogue(
    # filing
    already_filed=Reason(
        "“%(entity)s”本期已有申报 %(number)s（%(channel)s，%(when)s 提交，现为“%(state)s”）。每个法人主体一期只能申报一次，请查看该件。",
        ONCE,
    ),
    already_awarded=Reason("“%(entity)s”本年度已获补贴（申报 %(number)s）。每家企业一年只补贴一次投保，不能再次申报。", AMOUNT),
    policy_already_filed=Reason("保单 %(policy)s 已用于申报 %(number)s。一份保单只能申报一次，请选择其他保单或查看该件。", AMOUNT),
    draft_exists=Reason("本期已有一份草稿，请继续填写原来的草稿。", ONCE),
    no_refiling=Reason("本期规定撤回或不予受理后不能再次申报。请留意下一期申报通知。", "申报通知"),
    incomplete=Reason("“%(what)s”还没有完成。请先补齐再提交。", "申报通知", status=422),
    not_pledged=Reason("请阅读并勾选承诺事项后再提交。", "申报通知", status=422),
    no_mandate=Reason("“%(entity)s”没有对贵公司的有效委托。请先由企业在线确认，或由中心核实盖章的委托书。", ONCE, status=403),
    mandate_revoked=Reason("“%(entity)s”的委托已撤销或到期，贵公司不能继续办理。已提交的申报由企业自行跟进。", ONCE, status=403),
    other_applicant=Reason("只有提交这份申报的一方或企业本身可以办理。", ONCE, status=403),
    not_held=Reason("“%(object)s”没有暂停，无需解除。请刷新页面查看最新状态。"),
    # review
    finding_open=Reason("还有 %(count)s 项核查没有结论。请逐项写明结论和依据后再完成初审。", BUDGET),
    finding_failed=Reason("“%(finding)s”结论为不符合，不能完成初审。请补正、提请不予补贴，或说明改判依据。", BUDGET),
    policy_unproven=Reason("保单尚未经保险公司确认或中心核实，不能完成初审。", "试点方案 四（二）"),
    amount_invalid=Reason("金额不能是负数，最多保留两位小数（到分）。请按材料上的数字填写。", AMOUNT, status=422),
    only_lower=Reason("应补金额只能调低，不能高于计算结果 %(computed)s 元。", AMOUNT, status=422),
    # windows and allocation
    already_published=Reason("“%(window)s”已发布，无需重复发布。请刷新页面查看。"),
    basis_missing=Reason("还有 %(count)s 项没有写明依据，申报周期不能发布。请逐项填写条款。", "申报通知", status=422),
    draws_exceed_appropriations=Reason("各期可用预算合计超过预算指标，不能发布。请核对预算或先录入追加指标。", BUDGET, status=422),
    appropriation_known=Reason("指标文号 %(number)s 已录入过。请核对文号。", BUDGET),
    window_still_open=Reason("“%(window)s”尚未截止，截止后才能核定拟补贴额。"),
    nothing_to_allocate=Reason("“%(window)s”没有复核通过、等待核定的申报。"),
    budget_exceeded=Reason("核定金额超过本期可用预算，已停止，没有任何改动。请核对预算。", BUDGET),
    list_changed=Reason("名单在您打开后已有变化，请刷新页面，核对新名单后再办理。"),
    nothing_on_list=Reason("名单上没有等待办理的申报。"),
    publicity_running=Reason("公示至 %(until)s，期满后才能批准拨付。", BUDGET),
    minutes_missing=Reason("请填写会议纪要号。", status=422),
    # payments
    nothing_to_pay=Reason("没有可以制单的申报。请确认已批准拨付，且没有暂停或在途付款。", BUDGET),
    account_missing=Reason("“%(entity)s”没有有效的收款账户，不能制单。请企业补充账户。", BUDGET),
    payee_differs=Reason("“%(entity)s”的收款户名与现名不一致，不能制单。请企业更正账户。", BUDGET),
    recheck_failed=Reason("“%(entity)s”制单前复查未通过：%(why)s 请先处理。", BUDGET),
    payment_in_flight=Reason("申报 %(number)s 已有在途或已到账的付款，不能重复制单。", BUDGET),
    appropriation_of_another_pilot=Reason("指标 %(appropriation)s 不属于本试点年度，不能用于本期拨付。请重新选择。", BUDGET, status=422),
    batch_unpayable=Reason("批次没有生成，银行无法按下列内容付款：%(sentence)s", BUDGET, status=422),
    batch_changed=Reason("批次明细与批准时不一致，已停止。请联系审计管理员。", BUDGET),
    bank_result_invalid=Reason("整份回单未导入，请按下列说明处理后重新导入：%(sentence)s", BUDGET, status=422),
)
