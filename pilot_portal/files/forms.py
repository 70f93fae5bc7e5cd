"""Uploads that survive a fault in another field."""

from django import forms
from django.core import signing
from django.utils import timezone

from pilot_portal.workflow.refusals import Refusal

from .inspect import MAX_BYTES, PAPERS
from .models import StoredFile
from .services import clean_name, store_upload

MOST_AT_ONCE = 20
KEPT, KEPT_FOR = "kept papers", 24 * 3600  # seconds in which a form may be sent again with what it has kept
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"


class PaperInput(forms.widgets.Input):
    """A file input that names the paper already kept and sends its key along."""

    input_type = "file"
    needs_multipart_form = True
    template_name = "files/paper_input.html"

    def __init__(self, accept: str = ACCEPT, most: int = MAX_BYTES):
        super().__init__({"accept": accept, "data-max-bytes": most})

    def value_from_datadict(self, data, files, name):
        return files.get(name) or data.get(f"{name}_kept")

    def format_value(self, value):
        return None

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["kept"] = value if isinstance(value, StoredFile) else None
        return context


class PaperField(forms.Field):
    """A PDF, JPG or PNG up to 20 MB; becomes a StoredFile, kept before the other fields are judged. Raises the Refusals of `inspect`."""

    widget = PaperInput
    kinds = PAPERS  # content types of what it keeps
    default_error_messages = {"required": "请选择文件。"}

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", "PDF、JPG 或 PNG，不超过 20 MB。")
        super().__init__(**kwargs)
        self.by, self.kept = None, None

    def clean(self, value) -> StoredFile | None:
        if isinstance(value, str):
            mine = StoredFile.objects.filter(added_by=self.by, content_type__in=self.kinds)
            self.kept = mine.filter(pk=value[:18]).first() if value.isdecimal() else None
        elif value is not None:
            self.kept = self.keep(value)
        if self.required and self.kept is None:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return self.kept

    def keep(self, upload) -> StoredFile:
        return store_upload(upload, by=self.by, at=timezone.now())

    def bound_data(self, data, initial):
        return self.kept or initial


class PapersInput(forms.widgets.Input):
    """Several files in one choice."""

    input_type = "file"
    needs_multipart_form = True
    allow_multiple_selected = True

    def __init__(self):
        super().__init__({"accept": ACCEPT, "data-max-bytes": MAX_BYTES, "multiple": True})

    def value_from_datadict(self, data, files, name):
        return files.getlist(name)

    def format_value(self, value):
        return None


class PapersField(PaperField):
    """Several papers at once; becomes a list of StoredFile. What is refused does not hold up the rest: `refused` says which and why."""

    widget = PapersInput

    def __init__(self, **kwargs):
        kwargs.setdefault("help_text", f"可以一次选多份，最多 {MOST_AT_ONCE} 份。PDF、JPG 或 PNG，每份不超过 20 MB。")
        super().__init__(**kwargs)
        self.refused: list[str] = []

    def clean(self, value) -> list[StoredFile]:
        kept, self.refused = [], []
        for upload in value[:MOST_AT_ONCE]:
            try:
                kept.append(self.keep(upload))
            except Refusal as refusal:
                self.refused.append(refusal.sentence)
        self.refused += [
            f"文件“{clean_name(upload.name)}”没有收下：一次最多 {MOST_AT_ONCE} 份，请再传一次。" for upload in value[MOST_AT_ONCE:]
        ]
        if not kept:
            raise forms.ValidationError(self.refused or self.error_messages["required"])
        return kept

    def bound_data(self, data, initial):
        return None


class KeptPapersInput(PapersInput):
    """Several files; those kept already stand above with a tick each, and go along with the next sending while they are ticked."""

    template_name = "files/papers_input.html"

    def value_from_datadict(self, data, files, name):
        return files.getlist(name), data.getlist(f"{name}_kept")

    def format_value(self, value):
        return None

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["kept"] = [(paper, signing.dumps(paper.pk, salt=KEPT)) for paper in value or ()]
        return context


class KeptPapersField(PaperField):
    """Several papers; becomes a list of StoredFile. What was kept is known by a signature, so that it holds for who has no account."""

    widget = KeptPapersInput

    def __init__(self, *, most: int, **kwargs):
        kwargs.setdefault("help_text", f"PDF、JPG 或 PNG，最多 {most} 份，每份不超过 20 MB。")
        super().__init__(**kwargs)
        self.most = most

    def clean(self, value) -> list[StoredFile]:
        uploads, tokens = value
        refused: list[forms.ValidationError | str] = []
        self.kept = list(StoredFile.objects.filter(pk__in=filter(None, map(_signed, tokens))).order_by("pk"))
        for upload in uploads:
            if len(self.kept) == self.most:
                refused.append(f"文件“{clean_name(upload.name)}”没有收下：最多 {self.most} 份。可以先取消勾选不需要的。")
                continue
            try:
                self.kept.append(self.keep(upload))
            except Refusal as refusal:
                refused.append(refusal)
        if refused:
            raise forms.ValidationError(refused)
        if self.required and not self.kept:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return self.kept

    def bound_data(self, data, initial):
        return self.kept


def _signed(token: str) -> int | None:
    """The key of a paper that this form has kept a while ago."""
    try:
        return signing.loads(token, salt=KEPT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None


class PaperForm(forms.Form):
    """A form with papers; `by` is who uploads them."""

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, PaperField):
                field.by = by
