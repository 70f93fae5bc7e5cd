"""Where the stories play: the clock, the cast, the pilot, and the few moves that most of them are made of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from enterprises.models import LegalEntity
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Pilot
from subsidies.models import BASIS_COLUMNS, Application, Window
from subsidies.services import windows

from .cast import Cast
from .clock import Clock
from .samples import Sample
from .telling import Story, Telling, do

BASIS = {"rate": "试点方案 六（二）1", "cap": "试点方案 六（二）1", "refile_after_withdrawal": "试点方案 六（二）2"}
NOTICE = "已投保试点产品的本市企业，可自行申报，也可委托保险公司申报；本期每个法人主体仅能申报一次。"
SIGNED_BEFORE = 180  # days before a window opens from which policies count
PAID_AFTER = 110  # days after its closing by which all is to be paid


@dataclass
class Stage:
    clock: Clock
    cast: Cast
    pilot: Pilot
    samples: dict[str, Sample]  # by short name
    telling: Telling

    def moment(self, ago: int, name: str = "", hour: int = 10) -> datetime:
        """A moment on a working day; cases that share the hour follow each other by minutes."""
        turn = list(self.samples).index(name) if name else 0
        return self.clock.ago(ago, hour, turn)

    def entity(self, name: str) -> LegalEntity:
        return LegalEntity.objects.get(credit_code=self.samples[name].credit_code)

    def case(self, name: str) -> Application:
        """The application of a sample: each makes exactly one."""
        return Application.objects.get(legal_entity__credit_code=self.samples[name].credit_code)

    def owner(self, name: str) -> User:
        return self.entity(name).memberships.get(state="active").user

    def insurer_staff(self, name: str) -> User:
        """Who acts for the insurer of a sample's policy."""
        return self.cast.staff[self.samples[name].insurer_short]

    def applicant(self, name: str) -> User:
        """Who files and answers for a sample: its own person or its insurer's."""
        return self.insurer_staff(name) if self.samples[name].through_insurer else self.owner(name)

    def act(self, ago: int, verb, name: str, by: Role | User, *, hour: int = 10, **facts) -> Story:
        """Wait until that day, then do this to the case of a sample."""
        at = self.moment(ago, name, hour)
        yield at
        return do(verb, self.case(name), by=self.cast[by] if isinstance(by, Role) else by, at=at, **facts)

    def window(self, sequence: int, opens: datetime, closes: datetime, draw: str) -> Window:
        """A draft of a window, with the basis of every column."""
        ordinal = "一二三四"[sequence - 1]
        return Window.objects.create(
            pilot=self.pilot,
            sequence=sequence,
            name=f"{self.pilot.year}年第{ordinal}期",
            notice=NOTICE,
            opens_at=opens,
            closes_at=closes,
            signed_from=_days(opens, -SIGNED_BEFORE),
            signed_until=_days(closes, 0),
            paid_until=_days(closes, 0),
            draw=Decimal(draw),
            pay_by=_days(closes, PAID_AFTER),
            basis={column: BASIS.get(column, f"{self.pilot.year}年第{ordinal}期申报通知") for column in BASIS_COLUMNS},
        )

    def published(self, ago: int, window: Window) -> Story:
        """The window, made public by the head."""
        at = self.moment(ago)
        yield at
        return do(windows.publish, window, by=self.cast[Role.HEAD], at=at)


def _days(moment: datetime, days: int) -> date:
    return timezone.localdate(moment + timedelta(days=days))
