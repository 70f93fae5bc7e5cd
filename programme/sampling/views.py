"""The page on which an auditor or evaluator draws a sample."""

import secrets

from django import forms
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pilot_portal.accounts.access import only
from pilot_portal.reference.forms import AmountField
from pilot_portal.workflow.forms import form_status
from subsidies.models import Window

from .columns import SHEETS
from .services import ALLOWED, Draw, export_sample


class DrawForm(forms.Form):
    window = forms.ModelChoiceField(Window.objects.filter(published_at__isnull=False), label="申报周期", empty_label=None)
    size = forms.IntegerField(label="随机抽取（件）", min_value=0, max_value=1000, initial=30)
    every_from = AmountField(label="核定补贴不低于这个数的全部抽取（元）", required=False, help_text="不填就只随机抽取。")
    seed = forms.SlugField(
        label="种子", max_length=40, help_text="字母和数字。同一种子抽出同样的案件，便于复核；已给一个随机的，可以改成约定的。"
    )


@never_cache
@only(*ALLOWED)
@require_http_methods(["GET", "HEAD", "POST"])
def sample(request):
    form = DrawForm(request.POST or None, initial={"seed": secrets.token_hex(4)})
    if form.is_valid():
        draw, now = Draw(**form.cleaned_data), timezone.now()
        return export_sample(draw, by=request.user, at=now).answer(f"抽样 {draw.window.name} {draw.seed}.xlsx")
    return render(request, "programme/sample.html", {"form": form, "sheets": SHEETS}, status=form_status(form))
