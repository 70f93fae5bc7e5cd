"""How the trail speaks of what happens to a case."""

from pilot_portal.audit.workbench import name_actions, name_values
from subsidies.models import Opinion, Part, Side, Verdict
from subsidies.states import Action, ImportAction, ImportState, ObjectionAction, ObjectionState, RecoveryAction, RecoveryState, State

name_actions(
    Action,
    ObjectionAction,
    RecoveryAction,
    ImportAction,
    upload_import="上传批量申报",
    start="新建草稿",
    save_draft="保存草稿",
    copy_draft="从往期带入",
    attach="上传材料",
    detach="移除材料",
    screen="自动核查",
    judge="处理核查事项",
    assign="交办",
    export_cases="导出申报件",
    issue_document="签发文书",
    answer_item="办理补正事项",
    take_back="移除补正材料",
    change_category="更换企业类别",
    extend_correction="延长补正期限",
    receive_objection="登记公示异议",
    propose_recovery="提请追回",
    prove_repayment="上传退款凭证",
    endorse="登记批单",
    case_message="留言",
    case_note="内部备注",
    declare_interest="声明回避",
)
name_values(State, Verdict, Opinion, Part, Side, ObjectionState, RecoveryState, ImportState)
