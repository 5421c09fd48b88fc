"""The state chart as a page: `python -m engine.chart > docs/states.md`. Drawn from the tables of `states`."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.core.documents import DOCUMENT
from engine.core.states import BACK, PROCESS, STEP, TASK

Table = Mapping[Any, Mapping[str, str]]

_INTRODUCTION: Final = """# The states of a process, a step, a task and a document

This page is generated from the tables in `engine/core/states.py` and `engine/core/documents.py`; the engine looks each
change up in the same tables, and a refused one (409 `invalid_transition`) names what they allow. The task table is
served by the API, too.
"""
_ABOUT: Final[Mapping[str, str]] = {
    "Process": (
        "Pending only while a start waits for its `not_before` (R1). A suspended process starts nothing and no timer "
        "fires (R12). One that is cancelled with compensation is running, with `compensating` true, until what it did "
        "is undone (R13)."
    ),
    "Step": (
        "A step is one visit of one atom. It exits `done` (completed), `error` or `timeout` (failed). An active step "
        "is skipped only by hand (R18). Rework does not bring a step back: it opens a new visit, which waits (R7)."
    ),
    "Task": (
        "Completing or failing a task that one may perform implies claiming and starting it. Unblocking leads back to "
        "the state in which it was blocked; who gets a blocked task from another person finds it assigned then. A "
        "retry of failed work makes a new task (R10)."
    ),
    "Document": (
        "How the newest version of a document of a case stands; a newer one is judged anew. A rework leaves documents "
        "as they are (R7)."
    ),
}


def page() -> str:
    """The whole page, as Markdown with Mermaid diagrams."""
    parts = [_INTRODUCTION]
    for name, table in (("Process", PROCESS), ("Step", STEP), ("Task", TASK), ("Document", DOCUMENT)):
        parts += [f"## {name}\n\n{_ABOUT[name]}\n", _diagram(table), _rows(table)]
    return "\n".join(parts)


def _diagram(table: Table) -> str:
    first = next(iter(table))
    lines = ["```mermaid", "stateDiagram-v2", f"  [*] --> {first}"]
    for state, verbs in table.items():
        lines += [f"  {state} --> {goal}: {verb}" for verb, goal in _drawn(state, verbs, table)]
        if not verbs:
            lines.append(f"  {state} --> [*]")
    return "\n".join([*lines, "```\n"])


def _drawn(state: str, verbs: Mapping[str, str], table: Table) -> Iterator[tuple[str, str]]:
    for verb, goal in verbs.items():
        if goal == BACK:
            yield from ((verb, origin) for origin, row in table.items() if origin != state and state in row.values())
        else:
            yield verb, goal


def _rows(table: Table) -> str:
    lines = ["| from | by | to |", "| --- | --- | --- |"]
    for state, verbs in table.items():
        lines += [f"| {state} | {verb} | {_said(goal)} |" for verb, goal in verbs.items()]
    return "\n".join([*lines, ""])


def _said(goal: str) -> str:
    return "where it was blocked" if goal == BACK else goal


if __name__ == "__main__":
    sys.stdout.write(page())
