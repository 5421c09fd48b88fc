"""Hides what is sensitive in what a decision writes and in what answers show: the marking, facts, inputs, outputs.

How it is hidden is handed in: sealed for the database, a marker for people (`engine.store.sealing`, `COVERED`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from engine.core.events import TYPES
from engine.core.facts import Began, EdgeResult, Ended, Fact
from engine.core.frozen import changed
from engine.core.process import Bound, Child, Element, Step, Task, Wait
from engine.core.process_facts import ChildStarted
from engine.core.sensitive import Sensitive

COVERED: Final[Mapping[str, bool]] = {"$sensitive": True}
"""What stands in an answer in the place of a value that is not for its reader. It may not come in (`values`)."""


def marker(_: Any) -> dict[str, bool]:
    """The marker, whatever the value."""
    return dict(COVERED)


@dataclass(frozen=True, slots=True)
class Cover:
    """Covers the values of processes of one version: what is `sensitive` becomes what `hidden` makes of it."""

    sensitive: Sensitive
    hidden: Callable[[Any], Any]

    def context(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """The case data, or a merge patch of them."""
        return cast("dict[str, Any]", self.sensitive.context.hide(context, self.hidden))

    def input(self, atom: str | None, given: Any) -> Any:
        """The input of a task or child of `atom`."""
        return self.sensitive.input(atom).hide(given, self.hidden)

    def output(self, atom: str | None, output: Any) -> Any:
        """One output of `atom`, or a list of them (R14)."""
        places = self.sensitive.output(atom)
        if isinstance(output, (list, tuple)):
            return [places.hide(each, self.hidden) for each in cast("Sequence[Any]", output)]
        return None if output is None else places.hide(output, self.hidden)

    def task(self, task: Task) -> Task:
        """A task: its input and output."""
        given = None if task.input is None else self.input(task.atom, task.input)
        return changed(task, input=given, output=self.output(task.atom, task.output))

    def step(self, step: Step) -> Step:
        """A step: the output it is held with, and the elements of its list."""
        return changed(step, output=self.output(step.atom, step.output), elements=self._elements(step))

    def wait(self, wait: Wait) -> Wait:
        """A wait: the message that is bound to it."""
        bound = wait.bound
        return wait if bound is None else changed(wait, bound=Bound(bound.message, self.output(wait.atom, bound.body)))

    def child(self, child: Child) -> Child:
        """A child: what it gave back, while its parent has not heard it."""
        return child if child.ended is None else changed(child, ended=self._ended(child.atom, child.ended))

    def fact(self, fact: Fact) -> Fact:
        """A fact: every value of the case that it carries."""
        atom: str | None = getattr(fact, "atom", None)
        changes: dict[str, Any] = {}
        for name in _CARRIED[type(fact)]:
            value: Any = getattr(fact, name)
            if value is not None:
                changes[name] = self._carried(fact, atom, name, value)
        return changed(fact, **changes) if changes else fact

    def _carried(self, fact: Fact, atom: str | None, name: str, value: Any) -> Any:
        match name:
            case "context" if isinstance(fact, ChildStarted):
                return self.input(atom, value)
            case "context" | "patch":
                return self.context(value)
            case "input":
                return self.input(atom, value)
            case "output" | "body":
                return self.output(atom, value)
            case "sets":
                return tuple((key, self._at(key, one)) for key, one in value)
            case "edges":
                return tuple(self._edge(atom, edge) for edge in value)
            case _:
                return self._began(atom, value)

    def _at(self, name: str, value: Any) -> Any:
        return self.sensitive.context.at(name.split(".")).hide(value, self.hidden)

    def _edge(self, atom: str | None, edge: EdgeResult) -> EdgeResult:
        if edge.trace is None or atom not in self.sensitive.traced:
            return edge
        return changed(edge, trace=self.hidden(edge.trace))

    def _began(self, atom: str | None, began: Began) -> Began:
        if began.items is None:
            return began
        return changed(began, items=tuple(self._item(atom, item) for item in began.items))

    def _elements(self, step: Step) -> tuple[Element, ...] | None:
        if step.elements is None:
            return None
        return tuple(
            changed(one, item=self._item(step.atom, one.item), output=self.output(step.atom, one.output))
            for one in step.elements
        )

    def _item(self, atom: str | None, item: Any) -> Any:
        places = self.sensitive.items.get(atom) if atom else None
        return places.hide(item, self.hidden) if places else item

    def _ended(self, atom: str, ended: Ended) -> Ended:
        return changed(ended, output=self.output(atom, ended.output))


CARRYING: Final = frozenset({"context", "patch", "input", "output", "body", "sets", "edges", "began"})
"""The fields of facts that hold values of a case; all others hold what the engine or the document says, or free text.

`dimensions` may name nothing sensitive, and the key that a step `began` to wait with is not computed from it.
"""

_CARRIED: Final = {fact: tuple(name for name in fact.__struct_fields__ if name in CARRYING) for fact in TYPES.values()}
