"""Filed cases as lines of a spreadsheet, read from the database while they are written out. Personal data and accounts are masked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import CharField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone

from pilot_portal.accounts.masks import mask_name, mask_phone
from subsidies.models import Application, Channel
from subsidies.states import State

AT_ONCE = 2000  # rows that are in memory


@dataclass(frozen=True)
class Column:
    """`value` is an expression or the path of a text; `say` puts what was read into words. An amount is read as text, to the fen."""

    title: str
    value: object
    say: Callable[[str], object] | None = None
    is_amount: bool = False


def _amount(title: str, path: str) -> Column:
    return Column(title, Cast(path, TextField()), is_amount=True)


def _moment(path: str, form: str, back: str = "0") -> Func:
    """As text in local time; `back` is taken off first."""
    template = f"to_char(%(expressions)s AT TIME ZONE '{timezone.get_default_timezone_name()}' - interval '{back}', '{form}')"
    return Func(F(path), template=template, output_field=CharField())


COLUMNS = (
    Column("申报编号", "number"),
    Column("申报周期", "window__name"),
    Column("企业名称", "legal_entity__name"),
    Column("统一社会信用代码", "legal_entity__credit_code"),
    Column("注册区", "legal_entity__district__name"),
    Column("企业类别", "category__category__name"),
    Column("承保公司", "policy__insurer__short_name"),
    Column("保单号", "policy__number"),
    _amount("保费（元）", "policy__premium"),
    Column("申报方式", "channel", dict(Channel.choices).get),
    Column("状态", "state", dict(State.choices).get),
    Column("提交时间", _moment("submitted_at", "YYYY-MM-DD HH24:MI")),
    Column("期限", _moment("due_at", "YYYY-MM-DD", "1 microsecond")),  # a deadline at midnight is the end of the day before
    Column("暂停时间", _moment("held_at", "YYYY-MM-DD HH24:MI")),
    Column("承办人", Coalesce(NullIf("handler__display_name", Value("")), "handler__username")),
    _amount("认定保费（元）", "recognised_premium"),
    _amount("应补金额（元）", "entitled"),
    _amount("核定补贴（元）", "awarded"),
    _amount("预留（元）", "reserved"),
    Column("开户行", "bank_account__bank_name"),
    Column("收款账户", "bank_account__last_four", "**** **** {}".format),
    Column("联系人", "legal_entity__contact_name", mask_name),
    Column("联系电话", "legal_entity__contact_phone", mask_phone),
)
HEAD = [column.title for column in COLUMNS]


def lines(cases: QuerySet[Application], *, amount: Callable[[str], object] | None = None) -> Iterator[list]:
    """The newest first. The rows of one moment, whatever happens while they are read, and never more of them in memory than `AT_ONCE`.

    `amount` makes of an amount's text what the file wants; CSV wants the text.
    """
    says = [amount if column.is_amount else column.say for column in COLUMNS]
    in_words = [(place, say) for place, say in enumerate(says) if say]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")  # every row will be asked for
        for read in selected(cases).iterator(chunk_size=AT_ONCE):
            line = list(read)
            for place, say in in_words:
                if line[place] is not None:
                    line[place] = say(line[place])
            yield line


def selected(cases: QuerySet[Application]) -> QuerySet:
    """The columns as they are read."""
    return cases.order_by("-pk").values_list(*(column.value for column in COLUMNS))
