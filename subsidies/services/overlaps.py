"""The same legal person, policy, invoice, account or paper in another case. 试点方案 六（二）2."""

from django.db.models import Q

from enterprises.models import Branch, FormerName, LegalEntity
from insurers.models import Invoice
from subsidies.models import Application
from subsidies.rules import Verdict

ONCE, AMOUNT = "试点方案 六（二）2", "试点方案 六（二）1"


def overlaps_of(application: Application) -> list[Verdict]:
    """One verdict a kind of overlap; None where an officer must look."""
    others = Application.objects.holding_slot().exclude(pk=application.pk)
    checks = [
        (
            "same_legal_person",
            _same_legal_person(application, others),
            "未发现分支机构或曾用名另行申报。",
            "分支机构、曾用名或同名企业另有申报：{}。请核对是否同一法人。",
            ONCE,
        ),
        ("same_invoice", _same_invoice(application, others), "发票未用于其他申报。", "发票号码另见于申报：{}。请核对发票。", AMOUNT),
        ("same_account", _same_account(application, others), "收款账户未用于其他企业。", "收款账户另见于申报：{}。请核对户名。", AMOUNT),
        ("same_file", _same_file(application, others), "材料未用于其他申报。", "同一份文件另见于申报：{}。请核对材料。", AMOUNT),
    ]
    return [_verdict(code, found, holds, fails, clause) for code, found, holds, fails, clause in checks]


def _verdict(code, found, holds, fails, clause) -> Verdict:
    numbers = "、".join(found[:5])
    return Verdict(code, None if found else True, fails.format(numbers) if found else holds, clause)


def _numbers(applications) -> list[str]:
    return list(applications.order_by("pk").values_list("number", flat=True).distinct())


def _same_legal_person(application: Application, others) -> list[str]:
    entity = application.legal_entity
    names = {entity.name, *entity.former_names.values_list("name", flat=True), *entity.branches.values_list("name", flat=True)}
    codes = set(entity.branches.values_list("credit_code", flat=True))
    parents = Branch.objects.filter(credit_code=entity.credit_code).values("legal_entity")
    renamed = FormerName.objects.filter(name__in=names).exclude(legal_entity=entity).values("legal_entity")
    related = LegalEntity.objects.filter(Q(name__in=names) | Q(credit_code__in=codes) | Q(pk__in=parents) | Q(pk__in=renamed)).exclude(
        pk=entity.pk
    )
    return _numbers(others.filter(window=application.window, legal_entity__in=related))


def _same_invoice(application: Application, others) -> list[str]:
    numbers = application.policy.invoices.values("number")
    policies = Invoice.objects.filter(number__in=numbers).exclude(policy=application.policy).values("policy")
    return _numbers(others.filter(policy__in=policies))


def _same_account(application: Application, others) -> list[str]:
    return _numbers(
        others.filter(bank_account__number_hmac=application.bank_account.number_hmac).exclude(legal_entity=application.legal_entity)
    )


def _same_file(application: Application, others) -> list[str]:
    hashes = [row[3] for row in application.snapshot.get("files", [])]
    return _numbers(
        others.filter(Q(policy__paper__sha256__in=hashes) | Q(attachments__file__sha256__in=hashes)).exclude(
            legal_entity=application.legal_entity
        )
    )
