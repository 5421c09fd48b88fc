"""`never_written` against runs of random journeys in random order, by a small reading of R1–R5 of its own."""

import json
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.loading import load

_slowly = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
_RUNS = 15


@_slowly
@given(st.integers(0, 10**9))
def test_what_is_not_warned_of_has_a_value_in_every_run(seed: int) -> None:
    chance = random.Random(seed)
    atoms = _journey(chance)
    loaded = load(json.dumps(_document(atoms)), "json")
    assert loaded.ok, loaded.findings
    warned = {(finding.atom, finding.message.split("`")[1]) for finding in loaded.findings}
    for _ in range(_RUNS):
        assert _run(atoms, chance) <= warned


def test_where_choices_are_free_most_of_what_is_warned_of_does_lack_its_value() -> None:
    warned_of, met = 0, 0
    for seed in range(40):
        chance = random.Random(seed)
        atoms = _journey(chance)
        loaded = load(json.dumps(_document(atoms)), "json")
        warned = {(finding.atom, finding.message.split("`")[1]) for finding in loaded.findings}
        lacking: set[Any] = set().union(*(_run(atoms, chance) for _ in range(150)))
        warned_of += len(warned)
        met += len(warned & lacking)
    assert warned_of > 100
    assert met > 0.85 * warned_of


def _journey(chance: random.Random) -> list[dict[str, Any]]:
    """Human atoms in a row of which each may lead to later ones; every atom hands in its own name."""
    count = chance.randint(3, 8)
    atoms: list[dict[str, Any]] = []
    for place in range(count):
        later = [f"a{other}" for other in range(place + 1, count)]
        targets = chance.sample(later, min(len(later), chance.choice([0, 1, 2, 2, 3])))
        ruled = chance.random() < 0.5
        edges: list[dict[str, Any]] = []
        for index, target in enumerate(targets):
            edge: dict[str, Any] = {"to": target}
            if ruled and index and chance.random() < 0.8:
                edge["rule"] = {"var": f"free-{place}-{index}"}
            edges.append(edge)
        if ruled and len(edges) > 1 and chance.random() < 0.7:
            edges[0]["otherwise"] = True
        atom: dict[str, Any] = {"id": f"a{place}", "enables": edges, "split": chance.choice(["all", "first"])}
        if edges and chance.random() < 0.2:
            atom["enables"] = [*edges, {"to": chance.choice(later), "on": "timeout"}]
            atom["timeout"] = {"after": "PT1H"}
        if place and chance.random() < 0.3:
            earlier = f"a{chance.randrange(place)}"
            atom["depends_on"] = [{"atom": earlier, "require": chance.choice(["resolved", "completed"])}]
        atoms.append(atom)
    for atom in atoms:
        incoming = len(_into(atoms, atom["id"]))
        joins: list[Any] = ["all", "any", "all", {"count": chance.randint(1, max(incoming, 1))}]
        atom["join"] = chance.choice(joins[: 4 if incoming else 3])
        if not incoming:
            atom["entry"] = True
    return atoms


def _document(atoms: list[dict[str, Any]]) -> dict[str, Any]:
    """Each atom reads the names of all the others in its input."""
    ids = [atom["id"] for atom in atoms]
    free = {edge["rule"]["var"]: {"type": "boolean"} for atom in atoms for edge in atom["enables"] if "rule" in edge}
    return {
        "journey": "random",
        "version": "1.0.0",
        "context": {"type": "object", "required": list(free), "properties": free},
        "roles": {"anyone": {}},
        "atoms": [
            {
                **atom,
                "performed_by": "anyone",
                "may_end": True,
                "input": {other: {"var": f"w-{other}"} for other in ids if other != atom["id"]},
                "output": {
                    "type": "object",
                    "required": [f"w-{atom['id']}"],
                    "properties": {f"w-{atom['id']}": {"type": "integer"}},
                },
            }
            for atom in atoms
        ],
    }


def _into(atoms: list[dict[str, Any]], target: str) -> list[tuple[str, int]]:
    return [(atom["id"], index) for atom in atoms for index, edge in enumerate(atom["enables"]) if edge["to"] == target]


def _run(atoms: list[dict[str, Any]], chance: random.Random) -> set[tuple[str, str]]:
    """One run with free choices; the pairs of an atom and a name that had no value when it started."""
    by_id = {atom["id"]: atom for atom in atoms}
    state: dict[str, str] = dict.fromkeys(by_id, "waiting")
    edges: dict[tuple[str, int], bool] = {}
    written: set[str] = set()
    lacking: set[tuple[str, str]] = set()

    def verdict(atom: dict[str, Any]) -> str:
        incoming = [edges.get(edge) for edge in _into(atoms, atom["id"])]
        if not incoming:
            return "ready"
        taken, open_ = incoming.count(True), incoming.count(None)
        if atom["join"] == "all":
            return "open" if open_ else "ready" if taken else "skip"
        needed = 1 if atom["join"] == "any" else atom["join"]["count"]
        return "ready" if taken >= needed else "skip" if taken + open_ < needed else "open"

    def settle() -> None:
        changed = True
        while changed:
            changed = False
            for atom in atoms:
                name = atom["id"]
                found = verdict(atom) if state[name] == "waiting" else "open"
                held = found == "ready" and any(state[one["atom"]] in ("waiting", "active") for one in _needs(atom))
                if found == "ready" and any(
                    one["require"] == "completed" and state[one["atom"]] in ("skipped", "failed")
                    for one in _needs(atom)
                ):
                    found = "skip"
                if found == "skip":
                    state[name], changed = "skipped", True
                    edges.update({(name, index): False for index in range(len(atom["enables"]))})
                elif found == "ready" and not held:
                    state[name], changed = "active", True
                    lacking.update((name, f"w-{other}") for other in by_id if other != name and other not in written)

    settle()
    while active := [name for name in by_id if state[name] == "active"]:
        name = chance.choice(active)
        late = "timeout" in by_id[name] and chance.random() < 0.5
        state[name] = "failed" if late else "completed"
        if not late:
            written.add(name)
        chosen = _split(by_id[name], "timeout" if late else "done", chance)
        edges.update({(name, index): index in chosen for index in range(len(by_id[name]["enables"]))})
        settle()
    return lacking


def _needs(atom: dict[str, Any]) -> list[dict[str, Any]]:
    return atom.get("depends_on", [])


def _split(atom: dict[str, Any], exit_: str, chance: random.Random) -> set[int]:
    """R2, each rule true or false as it comes."""
    looked_at = [(index, edge) for index, edge in enumerate(atom["enables"]) if edge.get("on", "done") == exit_]
    plain = {index for index, edge in looked_at if "rule" not in edge and "otherwise" not in edge}
    true = {index for index, edge in looked_at if "rule" in edge and chance.random() < 0.5}
    otherwise = [index for index, edge in looked_at if "otherwise" in edge]
    if atom["split"] == "first":
        return set(sorted(plain | true)[:1] or otherwise[:1])
    return plain | true | (set() if true else set(otherwise))
