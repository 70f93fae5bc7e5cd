from pilot_portal.workflow.refusals import Reason, catalogue

catalogue(
    policy_taken=Reason("保单号 %(number)s 已登记过。请核对保单号；如确属本企业保单，请联系中心。", "试点方案 六（二）1", status=409),
    policy_dates=Reason("保险止期须晚于起期。请对照保单核对。", "试点方案 四（二）", status=422),
    policy_parts=Reason("非试点责任和共保人的保费合计不能超过保单保费。请对照保单核对。", "试点方案 四（二）", status=422),
    product_of_another=Reason("所选产品不属于这家保险公司。请重新选择。", status=422),
    policy_in_use=Reason("这份保单已用于申报 %(number)s，不能再修改。需要更正的，请在该申报补正时办理。"),
    invoice_taken=Reason("发票号码 %(number)s 已填过。请核对。"),
    payment_taken=Reason("银行流水号 %(number)s 已填过。请核对。"),
    only_looks=Reason("您在“%(insurer)s”的身份是查看人，不能办理。请由填报人或管理员办理。", status=403),
    not_manager=Reason("只有“%(insurer)s”的管理员能管理人员和接口密钥。请联系贵公司的管理员办理。", status=403),
    already_staff=Reason("邮箱为 %(email)s 的同事已在贵公司人员中，无需再次邀请。请在人员名单中查看。", status=422),
    works_elsewhere=Reason("您的账号已属于一家保险公司，一个账号只能代表一家。请退出后用邀请链接另开账号，或请原公司先移除。"),
    staff_gone=Reason("这位同事已不在名单上。请刷新页面查看最新名单。"),
    last_manager=Reason("保险公司至少要有一位管理员。请先把另一位同事改为管理员，再办理。"),
    not_its_insurer=Reason("您不是这份保单的保险公司，不能办理。", status=403),
    amount_not_positive=Reason("金额须大于 0 元。请核对。", status=422),
    entrustment_exists=Reason("“%(entity)s”与“%(insurer)s”之间已有一份待确认或有效的委托。请先撤销再重新发起。"),
    entrustment_period=Reason("委托期止须晚于委托期起。请核对日期。", status=422),
    entrustment_paper_missing=Reason("请先上传双方盖章的委托书，再由中心核实。", status=422),
    policy_swapped=Reason("补正不能更换保单。保单号和保险公司须与提交时一致；确需更换的，请撤回后重新申报。", "试点方案 六（二）1"),
    correction_not_entrusted=Reason("“%(entity)s”的委托不含补正，请由企业自行补正，或另行委托。", "试点方案 六（二）2", status=403),
    endorsement_taken=Reason("批单号 %(number)s 已登记过。请核对。"),
    list_period=Reason("止日不能早于起日。请核对日期。", status=422),
    list_empty=Reason("这段时间没有贵公司已确认的保单。请先确认保单，或更改日期。", status=422),
    list_unchanged=Reason("这段时间的承保清单已报送过，此后没有变化，不必再报。"),
    premium_not_changed=Reason("批改前的保费是 %(premium)s 元，与“%(kind)s”不符。请核对批改后保费和类型。", status=422),
    idempotency_key_reused=Reason(
        "这个 Idempotency-Key 已用于另一项请求。重发请保持内容不变；新的请求请换一个 Idempotency-Key。", status=422
    ),
    keys_too_many=Reason("最多同时有 %(most)s 把有效的接口密钥。请先停用不用的。"),
    key_over=Reason("“%(key)s”已停用或到期，不能再办理。请新建一把密钥。"),
    not_preregistered=Reason("请先完成本年度预申报（被退回的请先修改），再向保险公司发送投保意向。", "试点方案 五.3", status=422),
    no_insurer_asked=Reason("请至少选择一家保险公司。", status=422),
    request_waiting=Reason("“%(insurer)s”还没有答复您上一次的投保意向。请等待答复，或先撤回上一次的。"),
    offer_incomplete=Reason("报价须写明保费、责任限额和有效期，金额须大于 0 元。请补全。", status=422),
    not_in_pilot_today=Reason(
        "“%(insurer)s”今天不在试点名录内，不能询价、报价或选定。请选择名录内的保险公司。", "试点方案 四（二）", status=422
    ),
    offer_over_already=Reason("报价有效期不能早于今天。请核对日期。", status=422),
    offer_expired=Reason("这份报价已于 %(until)s 过期。请与保险公司联系，请其重新报价。"),
    offer_chosen=Reason("这份投保意向已选定了一家保险公司的报价，不再接受其他答复。"),
)
