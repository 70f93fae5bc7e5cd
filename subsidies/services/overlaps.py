"""The same legal person, policy, invoice, account or paper in another case. 试点方案 六（二）2."""

from django.db.models import Q, QuerySet

from enterprises.models import BankAccount, Branch, FormerName, LegalEntity
from insurers.models import Invoice, Policy, PremiumPayment
from pilot_portal.files.models import StoredFile
from subsidies.models import Application, Attachment
from subsidies.rules import Verdict

ONCE, AMOUNT = "试点方案 六（二）2", "试点方案 六（二）1"


def overlaps_of(application: Application) -> list[Verdict]:
    """One verdict a kind of overlap; None where an officer must look."""
    others = Application.objects.holding_slot().exclude(pk=application.pk)
    checks = [
        (
            "same_legal_person",
            _numbers(of_related_entities(application, others).filter(window=application.window)),
            "未发现分支机构或曾用名另行申报。",
            "分支机构、曾用名或同名企业另有申报：{}。请核对是否同一法人。",
            ONCE,
        ),
        (
            "same_invoice",
            _numbers(with_same_invoice(application, others)),
            "发票未用于其他申报。",
            "发票号码另见于申报：{}。请核对发票。",
            AMOUNT,
        ),
        (
            "same_account",
            _numbers(with_same_account(application, others)),
            "收款账户未用于其他企业。",
            "收款账户另见于申报：{}。请核对户名。",
            AMOUNT,
        ),
        (
            "same_file",
            _numbers(with_same_file(application, others)),
            "材料未用于其他申报。",
            "同一份文件另见于申报：{}。请核对材料。",
            AMOUNT,
        ),
    ]
    return [_verdict(code, found, holds, fails, clause) for code, found, holds, fails, clause in checks]


def _verdict(code, found, holds, fails, clause) -> Verdict:
    numbers = "、".join(found[:5])
    return Verdict(code, None if found else True, fails.format(numbers) if found else holds, clause)


def _numbers(applications: QuerySet) -> list[str]:
    return list(applications.order_by("pk").values_list("number", flat=True).distinct())


def of_related_entities(application: Application, others: QuerySet) -> QuerySet:
    """Cases of its branches, of the legal person whose branch it is, and of whoever bears or bore one of its names."""
    entity = application.legal_entity
    own, former = Branch.objects.filter(legal_entity=entity), FormerName.objects.filter(legal_entity=entity)
    namesakes = Q(name=entity.name) | Q(name__in=former.values("name")) | Q(name__in=own.values("name"))
    parents = Branch.objects.filter(credit_code=entity.credit_code).values("legal_entity")
    related = LegalEntity.objects.filter(
        namesakes
        | Q(credit_code__in=own.values("credit_code"))
        | Q(pk__in=parents)
        | Q(pk__in=FormerName.objects.filter(namesakes).values("legal_entity"))
    )
    return others.filter(legal_entity__in=related.exclude(pk=entity.pk))


def with_same_invoice(application: Application, others: QuerySet) -> QuerySet:
    numbers = Invoice.objects.filter(policy=application.policy_id).values("number")
    return others.filter(policy__in=Invoice.objects.filter(number__in=numbers).exclude(policy=application.policy_id).values("policy"))


def with_same_account(application: Application, others: QuerySet) -> QuerySet:
    """Cases of other enterprises that are to be paid to the same account; matched by the keyed hash of its number."""
    accounts = BankAccount.objects.filter(number_hmac=application.bank_account.number_hmac).exclude(legal_entity=application.legal_entity)
    return others.filter(bank_account__in=accounts.values("pk"))


def with_same_file(application: Application, others: QuerySet) -> QuerySet:
    """Cases of other enterprises with the same bytes among their papers. Each source is asked alone, so that its index answers."""
    hashes = [row[3] for row in application.snapshot.get("files", [])]
    files = StoredFile.objects.filter(sha256__in=hashes).values("pk")
    policies = (
        Policy.objects.filter(paper__in=files)
        .values("pk")
        .union(Invoice.objects.filter(paper__in=files).values("policy"), PremiumPayment.objects.filter(paper__in=files).values("policy"))
    )
    cases = Application.objects.filter(policy__in=policies).order_by().values("pk")
    attached = Attachment.objects.filter(file__in=files).order_by().values("application")
    return others.filter(pk__in=cases.union(attached)).exclude(legal_entity=application.legal_entity)
