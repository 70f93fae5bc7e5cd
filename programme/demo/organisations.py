"""What happens to enterprises beside their filings: a former name is stated, two accounts whose owners have left are asked for."""

from datetime import timedelta

from django.utils import timezone

from enterprises import services as enterprises
from enterprises.models import ChangeKind, FormerOwners, Takeover
from pilot_portal.accounts.roles import Role

from .papers import paper
from .stage import Stage
from .telling import Story, do


def former_name(stage: Stage) -> Story:
    """元枢 states its former name; a handler has still to compare the notice of the registry."""
    at, name = stage.moment(2, "元枢", 15), "北京元枢通信有限公司"
    yield at
    until = timezone.localdate(at) - timedelta(days=900)
    evidence = paper("名称变更通知书", ("原名称", name), ("变更日期", until.isoformat()))
    facts = {"name": name, "until": until.isoformat()}
    do(
        enterprises.ask_change,
        stage.entity("元枢"),
        by=stage.owner("元枢"),
        at=at,
        kind=ChangeKind.FORMER_NAME,
        facts=facts,
        evidence=evidence,
    )


def takeovers(stage: Stage) -> Story:
    """Of two whose owner has left, one waits for the handler, one for the reviewer."""
    yield from _asks(stage, "量石", 3)
    at = stage.moment(2, "量石", 16)
    yield at
    do(
        enterprises.propose_takeover,
        Takeover.objects.get(legal_entity=stage.entity("量石")),
        by=stage.cast[Role.HANDLER],
        at=at,
        former_owners=FormerOwners.REMOVE,
        reason="公函印章与执照一致，已致电企业登记电话核实，原管理员已离职。",
    )
    yield from _asks(stage, "博澈", 1)


def _asks(stage: Stage, name: str, ago: int) -> Story:
    at = stage.moment(ago, name, 14)
    yield at
    entity = stage.entity(name)
    by = stage.cast.newcomer(f"new-{entity.credit_code[-6:].lower()}", f"{name}新经办", at)
    letter = paper("申请接管公函", ("企业", entity.name), ("新管理员", by.get_full_name()), ("事由", "原管理员已离职"), signed=entity.name)
    licence = paper("营业执照", ("名称", entity.name), ("统一社会信用代码", entity.credit_code))
    facts = {"credit_code": entity.credit_code, "reason": "原管理员已离职，没有办理移交。", "contact_name": by.get_full_name()}
    do(enterprises.ask_takeover, by=by, at=at, contact_phone="13800138000", letter=letter, licence=licence, **facts)
