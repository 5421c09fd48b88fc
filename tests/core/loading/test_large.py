"""What loading costs grows as the document does, however its atoms are joined; and what is found in it stays the same.

Work is counted in calls, which are the same on every machine and in every run.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest

from engine.loading import Finding, load
from engine.loading.flow import at_least

_TWICE = 2.5
"""The most that a document twice as large may cost, where its parts cost the same each."""
_SOME = 500
"""Calls more that say nothing, where there are few."""


def _among(count: int) -> list[str]:
    return [f"w{place}" for place in range(count)]


def _document(atoms: list[dict[str, Any]]) -> str:
    keys: dict[str, Any] = {
        "journey": "large",
        "version": "1.0.0",
        "context": {"type": "object"},
        "roles": {"anyone": {}},
    }
    return json.dumps({**keys, "atoms": [{"performed_by": "anyone", **atom} for atom in atoms]})


def _hands_in(name: str) -> dict[str, Any]:
    return {"type": "object", "required": [name], "properties": {name: {"type": "integer"}}}


def _split_and_join(count: int, join: Any = "all") -> str:
    """The last reads what each of those between has handed in."""
    between = _among(count)
    return _document(
        [
            {"id": "a", "enables": between},
            *({"id": atom, "output": _hands_in(f"by-{atom}"), "enables": ["z"]} for atom in between),
            {"id": "z", "join": join, "input": {atom: {"var": f"by-{atom}"} for atom in between}},
        ]
    )


def _some_of_all(count: int) -> str:
    return _split_and_join(count, {"count": count // 2})


def _sequence(count: int) -> str:
    row = _among(count)
    return _document(
        [
            {"id": "a", "output": _hands_in("by-a"), "enables": [row[0]]},
            *(
                {"id": atom, "input": {"x": {"var": f"by-{before}"}}, "output": _hands_in(f"by-{atom}")}
                | ({"enables": [row[place + 1]]} if place + 1 < count else {})
                for place, (before, atom) in enumerate(pairwise(["a", *row]))
            ),
        ]
    )


def _each_enables_the_next_five(count: int) -> str:
    row = _among(count)
    return _document([{"id": atom, "enables": row[place + 1 : place + 6]} for place, atom in enumerate(row)])


def _one_depends_on_all(count: int) -> str:
    others = _among(count)
    return _document(
        [
            {"id": "a", "enables": [*others, "z"]},
            *({"id": atom, "output": _hands_in(f"by-{atom}")} for atom in others),
            {
                "id": "z",
                "depends_on": [{"atom": atom, "require": "completed"} for atom in others],
                "input": {atom: {"var": f"by-{atom}"} for atom in others},
            },
        ]
    )


def _each_waits_for_the_one_before(count: int) -> str:
    row = _among(count)
    return _document(
        [
            {"id": "a", "enables": row},
            {"id": "w0", "output": _hands_in("by-w0"), "enables": ["z"]},
            *(
                {
                    "id": atom,
                    "depends_on": [{"atom": before, "require": "completed"}],
                    "output": _hands_in(f"by-{atom}"),
                    "enables": ["z"],
                }
                for before, atom in pairwise(row)
            ),
            {"id": "z", "join": "any", "depends_on": [row[-1]], "input": {row[-1]: {"var": f"by-{row[-1]}"}}},
        ]
    )


def _rungs(count: int) -> str:
    """All are enabled at once, and then joined one after the other."""
    row = _among(count)
    joins = [{"id": f"z{place}", "enables": [f"z{place + 1}"]} for place in range(count - 1)]
    return _document(
        [
            {"id": "a", "enables": row},
            *({"id": atom, "output": _hands_in(f"by-{atom}"), "enables": [f"z{atom[1:]}"]} for atom in row),
            *joins,
            {"id": f"z{count - 1}", "input": {atom: {"var": f"by-{atom}"} for atom in row}},
        ]
    )


def _sets(count: int) -> str:
    first = {"s0": 1}
    return _document([{"id": "a", "sets": first | {f"s{n}": {"var": f"s{n - 1}"} for n in range(1, count)}}])


_SOUND = [
    _split_and_join,
    _sequence,
    _each_enables_the_next_five,
    _one_depends_on_all,
    _each_waits_for_the_one_before,
    _rungs,
    _sets,
]


@pytest.mark.parametrize("shape", [*_SOUND, _some_of_all], ids=lambda shape: shape.__name__.strip("_"))
def test_a_document_twice_as_large_takes_twice_the_work(shape: Callable[[int], str]) -> None:
    once, twice = _calls(shape(100)), _calls(shape(200))
    grown = {file: (once[file], calls) for file, calls in twice.items() if calls > _TWICE * once[file] + _SOME}
    assert not grown, grown


@pytest.mark.parametrize("shape", _SOUND, ids=lambda shape: shape.__name__.strip("_"))
def test_of_a_large_document_in_which_all_is_surely_written_nothing_is_warned(shape: Callable[[int], str]) -> None:
    assert _findings(shape(60)) == ()


def test_of_a_join_that_waits_for_half_of_many_nothing_is_sure() -> None:
    """R3: which of them came is not known."""
    warned = [(found.code, found.pointer) for found in _findings(_some_of_all(60))]
    assert warned == [("never_written", f"/atoms/61/input/{atom}/var") for atom in _among(60)]


def test_what_all_but_a_few_of_many_hand_in_is_there_when_more_than_those_few_have_come() -> None:
    document = json.loads(_some_of_all(60))
    for atom in document["atoms"][1:32]:
        atom["output"] = _hands_in("shared")
    document["atoms"][-1]["input"] = {"x": {"var": "shared"}}
    assert _findings(json.dumps(document)) == ()
    document["atoms"][31]["output"] = _hands_in("own")
    assert [found.code for found in _findings(json.dumps(document))] == ["never_written"]


def test_what_is_in_at_least_so_many_sets_is_what_counting_finds() -> None:
    chance = random.Random(5)
    for _ in range(300):
        sets = [chance.getrandbits(12) for _ in range(chance.randint(1, 20))]
        times = chance.randint(0, len(sets) + 1)
        counts = [sum(one >> bit & 1 for one in sets) for bit in range(12)]
        needed = min(max(times, 1), len(sets))
        assert at_least(sets, times) == sum(1 << bit for bit, count in enumerate(counts) if count >= needed)


def _findings(document: str) -> tuple[Finding, ...]:
    loaded = load(document, "json")
    assert loaded.ok, loaded.findings
    return loaded.findings


def _calls(document: str) -> Counter[str]:
    """How many calls each file of the source makes to load it, the resuming of generators and calls into C included."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event in ("call", "c_call"):
            calls[frame.f_code.co_filename] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        load(document, "json")
    finally:
        sys.setprofile(before)
    return calls
