import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pilot_portal.reference.rules import parse_amount
from subsidies.capitals import permitted_capitals
from subsidies.management.commands.check_rules import Command
from subsidies.rule_cases import KINDS, SCENARIOS, BadCase, agrees, answer

DATA = Path(__file__).parents[1] / "data"
CASES, FURTHER = DATA / "rule_cases.csv", DATA / "further_rule_cases.csv"  # the centre's; worked by hand from the standards
ROWS, FURTHER_ROWS = (list(csv.DictReader(path.read_text("utf-8").splitlines(keepends=True))) for path in (CASES, FURTHER))
RULE_ROWS = [row for row in ROWS if row["kind"] in KINDS]
HEAD = "case_id,kind,input_json,expected_json,accepted_alternatives,rule,note\n"


@pytest.mark.parametrize("row", RULE_ROWS + FURTHER_ROWS, ids=lambda row: row["case_id"])
def test_a_rule_case(row):
    said, expected = answer(row["kind"], json.loads(row["input_json"])), json.loads(row["expected_json"])
    assert {key: said.get(key) for key in expected} == expected


@pytest.mark.parametrize("row", [row for row in ROWS if row["kind"] == "rmb_upper"], ids=lambda row: row["case_id"])
def test_the_permitted_forms_are_exactly_those_listed(row):
    listed = set(filter(None, row["accepted_alternatives"].split("|"))) | {json.loads(row["expected_json"])["canonical"]}
    assert permitted_capitals(parse_amount(json.loads(row["input_json"])["amount"])) == listed


def test_the_shared_file_holds_every_kind():
    assert {row["kind"] for row in ROWS} == KINDS.keys() | SCENARIOS


TERM = {
    "signed": "2022-06-15",
    "start": "2022-06-15",
    "end": "2023-06-14",
    "end_time": "24:00",
    "signing_window": ["2022-05-01", "2022-07-31"],
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        ("lottery", {}),
        ("subsidy", {}),
        ("premium_basis", {}),
        ("premium_basis", {"currency": "USD", "premium_usd": "30000.00"}),
        ("premium_basis", {"policy_total": 100}),
        ("premium_basis", {"policy_total": "100", "instalments": [["2022-06-10", "100"]]}),
        ("premium_basis", {"policy_total": "100", "instalments": 5}),
        ("clawback", {"mode": "GIFT", "recognised_at_award": "1.00"}),
        ("clawback", {"mode": "ENDORSEMENT", "recognised_at_award": "1.00"}),
        ("prorata", {"budget": "-1.00", "entitled": []}),
        ("prorata", {"budget": "1.00", "entitled": "1.00,2.00"}),
        ("rmb_upper", {"amount": 12.5}),
        ("rmb_reject", {"text": None}),
        ("uscc", {"text": 91}),
        ("term", TERM | {"signed": "2022-02-30"}),
        ("term", TERM | {"signed": 20220615}),
        ("term", TERM | {"end": "9999-12-31"}),
        ("term", TERM | {"end_time": "12:00"}),
        ("term", TERM | {"signing_window": ["2022-05-01"]}),
        ("workday", {"from": "2022-06-15", "working_days": -1}),
        ("workday", {"from": "2022-06-15", "working_days": "five"}),
        ("cnaps", {"text": 102100099996}),
        ("mask", {"type": "passport", "value": "E1"}),
        ("mask", {"type": "mobile", "value": 13800138000}),
    ],
)
def test_a_case_that_cannot_be_read_says_why(kind, case):
    with pytest.raises(BadCase) as said:
        answer(kind, case)
    assert len(str(said.value)) > 5


def test_another_permitted_form_agrees_only_where_it_is_listed():
    given = {"canonical": "人民币伍角"}
    assert agrees("rmb_upper", given, {"canonical": "人民币伍角整"}, "人民币伍角|人民币伍角正")
    assert not agrees("rmb_upper", given, {"canonical": "人民币陆角"}, "人民币陆角整|人民币陆角正")
    assert not agrees("rmb_upper", given, {"canonical": "人民币陆角"}, "")


# The command


def run(*arguments):
    out = io.StringIO()
    try:
        call_command(Command(), *map(str, arguments), stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def cases_file(folder, *rows, head=HEAD, encoding="utf-8"):
    path = folder / "cases.csv"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes((head + text.getvalue()).encode(encoding))
    return path


def report_of(path):
    return list(csv.DictReader(path.read_text("utf-8").splitlines(keepends=True)))


GOOD = ["own-1", "subsidy", '{"premium": "100.00"}', '{"subsidy": "80.00", "capped": false}', "", "", ""]


def test_the_shared_cases_show_no_mismatch(tmp_path):
    code, out, _ = run(CASES, "--report", tmp_path / "out.csv")
    assert code == 0
    rows = report_of(tmp_path / "out.csv")
    assert [row["case_id"] for row in rows] == [row["case_id"] for row in ROWS]
    assert {row["verdict"] for row in rows} == {"MATCH", "SCENARIO"}
    for row in rows:
        if row["verdict"] == "MATCH" and row["kind"] != "rmb_upper":
            assert json.loads(row["actual_json"]) == json.loads(row["expected_json"])
        assert (row["verdict"] == "SCENARIO") == (row["kind"] == "duplicate")
    assert f"{len(ROWS)} 条" in out


@pytest.mark.parametrize("row", RULE_ROWS, ids=lambda row: row["case_id"])
def test_a_planted_wrong_case_of_any_row_makes_the_command_fail(row, tmp_path):
    expected = json.loads(row["expected_json"])
    key = sorted(expected)[-1]
    expected[key] = (
        not expected[key] if isinstance(expected[key], bool) else ["1"] if isinstance(expected[key], list) else f"{expected[key]}1"
    )
    cases = cases_file(tmp_path, GOOD, [*list(row.values())[:3], json.dumps(expected), row["accepted_alternatives"], "", ""])
    code, out, error = run(cases, "--report", tmp_path / "out.csv")
    assert code == 1
    assert row["case_id"] in out
    assert "1 条用例未通过" in error
    assert [said["verdict"] for said in report_of(tmp_path / "out.csv")] == ["MATCH", "MISMATCH"]


def test_an_unknown_kind_is_said(tmp_path):
    code, out, error = run(cases_file(tmp_path, GOOD, ["own-2", "lottery", "{}", "{}", "", "", ""]), "--report", tmp_path / "out.csv")
    assert code == 1
    assert "own-2 UNKNOWN_KIND: 没有“lottery”这类用例" in out
    assert "1 条用例未通过（共 2 条" in error
    assert report_of(tmp_path / "out.csv")[1]["verdict"] == "UNKNOWN_KIND"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({2: "{premium: 1}"}, "input_json 不是有效的 JSON"),
        ({2: ""}, "input_json 不是有效的 JSON"),
        ({2: "[]"}, "input_json 应为非空的 JSON 对象"),
        ({3: "{}"}, "expected_json 应为非空的 JSON 对象"),
        ({3: "80"}, "expected_json 应为非空的 JSON 对象"),
        ({2: '{"premia": "1.00"}'}, "输入缺少 premium"),
        ({6: "a", 7: "b"}, "比表头多出几列"),
    ],
)
def test_a_malformed_row_is_said_and_fails(changes, why, tmp_path):
    cells = dict(enumerate(GOOD)) | changes
    code, out, _ = run(cases_file(tmp_path, GOOD, list(cells.values())), "--report", tmp_path / "out.csv")
    assert code == 1
    assert why in out
    assert [row["verdict"] for row in report_of(tmp_path / "out.csv")] == ["MATCH", "MALFORMED"]


def test_a_short_row_is_malformed(tmp_path):
    code, out, _ = run(cases_file(tmp_path, ["own-3", "subsidy"]))
    assert code == 1
    assert "MALFORMED" in out


def test_a_case_may_ask_for_less_than_there_is(tmp_path):
    assert run(cases_file(tmp_path, [*GOOD[:3], '{"subsidy": "80.00"}', "", "", ""]))[0] == 0
    assert run(cases_file(tmp_path, [*GOOD[:3], '{"subsidy": "80.00", "bonus": "1.00"}', "", "", ""]))[0] == 1


def test_a_file_is_read_and_reported_with_or_without_byte_order_mark(tmp_path):
    assert run(cases_file(tmp_path, GOOD, encoding="utf-8-sig"), "--report", tmp_path / "out.csv")[0] == 0
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfcase_id")


def test_a_report_can_be_checked_again(tmp_path):
    run(CASES, "--report", tmp_path / "out.csv")
    assert run(tmp_path / "out.csv", "--report", tmp_path / "again.csv")[0] == 0
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "文件缺少这些列：case_id、kind、input_json、expected_json"),
        (b"case_id,kind\n1,subsidy\n", "文件缺少这些列：input_json、expected_json"),
        (HEAD.encode(), "没有用例"),
        ("序号,类型\n".encode("gb18030"), "不是 UTF-8"),
        (HEAD.encode() + b'1,subsidy,"' + b"x" * 200_000 + b'",,,,\n', "行读不出来"),
    ],
)
def test_a_file_that_is_no_list_of_cases_fails_with_a_sentence(content, why, tmp_path):
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    code, _, error = run(path)
    assert code == 1
    assert why in error


def test_missing_and_unwritable_files_fail_with_a_sentence(tmp_path):
    assert "读不到" in run(tmp_path / "none.csv")[2]
    code, _, error = run(CASES, "--report", tmp_path / "none" / "out.csv")
    assert code == 1
    assert "写不了" in error
