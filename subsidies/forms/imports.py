"""The form with which an insurer sends a sheet of filings."""

from django import forms
from django.utils import timezone

from pilot_portal.files.forms import PaperField, PaperForm, PaperInput
from pilot_portal.files.models import StoredFile
from subsidies.filing_sheets import MOST_ROWS, MOST_SHEET_BYTES, MOST_ZIP_BYTES
from subsidies.models import Window
from subsidies.services import imports

MB = 1024 * 1024


class SheetField(PaperField):
    widget = PaperInput(".xlsx", MOST_SHEET_BYTES)
    kinds = frozenset({imports.XLSX})

    def keep(self, upload) -> StoredFile:
        return imports.keep_sheet(upload, by=self.by, at=timezone.now())


class PackedField(PaperField):
    widget = PaperInput(".zip", MOST_ZIP_BYTES)
    kinds = frozenset({imports.ZIP})

    def keep(self, upload) -> StoredFile:
        return imports.keep_papers(upload, by=self.by, at=timezone.now())


class ImportForm(PaperForm):
    window = forms.ModelChoiceField(
        Window.objects.none(),
        label="申报期",
        empty_label=None,
        error_messages={"required": "请选择申报期。", "invalid_choice": "请从正在受理的申报期中选择。"},
    )
    file = SheetField(
        label="填好的 Excel",
        help_text=f"Excel 工作簿（.xlsx），不超过 {MOST_SHEET_BYTES // MB} MB，最多 {MOST_ROWS} 行。",
        error_messages={"required": "请选择填好的 Excel。"},
    )
    papers = PackedField(
        label="材料包（选填）",
        required=False,
        help_text=f"ZIP，不超过 {MOST_ZIP_BYTES // MB} MB。保单、发票、付款回单等，文件名里有保单号。材料都已登记的，可以不传。",
    )

    def __init__(self, *args, windows, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["window"].queryset = windows
        self.fields["window"].label_from_instance = lambda window: window.name
