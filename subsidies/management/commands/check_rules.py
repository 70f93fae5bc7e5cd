import csv
import io
import json
from argparse import ArgumentParser
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from subsidies.rule_cases import KINDS, SCENARIOS, BadCase, agrees, answer, read_object

COLUMNS = ("case_id", "kind", "input_json", "expected_json")
ADDED = ("actual_json", "verdict", "detail")
BOM = "\ufeff"
Row = dict[str, Any]


class Outcome(StrEnum):
    MATCH = "MATCH"
    MISMATCH = "MISMATCH"
    SCENARIO = "SCENARIO"  # played by the tests, not by this command
    UNKNOWN_KIND = "UNKNOWN_KIND"
    MALFORMED = "MALFORMED"


PASSING = {Outcome.MATCH, Outcome.SCENARIO}


class Command(BaseCommand):
    help = "Answer a CSV of rule cases with the portal's rules and report each row; exit 1 unless every row agrees."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("cases", type=Path, metavar="CASES.csv")
        parser.add_argument(
            "--report", type=Path, metavar="OUT.csv", help="where to write the rows again, with actual_json, verdict and detail"
        )

    def handle(self, *, cases: Path, report: Path | None = None, **options: Any) -> None:
        text = _read(cases)
        columns, rows = _rows(text)
        checked = [_checked(row) for row in rows]
        if not checked:
            raise CommandError(f"{cases} 里没有用例。")
        if report:
            _write(report, [*(name for name in columns if name not in ADDED), *ADDED], checked, bom=text.startswith(BOM))
        failed = [row for row in checked if row["verdict"] not in PASSING]
        for row in failed:
            self.stdout.write(f"{row.get('case_id')} {row['verdict']}: {row['detail'] or _difference(row)}")
        tally = Counter(row["verdict"] for row in checked)
        summary = "，".join(f"{outcome} {tally[outcome]}" for outcome in Outcome if tally[outcome])
        if failed:
            raise CommandError(f"{len(failed)} 条用例未通过（共 {len(checked)} 条：{summary}）。")
        self.stdout.write(self.style.SUCCESS(f"全部 {len(checked)} 条用例已核对：{summary}。"))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as fault:
        raise CommandError(f"读不到 {path}：{fault.strerror}。") from fault
    except UnicodeDecodeError as fault:
        raise CommandError(f"{path} 不是 UTF-8 编码，请另存为“CSV UTF-8”后再试。") from fault


def _rows(text: str) -> tuple[list[str], list[Row]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix(BOM), newline=""))
    columns = list(reader.fieldnames or [])
    if missing := [column for column in COLUMNS if column not in columns]:
        raise CommandError(f"文件缺少这些列：{'、'.join(missing)}。")
    try:
        return columns, list(reader)
    except csv.Error as fault:
        raise CommandError(f"第 {reader.line_num} 行读不出来：{fault}。") from fault


def _checked(row: Row) -> Row:
    """The row with what the rules answered and whether that is what it expects."""
    actual, detail = "", ""
    kind = row["kind"] or ""
    if kind in SCENARIOS:
        outcome, detail = Outcome.SCENARIO, "按时间顺序的情景，由自动测试核对。"
    elif None in row:
        outcome, detail = Outcome.MALFORMED, "这一行比表头多出几列，JSON 可能没有加引号。"
    elif kind not in KINDS:
        outcome, detail = Outcome.UNKNOWN_KIND, f"没有“{kind}”这类用例，可用的有：{'、'.join(KINDS)}。"
    else:
        try:
            said, expected = answer(kind, read_object(row["input_json"], "input_json")), read_object(row["expected_json"], "expected_json")
        except BadCase as fault:
            outcome, detail = Outcome.MALFORMED, str(fault)
        else:
            said = {key: value for key, value in said.items() if key in expected} or said  # a case may ask for less than there is
            outcome = Outcome.MATCH if agrees(kind, said, expected, row.get("accepted_alternatives") or "") else Outcome.MISMATCH
            actual = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return {**row, "actual_json": actual, "verdict": outcome, "detail": detail}


def _difference(row: Row) -> str:
    return f"expected {row['expected_json']}, got {row['actual_json']}"


def _write(path: Path, columns: list[str], rows: list[Row], *, bom: bool) -> None:
    try:
        with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as fault:
        raise CommandError(f"写不了 {path}：{fault.strerror}。") from fault
