"""函件文字: how letters and papers read. The head writes a version for a later day, looks at it with a real case, and saves."""

from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.workbench import BenchAdmin, name_actions
from pilot_portal.files.services import serve_made
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal
from subsidies.letter_words import BLANKS, LETTERS, PAPERS, WORDS, Words, check_words
from subsidies.models import Application, LetterVersion
from subsidies.services import letter_previews, letter_versions

name_actions(write_letter_version="改写函件文字", withdraw_letter_version="撤下函件文字")


class LetterForm(forms.Form):
    subject = forms.CharField(label="标题", max_length=100)
    body = forms.CharField(label="正文", max_length=2000, widget=forms.Textarea(attrs={"rows": 9}))
    effective_on = forms.DateField(
        label="启用日", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), help_text="最早明天。此前发出的保持原样。"
    )
    reason = forms.CharField(label="修改理由", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    seen = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.CharField(label="用哪一件申报预览", required=False, max_length=40, help_text="填申报编号；不填就用最近提交的一件。")

    def __init__(self, *args, key: str, **kwargs):
        super().__init__(*args, **kwargs)
        if key in PAPERS:
            del self.fields["subject"], self.fields["number"]
            self.fields["body"].help_text = "一行是一段。前面的事实由系统按案件填写，不能改。"

    @property
    def words(self) -> Words:
        return Words(self.cleaned_data.get("subject", ""), self.cleaned_data["body"].replace("\r\n", "\n").strip())


@dataclass(frozen=True)
class Line:
    """A letter on the overview."""

    key: str
    title: str
    current: LetterVersion | None
    coming: LetterVersion | None


def lines(keys, today) -> list[Line]:
    """Each letter with the version that counts today and the next one, in one query."""
    current: dict[str, LetterVersion] = {}
    coming: dict[str, LetterVersion] = {}
    for version in LetterVersion.objects.filter(withdrawn_at__isnull=True).order_by("effective_on", "sequence"):
        if version.effective_on <= today:
            current[version.key] = version
        else:
            coming.setdefault(version.key, version)
    return [Line(key, letter_previews.title(key), current.get(key), coming.get(key)) for key in keys]


@admin.register(LetterVersion)
class LetterVersionAdmin(BenchAdmin):
    list_display = ["key", "sequence", "effective_on"]

    def get_urls(self):
        return [
            self.page_path("letter/<slug:key>/", self.letter_view, "letter"),
            self.page_path("withdraw/<int:version_id>/", self.withdraw_view, "withdraw"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        groups = [("站内信和邮件", lines(LETTERS, today)), ("文书", lines(PAPERS, today))]
        return TemplateResponse(request, "admin/subsidies/letters.html", self._context(request, "函件文字", groups=groups))

    def letter_view(self, request, key):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if key not in WORDS:
            raise Http404
        may_write = request.user.role == Role.HEAD
        if request.method == "POST":
            if not may_write:
                raise PermissionDenied
            return self._written(request, key)
        return self._page(request, key, self._form(key, None) if may_write else None)

    def _form(self, key: str, data) -> LetterForm:
        words, _ = letter_versions.words_in_force(key, timezone.now())
        latest = LetterVersion.objects.of(key).first()
        words = latest.words if latest and not latest.withdrawn_at else words
        initial = {"subject": words.subject, "body": words.body, "seen": letter_versions.last_sequence(key)}
        return LetterForm(data, key=key, initial=initial)

    def _written(self, request, key):
        """Look at it, or save it. What was typed stays on the page until it is saved."""
        form, now = self._form(key, request.POST), timezone.now()
        if "save" not in request.POST:
            form.fields["effective_on"].required = form.fields["reason"].required = False
        if not form.is_valid():
            return self._page(request, key, form)
        try:
            if "save" in request.POST:
                facts = {name: form.cleaned_data[name] for name in ("effective_on", "reason", "seen")}
                version = letter_versions.write_version(key, form.words, by=request.user, at=now, **facts)
                messages.success(request, f"已保存为第 {version.sequence} 版，{version.effective_on} 起用。")
                return redirect(self.page_url("letter", key))
            check_words(key, form.words)
        except Refusal as refusal:
            refused(form, refusal)
            form.data = form.data.copy()
            form.data["seen"] = letter_versions.last_sequence(key)
            return self._page(request, key, form)
        if kind := letter_previews.paper_kind(key):
            paper = letter_previews.preview_paper(kind, form.words.body, at=now)
            if paper is not None:
                return serve_made(paper, f"预览 {kind.label}.pdf")
            messages.info(request, "还没有签发过这种文书，暂时没有可以预览的案件。可以直接保存。")
            return self._page(request, key, form)
        case = self._case(form)
        return self._page(request, key, form, preview=letter_previews.preview_letter(form.words, case), case=case)

    def _case(self, form: LetterForm) -> Application | None:
        filed = Application.objects.filter(number__isnull=False).select_related("legal_entity", "window", "public_notice")
        number = form.cleaned_data["number"].strip().upper()
        return filed.filter(number=number).first() if number else filed.order_by("-submitted_at").first()

    def _page(self, request, key, form, **more):
        versions = LetterVersion.objects.of(key).select_related("written_by", "withdrawn_by")
        today = timezone.localdate()
        context = self._context(
            request,
            letter_previews.title(key),
            key=key,
            form=form,
            versions=versions,
            current=next(iter(versions.in_force(today)), None),
            words=letter_versions.words_in_force(key, timezone.now())[0],
            blanks=[(f"{{{name}}}", BLANKS[name]) for name in sorted(WORDS[key].blanks)],
            is_paper=key in PAPERS,
            today=today,
            **more,
        )
        return TemplateResponse(request, "admin/subsidies/letter.html", context, status=form_status(form) if form else 200)

    def withdraw_view(self, request, version_id):
        version = get_object_or_404(LetterVersion, pk=version_id)
        if request.user.role != Role.HEAD:
            raise PermissionDenied
        if request.method == "POST":
            try:
                letter_versions.withdraw_version(version, by=request.user, at=timezone.now())
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
            else:
                messages.success(request, f"第 {version.sequence} 版已撤下。")
        return redirect(self.page_url("letter", version.key))

    def _context(self, request, title: str, **more) -> dict:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}
