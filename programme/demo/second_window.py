"""The second window, closed four weeks ago: one notice is over, one runs, and behind them a case waits at each step that leads to one."""

from decimal import Decimal

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from subsidies.models import IdentityKind, Part, Window
from subsidies.services import corrections, objections, rejections, reviews

from . import centre, papers
from .applicants import files
from .first_window import reduces
from .stage import Stage
from .telling import Story, do


def second_window(stage: Stage) -> Story:
    window = yield from stage.published(50, stage.window(2, stage.clock.ago(45, 9), stage.clock.ago(20, 17), "4000000.00"))
    for story in (publication_over, publication_running, late_ones, on_the_list, answered_rejection, waiting_for_allocation, corrected):
        stage.telling.begin(story(stage, window))


def publication_over(stage: Stage, window: Window) -> Story:
    """凌川 was the first, alone: its days are over, and the head may approve the payment."""
    yield from centre.to_checked(stage, window, "凌川", 44)
    run = yield from centre.allocated(stage, window, 14, "已复核的先行核定，其余预留")
    determination = yield from centre.determined(stage, run, 12, minutes=13)
    yield from centre.publicised(stage, determination, 8)


def publication_running(stage: Stage, window: Window) -> Story:
    """磐启 is objected to; the policy of 海棠 has just been reduced, which freezes the case for the head to recompute."""
    stage.telling.begin(centre.to_checked(stage, window, "磐启", 24, reviewed=13, checked=12))
    yield from centre.to_checked(stage, window, "海棠", 23, reviewed=12, checked=11)
    run = yield from centre.allocated(stage, window, 9, "补充核定")
    determination = yield from centre.determined(stage, run, 5, minutes=15)
    yield from centre.publicised(stage, determination, 2)
    stage.telling.begin(reduces(stage, "海棠", 1, Decimal("150000.00")))
    yield from objects_on_the_site(stage, "磐启", 1)


def objects_on_the_site(stage: Stage, name: str, ago: int) -> Story:
    """Somebody files an objection beside the published list, with a paper; the case is held."""
    at = stage.moment(ago, name)
    yield at
    who = {"objector": "王小明", "identity_kind": IdentityKind.ID_CARD, "identity": "110101199003070011", "contact": "13900000000"}
    grounds = "该企业的保单与集团内另一企业为同一风险，请核实是否重复投保。"
    paper = papers.paper("公开信息截图", ("企业", stage.entity(name).name), ("内容", "集团年报披露的海外知识产权保险安排"))
    do(objections.receive_objection, stage.case(name), by=User.objects.system(), at=at, grounds=grounds, papers=[paper], **who)


def late_ones(stage: Stage, window: Window) -> Story:
    """光隙 was checked after these; its list is determined and waits for publication."""
    yield from centre.to_checked(stage, window, "光隙", 22, reviewed=8, checked=7)
    run = yield from centre.allocated(stage, window, 6, "补充核定")
    yield from centre.determined(stage, run, 1, minutes=16)


def on_the_list(stage: Stage, window: Window) -> Story:
    """承砚 and the rejection of 数垣, which did not reply, wait together for the IP office."""
    stage.telling.begin(a_silent_rejection(stage, window))
    yield from centre.to_checked(stage, window, "承砚", 21, reviewed=7, checked=5)
    yield from centre.allocated(stage, window, 3, "补充核定，含拟不予补贴一件")


def a_silent_rejection(stage: Stage, window: Window) -> Story:
    yield from files(stage, window, "数垣", 23)
    yield from centre.accepted(stage, "数垣", 22)
    reason = "经查询，企业列入经营异常名录尚未移出"
    yield from centre.to_proposed_rejection(stage, "数垣", 12, 10, fails="credit_not_checked", reason=reason)


def answered_rejection(stage: Stage, window: Window) -> Story:
    """擎原 has replied in time; the head may let the case be reviewed again."""
    yield from files(stage, window, "擎原", 22)
    yield from centre.accepted(stage, "擎原", 20)
    reason = "企业信用报告显示存在尚未履行的行政处罚"
    yield from centre.to_proposed_rejection(stage, "擎原", 5, 3, fails="credit_not_checked", reason=reason)
    text = "该处罚已于上月履行完毕，信用修复决定书另行提交，请予重新审核。"
    yield from stage.act(1, rejections.reply, "擎原", stage.owner("擎原"), text=text)


def waiting_for_allocation(stage: Stage, window: Window) -> Story:
    yield from centre.to_checked(stage, window, "泓远", 21, reviewed=4, checked=1)


def corrected(stage: Stage, window: Window) -> Story:
    """岚图 handed in its correction after the closing, which is in time; now the reviewer has it."""
    yield from files(stage, window, "岚图", 20)
    item = (Part.OTHER, "请说明出口产品与承保区域的对应关系，并加盖公章。")
    yield from centre.asks(stage, "岚图", 18, item)
    yield from answers(stage, "岚图", 14, "出口产品销往承保区域内的三个国家，清单见附件。")
    yield from stage.act(13, corrections.resubmit, "岚图", stage.owner("岚图"))
    yield from centre.accepted(stage, "岚图", 11)
    yield from centre.found_good(stage, "岚图", 2)
    yield from stage.act(1, reviews.review, "岚图", Role.HANDLER)


def answers(stage: Stage, name: str, ago: int, text: str) -> Story:
    """A word to the first item of the open list."""
    at = stage.moment(ago, name)
    yield at
    item = corrections.open_correction(stage.case(name)).items.first()
    do(corrections.answer, item, by=stage.applicant(name), at=at, text=text)
