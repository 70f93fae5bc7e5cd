"""HTML to PDF/A-2b, with nothing but our fonts and no way out: the same page gives the same bytes."""

import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.template import Context, Engine
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.text.ffi import harfbuzz_subset
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from subsidies.fonts import only_our_fonts, printable

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"
# Pango's font map is not made for two threads at once. Fork workers before threads draw: GLib's locks do not survive a fork.
_press = threading.Lock()


class NoWayOut(URLFetcher):
    """A paper is made of what it is given: no network, no files. Remembers what was asked for, since WeasyPrint goes on without it."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> NoReturn:
        self.refused.append(url)
        raise ValueError("a paper may not fetch anything")


def render_html(template: str, facts: dict[str, Any]) -> str:
    """The page as HTML. Its text is escaped, and limited to what our fonts can draw."""
    return printable(_engine().get_template(template).render(Context(facts, use_l10n=False)))


def render_pdf(html: str, shorter: Callable[[], str] | None = None) -> bytes:
    """PDF/A-2b. Title and creation date come from the head of the HTML. `shorter` is asked when `html` needs more than one page."""
    way_out = NoWayOut()
    with _press:
        paper = _lay_out(html, way_out)
        if shorter and len(paper.pages) > 1:
            paper = _lay_out(shorter(), way_out)
        content: bytes = paper.write_pdf(pdf_variant="pdf/a-2b")
    if way_out.refused:
        raise RuntimeError(f"a paper asked for something from outside: {way_out.refused[0]}")
    return content


def _lay_out(html: str, way_out: NoWayOut) -> Document:
    fonts, stylesheet = _set_up(os.getpid())
    return HTML(string=html, url_fetcher=way_out).render(stylesheets=[stylesheet], font_config=fonts, pdf_variant="pdf/a-2b")


@lru_cache(maxsize=1)
def _engine() -> Engine:
    # the folder above is for wordings that screen and paper share
    return Engine(dirs=[str(TEMPLATES), str(TEMPLATES.parent)], builtins=["subsidies.documents.wording"])


@lru_cache(maxsize=1)  # a forked worker has its own process number and sets up anew
def _set_up(process: int) -> tuple[FontConfiguration, CSS]:
    if harfbuzz_subset is None:
        raise RuntimeError("缺少系统库 libharfbuzz-subset0，文书会慢十倍。请运行：sudo apt-get install libharfbuzz-subset0")
    with only_our_fonts(Path(settings.FONT_DIR)):
        fonts = FontConfiguration()
    return fonts, CSS(string=(TEMPLATES / "official.css").read_text(), font_config=fonts, url_fetcher=NoWayOut())
