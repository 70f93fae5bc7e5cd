"""What pages show of several models: the desk, a draft's tasks, the way of a case, its amount; `budgets`, where the money stands."""

from .amounts import Amount, amount_of
from .cases import actions_of, letters_of, may_refile, next_step, timeline, tone_of
from .desk import Row, Task, desk_of, rows_of
from .drafts import changes_since, coming, progress, tasks_of

__all__ = [
    "Amount",
    "Row",
    "Task",
    "actions_of",
    "amount_of",
    "changes_since",
    "coming",
    "desk_of",
    "letters_of",
    "may_refile",
    "next_step",
    "progress",
    "rows_of",
    "tasks_of",
    "timeline",
    "tone_of",
]
