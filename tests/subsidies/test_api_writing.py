"""What a system may do: the web's verbs, once for each Idempotency-Key."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from insurers import services as insurers
from insurers.models import ApiAnswer, Entrustment, Policy, Scope, StaffRole
from insurers.tasks import forget_api_answers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.files.models import StoredFile
from subsidies.models import Application, Part
from subsidies.services import applications, corrections
from subsidies.states import State
from tests import make
from tests.subsidies.api import ROOT, System, key_of, read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED, tick=False)


@pytest.fixture
def insurer():
    return make.insurer()


@pytest.fixture
def system(insurer):
    return System(insurer)


@pytest.fixture
def client_(insurer):
    entity = make.entity()
    make.entrustment(entity, insurer)
    return entity


def policy_of(system, entity, **changes) -> dict:
    """A policy with an invoice and a payment, as a system sends it."""
    papers = {what: system.upload(make.pdf(what), key=f"paper-{what}")["id"] for what in ("policy", "invoice", "payment")}
    return {
        "credit_code": entity.credit_code,
        "product": system.get("products")["items"][0]["filing_number"],
        "number": "QIPL-API-1",
        "signed_on": "2026-06-14",
        "starts_on": "2026-06-15",
        "last_day": "2027-06-14",
        "liability_limit": "10000000.00",
        "territory": "美国、欧盟",
        "premium": "100000.00",
        "paper": papers["policy"],
        "invoices": [
            {"number": "26110001", "buyer": entity.name, "amount": "100000", "issued_on": "2026-06-16", "paper": papers["invoice"]}
        ],
        "payments": [{"payer": entity.name, "amount": "100000", "paid_on": "2026-06-16", "reference": "R-1", "paper": papers["payment"]}],
        **changes,
    }


def draft_of(system, entity) -> dict:
    """A draft that is ready to be filed, made by the system."""
    window = make.window()
    policy = system.post("policies", policy_of(system, entity), key="policy-0001")
    known = system.get(f"clients/{entity.credit_code}")
    case = system.post("applications", {"credit_code": entity.credit_code, "window": window.pk}, key="start-0001")
    filled = {
        "policy": policy["id"],
        "category": known["categories"][0]["id"],
        "bank_account": known["bank_account"]["id"],
        "pledged": True,
    }
    return system.post(f"applications/{case['id']}/draft", filled, key="fill-00001", status=200)


# once


def test_the_same_request_again_does_nothing_and_gets_the_same_answer(system, client_):
    asked = policy_of(system, client_)
    first = system.post("policies", asked, key="order-0001")
    again = system.post("policies", dict(reversed(asked.items())), key="order-0001")
    assert again == first
    assert Policy.objects.count() == 1
    assert Event.objects.filter(action="register_policy").count() == 1


def test_the_same_key_for_something_else_is_refused_and_nothing_done(system, client_):
    asked = policy_of(system, client_)
    system.post("policies", asked, key="order-0001")
    problem = system.post("policies", asked | {"number": "QIPL-API-2"}, key="order-0001", status=422)
    assert problem["code"] == "idempotency_key_reused"
    other_path = system.upload(make.pdf("other"), key="order-0001", status=422)
    assert other_path["code"] == "idempotency_key_reused"
    assert Policy.objects.count() == 1


def test_every_insurer_has_keys_of_its_own(system, insurer):
    first = system.upload(make.pdf("a"), key="order-0001")
    second = System(make.insurer("示例二")).upload(make.pdf("a"), key="order-0001")
    assert first["id"] != second["id"]


def test_a_rotated_key_gets_the_same_answer(insurer, system):
    paper = make.pdf("a")
    first = system.upload(paper, key="order-0001")
    paper.seek(0)
    assert System(insurer).upload(paper, key="order-0001") == first


def test_what_was_refused_leaves_the_key_free(system, client_):
    asked = policy_of(system, client_)
    refused = system.post("policies", asked | {"last_day": "2026-01-01"}, key="order-0001", status=422)
    assert refused["code"] == "policy_dates"
    assert not ApiAnswer.objects.filter(name="order-0001").exists()
    system.post("policies", asked, key="order-0001")


def test_who_dies_in_between_leaves_neither_the_deed_nor_the_key(system, client_, monkeypatch):
    asked = policy_of(system, client_)

    def die(*args, **kwargs):
        raise SystemExit

    with monkeypatch.context() as cut:
        cut.setattr("insurers.services.api_answers.record", die)
        with pytest.raises(SystemExit):
            system.post("policies", asked, key="order-0001")
    assert Policy.objects.count() == 0
    system.post("policies", asked, key="order-0001")
    assert Policy.objects.count() == 1


@pytest.mark.parametrize("key", [None, "", "short", "x" * 65, "with blank 1", "schlüssel-1"])
def test_a_post_without_a_proper_key_is_not_read(system, key):
    headers = {} if key is None else {"Idempotency-Key": key}
    problem = read(system.client.post(f"{ROOT}applications", {}, content_type="application/json", headers=headers), 400)
    assert problem["code"] == "idempotency_key_missing"


def test_answers_are_forgotten_after_thirty_days(system, time_machine):
    first = system.upload(make.pdf("a"), key="order-0001")
    for days, kept in ((30, 1), (31, 0)):
        time_machine.move_to(make.FILED + timedelta(days=days), tick=False)
        forget_api_answers()
        assert ApiAnswer.objects.count() == kept
    assert system.upload(make.pdf("a"), key="order-0001")["id"] != first["id"]


def test_the_trail_names_the_key_that_asked(system):
    system.upload(make.pdf("a"), key="order-0001")
    event = Event.objects.get(action="ask_by_api")
    assert event.data == {"asked": "POST /api/v1/files", "idempotency_key": "order-0001"}
    assert event.object_type == "insurers.apikey"


# scopes


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("files", Scope.FILES),
        ("policies", Scope.POLICIES),
        ("policies/1/invoices", Scope.POLICIES),
        ("entrustments", Scope.ENTRUSTMENTS),
        ("entrustments/1/paper", Scope.ENTRUSTMENTS),
        ("applications", Scope.APPLICATIONS),
        ("applications/1/submit", Scope.APPLICATIONS),
    ],
)
def test_each_deed_needs_its_scope(insurer, path, scope):
    others = System(insurer, *(each for each in Scope if each != scope))
    problem = others.post(path, {}, status=403)
    assert problem["code"] == "scope_missing"
    assert scope.label in problem["detail"]
    own = System(insurer, scope).client.post(ROOT + path, {}, content_type="application/json", headers={"Idempotency-Key": "key-00000001"})
    assert own.status_code in (404, 422)


# files


def test_a_file_is_inspected_as_on_the_web(system):
    kept = system.upload(make.pdf("policy"), key="file-0001")
    assert (kept["content_type"], kept["name"]) == ("application/pdf", "policy.pdf")
    assert system.get(f"files/{kept['id']}") == kept
    broken = make.pdf("broken")
    broken.file.truncate(30)
    problem = system.upload(broken, key="file-0002", status=422)
    assert problem["code"] == "file_broken"
    assert StoredFile.objects.count() == 1


def test_a_file_of_somebody_else_cannot_be_used(system, client_):
    foreign = System(make.insurer("示例二")).upload(make.pdf("x"), key="file-0001")["id"]
    problem = system.post("policies", policy_of(system, client_, paper=foreign), key="order-0001", status=422)
    assert (problem["code"], problem["errors"][0]["field"]) == ("file_unknown", "paper")
    system.get(f"files/{foreign}", 404)


def test_who_only_looks_now_does_nothing_by_an_older_key_either(insurer, client_):
    person = make.colleague(insurer, StaffRole.MANAGER)
    system = System(insurer, secret=key_of(insurer, by=person)[1])
    insurer.staff.filter(user=person).update(role=StaffRole.VIEWER)
    assert system.upload(make.pdf("a"), key="file-0001", status=403)["code"] == "only_looks"
    start = {"credit_code": client_.credit_code, "window": make.window().pk}
    assert system.post("applications", start, status=403)["code"] == "only_looks"
    system.get("policies")


def test_uploads_are_counted_apart(system, monkeypatch):
    monkeypatch.setattr("subsidies.api.keys.FILES_A_MINUTE", 1)
    system.upload(make.pdf("a"), key="file-0001")
    assert system.upload(make.pdf("a"), key="file-0002", status=429)["code"] == "asked_too_often"
    system.get("windows")


# policies


def test_a_policy_is_registered_and_confirmed_with_its_rows(system, client_):
    made = system.post("policies", policy_of(system, client_), key="order-0001")
    assert (made["state"], made["premium"], made["last_day"]) == ("confirmed", "100000.00", "2027-06-14")
    assert (made["invoices"][0]["amount"], made["payments"][0]["reference"]) == ("100000.00", "R-1")


def test_rows_are_added_later_too(system, client_):
    asked = policy_of(system, client_)
    made = system.post("policies", asked | {"invoices": [], "payments": []}, key="order-0001")
    assert made["invoices"] == []
    more = system.post(f"policies/{made['id']}/invoices", asked["invoices"][0], key="order-0002")
    assert len(more["invoices"]) == 1
    more = system.post(f"policies/{made['id']}/payments", asked["payments"][0], key="order-0003")
    assert len(more["payments"]) == 1
    taken = system.post(f"policies/{made['id']}/invoices", asked["invoices"][0], key="order-0004", status=409)
    assert (taken["code"], taken["errors"][0]["field"]) == ("invoice_taken", "number")


def test_a_row_that_is_refused_takes_the_policy_with_it_and_names_its_place(system, client_):
    asked = policy_of(system, client_)
    asked["invoices"].append(asked["invoices"][0])
    problem = system.post("policies", asked, key="order-0001", status=409)
    assert (problem["code"], problem["errors"][0]["field"]) == ("invoice_taken", "invoices.1.number")
    assert Policy.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"premium": "0"}, "request_invalid", "premium"),
        ({"premium": 100000}, "request_invalid", "premium"),
        ({"premium": "1e5"}, "request_invalid", "premium"),
        ({"premium": "9" * 13}, "request_invalid", "premium"),
        ({"number": "---"}, "request_invalid", "number"),
        ({"signed_on": "2026-02-30"}, "request_invalid", "signed_on"),
        ({"signed_on": "0001-01-01"}, "request_invalid", "signed_on"),
        ({"paper": True}, "request_invalid", "paper"),
        ({"paper": 2**63}, "request_invalid", "paper"),
        ({"paper": 1.5}, "request_invalid", "paper"),
        ({"invoices": [{}]}, "request_invalid", "invoices.0.number"),
        ({"surprise": 1}, "request_invalid", "surprise"),
        ({"non_pilot_premium": "100000.01"}, "policy_parts", "non_pilot_premium"),
        ({"product": "备案-0"}, "product_unknown", "product"),
        ({"credit_code": "91110108MA00000000"}, "client_unknown", "credit_code"),
    ],
)
def test_what_does_not_fit_is_named_in_chinese(system, client_, change, code, field):
    problem = system.post("policies", policy_of(system, client_) | change, key="order-0001", status=422)
    assert problem["code"] == code
    assert field in [error["field"] for error in problem["errors"]]
    assert all(any("一" <= char <= "鿿" for char in error["message"]) for error in problem["errors"])
    assert Policy.objects.count() == 0


def test_without_a_mandate_no_policy_is_registered(system):
    problem = system.post("policies", policy_of(system, make.entity()), key="order-0001", status=403)
    assert problem["code"] == "no_mandate"


def test_a_policy_of_the_enterprise_is_confirmed_or_disputed(system):
    entity = make.entity()
    first, second = (make.policy(entity, confirmed=False) for _ in range(2))
    seen = system.get(f"policies/{first.pk}")
    assert system.post(f"policies/{first.pk}/confirm", {"version": seen["version"]}, key="order-0001", status=200)["state"] == "confirmed"
    disputed = system.post(f"policies/{second.pk}/dispute", {"reason": "保费不符"}, key="order-0002", status=200)
    assert (disputed["state"], disputed["state_reason"]) == ("disputed", "保费不符")
    late = system.post(f"policies/{first.pk}/dispute", {"reason": "保费不符"}, key="order-0003", status=409)
    assert late["code"] == "wrong_state"


def test_an_endorsement_and_a_surrender_are_reported(system, client_):
    made = system.post("policies", policy_of(system, client_), key="order-0001")
    paper = system.upload(make.pdf("endorsement"), key="file-0009")["id"]
    less = {"kind": "reduction", "number": "PD-1", "effective_on": "2026-08-31", "premium_after": "90000.00", "paper": paper}
    same = system.post(f"policies/{made['id']}/endorsements", less | {"premium_after": "100000.00"}, key="order-0002", status=422)
    assert same["code"] == "premium_not_changed"
    changed = system.post(f"policies/{made['id']}/endorsements", less, key="order-0003")
    assert [each["premium_after"] for each in changed["endorsements"]] == ["90000.00"]
    gone = {"number": "PD-2", "effective_on": "2026-08-31", "paper": paper}
    assert system.post(f"policies/{made['id']}/surrender", gone, key="order-0004")["state"] == "surrendered"


# mandates


def test_a_mandate_is_proposed_with_its_paper_and_waits_for_the_enterprise_or_the_centre(system, insurer):
    entity = make.entity()
    asked = {"credit_code": entity.credit_code, "starts_on": "2026-09-01", "last_day": "2026-12-31", "includes_submission": False}
    made = system.post("entrustments", asked, key="order-0001")
    assert (made["state"], made["last_day"], made["includes_submission"], made["includes_correction"]) == (
        "proposed",
        "2026-12-31",
        False,
        True,
    )
    paper = system.upload(make.pdf("sealed"), key="file-0001")["id"]
    sealed = system.post(f"entrustments/{made['id']}/paper", {"paper": paper}, key="order-0002", status=200)
    assert sealed["has_paper"] is True
    insurers.confirm_entrustment(Entrustment.objects.get(pk=made["id"]), by=make.officer(Role.HANDLER), at=timezone.now())
    assert system.get(f"entrustments/{made['id']}")["in_force"] is True
    late = system.post(f"entrustments/{made['id']}/paper", {"paper": paper}, key="order-0003", status=409)
    assert late["code"] == "wrong_state"
    second = system.post("entrustments", asked, key="order-0004", status=409)
    assert second["code"] == "entrustment_exists"
    ended = system.post(f"entrustments/{made['id']}/revoke", {"reason": "客户不再委托"}, key="order-0005", status=200)
    assert ended["state"] == "revoked"


def test_a_mandate_whose_period_is_over_is_not_proposed(system):
    asked = {"credit_code": make.entity().credit_code, "starts_on": "2026-08-01", "last_day": "2026-08-31"}
    problem = system.post("entrustments", asked, key="order-0001", status=422)
    assert [error["field"] for error in problem["errors"]] == ["last_day"]
    problem = system.post("entrustments", asked | {"last_day": "2026-07-31"}, key="order-0001", status=422)
    assert problem["code"] == "entrustment_period"


# filing


def test_from_the_draft_to_the_filing(system, client_):
    draft = draft_of(system, client_)
    assert (draft["state"], draft["problems"]) == ("draft", [])
    export = system.upload(make.pdf("export"), key="file-0009")["id"]
    system.post(f"applications/{draft['id']}/attachments", {"kind": "export", "file": export}, key="attach-001")
    filed = system.post(f"applications/{draft['id']}/submit", {"version": draft["version"]}, key="submit-001", status=200)
    assert (filed["state"], filed["number"][:10]) == ("submitted", "BJIP-2026-")
    case = Application.objects.get(pk=draft["id"])
    assert (case.channel, case.attachments.count()) == ("insurer", 1)
    assert system.post(f"applications/{draft['id']}/submit", {}, key="submit-002", status=200)["number"] == filed["number"]
    steps = system.get(f"applications/{draft['id']}/timeline")["steps"]
    assert (steps[0]["title"], steps[0]["status"]) == ("提交申报", "done")
    taken_back = system.post(f"applications/{draft['id']}/withdraw", {"reason": "客户要求"}, key="withdraw-1", status=200)
    assert taken_back["state"] == "withdrawn"


def test_a_draft_that_lacks_something_is_not_filed_and_says_why(system, client_):
    window = make.window()
    case = system.post("applications", {"credit_code": client_.credit_code, "window": window.pk}, key="start-0001")
    problem = system.post(f"applications/{case['id']}/submit", {}, key="submit-001", status=422)
    assert (problem["code"], problem["clause"]) == ("incomplete", "申报通知")
    second = system.post("applications", {"credit_code": client_.credit_code, "window": window.pk}, key="start-0002", status=409)
    assert second["code"] == "draft_exists"
    nowhere = system.post("applications", {"credit_code": client_.credit_code, "window": 999}, key="start-0003", status=422)
    assert nowhere["code"] == "window_unknown"


def test_what_is_put_into_a_draft_must_be_its_clients_own(system, client_):
    draft = draft_of(system, client_)
    stranger = make.entity()
    foreign = {
        "policy": make.policy(stranger).pk,
        "category": stranger.categories.first().pk,
        "bank_account": stranger.bank_accounts.first().pk,
    }
    for field, pk in foreign.items():
        problem = system.post(f"applications/{draft['id']}/draft", {field: pk}, key=f"fill-{field}", status=422)
        assert [error["field"] for error in problem["errors"]] == [field]


def test_what_somebody_else_has_written_meanwhile_is_not_written_over(system, client_):
    draft = draft_of(system, client_)
    path = f"applications/{draft['id']}/draft"
    system.post(path, {"version": draft["version"], "other_subsidies": "市级 1 万元"}, key="fill-0001a", status=200)
    stale = system.post(path, {"version": draft["version"], "other_subsidies": "没有"}, key="fill-0001b", status=409)
    assert stale["code"] == "changed_meanwhile"
    late = system.post(f"applications/{draft['id']}/submit", {"version": draft["version"]}, key="submit-001", status=409)
    assert late["code"] == "moved_on"


def test_a_mandate_without_submission_leads_to_a_proposal(insurer, system):
    entity = make.entity()
    make.entrustment(entity, insurer, includes_submission=False)
    draft = draft_of(system, entity)
    refused = system.post(f"applications/{draft['id']}/submit", {}, key="submit-001", status=403)
    assert refused["code"] == "submission_not_entrusted"
    assert system.post(f"applications/{draft['id']}/propose", {}, key="propose-01", status=200)["state"] == "pending_confirm"


def test_an_already_filed_client_is_told_with_the_number_of_its_case(system, client_):
    window = make.window()
    filed = make.application(window=window, legal_entity=client_)
    problem = system.post("applications", {"credit_code": client_.credit_code, "window": window.pk}, key="start-0001", status=409)
    assert problem["code"] == "already_filed"
    assert filed.number in problem["detail"]
    assert problem["clause"]


def test_a_correction_is_answered_item_by_item_and_handed_in(system, client_):
    draft = draft_of(system, client_)
    system.post(f"applications/{draft['id']}/submit", {}, key="submit-001", status=200)
    case = Application.objects.get(pk=draft["id"])
    assert system.get(f"applications/{case.pk}/correction")["items"] == []
    items = [(Part.OTHER, "请说明出口情况"), (Part.CATEGORY, "请补交证书")]
    corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=timezone.now(), items=items)
    told = system.get(f"applications/{case.pk}/correction")
    assert [each["code"] for each in told["problems"]] == ["item_unanswered", "item_unanswered"]
    early = system.post(f"applications/{case.pk}/resubmit", {}, key="again-0001", status=422)
    assert early["code"] == "item_unanswered"
    word, paper = (f"applications/{case.pk}/correction/items/{each['id']}" for each in told["items"])
    assert system.post(word, {}, key="answer-000", status=422)["errors"][0]["field"] == "text"
    system.post(word, {"text": "主要出口美国"}, key="answer-001", status=200)
    stored = system.upload(make.pdf("certificate"), key="file-0009")["id"]
    answered = system.post(paper, {"paper": stored}, key="answer-002", status=200)
    assert answered["problems"] == []
    assert answered["items"][1]["papers"][0]["id"] == stored
    chosen = {"category": client_.categories.first().pk}
    system.post(f"applications/{case.pk}/correction/category", chosen, key="answer-003", status=200)
    handed_in = system.post(f"applications/{case.pk}/resubmit", {}, key="again-0002", status=200)
    assert (handed_in["state"], handed_in["number"]) == ("submitted", case.number)
    gone = system.post(word, {"text": "x"}, key="answer-004", status=404)
    assert gone["code"] == "nothing_here"


def test_an_accepted_case_is_given_up(system, client_):
    draft = draft_of(system, client_)
    system.post(f"applications/{draft['id']}/submit", {}, key="submit-001", status=200)
    case = Application.objects.get(pk=draft["id"])
    applications.accept(case, by=make.officer(Role.HANDLER), at=timezone.now())
    late = system.post(f"applications/{case.pk}/withdraw", {"reason": "客户要求"}, key="withdraw-1", status=409)
    assert late["code"] == "wrong_state"
    assert system.post(f"applications/{case.pk}/abandon", {"reason": "客户要求"}, key="abandon-01", status=200)["state"] == State.ABANDONED
    replied = system.post(f"applications/{case.pk}/reply", {"text": "不同意"}, key="reply-0001", status=409)
    assert replied["code"] == "wrong_state"


def test_another_insurer_can_do_nothing_about_it(system, client_):
    draft = draft_of(system, client_)
    stranger = System(make.insurer("示例二"))
    for path in (f"applications/{draft['id']}/submit", f"policies/{draft['policy']}/confirm"):
        assert stranger.post(path, {}, status=404)["code"] == "nothing_here"
    start = {"credit_code": client_.credit_code, "window": draft["window"]}
    assert stranger.post("applications", start, status=404)["code"] == "nothing_here"
    stranger.get(f"clients/{client_.credit_code}", 404)


def test_a_client_shows_no_more_than_the_pages_do(insurer, system):
    entity = make.entity()
    mandate = make.entrustment(entity, insurer)
    assert system.get(f"clients/{entity.credit_code}")["bank_account"]["holder"] == entity.name
    insurers.revoke_entrustment(mandate, by=make.owner_of(entity), at=timezone.now(), reason="不再委托")
    shown = system.get(f"clients/{entity.credit_code}")
    assert (shown["entrusted"], shown["categories"], shown["bank_account"]) == (False, [], None)


# what cannot be read


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"window": NaN}',
        b'{"window": Infinity}',
        b'{"credit_code": "\\u0000"}',
        b'{"credit_code": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"window": ' + b"9" * 5000 + b"}",
        b'{"window": 1e400}',
        b"[]",
        b"null",
        b'"text"',
    ],
)
def test_what_is_no_request_is_a_problem_and_nothing_breaks(system, body):
    sent = system.client.generic("POST", f"{ROOT}applications", body, "application/json", headers={"Idempotency-Key": "key-00000001"})
    assert sent.status_code in (400, 422), sent.content
    assert sent["Content-Type"].startswith("application/problem+json")


FORM, PART = "multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename'


@pytest.mark.parametrize(
    "body",
    [
        PART + b"=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!a\r\n--x--\r\n",
        PART + b"*=bogus''a.pdf\r\n\r\nabc\r\n--x--\r\n",
        PART + b"*=utf-8''%ED%A0%80%00.pdf\r\n\r\n%PDF-abc\r\n--x--\r\n",
        b"".join(PART + b"=a.pdf\r\n\r\nabc\r\n" for _ in range(200)) + b"--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + b"a" * 3_000_000 + b"\r\n--x--\r\n",
    ],
    ids=["broken base64", "unknown encoding", "half a surrogate pair", "two hundred files", "a field, no file"],
)
def test_an_odd_upload_is_a_problem_and_nothing_breaks(system, body):
    sent = system.client.generic("POST", f"{ROOT}files", body, FORM, headers={"Idempotency-Key": "key-00000001"})
    assert sent.status_code in (400, 413, 422), sent.content
    assert sent["Content-Type"].startswith("application/problem+json")
    assert StoredFile.objects.count() == 0


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "application/json", "text/plain"])
def test_an_upload_that_is_none_is_a_problem(system, kind):
    sent = system.client.generic("POST", f"{ROOT}files", b"--y\r\nrubbish", kind, headers={"Idempotency-Key": "key-00000001"})
    assert sent.status_code in (400, 422), sent.content
    assert sent["Content-Type"].startswith("application/problem+json")


def test_a_body_that_is_too_large_is_not_read(system):
    for path, kind, size in (
        ("applications", "application/json", 2 * 1024**2 + 1),
        ("files", "multipart/form-data; boundary=x", 21 * 1024**2 + 1),
    ):
        sent = system.client.generic("POST", ROOT + path, b" " * size, kind, headers={"Idempotency-Key": "key-00000001"})
        assert read(sent, 413)["code"] == "request_too_large"


def test_a_method_that_is_not_there_is_a_problem():
    sent = Client().put(f"{ROOT}policies")
    assert read(sent, 405)["code"] == "method_not_allowed"
    assert set(sent["Allow"].split(", ")) == {"GET", "POST"}
