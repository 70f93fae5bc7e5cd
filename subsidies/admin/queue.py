"""In which order the queue shows its cases, and what the search box finds: each by an index, however many there are."""

import re

from django.db.models import Q, QuerySet
from django.db.models.functions import Collate

from enterprises.models import FormerName
from enterprises.rules import normalise_credit_code
from insurers.models import Invoice
from insurers.rules import normalise_policy_number
from pilot_portal.audit.workbench import Run
from subsidies.models import Application

NUMBER = re.compile(r"(BJIP-)?([0-9]{4}-[0-9]+(-[0-9A-Z]*)?|[0-9]{4}-)")


def runs_of(cases: QuerySet, term: str, *, by_due: bool) -> list[Run]:
    """What is due first, and then what has no deadline; or the newest first. What is searched for comes by number or name."""
    if term:
        return _searched(cases, term)
    if by_due:
        return [Run(cases.filter(due_at__isnull=False), ("due_at", "pk")), Run(cases.filter(due_at__isnull=True))]
    return [Run(cases, descending=True)]


def _searched(cases: QuerySet, term: str) -> list[Run]:
    """By the beginning of a case's number; else what bears exactly this code or number, then names and former names that begin so."""
    if number := NUMBER.fullmatch(term.upper()):
        return [Run(cases.filter(number__startswith=f"BJIP-{number[2]}"), ("number",))]
    exact = _exactly(term)
    others = cases.exclude(pk__in=exact)
    named = others.annotate(sort_name=Collate("legal_entity__name", "C")).filter(sort_name__startswith=term)
    formerly = FormerName.objects.filter(name__startswith=term).values("legal_entity")
    renamed = others.filter(legal_entity__in=formerly).exclude(legal_entity__name__startswith=term)
    return [Run(cases.filter(pk__in=exact), descending=True), Run(named, ("sort_name", "pk")), Run(renamed, descending=True)]


def matching(cases: QuerySet, term: str) -> QuerySet:
    """All that the runs hold, as one set of rows in no order."""
    if not term:
        return cases
    if number := NUMBER.fullmatch(term.upper()):
        return cases.filter(number__startswith=f"BJIP-{number[2]}")
    formerly = FormerName.objects.filter(name__startswith=term).values("legal_entity")
    return cases.filter(Q(pk__in=_exactly(term)) | Q(legal_entity__name__startswith=term) | Q(legal_entity__in=formerly))


def _exactly(term: str) -> list[int]:
    """Keys of the few cases with this credit code, also of a branch, policy number or invoice number."""
    cases, code = Application.objects.order_by(), normalise_credit_code(term)
    found = [
        cases.filter(legal_entity__credit_code=code),
        cases.filter(legal_entity__branches__credit_code=code),
        cases.filter(policy__number_normalised=normalise_policy_number(term)),
        cases.filter(policy__in=Invoice.objects.filter(number=term.replace(" ", "")).values("policy")),
    ]
    first, *others = (matches.values_list("pk", flat=True) for matches in found)
    return list(first.union(*others))
