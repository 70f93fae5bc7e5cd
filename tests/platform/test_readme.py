"""README and the guides speak of the code as it is."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command

from pilot_portal.accounts.roles import Role
from programme.demo.cast import NAMES, PASSWORD
from subsidies.management.commands.draw_lives import BEGIN, LIVES
from subsidies.models import AttachmentKind, DocumentKind

ROOT = settings.BASE_DIR
README = (ROOT / "README.md").read_text()
GUIDES = sorted((ROOT / "docs").glob("*.md"))
PICTURES = sorted((ROOT / "docs/img").glob("*.png"))
APPS = [app for app in apps.get_app_configs() if Path(app.path).is_relative_to(ROOT) and "site-packages" not in Path(app.path).parts]


def test_the_lives_are_drawn_as_they_are():
    call_command("draw_lives", check=True)


def test_a_life_that_differs_is_told_and_drawn_anew(tmp_path):
    stale = tmp_path / "README.md"
    stale.write_text(README.replace("`check` 复核通过 → CHECKED（复核）", "`check` 复核通过 → CHECKED（经办）"))
    with pytest.raises(CommandError, match="draw_lives"):
        call_command("draw_lives", check=True, readme=stale)
    call_command("draw_lives", readme=stale)
    assert stale.read_text() == README


def test_a_readme_without_a_place_for_the_lives_is_refused(tmp_path):
    bare = tmp_path / "README.md"
    bare.write_text(README.replace(BEGIN, ""))
    with pytest.raises(CommandError, match="no place"):
        call_command("draw_lives", readme=bare)


def test_every_state_and_action_has_its_word():
    for _, _, states, life in LIVES:
        for state in states:
            assert f"| {state.name} | {state.label} |" in README
        for edge in life.edges:
            assert f"`{edge.action.value}` {edge.action.label}" in README


@pytest.mark.parametrize("model", [model for app in APPS for model in app.get_models()], ids=lambda model: model.__name__)
def test_every_model_is_in_the_glossary(model):
    glossary = README.split("## Glossary")[1].split("\n## ")[0]
    lines = [line for line in glossary.splitlines() if f"`{model._meta.app_label}.{model.__name__}`" in line]
    assert len(lines) == 1
    if model._meta.verbose_name.isascii():  # it never appears on a page
        return
    assert model._meta.verbose_name in lines[0].split("|")[1]


def test_every_role_has_a_line_with_its_account():
    for role in Role:
        assert f"`{role.value}` | {role.label} |" in README or role == Role.SYSTEM
    assert set(NAMES) == set(Role) - {Role.SYSTEM}
    assert f"`{PASSWORD}`" in README


def test_every_paper_has_its_word():
    for kind in DocumentKind:
        assert f"| {kind.label} | `DocumentKind.{kind.name}` |" in README
    for kind in AttachmentKind:
        assert kind.label.split("（")[0] in README


def test_every_environment_variable_is_explained():
    text = (ROOT / "pilot_portal/settings.py").read_text() + (ROOT / "deploy/gunicorn.py").read_text()
    read = set(re.findall(r'(?:env(?:\.\w+)?|environ\.get)\("([A-Z_]+)"', text))
    assert {"DATABASE_URL", "FIELD_KEY", "BIND"} <= read
    assert [name for name in sorted(read) if f"`{name}`" not in README] == []


def test_every_command_is_explained():
    commands = {path.stem for app in APPS for path in Path(app.path).glob("management/commands/[a-z]*.py")}
    assert "check_rules" in commands
    assert [name for name in sorted(commands) if f"`{name}" not in README] == []


@pytest.mark.parametrize("text", [README, *(path.read_text() for path in GUIDES)], ids=["README.md", *(path.name for path in GUIDES)])
def test_every_file_that_is_named_exists(text):
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", text)
    assert [name for name in named if not name.startswith("var/") and not (ROOT / name).exists()] == []


def test_every_name_of_the_glossary_is_in_the_code():
    glossary = README.split("## Glossary")[1].split("\n## ")[0]
    source = "".join(path.read_text() for app in APPS for path in Path(app.path).rglob("*.py"))
    named = [name for line in glossary.splitlines() for cell in line.split("|")[2:3] for name in re.findall(r"`[\w.]*?(\w+)`", cell)]
    assert len(named) > 70
    assert [name for name in named if not re.search(rf"\b{name}\b", source)] == []


@pytest.mark.parametrize("path", [ROOT / "README.md", *GUIDES], ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    text = path.read_text()
    links = re.findall(r'\]\(([^)\s]+)\)|src="([^"]+)"', text)
    anchors = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
    for link in ("".join(pair) for pair in links):
        if link.startswith("#"):
            assert link[1:] in anchors
        elif not link.startswith("http"):
            assert (path.parent / link.split("#")[0]).exists(), link


def test_every_picture_is_shown_and_all_are_small():
    shown = README + "".join(path.read_text() for path in GUIDES)
    assert [path.name for path in PICTURES if f"img/{path.name}" not in shown] == []
    assert sum(path.stat().st_size for path in PICTURES) < 3_500_000
