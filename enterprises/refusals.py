from pilot_portal.workflow.refusals import Reason, catalogue

catalogue(
    credit_code_invalid=Reason("%(sentence)s", "GB 32100", status=422),
    branch_registers=Reason(
        "“%(name)s”是分支机构，不能单独登记。请以所属法人的统一社会信用代码登记，由法人申报。", "试点方案 六（二）2", status=422
    ),
    not_a_member=Reason("您不能代表“%(entity)s”办理这一事项。请由企业管理员或提交人办理。", status=403),
    no_mandate=Reason(
        "“%(entity)s”没有对贵公司的有效委托。请先由企业在线确认，或由中心核实盖章的委托书。", "试点方案 六（二）2", status=403
    ),
    already_member=Reason("您已登记过“%(entity)s”，无需重复登记。请在“企业信息”中查看核验进度。"),
    verified_is_locked=Reason("“%(entity)s”已通过核验，登记信息不能自行修改。确有变更的，请在“企业信息”申请变更。"),
    licence_missing=Reason("请上传营业执照后再提交核验。", status=422),
    account_holder_differs=Reason(
        "户名“%(holder)s”与企业名称“%(entity)s”不一致，款项会被退回。请填写本企业名下的账户。", "支付结算办法", status=422
    ),
    account_number_invalid=Reason("账号应为 8 至 32 位数字。请对照开户证明核对。", status=422),
    account_settled=Reason("这次更换已有结论，无需再确认。请在“企业信息”查看现用账户。"),
    account_joined_since=Reason("您在账户更换之后才成为成员，不能确认这次更换。请由其他同事确认，或等待期满自动生效。", status=403),
    unverified_enterprise=Reason("企业信息还没有通过核验。核验通过后即可办理，请留意站内消息。", "试点方案 四（一）", status=422),
    already_preregistered=Reason("“%(entity)s”本年度已预申报，无需重复提交。可在预申报页面查看或修改。"),
    branch_known=Reason("这个代码已登记为分支机构，或就是本企业的代码。请核对；有疑问请联系中心。", "试点方案 六（二）2", status=422),
    change_open=Reason("登记信息变更正在核实，请等待结果；需要改动的，先撤回再重新提交。"),
    too_many_changes=Reason("已有 %(most)s 件变更等待核实。请等待结果，或先撤回不再需要的。", status=422),
    entity_unknown=Reason("没有企业用这个代码登记过。请核对代码；还没有登记的，请直接登记企业。", status=422),
    already_owner_here=Reason("您已是这家企业的管理员，无需申请接管。请在“成员”页面办理。", status=422),
    takeover_open=Reason("您对这家企业的接管申请正在办理，请等待结果，不必重复提交。"),
    too_many_takeovers=Reason("您已有 %(most)s 件接管申请在办理。请等待结果，或先撤回不再需要的申请。", status=422),
    claims_first=Reason("“%(entity)s”还有其他用户主张代表，请先核实成员、办结接管申请，再核验登记信息。", "试点方案 六（二）2"),
    not_owner=Reason("只有“%(entity)s”的管理员能管理成员。请联系企业管理员办理。", status=403),
    not_invitable=Reason("这个身份不能直接授予。请在提交人、填报人、查看人中选择。", status=422),
    already_colleague=Reason("邮箱为 %(email)s 的同事已是本企业成员，无需再次邀请。请在成员名单中查看。", status=422),
    too_many_invitations=Reason("已有 %(most)s 份邀请等待接受。请先收回不再需要的邀请。", status=422),
    invitation_over=Reason("邀请已被接受、收回或过期，不能再用。请联系企业管理员重新邀请。"),
    member_gone=Reason("这位成员已不在名单上。请刷新页面查看最新名单。"),
    already_owner=Reason("对方已是管理员，无需移交。"),
    handover_over=Reason("这次移交已有结论或已收回。请刷新成员页面查看最新情况。"),
    last_owner=Reason("企业至少要有一位管理员。请先由另一位管理员接手，再移除这一位。"),
)
