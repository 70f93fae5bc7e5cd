"""One case through every verb, by the services alone."""

import pytest

from subsidies.services import payments
from subsidies.states import BatchState, State
from tests import make

pytestmark = pytest.mark.django_db


def test_a_case_is_awarded_eighty_percent_and_reaches_approval():
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    make.approved(window)
    case.refresh_from_db()
    window.refresh_from_db()
    assert (case.state, str(case.awarded)) == (State.APPROVED, "80000.00")
    assert window.awarded_total == case.awarded


def test_a_batch_is_frozen_by_another_person():
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(make.Role.HEAD), at=make.BATCHED)
    assert batch.state == BatchState.APPROVED
    assert (batch.count, str(batch.total)) == (1, "80000.00")
