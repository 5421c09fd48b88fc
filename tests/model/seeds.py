"""Cases on which model and engine once differed, made small: (why, documents, commands). They stay as tests.

They are kept as cases, not as numbers, so that a change of the generator does not change what they say.
"""

from decimal import Decimal

PULL = {
    "input": {"type": "object", "properties": {"who": {"type": "string"}}},
    "output": {"type": "object", "required": ["found"]},
}
HEAD = {
    "journey": "main",
    "version": "1.0.0",
    "name": "main",
    "context": {"type": "object", "properties": {"n": {}, "found": {}, "others": {}}},
    "roles": {"clerk": {"name": "Clerk"}},
    "actions": {"do.it": {}, "pull": PULL},
}
START = {"do": "start", "process": "p1", "journey": "main", "version": "1.0.0", "context": {"n": Decimal("1.50")}}


CHILD = {"journey": "child", "version": "1.0.0", "name": "child"}
CHILD["context"] = {"type": "object", "required": ["m"], "properties": {"m": {"type": "string"}}}
CALL = {"kind": "subjourney", "calls": "child@^1.0"}


def case(why, *atoms, then=(), child=(), schema=None):
    """`child` are the atoms of `child@1.0.0`, which needs `m`; `schema` are further words of the context's schema."""
    main = HEAD | {"atoms": list(atoms), "context": HEAD["context"] | (schema or {})}
    called = [HEAD | CHILD | {"atoms": list(child)}] if child else []
    return why, [*called, main], [START, *({"process": "p1", "item": None} | one for one in then)]


FOUND = [
    case(
        "R9: under `collect` the `otherwise` gives lists too, and an empty one for every other name",
        {
            "id": "a",
            "kind": "decision",
            "table": {
                "hit": "collect",
                "rows": [{"rule": False, "sets": {"found": 1}}],
                "otherwise": {"others": {"var": "n"}},
            },
        },
    ),
    case(
        "R10: a step whose failure fails the process has no exit; it is cancelled with what is open",
        {"id": "a", "kind": "system", "action": "do.it", "on_failure": "fail"},
        then=[
            {"do": "claim_work", "atom": "a"},
            {"do": "work_failed", "atom": "a", "retryable": False},
        ],
    ),
    case(
        "R10: an answer under another lease changes nothing, and the lease of the one who works stays",
        {"id": "a", "kind": "system", "action": "do.it"},
        then=[
            {"do": "claim_work", "atom": "a"},
            {"do": "lease_expired", "atom": "a", "late": True},
            {"do": "work_done", "atom": "a", "output": {}},
        ],
    ),
    case(
        "R4, R9: a step held after its exit counts as completed for those that depend on it",
        {"id": "a", "performed_by": "clerk", "sets": {"n": {"/": [1, 0]}}, "enables": ["b"]},
        {"id": "b", "kind": "milestone"},
        {"id": "c", "kind": "milestone", "outcome": "free", "depends_on": [{"atom": "a", "require": "completed"}]},
        then=[{"do": "complete", "atom": "a", "output": {}}, {"do": "retry", "atom": "a"}],
    ),
    case(
        "R9: the cells of a table's row do not see each other, unlike `sets`",
        {"id": "a", "kind": "decision", "table": {"rows": [{"rule": True, "sets": {"n": 1, "found": {"var": "n"}}}]}},
    ),
    case(
        "R9: an output is checked against the atom's schema and against its action's",
        {"id": "a", "kind": "system", "action": "pull", "output": {"type": "object", "required": ["others"]}},
        then=[
            {"do": "claim_work", "atom": "a"},
            {"do": "work_done", "atom": "a", "output": {"others": 1}},
            {"do": "work_done", "atom": "a", "output": {"found": 1}},
            {"do": "work_done", "atom": "a", "output": {"found": 1, "others": 1}},
        ],
    ),
    case(
        "R9: an input that the action's schema refuses holds the step before its start",
        {"id": "a", "kind": "system", "action": "pull", "input": {"who": {"var": "n"}}},
        then=[{"do": "retry", "atom": "a"}],
    ),
    case(
        "Rules: zero has no sign, so `cat` writes none",
        {"id": "a", "kind": "milestone", "sets": {"found": {"cat": [{"*": [{"-": [{"var": "n"}]}, 0]}]}}},
    ),
    case(
        "R7: an instant atom that leads back to itself meets its limit",
        {"id": "a", "kind": "milestone", "max_visits": 3, "enables": [{"to": "a", "rework": True}]},
    ),
    case(
        "R7: an exit that leads back makes nothing else ready, not even for a moment",
        {"id": "a", "performed_by": "clerk", "enables": ["b", "c"]},
        {"id": "b", "kind": "milestone", "enables": ["c", {"to": "a", "rework": True}]},
        {"id": "c", "performed_by": "clerk"},
        then=[{"do": "complete", "atom": "a", "output": {}}],
    ),
    case(
        "R14, R15: an element whose child refuses its input has failed, though no child was started",
        CALL
        | {"id": "a", "for_each": [1, 2], "input": {"m": {"var": "item"}}, "saves": "found"}
        | {"enables": [{"to": "b", "on": "error"}]},
        {"id": "b", "performed_by": "clerk"},
        child=[{"id": "work", "performed_by": "clerk"}],
    ),
    case(
        "R9, R14: an empty list that the context's schema does not take holds the step before its start",
        {"id": "a", "performed_by": "clerk", "for_each": {"var": "others"}, "saves": "found"},
        schema={"properties": {"n": {}, "found": {"type": "array"}, "others": {}}, "maxProperties": 2},
        then=[
            {"do": "patch", "patch": {"others": []}},
            {"do": "retry", "atom": "a"},
            {"do": "patch", "patch": {"others": [1]}},
            {"do": "retry", "atom": "a"},
            {"do": "complete", "atom": "a", "item": 0, "output": {}},
        ],
    ),
    case(
        "R15: a child that is started and forsaken in one decision begins, and is cancelled right after",
        CALL | {"id": "a", "input": {"m": "one"}, "entry": True},
        {"id": "b", "kind": "milestone", "terminate": True, "entry": True},
        child=[
            {"id": "work", "performed_by": "clerk", "entry": True},
            {"id": "mark", "kind": "milestone", "entry": True, "outcome": "seen"},
        ],
    ),
    case(
        "R9: a wait for a time hands in no output",
        {"id": "a", "kind": "wait", "for": "PT5S", "sets": {"found": {"var": "atom.output"}}},
        then=[{"do": "advance", "by": "PT5S"}],
    ),
    case(
        "R12, R16: a bound message that the context no longer admits is dropped, and so is one that was kept meanwhile",
        {"id": "a", "kind": "wait", "message": "paid", "saves": "found"},
        schema={"maxProperties": 2},
        then=[
            {"do": "suspend"},
            {"do": "message", "name": "paid", "key": None, "id": "m1", "body": {"x": 1}},
            {"do": "message", "name": "paid", "key": None, "id": "m2", "body": {"x": 2}},
            {"do": "patch", "patch": {"others": 1}},
            {"do": "resume"},
            {"do": "patch", "patch": {"others": None}},
            {"do": "message", "name": "paid", "key": None, "id": "m3", "body": {"x": 3}},
        ],
    ),
    case(
        "R7: an exit that leads back again before its target could start has an end, too",
        {"id": "a", "performed_by": "clerk", "enables": ["d"], "entry": True},
        {"id": "d", "kind": "milestone", "join": "any", "enables": [{"to": "t", "rework": True}]},
        {"id": "c", "kind": "milestone", "depends_on": ["t"], "enables": ["d"], "split": "first"},
        {"id": "b", "kind": "milestone", "enables": [{"to": "c", "rule": False}], "may_end": True, "entry": True},
        {"id": "t", "performed_by": "clerk", "entry": True},
        then=[{"do": "complete", "atom": "a", "output": {}}],
    ),
]
