"""How a form is sent, and how it shows what a rule refused."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.http import HttpRequest

from .refusals import Refusal


def sent(request: HttpRequest) -> tuple:
    """Data and files for a form: what was posted, or (None, None) for a page that is only opened."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def refused(form: forms.BaseForm, refusal: Refusal) -> None:
    """Show a refusal beside the field it concerns, or above the form.

    A form may say in `refused_fields` which of its fields a code concerns.
    """
    field = getattr(form, "refused_fields", {}).get(refusal.code, refusal.field)
    form.add_error(field if field in form.fields else None, refusal)
    form.refusal = refusal  # type: ignore[attr-defined]  # parts/error_summary.html names its clause


def form_status(form: forms.BaseForm) -> int:
    """HTTP status of a page with this form: 200, the status of its first refusal, or 422 where only its shape is wrong."""
    errors = [error for field in form.errors.as_data().values() for error in field]
    statuses = [error.status for error in errors if isinstance(error, Refusal)]
    return [*statuses, 422][0] if errors else 200


def grouped(*groups: tuple) -> FormHelper:
    """Fields in groups with a heading each, inside the <form> of parts/form.html. A group is (heading, field or layout part, …)."""
    helper = FormHelper()
    helper.form_tag, helper.disable_csrf = False, True
    helper.layout = Layout(*(Fieldset(*group) for group in groups))
    return helper
