from pilot_portal.workflow.refusals import Reason, catalogue

from .eligibility import WORDINGS

AMOUNT, ONCE, BUDGET, NOTICE = "试点方案 六（二）1", "试点方案 六（二）2", "试点方案 五.5", "申报通知"

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
    changed_meanwhile=Reason("您填写的还没有保存：%(who)s 刚刚改了同一项内容。请选择保留哪一份。"),
    text_too_long=Reason("“已获其他资金支持”超过 %(length)s 个字。请精简后再提交。", NOTICE, status=422),
    nothing_to_copy=Reason("只能从本企业其他各期已提交的申报带入。请返回草稿逐项填写。", status=422),
    draft_exists=Reason("本期已有一份草稿，请继续填写原来的草稿。", ONCE),
    no_refiling=Reason("本期规定撤回或不予受理后不能再次申报。请留意下一期申报通知。", "申报通知"),
    incomplete=Reason("“%(what)s”还没有完成。请先补齐再提交。", "申报通知", status=422),
    not_pledged=Reason("请阅读并勾选承诺事项后再提交。", "申报通知", status=422),
    mandate_revoked=Reason("“%(entity)s”的委托已撤销或到期，贵公司不能继续办理。已提交的申报由企业自行跟进。", ONCE, status=403),
    submission_not_entrusted=Reason("“%(entity)s”的委托不含提交。请提请企业确认，由企业提交。", ONCE, status=403),
    other_applicant=Reason("只有提交这份申报的一方或企业本身可以办理。", ONCE, status=403),
    not_held=Reason("“%(object)s”没有暂停，无需解除。请刷新页面查看最新状态。"),
    policy_of_another_insurer=Reason("这份保单不是贵公司承保的。请选择贵公司承保的保单，或由企业自行申报。", ONCE, status=422),
    sheet_refused=Reason("%(sentence)s", status=422),
    papers_refused=Reason("%(sentence)s", status=422),
    import_nothing_good=Reason("没有可以办理的行。请按说明修改后重新上传，或重新检查。"),
    mandate_includes_submission=Reason("委托已包含提交，可以直接提交申报，不需要企业再确认。", ONCE),
    # who works on it
    none_chosen=Reason("还没有勾选申报。请在列表里勾选要交办的申报，再选择交给谁。", status=422),
    nobody_chosen=Reason("还没有选择交给谁。请选一位经办，再点交办。", status=422),
    too_many_for_excel=Reason("有 %(count)s 件，一个 Excel 文件最多 %(most)s 件。请缩小筛选范围，或导出 CSV。", status=422),
    too_many_chosen=Reason("一次最多交办 %(most)s 件。请分几次办理。", status=422),
    not_a_handler=Reason("%(who)s不是在职的经办人员，不能承办。请另选一位经办。", status=422),
    not_assignable=Reason("%(numbers)s 已不在受理和初审阶段，不能交办，所以一件也没有交办。请取消勾选后再试。"),
    moved_on_many=Reason("%(numbers)s 在您打开页面后已有变化，所以一件也没有交办。请核对下面的最新状态后再试。"),
    already_theirs=Reason("勾选的申报已经由%(who)s承办，不需要再交办。", status=422),
    # corrections
    no_items=Reason("请至少列出一项需补正的内容。", NOTICE, status=422),
    told_once=Reason("“%(part)s”不在首次告知的补正事项之内。补正须一次性告知，再次补正只能针对原已列明的事项。", NOTICE),
    item_unanswered=Reason("“%(item)s”还没有补正。请更正信息、上传材料，或写明说明。", NOTICE, status=422),
    not_on_the_list=Reason("“%(part)s”不在补正事项之内，不能修改。只能办理补正告知书列明的事项。", NOTICE),
    category_of_another=Reason("所选企业类别不属于本企业。请重新选择。", NOTICE, status=422),
    already_extended=Reason("补正期限已延长过一次，不能再延。", NOTICE),
    correction_over=Reason("补正期限已过，不能再提交。如有疑问，请联系中心。", NOTICE),
    reply_late=Reason("陈述申辩期限已过，不能再提交。", NOTICE),
    # rejection, objection, ending
    rejection_recommended=Reason("初审建议不予补贴，不能复核通过。请提请不予补贴，或退回初审。", BUDGET),
    proposal_missing=Reason("“%(object)s”没有待确认的提请。请刷新页面查看最新状态。"),
    not_published=Reason("申报 %(number)s 不在公示期内，不能登记异议。", BUDGET),
    objection_open=Reason("申报 %(number)s 有未处理的异议，处理后才能继续。", BUDGET),
    case_officer=Reason("异议须由未经办本件的人员处理。", BUDGET, status=403),
    entitlement_unchanged=Reason("重新核算后应补金额仍是 %(entitled)s 元，没有变化。请核对批单，或填写调低后的金额和理由。", AMOUNT),
    recovery_open=Reason("申报 %(number)s 还有未办结的追回，办结后才能归档。", BUDGET),
    nothing_to_recover=Reason("没有应退回的金额。请核对已拨付金额和已追回金额。", AMOUNT, status=422),
    amount_differs=Reason("应退回 %(amount)s 元，须一次足额退回。请核对到账金额。", AMOUNT, status=422),
    recovery_exceeds_award=Reason("追回合计不能超过已拨付的补贴。请核对金额。", AMOUNT, status=422),
    # review
    finding_open=Reason("还有 %(count)s 项核查没有结论。请逐项写明结论和依据后再完成初审。", BUDGET),
    finding_failed=Reason("“%(finding)s”结论为不符合，不能建议补贴。请建议不予补贴，或说明改判依据。", BUDGET),
    figures_outdated=Reason("初审后保单有批改或退保，现在最多补贴 %(entitled)s 元。请退回初审，按批单重新核算。", AMOUNT),
    policy_unproven=Reason("保单尚未经保险公司确认或中心核实，不能完成初审。", "试点方案 四（二）"),
    amount_invalid=Reason("金额不能是负数，最多保留两位小数（到分）。请按材料上的数字填写。", AMOUNT, status=422),
    only_lower=Reason("应补金额只能调低，不能高于计算结果 %(computed)s 元。", AMOUNT, status=422),
    interest_declared=Reason("您已对“%(entity)s”声明回避，不能办理它的申报。请由其他人员办理。", NOTICE, status=403),
    interest_known=Reason("%(officer)s已对这家企业声明回避，无需重复。"),
    match_list_early=Reason("名单日期不能晚于今天。请核对名单上的日期。", NOTICE, status=422),
    match_list_refused=Reason("名单没有导入：%(sentence)s", NOTICE, status=422),
    match_list_known=Reason("这一天的同一份名单已导入过，没有重复导入。", NOTICE),
    # windows and allocation
    already_published=Reason("“%(window)s”已发布，无需重复发布。请刷新页面查看。"),
    basis_missing=Reason("还有 %(count)s 项没有写明依据，申报周期不能发布。请逐项填写条款。", "申报通知", status=422),
    draw_missing=Reason("还没有填写本期可用预算，申报周期不能发布。", BUDGET, status=422),
    window_locked=Reason("“%(window)s”已发布，条款已锁定，不能修改。"),
    window_known=Reason("“%(pilot)s”已有第 %(sequence)s 期，请换一个期次。", status=422),
    window_times=Reason("截止须晚于开始，签订日期止不能早于签订日期起。请核对日期。", NOTICE, status=422),
    terms_above_scheme=Reason("补贴比例不能超过 80%%，补贴上限不能超过 80 万元。", AMOUNT, status=422),
    draws_exceed_appropriations=Reason("各期可用预算合计超过预算指标，不能发布。请核对预算或先录入追加指标。", BUDGET, status=422),
    appropriation_known=Reason("指标文号 %(number)s 已录入过。请核对文号。", BUDGET),
    extension_earlier=Reason("延期只能推后截止时间。现定截止 %(closes)s。", "申报通知", status=422),
    window_not_published=Reason("“%(window)s”尚未发布，请直接修改。"),
    draw_unchanged=Reason("调整后的预算与现在相同。请核对金额。", BUDGET, status=422),
    window_still_open=Reason("“%(window)s”尚未截止，截止后才能核定拟补贴额。"),
    nothing_to_allocate=Reason("“%(window)s”没有复核通过、等待核定的申报。"),
    budget_exceeded=Reason("核定金额超过本期可用预算，已停止，没有任何改动。请核对预算。", BUDGET),
    list_changed=Reason("名单在您打开后已有变化，请刷新页面，核对新名单后再办理。"),
    nothing_on_list=Reason("名单上没有等待办理的申报。"),
    publicity_running=Reason("公示至 %(until)s，期满后才能批准拨付。", BUDGET),
    list_sent=Reason("这份名单已报送市知识产权局，会议纪要不能再改。请刷新页面查看。"),
    list_not_sent=Reason("促进中心还没有报送这份名单和会议纪要。请等报送后再办理。"),
    minutes_later=Reason("会议日期不能晚于今天。请照会议纪要填写。", status=422),
    minutes_missing=Reason("请填写会议纪要号。", status=422),
    # payments
    nothing_to_pay=Reason("没有可以制单的申报。请确认已批准拨付，且没有暂停或在途付款。", BUDGET),
    account_missing=Reason("“%(entity)s”没有有效的收款账户，不能制单。请企业补充账户。", BUDGET),
    account_waits=Reason("“%(entity)s”刚更换收款账户，还没有第二人确认，%(until)s 起才能付款。请先取消勾选这一件，其余可以制单。", BUDGET),
    account_left=Reason("制单后，%(names)s更换了收款账户。本批次不能再付，请作废后按现用账户重新制单。", BUDGET),
    payee_differs=Reason("“%(entity)s”的收款户名与现名不一致，不能制单。请企业更正账户。", BUDGET),
    recheck_failed=Reason("“%(entity)s”制单前复查未通过：%(why)s 请先处理。", BUDGET),
    payment_in_flight=Reason(
        "申报 %(number)s 已有在途或已到账的付款，不能重复制单，也不能放弃、终止或重新核算。尚未导出的，请先作废所在批次。", BUDGET
    ),
    appropriation_of_another_pilot=Reason("指标 %(appropriation)s 不属于本试点年度，不能用于本期拨付。请重新选择。", BUDGET, status=422),
    batch_unpayable=Reason("批次没有生成，银行无法按下列内容付款：%(sentence)s", BUDGET, status=422),
    batch_changed=Reason("批次明细与批准时不一致，已停止。请联系审计管理员。", BUDGET),
    bank_result_invalid=Reason("整份回单未导入，请按下列说明处理后重新导入：%(sentence)s", BUDGET, status=422),
)

catalogue(  # letters
    letter_blank_broken=Reason("有花括号没有成对，或里面写了别的字。空格处写成 {number} 这样，照“可用的空格”抄。", status=422),
    letter_blank_unknown=Reason("没有 %(blank)s 这个空格。这件函件可用：%(known)s。", status=422),
    letter_blank_missing=Reason("缺少 %(blank)s（%(meaning)s），收件人必须知道，请补上。", status=422),
    letter_starts_too_early=Reason("新文字最早从明天起用，今天已发出的不变。请改启用日。", status=422),
    letter_written_meanwhile=Reason("您打开页面后，另一人已写了新版本。请核对最新一版后再保存，您写的还在下面。"),
    letter_version_in_force=Reason("这一版已经启用或撤下，不能再撤。需要改回的，请写一个新版本。"),
)

catalogue(  # what an insurer's system is told about its request
    key_invalid=Reason("没有接口密钥，或密钥有误、已停用、已到期。请用 Authorization: Bearer 带上有效的密钥。", status=401),
    scope_missing=Reason("这把密钥没有“%(scope)s”权限。请管理员在门户上新建有此权限的密钥。", status=403),
    asked_too_often=Reason("请求过于频繁。请等一分钟后再试。", status=429),
    idempotency_key_missing=Reason("请在 Idempotency-Key 请求头里写 8 至 64 个字母、数字或 -_.:，每项请求一个。", status=400),
    request_too_large=Reason("请求超过 %(limit)s MB。请分成几次，文件请压缩后再传。", status=413),
    method_not_allowed=Reason("这个地址不支持这种请求方法，见 Allow 和 openapi.json。", status=405),
    client_unknown=Reason("门户里没有统一社会信用代码为 %(credit_code)s 的客户。请核对；新客户请先在网页“客户”中登记。", status=422),
    product_unknown=Reason("贵公司没有备案号为 %(number)s 的试点产品。请核对，或查询 products。", status=422),
    window_unknown=Reason("没有编号为 %(window)s 的申报周期。请查询 windows。", status=422),
    file_unknown=Reason("没有编号为 %(file)s 的文件。请先上传，并使用上传时答复的 id。", status=422),
    nothing_here=Reason("没有找到。请核对地址和编号，只能查看本公司的内容。", status=404),
    request_unreadable=Reason("请求读不懂。请核对 Content-Type 和内容的格式。", status=400),
    request_invalid=Reason("请求中有内容不符合格式，见 errors。请更正后再发。", status=422),
)
