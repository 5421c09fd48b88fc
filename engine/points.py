"""The named points of the code at which being killed is most interesting, and who hears that one was reached.

In production nobody does, and `reached` costs one look at a variable. The kill campaign (`make chaos`) starts the
engine's programs by an entry of its own, which listens and ends or stops the process there; no setting can.
"""

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """Each value says where the code stands; docs/architecture.md says what is to follow from a kill there."""

    AFTER_LOCK = "after_lock"
    """The processes are locked and read, nothing is decided."""
    BEFORE_COMMIT = "before_commit"
    """Everything is written, COMMIT has not been sent."""
    AFTER_COMMIT = "after_commit"
    """PostgreSQL has answered COMMIT, nobody has been told."""
    BEFORE_ANSWER = "before_answer"
    """The batch is over, the caller's answer is about to go out."""
    AFTER_CLAIM = "after_claim"
    """Work of an action is leased, and has not begun."""
    AFTER_ACTION = "after_action"
    """An action has done its work, its answer has not been handed in."""
    BEFORE_FIRING = "before_firing"
    """Due timers are claimed, and have not fired."""
    BEFORE_TAKING_UP = "before_taking_up"
    """Commands that processes posted each other were found, and have not been taken up."""
    BEFORE_EXPIRING = "before_expiring"
    """Leases that ran out were found, and have not been counted as failed attempts."""
    BEFORE_ASSIGNING = "before_assigning"
    """Who gets the tasks of a role is chosen, and none is given out."""
    BEFORE_PROJECTING = "before_projecting"
    """The next events were read, nothing of them is in Neo4j."""
    BEFORE_GRAPH_COMMIT = "before_graph_commit"
    """A batch is written to Neo4j with its checkpoint, and not committed."""
    AFTER_GRAPH_COMMIT = "after_graph_commit"
    """Neo4j has committed a batch; the next read has not begun."""


_hears: Callable[[Point], None] | None = None


def reached(point: Point) -> None:
    """Says that the code stands at `point`."""
    if _hears is not None:
        _hears(point)


def tell(listener: Callable[[Point], None] | None) -> None:
    """From now on `listener` is called at every point, in the thread that reaches it; None: nobody is."""
    global _hears  # noqa: PLW0603 - one listener for the process: what it does ends or stops all of it
    _hears = listener
