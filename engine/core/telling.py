"""How a notice comes to those it is for: rows of their lists, letters, and messages to webhooks; pure.

What a user prefers goes before the table of kinds. A letter is written only where letters are sent and the organisation
knows an address; a webhook gets each notice of its kinds once, with the users who are told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final

from engine.core.callers import SYSTEM
from engine.core.ids import numbered
from engine.core.kinds import KINDS, Channel
from engine.core.notices import Notice
from engine.core.organisation import Organisation
from engine.core.times import format_time

ENGINE_NAME: Final = "Wayline"
"""Who did what nobody asked for."""

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user wants otherwise than the table of kinds has it, and when the daily digest is sent, if at all."""

    channels: Mapping[str, tuple[Channel, ...]] = field(default_factory=dict[str, tuple[Channel, ...]])
    digest_at: time | None = None
    time_zone: str | None = None

    def of(self, kind: str) -> tuple[Channel, ...]:
        """The channels of a kind."""
        return self.channels.get(kind, KINDS[kind].channels)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that takes notices of these kinds; of all where there are none."""

    id: str
    kinds: frozenset[str]

    def takes(self, kind: str) -> bool:
        """Whether it is told of a kind."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True, slots=True)
class Notification:
    """One row of a user's list; `task` and `incident` are numbers within the process."""

    id: str
    user: str
    kind: str
    process: str
    task: int | None
    incident: int | None
    atom: str | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """Something to be sent to a user or a webhook. Its receiver drops a second one of the same id."""

    id: str
    channel: str
    kind: str
    message: Mapping[str, Any]
    user: str | None = None
    webhook: str | None = None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who has said how they want to be told, and the active webhooks."""

    preferences: Mapping[str, Preferences]
    hooks: tuple[Hook, ...] = ()


_USUAL: Final = Preferences()


def words(notice: Notice, organisation: Organisation) -> tuple[str, str]:
    """The headline and the sentence of a notice, each on one line."""
    kind, subject = KINDS[notice.kind], notice.subject
    facts = {
        "who": person(notice.actor, organisation),
        "other": person(notice.other, organisation),
        "name": _line(subject.name),
        "case": _line(subject.case),
    }
    return kind.headline.format_map(facts), kind.sentence.format_map(facts)


def person(user: str | None, organisation: Organisation) -> str:
    """How people call a user."""
    if user is None or user == SYSTEM.id:
        return ENGINE_NAME
    known = organisation.users.get(user)
    return _line(known.name if known and known.name else user)


def listed(notice: Notice, listeners: Listeners, organisation: Organisation) -> Iterator[Notification]:
    """The rows for those users who want them in their lists."""
    subject, text = notice.subject, words(notice, organisation)[1]
    for user in notice.users:
        if "inbox" in listeners.preferences.get(user, _USUAL).of(notice.kind):
            yield Notification(
                notice.id_for(f"user/{user}"),
                user,
                notice.kind,
                subject.process,
                subject.task,
                subject.incident,
                subject.atom,
                text,
                notice.at,
            )


def sent(notice: Notice, listeners: Listeners, organisation: Organisation, *, letters: bool) -> Iterator[Sending]:
    """What is sent at once: letters where `letters` are sent at all, and messages to webhooks."""
    if letters:
        yield from _letters(notice, listeners, organisation)
    for hook in listeners.hooks:
        if hook.takes(notice.kind):
            id = notice.id_for(f"webhook/{hook.id}")
            yield Sending(id, "webhook", notice.kind, _payload(notice, organisation), webhook=hook.id)


def _letters(notice: Notice, listeners: Listeners, organisation: Organisation) -> Iterator[Sending]:
    headline, text = words(notice, organisation)
    message = {"headline": headline, "text": text, **_references(notice)}
    for user in notice.users:
        known = organisation.users.get(user)
        if known and known.email and "email" in listeners.preferences.get(user, _USUAL).of(notice.kind):
            yield Sending(notice.id_for(f"letter/{user}"), "email", notice.kind, message, user=user)


def _payload(notice: Notice, organisation: Organisation) -> dict[str, Any]:
    """The body of a message to a webhook, as Standard Webhooks shapes it; the same in every attempt."""
    subject = notice.subject
    return {
        "type": notice.kind,
        "timestamp": format_time(notice.at),
        "data": {
            **_references(notice),
            "atom": subject.atom,
            "name": _line(subject.name),
            "case": _line(subject.case),
            "role": subject.role,
            "actor": notice.actor,
            "users": list(notice.users),
            "text": words(notice, organisation)[1],
        },
    }


def _references(notice: Notice) -> dict[str, Any]:
    subject = notice.subject
    task, incident = subject.task, subject.incident
    return {
        "process": subject.process,
        "task": None if task is None else numbered(subject.process, task),
        "incident": None if incident is None else numbered(subject.process, incident),
    }


def _line(text: str) -> str:
    """A text on one line, and not too long for one."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…"
