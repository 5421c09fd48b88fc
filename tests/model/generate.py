"""Random journeys as parsed documents, that load without findings, over the constructs that are asked for."""

import random

from tests.model.chances import NUMBERS, SCHEMA, Chances
from tests.model.documents import Document

EVERYTHING = frozenset(
    {"human", "system", "decision", "milestone", "table", "sets", "join", "split", "depends_on", "priority", "may_end"}
    | {"input", "output", "saves", "retry", "on_failure", "terminate", "outcome", "parts", "odd"}
    | {"rework", "wait", "message", "timeout", "error", "for_each", "in_order", "done_when", "subjourney"}
    | {"compensation", "due", "by_hand", "suspend", "not_before", "off_graph"}
)
WITH_KEYS = EVERYTHING | {"keys"}
"""R17 as well, which is not the core's to keep."""

RULES = {
    "flagged": {"logic": {"==": [{"var": "flag"}, True]}},
    "listed": {"logic": {"var": "items"}},
    "moment": {"logic": {"var": "when"}},
}
PULL = {
    "input": {"type": "object", "properties": {"given": {"type": "number"}}},
    "output": {"type": "object", "required": ["n2"], "properties": {"n2": {"type": "integer"}}},
}


class Generator:
    """Draws the journeys of one case: the first is the one to run, the others are those it calls."""

    def __init__(self, seed, features=EVERYTHING, most=9):
        self.features, self.most = features, most
        rng = random.Random(seed)
        self.draw = Chances(rng, odd=rng.choice((0, 0.02, 0.05)) if "odd" in features else 0)
        self.constructs = set()

    def has(self, feature, share=1.0):
        """Whether the feature is asked for and drawn; counts it as used."""
        drawn = feature in self.features and self.draw.chance(share)
        if drawn:
            self.constructs.add(feature)
        return drawn

    def journeys(self):
        """The documents, those that are called first."""
        called = []
        if "subjourney" in self.features and self.draw.chance(0.5):
            versions = self.draw.one(("1.0.0",), ("1.0.0",), ("1.0.0", "1.2.0"), ("1.10.0", "1.2.0", "2.0.0"))
            called += [self.journey("child", 4, ()) | {"version": version} for version in versions]
            calls = ["child@^1", "child@^1.0", f"child@{versions[0]}"]
            if self.draw.chance(0.4):
                called.append(self.journey("middle", 4, calls))
                calls.append("middle@1.0.0")
            self.constructs.add("versions" if len(versions) > 1 else "version")
        return [*called, self.journey("main", self.most, calls if called else ())]

    def journey(self, key, most, calls):
        count = self.draw.rng.randint(2, most + (5 if self.draw.chance(0.1) else 0))
        ranked = [f"a{number}" for number in range(count)]
        atoms = {atom: self.atom(atom, calls) for atom in ranked}
        for rank, atom in enumerate(ranked):
            self.connect(atoms[atom], ranked[rank + 1 :], ranked[:rank])
        self.join(atoms)
        self.undo(atoms, calls)
        filed = list(atoms.values())
        self.draw.rng.shuffle(filed)
        document = {
            "journey": key,
            "version": "1.0.0",
            "name": key,
            "context": {"type": "object", "properties": SCHEMA | {"absent": {"type": "object"}}},
            "roles": {"clerk": {"name": "Clerk"}},
            "actions": {"do.it": {}, "pull": PULL},
            "rules": RULES,
        }
        if key != "main" and self.draw.chance(0.4):  # its fields may break the schema of who called it (R15)
            document["context"]["properties"] |= {"n1": {"type": "number"}}
        if self.draw.chance(0.3):
            document["context"]["required"] = ["n0"]
        if self.draw.chance(0.25):  # whether a value fits may depend on what else is there
            document["context"]["maxProperties"] = self.draw.one(8, 9, 10)
        self.place(document, filed)
        self.rework(document, atoms)
        return document

    # --- atoms ---

    def atom(self, name, calls):
        kinds = ["human", "human", "system", "decision", "milestone"]
        kinds += ["wait"] if "wait" in self.features else []
        kinds += ["subjourney"] * (2 if calls else 0)
        kind = self.draw.one(*[kind for kind in kinds if kind in self.features])
        self.constructs.add(kind)
        atom = {"id": name, "kind": kind}
        getattr(self, f"make_{kind}")(atom, *([calls] if kind == "subjourney" else []))
        if self.has("sets", 0.35):
            atom["sets"] = self.sets()
        if self.has("may_end", 0.15):
            atom["may_end"] = True
        if self.has("split", 0.4):
            atom["split"] = self.draw.one("first", "all")
        return atom

    def make_human(self, atom):
        atom["performed_by"] = "clerk"
        if self.has("due", 0.2):
            atom["due"] = self.draw.one("PT1H", "P1M", "moment", {"var": "when"}, {"add_time": [{"var": "now"}, "P1D"]})
        self.performed(atom)

    def make_system(self, atom):
        atom["action"] = self.draw.one("do.it", "do.it", "pull")
        if self.has("retry", 0.5):
            atom["retry"] = {
                "max_attempts": self.draw.one(1, 2, 4),
                "backoff": self.draw.one("PT1S", "PT30S"),
                "factor": self.draw.one(1, 2, 3),
                "max_backoff": self.draw.one("PT1M", "PT5S"),
            }
        self.performed(atom)

    def make_decision(self, atom):
        if self.has("table", 0.7):
            hit = self.draw.one("first", "unique", "collect")
            self.constructs.add(f"table {hit}")
            rows = [{"rule": self.rule(), "sets": self.cells(hit)} for _ in range(self.draw.rng.randint(1, 3))]
            atom["table"] = {"hit": hit, "rows": rows}
            if self.draw.chance(0.5):
                atom["table"]["otherwise"] = self.cells(hit)

    def make_milestone(self, atom):
        if self.has("outcome", 0.6):
            atom["outcome"] = f"{atom['id']}-reached"
        if self.has("terminate", 0.1):
            atom["terminate"] = True

    def make_wait(self, atom):
        if self.has("message", 0.5):
            atom["message"] = self.draw.one("paid", "signed")
            if self.draw.chance(0.5):
                atom["correlate"] = self.draw.one({"var": "n2"}, {"var": "n0"}, {"var": "text"}, "fixed")
            self.performed(atom)
            if self.draw.chance(0.4):
                atom["saves"] = f"{atom['id']}_saved"
        elif self.draw.chance(0.5):
            atom["for"] = self.draw.one("PT5S", "PT1M", "P1M")
        else:
            atom["until"] = self.draw.one(
                {"var": "when"}, "moment", "2026-03-01T12:01:00Z", {"add_time": [{"var": "now"}, "PT30S"]}
            )

    def make_subjourney(self, atom, calls):
        atom["calls"] = self.draw.one(*calls)
        atom["input"] = {name: {"var": name} for name in SCHEMA if name == "n0" or self.draw.chance(0.9)}
        if self.draw.chance(0.15):
            atom["input"]["n2"] = {"var": self.draw.one("n0", "n1")}  # not always whole
        atom["output"] = self.draw.rng.sample(sorted(SCHEMA), 2)
        if self.draw.chance(0.7):
            atom["saves"] = f"{atom['id']}_child"
        self.performed(atom)

    def performed(self, atom):
        """What the kinds with work have in common."""
        if atom["kind"] in ("human", "system") and self.has("input", 0.3):
            atom["input"] = {"given": self.draw.value()}
        if atom["kind"] != "subjourney" and self.has("output", 0.5):
            name = self.draw.one(*NUMBERS)
            atom["output"] = {"type": "object", "required": [name], "properties": {name: SCHEMA[name]}}
            if atom["kind"] != "system" and self.draw.chance(0.3):
                atom["output"]["additionalProperties"] = False
        if atom["kind"] != "subjourney" and self.has("saves", 0.3):
            atom["saves"] = self.draw.one("note", "note.inner", f"{atom['id']}_saved")
        if atom["kind"] != "wait":
            if self.has("on_failure", 0.2):
                atom["on_failure"] = self.draw.one("fail", "incident")
            if self.has("for_each", 0.3):
                self.many(atom)

    def many(self, atom):
        atom["for_each"] = self.draw.one({"var": "items"}, "listed", [1, 2, 3], [4], {"merge": [{"var": "items"}, 1]})
        atom["saves"] = f"{atom['id']}_list"
        if atom["kind"] != "subjourney" and self.draw.chance(0.3):
            atom["input"] = {"given": {"+": [{"var": "item"}, {"var": "item_index"}]}}
        if atom["kind"] == "subjourney" and self.draw.chance(0.4):
            atom["input"] |= {"n0": {"var": "item"}, "n2": {"var": "item_index"}}
        if self.has("in_order", 0.4):
            atom["in_order"] = True
        if self.has("done_when", 0.5):
            atom["done_when"] = self.draw.one("all", "any", {"count": 1}, {"count": 2})

    def sets(self):
        names = self.draw.rng.sample(["n0", "n1", "n2", "text", "note.deep", "made", "made.part"], 2)
        count = self.draw.one(1, 1, 2)
        return {name: self.draw.value(numeric=name in NUMBERS) for name in names[:count] if name != "text"} or {
            "made": self.draw.value()
        }

    def cells(self, hit):
        if hit == "collect":
            return {name: self.draw.value() for name in self.draw.rng.sample(["found", "others"], self.draw.one(1, 2))}
        names = self.draw.rng.sample(["n0", "n1", "note.deep", "made"], self.draw.one(1, 1, 2))
        return {name: self.draw.value(numeric=True) for name in names}

    def rule(self):
        return "flagged" if self.draw.chance(0.1) else self.draw.condition()

    # --- edges ---

    def connect(self, atom, later, earlier):
        """Forward edges and dependencies; every exit that has edges has one that can be taken, or may end."""
        count = 0 if atom.get("terminate") else self.draw.one(0, 1, 1, 1, 2, 2, 3)
        atom["enables"] = self.edges(atom, later, "done", count)
        if atom["kind"] in ("human", "system", "subjourney") and later and self.has("error", 0.3):
            atom["enables"] += self.edges(atom, later, "error", 1)
        timed = atom["kind"] in ("human", "system", "wait", "subjourney")
        if timed and later and self.has("timeout", 0.3):
            atom["enables"] += self.edges(atom, later, "timeout", 1)
            atom["timeout"] = self.draw.one(
                {"after": "PT10S"}, {"after": "PT1H"}, {"at": {"var": "when"}}, {"at": "2026-03-01T12:00:40Z"}
            )
        if earlier and self.has("depends_on", 0.25):
            atom["depends_on"] = [
                self.draw.one(target, {"atom": target, "require": "completed"})
                for target in self.draw.rng.sample(earlier, min(len(earlier), self.draw.one(1, 1, 2)))
            ]

    def edges(self, atom, later, on, count):
        found = []
        for target in self.draw.rng.sample(later, min(count, len(later))):
            edge = {"to": target} if on == "done" else {"to": target, "on": on}
            shape = self.draw.one("plain", "plain", "ruled", "ruled", "otherwise")
            if shape == "ruled":
                edge["rule"] = self.rule()
            elif shape == "otherwise":
                edge["otherwise"] = True
            if self.has("priority", 0.2):
                edge["priority"] = self.draw.one(-1, 1, 2)
            found.append(edge)
        if found and all("rule" in edge for edge in found) and not atom.get("may_end"):
            found[-1].pop("rule")
            if self.draw.chance(0.5):
                found[-1]["otherwise"] = True
        return found

    def join(self, atoms):
        incoming = dict.fromkeys(atoms, 0)
        for atom in atoms.values():
            for edge in atom["enables"]:
                incoming[edge["to"]] += 1
        for name, atom in atoms.items():
            if incoming[name] > 1 and self.has("join", 0.6):
                atom["join"] = self.draw.one("any", {"count": self.draw.rng.randint(1, incoming[name])})
                self.constructs.add(f"join {atom['join'] if atom['join'] == 'any' else 'count'}")
            if not incoming[name] and "depends_on" not in atom:
                atom["entry"] = True

    def undo(self, atoms, calls):
        """R13: atoms that undo others, without any edge."""
        performed = [atom for atom in atoms.values() if atom["kind"] in ("human", "system", "subjourney")]
        if not performed or not self.has("compensation", 0.5):
            return
        for number in range(self.draw.one(1, 2)):
            name, kinds = f"undo{number}", ("human", "system", "subjourney")
            undoing = {"id": name, "kind": self.draw.one(*kinds if calls else kinds[:2])}
            self.draw.one(*performed)["compensated_by"] = name
            self.constructs.add(f"compensation {undoing['kind']}")
            calling = [calls] if undoing["kind"] == "subjourney" else []
            getattr(self, f"make_{undoing['kind']}")(undoing, *calling)
            if self.has("sets", 0.4):
                undoing["sets"] = self.sets()
            atoms[name] = undoing
        named = {atom.get("compensated_by") for atom in performed}
        for name in [name for name in atoms if name.startswith("undo") and name not in named]:
            del atoms[name]

    def rework(self, document, atoms):
        """R7: edges back to an atom from which their source is reachable."""
        read = Document(document)
        for source in [name for name in read.scope() if self.has("rework", 0.25)]:
            earlier = [target for target in read.scope() if source in read.reached(target, read.scope())]
            taken = {edge["to"] for edge in atoms[source]["enables"]}
            target = self.draw.one(*earlier)
            if target in taken:
                continue
            ons = {edge.get("on", "done") for edge in atoms[source]["enables"]} | {"done"}
            edge = {"to": target, "rework": True}
            on = self.draw.one("done", *sorted(ons))
            if on != "done":
                edge["on"] = on
            if not self.draw.chance(0.05):
                edge["rule"] = self.draw.one({"<": [{"var": "atom.visit"}, 3]}, self.rule())
            if self.draw.chance(0.3):
                edge["priority"] = self.draw.one(-1, 1)
            atoms[source]["enables"].append(edge)
            atoms[target]["max_visits"] = self.draw.one(1, 3, 5, 10)

    def place(self, document, filed):
        if not self.has("parts", 0.4) or len(filed) < 2:
            document["atoms"] = filed
            return
        cut = self.draw.rng.randint(1, len(filed) - 1)
        first, second = filed[:cut], filed[cut:]
        document["phases"] = [{"id": "phase-1", "name": "One"}, {"id": "phase-2", "name": "Two", "atoms": second}]
        if self.draw.chance(0.5):
            document["phases"][0]["modules"] = [{"id": "module-1", "name": "M", "atoms": first}]
        else:
            document["phases"][0]["atoms"] = first
