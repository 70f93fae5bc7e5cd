"""One case from the registration of an account to 已拨付, on screen, by every person with a login of their own."""

import pytest

from pilot_portal.accounts.roles import Role
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
NAME, CODE, POLICY, ACCOUNT = "北京远航智能装备有限公司", make.credit_code(2026), "QIPL2026-7001", "0200001234567890123"


def test_a_case_goes_from_registration_to_the_bank(someone, worker, clock):
    clock("2026-09-01 10:00")
    window = make.window(draw="100000.00")
    insurer = make.insurer()
    handler = make.officer(Role.HANDLER)
    enterprise = someone()
    steps.open_an_account(enterprise, "yuanhang")
    steps.register_the_enterprise(enterprise, NAME, CODE)
