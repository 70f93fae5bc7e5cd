"""Issued papers: number, facts and bytes are fixed once and served for ever."""

import hashlib

import pypdfium2
import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application, Batch, Document, DocumentKind
from subsidies.services import applications, documents, payments, reviews
from subsidies.states import State
from tests import make
from tests.expect import sql, violates
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


def bytes_of(document: Document) -> bytes:
    with document.file.file.open("rb") as stored:
        return stored.read()


def text_of(document: Document) -> str:
    """What a reader sees, without line ends."""
    pages = pypdfium2.PdfDocument(bytes_of(document))
    return "".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "")


def receipt(case):
    return documents.issue_receipt(case, at=make.ACCEPTED)


def approved_batch(cases=1):
    window = make.window()
    for _ in range(cases):
        make.application(window=window, state=State.CHECKED)
    return payments.approve_batch(make.batch(window), by=make.officer(Role.HEAD), at=make.BATCHED)


def test_the_receipt_is_kept_as_it_was_drawn():
    case = make.application(window=make.window())
    paper = receipt(case)
    assert hashlib.sha256(bytes_of(paper)).hexdigest() == paper.sha256 == paper.file.sha256
    assert (paper.number, paper.issued_at, paper.issued_by.username) == (f"HZ-{case.number}", case.submitted_at, "system")
    assert len(paper.verify_code) == 9
    assert Event.objects.get(action="issue_document").data["sha256"] == paper.sha256
    words = text_of(paper)
    for said in (case.number, case.legal_entity.name, case.policy.number, "80,000.00", paper.verify_code):
        assert said in words


def test_the_receipt_says_what_was_filed_whatever_has_changed_since():
    case = make.application(window=make.window())
    name = case.legal_entity.name
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    type(case.legal_entity).objects.update(name="改名后的公司")
    case.policy.premium_payments.update(amount=1)
    words = text_of(receipt(Application.objects.get(pk=case.pk)))
    assert name in words
    assert "改名后的公司" not in words
    assert "80,000.00" in words
    assert "2026年9月8日" in words.replace(" ", "")  # the day promised at filing, not the review's


def test_a_receipt_asked_for_twice_is_the_same():
    case = make.application(window=make.window())
    assert receipt(case) == receipt(case)
    assert Document.objects.count() == 1


def test_every_paper_of_a_batch_is_made_once_and_the_batch_says_when():
    batch = approved_batch(2)
    assert documents.documents_left(batch) == 4
    assert documents.render_batch(batch, at=make.PAID) == 4
    assert documents.render_batch(batch, at=make.APPROVED) == 0
    batch.refresh_from_db()
    assert (batch.rendered_at, documents.documents_left(batch)) == (make.PAID, 0)
    assert sorted(batch.documents.values_list("kind", flat=True)) == sorted(
        [DocumentKind.APPROVAL_SHEET, DocumentKind.PAYMENT_DETAIL, DocumentKind.PAYMENT_NOTICE, DocumentKind.PAYMENT_NOTICE]
    )
    notices = batch.documents.filter(kind=DocumentKind.PAYMENT_NOTICE).order_by("payment__serial")
    assert [notice.number for notice in notices] == ["中知促拨〔2026〕1号", "中知促拨〔2026〕2号"]
    sheet = text_of(batch.documents.get(kind=DocumentKind.APPROVAL_SHEET))
    assert "160,000.00" in sheet
    assert "壹拾陆万元整" in sheet


def test_the_next_batch_goes_on_where_the_last_one_ended():
    assert [approved_batch().first_notice for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("void", [False, True])
def test_a_batch_that_is_not_approved_or_is_void_has_no_papers(void):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    if void:
        payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
        payments.void_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED, reason="指标有误")
    assert documents.render_batch(batch, at=make.PAID) == 0
    assert not Document.objects.exists()
    assert not Batch.objects.unrendered().exists()


def test_an_issued_paper_and_its_file_do_not_change():
    receipt(make.application(window=make.window()))
    with violates("issued_document_is_frozen"):
        Document.objects.update(number="别的文号")
    with violates("issued_document_is_frozen"):
        sql("DELETE FROM subsidies_document")
    with violates("stored_file_is_frozen"):
        sql("UPDATE files_storedfile SET sha256 = ''")


def test_what_is_not_made_yet_is_found_again_later():
    window = make.window()
    case = make.application(window=window)
    assert list(Application.objects.without_receipt()) == [case]
    assert list(Application.objects.unscreened()) == [case]
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    assert list(Application.objects.without_receipt()) == [case]
    assert list(Application.objects.unscreened()) == [case]
    receipt(case)
    reviews.screen(case, at=make.ACCEPTED)
    assert not Application.objects.without_receipt().exists()
    assert not Application.objects.unscreened().exists()


@pytest.mark.django_db(transaction=True)
def test_drawn_twice_at_once_there_is_one_receipt():
    case = make.application(window=make.window())
    copies = [Application.objects.get(pk=case.pk) for _ in range(2)]
    outcomes = at_once(*(lambda copy=copy: receipt(copy) for copy in copies), meet="subsidies.services.documents.store")
    assert codes(outcomes) == ["done", "done"]
    assert outcomes[0] == outcomes[1] == Document.objects.get()
    assert Event.objects.filter(action="issue_document").count() == 1
