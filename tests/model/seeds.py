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


def case(why, *atoms, then=()):
    return why, [HEAD | {"atoms": list(atoms)}], [START, *({"process": "p1", "item": None} | one for one in then)]


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
]
