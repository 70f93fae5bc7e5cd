"""企业类别 with its evidence."""

from datetime import datetime

from django.db import transaction

from enterprises.models import (
    EntityCategory,
    LegalEntity,
)
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import store_upload

from .members import require_writer


@transaction.atomic
def add_category(entity: LegalEntity, *, by: User, at: datetime, facts: dict, evidence=None) -> EntityCategory:
    """State a category with its evidence and validity."""
    require_writer(entity, by, at)
    paper: StoredFile | None = store_upload(evidence, by=by, at=at) if evidence else None
    category = EntityCategory.objects.create(legal_entity=entity, evidence=paper, **facts)
    record("add_category", entity, by=by, at=at, category=category.category.code)
    return category
