"""The inbox: what we told the person, newest first."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from . import services
from .models import Message

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
