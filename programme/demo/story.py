"""What has happened by today, told through the services: a window long paid, one being published, one that is open, one in preparation."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from enterprises import services as enterprises
from insurers import services as insurers
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit import services as audit
from pilot_portal.notifications.models import Channel, Delivery, Message
from pilot_portal.notifications.services import MOST_ATTEMPTS
from pilot_portal.reference.models import Pilot
from pilot_portal.reference.services import seed_provisional_years
from pilot_portal.workflow.staff import ask_account
from subsidies.models import Appropriation, Window
from subsidies.services import windows

from . import cast as players
from .clock import Clock
from .first_window import first_window
from .open_window import open_window
from .organisations import former_name, takeovers
from .samples import read_samples
from .second_window import second_window
from .stage import Stage
from .telling import Story, Telling, do

UNREAD = 3  # working days back from today since which letters lie unread
SELECTED_BEFORE = 190  # working days back from today since which the insurers are in the pilot


def tell(now: datetime) -> Stage:
    """Make the whole demo as of `now`."""
    seed_provisional_years(timezone.localdate(now).year - 1, timezone.localdate(now).year + 1)
    clock, cast = Clock(now), players.open_accounts()
    year = timezone.localdate(clock.ago(75)).year
    pilot = Pilot.objects.create(year=year, name=f"{year} 年知识产权海外纠纷法律费用保险试点", basis="试点方案")
    samples = read_samples()
    players.select_insurers(cast, samples, pilot, timezone.localdate(clock.ago(SELECTED_BEFORE)))
    stage = Stage(clock, cast, pilot, {sample.short: sample for sample in samples}, Telling(now))
    appropriated(stage)
    beside = (next_window, preregistrations, asked_insurers, asked_yesterday, former_name, takeovers, proposals)
    for story in (first_window, second_window, open_window, *beside):
        stage.telling.begin(story(stage))
    stage.telling.tell()
    letters_of_the_past(stage)
    audit.seal_pending(at=now)
    audit.publish_anchor(at=now)
    return stage


def appropriated(stage: Stage) -> None:
    Appropriation.objects.create(
        pilot=stage.pilot,
        document_number=f"京财预〔{stage.pilot.year}〕12号",
        amount=Decimal("20000000.00"),
        prepared_by=stage.cast[Role.FINANCE],
        approved_by=stage.cast[Role.HEAD],
        approved_at=stage.clock.ago(100),
    )


def next_window(stage: Stage) -> Story:
    """A handler has drafted the next window; the head has still to publish it."""
    yield stage.moment(2)
    stage.window(4, stage.clock.ahead(21, 9), stage.clock.ahead(60), "2000000.00")


def preregistrations(stage: Stage) -> Story:
    """One was confirmed; one waits for the handler."""
    wanted = {"products_abroad": "环境监测仪器", "countries": "德国、法国", "expected_limit": Decimal("5000000.00")}
    at = stage.moment(70, "云澜", 16)
    yield at
    made = do(enterprises.preregister, stage.entity("云澜"), stage.pilot, by=stage.owner("云澜"), at=at, facts=wanted)
    at = stage.moment(68, "云澜", 16)
    yield at
    do(enterprises.confirm_preregistration, made, by=stage.cast[Role.HANDLER], at=at)
    at = stage.moment(2, "巽风", 16)
    yield at
    do(enterprises.preregister, stage.entity("巽风"), stage.pilot, by=stage.owner("巽风"), at=at, facts=wanted)


def asked_insurers(stage: Stage) -> Story:
    """云澜 has an offer and a refusal to compare; the insurer of the account `insurer` has not answered in time."""
    wanted = {"products_abroad": "环境监测仪器", "territory": "德国、法国", "liability_limit": Decimal("5000000.00"), "remark": ""}
    yield from _asks(stage, "云澜", 12, list(stage.cast.insurers), wanted)
    at = stage.moment(9, "云澜")
    yield at
    answers = stage.entity("云澜").underwriting_requests.get().answers
    offers, refuses = (short for short in stage.cast.insurers if short != players.OUR_INSURER)
    facts = {"premium": Decimal("68000.00"), "liability_limit": Decimal("5000000.00"), "conditions": "免赔额 10 万元，含律师费和专家费。"}
    facts["valid_until"] = timezone.localdate(stage.clock.ahead(20))
    do(insurers.offer_cover, answers.get(insurer__short_name=offers), by=stage.cast.staff[offers], at=at, facts=facts)
    reason = "该产品去年在德国被提起过专利诉讼，属于已知风险，暂不承保。"
    do(insurers.refuse_cover, answers.get(insurer__short_name=refuses), by=stage.cast.staff[refuses], at=at, reason=reason)


def asked_yesterday(stage: Stage) -> Story:
    """巽风 asks the insurer of the account `insurer`, which has time left to answer."""
    wanted = {"products_abroad": "工业机器人", "territory": "美国", "liability_limit": Decimal("3000000.00"), "remark": "希望含商标侵权。"}
    yield from _asks(stage, "巽风", 1, [players.OUR_INSURER], wanted)


def _asks(stage: Stage, name: str, ago: int, companies: list[str], wanted: dict) -> Story:
    at = stage.moment(ago, name, 17)
    yield at
    wanted = wanted | {"starts_on": timezone.localdate(stage.clock.ahead(30))}
    asked = [stage.cast.insurers[company] for company in companies]
    do(insurers.send_request, stage.entity(name), asked, by=stage.owner(name), at=at, facts=wanted)


def proposals(stage: Stage) -> Story:
    """Finance has proposed more money for the pilot and for its second window, the security manager an account for a new colleague."""
    at, finance = stage.moment(1), stage.cast[Role.FINANCE]
    yield at
    more = {"document_number": f"京财预〔{stage.pilot.year}〕45号", "amount": Decimal("5000000.00"), "reason": "年中追加"}
    do(windows.propose_appropriation, stage.pilot, by=finance, at=at, **more)
    window = Window.objects.get(sequence=2)
    do(windows.propose_draw, window, by=finance, at=at, draw=Decimal("4500000.00"), reason=f"京财预〔{stage.pilot.year}〕12号余额调剂")
    newcomer = User(username="handler-2", role=Role.HANDLER, display_name="何经办", email="handler-2@example.com")
    do(ask_account, newcomer, by=stage.cast[Role.SECURITY], at=at, reason="第三期申报受理增加人手")


def letters_of_the_past(stage: Stage) -> None:
    """They were sent in the past, and read but for the latest; the last one to 臻衡 never arrived."""
    waiting = Message.objects.filter(delivery=Delivery.WAITING)
    lost = waiting.filter(recipient=stage.owner("臻衡")).order_by("pk").last()
    waiting.update(delivery=Delivery.SENT, sent_at=F("created_at"))
    Message.objects.filter(pk=lost.pk).update(delivery=Delivery.DEAD, sent_at=None, attempts=MOST_ATTEMPTS)
    old = Message.objects.filter(channel=Channel.INBOX, created_at__lt=stage.clock.ago(UNREAD, 0))
    old.update(read_at=F("created_at") + timedelta(hours=3))
