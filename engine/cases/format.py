"""Every key of a cases document, once: read from here, and published as a JSON Schema from here.

`docs/cases.schema.json` holds it; `python -m engine.cases.format docs/cases.schema.json` writes it anew.
"""

import re
import sys
from pathlib import Path
from typing import Final

from engine.loading.document_schema import schema_of, written
from engine.loading.shapes import (
    KEBAB,
    NAME,
    Anything,
    Fields,
    Flag,
    Key,
    Listing,
    Names,
    Number,
    OneOrMany,
    Short,
    Span,
    Text,
    Word,
)

ANY: Final = ("...", "…")
"""What stands in a path for any number of atoms."""

_ATOM_ID: Final = re.compile(rf"({KEBAB.pattern.replace('$', '/')}/)?{KEBAB.pattern}")
_ATOM: Final = Text("atom", _ATOM_ID, "the id of an atom, or of a called journey's as `journey/atom`", refers="atoms")
_OWN: Final = Text("atom", KEBAB, "the id of an atom of this journey", refers="atoms")
_STATION: Final = Text("atom", re.compile(rf"{KEBAB.pattern}|\.\.\.|…"), "an atom, or `...`", refers="atoms")
_DOCUMENT: Final = Text(
    "document",
    re.compile(rf"({KEBAB.pattern.replace('$', '/')}/)?{NAME.pattern}"),
    "the id of a document, or of a called journey's as `journey/document`",
    refers="documents",
)
_TIMED: Final = Text(
    "id",
    KEBAB,
    "the id of an atom, a phase or a module, or the journey's key",
    refers="service_levels",
)
_STATES: Final = ("received", "accepted", "refused")
_VALUES: Final = Names(Text("name"), Anything())
_TIME: Final = Text("time")
_INDEXES: Final = OneOrMany(Number(True, 0))
_VISITS: Final = OneOrMany(Number(True, 1))

_FAILING: Final = Fields(
    "failure",
    (
        Key("reason", Text(), "What the performer or worker says."),
        Key("times", Number(True, 0), "How many attempts of a visit fail; every one if not said."),
        Key("retryable", Flag(), "`false`: the worker says that further attempts are useless."),
        Key("visits", _VISITS, "Only in these visits, counted from 1."),
        Key("items", _INDEXES, "Only for these elements of its list, counted from 0."),
    ),
)

_OUTPUTS: Final = Key(
    "outputs",
    Names(_ATOM, OneOrMany(_VALUES)),
    "Atom to what is handed in when it is done; of a list one for each visit, the last for all that follow.",
)
_ITEMS: Final = Key(
    "items", Names(_ATOM, Listing(_VALUES, filled=True)), "Atom to what is handed in for each element of its list."
)
_START: Final = Key("start", _VALUES, "The context the process starts with.")
_NOW: Final = Key("now", _TIME, "When the case begins, an RFC 3339 time or a date; 2026-01-05T09:00:00Z if not said.")

_DOCUMENTS: Final = Key(
    "documents", Names(_DOCUMENT, Word(_STATES)), "Document to how it stands from the start of its process."
)

_DEFAULTS: Final = Fields("set of defaults", (_START, _OUTPUTS, _ITEMS, _DOCUMENTS, _NOW))

_ON_PATH: Final = Fields(
    "place on the path",
    (
        Key("atom", _OWN, "The atom.", required=True),
        Key("exit", Word(("done", "error", "timeout")), "How it ended; `done` if not said."),
    ),
)
_TASK: Final = Fields(
    "task",
    (
        Key("role", Text(), "Who may do it."),
        Key("name", Text(), "What people call it."),
        Key("priority", Word(("low", "medium", "high", "critical")), "Its priority."),
        Key("input", _VALUES, "What its performer sees: at least these values."),
        Key("times", Number(True, 0), "How many tasks of the atom there were."),
    ),
)
_OPEN: Final = Fields(
    "open step",
    (
        Key("atom", _OWN, "The atom.", required=True),
        Key("for", Word(("task", "timer", "message", "child", "incident")), "What it waits for.", required=True),
    ),
)
EXPECT: Final = Fields(
    "expectation",
    (
        Key(
            "status",
            Word(("pending", "running", "suspended", "completed", "failed", "cancelled")),
            "Of the process; `completed` if not said, `running` beside `waits_for`.",
        ),
        Key("outcome", Text(), "Of the process."),
        Key(
            "path",
            Listing(Short(_STATION, _ON_PATH, "atom")),
            "The atoms that ended, in this order and no others; `...` stands for any number of others.",
        ),
        Key("completed", Listing(_OWN), "Atoms that completed, these at least."),
        Key("skipped", Listing(_OWN), "Atoms that were skipped, these at least."),
        Key("failed", Listing(_OWN), "Atoms that ended with an error or a timeout, these at least."),
        Key("not_started", Listing(_OWN), "Atoms that never started."),
        Key("tasks", Names(_OWN, _TASK), "Atom to what is true of its last task."),
        Key("context", _VALUES, "Context name, or dotted path, to its value; null where it is not there."),
        Key("waits_for", Listing(Short(_OWN, _OPEN, "atom")), "The atoms that are open, these and no others."),
        Key(
            "documents",
            Names(_DOCUMENT, Word(("missing", *_STATES))),
            "Document to how it stands.",
        ),
        Key(
            "service_levels",
            Names(_TIMED, Word(("on_track", "at_risk", "breached", "met"))),
            "Atom, phase or module, or the journey's key, to how it is by the service level that the journey says.",
        ),
        Key("incidents", Names(_OWN, Text()), "Atom to the code of its open incident, these and no others."),
    ),
)

_BY: Final = Key("by", Text("user"), "Who does a task: somebody of its role; named after the role if not said.")
_DO: Final = Fields(
    "piece of work",
    (
        Key("atom", _ATOM, "The atom whose open work is done.", required=True),
        Key("output", _VALUES, "What is handed in, instead of what `outputs` says."),
        Key("item", Number(True, 0), "Which element of its list, counted from 0; the first that is open if not said."),
        _BY,
        Key("refused", Word(("four_eyes", "kept_for_another")), "Why who is named in `by` may not do it."),
    ),
)
_FAIL: Final = Fields(
    "failure of a piece of work",
    (
        Key("atom", _ATOM, "The atom whose open work fails.", required=True),
        Key("reason", Text(), "What the performer or worker says."),
        Key("item", Number(True, 0), "Which element of its list, counted from 0; the first that is open if not said."),
        _BY,
    ),
)
_MESSAGE: Final = Fields(
    "message",
    (
        Key("name", Text("message"), "Its name.", required=True),
        Key("key", Anything(), "Its key; null if not said."),
        Key("body", _VALUES, "What it says."),
        Key("id", Text("id"), "The same id twice is one message; each has its own if not said."),
        Key("ttl", Span(calendar=True), "How long it is kept while nobody waits for it; PT1H if not said."),
    ),
)
_SKIP: Final = Fields(
    "skip",
    (
        Key("atom", _ATOM, "The atom whose step is skipped by hand.", required=True),
        Key("take", Listing(_ATOM), "The targets of its edges that are taken all the same."),
    ),
)
_STANDS: Final = Fields(
    "document",
    (
        Key("document", _DOCUMENT, "The document.", required=True),
        Key("state", Word(_STATES), "How it stands from now on; a new version comes if it is `received`."),
        Key("reason", Text(), "Why it is refused."),
    ),
)
NEXT: Final = Fields(
    "next thing",
    (
        Key(
            "wait",
            Span(calendar=True, working=True),
            "The clock moves on by this duration, or this much working time; each timer on the way fires.",
        ),
        Key("do", OneOrMany(Short(_ATOM, _DO, "atom")), "Open work is done, also what `leaves` names."),
        Key("fail", OneOrMany(Short(_ATOM, _FAIL, "atom")), "Open work fails."),
        Key("message", _MESSAGE, "A message comes."),
        Key(
            "document",
            Short(_DOCUMENT, _STANDS, "document"),
            "A document comes, is accepted or refused; a bare name is accepted.",
        ),
        Key("change", _VALUES, "The context is changed by this JSON merge patch."),
        Key("skip", Short(_ATOM, _SKIP, "atom"), "A step is skipped by hand."),
        Key("repeat", _ATOM, "An atom is repeated by hand."),
        Key("retry", _ATOM, "The open incidents of an atom are retried."),
        Key(
            "process",
            Word(("suspend", "resume", "cancel", "compensate", "complete", "fail")),
            "What is done with the whole process by hand; `compensate` cancels it and undoes what it did.",
        ),
        Key("expect", EXPECT, "What must be true now."),
    ),
    one_of=("wait", "do", "fail", "message", "document", "change", "skip", "repeat", "retry", "process", "expect"),
)

CASE: Final = Fields(
    "case",
    (
        Key("name", Text("sentence"), "What the case shows, in a sentence.", required=True),
        _NOW,
        Key("at", Text("phase or module"), "The phase or module it starts at; the whole journey if not said."),
        Key("business_key", Text("business key"), "Of the process."),
        Key("not_before", _TIME, "The time before which the process does not start."),
        _START,
        _OUTPUTS,
        _ITEMS,
        _DOCUMENTS,
        Key(
            "fails",
            Names(_ATOM, OneOrMany(Short(Text("reason"), _FAILING, "reason"))),
            "Atom to how its work fails; a text is the reason why every attempt does.",
        ),
        Key("leaves", Listing(_ATOM), "Atoms whose work nobody does by itself."),
        Key("then", Listing(NEXT), "What happens once nothing goes on by itself, one thing after another."),
        Key("expect", EXPECT, "What must be true at the end; if not said, that the process completed."),
    ),
)

SUITE: Final = Fields(
    "cases document",
    (
        Key("journey", Text("journey", KEBAB, "the key of a journey"), "The journey that is tested.", required=True),
        Key("defaults", _DEFAULTS, "What holds for every case; a case's own values replace it name by name."),
        Key("cases", Listing(CASE, filled=True), "The cases.", required=True),
    ),
)


def schema_text() -> str:
    """The JSON Schema 2020-12 of cases documents, as its file holds it."""
    return written(schema_of(SUITE, "Wayline cases of a journey"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
