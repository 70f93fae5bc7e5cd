"""What pages show of several models: the desk, a draft's tasks, the way of a case, its amount; `budgets`, where the money stands."""

from .amounts import Amount, amount_of
from .cases import ended_because, letters_of, may_refile, next_step, owed_on, returned_payment, to_pay_back, tone_of
from .copying import copied, earlier_case
from .corrections import sheet_of
from .desk import Row, Task, desk_of, rows_of
from .drafts import changes_since, coming, progress, tasks_of, value_in_words
from .related import Related, related_cases
from .rights import actions_of, mandate_of, may_act, may_mend
from .rivals import Rival, as_seen_by, rival_of
from .timeline import timeline
from .words import left_in_words

__all__ = [
    "Amount",
    "Related",
    "Rival",
    "Row",
    "Task",
    "actions_of",
    "amount_of",
    "as_seen_by",
    "changes_since",
    "copied",
    "coming",
    "desk_of",
    "earlier_case",
    "ended_because",
    "left_in_words",
    "letters_of",
    "mandate_of",
    "may_act",
    "may_mend",
    "may_refile",
    "next_step",
    "owed_on",
    "progress",
    "related_cases",
    "returned_payment",
    "rival_of",
    "rows_of",
    "sheet_of",
    "tasks_of",
    "timeline",
    "to_pay_back",
    "tone_of",
    "value_in_words",
]
