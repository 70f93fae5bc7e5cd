"""Which paper, and which page of it, shows what a check is about."""

from collections.abc import Iterable

from insurers.comparison import Comparison, compare
from subsidies.models import Application

from .applications import papers_of

LICENCE, POLICY, CATEGORY, ACCOUNT = "营业执照", "保险单", "企业类别证明", "收款账户证明"
INVOICE, PAYMENT = "发票", "付款回单"
PAPERS = {  # check → (kind of paper, facts of the policy by which the page is found)
    **dict.fromkeys(
        ("unverified_enterprise", "branch_not_legal_person", "not_legal_person", "name_looks_like_branch", "credit_code_position_17"),
        (LICENCE,),
    ),
    **dict.fromkeys(("not_in_beijing", "beijing_undecided", "same_legal_person"), (LICENCE,)),
    "category_not_valid": (CATEGORY,),
    "policy_not_own": (POLICY, "被保险人"),
    **dict.fromkeys(("policy_surrendered", "policy_not_proven"), (POLICY, "保单号")),
    "insurer_not_selected": (POLICY, "保险公司"),
    "product_not_pilot": (POLICY, "保险产品"),
    **dict.fromkeys(("term_invalid", "not_one_year", "term_leap"), (POLICY, "保险起期", "保险止期（不含）")),
    **dict.fromkeys(("out_of_signing_range", "term_backdated", "term_deferred"), (POLICY, "签订日期")),
    **dict.fromkeys(("zero_premium", "premium_unusual"), (POLICY, "保费（元）")),
    **dict.fromkeys(("no_invoice", "invoice_differs", "invoice_buyer_differs", "same_invoice"), (INVOICE,)),
    **dict.fromkeys(("no_payment", "payment_differs", "payer_differs"), (PAYMENT,)),
    **dict.fromkeys(("no_account", "payee_name_differs", "cnaps_unconfirmed", "same_account"), (ACCOUNT,)),
}
MOST = 5


class Evidence:
    """Of one case; its papers and its policy are read once for all checks."""

    def __init__(self, application: Application):
        self.papers: Iterable = list(papers_of(application))
        self.comparison: Comparison = compare(application.policy)

    def of(self, code: str) -> dict:
        """{"papers": [[kind, pk of the file, page or 0]]} as a finding keeps it."""
        kind, *words = PAPERS.get(code, ("",))
        page = self.comparison.page_of(*words) if kind == POLICY else 0
        return {"papers": [[name, stored.pk, page] for name, stored in self.papers if name == kind][:MOST]}
