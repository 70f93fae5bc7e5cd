"""Papers that belong to a case: added and taken away while it is a draft, handed out only to who may see the case."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pilot_portal.files.pictures import small_picture
from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms
from subsidies.models import AttachmentKind
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.services.documents import issue_receipt

from .drafts import further_page, pledge_page
from .finding import of_case, of_draft, say_no


@of_draft
@require_POST
def attach(request, application):
    """Keep what is good of the papers: the sealed pledge, or further ones of the kind that is given; say what is wrong with the rest."""
    is_pledge = "kind" not in request.POST
    form = (forms.SealedPledgeForm if is_pledge else forms.AttachmentForm)(*sent(request), by=request.user)
    if form.is_valid():
        kind = AttachmentKind.PLEDGE if is_pledge else AttachmentKind(form.cleaned_data["kind"])
        try:
            for paper in form.cleaned_data["file"]:
                drafts.attach(application, kind, paper, by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"已上传 {len(form.cleaned_data['file'])} 份材料。")
            for fault in form.fields["file"].refused:
                messages.error(request, fault)
            return redirect("subsidies:pledge" if is_pledge else "subsidies:further", application.pk)
    return (pledge_page if is_pledge else further_page)(request, application, upload=form)


@of_draft
@require_POST
def detach(request, application, attachment):
    row = get_object_or_404(application.attachments.select_related("application", "file"), pk=attachment)
    try:
        drafts.detach(row, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return say_no(request, refusal, application)
    messages.success(request, f"已移除“{row.file.name}”。")
    return redirect("subsidies:pledge" if row.kind == AttachmentKind.PLEDGE else "subsidies:further", application.pk)


@of_case
@require_safe
def paper(request, application, file):
    """A paper of the case, by its key; any other file is not found."""
    for _, stored in services.papers_of(application):
        if stored.pk == file:
            return serve(stored)
    said = application.conversation.filter(paper=file).select_related("paper").first()
    if said is None:
        raise Http404
    return serve(said.paper)


@of_case
@require_safe
def preview(request, application, file):
    """The first page of a paper of the case, small."""
    found = next((stored for _, stored in services.papers_of(application) if stored.pk == file), None)
    if found is None:
        raise Http404
    return HttpResponse(small_picture(found), content_type="image/png", headers={"Cache-Control": "private, max-age=600"})


@of_case
@require_safe
def document(request, application, document):
    found = get_object_or_404(application.documents.for_applicant().select_related("file"), pk=document)
    return serve(found.file)


@of_case
@require_safe
def receipt(request, application):
    """申报回执. It is drawn on demand where the worker has not been there yet; drawing it twice gives the same paper."""
    if not application.is_filed:
        raise Http404
    return serve(issue_receipt(application, at=timezone.now()).file)
