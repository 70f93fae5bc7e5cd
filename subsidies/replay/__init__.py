"""重放: every decided case of a window reckoned again with the rules and data of its day, to the fen. Nothing here writes."""

from .run import Deviation, Outcome, replay

__all__ = ["Deviation", "Outcome", "replay"]
