"""What gunicorn serves."""

import os
from collections.abc import Callable

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilot_portal.settings")


def with_readable_types(serve: Callable) -> Callable:
    """The application, told of no Content-Type where it is one that Django breaks on before any of its own handlers could answer."""

    def application(environ: dict, start_response: Callable):
        try:
            parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except ValueError:
            environ["CONTENT_TYPE"] = ""
        return serve(environ, start_response)

    return application


application = with_readable_types(get_wsgi_application())
