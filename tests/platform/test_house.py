"""The rules of the house, which no single line breaks by itself: who imports whom, what code may not hold, what must exist."""

import ast
import re
import string
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from pilot_portal.celery import app as celery
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS
from pilot_portal.workflow.refusals import CATALOGUE
from subsidies.letter_words import LETTERS
from tests.subsidies.api import NAMES

ROOT = settings.BASE_DIR
PACKAGES = ("pilot_portal", "enterprises", "insurers", "subsidies", "programme")
MONEY = ("pilot_portal/reference", "enterprises", "insurers", "subsidies", "programme")  # where amounts are handled


def sources(*folders: str, migrations: bool = False) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if migrations or "migrations" not in path.parts]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def nodes(kind: type, *folders: str, **options) -> Iterator[tuple[str, ast.AST]]:
    """(place, node) of every node of this kind."""
    for path in sources(*folders, **options):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, kind):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def called(node: ast.Call) -> str:
    """The name that is called, with what it is called on: `date.today`, `float`."""
    return ast.unparse(node.func)


# who imports whom


def test_imports_go_one_way():
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


# what no module holds


def test_there_are_no_signals():
    imports = [
        place
        for place, node in nodes((ast.Import, ast.ImportFrom), *PACKAGES)
        if re.search(r"signals|django\.dispatch", ast.unparse(node)) and not ast.unparse(node).startswith("import signal")
    ]
    receivers = [place for place, node in nodes(ast.Call, *PACKAGES) if called(node).split(".")[-1] in ("receiver", "Signal")]
    assert imports + receivers == []


def test_no_model_overrides_save_or_delete():
    overridden = [
        f"{model.__name__}.{name}"
        for model in apps.get_models()
        if model.__module__.startswith(PACKAGES)
        for name in ("save", "delete")
        if name in vars(model)
    ]
    assert overridden == []


def test_there_is_no_float_where_money_is_handled():
    literals = [place for place, node in nodes(ast.Constant, *MONEY) if isinstance(node.value, float) and "fonts.py" not in place]
    calls = [place for place, node in nodes(ast.Call, *MONEY) if called(node) == "float"]
    fields = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, models.FloatField) and model.__module__.startswith(PACKAGES)
    ]
    assert literals + calls + fields == []


def test_no_decimal_is_made_of_a_float():
    made = [
        place
        for place, node in nodes(ast.Call, *PACKAGES)
        if called(node) in ("Decimal", "decimal.Decimal", "Decimal.from_float")
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, float)
    ]
    assert made == []


CLOCKS = {"timezone.now", "now", "datetime.now", "date.today", "timezone.localdate()", "time.time", "datetime.utcnow"}


def test_rules_and_services_take_the_time_from_their_caller():
    """`at=` comes from whoever asks, so that a test or an auditor can ask about any day."""
    looked = [
        place
        for place, node in nodes(ast.Call, *PACKAGES)
        if re.search(r"/(rules|services|documents|payment_files|eligibility|capitals)(/|\.py)", place)
        and (called(node) in CLOCKS or (called(node) == "timezone.localdate" and not node.args))
    ]
    assert looked == ["subsidies/services/documents.py:" + place.split(":")[1] for place in looked], looked  # when a paper was drawn


def test_nothing_is_swallowed():
    """An except that does nothing at all hides what it caught."""
    silent = [
        place
        for place, node in nodes(ast.ExceptHandler, *PACKAGES)
        if all(isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)) for line in node.body)
    ]
    assert silent == []


def test_no_test_is_skipped_or_expected_to_fail():
    marks = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)|unittest\.skip")
    marked = [str(path.relative_to(ROOT)) for path in sources("tests") if path != Path(__file__) and marks.search(path.read_text())]
    assert marked == []


# the database


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_every_foreign_key_to_a_person_or_a_case_protects_it():
    """What an officer did and what a case consists of does not vanish with a user or a case."""
    loose = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith(PACKAGES)
        for field in model._meta.fields
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
    }
    # a letter goes with its reader; findings and papers of a draft go with the draft, which a filed case never is (trigger)
    # a row of a sheet outlives a draft that was declined and deleted; that of a filed case is held by a constraint
    assert loose == {"Message.recipient", "Finding.application", "Attachment.application", "ImportRow.application"}


# addresses

PUBLIC = {
    "accounts:login",
    "accounts:register",
    "accounts:password_reset",
    "accounts:password_reset_sent",
    "accounts:password_reset_confirm",
    "admin:login",  # sends to accounts:login
    "enterprises:invitation",
    "insurers:staff_invitation",
    "programme:home",
    "programme:notices",
    "programme:notice",
    "programme:guide",
    "programme:calculator",
    "programme:self_check",
    "programme:checklist",
    "programme:lists",
    "programme:list",
    "programme:list_paper",
    "programme:object",
    "programme:objection",
    "programme:objection_progress",
    "programme:verify",
    "programme:verified",
    "programme:progress",
    "programme:accessibility",
    "programme:privacy",
    "programme:sitemap",
    "programme:report_error",
    "programme:healthz",
    "programme:readyz",
    "programme:metrics",
    *NAMES,
}
SAMPLES = {"<int:": "1", "<slug:": "invoices", "<str:": "x", "<path:": "1", "<uuid:": "0" * 32, "<": "x"}


def patterns(resolver: URLResolver | None = None, prefix: str = "", spaces: tuple = ()) -> Iterator[tuple[str, str, URLPattern]]:
    """(name with its namespace, a sample address, pattern) of every address."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + re.sub(r"^\^", "", str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route, (*spaces, entry.namespace) if entry.namespace else spaces)
        else:
            yield ":".join((*spaces, entry.name or "")), sample(route), entry


def sample(route: str) -> str:
    if "(?P" in route:  # the admin's word for any address and for one of its apps
        return "/" + re.sub(r"\(\?P<\w+>[^)]*\)", "x", route).replace("$", "")
    return "/" + re.sub(r"<(\w+:)?\w+>", lambda match: SAMPLES[f"<{match[1] or ''}"], route)


@pytest.mark.django_db
def test_every_address_is_under_login_unless_it_is_listed_public(client):
    seen, open_to_all = set(), set()
    for name, address, _ in patterns():
        answer = client.get(address)
        seen.add(name)
        goes_to_login = answer.status_code == 302 and answer["Location"].startswith(("/account/login/", "/admin/login/"))
        if not goes_to_login:
            open_to_all.add(name)
    assert len(seen) > 60
    assert open_to_all <= PUBLIC, sorted(open_to_all - PUBLIC)


@pytest.mark.django_db
def test_the_list_of_public_addresses_names_none_that_is_gone():
    assert {name for name, _, _ in patterns()} >= PUBLIC - {"admin:login"}


# refusals


def refusals_raised() -> list[tuple[str, str, ast.Call]]:
    """(place, code, call) of every Refusal whose code is written in place."""
    return [
        (place, node.args[0].value, node)
        for place, node in nodes(ast.Call, *PACKAGES)
        if called(node) == "Refusal" and node.args and isinstance(node.args[0], ast.Constant)
    ]


def test_every_refusal_stands_in_the_catalogue():
    assert {code for _, code, _ in refusals_raised()} <= CATALOGUE.keys()
    assert set(CONSTRAINT_REFUSALS.values()) <= CATALOGUE.keys()


def test_every_sentence_of_the_catalogue_is_said_somewhere():
    written = {
        node.value
        for path in sources(*PACKAGES)
        if path.name != "refusals.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CATALOGUE) - written == set()


def test_every_refusal_is_given_the_facts_that_its_sentence_needs():
    lacking = []
    for place, code, call in refusals_raised():
        given = {keyword.arg for keyword in call.keywords}
        needed = set(re.findall(r"%\((\w+)\)s", CATALOGUE[code].sentence))
        if None not in given and needed - given:
            lacking.append((place, code, needed - given))
    assert lacking == []


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_sentence_is_chinese_ends_in_a_full_stop_and_has_its_status(code):
    reason = CATALOGUE[code]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", code)
    assert reason.sentence.endswith(("。", "%(sentence)s", "%(why)s"))
    assert 400 <= reason.status < 500
    assert re.search(r"[\u4e00-\u9fff]", reason.sentence.replace("%(sentence)s", "句"))


# jobs


def test_every_job_of_the_schedule_and_every_task_sent_by_name_exists():
    celery.loader.import_default_modules()
    scheduled = {entry["task"] for entry in celery.conf.beat_schedule.values()}
    sent = {
        node.args[0].value
        for _, node in nodes(ast.Call, *PACKAGES)
        if called(node) == "after_commit" and isinstance(node.args[0], ast.Constant)
    }
    assert sent
    assert (scheduled | sent) - set(celery.tasks) == set()


def test_every_task_of_ours_is_scheduled_or_sent():
    celery.loader.import_default_modules()
    ours = {name for name in celery.tasks if name.split(".")[0] in PACKAGES}
    texts = "".join(path.read_text() for path in sources(*PACKAGES))
    scheduled = {entry["task"] for entry in celery.conf.beat_schedule.values()}
    idle = {name for name in ours - scheduled if name not in texts and f"{name.split('.')[-1]}.delay(" not in texts}
    assert idle == {"subsidies.tasks.allocate_window"}  # the head's desk waits for the result; this is for a run too long for that


# what strangers read

TEXT = {".py", ".html", ".css", ".js", ".txt", ".md", ".sql", ".sh", ".toml", ".yml", ".yaml", ".conf", ".example", ""}


def texts(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()


def test_no_page_takes_an_asset_from_another_host():
    foreign = re.compile(
        r"""(?:src|srcset|action)\s*=\s*["']?(?:https?:)?//|<link[^>]+href\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import"""
    )
    assert [name for name, text in texts("templates", "static") if foreign.search(text)] == []


def test_no_page_runs_a_script_or_a_style_written_into_it():
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+\s*=\s*[\"']|\sstyle\s*=\s*[\"']|javascript:", re.IGNORECASE)
    remark = re.compile(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", re.DOTALL)
    pages = {name: remark.sub("", text) for name, text in texts("templates") if not name.startswith("templates/documents/")}
    assert [name for name, text in pages.items() if inline.search(text)] == []


def test_no_file_names_a_place_on_somebodys_machine():
    places = re.compile("|".join(re.escape(start) for start in ("/" + "work/", "/" + "root/", "/" + "home/", "/" + "tmp/h/")))
    folders = (*PACKAGES, "templates", "static", "tests", "bin", "deploy", "bench", "docs")
    assert [name for name, text in texts(*(folder for folder in folders if (ROOT / folder).exists())) if places.search(text)] == []


def test_every_template_that_a_view_names_exists():
    named = {
        node.value
        for _, node in nodes(ast.Constant, *PACKAGES)
        if isinstance(node.value, str) and re.fullmatch(r"[a-z_]+/[a-z_/]+\.(html|txt)", node.value)
    }
    assert len(named) > 30
    assert {name for name in named if not (ROOT / "templates" / name).exists()} <= {"admin/base_site.html", "admin/index.html"}


def test_names_in_texts_for_formatting_are_words():
    """A letter's {name} that nobody fills would fail in the middle of a move; and each letter is told somewhere."""
    always = {"number", "entity", "window", "awarded", "entitled", "due"}
    added = {"tell": set(), "_tell": {"amount", "until"}, "_tell_all": {"why"}}  # by the function that is called
    told = defaultdict(list)
    for _, call in nodes(ast.Call, "subsidies"):
        if getattr(call.func, "id", "") in added:
            for event in (word.value for word in call.args if isinstance(word, ast.Constant)):
                told[event].append({keyword.arg for keyword in call.keywords} | added[call.func.id])
    for event, words in LETTERS.items():
        fields = {name for text in words for _, name, _, _ in string.Formatter().parse(text) if name}
        assert told[event], f"nobody tells {event}"
        assert all(fields <= always | given for given in told[event]), event
