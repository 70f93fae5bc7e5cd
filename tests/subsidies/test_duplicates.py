"""The scenarios of kind `duplicate` in tests/data/rule_cases.csv, played through the services. 试点方案 六（二）2."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from enterprises.models import Branch, LegalEntity
from insurers import services as insurers
from insurers.models import Policy
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, Part, Window
from subsidies.services import applications, corrections, drafts, endings
from subsidies.states import ENDED, State
from tests import drive, make
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = csv.DictReader((settings.BASE_DIR / "tests" / "data" / "rule_cases.csv").open(encoding="utf-8"))
SCENARIOS = {row["case_id"]: row for row in ROWS if row["kind"] == "duplicate"}
STATUS = {"already_filed": "409_ALREADY_FILED", "policy_already_filed": "409_POLICY_ALREADY_FILED", "window_closed": "422_WINDOW_CLOSED"}
LAST_DAY = "2026-09-30"  # the window of these scenarios closes at 17:00


def moment_of(text: str) -> datetime:
    """A time lies on the last day of the window, "d+1" some days after the filing, "w2" in the next window."""
    if text.startswith("d+"):
        return make.FILED + timedelta(days=int(text[2:]))
    return make.FILED if text.startswith("w") else make.moment(f"{LAST_DAY} {text}")


@dataclass
class World:
    """Enterprises by code, policies by their name in the scenario, windows by theirs, and the case that was filed first."""

    entities: dict[str, LegalEntity] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    drafts: dict[tuple, Application] = field(default_factory=dict)
    filed: list[Application] = field(default_factory=list)

    @classmethod
    def of(cls, scenario: dict) -> "World":
        world = cls()
        for code in (scenario["legal_person"], scenario["other"]):
            world.entities[code] = make.entity(credit_code=code)
            make.entrustment(world.entities[code], make.insurer())
        parent = world.entities[scenario["legal_person"]]
        Branch.objects.create(legal_entity=parent, credit_code=scenario["branch_of_L"], name=f"{parent.name}分公司")
        for when, _, _, code, policy in scenario["events"]:
            world.windows.setdefault(world.window_name(when), make.window())
            if policy not in world.policies:
                world.policies[policy] = make.policy(world.entities[code])
        return world

    @staticmethod
    def window_name(when: str) -> str:
        return when if when.startswith("w") else "the window"

    def draft(self, when: str, who: str, code: str, policy: str) -> Application:
        """The draft of this party on this policy; another enterprise registers the same number and is refused there."""
        key = (self.window_name(when), who, code, policy)
        if key not in self.drafts or self.drafts[key].state in ENDED:
            entity, window = self.entities[code], self.windows[key[0]]
            build = drive.insurers_draft if who == "insurer" else make.draft
            self.drafts[key] = build(window=window, policy=self.own_policy(entity, policy))
        return self.drafts[key]

    def own_policy(self, entity: LegalEntity, name: str) -> Policy:
        policy = self.policies[name]
        if policy.legal_entity_id != entity.pk:  # the same paper in another enterprise's hands
            raise Refusal("policy_already_filed", policy=policy, number=self.filed[0].number)
        return policy


def submit(world: World, when: str, who: str, code: str, policy: str) -> Application:
    draft = world.draft(when, who, code, policy)
    filed = applications.submit(draft, by=draft.created_by, at=moment_of(when))
    world.filed.append(filed)
    return filed


def accept(world: World, when: str, *_) -> Application:
    return applications.accept(world.filed[0], by=make.officer(Role.HANDLER), at=moment_of(when))


def withdraw(world: World, when: str, *_) -> Application:
    """Before acceptance a withdrawal; after it an abandonment, which keeps the slot used."""
    case, at = world.filed[0], moment_of(when)
    verb = applications.withdraw if case.state == State.SUBMITTED else endings.abandon
    return verb(case, by=case.created_by, at=at, reason="不再申报")


def request_correction(world: World, when: str, *_) -> Application:
    items = [(Part.OTHER, "请说明海外业务")]
    return corrections.ask_correction(world.filed[0], by=make.officer(Role.HANDLER), at=moment_of(when), items=items)


def resubmit(world: World, when: str, *_) -> Application:
    case, at = world.filed[0], moment_of(when)
    drive.answer_all(case, at=at)
    return corrections.resubmit(case, by=case.created_by, at=at)


def revoke(world: World, when: str, who: str, code: str, _):
    entity = world.entities[code]
    return insurers.revoke_entrustment(entity.entrustments.get(), by=make.owner_of(entity), at=moment_of(when), reason="改为自行申报")


def begin(world: World, when: str, who: str, code: str, policy: str) -> Application:
    draft = world.draft(when, who, code, policy)
    drafts.attach(draft, "other", make.pdf("upload"), by=draft.created_by, at=moment_of(when))
    return draft


ACTS: dict[str, Callable] = {
    "submit": submit,
    "accept": accept,
    "withdraw": withdraw,
    "request_correction": request_correction,
    "resubmit correction": resubmit,
    "revoke mandate": revoke,
    "upload starts": begin,
}


def play(world: World, events: list) -> list:
    """What each event led to: an object or the Refusal. Events of the same instant, and parallel ones, really happen at once."""
    instants = [when for when, *_ in events]
    if len(events) > 1 and len(set(instants)) == 1:
        ready = [(world.draft(when, who, code, policy), moment_of(when)) for when, who, _, code, policy in events]
        return file_at_once(world, ready)
    outcomes = []
    for when, who, act, code, policy in events:
        if act.endswith("parallel submits"):
            draft = world.draft(when, who, code, policy)
            copies = [Application.objects.get(pk=draft.pk) for _ in range(int(act.split()[0]))]
            return file_at_once(world, [(copy, moment_of(when)) for copy in copies])
        try:
            outcomes.append(ACTS[act](world, when, who, code, policy))
        except Refusal as refusal:
            outcomes.append(refusal)
    return outcomes


def file_at_once(world: World, ready: list[tuple[Application, datetime]]) -> list:
    acts = [lambda draft=draft, at=at: applications.submit(draft, by=draft.created_by, at=at) for draft, at in ready]
    outcomes = at_once(*acts, meet="subsidies.services.applications.problems" if len(acts) == 2 else ())
    world.filed += [outcome for outcome in outcomes if not isinstance(outcome, Exception)][:1]
    return outcomes


def status_of(outcome) -> str:
    return STATUS[outcome.code] if isinstance(outcome, Refusal) else "200"


def live() -> int:
    return Application.objects.holding_slot().exclude(state__in=ENDED).count()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenario_ends_as_it_says(name):
    scenario, expected = json.loads(SCENARIOS[name]["input_json"]), json.loads(SCENARIOS[name]["expected_json"])
    world = World.of(scenario)
    outcomes = play(world, scenario["events"])
    assert live() == expected.pop("accepted")
    for key, wanted in expected.items():
        assert CHECKS[key](world, outcomes, wanted), f"{key} is not {wanted}: {outcomes}"


def told_the_number(world: World, outcomes: list, wanted: bool) -> bool:
    number = world.filed[0].number
    return wanted and all(number in (one.sentence if isinstance(one, Refusal) else one.number) for one in outcomes)


def nth(position: int) -> Callable:
    def check(world: World, outcomes: list, wanted: str) -> bool:
        outcome = sorted(outcomes, key=status_of)[position] if is_race(world, outcomes) else outcomes[position]
        if wanted == "200_SAME_RECEIPT":
            return outcome.number == world.filed[0].number and Application.objects.holding_slot().count() == 1
        return status_of(outcome) == wanted.replace("SLOT_USED", "ALREADY_FILED")

    return check


def is_race(world: World, outcomes: list) -> bool:
    return len(world.drafts) == 2 and all(isinstance(one, Refusal | Application) for one in outcomes) and len(world.policies) == 1


def the_same_receipt(world: World, outcomes: list, wanted: str) -> bool:
    """All others press the same button on the same draft: they are told the number as a receipt, no second filing is made."""
    assert wanted == "409_ALREADY_FILED x49"
    return len(outcomes) == 50 and {outcome.number for outcome in outcomes} == {world.filed[0].number}


def taken_over(world: World, outcomes: list, wanted: str) -> bool:
    """Stays filed; the insurer may no longer act, the enterprise may."""
    case = world.filed[0]
    case.refresh_from_db()
    assert case.state == State.SUBMITTED
    with pytest.raises(Refusal, match="委托已撤销"):
        applications.withdraw(case, by=case.created_by, at=make.moment(f"{LAST_DAY} 10:10"), reason="试试")
    owner = make.owner_of(case.legal_entity)
    return applications.withdraw(case, by=owner, at=make.moment(f"{LAST_DAY} 10:10"), reason="自行办理").state == State.WITHDRAWN


def draft_kept(world: World, outcomes: list, wanted: bool) -> bool:
    draft = next(iter(world.drafts.values()))
    draft.refresh_from_db()
    return wanted and draft.state == State.DRAFT and draft.attachments.count() == 1


CHECKS: dict[str, Callable] = {
    "both_told_receipt_no": told_the_number,
    "second": nth(1),
    "third": nth(2),
    "fourth": nth(3),
    "others": the_same_receipt,
    "after": taken_over,
    "draft_kept": draft_kept,
}


def test_every_scenario_of_the_file_is_played():
    assert len(SCENARIOS) == 9
    acts = {event[2] for row in SCENARIOS.values() for event in json.loads(row["input_json"])["events"]}
    assert acts - {"50 parallel submits"} <= ACTS.keys()
