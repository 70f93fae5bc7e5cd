"""Drafting a window step by step: every step is saved, any step can be opened again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.admin_site import screen_url
from pilot_portal.audit.workbench import trail
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Window
from subsidies.services import windows
from subsidies.services.timetable import timetable

from .window_steps import STEPS, Step, obstacles, table

LATEST = 3


class WindowWizard:
    """Pages of the draft, for WindowAdmin."""

    def get_urls(self):
        return [
            self.page_path("<path:object_id>/edit/", self.edit_view, "edit"),
            self.page_path("<path:object_id>/edit/<int:number>/", self.step_view, "step"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._step(request, None, STEPS[0])

    def edit_view(self, request, object_id):
        return redirect(self.page_url("step", self.found(request, object_id).pk, 1))

    def step_view(self, request, object_id, number):
        obj = self.found(request, object_id)
        step = next((step for step in STEPS if step.number == number), None)
        if step is None:
            raise Http404
        if not self.has_change_permission(request, obj):
            messages.info(request, "申报周期已发布，条款已锁定，不能修改。" if obj.published_at else "您的角色不能修改申报周期。")
            return redirect(screen_url(obj))
        return self._check(request, obj) if step.form is None else self._step(request, obj, step)

    def _step(self, request, window: Window | None, step: Step):
        data, _ = sent(request)
        form = step.form(data, window=window)
        if form.is_valid():
            try:
                saved = windows.save_draft(window, by=request.user, at=timezone.now(), facts=form.facts(), seen=form.cleaned_data["seen"])
            except Refusal as refusal:
                refused(form, refusal)
                if refusal.code == "moved_on":
                    form.data = form.data.copy()
                    form.data["seen"] = windows.fingerprint(self.found(request, window.pk))
            else:
                return redirect(self._next(request, saved, step))
        context = self._context(request, window, step) | {"form": form, "latest": trail(window)[:LATEST] if window else []}
        return TemplateResponse(request, "admin/subsidies/window_step.html", context, status=form_status(form))

    def _next(self, request, window: Window, step: Step) -> str:
        """Where the pressed button leads: on, back, or to the screen."""
        to = {"back": step.number - 1, "check": STEPS[-1].number}.get(request.POST.get("go", ""), step.number + 1)
        if request.POST.get("go") == "stay":
            messages.success(request, "草稿已保存，随时可以继续。")
            return screen_url(window)
        return self.page_url("step", window.pk, max(to, 1))

    def _check(self, request, window: Window):
        way = timetable(window)
        found = obstacles(window, way, timezone.now())
        act = next(act for act in self.acts if act.name == "publish")
        context = self._context(request, window, STEPS[-1]) | {
            "table": table(window),
            "way": way,
            "blocking": [one for one in found if one.blocks],
            "warnings": [one for one in found if not one.blocks],
            "may_publish": act.offered(window, request.user),
            "publish": act.bind(window, initial=self.act_initial(act, window)),
        }
        return TemplateResponse(request, "admin/subsidies/window_check.html", context)

    def _context(self, request, window: Window | None, step: Step) -> dict:
        steps = [(one, self.page_url("step", window.pk, one.number) if window else "") for one in STEPS]
        title = str(window) if window else "新增申报周期"
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": window,
            "title": f"{title}：{step.title}",
            "heading": title,
            "step": step,
            "steps": steps,
            "last": len(STEPS),
            "way": timetable(window) if window and step.number == 3 else None,
        }
