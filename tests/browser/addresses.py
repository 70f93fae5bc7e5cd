"""One object of every kind, made through the services, and every address of the portal with the keys of those objects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.files.base import ContentFile
from django.urls import URLPattern, get_resolver, reverse

from enterprises import services as enterprises
from insurers import services as insurers
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit import services as audit
from pilot_portal.audit.models import Event, Seal
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import CalendarDay, Entry
from subsidies import payment_files
from subsidies.letter_words import LETTERS
from subsidies.models import AttachmentKind, Part, Recovery
from subsidies.services import corrections, documents, drafts, imports, letter_versions, objections, payments, recovery, windows
from subsidies.states import State
from tests import drive, make
from tests.subsidies import sheets
from tests.subsidies.api import PATTERNS

PAPERS = ("licence", "evidence", "paper")
NOON = "2026-10-26 12:00"  # a moment after everything below
STAFF = [role for role in Role if role not in (Role.ENTERPRISE, Role.INSURER, Role.SYSTEM)]


@dataclass
class World:
    """`rows` by model name; `people` by what they are here."""

    people: dict[str, User]
    rows: dict[str, Any]
    keys: dict[str, list[dict]] = field(default_factory=dict)  # name of an address → each set of arguments it is tried with


def build() -> World:
    paid, draft, listed, mending = _cases()
    policy, batch = paid.policy, paid.payments.get().batch
    owner = make.owner_of(paid.legal_entity)
    facts = {"products_abroad": "机器人", "countries": "美国"}
    registration = enterprises.preregister(paid.legal_entity, make.pilot(), by=owner, at=make.FILED, facts=facts)
    more = {"document_number": "京财预〔2026〕99号", "amount": Decimal(1), "reason": "追加"}
    proposal = windows.propose_appropriation(make.pilot(), by=make.officer(Role.FINANCE), at=make.FILED, **more)
    audit.seal_pending(at=make.PAID)
    rows = {
        "application": paid,
        "draft": draft,
        "listed": listed,
        "mending": mending,
        "recovery": _recovery(),
        "objection": drive.objection(drive.published(window=make.window())[0]),
        "legalentity": paid.legal_entity,
        "invitation": _invitation(paid.legal_entity),
        "colleague": _colleague(paid.legal_entity),
        "entitychange": make.change(paid.legal_entity),
        "takeover": make.takeover(listed.legal_entity, by=owner),
        "preregistration": registration,
        "policy": policy,
        "entrustment": make.entrustment(paid.legal_entity, policy.insurer),
        "underwritinganswer": make.underwriting_request(paid.legal_entity, insurers=[policy.insurer], preregistered=False).answers.get(),
        "underwritinglist": make.underwriting_list(policy),
        "import": _import(policy.insurer, draft.window),
        "insurer": policy.insurer,
        "selection": policy.insurer.selections.get(),
        "product": policy.product,
        "insurerstaff": policy.insurer.staff.get(),
        "staffinvitation": _staff_invitation(policy.insurer),
        "apikey": _key_of(policy.insurer),
        "window": paid.window,
        "matchlist": make.match_list(),
        "batch": batch,
        "appropriation": batch.appropriation,
        "letterversion": _letter_version(),
        "proposal": proposal,
        "pilot": make.pilot(),
        "entry": Entry.objects.first(),
        "calendarday": CalendarDay.objects.first(),
        "message": Message.objects.inbox_of(owner)[0],
        "user": owner,
        "event": Event.objects.first(),
        "seal": Seal.objects.first(),
        "anchor": audit.publish_anchor(at=make.PAID),
    }
    stranger = make.owner_of(make.entity(at=make.FILED))
    people = {
        "owner": owner,
        "stranger": stranger,
        "insurer": rows["insurerstaff"].user,
        "other insurer": make.insurer("示例二").staff.get().user,
        **{role.value: make.officer(role) for role in STAFF},
    }
    return World(people, rows, _keys(rows))


def _letter_version():
    facts = {"effective_on": make.FILED.date() + timedelta(days=1), "reason": "更易懂"}
    return letter_versions.write_version("paid", LETTERS["paid"], by=make.officer(Role.HEAD), at=make.FILED, **facts)


def _cases():
    """A case in an exported batch, a draft with a paper in a window that is open, and a case on a list that waits for determination."""
    first = make.window()
    still_open = make.window(closes_at=make.moment("2026-11-20 17:00"), signed_until=date(2026, 11, 20), paid_until=date(2026, 11, 20))
    draft = make.draft(window=still_open)
    drafts.attach(draft, AttachmentKind.PLEDGE, make.pdf("pledge"), by=draft.created_by, at=make.FILED)
    mending = _mending(draft)
    paid = make.application(window=first, state=State.CHECKED, legal_entity=draft.legal_entity)
    documents.issue_receipt(paid, at=make.FILED)
    batch = make.batch(first)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    documents.render_batch(batch, at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    third = make.window()
    listed = make.application(window=third, state=State.CHECKED)
    make.allocated(third)
    for case in (paid, listed):
        case.refresh_from_db()
    return paid, draft, listed, mending


def _mending(draft):
    """A case of the same enterprise with an open correction, and a paper for one of its items."""
    case = make.application(window=make.window(), legal_entity=draft.legal_entity)
    item = drive.corrected(case, items=[(Part.CATEGORY, "证书已过期")]).items.get()
    corrections.answer(item, by=case.created_by, at=drive.ANSWERED, upload=make.pdf("certificate"))
    return case


def _recovery() -> Recovery:
    """A case that was paid, and what is to come back of it after its premium was lowered."""
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    sent = payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.PAID)
    answer = payment_files.write_bank_result_template(sent, paid_on=make.PAID.date())
    payments.import_bank_result(batch, answer, by=make.officer(Role.FINANCE), at=make.PAID)
    facts = {"kind": "reduction", "number": "P-1", "effective_on": make.PAID.date(), "premium_after": Decimal("60000.00")}
    staff = case.policy.insurer.staff.get().user
    endorsement = insurers.endorse(case.policy, by=staff, at=make.PAID, facts=facts, paper=make.pdf("endorsement"))
    recovery.follow_endorsement(endorsement, at=make.PAID)
    return Recovery.objects.get(application=case)


def _invitation(entity, email="new@example.com"):
    """Open at NOON."""
    owner = make.owner_of(entity)
    return enterprises.invite(entity, by=owner, at=make.moment(NOON) - timedelta(days=1), email=email, role="viewer")


def _colleague(entity):
    invitation = _invitation(entity, "colleague@example.com")
    return enterprises.accept_invitation(invitation, by=make.user(Role.ENTERPRISE), at=invitation.invited_at)


def _staff_invitation(insurer):
    """Open at NOON."""
    at = make.moment(NOON) - timedelta(days=1)
    return insurers.invite_staff(insurer, by=insurer.staff.get().user, at=at, email="new@example.com", role="filer")


def _key_of(insurer):
    facts = {"name": "承保系统", "scopes": ["read"], "period": 2 * (make.PAID - make.OPENS)}
    return insurers.make_key(insurer, by=insurer.staff.get().user, at=make.FILED, **facts)[0]


def _keys_of_the_api(rows: dict) -> dict[str, list[dict]]:
    policy = rows["policy"]
    objects = {"policies": policy, "entrustments": rows["entrustment"], "applications": rows["application"], "files": policy.paper}
    others = {"kind": "category", "credit_code": policy.legal_entity.credit_code, "item": 1}
    keys = {"api_nothing_here": [{"rest": "nowhere"}]}
    for pattern in PATTERNS:
        found = objects.get(str(pattern.pattern).split("/")[0])
        known = others | {"pk": found and found.pk}
        if names := pattern.pattern.converters:
            keys[f"api:{pattern.name}"] = [{name: known[name] for name in names}]
    return keys


def _import(insurer, window):
    """A sheet with one row, which is to be mended."""
    who = {"by": insurer.staff.get().user, "at": make.FILED}
    file = imports.keep_sheet(ContentFile(sheets.sheet([sheets.CELLS]), name="申报.xlsx"), **who)
    batch = imports.upload(insurer, window, file=file, **who)
    return imports.dry_run(batch.pk, at=make.FILED)


def _keys(rows: dict) -> dict[str, list[dict]]:
    """Arguments of each address that has any. An address of the workbench is found by its model instead."""
    case, draft, listed, policy = rows["application"], rows["draft"], rows["listed"], rows["policy"]
    cases = [{"pk": case.pk}, {"pk": draft.pk}]
    lines = [("invoices", policy.invoices.get().pk), ("payments", policy.premium_payments.get().pk)]
    row_keys = [{"pk": policy.pk, "kind": kind, "row": row} for kind, row in lines]
    run = listed.allocation
    keys = {f"subsidies:{name}": cases for name in "application submitted withdraw receipt delete check declare submit attach".split()}
    keys |= {f"subsidies:{name}": cases for name in "enterprise policy papers category account pledge further copy".split()}
    keys |= {f"subsidies:{name}": cases for name in ("pledge_paper", "application_form")}
    keys |= {f"insurers:{name}": [{"pk": policy.pk}] for name in "policy policy_edit policy_paper invoice_new payment_new".split()}
    keys |= {f"insurers:{name}": [{"pk": policy.pk}] for name in "insurer_policy confirm dispute".split()}
    keys |= {f"subsidies:{name}": [{"pk": policy.pk}] for name in ("endorse", "surrender")}
    answer = rows["underwritinganswer"]
    keys |= {f"insurers:{name}": [{"pk": answer.pk}] for name in "insurer_request offer refuse".split()}
    keys |= {f"insurers:{name}": [{"pk": answer.request_id, "answer": answer.pk}] for name in ("offer_choose", "request_withdraw")}
    keys["insurers:request"] = [{"pk": answer.request_id}]
    names = "import import_progress import_commit import_recheck import_annotated".split()
    keys |= {f"subsidies:{name}": [{"pk": rows["import"].pk}] for name in names}
    keys |= _keys_of_clients(rows) | _keys_after_filing(rows)
    keys |= {f"insurers:{name}": [{"pk": rows["apikey"].pk}] for name in ("key_rotate", "key_revoke")}
    keys |= _keys_of_the_api(rows)
    keys |= {f"insurers:{name}": [{"pk": rows["insurerstaff"].pk}] for name in ("staff_role", "staff_remove")}
    joining = {"token": enterprises.token_of(rows["staffinvitation"])}
    keys |= {f"insurers:{name}": [joining] for name in ("staff_invitation", "staff_invitation_accept")}
    keys["insurers:staff_invitation_withdraw"] = [{"pk": rows["staffinvitation"].pk}]
    keys |= {f"notifications:{name}": [{"pk": rows["message"].pk}] for name in ("message", "read")}
    keys |= {f"enterprises:{name}": [{"pk": rows["colleague"].pk}] for name in ("member_role", "member_remove")}
    keys |= {f"enterprises:handover{name}": [{"pk": rows["colleague"].pk}] for name in ("", "_answer", "_withdraw")}
    keys |= {f"enterprises:{name}": [{"pk": rows["entitychange"].pk}] for name in ("change_paper", "change_withdraw")}
    keys["enterprises:change_new"] = [{"kind": kind} for kind in ("facts", "former_name", "branch")]
    keys |= {f"enterprises:{name}": [{"pk": rows["takeover"].pk}] for name in ("takeover", "takeover_withdraw")}
    keys |= {f"enterprises:{name}": [{"year": 2026}] for name in ("preregistration", "preregistration_edit")}
    keys |= {f"programme:{name}": [{"pk": run.pk}] for name in "determination determination_csv list_minutes determine return_list".split()}
    keys |= {f"programme:{name}": [{"pk": case.determination_id}] for name in ("determined", "determined_csv")}
    return keys | {
        "subsidies:autosave": [{"pk": draft.pk, "task": task} for task in ("policy", "category", "pledge", "further")],
        "subsidies:start": [{"pk": draft.window_id}, {"pk": case.window_id}],
        "subsidies:detach": [{"pk": draft.pk, "attachment": draft.attachments.get().pk}],
        "subsidies:document": [{"pk": case.pk, "document": found.pk} for found in case.documents.for_applicant()],
        **{f"subsidies:{name}": [{"pk": case.pk, "file": policy.paper_id}] for name in ("paper", "preview")},
        "insurers:underwriting_list_file": [{"pk": rows["underwritinglist"].pk}],
        "subsidies:entrustment_paper": [{"pk": rows["entrustment"].pk}],
        "insurers:row_paper": row_keys,
        "insurers:row_delete": row_keys,
        **{f"enterprises:{name}": [{"token": enterprises.token_of(rows["invitation"])}] for name in ("invitation", "invitation_accept")},
        "enterprises:invitation_withdraw": [{"pk": rows["invitation"].pk}],
        "enterprises:category_paper": [{"pk": rows["legalentity"].categories.get().pk}],
        "programme:notice": [{"pk": case.window_id}],
        "programme:list": [{"pk": case.public_notice_id}],
        "programme:object": [{"pk": case.public_notice_id}, {"pk": rows["objection"].notice_id}],
        "programme:objection": [{"number": rows["objection"].number, "code": objections.receipt_code(rows["objection"])}],
        "programme:verified": [{"code": case.documents.first().verify_code}],
        "programme:oversight_case": [{"pk": case.pk}],
        **{f"programme:{name}": [{"pk": rows["recovery"].pk}] for name in ("recovery", "order_recovery", "drop_recovery")},
        "programme:recovery_paper": [{"pk": rows["recovery"].pk, "file": rows["recovery"].endorsement.paper_id}],
        "programme:list_paper": [{"pk": case.public_notice_id}],
        "programme:oversight_paper": [{"pk": case.pk, "file": policy.paper_id}],
        "accounts:password_reset_confirm": [{"uidb64": "MQ", "token": "aaa-bbb"}],
    }


def _keys_after_filing(rows: dict) -> dict[str, list[dict]]:
    mending, mandate, owed = rows["mending"], rows["entrustment"], rows["recovery"]
    names = "correction correction_category resubmit resubmitted reply abandon propose confirm decline".split()
    keys = {f"subsidies:{name}": [{"pk": case.pk} for case in (rows["application"], rows["draft"], mending)] for name in names}
    pages = "entrustment entrustment_confirm entrustment_revoke entrustment_paper".split()
    keys |= {f"insurers:{name}": [{"pk": mandate.pk}] for name in pages}
    recovery = [{"pk": owed.application_id, "recovery": owed.pk}]
    return keys | {
        "subsidies:answer": [{"pk": mending.pk, "item": mending.corrections.get().items.get().pk}],
        "subsidies:take_back": [{"pk": mending.pk, "attachment": mending.attachments.get().pk}],
        **{f"subsidies:{name}": [{"pk": mending.pk}] for name in ("conversation", "conversation_read")},
        "subsidies:recovery": recovery,
        "subsidies:recovery_proof": recovery,
    }


def _keys_of_clients(rows: dict) -> dict[str, list[dict]]:
    entity, mandate, window = rows["legalentity"], rows["entrustment"], rows["draft"].window_id
    pages = "client_edit client_licence client_policy_new client_category client_account".split()
    keys = {f"insurers:{name}": [{"pk": entity.pk}] for name in pages}
    keys |= {f"insurers:{name}": [{"pk": mandate.pk}] for name in "mandate mandate_upload mandate_paper mandate_revoke".split()}
    return keys | {
        "insurers:client_register": [{"code": make.credit_code(1)}],
        "insurers:mandate_new": [{"code": entity.credit_code}],
        "subsidies:client": [{"pk": entity.pk}],
        "subsidies:client_start": [{"pk": entity.pk, "window": window}],
    }


def names() -> Iterator[tuple[str, list[str]]]:
    """Each named address of the portal, and what arguments it takes."""
    yield from _walk(get_resolver(), "")


def _walk(resolver, prefix: str) -> Iterator[tuple[str, list[str]]]:
    for pattern in resolver.url_patterns:
        if not isinstance(pattern, URLPattern):
            yield from _walk(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield f"{prefix}{pattern.name}", list(pattern.pattern.converters)


def addresses(world: World) -> list[tuple[str, str]]:
    """(name, URL) of everything. Raises NoReverseMatch for an address of which nobody said how it is reached."""
    found = []
    for name, arguments in names():
        sets = _of_the_workbench(name, arguments, world) if name.startswith("admin:") else world.keys.get(name, [{}])
        found += [(name, reverse(name, kwargs=keys)) for keys in sets]
    return found


def _of_the_workbench(name: str, arguments: list[str], world: World) -> list[dict]:
    """The object of the model that the address names; each of its acts where it takes one."""
    if not arguments:
        return [{}]
    model = name.removeprefix("admin:").split("_")[1]
    row = world.rows.get(model)
    known = {
        "object_id": row.pk if row else 1,
        "file_id": next(filter(None, (getattr(row, f"{name}_id", None) for name in PAPERS)), world.rows["policy"].paper_id),
        "number": 1,
        "document_id": world.rows["batch"].documents.first().pk,
        "run_id": world.rows["window"].allocation_runs.first().pk,
        "proposal_id": world.rows["proposal"].pk,
        "key": "paid",
        "version_id": world.rows["letterversion"].pk,
    }
    keys = {name: known[name] for name in arguments if name in known}
    if "name" not in arguments:
        return [keys]
    return [{**keys, "name": act.name} for act in admin.site.get_model_admin(type(row)).acts]
