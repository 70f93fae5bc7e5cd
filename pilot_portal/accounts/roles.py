"""The roles of the pilot; a user has exactly one."""

from django.db.models import TextChoices


class Role(TextChoices):
    ENTERPRISE = "enterprise", "企业"
    INSURER = "insurer", "保险公司"
    HANDLER = "handler", "经办"
    REVIEWER = "reviewer", "复核"
    HEAD = "head", "负责人"
    FINANCE = "finance", "财务"
    IP_OFFICE = "ip_office", "市知识产权局"
    OBSERVER = "observer", "指导部门"
    EVALUATOR = "evaluator", "评估机构"
    AUDITOR = "auditor", "审计管理员"
    SECURITY = "security", "安全管理员"
    ADMINISTRATOR = "administrator", "系统管理员"
    SYSTEM = "system", "系统"


CENTRE = {Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.FINANCE}
CUSTODIANS = {Role.AUDITOR, Role.SECURITY, Role.ADMINISTRATOR}  # 三员: none of them decides a case
ADMIN_ROLES = CENTRE | CUSTODIANS
OVERSIGHT = {Role.IP_OFFICE, Role.OBSERVER, Role.EVALUATOR}
APPLICANTS = {Role.ENTERPRISE, Role.INSURER}
ASSIGNABLE = ADMIN_ROLES | OVERSIGHT | {Role.INSURER}  # roles that the security manager opens accounts for
