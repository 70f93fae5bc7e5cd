"""An insurer with as many clients as asked for, each ready to be filed for, and the sheet and ZIP with which it files for all of them."""

from dataclasses import dataclass
from datetime import date, timedelta

from enterprises.models import LegalEntity
from insurers.models import Insurer
from pilot_portal.accounts.models import User
from subsidies.models import Window
from tests import make
from tests.subsidies.sheets import CELLS, packed, sheet

WORDS = ("保单", "发票", "付款回单")
FAULTS = (  # what people write, and the column in which it stands
    {"premium": "十万"},
    {"last_day": "2027-06-13"},
    {"signed_on": "06/14/2026"},
    {"credit_code": "91110108MA0000000X"},
    {"product": "没有备案"},
    {"account": 6222000000000000777, "bank_name": "示例银行", "cnaps": "102100099996"},
    {"paid_on": "2026-12-31"},
    {"pledged": ""},
    {"number": ""},
    {"name": "另一家有限公司"},
)


@dataclass
class Book:
    insurer: Insurer
    window: Window
    by: User
    entities: list[LegalEntity]

    def rows(self, faulty: int = 0) -> list[dict]:
        """A row a client; the faulty ones are spread evenly."""
        product = self.insurer.products.get().filing_number
        rows = [
            CELLS | {"credit_code": entity.credit_code, "name": entity.name, "number": f"QIPL{n:011d}", "product": product}
            for n, entity in enumerate(self.entities)
        ]
        rows = [row | {"invoice_number": f"{n:08d}", "reference": f"R{n}"} for n, row in enumerate(rows)]
        for place in range(faulty):
            rows[place * len(rows) // faulty] |= FAULTS[place % len(FAULTS)]
        return rows

    def files(self, faulty: int = 0) -> tuple[bytes, bytes]:
        """The workbook and the ZIP; every paper is a PDF of its own."""
        template, mark = make.pdf("the paper of a number").read(), b"the paper of a number"
        papers = {}
        for n in range(len(self.entities)):
            for word in WORDS:
                said = f"{word} {n:011d}".encode()[: len(mark)].ljust(len(mark))
                papers[f"QIPL{n:011d}_{word}.pdf"] = template.replace(mark, said)
        return sheet(self.rows(faulty)), packed(papers)


def book_of_business(clients: int, *, window: Window | None = None) -> Book:
    """Copies of one client that was made through the services; what it holds is copied with it."""
    insurer, window = make.insurer(), window or make.window()
    first = make.entity()
    mandate = make.entrustment(first, insurer)
    category, account = first.categories.get(), first.bank_accounts.get()
    mandate.starts_at, mandate.ends_at = window.opens_at, window.closes_at + timedelta(days=90)
    names = [(make.credit_code(10**6 + n), f"北京样本{n}科技有限公司") for n in range(clients)]
    entities = _copies(first, [{"credit_code": code, "name": name} for code, name in names])
    _copies(mandate, [{"legal_entity": entity} for entity in entities])
    _copies(category, [{"legal_entity": entity, "valid_until": date(2030, 12, 31)} for entity in entities])
    _copies(account, [{"legal_entity": entity, "holder": entity.name} for entity in entities])
    return Book(insurer, window, insurer.staff.get().user, entities)


def _copies(row, changes: list[dict]) -> list:
    columns = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row)._base_manager.bulk_create(type(row)(**columns | change) for change in changes)
