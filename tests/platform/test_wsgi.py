"""What a web server hands us is answered, also where its Content-Type is nonsense."""

import io
from wsgiref.util import setup_testing_defaults

import pytest

from pilot_portal.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["application/json; charset*=bogus''x", "multipart/form-data; boundary*=utf-7''%FF", "application/json"])
def test_a_content_type_that_cannot_be_read_is_answered_as_none(kind):
    answered = []
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/applications", "CONTENT_TYPE": kind, "CONTENT_LENGTH": "2"}
    setup_testing_defaults(environ)
    environ |= {"HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(b"{}")}
    body = b"".join(application(environ, lambda status, headers: answered.append(status)))
    assert answered == ["401 Unauthorized"]
    assert b"key_invalid" in body
