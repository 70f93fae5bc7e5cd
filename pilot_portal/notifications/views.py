"""The inbox: what we told the person, newest first."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import services
from .forms import PreferencesForm
from .kinds import ALWAYS
from .models import MailOptOut, Message

PAGE = 30


@require_safe
def inbox(request):
    letters = Message.objects.inbox_of(request.user)
    before = request.GET.get("before", "")
    if before.isdecimal():
        letters = letters.filter(pk__lt=before)
    found = list(letters[: PAGE + 1])
    older = f"before={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return render(request, "notifications/inbox.html", {"letters": found[:PAGE], "older": older})


@require_safe
def message(request, pk):
    letter = get_object_or_404(Message.objects.inbox_of(request.user), pk=pk)
    return render(request, "notifications/message.html", {"letter": letter})


@require_POST
def read(request, pk):
    """Opening a letter only shows it; the page then says by this that it was read."""
    letter = get_object_or_404(Message.objects.inbox_of(request.user), pk=pk)
    services.mark_read(letter, at=timezone.now())
    if request.htmx:
        return render(request, "notifications/read.html")
    return redirect("notifications:inbox")


@require_POST
def read_all(request):
    count = services.mark_all_read(request.user, at=timezone.now())
    messages.success(request, f"{count} 条消息已标为已读。" if count else "没有未读消息。")
    return redirect("notifications:inbox")


@require_http_methods(["GET", "POST"])
def preferences(request):
    """Which kinds of letters are mailed as well; the inbox has them all."""
    off = set(MailOptOut.objects.filter(user=request.user).values_list("kind", flat=True))
    form = PreferencesForm(request.POST if request.method == "POST" else None, role=request.user.role, off=off)
    if form.is_valid():
        services.choose_mail(request.user, form.cleaned_data["mailed"], at=timezone.now())
        messages.success(request, "已保存。站内消息不受影响。")
        return redirect("notifications:preferences")
    return render(request, "notifications/preferences.html", {"form": form, "always": ALWAYS}, status=422 if form.errors else 200)
