"""Free text without the sensitive values of the case: reasons, comments, the errors of actions.

What people and programs write is kept, shown and told as it is, and an action's error often repeats what it was given.
So the values that the case holds in sensitive places are taken out where they stand in it, letter for letter; how else
somebody may write them, nobody knows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, Final, cast

from engine.core.commands import AddTask, Command, Extra, Start, TaskCommand
from engine.core.errors import Invalid
from engine.core.process import Process, Task
from engine.core.sensitive import Sensitive

COVERED_TEXT: Final = "[sensitive]"
_SHORTEST: Final = 4
"""Characters of the shortest value that is looked for: shorter ones stand in texts by chance."""
_FREE: Final = ("reason", "error", "text", "note")


def without_sensitive(command: Command, process: Process | None, sensitive: Sensitive) -> Command:
    """The command, its free text without what is sensitive in the case as it is, and in what it brings.

    Raises:
        Invalid: `context_invalid`, where the business key or the name of a task holds some: these are looked for.
    """
    known = _texts(_values(command, process, sensitive))
    if not known:
        return command
    if isinstance(command, Start):
        _refuse("/business_key", command.business_key, known)
        return command
    if isinstance(command, AddTask):
        return replace(command, task=_extra(command.task, known))
    changes: dict[str, Any] = {
        field.name: _cleared(text, known)
        for field in fields(command)
        if field.name in _FREE and isinstance(text := getattr(command, field.name), str)
    }
    return replace(command, **changes) if changes else command


def text_without_sensitive(text: str, process: Process, sensitive: Sensitive) -> str:
    """A text about a case, which is no part of its history, without what is sensitive in the case as it is."""
    return _cleared(text, _texts(_held([process.context], process.open_tasks(), sensitive)))


def _values(command: Command, process: Process | None, sensitive: Sensitive) -> list[Any]:
    contexts = [process.context] if process else []
    if isinstance(command, Start):
        contexts.append(dict(command.context))
    task = process.tasks.get(command.task) if process and isinstance(command, TaskCommand) else None
    return _held(contexts, [task] if task else [], sensitive)


def _held(contexts: Iterable[Any], tasks: Iterable[Task], sensitive: Sensitive) -> list[Any]:
    """What is in the sensitive places of case data and of what tasks were given."""
    found: list[Any] = []
    for context in contexts:
        sensitive.context.hide(context, found.append)
    for task in tasks:
        if task.input is not None:
            sensitive.input(task.atom).hide(task.input, found.append)
    return found


def _texts(values: Iterable[Any]) -> list[str]:
    """The spellings of these values that are long enough, the longest first."""
    found = {text for text in _spelled(values) if len(text) >= _SHORTEST}
    return sorted(found, key=lambda text: (-len(text), text))


def _spelled(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        return
    elif isinstance(value, (int, Decimal)):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from _spelled(list(cast("Mapping[str, Any]", value).values()))
    elif isinstance(value, Iterable):
        for one in cast("Iterable[Any]", value):
            yield from _spelled(one)


def _extra(task: Extra, known: Sequence[str]) -> Extra:
    _refuse("/name", task.name, known)
    return replace(task, description=task.description and _cleared(task.description, known))


def _cleared(text: str, known: Sequence[str]) -> str:
    for value in known:
        text = text.replace(value, COVERED_TEXT)
    return text


def _refuse(pointer: str, text: str | None, known: Sequence[str]) -> None:
    if text is not None and _cleared(text, known) != text:
        errors = [
            {"pointer": pointer, "message": "holds a sensitive value of the case, and is shown to all who see it"}
        ]
        raise Invalid("context_invalid", "A sensitive value would be shown.", errors=errors)
