"""A draft's pages."""

import pytest
from django.urls import reverse

from tests import make

pytestmark = pytest.mark.django_db


def test_task_list(client, monkeypatch):
    window = make.window()
    draft = make.draft(window=window)
    client.force_login(draft.created_by)
    response = client.get(reverse("subsidies:application", args=[draft.pk]))
    assert response.status_code == 200
