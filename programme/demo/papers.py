"""Papers that the sample enterprises upload: real PDFs with a text layer, plainly marked as fictional."""

from django.core.files.uploadedfile import SimpleUploadedFile

from subsidies.documents.rendering import render_html, render_pdf


def paper(title: str, *lines: tuple[str, str], signed: str = "") -> SimpleUploadedFile:
    """A one-page PDF named after its title."""
    html = render_html("sample_paper.html", {"title": title, "lines": lines, "signed": signed})
    return SimpleUploadedFile(f"{title}.pdf", render_pdf(html), content_type="application/pdf")
