"""Who plays in the demo: one account per role, the insurers with their staff, the enterprises' people."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password

from insurers.models import Insurer, InsurerStaff, Product, Selection, StaffRole
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.accounts.services import register_enterprise_user
from pilot_portal.reference.models import Pilot

from .samples import Sample

PASSWORD = "Demo-2022-pilot"  # noqa: S105 - of every demo account, printed at start; only with DEMO=1
NAMES = {
    Role.HANDLER: "李经办",
    Role.REVIEWER: "王复核",
    Role.HEAD: "赵主任",
    Role.FINANCE: "钱财务",
    Role.IP_OFFICE: "孙审定",
    Role.OBSERVER: "周观察",
    Role.EVALUATOR: "吴评估",
    Role.AUDITOR: "郑审计",
    Role.SECURITY: "冯安全",
    Role.ADMINISTRATOR: "陈系统",
    Role.ENTERPRISE: "沐川申报人",
    Role.INSURER: "示例二专员",
}
COLLEAGUES = {  # of the account `insurer`, by their role at the insurer
    "insurer-filer": (StaffRole.FILER, "示例二填报人"),
    "insurer-viewer": (StaffRole.VIEWER, "示例二查看人"),
}
OURS = "沐川"  # the enterprise of the account `enterprise`
OUR_INSURER = "示例二"  # the insurer of the account `insurer`


@dataclass
class Cast:
    """Everyone by role; the insurers by their short names, and one member of staff of each."""

    people: dict[Role, User]
    password: str
    insurers: dict[str, Insurer] = field(default_factory=dict)
    staff: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, role: Role) -> User:
        return self.people[role]

    def owner_of(self, sample: Sample, at: datetime) -> User:
        """The person of an enterprise, who opens an account now; the demo account is there already."""
        if sample.short == OURS:
            return self[Role.ENTERPRISE]
        return self.newcomer(f"e-{sample.credit_code[-6:].lower()}", f"{sample.short}申报人", at)

    def newcomer(self, username: str, name: str, at: datetime) -> User:
        """Somebody opens an account, to act for an enterprise."""
        return register_enterprise_user(account(username, Role.ENTERPRISE, name, self.password), at=at)


def open_accounts() -> Cast:
    """One account per role, all with the same password."""
    password = make_password(PASSWORD)
    people = {role: account(role.value, role, name, password) for role, name in NAMES.items()}
    for user in people.values():
        user.save(force_insert=True)
    return Cast(people, password)


def account(username: str, role: Role, name: str, password: str) -> User:
    return User(username=username, role=role, display_name=name, password=password, email=f"{username}@example.com")


def select_insurers(cast: Cast, samples: list[Sample], pilot: Pilot, selected_from: date) -> None:
    """The insurers of the samples, selected for the pilot, each with its product and a member of staff."""
    for sample in samples:
        short = sample.insurer_short
        if short in cast.insurers:
            continue
        insurer = Insurer.objects.create(
            credit_code=sample.insurer_code, name=sample.insurer, short_name=short, contact_phone="010-00000000"
        )
        Selection.objects.create(
            pilot=pilot,
            insurer=insurer,
            selected_from=selected_from,
            selected_until=selected_from + timedelta(days=730),
            basis=f"{pilot.year} 年试点保险公司中标公告",
        )
        Product.objects.create(
            insurer=insurer,
            name="知识产权海外纠纷法律费用保险",
            filing_number=f"（{short}）（备-其他）【2022】（主）001 号",
            filed_on=date(2022, 3, 1),
        )
        if short == OUR_INSURER:
            cast.staff[short] = cast[Role.INSURER]
            for username, (role, name) in COLLEAGUES.items():
                user = account(username, Role.INSURER, name, cast.password)
                user.save(force_insert=True)
                InsurerStaff.objects.create(user=user, insurer=insurer, role=role)
        else:
            cast.staff[short] = account(f"insurer-{insurer.pk}", Role.INSURER, f"{short}专员", cast.password)
            cast.staff[short].save(force_insert=True)
        InsurerStaff.objects.create(user=cast.staff[short], insurer=insurer, role=StaffRole.MANAGER)
        cast.insurers[short] = insurer
