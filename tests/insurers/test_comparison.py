"""A policy field by field: what is registered, what its paper says and on which page, what its insurer has said."""

from datetime import date
from decimal import Decimal

import pytest

from insurers import services as insurers
from insurers.comparison import compare, paper_differs
from insurers.models import Policy
from pilot_portal.files.models import ScanText
from pilot_portal.files.services import store_upload
from tests import make
from tests.insurers.test_policy_upload import sheet

pytestmark = pytest.mark.django_db


def policy_with(**changes) -> Policy:
    """Registered as its paper says, but for `changes` of the paper."""
    entity, company = make.entity(), make.insurer()
    columns = {"number": "QIPL2026000777", "premium": Decimal("33333.33"), "liability_limit": Decimal(10_000_000)}
    days = {"signed_on": date(2026, 6, 14), "starts_on": date(2026, 6, 15), "ends_on": date(2027, 6, 15)}
    made = make.policy(entity, papers=False, confirmed=False, **columns, **days)
    made.paper = store_upload(sheet(entity, company, **changes), by=make.owner_of(entity), at=make.OPENS)
    made.save()
    return Policy.objects.get(pk=made.pk)


def rows_of(policy) -> dict:
    return {row.word: row for row in compare(policy).rows}


def test_what_agrees_is_marked_so_with_the_page_it_stands_on():
    rows = rows_of(policy_with())
    assert [word for word, row in rows.items() if row.differs] == []
    assert (rows["保费（元）"].on_paper, rows["保费（元）"].page) == ("33,333.33", 1)
    assert rows["保险止期（不含）"].on_paper == "2027 年 6 月 15 日"
    assert rows["承保区域"].on_paper == ""  # the paper does not say it


def test_what_differs_is_said_of_each_field():
    policy = policy_with(**{"保险费（含税）": "人民币33,333.00元", "被保险人": "北京另一家科技有限公司"})
    assert {row.word for row in compare(policy).differing} == {"保费（元）", "被保险人"}
    assert {row.word for row in paper_differs(policy)} == {"保费（元）", "被保险人"}


def test_insurer_stands_by_the_figures_only_once_it_has_confirmed_them():
    policy = policy_with()
    staff = policy.insurer.staff.get().user
    assert (compare(policy).confirmed, compare(policy).said) == (False, "保险公司还没有答复")
    insurers.dispute_policy(policy, by=staff, at=make.FILED, reason="保费应为 30,000 元")
    assert compare(policy).said == "保险公司有异议：保费应为 30,000 元"
    insurers.confirm_policy(policy, by=staff, at=make.FILED)
    assert compare(policy).confirmed
    assert staff.get_full_name() in compare(policy).said


def test_what_was_recognised_on_a_scan_is_always_in_doubt():
    policy = policy_with()
    Policy.objects.filter(pk=policy.pk).update(paper=store_upload(make.pdf("scan"), by=make.owner_of(policy.legal_entity), at=make.OPENS))
    policy = Policy.objects.get(pk=policy.pk)
    assert not compare(policy).was_read
    ScanText.objects.create(paper=policy.paper, text="封面\f保险费（含税）：人民币33,000.00元", asked_at=make.OPENS, read_at=make.OPENS)
    premium = rows_of(policy)["保费（元）"]
    assert (premium.differs, premium.certain, premium.page) == (True, False, 2)
    assert paper_differs(policy) == []
