"""抽样导出: a sample that anybody can draw again, with its data dictionary, and a trace of who took it."""

from decimal import Decimal
from hashlib import md5
from io import BytesIO

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from programme.sampling import services
from programme.sampling.columns import SHEETS
from programme.sampling.services import Draw, drawn
from subsidies.models import Application
from subsidies.states import State
from tests import make
from tests.workbench import enter

pytestmark = pytest.mark.django_db
PAGE = reverse("programme:sample")


@pytest.fixture
def window():
    window = make.window()
    for _ in range(6):
        make.application(window=window)
    return window


def opened(response) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def export(window, role=Role.AUDITOR, **changed):
    typed = {"window": window.pk, "size": "2", "seed": "audit-1", "every_from": "", **changed}
    return enter(role).post(PAGE, typed)


def test_the_same_seed_draws_the_same_cases_and_another_one_others(window):
    auditor = make.officer(Role.AUDITOR)
    first = drawn(Draw(window, 3, "a"), auditor)
    assert first == drawn(Draw(window, 3, "a"), auditor)
    assert len(set(first)) == 3
    assert {tuple(drawn(Draw(window, 3, seed), auditor)) for seed in "abcdef"} != {tuple(first)}
    assert drawn(Draw(window, 2, "a"), auditor) == first[:2]


def test_anybody_can_draw_it_by_hand(window):
    numbers = window.applications.values_list("number", "pk")
    by_hand = [pk for number, pk in sorted(numbers, key=lambda case: md5(f"a:{case[0]}".encode()).hexdigest())][:3]
    assert drawn(Draw(window, 3, "a"), make.officer(Role.AUDITOR)) == by_hand


def test_large_awards_are_all_in_and_drafts_and_other_windows_never():
    window = make.window()
    cases = [make.application(window=window, state=State.CHECKED) for _ in range(3)]
    make.allocated(window)
    make.application(window=make.window())
    make.draft(window=window)
    auditor = make.officer(Role.AUDITOR)
    assert set(drawn(Draw(window, 0, "a", Decimal("0.01")), auditor)) == {case.pk for case in cases}
    assert drawn(Draw(window, 0, "a", Decimal("800000.00")), auditor) == []
    assert set(drawn(Draw(window, 50, "a"), auditor)) == {case.pk for case in cases}


def test_the_file_says_how_it_was_drawn_and_what_each_column_means(window):
    sheets = opened(export(window))
    told = dict(sheets["说明"][1:])
    assert (told["全部件数"], told["样本件数"], told["随机抽取"]) == (6, 2, "2 件，种子 audit-1")
    assert [row[0] for row in sheets["申报"][1:]] == sorted(
        Application.objects.filter(pk__in=drawn(Draw(window, 2, "audit-1"), make.officer(Role.AUDITOR))).values_list("number", flat=True)
    )
    explained = {(sheet, column) for sheet, column, meaning, source in sheets["数据字典"][1:]}
    assert explained == {(sheet.name, name) for sheet in SHEETS for name in sheets[sheet.name][0]}
    assert [row[4] for row in sheets["留痕"][1:]].count("提交申报") == 2


def test_no_account_leaves_the_portal(window):
    make.application(window=window, state=State.CHECKED)
    payment = make.batch(window).payments.get()
    content = str(opened(export(window, size="9")))
    assert payment.serial in content
    assert payment.account not in content
    assert f"{'*' * 12}{payment.account_last_four}" in content


def test_it_leaves_a_trace(window):
    opened(export(window))
    event = Event.objects.get(action="export_sample")
    assert (event.role, event.data["seed"], event.data["count"], event.object_id) == (Role.AUDITOR, "audit-1", 2, window.pk)


def test_the_evaluator_draws_only_from_what_oversight_sees(window):
    assert services.population(Draw(window, 2, "a"), make.officer(Role.EVALUATOR)).count() == 0
    told = dict(opened(export(window, Role.EVALUATOR))["说明"][1:])
    assert told["样本件数"] == 0


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.AUDITOR, Role.EVALUATOR, Role.SYSTEM)])
def test_nobody_else_draws(role, window):
    assert export(window, role).status_code == 403
    assert not Event.objects.filter(action="export_sample").exists()


def test_a_wrong_size_is_told_beside_its_field(window):
    response = export(window, size="5000")
    assert response.status_code == 422
    assert "audit-1" in response.content.decode()


def test_as_many_queries_for_many_cases_as_for_one(window, django_assert_num_queries):
    auditor = make.officer(Role.AUDITOR)
    for size in (1, 6):
        with django_assert_num_queries(11):
            services.export_sample(Draw(window, size, "a"), by=auditor, at=make.FILED).content()
