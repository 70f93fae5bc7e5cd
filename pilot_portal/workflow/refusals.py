"""Refusals: a stable code, one Chinese sentence that says what to do next, and the clause it stands on."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError


@dataclass(frozen=True)
class Reason:
    sentence: str  # may hold %(name)s of facts given to the Refusal
    clause: str = ""
    status: int = 409  # HTTP status where the refusal is the whole answer


CATALOGUE: dict[str, Reason] = {}


def catalogue(**reasons: Reason) -> None:
    """Add an app's reasons; each app calls this in its `refusals.py`."""
    if known := CATALOGUE.keys() & reasons.keys():
        raise RuntimeError(f"refusal codes stand twice: {sorted(known)}")
    CATALOGUE.update(reasons)


class Refusal(ValidationError):
    """A rule says no. A ValidationError, so that a form can show it beside the field it concerns."""

    def __init__(self, code: str, *, field: str | None = None, **facts):
        reason = CATALOGUE[code]
        super().__init__(reason.sentence, code=code, params=facts or None)
        self.field, self.clause, self.status, self.facts = field, reason.clause, reason.status, facts

    @property
    def sentence(self) -> str:
        return self.messages[0]


catalogue(
    wrong_state=Reason("“%(object)s”现在是“%(state)s”，不能%(action)s。请刷新页面查看最新状态。"),
    wrong_role=Reason("您的角色不能%(action)s。请由有权限的人员办理。", status=403),
    moved_on=Reason("“%(object)s”在您打开页面后已有变化，请刷新页面核对后再办理。"),
    on_hold=Reason("“%(object)s”已暂停办理，解除暂停后才能继续。"),
    same_person=Reason("这一步须由另一人办理，您已办理过前一步。", status=403),
    reason_missing=Reason("请写明理由。", status=422),
    proposal_open=Reason("“%(object)s”已有待确认的提请，请等待另一人确认。"),
    already_decided=Reason("该提请已有结论，无需重复确认。"),
)
