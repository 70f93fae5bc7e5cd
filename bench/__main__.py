"""Runs every module of this folder that has `rows()`, or those named: a table, and var/bench.json. Exits 1 when a bar is missed."""

import importlib
import json
import os
import sys
from pathlib import Path

import django

HERE = Path(__file__).parent


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # services and databases of its own
    django.setup()
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if "\ndef rows()" in path.read_text())
    found = []
    for name in names:
        for row in importlib.import_module(f"bench.{name}").rows():
            sign = "≤" if row.at_most else "≥"
            print(f"{'ok' if row.ok else 'MISSED':<7} {row.ratio:>7.2f}  {sign} {row.bar:<5g} {row.name}", flush=True)
            found.append(row)
    report = {row.name: {"ratio": round(row.ratio, 3), "bar": row.bar, "ok": row.ok} for row in found}
    (HERE.parent / "var" / "bench.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    return 0 if all(row.ok for row in found) else 1


sys.exit(main())
