"""Every key of a journey document, once: read, checked and published as a JSON Schema from here."""

from typing import Final

from engine.loading.service_levels import SLA
from engine.loading.shapes import (
    CALL,
    DOTTED,
    FIELD,
    KEBAB,
    NAME,
    SEMVER,
    AtomShape,
    BusinessSpan,
    Fields,
    Flag,
    JsonSchema,
    Key,
    Kindred,
    Listing,
    Logic,
    Names,
    Number,
    Short,
    Span,
    Text,
    Word,
)

KINDS: Final = Word(("human", "system", "decision", "wait", "subjourney", "milestone"))

_HUMAN: Final = ("human",)
_SYSTEM: Final = ("system",)
PERFORMED: Final = ("human", "system", "subjourney")
"""The kinds of atoms whose work is done by someone: these may be done for each element of a list, and undone."""
_TIMED: Final = ("human", "system", "wait", "subjourney")
_HANDED_IN: Final = ("human", "system", "wait")
_WAIT: Final = ("wait",)
_SUBJOURNEY: Final = ("subjourney",)

_ID: Final = Text("id", KEBAB, "small letters, digits and single hyphens, such as `credit-check`")
_NAME: Final = Text("name", NAME, "letters, digits, `.`, `_` and `-`, such as `loan-officer`")
_READ: Final = Text("context name", DOTTED, "a name or a dotted path, such as `credit.score`", naming="read")
_WRITTEN: Final = Text("context name", DOTTED, "a name or a dotted path, such as `credit.score`", naming="written")
_FIELD: Final = Text("field of the child's context", FIELD, "a name without dots, such as `credit_score`")
_CALL: Final = Text("version of a journey", CALL, "a journey and its versions, such as `credit@^1.2` or `credit@1.2.0`")
_CONDITION: Final = Logic("names")
_TIME: Final = Logic("names_or_themselves", gives="time")
_SETS: Final = Names(_WRITTEN, Logic())
_LABEL: Final = Key("name", Text(), "What people call it.")
_DESCRIPTION: Final = Key("description", Text(), "What it is, in a sentence.")
_SLA: Final = Key("sla", SLA, "The time it should take at most.")


def _refers(kindred: Kindred, noun: str) -> Text:
    return Text(noun, refers=kindred)


_EDGE: Final = Fields(
    "edge",
    (
        Key("to", _refers("atoms", "atom"), "The atom that may start.", required=True),
        Key("rule", _CONDITION, "Taken only if true: a JSONLogic expression, or the name of one of `rules`."),
        Key("priority", Number(True, -1_000_000, 1_000_000), "Edges are looked at in this order, low first."),
        Key("otherwise", Flag(), "Taken when no ruled edge was."),
        Key("on", Word(("done", "error", "timeout")), "The exit of the step it belongs to."),
        Key("rework", Flag(), "Leads back to an earlier atom, which is done again with all that follows it."),
    ),
)

_DEPENDENCY: Final = Fields(
    "dependency",
    (
        Key("atom", _refers("atoms", "atom"), "The atom that must be resolved first.", required=True),
        Key("require", Word(("resolved", "completed")), "`completed`: skipped if the other did not complete."),
    ),
)

_SKILL: Final = Text("skill", NAME, "letters, digits, `.`, `_` and `-`, such as `fha-direct-endorsement`")
_SKILL_NEEDED: Final = Fields(
    "skill",
    (
        Key("skill", _SKILL, "What the performer must be able to do.", required=True),
        Key("level", Number(True, 1, 100), "How well, at least; 1 if not said."),
    ),
)

_PERFORMER: Final = Fields(
    "performer",
    (
        Key("role", _refers("roles", "role"), "Who may do it.", required=True),
        Key(
            "strategy",
            Word(("pool", "round_robin", "load_balanced", "skill_based", "manual")),
            "How one of them is chosen; `pool` offers it to all.",
        ),
        Key(
            "skills",
            Listing(Short(_SKILL, _SKILL_NEEDED, "skill"), filled=True),
            "What the performer must be able to do.",
        ),
        Key(
            "not_same_as",
            Listing(_refers("atoms", "atom"), filled=True),
            "Atoms whose performers may not do this one, nor the other way round: four eyes.",
        ),
        Key("same_as", _refers("atoms", "atom"), "The atom whose performer does this one."),
    ),
)

_CALENDAR: Final = _refers("calendars", "calendar")

WORKING: Final = Fields(
    "working time",
    (
        Key("working", BusinessSpan(), "How long: `P1D` is one business day, `PT8H` are eight hours.", required=True),
        Key("calendar", _CALENDAR, "What it is counted in; the journey's if not said."),
    ),
)

_RETRY: Final = Fields(
    "retry policy",
    (
        Key("max_attempts", Number(True, 1, 1000), "Attempts, the first included."),
        Key("backoff", Span(), "The time before the second attempt."),
        Key("factor", Number(False, 1, 100), "How much longer each further time is."),
        Key("max_backoff", Span(), "The longest time between two attempts."),
        Key("timeout", Span(zero=False), "The time one attempt may take."),
    ),
)

_ROW: Final = Fields(
    "row",
    (
        Key("rule", _CONDITION, "When the row hits.", required=True),
        Key("sets", _SETS, "What the row sets: context name to rule.", required=True),
    ),
)

_TABLE: Final = Fields(
    "table",
    (
        Key("hit", Word(("first", "unique", "collect")), "Which true rows count."),
        Key("rows", Listing(_ROW, filled=True), "The rows, in order.", required=True),
        Key("otherwise", _SETS, "What is set when no row hits."),
    ),
)

_TIMEOUT: Final = Fields(
    "timeout",
    (
        Key("after", Span(calendar=True, working=True), "How long after its start."),
        Key("at", _TIME, "A rule giving a time."),
    ),
    one_of=("after", "at"),
)

_COUNT: Final = Fields("count", (Key("count", Number(True, 1), "How many edges must be taken.", required=True),))
_ELEMENTS: Final = Fields(
    "count of elements", (Key("count", Number(True, 1), "How many elements must be done.", required=True),)
)
_LAYOUT: Final = Fields("layout", (Key("x", Number(False), "Across."), Key("y", Number(False), "Down.")))

ATOM: Final = Fields(
    "atom",
    (
        Key("id", _ID, "Unique among the atoms.", required=True),
        _LABEL,
        _DESCRIPTION,
        Key("kind", KINDS, "What it is; `human` if not said."),
        Key("performed_by", Short(_refers("roles", "role"), _PERFORMER, "role"), "Who may do it.", kinds=_HUMAN),
        Key("escalates_to", _refers("roles", "role"), "The role that is told when it takes too long.", kinds=_HUMAN),
        Key(
            "enables",
            Listing(Short(_refers("atoms", "atom"), _EDGE, "to")),
            "What may start when it is done.",
        ),
        Key(
            "depends_on",
            Listing(Short(_refers("atoms", "atom"), _DEPENDENCY, "atom")),
            "What must be resolved before it starts.",
        ),
        Key("split", Word(("all", "first")), "Take every edge whose rule is true, or the first."),
        Key("join", Short(Word(("all", "any")), _COUNT), "How many of the edges into it must be taken."),
        Key("may_end", Flag(), "It is right that no edge may be taken."),
        Key("entry", Flag(), "One of several atoms that start with the process."),
        Key("max_visits", Number(True, 1, 10_000), "How often it may be visited; 10 if not said."),
        Key(
            "input",
            Names(Text("name", DOTTED, "a name"), Logic()),
            "What the performer, action or child sees: name to rule.",
            kinds=PERFORMED,
        ),
        Key("output", JsonSchema(), "JSON Schema of what is handed in; also the form.", kinds=_HANDED_IN),
        Key("output", Listing(_FIELD), "The fields of the child's context that are saved.", kinds=_SUBJOURNEY),
        Key("saves", _WRITTEN, "Where the output goes in the context.", kinds=_TIMED),
        Key("sets", _SETS, "Context name to rule, computed in this order when it completes."),
        Key("priority", Word(("low", "medium", "high", "critical")), "Of its tasks.", kinds=_HUMAN),
        Key(
            "service_area", Text(), "For reports, and the service level where none is said.", kinds=("human", "system")
        ),
        Key("task_type", Text(), "For reports, and the service level where none is said.", kinds=("human", "system")),
        Key(
            "due",
            Logic("names_or_themselves", gives="time", span=True),
            "When its task should be done: a duration after its start, or a rule giving a time.",
            kinds=_HUMAN,
        ),
        Key("sla", SLA, "The time it should take at most.", kinds=PERFORMED),
        Key("timeout", _TIMEOUT, "When its work is given up.", kinds=_TIMED),
        Key("action", _refers("actions", "action"), "What the worker does: one of `actions`.", kinds=_SYSTEM),
        Key("retry", _RETRY, "When a failed action is tried again.", kinds=_SYSTEM),
        Key("on_failure", Word(("incident", "fail")), "What a failure leads to.", kinds=PERFORMED),
        Key("table", _TABLE, "The decision table.", kinds=("decision",)),
        Key("for", Span(calendar=True, working=True), "How long it waits.", kinds=_WAIT),
        Key("until", _TIME, "A rule giving the time it waits for.", kinds=_WAIT),
        Key("message", Text("message"), "The name of the message it waits for.", kinds=_WAIT),
        Key("correlate", Logic("names_or_themselves"), "A rule giving the key of the message.", kinds=_WAIT),
        Key("calls", _CALL, "The journey it runs, and which versions of it.", required=True, kinds=_SUBJOURNEY),
        Key(
            "for_each",
            Logic("names_or_themselves", gives="list"),
            "A rule giving a list: one task or child for each element.",
            kinds=PERFORMED,
        ),
        Key("in_order", Flag(), "One element after another.", kinds=PERFORMED),
        Key("done_when", Short(Word(("all", "any")), _ELEMENTS), "How many elements must be done.", kinds=PERFORMED),
        Key("outcome", Text("outcome"), "The outcome of a process that ends here.", kinds=("milestone",)),
        Key("terminate", Flag(), "Ends the process at once.", kinds=("milestone",)),
        Key("compensated_by", _refers("atoms", "atom"), "The atom that undoes it.", kinds=PERFORMED),
        Key("governed_by", Listing(_refers("regulations", "regulation")), "The regulations it follows."),
        Key("uses", Listing(_refers("documents", "document")), "The documents it needs."),
        Key("produces", Listing(_refers("documents", "document")), "The documents it makes."),
        Key(
            "requires_documents",
            Listing(_refers("documents", "document"), filled=True),
            "The documents that must be accepted before it completes; it needs them as `uses` says.",
            kinds=_HUMAN,
        ),
        Key("reads", Listing(_READ), "Further context names it reads."),
        Key("writes", Listing(_WRITTEN), "Further context names it writes."),
        Key("layout", _LAYOUT, "Where the designer draws it."),
    ),
)

_ATOMS: Final = Key("atoms", Listing(AtomShape(), filled=True), "The units of work and choice.")

_MODULE: Final = Fields(
    "module",
    (Key("id", _ID, "Unique among phases and modules.", required=True), _LABEL, _SLA, _ATOMS),
    one_of=("atoms",),
)
_MODULES: Final = Key("modules", Listing(_MODULE, filled=True), "Groups of atoms.")

_PHASE: Final = Fields(
    "phase",
    (Key("id", _ID, "Unique among phases and modules.", required=True), _LABEL, _SLA, _MODULES, _ATOMS),
    one_of=("modules", "atoms"),
)

_ROLE: Final = Fields("role", (_LABEL, _DESCRIPTION))
_RULE: Final = Fields("rule", (_DESCRIPTION, Key("logic", Logic(), "JSONLogic.", required=True)))
_ACTION: Final = Fields(
    "action",
    (
        Key("input", JsonSchema(), "JSON Schema of what it is called with."),
        Key("output", JsonSchema(), "JSON Schema of what it answers."),
    ),
)
_REGULATION: Final = Fields("regulation", (_LABEL, Key("url", Text(), "Where it can be read.")))
_DOCUMENT: Final = Fields("document", (_LABEL,))

JOURNEY: Final = Fields(
    "journey",
    (
        Key("journey", _ID, "The journey's key.", required=True),
        Key("version", Text("version", SEMVER, "three numbers such as `1.4.0`"), "Semantic version.", required=True),
        _LABEL,
        _DESCRIPTION,
        Key("title", Logic(), "A rule: how people recognise a case in a list."),
        Key("dimensions", Listing(_READ), "Context names that go into the graph for analysis."),
        Key("context", JsonSchema(), "JSON Schema of the case data; `required` is needed to start."),
        Key("roles", Names(_NAME, _ROLE), "Who may perform atoms."),
        Key("rules", Names(_NAME, _RULE), "Rules that edges and rows may name."),
        Key("actions", Names(_NAME, _ACTION), "What system atoms may ask for."),
        Key("regulations", Names(_NAME, _REGULATION), "What atoms are governed by."),
        Key("documents", Names(_NAME, _DOCUMENT), "What atoms use and produce."),
        Key("calendar", _CALENDAR, "What working time is counted in where nothing else is said."),
        _SLA,
        Key("phases", Listing(_PHASE, filled=True), "Groups of modules or atoms."),
        _MODULES,
        _ATOMS,
    ),
    one_of=("phases", "modules", "atoms"),
)

ALSO_CALLED: Final = {
    "assignee": "performed_by",
    "condition": "rule",
    "else": "otherwise",
    "form": "output",
    "if": "rule",
    "key": "journey",
    "needs": "depends_on",
    "next": "enables",
    "on_error": "on_failure",
    "requires": "depends_on",
    "role": "performed_by",
    "roles": "performed_by",
    "schema": "output",
    "set": "sets",
    "steps": "atoms",
    "target": "to",
    "tasks": "atoms",
    "then": "sets",
    "type": "kind",
    "when": "rule",
}
"""What other notations call a key, for the nearest one of `unknown_key`."""


ENDS_OF_A_WAIT: Final = ("for", "until", "message")
"""What a wait may wait for: exactly one of these keys is there (R16)."""


def keys_of(kind: str | None) -> dict[str, Key]:
    """The atom keys that fit a kind, by name; for None all of them, of two with one name the first."""
    found: dict[str, Key] = {}
    for key in ATOM.keys:
        if kind is None or key.kinds is None or kind in key.kinds:
            found.setdefault(key.name, key)
    return found
