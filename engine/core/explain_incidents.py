"""Open incidents: what went wrong, what would mend it, and who writes a name that is missing (R9, R10)."""

import re
from typing import Final

from engine.core.explain_held import Held, Scene, clause, stop
from engine.core.process import Incident

_MISSING: Final = re.compile(r"the name (?P<name>.+) has no value\.$")
_RULE: Final = re.compile(r"the rule cannot be decided: (?P<cause>.+)$", re.DOTALL)
_BACK: Final = re.compile(r" leads back to (?P<target>\S+), but (?P<worn>\S+) has been visited (?P<often>.+)$")
_CHILD: Final = re.compile(r"^The child \S+ was (?P<status>\w+)\.$")
_MENDED_BY_DATA: Final = frozenset({"unresolved", "rule_failed", "no_path", "rework_limit"})


def incident(scene: Scene, incident: Incident) -> Held:
    """What an incident holds, why, and what would resolve it."""
    name = missing_name(incident)
    writers = writers_of(scene, name) if name else ()
    who = ["permission:incident:retry"]
    if incident.code in _MENDED_BY_DATA:
        who.append("permission:process:change_context")
    if incident.code == "nobody_eligible":
        who.append("permission:task:reassign")
    return Held(
        kind="incident",
        n=incident.n,
        atom=incident.atom,
        visit=incident.visit,
        name=scene.journey.atoms[incident.atom].name,
        since=incident.raised_at,
        who=tuple(who),
        needs=stop(incident.fix),
        unblocks=scene.behind(incident.atom),
        text=stop(_cause(scene, incident, name, writers)),
        item_index=incident.item_index,
        writers=writers,
    )


def missing_name(incident: Incident) -> str | None:
    """The context name that has no value, where that is the cause."""
    found = _MISSING.search(incident.message) if incident.code == "unresolved" else None
    return found["name"] if found else None


def writers_of(scene: Scene, name: str) -> tuple[str, ...]:
    """The atoms of the version that write `name`, or what it is part of, or a part of it; in file order."""

    def same(written: str) -> bool:
        return written == name or written.startswith(f"{name}.") or name.startswith(f"{written}.")

    return tuple(atom.id for atom in scene.journey.atoms.values() if any(map(same, atom.writes)))


def _cause(scene: Scene, incident: Incident, name: str | None, writers: tuple[str, ...]) -> str:
    subject = scene.subject(incident.atom, incident.item_index)
    if name:
        writer = f"written by {scene.names(writers, 'or')}" if writers else "written by no step of this journey"
        return f"{subject} {_place(incident)} because {name} has no value; it is {writer}"
    reason = incident.message.removeprefix(f"{incident.atom} failed: ")
    match incident.code:
        case "unresolved" | "rule_failed":
            found = _RULE.search(incident.message)
            cause = found["cause"] if found else _own_words(scene, incident)
            return f"{subject} {_place(incident)} because a rule has no result: {clause(cause)}"
        case "no_path":
            return f"{subject} is over, and none of the ways on from it can be taken"
        case "rework_limit":
            found = _BACK.search(incident.message)
            target = scene.name(found["target"]) if found and found["target"] in scene.journey.atoms else "an atom"
            often = clause(found["often"]) if found else "as often as it may be"
            worn = "which" if found is None or found["worn"] == found["target"] else "but it"
            return f"{subject} leads back to {target}, {worn} has been visited {often}"
        case "nobody_eligible":
            return f"{subject} cannot be given to anybody. {incident.message}"
        case "child_failed":
            found = _CHILD.match(reason)
            calls = (scene.journey.routes[incident.atom].calls or "").partition("@")[0]
            what = f"the {calls} process that it started was {found['status']}" if found else clause(reason)
            return f"{subject} failed: {what}"
        case _:
            return f"{subject} failed: {clause(reason)}"


def _place(incident: Incident) -> str:
    """Where it is held, as what it cannot do."""
    match incident.stage:
        case "input" | "work":
            return "cannot start"
        case "table" | "sets":
            return "is done, but what it sets cannot be computed"
        case "edges":
            return "is over, but what follows cannot be decided"
        case "assignment":
            return "cannot be given to anybody"


def _own_words(scene: Scene, incident: Incident) -> str:
    """The message, with the name of the atom for its id where the engine put it as `the KEY of ATOM`."""
    return re.sub(rf"\bof {re.escape(incident.atom)}(?![\w-])", f"of {scene.name(incident.atom)}", incident.message)
