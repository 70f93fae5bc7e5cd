from functools import wraps

from django.core.exceptions import PermissionDenied


def only(*roles):
    """A view for these roles; anyone else who is logged in gets 403."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
