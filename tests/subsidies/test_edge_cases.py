"""The 53 cases in which a careful official would hesitate, each played through the portal: its number, a sentence, and what happens."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pikepdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from enterprises import services as enterprises
from enterprises.models import EntityKind, FormerName
from enterprises.rules import same_payee_name
from insurers import services as insurers
from insurers.rules import TermOutcome, check_term
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.files.services import store_upload
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Channel, Counter, Finding, Part, Verdict
from subsidies.payment_files import read_payment_file, write_bank_result_template
from subsidies.services import (
    applications,
    corrections,
    drafts,
    endings,
    objections,
    payments,
    publicity,
    recovery,
    reviews,
    sweeps,
    windows,
)
from subsidies.services.facts import expected_amount
from subsidies.states import State
from tests import drive, make
from tests.expect import refused

pytestmark = pytest.mark.django_db
THOUSAND = Decimal(1000)


@dataclass(frozen=True)
class Edge:
    number: int
    sentence: str
    play: Callable[[], None]


EDGES: list[Edge] = []


def edge(number: int, sentence: str) -> Callable:
    def note(play: Callable[[], None]) -> Callable[[], None]:
        EDGES.append(Edge(number, sentence, play))
        return play

    return note


@pytest.mark.parametrize("case", EDGES, ids=lambda case: f"{case.number:02d}")
def test_the_case_ends_as_a_careful_official_would_have_it(case):
    case.play()


def test_all_fifty_three_are_played():
    assert [case.number for case in EDGES] == list(range(1, 54))
    assert len({case.sentence for case in EDGES}) == 53


# what the plays share


def submit(draft: Application, at=make.FILED) -> Application:
    return applications.submit(draft, by=draft.created_by, at=at)


def finding(case: Application, code: str) -> Finding:
    """What the machine says of one check, on a filed case."""
    reviews.screen(case, at=make.FILED)
    return case.findings.get(code=code)


def amounts(case: Application) -> list[str]:
    return [str(row.amount) for row in case.recoveries.all()]


def pages(person, at) -> tuple[Client, time_machine.travel]:
    client = Client()
    client.force_login(person)
    return client, time_machine.travel(at, tick=False)


def prepare(case: Application):
    return payments.prepare_batch(case.window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED)


# who applies


@edge(1, "A branch does not register; its legal person files for it")
def _():
    with refused("branch_registers"):
        make.entity(name="示例科技有限公司北京分公司")
    draft = make.draft(window=make.window())
    draft.legal_entity.kind = EntityKind.BRANCH
    draft.legal_entity.save()
    with refused("branch_not_legal_person"):
        submit(draft)


@edge(2, "Partnerships, sole proprietorships and the self-employed are no legal persons")
def _():
    draft = make.draft(window=make.window())
    for kind in (EntityKind.PARTNERSHIP, EntityKind.SOLE_PROPRIETORSHIP, EntityKind.SELF_EMPLOYED):
        draft.legal_entity.kind = kind
        draft.legal_entity.save()
        with refused("not_legal_person"):
            submit(draft)


@edge(3, "A new name is the same legal person; the account bears the present name")
def _():
    draft = make.draft(window=make.window())
    entity = draft.legal_entity
    FormerName.objects.create(legal_entity=entity, name=entity.name, until=date(2026, 8, 1))
    entity.name = "北京更名后科技有限公司"
    entity.save()
    with refused("payee_name_differs"):
        submit(draft)
    account = make.account(entity, number="6222000011112222333")
    assert submit(drafts.save_draft(draft, by=draft.created_by, at=make.FILED, bank_account=account)).state == State.SUBMITTED


@edge(4, "After a merger two filings of one window are one too many: the later one is held for a human")
def _():
    window = make.window()
    survivor, absorbed = (make.application(window=window) for _ in range(2))
    FormerName.objects.create(legal_entity=survivor.legal_entity, name=absorbed.legal_entity.name, until=date(2026, 9, 2))
    assert sweeps.enforce_single_application(at=make.ACCEPTED) == 1
    for case in (survivor, absorbed):
        case.refresh_from_db()
    assert (survivor.is_held, absorbed.is_held) == (False, True)


@edge(5, "A newly founded enterprise files only a policy that was endorsed to it")
def _():
    old, draft = make.policy(make.entity()), make.draft(window=make.window())
    with refused("policy_not_own"):
        drafts.choose_policy(draft, old, by=draft.created_by, at=make.FILED)


@edge(6, "Enterprise and insurer file: one wins, the other is told number and channel")
def _():
    window, entity = make.window(), make.entity()
    theirs = drive.insurers_draft(window=window, policy=make.policy(entity))
    mine = submit(make.draft(window=window, legal_entity=entity))
    with refused("already_filed") as caught:
        submit(theirs)
    assert mine.number in caught.value.sentence
    assert Channel.SELF.label in caught.value.sentence


@edge(7, "A double click or a retry gets the same receipt")
def _():
    draft = make.draft(window=make.window())
    assert submit(draft).number == submit(Application.objects.get(pk=draft.pk)).number
    assert Event.objects.filter(action="submit").count() == 1


@edge(8, "Without a mandate, or after its end, an insurer does nothing; what is filed stays with the enterprise")
def _():
    window, policy = make.window(), make.policy(make.entity())
    staff = drive.staff_of(policy.insurer)
    with refused("no_mandate"):
        drafts.start(policy.legal_entity, window, by=staff, at=make.FILED)
    case = drive.insurers_case(window=window, policy=policy)
    owner, mandate = make.owner_of(policy.legal_entity), policy.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=owner, at=make.FILED, reason="自行办理")
    with refused("mandate_revoked"):
        applications.withdraw(case, by=staff, at=make.FILED, reason="填错")
    assert applications.withdraw(case, by=owner, at=make.FILED, reason="填错").state == State.WITHDRAWN


@edge(9, "An insurer's many clients succeed or fail one by one, each under its own mandate")
def _():
    window = make.window()
    drafts_of = [drive.insurers_draft(window=window) for _ in range(3)]
    drafts_of[1].legal_entity.entrustments.all().update(ends_at=make.OPENS + timedelta(hours=1))
    outcomes = []
    for draft in drafts_of:
        try:
            outcomes.append(submit(draft).state)
        except Refusal as refusal:
            outcomes.append(refusal.code)
    assert outcomes == [State.SUBMITTED, "mandate_revoked", State.SUBMITTED]


@edge(10, "A policy belongs to one applicant for ever")
def _():
    policy = make.policy(make.entity())
    with refused("policy_taken"):
        make.policy(make.entity(), insurer=policy.insurer, number=policy.number)


@edge(11, "Of two policies of an enterprise it chooses one; the second is told the first")
def _():
    window = make.window()
    first = make.application(window=window)
    with refused("already_filed") as caught:
        make.draft(window=window, policy=make.policy(first.legal_entity))
    assert first.number in caught.value.sentence


# which premium


@edge(12, "Instalments count as far as they are paid by the window's last day of payment")
def _():
    policy = make.policy(make.entity(), papers=False)
    make.invoice(policy)
    make.premium_payment(policy, amount=60 * THOUSAND, paid_on=date(2026, 9, 30))
    make.premium_payment(policy, amount=40 * THOUSAND, paid_on=date(2026, 10, 1))
    assert expected_amount(make.draft(window=make.window(), policy=policy), at=make.FILED) == 48 * THOUSAND


@edge(13, "A policy in foreign currency counts by the CNY that were paid")
def _():
    basis = rules.Basis(policy_total=None, invoices_total=72 * THOUSAND, paid_cny=70 * THOUSAND)
    assert rules.entitlement(rules.recognised_premium(basis), rules.SCHEME) == 56 * THOUSAND


@edge(14, "The day of signing decides, not the first day of cover")
def _():
    window = make.window(signed_from=date(2026, 3, 1))
    outside = make.draft(window=window, signed_on=date(2026, 2, 28), starts_on=date(2026, 3, 15))
    with refused("out_of_signing_range"):
        submit(outside)
    inside = make.draft(window=window, signed_on=date(2026, 9, 30), starts_on=date(2026, 10, 15))
    assert submit(inside).state == State.SUBMITTED


@edge(15, "A start before the signing is looked at by a human")
def _():
    case = make.application(window=make.window(), signed_on=date(2026, 6, 14), starts_on=date(2026, 6, 1))
    assert finding(case, "term_backdated").verdict == Verdict.OPEN


@edge(16, "A term of two years, eleven months or 360 days is no year and is not cut to one")
def _():
    window = make.window()
    for ends in (date(2028, 6, 15), date(2027, 5, 15), date(2027, 6, 10)):
        with refused("not_one_year"):
            submit(make.draft(window=window, starts_on=date(2026, 6, 15), ends_on=ends))


@edge(17, "29 February, leap years, 24:00 and 0:00 are the calendar's business, not 365 days")
def _():
    signing = (date(2024, 1, 1), date(2024, 12, 31))
    signed, start = date(2024, 2, 28), date(2024, 2, 29)
    assert check_term(signed, start, date(2025, 2, 28), "24:00", signing) == TermOutcome.VALID
    assert check_term(signed, start, date(2025, 2, 27), "24:00", signing) == TermOutcome.REVIEW_LEAP
    assert check_term(signed, date(2024, 2, 28), date(2025, 2, 28), "00:00", signing) == TermOutcome.VALID
    assert check_term(signed, date(2024, 2, 28), date(2025, 2, 28), "24:00", signing) == TermOutcome.NOT_ONE_YEAR


@edge(18, "A reduction before payment: reckoned anew, and published again where it was published")
def _():
    window = make.window()
    case, notice = drive.published(window=window)
    drive.endorse(case.policy, "50000.00", at=drive.OBJECTED)
    case.refresh_from_db()
    objections.recompute(case, by=make.officer(Role.HEAD), at=drive.OBJECTED, reason="保单批减")
    again = make.publicised(window)
    case.refresh_from_db()
    assert (case.state, str(case.awarded), case.public_notice) == (State.PUBLICIZED, "40000.00", again)
    assert again.number != notice.number


@edge(19, "A reduction after payment: old award less new award, each with its cap")
def _():
    for after, expected in (("1050000.00", []), ("900000.00", ["80000.00"])):
        case = drive.paid(window=make.window(), premium=Decimal("1200000.00"))
        drive.endorse(case.policy, after)
        assert amounts(case) == expected


@edge(20, "An increase after payment is never paid for")
def _():
    case = drive.paid(window=make.window())
    drive.endorse(case.policy, "200000.00")
    assert amounts(case) == []
    assert str(case.awarded) == "80000.00"


@edge(21, "Surrendered before payment: stopped, nothing is paid")
def _():
    case = drive.approved(window=make.window())
    drive.surrender(case.policy, at=make.BATCHED)
    case.refresh_from_db()
    assert endings.cancel(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="已退保").state == State.CANCELLED
    with refused("nothing_to_pay"):
        prepare(case)


@edge(22, "Surrendered after payment: all of it comes back")
def _():
    case = drive.paid(window=make.window())
    drive.surrender(case.policy)
    assert amounts(case) == ["80000.00"]


@edge(23, "Ended by the insurer: a handler registers it, and whether money comes back a human decides")
def _():
    case = drive.paid(window=make.window())
    facts = {"number": "J-1", "effective_on": drive.AFTERWARDS.date()}
    insurers.surrender(case.policy, by=make.officer(Role.HANDLER), at=drive.AFTERWARDS, facts=facts, paper=make.pdf("notice"))
    recovery.follow_endorsements(at=drive.AFTERWARDS)
    row = case.recoveries.get()
    by = make.officer(Role.IP_OFFICE)
    assert recovery.drop_recovery(row, by=by, at=drive.ORDERED, reason="保险公司解约，企业无过错").state == "dropped"


@edge(24, "An invoice that differs in buyer, amount or number is asked about, and the lowest counts")
def _():
    policy = make.policy(make.entity(), papers=False)
    make.invoice(policy, buyer="另一家公司", amount=90 * THOUSAND, number="00001111")
    make.premium_payment(policy)
    window = make.window()
    case = make.application(window=window, policy=policy)
    for code in ("invoice_buyer_differs", "invoice_differs"):
        assert finding(case, code).verdict == Verdict.OPEN
    assert case.snapshot["expected"] == "72000.00"
    other = make.policy(make.entity(), papers=False)
    make.invoice(other, number="00001111")
    make.premium_payment(other)
    assert case.number in finding(make.application(window=window, policy=other), "same_invoice").sentence


@edge(25, "A premium paid by another firm is asked about")
def _():
    policy = make.policy(make.entity(), papers=False)
    make.invoice(policy)
    make.premium_payment(policy, payer="北京关联方集团有限公司")
    assert finding(make.application(window=make.window(), policy=policy), "payer_differs").verdict == Verdict.OPEN


@edge(26, "The insured must be the applicant")
def _():
    draft, other = make.draft(window=make.window()), make.policy(make.entity())
    with refused("policy_not_own"):
        drafts.choose_policy(draft, other, by=draft.created_by, at=make.FILED)


@edge(27, "The share of a co-insurer outside the pilot does not count")
def _():
    case = make.application(window=make.window(), coinsured_premium=30 * THOUSAND)
    assert case.snapshot["expected"] == "56000.00"


@edge(28, "Covers outside the pilot do not count")
def _():
    case = make.application(window=make.window(), non_pilot_premium=25 * THOUSAND)
    assert case.snapshot["expected"] == "60000.00"


@edge(29, "A premium given back in part is lowered by the officer, with the page that shows it")
def _():
    case = make.application(window=make.window(), state=State.ACCEPTED)
    make.judge_all(case)
    with refused("reason_missing"):
        reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, paid=80 * THOUSAND)
    page = "回单第 2 页：返还 20,000.00 元"
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, paid=80 * THOUSAND, correction_reason=page)
    assert (case.entitled, case.reviews.get().correction_reason) == (64 * THOUSAND, page)


@edge(30, "Whoever works for an insurer decides no case, whatever firm it is related to")
def _():
    case = make.application(window=make.window())
    staff = drive.staff_of(case.policy.insurer)
    for verb in (applications.accept, reviews.review, reviews.check):
        with refused("wrong_role"):
            verb(case, by=staff, at=make.ACCEPTED)


@edge(31, "A renewal within the year is a second insuring: one award a year")
def _():
    case = drive.paid(window=make.window())
    with refused("already_awarded") as caught:
        make.draft(window=make.window(), policy=make.policy(case.legal_entity))
    assert case.number in caught.value.sentence


@edge(32, "Other subsidies for the same premium are stated, and the officer lowers the result with a reason")
def _():
    draft = make.draft(window=make.window())
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, other_subsidies="已获海淀区补贴 30,000.00 元")
    case = submit(Application.objects.get(pk=draft.pk))
    reviews.screen(case, at=make.FILED)
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    make.judge_all(case)
    reason = "已获区级补贴 30,000.00 元，合计不超过实付保费"
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, lowered_to=70 * THOUSAND, lowered_reason=reason)
    assert (case.entitled, case.other_subsidies[:3]) == (70 * THOUSAND, "已获海")


@edge(33, "A record of dishonesty found before payment holds the case; once mended it goes on")
def _():
    case, head = drive.approved(window=make.window()), make.officer(Role.HEAD)
    applications.hold(case, by=head, at=make.BATCHED, reason="列入失信名单")
    with refused("nothing_to_pay"):
        prepare(case)
    applications.release(case, by=head, at=make.BATCHED, reason="信用已修复")
    assert prepare(case).count == 1


@edge(34, "The look-back of two years is a question that an officer answers for every case")
def _():
    case = make.application(window=make.window())
    asked = finding(case, "credit_not_checked")
    assert asked.verdict == Verdict.OPEN
    assert "近 2 年" in asked.sentence


@edge(35, "Moved away before payment: stopped; afterwards nothing comes back by itself")
def _():
    case = drive.approved(window=make.window())
    assert endings.cancel(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="已迁出本市").state == State.CANCELLED
    moved = drive.paid(window=make.window())
    moved.legal_entity.in_beijing = False
    moved.legal_entity.save()
    assert recovery.follow_endorsements(at=drive.AFTERWARDS) == 0
    assert amounts(moved) == []


@edge(36, "Deregistered or bankrupt: not paid; what was paid is claimed by a person")
def _():
    case = drive.approved(window=make.window())
    assert endings.cancel(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="已注销").awarded is None
    bankrupt = drive.paid(window=make.window())
    made = recovery.propose_recovery(
        bankrupt, by=make.officer(Role.HEAD), at=drive.AFTERWARDS, amount=80 * THOUSAND, reason="破产，申报债权"
    )
    assert made.amount == 80 * THOUSAND


# deadlines


@edge(37, "A page that was open when the window closed is refused by the server's clock, and the draft is kept")
def _():
    draft = make.draft(window=make.window())
    client, clock = pages(draft.created_by, make.CLOSES + timedelta(seconds=3))
    with clock:
        page = client.post(reverse("subsidies:submit", args=[draft.pk]), {"version": draft.version})
    draft.refresh_from_db()
    assert page.status_code == 422
    assert "草稿已为您保留" in page.content.decode()
    assert draft.state == State.DRAFT


@edge(38, "What arrives before the closing counts; after an outage the window is extended for everyone, never for one")
def _():
    window = make.window()
    draft, other = make.draft(window=window), make.draft(window=window)
    client, clock = pages(draft.created_by, make.CLOSES - timedelta(milliseconds=1))
    with clock:
        page = client.post(reverse("subsidies:submit", args=[draft.pk]), {"version": draft.version})
    assert page.status_code == 302
    with refused("window_closed"):
        submit(other, at=make.CLOSES)
    later = make.CLOSES + timedelta(hours=2)
    windows.extend(window, by=make.officer(Role.HEAD), at=make.CLOSES, closes_at=later, reason="系统故障")
    assert submit(Application.objects.get(pk=other.pk), at=make.CLOSES + timedelta(hours=1)).state == State.SUBMITTED


@edge(39, "A correction may be handed in after the window has closed")
def _():
    draft = make.draft(window=make.window())
    submit(draft, at=make.CLOSES - timedelta(hours=1))
    drive.corrected(draft, items=[(Part.OTHER, "请说明")], at=make.CLOSES - timedelta(minutes=30))
    at = make.moment("2026-10-09 10:00")
    drive.answer_all(draft, at=at)
    assert corrections.resubmit(draft, by=draft.created_by, at=at).state == State.SUBMITTED


@edge(40, "A correction does not swap the policy, and mends only what is listed")
def _():
    case = make.application(window=make.window())
    drive.corrected(case, items=[(Part.POLICY, "请更正起期")])
    by, at = case.created_by, drive.ANSWERED
    with refused("policy_swapped"):
        insurers.change_policy(case.policy, by=by, at=at, facts={"number": "QIPL-OTHER"})
    with refused("policy_in_use"):
        make.invoice(case.policy, at=at)


# persons and money


@edge(41, "Nobody checks what they reviewed themselves")
def _():
    case = make.application(window=make.window(), state=State.REVIEWED)
    handler = make.officer(Role.HANDLER)
    make.change_role(handler, Role.REVIEWER)
    with refused("same_person") as caught:
        reviews.check(case, by=handler, at=make.CHECKED)
    assert caught.value.status == 403


@edge(42, "Surrendered during the publication: off the list, and the others go on")
def _():
    window = make.window()
    other = make.application(window=window, state=State.CHECKED)
    case, notice = drive.published(window=window)
    drive.surrender(case.policy, at=drive.OBJECTED)
    case.refresh_from_db()
    endings.cancel(case, by=make.officer(Role.HEAD), at=drive.OBJECTED, reason="公示期内退保")
    with time_machine.travel(drive.DECIDED, tick=False):
        listed = Client().get(reverse("programme:list", args=[notice.pk])).content.decode()
    assert other.legal_entity.name in listed
    assert case.legal_entity.name not in listed
    assert publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED) == 1


@edge(43, "After a returned payment no account in another name takes its place")
def _():
    case = drive.approved(window=make.window())
    batch, file = drive.sent(case.window)
    drive.settle(batch, file, returned={batch.payments.get().serial: "R02"})
    owner, number = make.owner_of(case.legal_entity), "6222000011112222333"
    with refused("account_holder_differs"):
        enterprises.set_bank_account(
            case.legal_entity, by=owner, at=make.PAID, holder="张三", bank_name="示例银行", cnaps="102100099996", number=number
        )
    make.account(case.legal_entity, at=make.PAID, number=number)
    assert prepare(case).payments.get().account_last_four == "2333"


@edge(44, "A result imported twice books once; a batch exported twice is the same file")
def _():
    case = drive.approved(window=make.window())
    batch, file = drive.sent(case.window)
    finance = make.officer(Role.FINANCE)
    assert payments.export_batch(batch, by=finance, at=make.PAID) == file
    content = write_bank_result_template(file, paid_on=drive.PAID_ON)
    for _ in range(2):
        payments.import_bank_result(batch, content, by=finance, at=make.PAID)
    assert Event.objects.filter(action="pay").count() == 1


@edge(45, "Money added on the way is a new version; the list of before stays as it is")
def _():
    window = make.window(draw="40000.00")
    case, _ = drive.published(window=window)
    make.appropriation(Decimal("40000.00"))
    by, draw = make.officer(Role.FINANCE), Decimal("80000.00")
    proposal = windows.propose_draw(window, by=by, at=drive.OBJECTED, draw=draw, reason="追加指标")
    windows.decide_draw(proposal, by=make.officer(Role.HEAD), at=drive.OBJECTED, confirmed=True)
    case.refresh_from_db()
    assert (str(case.awarded), window.draw_changes.get().after) == ("40000.00", draw)


@edge(46, "Locked, disguised or oversized files are refused; the same file in two firms is a finding")
def _():
    locked = io.BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    by = make.officer(Role.HANDLER)
    for name, content, code in (
        ("保单.pdf", locked.getvalue(), "file_encrypted"),
        ("保单.pdf", b"MZ\x90\x00 a program", "file_type"),
        ("保单.pdf", b"%PDF-1.7" + b"0" * (20 * 1024 * 1024), "file_too_large"),
    ):
        with refused(code):
            store_upload(SimpleUploadedFile(name, content), by=by, at=make.FILED)
    window, same = make.window(), make.pdf("same")
    policies = []
    for _ in range(2):
        entity = make.entity()
        same.seek(0)
        owner, facts = make.owner_of(entity), make.policy_facts()
        policies.append(insurers.register_policy(entity, by=owner, at=make.OPENS, facts=facts, paper=same))
        make.invoice(policies[-1])
        make.premium_payment(policies[-1])
    first, second = (make.application(window=window, policy=policy) for policy in policies)
    assert first.number in finding(second, "same_file").sentence


@edge(47, "What was typed and what the paper says may differ: the person's figure counts, with reason and page, and is recorded")
def _():
    case = make.application(window=make.window(), state=State.ACCEPTED)
    make.judge_all(case)
    page = "保单第 1 页：保费 90,000.00 元"
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, policy_premium=Decimal("90000.00"), correction_reason=page)
    assert case.entitled == 72 * THOUSAND
    recorded = Event.objects.get(action="review").data
    assert (recorded["corrected"], recorded["reason"]) == ({"policy_total": "90000.00"}, page)


@edge(48, "Rare characters and brackets of either width reach the bank as they are")
def _():
    assert same_payee_name("北京示例（集团）有限公司", "北京示例(集团)有限公司")
    case = make.draft(window=make.window(), legal_entity=make.entity(name="北京𬭎鑫（集团）有限公司"))
    drive.check(submit(case))
    make.approved(case.window)
    _, file = drive.sent(case.window)
    assert read_payment_file(file).payments[0].payee == "北京𬭎鑫（集团）有限公司"


# numbers and the public


@edge(49, "Numbers run on without a gap, are never used again, and cannot be guessed")
def _():
    window = make.window()
    first = make.application(window=window)
    applications.withdraw(first, by=first.created_by, at=make.FILED, reason="填错")
    second, third = (make.application(window=window) for _ in range(2))
    stems, suffixes = zip(*(case.number.rsplit("-", 1) for case in (first, second, third)), strict=True)
    assert stems == ("BJIP-2026-000001", "BJIP-2026-000002", "BJIP-2026-000003")
    assert len(set(suffixes)) == 3
    assert Counter.objects.get(series="application", year=2026).value == 3


@edge(50, "Whoever tries numbers in public always reads the same sentence and soon has to wait")
def _():
    case = make.application(window=make.window())
    client, address = Client(), reverse("programme:progress")
    tail = case.legal_entity.credit_code[-4:]
    wrong = [
        {"number": case.number, "tail": "ZZZZ"},
        {"number": f"{case.number[:-4]}ABCD", "tail": tail},
        {"number": "BJIP-2026-999999-AAAA", "tail": tail},
    ]
    with time_machine.travel(make.FILED, tick=False):
        answers = [client.post(address, data) for data in wrong]
        assert {answer.status_code for answer in answers} == {answers[0].status_code}
        assert all("未找到" in answer.content.decode() or "没有找到" in answer.content.decode() for answer in answers)
        later = [client.post(address, wrong[0]).status_code for _ in range(20)]
    assert later[-1] == 429


@edge(51, "Blanks, hyphens and small letters make no other policy")
def _():
    policy = make.policy(make.entity(), number="QIPL-2026-0001a")
    with refused("policy_taken"):
        make.policy(make.entity(), insurer=policy.insurer, number=" qipl 2026 0001Ａ ")


@edge(52, "A premium of 0.01 yields 0.00: recorded, published, archived, not paid")
def _():
    case = drive.approved(window=make.window(), premium=Decimal("0.01"))
    assert (case.state, case.awarded) == (State.ARCHIVED, 0)
    with refused("nothing_to_pay"):
        prepare(case)


@edge(53, "One clock, the server's: when a draft was begun or on which machine does not matter")
def _():
    window = make.window()
    early, late = make.draft(window=window, at=make.OPENS), make.draft(window=window, at=make.CLOSES - timedelta(seconds=1))
    with refused("window_closed"):
        submit(early, at=make.CLOSES)
    assert submit(late, at=make.CLOSES - timedelta(microseconds=1)).submitted_at == make.CLOSES - timedelta(microseconds=1)
    assert early.number is None
