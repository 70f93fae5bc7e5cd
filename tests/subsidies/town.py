"""A town of cases in many states with all that hangs on them, and the ways in which a test tries to break a rule there."""

import json
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from subsidies.letter_words import LETTERS
from subsidies.models import (
    AllocationLine,
    AllocationRun,
    Application,
    Batch,
    Counter,
    Determination,
    Document,
    DocumentKind,
    DrawChange,
    Finding,
    Import,
    ImportRow,
    Payment,
    Recovery,
    Review,
)
from subsidies.services import conversation, corrections, interests, letter_versions, notes, objections, payments, rejections, windows
from subsidies.states import State
from tests import drive, make
from tests.expect import sql


def sheet_row(case: Application) -> ImportRow:
    """A row of a sheet that led to this case."""
    by = case.policy.insurer.staff.get().user
    batch = Import.objects.create(
        insurer=case.policy.insurer,
        window=case.window,
        file=case.policy.paper,
        sha256="0" * 64,
        total=2,
        checked=1,
        good=1,
        handled=1,
        filed=1,
        state="done",
        created_by=by,
        created_at=make.FILED,
        committed_by=by,
        committed_at=make.FILED,
        progressed_at=make.FILED,
    )
    return ImportRow.objects.create(batch=batch, number=2, data={}, result="filed", application=case)


def build() -> SimpleNamespace:
    window, other = make.window(draw="1000000.00"), make.window()
    paid = make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    Payment.objects.filter(batch=batch).update(state="paid", paid_on="2026-10-26", bank_reference="YH1")
    Application.objects.filter(pk=paid.pk).update(state=State.PAID, paid_at=make.PAID, paid_by=make.officer(Role.FINANCE))
    waiting = make.application(window=window, state=State.CHECKED)
    approved = make.application(window=window, state=State.CHECKED)
    make.approved(window)
    open_batch = payments.prepare_batch(
        window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED, numbers=[waiting.number]
    )
    submitted = make.application(window=window)
    spare = make.policy(submitted.legal_entity)
    draft = make.draft(window=window)
    recovery = Recovery.objects.create(
        application=paid, amount=1, reason="退保", proposed_by=make.officer(Role.HANDLER), proposed_at=make.PAID
    )
    dropped = Recovery.objects.create(
        application=paid,
        amount=1,
        reason="重复提请",
        state="dropped",
        proposed_by=make.officer(Role.HEAD),
        proposed_at=make.PAID,
        dropped_by=make.officer(Role.IP_OFFICE),
        dropped_at=make.PAID,
        drop_reason="已另案处理",
    )
    imported = sheet_row(paid)
    on_the_way = disputed(window) | unsettled(window)
    return SimpleNamespace(
        **on_the_way,
        said=conversation.say(submitted, by=submitted.created_by, at=make.FILED, text="请问何时受理？"),
        noted=notes.note(submitted, by=make.officer(Role.HANDLER), at=make.FILED, text="电话核实过"),
        interest=_interest(recused := make.application(window=window, state=State.ACCEPTED)),
        recused=recused,
        recused_finding=recused.findings.first(),
        match_list=(listed := make.match_list()),
        match_row=listed.rows.get(),
        draw_change=changed_draw(other),
        letter_version=reworded(),
        window=window,
        batch_of_rows=imported.batch,
        row=imported,
        other=other,
        unpublished=make.window(published=False, draw="1.00"),
        paid=paid,
        waiting=waiting,
        approved=approved,
        submitted=submitted,
        accepted=make.application(window=window, state=State.ACCEPTED),
        reviewed=make.application(window=window, state=State.REVIEWED),
        checked=make.application(window=window, state=State.CHECKED),
        spare=spare,
        draft=draft,
        spare_of_paid=make.policy(paid.legal_entity),
        batch=batch,
        open_batch=open_batch,
        line=batch.payments.get(),
        open_line=open_batch.payments.get(),
        run=AllocationRun.objects.first(),
        unsent=unsent_run(other),
        determination=Determination.objects.first(),
        allocated_line=AllocationLine.objects.filter(result__gt=0).first(),
        appropriation=make.pilot().appropriations.first(),
        finding=Finding.objects.first(),
        review=Review.objects.first(),
        counter=Counter.objects.first(),
        documents=documents(submitted, batch, recovery, **on_the_way),
        recovery=recovery,
        dropped=dropped,
        stranger=make.entity(),
    )


def reworded():
    """The head has given a letter other words from the next day on."""
    facts = {"effective_on": make.FILED.date() + timedelta(days=1), "reason": "更易懂"}
    return letter_versions.write_version("paid", LETTERS["paid"], by=make.officer(Role.HEAD), at=make.FILED, **facts)


def _interest(case: Application):
    return interests.declare_interest(case, by=make.user(Role.REVIEWER, "the-relative"), at=make.FILED, reason="亲属任职")


def unsent_run(window) -> AllocationRun:
    sums = dict.fromkeys(("budget", "entitled_total", "awarded_total", "reserved_total", "count"), 0)
    by = make.officer(Role.HEAD)
    return AllocationRun.objects.create(window=window, sequence=1, method=window.method, run_by=by, run_at=make.ALLOCATED, **sums)


def disputed(window) -> dict:
    """Two published cases: an objection to one is open, an objection to the other was dismissed."""
    objected, cleared = (make.application(window=window, state=State.CHECKED) for _ in range(2))
    notice = make.publicised(window)
    objection, dismissed = drive.objection(objected), drive.objection(cleared)
    objections.dismiss_objection(dismissed, by=make.officer(Role.HEAD), at=drive.DECIDED, decision="查无实据")
    site = {"objector": "王", "contact": "1", "grounds": "理由", "identity_kind": "passport", "identity": "E12345678"}
    filed = objections.receive_objection(objected, by=make.officer(Role.SYSTEM), at=drive.OBJECTED, **site)
    evidence = objection.papers.get()
    return {"objected": objected, "notice": notice, "objection": objection, "dismissed": dismissed, "filed": filed, "evidence": evidence}


def unsettled(window) -> dict:
    """A case in correction, one that has handed its correction in, and one that replies to its proposed rejection."""
    correction = drive.corrected(make.application(window=window))
    closed = drive.corrected(make.application(window=window))
    mended = closed.application
    drive.answer_all(mended)
    corrections.resubmit(mended, by=mended.created_by, at=drive.ANSWERED)
    rejecting = drive.rejection(window=window)
    reply = rejections.reply(rejecting, by=rejecting.created_by, at=drive.REPLIED, text="我公司有海外子公司")
    closed.refresh_from_db()
    items = {"item": correction.items.get(), "closed_item": closed.items.get()}
    return {"correction": correction, "closed": closed, **items, "rejecting": rejecting, "reply": reply}


def changed_draw(window) -> DrawChange:
    proposal = windows.propose_draw(window, by=make.officer(Role.FINANCE), at=make.FILED, draw=window.draw - 1, reason="指标收回")
    return windows.decide_draw(proposal, by=make.officer(Role.HEAD), at=make.FILED, confirmed=True)


def documents(case: Application, batch: Batch, recovery: Recovery, *, correction, notice, **_) -> SimpleNamespace:
    line, system = batch.payments.get(), make.officer(Role.HANDLER)
    about = {
        "receipt": (DocumentKind.RECEIPT, {"application": case}),
        "sheet": (DocumentKind.APPROVAL_SHEET, {"batch": batch}),
        "notice": (DocumentKind.PAYMENT_NOTICE, {"batch": batch, "payment": line, "application": line.application}),
        "told": (DocumentKind.CORRECTION, {"application": correction.application, "correction": correction}),
        "published": (DocumentKind.PUBLIC_NOTICE, {"public_notice": notice}),
        "order": (DocumentKind.RECOVERY, {"application": recovery.application, "recovery": recovery}),
    }
    return SimpleNamespace(
        **{
            name: Document.objects.create(
                kind=kind,
                number=f"文书 {name}",
                verify_code=name,
                facts_sha256="0" * 64,
                sha256="0" * 64,
                file=StoredFile.objects.first(),
                issued_by=system,
                issued_at=make.PAID,
                **whose,
            )
            for name, (kind, whose) in about.items()
        }
    )


# How a rule is violated


@dataclass(frozen=True)
class Change:
    """UPDATE of the row of town that `who` names."""

    who: str
    columns: dict

    def __call__(self, town) -> None:
        row, columns = dig(town, self.who), known(self.columns, town)
        sets = ", ".join(f"{name} = %s" for name in columns)
        sql(f"UPDATE {row._meta.db_table} SET {sets} WHERE id = %s", [*columns.values(), row.pk])


@dataclass(frozen=True)
class Copy:
    """INSERT of the row of town that `who` names with other columns."""

    who: str
    columns: dict

    def __call__(self, town) -> None:
        row = dig(town, self.who)
        table, changed = row._meta.db_table, {"id": 900000 + row.pk, **known(self.columns, town)}
        sql(f"INSERT INTO {table} SELECT (jsonb_populate_record(r, %s)).* FROM {table} r WHERE id = %s", [json.dumps(changed), row.pk])


@dataclass(frozen=True)
class Delete:
    who: str

    def __call__(self, town) -> None:
        row = dig(town, self.who)
        sql(f"DELETE FROM {row._meta.db_table} WHERE id = %s", [row.pk])


def dig(town, path: str):
    """town.documents.receipt for "documents.receipt"."""
    for name in path.split("."):
        town = getattr(town, name)
    return town


def known(columns: dict, town) -> dict:
    """Values that depend on the town are written as functions of it."""
    return {name: value(town) if callable(value) else value for name, value in columns.items()}


def zero_award(town) -> int:
    """The approved case, lowered to an award of nothing."""
    sql("UPDATE subsidies_application SET awarded = 0 WHERE id = %s", [town.approved.pk])
    return town.approved.pk


def lower_draw(to: str):
    """Another draw for the window of the town, with the row of its change, as the database demands of a published one."""

    def change(town) -> None:
        people = make.officer(Role.FINANCE).pk, make.officer(Role.HEAD).pk
        sql(
            "INSERT INTO subsidies_drawchange (window_id, before, after, basis, prepared_by_id, approved_by_id, approved_at)"
            " SELECT id, draw, %s, '指标调整', %s, %s, now() FROM subsidies_window WHERE id = %s",
            [to, *people, town.window.pk],
        )
        Change("window", {"draw": to})(town)

    return change


def decided_by(stamp: str):
    """The open objection, decided by the officer of its case whom this column names."""

    def change(town) -> None:
        officer = getattr(town.objection.application, f"{stamp}_id")
        Change("objection", {"state": "dismissed", "decision": "自己决定", "decided_by_id": officer, "decided_at": drive.DECIDED})(town)

    return change
