from django.utils.functional import SimpleLazyObject

from .models import Message


def unread(request):
    """`unread_messages`: how many letters the person has not opened; counted only where a page shows it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"unread_messages": 0}
    return {"unread_messages": SimpleLazyObject(lambda: Message.objects.inbox_of(user).filter(read_at__isnull=True).count())}
