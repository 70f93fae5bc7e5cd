"""Drawing a sample and writing it down."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import MD5, Concat

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.tables import Book
from subsidies.models import Application, Window

from .columns import SHEETS

ALLOWED = (Role.AUDITOR, Role.EVALUATOR)


@dataclass(frozen=True)
class Draw:
    """How a sample is drawn: every award from an amount on, and `size` of the other cases in the order of MD5(seed:number)."""

    window: Window
    size: int
    seed: str
    every_from: Decimal | None = None


def population(draw: Draw, reader: User) -> QuerySet[Application]:
    """The filed cases of the window that this reader may see."""
    return Application.objects.visible_to(reader).filter(window=draw.window, number__isnull=False)


def drawn(draw: Draw, reader: User) -> list[int]:
    """Keys of the cases. The same draw over the same cases gives the same sample, here or by hand."""
    cases = population(draw, reader)
    large = Q(awarded__gte=draw.every_from) if draw.every_from is not None else Q(pk__in=[])
    at_random = cases.exclude(large).annotate(lot=MD5(Concat(Value(f"{draw.seed}:"), F("number")))).order_by("lot", "pk")
    return [*cases.filter(large).values_list("pk", flat=True), *at_random.values_list("pk", flat=True)[: draw.size]]


@transaction.atomic
def export_sample(draw: Draw, *, by: User, at: datetime) -> Book:
    """The sample as an Excel file, with how it was drawn and a data dictionary; leaves a trace of who took what."""
    keys = drawn(draw, by)
    book = Book(
        说明=["项目", "内容"],
        **{sheet.name: [column.name for column in sheet.columns] for sheet in SHEETS},
        数据字典=["表", "列", "含义", "来源"],
    )
    for line in _told(draw, len(keys), population(draw, by).count(), by, at):
        book.add("说明", list(line))
    for sheet in SHEETS:
        for row in sheet.rows(keys):
            book.add(sheet.name, [column.value(row) for column in sheet.columns])
        for column in sheet.columns:
            book.add("数据字典", [sheet.name, column.name, column.meaning, column.source])
    record("export_sample", draw.window, by=by, at=at, seed=draw.seed, count=len(keys), every_from=str(draw.every_from or ""))
    return book


def _told(draw: Draw, count: int, whole: int, by: User, at: datetime):
    yield "申报周期", draw.window.name
    yield "全部件数", whole
    yield "样本件数", count
    yield "随机抽取", f"{draw.size} 件，种子 {draw.seed}"
    yield "必抽", f"核定补贴 {draw.every_from:,.2f} 元以上" if draw.every_from is not None else "无"
    yield "抽法", "必抽之外，按 MD5（种子:申报编号）从小到大取前若干件；同样的种子和案件，谁来抽都一样。"
    yield "导出人", by.get_full_name()
    yield "导出时间", at
