"""What would keep a row of an insurer's sheet from being filed, by the rules of every filing: seen before any is filed, many at once."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Lookup, Q
from django.utils import timezone

from enterprises.models import BankAccount, EntityCategory, LegalEntity
from enterprises.rules import check_cnaps, same_payee_name
from insurers.models import Entrustment, Policy
from insurers.states import PolicyState
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.reference.rules import compact
from pilot_portal.workflow.refusals import Refusal
from subsidies.eligibility import LEGAL_PERSON, stopping
from subsidies.filing_sheets import PaperIndex, PaperKind, SheetRow
from subsidies.filing_sheets.columns import YES
from subsidies.models import Application, Import
from subsidies.rules import Basis, Facts
from subsidies.states import UNFILED, State

from .facts import basis_of, enterprise_facts
from .slots import refuse_rivals

# What a paper is called, and the column beside which is said that it is missing; the last two may be.
PAPERS = {
    PaperKind.POLICY: ("保单", "number"),
    PaperKind.INVOICE: ("发票", "invoice_number"),
    PaperKind.PAYMENT: ("付款回单", "reference"),
    PaperKind.CATEGORY: ("企业类别证明", "category"),
    PaperKind.PLEDGE: ("承诺书", "pledged"),
    PaperKind.ACCOUNT: ("账户证明", "account"),
}
MAY_BE_MISSING = {PaperKind.PLEDGE, PaperKind.ACCOUNT}
# The column beside which a check speaks, and the cells that it judges: one that cannot be read has its own sentence.
BESIDE = {
    "unverified_enterprise": ("credit_code", ()),
    "branch_not_legal_person": ("credit_code", ()),
    "not_legal_person": ("credit_code", ()),
    "not_in_beijing": ("credit_code", ()),
    "policy_surrendered": ("number", ()),
    "insurer_not_selected": ("signed_on", ("signed_on",)),
    "product_not_pilot": ("product", ("product", "signed_on")),
    "term_invalid": ("last_day", ("starts_on", "last_day")),
    "not_one_year": ("last_day", ("starts_on", "last_day")),
    "out_of_signing_range": ("signed_on", ("signed_on",)),
    "no_payment": ("paid_on", ("paid_on", "paid_amount")),
    "zero_premium": ("premium", ("premium", "non_pilot_premium", "coinsured_premium")),
    "no_account": ("account", ("account",)),
    "payee_name_differs": ("account", ()),
}
ENTRUSTED_NOBODY = {"verified": True, "kind": LEGAL_PERSON, "in_beijing": True, "category_holds": True}


class Sheet:
    """What holds of the sheet as a whole: its papers, its repetitions, the insurer's products, the categories."""

    def __init__(self, batch: Import, rows: Sequence[SheetRow], papers: PaperIndex, at: datetime):
        self.batch, self.window, self.papers, self.at, self.today = batch, batch.window, papers, at, timezone.localdate(at)
        self.policies = Counter(row.policy for row in rows)
        self.codes = Counter(row.values.get("credit_code") for row in rows)
        self.products = {compact(product.filing_number): product for product in batch.insurer.products.all()}
        self.selections = list(batch.insurer.selections.filter(pilot=batch.window.pilot_id))
        self.categories = {entry.name for entry in Entry.objects.of(Kind.CATEGORY).valid_on(self.today)}
        self.named = dict(Entry.objects.of(Kind.CATEGORY).values_list("pk", "name"))


class AnyOf(Lookup):
    """`column = ANY(array)`: one parameter, where `__in` would have one for each of a thousand keys."""

    lookup_name, prepare_rhs = "any_of", False

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::{self.lhs.output_field.db_type(connection)}[])", [*params, list(self.rhs)]


class Known:
    """What is known of the enterprises and policies of some rows: a handful of queries, whatever their number."""

    def __init__(self, batch: Import, rows: Sequence[SheetRow], at: datetime):
        codes = {row.values.get("credit_code") for row in rows} - {None}
        found = LegalEntity.objects.filter(AnyOf(F("credit_code"), codes)).only("credit_code", "name", "kind", "state", "in_beijing")
        self.entities = {entity.credit_code: entity for entity in found}
        of_them = AnyOf(F("legal_entity_id"), [entity.pk for entity in self.entities.values()])
        mandates = Entrustment.objects.in_force(at).filter(of_them, insurer=batch.insurer)
        self.mandates = dict(mandates.values_list("legal_entity_id", "includes_submission"))
        self.categories = defaultdict(list)
        for category in EntityCategory.objects.filter(of_them).only("legal_entity", "category", "valid_from", "valid_until"):
            self.categories[category.legal_entity_id].append(category)
        accounts = BankAccount.objects.filter(of_them, closed_at__isnull=True)
        self.accounts = {pk: (holder, cnaps) for pk, holder, cnaps in accounts.values_list("legal_entity_id", "holder", "cnaps")}
        policies = Policy.objects.filter(AnyOf(F("number_normalised"), {row.policy for row in rows}), insurer=batch.insurer)
        read = policies.prefetch_related("invoices", "premium_payments", "endorsements")
        self.policies = {policy.number_normalised: policy for policy in read}
        of_their_policies = AnyOf(F("policy_id"), [policy.pk for policy in self.policies.values()])
        rivals = Application.objects.filter(Q(of_them) | Q(of_their_policies))
        self.of_entity, self.of_policy = defaultdict(list), defaultdict(list)
        for rival in rivals.select_related("legal_entity"):
            self.of_entity[rival.legal_entity_id].append(rival)
            self.of_policy[rival.policy_id].append(rival)

    def rivals(self, entity: LegalEntity, policy: Policy | None) -> list[Application]:
        """Every case of the enterprise or of the policy."""
        same = self.of_entity[entity.pk] + (self.of_policy[policy.pk] if policy else [])
        return list({rival.pk: rival for rival in same}.values())


def check_row(row: SheetRow, sheet: Sheet, known: Known) -> None:
    """Add to the row's faults whatever would keep it from being filed, and match its papers."""
    _repeated(row, sheet)
    _words(row, sheet)
    entity = known.entities.get(row.values.get("credit_code"))
    if entity is None and not _is_faulty(row, "credit_code"):
        row.fault("credit_code", "系统里没有这家企业。请先在“添加客户”里登记，委托生效后再批量申报。")
    policy = known.policies.get(row.policy)
    if policy is not None and (entity is None or policy.legal_entity_id != entity.pk):
        row.fault("number", "这份保单已登记在另一家企业名下。请核对保单号和企业。")
        policy = None
    client = _client(row, entity, known) if entity else None
    if client:
        _once(row, client, policy, sheet, known)
    if policy is not None:
        _registered(row, policy)
    _judged(row, _facts(row, sheet, known, client, policy))
    _papers(row, sheet, _wanted(row, policy, {sheet.named[one.category_id] for one in known.categories[client.pk]} if client else set()))


def _is_faulty(row: SheetRow, column: str) -> bool:
    return any(key == column for key, _ in row.faults)


def _repeated(row: SheetRow, sheet: Sheet) -> None:
    if row.policy and sheet.policies[row.policy] > 1:
        row.fault("number", "这个保单号在表里出现了不止一次。请只保留一行。")
    if row.values.get("credit_code") and sheet.codes[row.values["credit_code"]] > 1:
        row.fault("credit_code", "这家企业在表里出现了不止一次。每家企业一期只能申报一次，请只保留一行。")


def _words(row: SheetRow, sheet: Sheet) -> None:
    if "product" in row.values and compact(row.values["product"]) not in sheet.products:
        row.fault("product", "贵公司没有这个备案号的试点产品。请从模板的下拉列表中选择。")
    if row.values.get("category") and row.values["category"] not in sheet.categories:
        row.fault("category", "没有这个企业类别。请从模板的下拉列表中选择。")


def _client(row: SheetRow, entity: LegalEntity, known: Known) -> LegalEntity | None:
    """The enterprise if it has entrusted the insurer; what is known of any other is not for the insurer."""
    includes_submission, values = known.mandates.get(entity.pk), row.values
    if includes_submission is None:
        row.fault("credit_code", Refusal("no_mandate", entity=values.get("name") or entity.credit_code).sentence)
        return None
    if "name" in values and not same_payee_name(values["name"], entity.name):
        row.fault("name", f"与登记的名称“{entity.name}”不同。请核对代码和名称。")
    if includes_submission and values.get("pledged") != YES and "pledged" in values:
        row.fault("pledged", "由贵公司直接提交的，企业须先作出承诺。已签署承诺书的，请选“是”。")
    if values.get("category") == "" and not known.categories[entity.pk]:
        row.fault("category", "企业还没有登记类别。请在这里选择，并在 ZIP 里放入证明。")
    return entity


def _once(row: SheetRow, entity: LegalEntity, policy: Policy | None, sheet: Sheet, known: Known) -> None:
    """Nothing that was filed or drafted stands in the way."""
    rivals, window = known.rivals(entity, policy), sheet.window
    if not rivals:
        return
    try:
        refuse_rivals(Application(pilot_id=window.pilot_id, window=window, legal_entity=entity, policy=policy), rivals)
    except Refusal as refusal:
        row.fault("number" if refusal.code == "policy_already_filed" else "credit_code", refusal.sentence)
    for rival in rivals:
        own = rival.legal_entity_id == entity.pk and rival.window_id == window.pk and rival.insurer_id == sheet.batch.insurer_id
        if own and rival.state in UNFILED:
            draft = rival.state == State.DRAFT
            said = "已有一份草稿。请提交或删除那份草稿" if draft else "已提请企业确认。请等企业确认，或请企业退回后再办理"
            row.fault("credit_code", f"贵公司为这家企业本期{said}。")


def _registered(row: SheetRow, policy: Policy) -> None:
    """A policy that is registered already is used as it stands, and so are its invoices and payments."""
    values = row.values
    invoice = next((one for one in policy.invoices.all() if one.number == values.get("invoice_number")), None)
    payment = next((one for one in policy.premium_payments.all() if one.reference == values.get("reference")), None)
    same = {"signed_on": policy.signed_on, "starts_on": policy.starts_on, "last_day": policy.last_day, "premium": policy.premium}
    if invoice:
        same |= {"invoice_amount": invoice.amount, "issued_on": invoice.issued_on}
    if payment:
        same |= {"paid_amount": payment.amount, "paid_on": payment.paid_on}
    for key, value in same.items():
        if key in values and values[key] != value:
            said = f"{value:,.2f}" if isinstance(value, Decimal) else value
            row.fault(key, f"与已登记的不同，登记的是 {said}。请核对；登记有误的，请先在保单页面更正。")


def _judged(row: SheetRow, facts: Facts) -> None:
    """The checks of every filing. One that rests on a cell with a fault of its own says nothing."""
    faulty = {key for key, _ in row.faults}
    for verdict in stopping(facts):
        column, cells = BESIDE[verdict.code]
        if not faulty.intersection(cells):
            row.fault(column, verdict.sentence)


def _facts(row: SheetRow, sheet: Sheet, known: Known, client: LegalEntity | None, policy: Policy | None) -> Facts:
    """What the checks know of the row. Where a cell cannot be read stands something harmless: see `_judged`."""
    values, window = row.values, sheet.window
    signed = values.get("signed_on", window.signed_from)
    product = sheet.products.get(compact(values.get("product", "")))
    basis = _basis(row, policy, sheet)
    payee_same, cnaps = _payee(row, known, client)
    return Facts(
        **(enterprise_facts(client, known.categories[client.pk], sheet.today) if client else ENTRUSTED_NOBODY),
        policy_own=True,
        policy_proven=True,
        policy_surrendered=policy is not None and policy.state == PolicyState.SURRENDERED,
        insurer_selected=any(one.selected_from <= signed <= one.selected_until for one in sheet.selections),
        product_pilot=product is not None and product.on_sale(signed),
        signed_on=signed,
        starts_on=values.get("starts_on", signed),
        ends_on=row.ends_on if "last_day" in values else signed,
        signing_range=(window.signed_from, window.signed_until),
        start_tolerance_days=window.start_tolerance_days,
        policy_premium=basis.policy_part,
        invoices_total=basis.invoices_total,
        paid_cny=basis.paid_cny,
        payee_same=payee_same,
        cnaps_ok=not cnaps or check_cnaps(cnaps),
        window_open=True,  # asked once, when the sheet is sent and when it is committed
    )


def _payee(row: SheetRow, known: Known, client: LegalEntity | None) -> tuple[bool | None, str]:
    """Whether the account is the enterprise's own, None where it has none; and its 联行号."""
    if row.values.get("account"):
        return True, row.values.get("cnaps") or ""  # it is opened in the enterprise's own name
    if client is None:
        return True, ""
    holder, cnaps = known.accounts.get(client.pk, (None, ""))
    return None if holder is None else same_payee_name(holder, client.name), cnaps


def _basis(row: SheetRow, policy: Policy | None, sheet: Sheet) -> Basis:
    """What is registered of the policy, and what the row adds to it."""
    values, paid_until = row.values, sheet.window.paid_until
    known = basis_of(policy, paid_until, sheet.today) if policy else None
    invoices = {one.number for one in policy.invoices.all()} if policy else set()
    payments = {one.reference for one in policy.premium_payments.all()} if policy else set()
    invoiced, paid = (known.invoices_total, known.paid_cny) if known else (None, None)
    if values.get("invoice_number") not in invoices:
        invoiced = (invoiced or 0) + values.get("invoice_amount", Decimal(1))
    if values.get("reference") not in payments and values.get("paid_on", paid_until) <= paid_until:
        paid = (paid or 0) + values.get("paid_amount", Decimal(1))
    return Basis(
        policy_total=known.policy_total if known else values.get("premium", Decimal(1)),
        non_pilot_cover=known.non_pilot_cover if known else values.get("non_pilot_premium") or Decimal(0),
        coinsured_share=known.coinsured_share if known else values.get("coinsured_premium") or Decimal(0),
        invoices_total=invoiced,
        paid_cny=paid,
    )


def _papers(row: SheetRow, sheet: Sheet, wanted: list[PaperKind]) -> None:
    for kind in wanted if row.policy else ():
        names, (word, column) = sheet.papers.names(row.policy, kind), PAPERS[kind]
        if len(names) > 1:
            row.fault(column, f"ZIP 里有 {len(names)} 个文件像是这一行的{word}。请合并成一个文件。")
        elif names and (fault := sheet.papers.fault(names[0])):
            row.fault(column, f"ZIP 里这一行的{word}{fault}。")
        elif names:
            row.papers[kind.value] = names[0]
        elif kind not in MAY_BE_MISSING:
            row.fault(column, f"ZIP 里没有这一行的{word}。文件名须有保单号和“{word}”，例如 {row.policy}_{word}.pdf。")


def _wanted(row: SheetRow, policy: Policy | None, held: set[str]) -> list[PaperKind]:
    """Papers of what is not registered yet, and of what may come along; `held` are the categories that the enterprise has."""
    values = row.values
    invoices = {invoice.number for invoice in policy.invoices.all()} if policy else set()
    payments = {payment.reference for payment in policy.premium_payments.all()} if policy else set()
    wanted = {
        PaperKind.POLICY: policy is None,
        PaperKind.INVOICE: values.get("invoice_number") not in invoices,
        PaperKind.PAYMENT: values.get("reference") not in payments,
        PaperKind.CATEGORY: bool(values.get("category")) and values["category"] not in held,
        PaperKind.PLEDGE: True,
        PaperKind.ACCOUNT: bool(values.get("account")),
    }
    return [kind for kind, is_wanted in wanted.items() if is_wanted]
