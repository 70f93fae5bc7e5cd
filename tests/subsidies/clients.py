"""An insurer with as many clients as asked for, each ready to be filed for, and the sheet and ZIP with which it files for all of them."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files.base import ContentFile

from enterprises.models import LegalEntity
from insurers.models import Insurer
from pilot_portal.accounts.models import User
from subsidies.models import Import, Window
from subsidies.services import imports
from tests import make
from tests.insurers.desk import staff_of
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
    names = [(make.credit_code(), f"北京样本{n}科技有限公司") for n in range(clients)]
    entities = _copies(first, [{"credit_code": code, "name": name} for code, name in names])
    _copies(mandate, [{"legal_entity": entity} for entity in entities])
    _copies(category, [{"legal_entity": entity, "valid_until": date(2030, 12, 31)} for entity in entities])
    _copies(account, [{"legal_entity": entity, "holder": entity.name} for entity in entities])
    return Book(insurer, window, insurer.staff.get().user, entities)


def _copies(row, changes: list[dict]) -> list:
    columns = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row)._base_manager.bulk_create(type(row)(**columns | change) for change in changes)


def send(town, workbook: bytes, papers: bytes, **options) -> Import:
    who = {"by": town.by, "at": make.FILED} | options
    file = imports.keep_sheet(ContentFile(workbook, name="申报.xlsx"), **who)
    return imports.upload(
        town.insurer, town.window, file=file, papers=imports.keep_papers(ContentFile(papers, name="材料.zip"), **who), **who
    )


class Town:
    """An insurer with clients that have entrusted it, and the sheet in which it files for them."""

    def __init__(self, clients: int = 3, window: Window | None = None, **mandate):
        self.insurer, self.window = make.insurer(), window or make.window()
        self.by, self.made = staff_of(self.insurer), {}
        self.entities = [make.entity() for _ in range(clients)]
        for entity in self.entities:
            make.entrustment(entity, self.insurer, **mandate)
        product = self.insurer.products.get().filing_number
        self.rows = [
            CELLS | {"credit_code": entity.credit_code, "name": entity.name, "number": f"QIPL2026000090{n}", "product": product}
            for n, entity in enumerate(self.entities)
        ]
        self.rows = [row | {"invoice_number": f"3499000{n}", "reference": f"R9{n}"} for n, row in enumerate(self.rows)]

    def papers(self) -> dict[str, bytes]:
        words = ("保单", "发票", "付款回单", "承诺书")
        for name in (f"{row['number']}_{word}.pdf" for row in self.rows for word in words):
            if name not in self.made:
                self.made[name] = make.pdf(name).read()
        return dict(self.made)

    def upload(self, *, papers=None, **options) -> Import:
        return send(self, sheet(self.rows), packed(self.papers() if papers is None else papers), **options)

    def checked(self, **options) -> Import:
        return imports.dry_run(self.upload(**options).pk, at=make.FILED)

    def done(self, **options) -> Import:
        batch = self.checked(**options)
        imports.commit(batch, by=self.by, at=make.FILED)
        while imports.file_rows(batch.pk, at=make.FILED, most=2):
            continue
        batch.refresh_from_db()
        return batch
