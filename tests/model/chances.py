"""Random rules and values over a small set of context names, so that they meet often."""

from decimal import Decimal

NUMBERS = ("n0", "n1", "n2")
SCHEMA = {
    "n0": {"type": "number"},
    "n1": {"type": "number", "maximum": 40},
    "n2": {"type": "integer"},
    "flag": {"type": "boolean"},
    "text": {"type": "string"},
    "items": {"type": "array", "items": {"type": "number"}},
    "note": {"type": ["object", "number"]},
    "when": {"type": "string"},
}
TEXTS = ("", "a", "b10", "7", "true")
DATES = ("2026-03-01", "2026-03-01T12:00:20Z", "2026-03-01T14:00:30+02:00", "2026-03-02T00:00:00.5Z")


class Chances:
    """Draws from one seeded source; `odd` is how often something that fails is drawn."""

    def __init__(self, rng, odd=0.04):
        self.rng, self.odd = rng, odd

    def chance(self, share):
        return self.rng.random() < share

    def one(self, *values):
        return self.rng.choice(values)

    def number(self):
        return self.one(0, 1, 2, 3, 5, Decimal("0.1"), Decimal("1.50"), -1)

    def context(self):
        return {name: self.of(name) for name in SCHEMA if not self.chance(self.odd)}

    def of(self, name):
        """A value for a context name; sometimes one that its schema refuses."""
        if self.chance(self.odd / 4):
            return self.one("seven", None, True, 99, [1])
        match name:
            case "n0" | "n1":
                return self.number()
            case "n2":
                return self.one(0, 1, 2, 3)
            case "flag":
                return self.chance(0.5)
            case "items":
                return [self.number() for _ in range(self.rng.randrange(4))]
            case "note":
                return self.one(1, {}, {"deep": 2})
            case "when":
                return self.one(*DATES)
            case _:
                return self.one(*TEXTS)

    # --- rules ---

    def condition(self, depth=0):
        """A rule for an edge or a row."""
        choice = self.rng.randrange(16)
        if self.chance(self.odd):
            return self.one({"<": [{"var": "text"}, 3]}, {"/": [1, {"var": "n2"}]}, {"==": [{"var": "flag.none"}, 1]})
        if choice < 6:
            operator = self.one("==", "!=", "===", "!==", "<", "<=", ">", ">=")
            return {operator: [{"var": self.one(*NUMBERS)}, self.number()]}
        if choice < 8 and depth < 2:
            inner = [self.condition(depth + 1) for _ in range(2)]
            return self.one({"and": inner}, {"or": inner}, {"!": inner[0]}, {"if": [inner[0], inner[1], True]})
        return self.one(
            {"var": "flag"},
            {"!": {"var": "flag"}},
            {"in": [{"var": "n0"}, [0, 1, 2]]},
            {"some": [{"var": "items"}, {">": [{"var": ""}, 1]}]},
            {"missing": ["n1", "note.deep"]},
            {"<": [0, {"var": "n0"}, 3]},
            {"==": [{"%": [{"var": "n2"}, 2]}, 0]},
            {"after": [{"var": "now"}, {"var": "when"}]},
            {"before": [{"add_time": [{"var": "when"}, "PT10S"]}, {"var": "now"}]},
            {"==": [{"var": "atom.visit"}, 1]},
            {"==": [{"var": ["atom.outcome", ""]}, "a0-reached"]},
            {"==": [{"var": ["atom.exit", ""]}, "done"]},
            {"!!": {"var": ["atom.output", ""]}},
            {"===": [{"var": "process.business_key"}, None]},
            {">=": [{"var": "text"}, "a"]},
            {"==": [{"var": "text"}, 7]},
            {"!!": {"var": ["note.deep", 0]}},
        )

    def value(self, numeric=False):
        """A rule for `sets`, `input` or a table."""
        name = {"var": self.one(*NUMBERS)}
        numbers = (
            name,
            self.number(),
            {"+": [name, self.number()]},
            {"-": [name]},
            {"*": [name, self.number()]},
            {"/": [name, self.one(2, 3, Decimal("0.5"))]},
            {"max": [name, 2]},
            {"reduce": [{"var": "items"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]},
            {"var": "atom.visit"},
            {"var": ["absent.name", 4]},
            {"if": [self.condition(1), 1, 2]},
        )
        if self.chance(self.odd / 2):
            return self.one({"/": [name, 0]}, {"var": "note.deep"}, {"+": [{"var": "text"}, 1]}, "seven")
        if numeric:
            return self.one(*numbers)
        others = (
            {"cat": [{"var": "text"}, "-", {"var": "n2"}]},
            {"substr": [{"var": "text"}, 0, 1]},
            {"map": [{"var": "items"}, {"*": [{"var": ""}, 2]}]},
            {"filter": [{"var": "items"}, {">": [{"var": ""}, 0]}]},
            {"merge": [{"var": "items"}, 3]},
            {"var": "now"},
            {"var": "process.journey"},
            {"var": "process.started_at"},
            {"var": "atom.id"},
            {"var": ["atom.outcome", "none"]},
            {"var": ["atom.output", 0]},
            [name, 1],
            "text",
        )
        return self.one(*numbers, *others)
