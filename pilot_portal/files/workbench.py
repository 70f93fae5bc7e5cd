"""Uploaded papers on a screen of the workbench: pages as pictures, which run nothing, and the original beside them."""

from collections.abc import Iterable

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse

from pilot_portal.audit.workbench import ScreenAdmin

from .forms import PaperField
from .inspect import PDF
from .models import StoredFile
from .pictures import page_count, page_picture
from .services import serve

PAPER_HEADERS = {"Cache-Control": "private, no-store", "X-Frame-Options": "SAMEORIGIN"}


class PapersAdmin(ScreenAdmin):
    """A screen with papers: `papers(obj)` says which, and nobody gets any other through it."""

    def sent_form(self, request, act, obj):
        """A paper that comes with an act is kept in the name of who sends it, also when another field is refused."""
        form = super().sent_form(request, act, obj)
        for field in form.fields.values():
            if isinstance(field, PaperField):
                field.by = request.user
        return form

    def papers(self, obj) -> Iterable[tuple[str, StoredFile]]:
        raise NotImplementedError

    def get_urls(self):
        paper = "<path:object_id>/paper/<int:file_id>/"
        return [
            self.page_path(paper, self.paper_view, "paper"),
            self.page_path(f"{paper}<int:number>.png", self.page_view, "paper_page"),
            self.page_path(f"{paper}original/", self.original_view, "paper_original"),
            *super().get_urls(),
        ]

    def paper_links(self, obj) -> list[tuple[str, StoredFile, str]]:
        """(kind, file, address) of each paper, in the order in which an officer reads them."""
        return [(kind, stored, self.page_url("paper", obj.pk, stored.pk)) for kind, stored in self.papers(obj)]

    def _paper(self, request, object_id, file_id) -> tuple[str, StoredFile]:
        obj = self.found(request, object_id)
        paper = next(((kind, stored) for kind, stored in self.papers(obj) if stored.pk == file_id), None)
        if paper is None:
            raise Http404
        return paper

    @csp_replace({"frame-ancestors": [SELF]})  # it stands in a frame of the screen
    def paper_view(self, request, object_id, file_id):
        kind, stored = self._paper(request, object_id, file_id)
        context = {
            "kind": kind,
            "stored": stored,
            "original": self.page_url("paper_original", object_id, file_id),
            "pages": [self.page_url("paper_page", object_id, file_id, number + 1) for number in range(page_count(stored))],
        }
        return TemplateResponse(request, "admin/paper.html", context, headers=PAPER_HEADERS)

    def page_view(self, request, object_id, file_id, number):
        _, stored = self._paper(request, object_id, file_id)
        if stored.content_type != PDF:
            return serve(stored)
        return HttpResponse(page_picture(stored, number), content_type="image/png", headers={"Cache-Control": "private, max-age=600"})

    def original_view(self, request, object_id, file_id):
        return serve(self._paper(request, object_id, file_id)[1], download=True)
