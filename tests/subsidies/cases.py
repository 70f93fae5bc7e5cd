"""Cases as the workbench meets them on their ways aside, each driven there through the services."""

from decimal import Decimal

from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Part, Window
from subsidies.services import applications, corrections, rejections, reviews
from subsidies.states import State
from tests import drive, make

LIST = [(Part.PLEDGE, "承诺书没有盖章，请盖章后重新上传。"), (Part.INVOICES, "少一张发票，请补传。")]
REFUSAL, WORDS = "住所不在本市，不属于试点范围。", "产品已于签订前备案，见附件。"


def submitted(window: Window) -> Application:
    case = make.application(window=window)
    reviews.screen(case, at=make.FILED)
    return case


def asked(window: Window) -> Application:
    case = submitted(window)
    drive.corrected(case, items=LIST)
    return case


def handed_in(window: Window) -> Application:
    """A sealed pledge with a word to it, and one more invoice."""
    case = asked(window)
    owner = make.owner_of(case.legal_entity)
    pledge, _ = corrections.open_correction(case).items.all()
    corrections.answer(pledge, by=owner, at=drive.ANSWERED, text="已盖章。", upload=make.pdf("sealed pledge"))
    make.invoice(case.policy, at=drive.ANSWERED, number="88880001", amount=Decimal("5000.00"))
    return corrections.resubmit(case, by=owner, at=drive.ANSWERED)


def refusal_proposed(window: Window) -> Application:
    case = submitted(window)
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=drive.TOLD, reason=REFUSAL)
    case.refresh_from_db()
    return case


def replied(window: Window) -> Application:
    case = drive.rejection(window=window)
    owner = make.owner_of(case.legal_entity)
    rejections.reply(case, by=owner, at=drive.REPLIED, text=WORDS, uploads=[make.pdf("filing certificate")])
    case.refresh_from_db()
    return case


def allocated(window: Window) -> Application:
    case = make.application(window=window, state=State.CHECKED)
    make.allocated(window)
    case.refresh_from_db()
    return case


def endorsed(window: Window, premium: str = "80000.00") -> Application:
    """An allocated case whose premium was reduced afterwards: it is held, to be reckoned anew."""
    case = allocated(window)
    drive.endorse(case.policy, premium, at=make.DETERMINED)
    case.refresh_from_db()
    return case


def objected(window: Window) -> Application:
    case, _ = drive.published(window=window)
    drive.objection(case)
    case.refresh_from_db()
    return case
