"""The table of what people are told: each kind with whom it is for, the channels it takes by default, and its words.

The words name people, the atom or task, and the case by its business key. They never hold case data, a journey's title
(which is made of case data), reasons or comments: whoever may see those finds them behind the link.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Channel = Literal["inbox", "email"]
"""`inbox` is the list in the app, `email` a letter at once. The daily digest tells of what is unread in the inbox."""

CHANNELS: Final[tuple[Channel, ...]] = ("inbox", "email")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice. `open` ones go to webhooks though no user is told.

    `headline` and `sentence` may name `{who}` did it, `{other}` person concerned, the `{name}` of the atom or task and
    the `{case}`.
    """

    name: str
    told: str
    channels: tuple[Channel, ...]
    headline: str
    sentence: str
    open: bool = False


_INBOX: Final[tuple[Channel, ...]] = ("inbox",)
_BOTH: Final[tuple[Channel, ...]] = ("inbox", "email")

_TABLE: Final = (
    Kind(
        "assigned",
        "Who gets a task from the engine or another person",
        _INBOX,
        "For you: {name} ({case})",
        "{who} gave you “{name}” of {case}.",
    ),
    Kind(
        "reassigned",
        "Who had a task that another person gave to somebody else",
        _INBOX,
        "No longer yours: {name} ({case})",
        "{who} gave “{name}” of {case}, which was yours, to {other}.",
    ),
    Kind(
        "released",
        "Who had a task that another person gave back to its role",
        _INBOX,
        "No longer yours: {name} ({case})",
        "{who} gave “{name}” of {case}, which was yours, back to its role.",
    ),
    Kind(
        "delegated",
        "Who is asked to do somebody else's task",
        _BOTH,
        "{other} asks you: {name} ({case})",
        "{other} asks you to do “{name}” of {case}.",
    ),
    Kind(
        "returned",
        "Who gets back a task that they had delegated",
        _BOTH,
        "Back with you: {name} ({case})",
        "{other} gave “{name}” of {case} back to you.",
    ),
    Kind(
        "escalated",
        "The role and the people that something is escalated to; else the managers of who has the task, or the owner",
        _BOTH,
        "Escalated: {name} ({case})",
        "{who} escalated “{name}” of {case}.",
        open=True,
    ),
    Kind(
        "mentioned",
        "Who is mentioned in a comment",
        _BOTH,
        "You were mentioned: {name} ({case})",
        "{who} mentioned you in a comment on “{name}” of {case}.",
    ),
    Kind(
        "incident",
        "The managers of who performs the atom, and the owner of the process",
        _BOTH,
        "Needs a look: {name} ({case})",
        "“{name}” of {case} has an incident: somebody must look at it.",
        open=True,
    ),
    Kind(
        "at_risk",
        "Who has a task whose service level is at risk, or its role while nobody has it; of a phase or case its owner",
        _INBOX,
        "At risk: {name} ({case})",
        "“{name}” of {case} is about to take longer than it should.",
        open=True,
    ),
    Kind(
        "breached",
        "Who has a task whose service level is breached, and their managers; of a phase or case its owner",
        _BOTH,
        "Late: {name} ({case})",
        "“{name}” of {case} takes longer than it should.",
        open=True,
    ),
    Kind(
        "process_completed",
        "Who started or owns a process that is completed",
        _INBOX,
        "Completed: {case}",
        "{case} is completed.",
        open=True,
    ),
    Kind(
        "process_failed",
        "Who started or owns a process that failed",
        _BOTH,
        "Failed: {case}",
        "{case} failed.",
        open=True,
    ),
    Kind(
        "process_cancelled",
        "Who started or owns a process that another person cancelled",
        _INBOX,
        "Cancelled: {case}",
        "{who} cancelled {case}.",
        open=True,
    ),
)
KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _TABLE}
