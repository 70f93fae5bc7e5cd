"""What every page of the workbench shares: lists that are never counted, screens whose buttons call services, forms that leave an event.

It lies in the lowest app, since every app above registers its pages with it. It knows nothing of roles or lives but their shape.
"""

from .acts import Act, ActForm, EdgeAct, ReasonForm, along
from .lists import ByState, Choice
from .pages import BenchAdmin, RecordedAdmin, ScreenAdmin
from .runs import Run
from .trails import trail
from .words import name_actions, name_roles, name_values

__all__ = [
    "Act",
    "ActForm",
    "BenchAdmin",
    "ByState",
    "Choice",
    "EdgeAct",
    "ReasonForm",
    "RecordedAdmin",
    "Run",
    "ScreenAdmin",
    "along",
    "name_actions",
    "name_roles",
    "name_values",
    "trail",
]
