"""What the case data may hold under a name where an atom has exited: by the context schema, and by its own output."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.core.schemas import Schema
from engine.core.values import entering, escape
from engine.loading.cells import ABSENT
from engine.loading.domains import Domain, domain_of
from engine.loading.schema_names import Schema as Written


@dataclass(frozen=True, slots=True)
class Source:
    """A schema that cases fit from the dotted name `prefix` down; `schema` compiled and as written."""

    schema: Schema
    written: Written
    prefix: tuple[str, ...] = ()

    def domain(self, name: str) -> Domain | None:
        """What it lets a name have; None where it does not say."""
        names = name.split(".")
        inside = len(names) > len(self.prefix) and tuple(names[: len(self.prefix)]) == self.prefix
        return domain_of(self.written, names[len(self.prefix) :]) if inside else None

    def fits(self, name: str, value: Any) -> bool:
        """Whether it allows a value there, whatever else the case lacks."""
        names = name.split(".")[len(self.prefix) :]
        context: dict[str, Any] = {}
        nest(context, names, value)
        at = "".join(f"/{escape(part)}" for part in names)
        return all(not error["pointer"].startswith(at) for error in self.schema.errors(context))


class CaseNames:
    """The names that the rules of one exit read.

    Args:
        context: the context schema; None where the version has none.
        own: the output of the atom itself, which surely has just been saved; None where it is not sure.
        written: whether a name surely has a value at this exit.
        replaced: whether something that came after the output may have written a name.
    """

    def __init__(
        self, context: Source | None, own: Source | None, written: Callable[[str], bool], replaced: frozenset[str]
    ) -> None:
        self._context = context
        self._own = own
        self._written = written
        self._replaced = replaced

    def domain(self, name: str) -> Domain | None:
        """What a name may have here: by the context schema, else by the atom's own output; None where none says."""
        found = self._context.domain(name) if self._context else None
        return found or self._handed_in(name)

    def fits(self, name: str, value: Any) -> bool:
        """Whether some case surely may have this value here, or none where it is ABSENT."""
        declared = self._context.domain(name) if self._context else None
        handed_in = self._handed_in(name)
        if value is ABSENT:
            return declared is not None and declared.plain and not declared.always and not self._written(name)
        sources = [(self._context, declared), (self._own, handed_in)]
        said = [(source, domain) for source, domain in sources if source and domain]
        return not entering(value) and all(domain.plain and source.fits(name, value) for source, domain in said)

    def _handed_in(self, name: str) -> Domain | None:
        if self._own is None or _touched(name, self._replaced):
            return None
        found = self._own.domain(name)
        return found if found and found.always else None


def nested(name: str, value: Any) -> dict[str, Any]:
    """A context with one value under a dotted name, or without it where that is ABSENT."""
    context: dict[str, Any] = {}
    if value is not ABSENT:
        nest(context, name.split("."), value)
    return context


def nest(context: dict[str, Any], names: list[str], value: Any) -> None:
    """Puts a value into a context, under dotted names of which none leads through another."""
    for name in names[:-1]:
        context = context.setdefault(name, {})
    context[names[-1]] = value


def _touched(name: str, others: frozenset[str]) -> bool:
    """Whether one of the others is the name, lies inside it or holds it."""
    return any(f"{name}.".startswith(f"{other}.") or f"{other}.".startswith(f"{name}.") for other in others)
