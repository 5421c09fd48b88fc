"""Makes the cases of a document in which nothing was found wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from engine.cases.format import ANY
from engine.cases.suite import (
    NO_VALUES,
    Case,
    Changing,
    Doing,
    Expectation,
    ExpectedTask,
    Failing,
    FailingNow,
    Filing,
    Next,
    OnPath,
    Ordering,
    Passing,
    Place,
    Repeating,
    Retrying,
    Script,
    Skipping,
    Suite,
    Telling,
    Values,
)
from engine.cases.world import TTL
from engine.core.journey import Journey
from engine.core.times import parse_time
from engine.loading.tree import Node, Path

BEGINNING: Final = "2026-01-05T09:00:00Z"
"""When a case begins that does not say: a Monday morning, the same in every run."""

_REASON: Final = "The case says so."


def suite_of(keys: Mapping[str, Any], root: Node, journey: Journey) -> Suite:
    """The suite of a document. `keys` is what was read of it, `root` its tree with the places."""
    builder = _Builder(root, str(journey.definition.key), keys.get("defaults") or {})
    cases = [builder.case(case, ("cases", number)) for number, case in enumerate(keys["cases"])]
    return Suite(keys["journey"], tuple(cases))


class _Builder:
    def __init__(self, root: Node, journey: str, defaults: Mapping[str, Any]) -> None:
        self._root = root
        self._journey = journey
        self._defaults = defaults
        self._nexts: Mapping[str, Callable[[Any, Path], Next | Sequence[Next]]] = {
            "wait": lambda by, _: Passing(by),
            "do": lambda work, _: [
                Doing(self._place(one["atom"]), one.get("output"), one.get("item"), one.get("by"), one.get("refused"))
                for one in work
            ],
            "fail": lambda work, _: [
                FailingNow(self._place(one["atom"]), one.get("reason", _REASON), one.get("item"), one.get("by"))
                for one in work
            ],
            "message": lambda said, _: Telling(
                said["name"], said.get("key"), said.get("body", NO_VALUES), said.get("id"), said.get("ttl", TTL)
            ),
            "document": lambda filed, _: Filing(
                self._place(filed["document"]), filed.get("state", "accepted"), filed.get("reason", _REASON)
            ),
            "change": lambda patch, _: Changing(patch),
            "skip": lambda skip, _: Skipping(self._place(skip["atom"]), tuple(skip.get("take", ()))),
            "repeat": lambda atom, _: Repeating(self._place(atom)),
            "retry": lambda atom, _: Retrying(self._place(atom)),
            "process": lambda what, _: Ordering(what),
            "expect": self._expectation,
        }

    def case(self, keys: Mapping[str, Any], path: Path) -> Case:
        not_before = keys.get("not_before")
        return Case(
            name=keys["name"],
            line=self._line(path),
            now=parse_time(keys.get("now") or self._defaults.get("now") or BEGINNING),
            start={**self._defaults.get("start", {}), **keys.get("start", {})},
            at=keys.get("at"),
            business_key=keys.get("business_key"),
            not_before=None if not_before is None else parse_time(not_before),
            script=self._script(keys, path),
            then=tuple(self._then(keys.get("then", ()), path)),
            expect=self._expectation(keys.get("expect", {}), (*path, "expect")),
        )

    def _script(self, keys: Mapping[str, Any], path: Path) -> Script:
        outputs = dict(self._defaults.get("outputs", {}))
        for atom, visits in keys.get("outputs", {}).items():
            outputs[atom] = _over(outputs.get(atom, ()), visits)
        items = {**self._defaults.get("items", {}), **keys.get("items", {})}
        return Script(
            outputs={self._place(atom): tuple(visits) for atom, visits in outputs.items()},
            items={self._place(atom): tuple(elements) for atom, elements in items.items()},
            fails={self._place(atom): tuple(map(_failing, ways)) for atom, ways in keys.get("fails", {}).items()},
            leaves=frozenset(map(self._place, keys.get("leaves", ()))),
            documents={
                self._place(document): state
                for document, state in {**self._defaults.get("documents", {}), **keys.get("documents", {})}.items()
            },
            lines=dict(self._lines(self._defaults, ("defaults",))) | dict(self._lines(keys, path)),
        )

    def _lines(self, keys: Mapping[str, Any], path: Path) -> Iterator[tuple[Place, int]]:
        for name in ("outputs", "items"):
            for atom in keys.get(name, ()):
                yield self._place(atom), self._line((*path, name, atom))

    def _then(self, entries: Sequence[Mapping[str, Any]], path: Path) -> list[tuple[int | None, Next]]:
        found: list[tuple[int | None, Next]] = []
        for number, entry in enumerate(entries):
            ((name, value),) = entry.items()
            place = (*path, "then", number)
            made = self._nexts[name](value, (*place, name))
            found += [(self._line(place), one) for one in (made if isinstance(made, Sequence) else (made,))]
        return found

    def _expectation(self, keys: Mapping[str, Any], path: Path) -> Expectation:
        waits_for = keys.get("waits_for")
        return Expectation(
            line=self._line(path),
            status=keys.get("status"),
            outcome=keys.get("outcome"),
            path=tuple(map(_on_path, keys["path"])) if "path" in keys else None,
            completed=tuple(keys.get("completed", ())),
            skipped=tuple(keys.get("skipped", ())),
            failed=tuple(keys.get("failed", ())),
            not_started=tuple(keys.get("not_started", ())),
            tasks={atom: ExpectedTask(**task) for atom, task in keys.get("tasks", {}).items()},
            context=keys.get("context", NO_VALUES),
            waits_for=None if waits_for is None else tuple((one["atom"], one.get("for")) for one in waits_for),
            incidents=keys.get("incidents"),
            documents=keys.get("documents", {}),
            service_levels=keys.get("service_levels", {}),
        )

    def _place(self, atom: str) -> Place:
        journey, _, id = atom.rpartition("/")
        return journey or self._journey, id

    def _line(self, path: Path) -> int:
        return self._root.place(path, at_key=True)[0]


def _over(defaults: Sequence[Values], visits: Sequence[Values]) -> Sequence[Values]:
    """A case's outputs of an atom, each over the default output: the case's values count name by name."""
    return [
        {**defaults[min(visit, len(defaults) - 1)], **said} if defaults else said for visit, said in enumerate(visits)
    ]


def _failing(keys: Mapping[str, Any]) -> Failing:
    return Failing(
        reason=keys.get("reason", _REASON),
        times=keys.get("times"),
        retryable=keys.get("retryable", True),
        visits=tuple(keys.get("visits", ())),
        items=tuple(keys.get("items", ())),
    )


def _on_path(place: Mapping[str, Any]) -> OnPath | None:
    return None if place["atom"] in ANY else OnPath(place["atom"], place.get("exit", "done"))
