from pilot_portal.workflow.refusals import Reason, catalogue

catalogue(
    calendar_missing=Reason("%(year)s 年的工作日历尚未录入，期限无法计算。请系统管理员先录入该年工作日历。", status=422),
)
