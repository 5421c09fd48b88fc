"""Random JSONLogic over every operator and over values of every kind, most of it valid and some of it sure to fail."""

from decimal import Decimal

VALUES = [0, 1, 2, -1, 3, Decimal("0.1"), Decimal("1.50"), True, False, None, [], [1], ["a", 1], [[1]]]
VALUES += ["", "a", "b", "10", "7", " 7 ", "1.5", "P1D", "-PT1H", "P1M"]
VALUES += ["2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T02:00:00+02:00"]
DATA = {
    "a": 1,
    "b": "x",
    "c": [1, 2, Decimal("2.5")],
    "d": {"e": "10", "f": None},
    "t": "2026-01-31",
    "n": None,
    "z": Decimal("0.00"),
    "l": [{"q": 1}, {"q": 2}, {}],
}
NAMES = ["a", "b", "c", "d", "d.e", "d.f", "t", "n", "z", "c.1", "c.9", "nope", "l", "l.0.q"]
NAMES += [["nope", 5], ["d.nope", "x"], ["n", 3]]
ARITIES = [(("!", "!!"), (1,)), (("==", "===", "!=", "!==", "/", "%", "before", "after", "add_time", "in"), (2,))]
ARITIES += [
    ((">", "<", ">=", "<="), (2, 2, 3)),
    (("max", "min", "+", "*", "merge", "cat", "and", "or", "if"), (1, 2, 3)),
]
ARITIES += [(("-",), (1, 2))]


def expression(rng, depth=3):
    if depth == 0 or rng.random() < 0.25:
        return rng.choice(VALUES) if rng.random() < 0.5 else {"var": rng.choice(NAMES)}
    if rng.random() < 0.7:
        operators, counts = rng.choice(ARITIES)
        return {rng.choice(operators): [expression(rng, depth - 1) for _ in range(rng.choice(counts))]}
    inner = expression(rng, depth - 1)
    source = rng.choice([{"var": "c"}, {"var": "l"}, [1, 2, "a"], [], inner])
    each = rng.choice([{">": [{"var": ""}, 1]}, {"var": "q"}, {"var": ["q", 0]}, {"+": [{"var": ""}, 1]}])
    both = [{"var": "current"}, {"var": "accumulator"}]
    return rng.choice(
        [
            {rng.choice(["map", "filter", "all", "some", "none"]): [source, each]},
            {"reduce": [source, {rng.choice(["+", "*", "cat"]): both}, 0]},
            {"substr": [inner, rng.choice([0, 1, -1, 5]), *rng.choice([[], [0], [1], [-1], [9]])]},
            {"missing": rng.choice([["a", "nope"], ["n", "d.e"], [["a", "zz"]]])},
            {"missing_some": [rng.choice([0, 1, 2]), ["a", "nope", "n"]]},
        ]
    )
