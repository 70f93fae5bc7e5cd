"""Which rows a paper is owed for: asked when one is issued, and by the sweep that finds those a lost task left unmade."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class PaperQuerySet(models.QuerySet):
    OWED: ClassVar[dict[str, Q]] = {}  # kind of paper → the rows about which one is issued

    def owed(self, kind: str):
        return self.filter(self.OWED[kind])

    def without_paper(self, kind: str):
        return self.owed(kind).exclude(documents__kind=kind)
