"""The font folder is made once, whole or not at all."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import call_command
from fontTools.ttLib import TTFont

from subsidies import fonts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("var") / "fonts"
    assert fonts.cut_fonts(folder)
    return folder


def test_the_cut_holds_gb_2312_latin_and_the_rare_characters_of_names(folder):
    for path in (folder / "files").glob("*-Cut.ttf"):
        font = TTFont(path)
        assert font.sfntVersion == "\x00\x01\x00\x00"
        assert font["name"].getDebugName(1).endswith("SC Cut")
        assert fonts.characters() - {0x201B, 0x201F, 0x2023, 0x2024} <= font.getBestCmap().keys()
        assert {ord(letter) for letter in "一龥，。（）〔〕“”—…·¥￥×Az09赟堃喆𬭸"} - {ord("龥")} <= font.getBestCmap().keys()
        assert path.stat().st_size < 5_000_000


def test_a_second_run_does_nothing_and_takes_no_time(folder, settings, capsys):
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    settings.FONT_DIR = folder
    started = time.monotonic()
    call_command("cut_fonts")
    assert time.monotonic() - started < 1
    assert capsys.readouterr().out == ""
    assert {path: path.lstat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.fixture
def quick_cut(monkeypatch):
    """Cutting without the work; the list holds one entry a cut."""
    cuts = []

    def copy(source: Path, target: Path, family: str) -> None:
        time.sleep(0.05)
        target.write_bytes(source.read_bytes())

    class Pool:
        def __init__(self, workers):
            cuts.append(workers)

        __enter__, __exit__, map = (lambda self: self), (lambda self, *error: None), staticmethod(map)

    monkeypatch.setattr(fonts, "_cut", copy)
    monkeypatch.setattr(fonts, "ProcessPoolExecutor", Pool)
    return cuts


def test_two_runs_at_once_cut_once(tmp_path, quick_cut):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(fonts.cut_fonts, [tmp_path / "fonts"] * 4))
    assert sorted(made) == [False, False, False, True]
    assert len(quick_cut) == 1


def test_a_killed_run_leaves_the_old_folder_in_use_and_its_scraps_are_swept(tmp_path, quick_cut, monkeypatch):
    folder = tmp_path / "fonts"
    fonts.cut_fonts(folder)
    monkeypatch.setattr(fonts, "RECIPE", "another")
    with monkeypatch.context() as patch:
        patch.setattr(fonts, "_swap", lambda fresh, folder: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fonts.cut_fonts(folder)
    assert (folder / "fonts.conf").is_file()
    (tmp_path / ".fonts-killed").mkdir()
    assert fonts.cut_fonts(folder)
    assert not fonts.cut_fonts(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fonts", "fonts.lock"]


def test_a_moved_folder_is_cut_anew(tmp_path, quick_cut):
    fonts.cut_fonts(tmp_path / "fonts")
    (tmp_path / "fonts").rename(tmp_path / "elsewhere")
    assert fonts.cut_fonts(tmp_path / "elsewhere")


def test_no_font_of_the_machine_can_be_seen(folder):
    before = dict(os.environ)
    with fonts.only_our_fonts(folder):
        seen = subprocess.run(["fc-list", ":", "file"], capture_output=True, text=True, check=True).stdout
    assert dict(os.environ) == before
    listed = {Path(line.rstrip(": ")).name for line in seen.splitlines() if line.strip()}
    assert listed == {"NotoSerifSC-Cut.ttf", "NotoSansSC-Cut.ttf", "NotoSerifSC-Regular.otf", "NotoSansSC-Regular.otf"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("北京\n公司 A-1", "北京\n公司 A-1"),
        ("a\u202eb\u200bc", "a〔U+202E〕b〔U+200B〕c"),
        ("😀\x00\t", "〔U+1F600〕〔U+0000〕〔U+0009〕"),
        ("\ud800", "〔U+D800〕"),
    ],
)
def test_what_no_font_of_ours_draws_is_shown_by_its_code(text, shown):
    assert fonts.printable(text) == shown
