"""The steps in which a window is drafted: which columns each asks for, and what still stands in the way of publication."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Max, Sum
from django.utils import timezone

from pilot_portal.reference.forms import AmountField, DayField
from pilot_portal.reference.models import Pilot
from subsidies.check_list import CHECK_LIST, Listed, basis_of
from subsidies.models import BASIS_COLUMNS, Appropriation, Window
from subsidies.models.windows import AllocationMethod, RecoveryRule
from subsidies.rules import SCHEME_CAP, SCHEME_RATE
from subsidies.services import windows
from subsidies.services.timetable import Timetable

from .window_forms import MomentField

LONGEST = 60  # working days of any step
TOO_LONG = {"max_length": "请不超过 %(limit_value)d 个字。"}


class StepForm(forms.Form):
    """Some columns of a draft; `seen` is the draft as its writer saw it."""

    columns: tuple[str, ...] = ()
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, window: Window | None, **kwargs):
        self.window = window
        stands = {} if window is None else {name: getattr(window, name) for name in self.columns} | {"seen": windows.fingerprint(window)}
        super().__init__(*args, initial={**stands, **self.proposed()}, **kwargs)

    def proposed(self) -> dict:
        """What the form offers where the draft says nothing yet."""
        return {}

    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.columns}

    def rows(self) -> list:
        return [self[name] for name in self.columns]


def number_field(column: str, low: int, high: int, **options) -> forms.IntegerField:
    """A whole number, with the column's own name and default."""
    field, says = Window._meta.get_field(column), f"请填 {low} 到 {high} 之间的整数。"
    validators = [MinValueValidator(low, says), MaxValueValidator(high, says)]
    widget = forms.NumberInput(attrs={"min": low, "max": high})
    return forms.IntegerField(
        label=str(field.verbose_name),
        initial=field.default,
        validators=validators,
        widget=widget,
        error_messages={"invalid": says},
        **options,
    )


def days_field(column: str, **options) -> forms.IntegerField:
    return number_field(column, 1, LONGEST, **options)


class DatesForm(StepForm):
    columns = ("pilot", "sequence", "name", "notice", "opens_at", "closes_at", "signed_from", "signed_until", "paid_until", "pay_by")
    pilot = forms.ModelChoiceField(Pilot.objects.all(), label="试点年度", empty_label=None)
    sequence = number_field("sequence", 1, 99)
    name = forms.CharField(label="名称", max_length=100, help_text="例如：2026 年第一期。")
    notice = forms.CharField(label="申报通知", required=False, widget=forms.Textarea(attrs={"rows": 5}), help_text="公布在网站上。")
    opens_at = MomentField(label="开始时间")
    closes_at = MomentField(label="截止时间（不含）", help_text="例如 9 月 30 日 24 时，填 10 月 1 日 0:00。")
    signed_from = DayField(label="保单签订日期起")
    signed_until = DayField(label="保单签订日期止")
    paid_until = DayField(label="保费缴纳截止日", help_text="这一天以前付的保费才计入。")
    pay_by = DayField(label="计划拨付完成日", help_text="下一步会推算最后一件最迟何时拨付，与这一天比较。")

    def proposed(self):
        if self.window is not None:
            return {}
        last = Pilot.objects.annotate(last=Max("windows__sequence")).first()
        return {"sequence": (last.last or 0) + 1} if last else {}

    def clean(self):
        given = super().clean()
        self._in_order(given, "opens_at", "closes_at", "截止时间须晚于开始时间。", strictly=True)
        self._in_order(given, "signed_from", "signed_until", "签订日期止不能早于签订日期起。")
        closes, pay_by = given.get("closes_at"), given.get("pay_by")
        if closes and pay_by and pay_by <= timezone.localdate(closes):
            self.add_error("pay_by", "计划拨付完成日须晚于申报截止。")
        others = Window.objects.filter(pilot=given.get("pilot"), sequence=given.get("sequence"))
        if others.exclude(pk=self.window and self.window.pk).exists():
            self.add_error("sequence", f"“{given['pilot']}”已有第 {given['sequence']} 期，请换一个期次。")
        return given

    def _in_order(self, given: dict, first: str, second: str, sentence: str, *, strictly: bool = False) -> None:
        start, end = given.get(first), given.get(second)
        if start and end and (end < start or (strictly and end == start)):
            self.add_error(second, sentence)


class MoneyForm(StepForm):
    columns = ("rate", "cap", "draw", "method")
    rate = forms.DecimalField(
        label="补贴比例",
        max_digits=4,
        decimal_places=2,
        initial=SCHEME_RATE,
        help_text="0.80 就是保费的 80%，不能更高。",
        validators=[
            MinValueValidator(Decimal("0.01"), "补贴比例须大于 0。"),
            MaxValueValidator(SCHEME_RATE, "补贴比例不能超过 0.80（试点方案 六（二）1）。"),
        ],
    )
    cap = AmountField(
        label="补贴上限（元）",
        positive=True,
        initial="800000.00",
        help_text="每家企业最多得到的金额，不能超过 80 万元。",
    )
    draw = AmountField(label="本期可用预算（元）", positive=True, help_text="各期合计不能超过预算指标。")
    method = forms.ChoiceField(label="预算不足时的分配方式", choices=AllocationMethod.choices)

    def proposed(self):
        return {} if self.window is None or self.window.draw else {"draw": ""}

    def clean_cap(self):
        cap = self.cleaned_data["cap"]
        if cap > SCHEME_CAP:
            raise ValidationError("补贴上限不能超过 800,000.00 元（试点方案 六（二）1）。")
        return cap


class RulesForm(StepForm):
    columns = (
        "acceptance_days",
        "correction_days",
        "review_days",
        "reply_days",
        "publicity_days",
        "recovery_days",
        "refile_after_withdrawal",
        "refile_after_refusal",
        "credit_lookback_years",
        "start_tolerance_days",
        "recovery_rule",
    )
    acceptance_days = days_field("acceptance_days", help_text="从提交到告知受理或补正。")
    correction_days = days_field("correction_days", help_text="负责人可以延长一次，最多再给这么多天。")
    review_days = days_field("review_days")
    reply_days = days_field("reply_days")
    publicity_days = days_field("publicity_days")
    recovery_days = days_field("recovery_days")
    refile_after_withdrawal = forms.BooleanField(label="撤回后可再次申报", required=False, initial=True)
    refile_after_refusal = forms.BooleanField(label="不予受理后可再次申报", required=False, initial=True)
    credit_lookback_years = number_field("credit_lookback_years", 0, 10)
    start_tolerance_days = number_field("start_tolerance_days", 0, 365, help_text="超过的由人工核查。")
    recovery_rule = forms.ChoiceField(label="退保追回规则", choices=RecoveryRule.choices)


class BasesForm(StepForm):
    """One clause for each column that decides about money or time, and for each check that the window asks for."""

    copied_from: Window | None = None

    def __init__(self, *args, window: Window, **kwargs):
        super().__init__(*args, window=window, **kwargs)
        for column in BASIS_COLUMNS:
            label = f"{Window._meta.get_field(column).verbose_name}：{shown(window, column)}"
            stands = window.basis.get(column, "")
            self.fields[column] = forms.CharField(label=label, required=False, max_length=100, initial=stands, error_messages=TOO_LONG)
        for line in CHECK_LIST:
            stands, label = basis_of(line, window.checks), f"核查：{line.title}"
            field = forms.CharField(label=label, required=False, max_length=100, initial=stands, error_messages=TOO_LONG)
            field.help_text = "留空的，本期不查。"
            self.fields[f"check_{line.key}"] = field
        if not any(window.basis.values()) and (before := self.before()):
            self.copied_from = before
            for column in BASIS_COLUMNS:
                self.fields[column].initial = before.basis.get(column, "")

    def before(self) -> Window | None:
        """The last published window, whose clauses are offered for a look."""
        return Window.objects.published().exclude(pk=self.window.pk).order_by("-published_at").first()

    def rows(self):
        return [self[column] for column in (*BASIS_COLUMNS, *(f"check_{line.key}" for line in CHECK_LIST))]

    def facts(self):
        checks = {line.key: self.cleaned_data[f"check_{line.key}"].strip() for line in CHECK_LIST}
        return {"basis": {column: self.cleaned_data[column].strip() for column in BASIS_COLUMNS}, "checks": checks}


@dataclass(frozen=True)
class Step:
    number: int
    title: str
    form: type[StepForm] | None  # None: nothing to fill in


STEPS = [
    Step(1, "日期和签订范围", DatesForm),
    Step(2, "金额", MoneyForm),
    Step(3, "期限和规则", RulesForm),
    Step(4, "依据", BasesForm),
    Step(5, "核对和发布", None),
]


def shown(window: Window, column: str) -> str:
    """A column as a page says it."""
    field = window._meta.get_field(column)
    value = getattr(window, f"get_{column}_display")() if field.choices else getattr(window, column)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)


def table(window: Window) -> list[tuple[Step, list[tuple]]]:
    """Each step with its (label, value, basis or None); the basis is None for what needs none."""
    found = [(step, [_line(window, column) for column in step.form.columns]) for step in STEPS if step.form and step.form.columns]
    return [*found, (next(step for step in STEPS if step.form is BasesForm), [_check_line(window, line) for line in CHECK_LIST])]


def _check_line(window: Window, line: Listed) -> tuple:
    basis = basis_of(line, window.checks)
    return f"核查：{line.title}", "查" if basis else "不查", basis or None


def _line(window: Window, column: str) -> tuple:
    label = window._meta.get_field(column).verbose_name
    return label, shown(window, column), window.basis.get(column, "") if column in BASIS_COLUMNS else None


@dataclass(frozen=True)
class Obstacle:
    """What keeps a draft from publication, or, as a warning, should be looked at before; `step` is where it is mended."""

    sentence: str
    step: int
    blocks: bool = True


def obstacles(window: Window, way: Timetable, now: datetime) -> list[Obstacle]:
    missing = [column for column in BASIS_COLUMNS if not str(window.basis.get(column, "")).strip()]
    labels = "、".join(str(window._meta.get_field(column).verbose_name) for column in missing)
    found = []
    if not window.draw:
        found.append(Obstacle("还没有填写本期可用预算。", 2))
    elif (over := _over(window)) > 0:
        found.append(Obstacle(f"各期可用预算合计比预算指标多 {over:,.2f} 元。请减少预算，或由财务先录入追加指标。", 2))
    if missing:
        found.append(Obstacle(f"还有 {len(missing)} 项没有写明依据：{labels}。", 4))
    if window.opens_at <= now:
        found.append(Obstacle("开始时间已过，发布后立即开放申报。", 1, blocks=False))
    if window.closes_at <= now:
        found.append(Obstacle("截止时间已过，发布后没有人能申报。", 1))
    if way.missing:
        found.append(Obstacle(way.missing, 3, blocks=False))
    elif way.is_late:
        sentence = f"最后一件最迟 {way.until:%Y-%m-%d} 拨付，比计划拨付完成日 {way.pay_by:%Y-%m-%d} 晚 {way.late_by} 个工作日。"
        found.append(Obstacle(sentence + "可以提前截止、缩短期限，或推后计划拨付完成日。", 3, blocks=False))
    return found


def _over(window: Window) -> Decimal:
    """By how much all draws of the pilot would exceed its appropriations, CNY."""
    drawn = Window.objects.published().filter(pilot=window.pilot_id).aggregate(total=Sum("draw"))["total"] or 0
    given = Appropriation.objects.filter(pilot=window.pilot_id).aggregate(total=Sum("amount"))["total"] or 0
    return drawn + window.draw - given
