"""What has happened by today: a closed window that is paid, one that is being published, one that is open."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Pilot
from pilot_portal.reference.services import seed_provisional_years, working_days_after
from subsidies import payment_files
from subsidies.models import BASIS_COLUMNS, AllocationRun, Application, Appropriation, Verdict, Window
from subsidies.services import allocation, applications, documents, drafts, payments, publicity, reviews, windows
from subsidies.states import State

from . import cast as stage
from .cast import Cast
from .samples import Sample, read_samples

BASIS = {"rate": "试点方案 六（二）1", "cap": "试点方案 六（二）1", "refile_after_withdrawal": "试点方案 六（二）2"}
OURS = "91110302MA03075U63"  # the demo account's enterprise: its draft waits to be filed


@dataclass
class Clock:
    """The demo's today, and days before it at ten in the morning."""

    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    def before(self, days: int, hour: int = 10) -> datetime:
        return self.on(self.today - timedelta(days=days), hour)

    def on(self, day: date, hour: int = 10) -> datetime:
        return timezone.make_aware(datetime.combine(day, time(hour)))

    def working(self, start: datetime, days: int, hour: int = 10) -> datetime:
        return self.on(working_days_after(timezone.localdate(start), days), hour)


def tell(now: datetime) -> Cast:
    """Make the whole demo as of `now`."""
    clock = Clock(now)
    seed_provisional_years(clock.today.year - 1, clock.today.year + 1)
    samples = read_samples()
    cast = stage.open_accounts()
    first_opening = clock.before(85, 9)
    pilot = Pilot.objects.create(year=first_opening.year, name=f"{first_opening.year} 年知识产权海外纠纷法律费用保险试点", basis="试点方案")
    _appropriate(pilot, cast, clock)
    stage.select_insurers(cast, samples, pilot, timezone.localdate(first_opening))
    ours = [sample for sample in samples if sample.credit_code == OURS]
    others = [sample for sample in samples if sample.credit_code != OURS]
    _paid_window(others[:18], pilot, cast, clock)
    _published_window(others[18:28], pilot, cast, clock)
    _open_window(others[28:], ours[0], pilot, cast, clock)
    Message.objects.filter(delivery="waiting").update(delivery="sent", sent_at=now)  # letters of the past were sent in the past
    return cast


def _appropriate(pilot: Pilot, cast: Cast, clock: Clock) -> None:
    Appropriation.objects.create(
        pilot=pilot,
        document_number=f"京财预〔{pilot.year}〕12号",
        amount=Decimal("20000000.00"),
        prepared_by=cast[Role.FINANCE],
        approved_by=cast[Role.HEAD],
        approved_at=clock.before(120),
    )


def _window(pilot: Pilot, sequence: int, opens: datetime, closes: datetime, draw: str, cast: Cast) -> Window:
    ordinal = "一二三四"[sequence - 1]
    window = Window.objects.create(
        pilot=pilot,
        sequence=sequence,
        name=f"{pilot.year}年第{ordinal}期",
        notice="已投保试点产品的本市企业，可自行申报，也可委托保险公司申报；本期每个法人主体仅能申报一次。",
        opens_at=opens,
        closes_at=closes,
        signed_from=timezone.localdate(opens) - timedelta(days=180),
        signed_until=timezone.localdate(closes),
        paid_until=timezone.localdate(closes),
        draw=Decimal(draw),
        pay_by=timezone.localdate(closes) + timedelta(days=90),
        basis={column: BASIS.get(column, f"{pilot.year}年第{ordinal}期申报通知") for column in BASIS_COLUMNS},
    )
    return windows.publish(window, by=cast[Role.HEAD], at=opens - timedelta(days=7))


def _file(
    sample: Sample, window: Window, cast: Cast, filed: datetime, *, submit: bool = True, owner=None, confirmed: bool = True
) -> Application:
    """One enterprise from registration to filing, by itself or through its insurer."""
    owner = owner or stage.new_user(f"e-{sample.credit_code[-6:].lower()}", Role.ENTERPRISE, f"{sample.name[2:4]}申报人", cast.password)
    registered = window.opens_at - timedelta(days=6)
    entity = stage.register(sample, cast, owner, registered)
    stage.verify(entity, sample, cast, owner, registered + timedelta(days=1))
    policy = stage.insure(entity, sample, cast, owner, timezone.localdate(filed), registered + timedelta(days=2), confirmed=confirmed)
    author = owner
    if sample.through_insurer and submit:
        author = policy.insurer.staff.first().user
        mandate = insurers.propose_entrustment(
            entity,
            policy.insurer,
            by=author,
            at=window.opens_at,
            facts={"starts_at": window.opens_at, "ends_at": window.closes_at + timedelta(days=180)},
        )
        insurers.confirm_entrustment(mandate, by=owner, at=window.opens_at)
    case = drafts.start(entity, window, by=author, at=filed - timedelta(hours=1))
    columns = {"policy": policy, "category": entity.categories.get()}
    if submit:
        columns |= {"bank_account": entity.bank_accounts.get(), "pledged": True}
    drafts.save_draft(case, by=author, at=filed - timedelta(minutes=20), **columns)
    case.refresh_from_db()
    if submit:
        applications.submit(case, by=author, at=filed)
        reviews.screen(case, at=filed + timedelta(minutes=1))
        documents.issue_receipt(case, at=filed)
    return case


def _drive(case: Application, state: State, cast: Cast, clock: Clock) -> None:
    """From submission to `state`, a working day a step."""
    filed = case.submitted_at
    if state == State.SUBMITTED:
        return
    accepted = clock.working(filed, 1)
    applications.accept(case, by=cast[Role.HANDLER], at=accepted)
    if state == State.ACCEPTED:
        return
    for finding in case.findings.filter(verdict=Verdict.OPEN):
        reviews.judge(finding, by=cast[Role.HANDLER], at=accepted, verdict=Verdict.PASSED, note="已核对原件和公开信息，符合。")
    reviews.review(case, by=cast[Role.HANDLER], at=clock.working(filed, 2))
    if state == State.CHECKED:
        reviews.check(case, by=cast[Role.REVIEWER], at=clock.working(filed, 3))


def _paid_window(samples: list[Sample], pilot: Pilot, cast: Cast, clock: Clock) -> None:
    """First window: paid, but for a returned payment, a batch at the bank, a draft batch, cases to pay and one on hold."""
    opens, closes = clock.before(85, 9), clock.before(55, 17)
    window = _window(pilot, 1, opens, closes, "8000000.00", cast)
    cases = [_file(sample, window, cast, clock.on(timezone.localdate(opens) + timedelta(days=1 + n))) for n, sample in enumerate(samples)]
    for case in cases:
        _drive(case, State.CHECKED, cast, clock)
    at = {days: clock.working(closes, days) for days in (4, 5, 6)}
    run = allocation.allocate(window, by=cast[Role.HEAD], at=at[4], reason="全部申报复核完毕")
    determination = publicity.determine(
        run, by=cast[Role.IP_OFFICE], at=at[5], minutes_number=f"会议纪要〔{pilot.year}〕8号", seen_hash=run.list_hash
    )
    notice = publicity.publicise(determination, by=cast[Role.HEAD], at=at[6])
    approved = clock.working(notice.published_at, 6)
    publicity.approve(notice, by=cast[Role.HEAD], at=approved)
    numbers = [case.number for case in cases]
    _pay(window, numbers[:13], pilot, cast, clock, approved)
    sent = _batch(window, numbers[13:15], pilot, cast, clock.working(approved, 5))
    payments.export_batch(sent, by=cast[Role.FINANCE], at=clock.working(approved, 5, 15))
    payments.prepare_batch(window, pilot.appropriations.get(), by=cast[Role.FINANCE], at=clock.working(approved, 6), numbers=numbers[15:16])
    applications.hold(cases[-1], by=cast[Role.HEAD], at=clock.working(approved, 3), reason="核实企业名称变更")


def _batch(window, numbers, pilot, cast: Cast, at: datetime):
    appropriation = pilot.appropriations.get()
    batch = payments.prepare_batch(window, appropriation, by=cast[Role.FINANCE], at=at, numbers=numbers)
    payments.approve_batch(batch, by=cast[Role.HEAD], at=at + timedelta(hours=2))
    documents.render_batch(batch, at=at + timedelta(hours=2))
    return batch


def _pay(window, numbers, pilot, cast: Cast, clock: Clock, approved: datetime) -> None:
    """A batch that the bank has answered; its last line came back."""
    batch = _batch(window, numbers, pilot, cast, clock.working(approved, 1))
    exported = clock.working(approved, 2)
    sent = payments.export_batch(batch, by=cast[Role.FINANCE], at=exported)
    serials = list(batch.payments.order_by("serial").values_list("serial", flat=True))
    answer = payment_files.write_bank_result_template(sent, paid_on=timezone.localdate(exported), returned={serials[-1]: "R02"})
    payments.import_bank_result(batch, answer, by=cast[Role.FINANCE], at=clock.working(approved, 3))


def _published_window(samples: list[Sample], pilot: Pilot, cast: Cast, clock: Clock) -> None:
    """Second window: a notice is running; later cases wait for publication, the IP office, allocation and the check, one each."""
    opens, closes = clock.before(50, 9), clock.before(20, 17)
    window = _window(pilot, 2, opens, closes, "4000000.00", cast)
    cases = [_file(sample, window, cast, clock.on(timezone.localdate(opens) + timedelta(days=1 + n))) for n, sample in enumerate(samples)]
    for case in cases[:6]:
        _drive(case, State.CHECKED, cast, clock)
    for case in cases[6:]:
        _drive(case, State.REVIEWED, cast, clock)
    run = allocation.allocate(window, by=cast[Role.HEAD], at=clock.before(4), reason="已复核的先行核定，其余预留")
    determination = publicity.determine(
        run, by=cast[Role.IP_OFFICE], at=clock.before(3), minutes_number=f"会议纪要〔{pilot.year}〕15号", seen_hash=run.list_hash
    )
    publicity.publicise(determination, by=cast[Role.HEAD], at=clock.before(2))
    determined = _late_list(cases[6], window, cast, clock.before(2, 14))
    publicity.determine(
        determined,
        by=cast[Role.IP_OFFICE],
        at=clock.before(1),
        minutes_number=f"会议纪要〔{pilot.year}〕16号",
        seen_hash=determined.list_hash,
    )
    _late_list(cases[7], window, cast, clock.before(1, 13))
    reviews.check(cases[8], by=cast[Role.REVIEWER], at=clock.before(1, 14))


def _late_list(case: Application, window: Window, cast: Cast, at: datetime) -> AllocationRun:
    """A case that came late is checked and allocated by itself, within its reservation."""
    reviews.check(case, by=cast[Role.REVIEWER], at=at)
    return allocation.allocate(window, by=cast[Role.HEAD], at=at + timedelta(minutes=30), reason="补充核定")


def _open_window(samples: list[Sample], ours: Sample, pilot: Pilot, cast: Cast, clock: Clock) -> None:
    """Third window: open today, with cases at every step of review, drafts, and enterprises to verify."""
    opens, closes = clock.before(12, 9), clock.before(-18, 17)
    window = _window(pilot, 3, opens, closes, "5000000.00", cast)
    steps = [State.CHECKED, State.CHECKED, State.REVIEWED, State.REVIEWED, State.ACCEPTED, State.ACCEPTED]
    for n, sample in enumerate(samples[:8]):
        late = n >= len(steps)
        case = _file(sample, window, cast, clock.before(1 if late else 11 - n), confirmed=n != 5)
        _drive(case, State.SUBMITTED if late else steps[n], cast, clock)
    for sample in samples[8:9]:
        _file(sample, window, cast, clock.before(1), submit=False)
    for sample in samples[9:]:
        owner = stage.new_user(f"e-{sample.credit_code[-6:].lower()}", Role.ENTERPRISE, f"{sample.name[2:4]}申报人", cast.password)
        stage.register(sample, cast, owner, clock.before(1, 15))
    _file(ours, window, cast, clock.before(1, 16), submit=False, owner=cast[Role.ENTERPRISE], confirmed=False)
