"""Checks what subjourneys call against what is published, and pins it (R15)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.core.journey import Definition, Route, Routes
from engine.core.semver import highest
from engine.loading.draft import Draft, DraftAtom, present
from engine.loading.finding import Report
from engine.loading.schema_names import declares_patterns, elements, may_hold, properties
from engine.loading.shapes import CALL
from engine.loading.wording import listed, meant, short


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of the journeys that a document calls.

    Attributes:
        versions: by journey its published versions, those that are retired left out; one that is not there has none.
        definitions: by `key@version` what is known of a version; of those that are not there nothing is checked.
    """

    versions: Mapping[str, Sequence[str]]
    definitions: Mapping[str, Definition] = field(default_factory=dict[str, Definition])


class NotPublished(LookupError):
    """A route calls a journey of which no version in its range is published."""


def calls_of(draft: Draft) -> tuple[str, ...]:
    """What the atoms of a draft call, such as `credit@^1.2`; each once, in file order."""
    return tuple(dict.fromkeys(call for atom in draft.atoms if (call := _call(atom))))


def pinned(call: str, versions: Mapping[str, Sequence[str]]) -> str | None:
    """The version, as `key@version`, that a call is pinned to: the highest one in its range; None if there is none."""
    journey, _, wanted = call.partition("@")
    version = highest(wanted, versions.get(journey, ()))
    return version and f"{journey}@{version}"


def pin(routes: Routes, versions: Mapping[str, Sequence[str]]) -> Routes:
    """The routes with every `calls` pinned to one version.

    Args:
        versions: by journey its published versions, those that are retired left out.

    Raises:
        NotPublished: when a range has no published version.
    """
    return Routes(tuple(_pinned(route, versions) for route in routes.routes))


def check_calls(draft: Draft, published: Published, report: Report) -> None:
    """Adds what is wrong with the calls of a draft, and with what they give and take, to the report."""
    for atom in draft.atoms:
        call = _call(atom)
        if call is None:
            continue
        journey, _, wanted = call.partition("@")
        version = pinned(call, published.versions)
        if version is None:
            _unpublished(atom, journey, wanted, published.versions.get(journey, ()), report)
        elif child := published.definitions.get(version):
            _gives(atom, version, child, report)
            _takes(atom, version, child, report)


def _call(atom: DraftAtom) -> str | None:
    call = atom.keys.get("calls")
    return call if isinstance(call, str) and CALL.fullmatch(call) else None


def _pinned(route: Route, versions: Mapping[str, Sequence[str]]) -> Route:
    if route.calls is None:
        return route
    version = pinned(route.calls, versions)
    if version is None:
        raise NotPublished(f"`{route.atom}` calls {route.calls}, of which no version is published")
    return replace(route, calls=version)


def _unpublished(atom: DraftAtom, journey: str, wanted: str, versions: Sequence[str], report: Report) -> None:
    if versions:
        message = f"No published version of journey `{short(journey)}` is in the range `{wanted}`."
        fix = f"Call one of its versions, which are {listed(versions[-8:])}, or publish one in that range first."
    else:
        message = f"No version of journey `{short(journey)}` is published."
        fix = "Publish it first, or correct its name."
    report.error("unknown_name", (*atom.path, "calls"), message, fix)


def _gives(atom: DraftAtom, version: str, child: Definition, report: Report) -> None:
    """Its `input` builds the child's context: of names that the child knows, all that it needs to start."""
    path = (*atom.path, "input")
    given: dict[str, object] = atom.keys.get("input", {})
    for name in given:
        if not _knows(child, name) or not may_hold(child.context, name.split("."), child.context):
            message = f"`{version}` has no use for `{short(name)}`: nothing of it declares that name."
            fix = meant(name, properties(child.context), "Remove it, or name one that its `context` declares.")
            report.error("unknown_name", (*path, name), message, fix, at_key=True)
    heads = {name.partition(".")[0] for name in given}
    if "input" in atom.given and "input" not in atom.keys:
        return
    for name in elements(child.context.get("required")):
        if isinstance(name, str) and name not in heads:
            message = f"`{version}` needs `{short(name)}` to start, and `input` does not give it."
            report.error("missing_key", (*path, name), message, f"Add `{short(name)}` to `input`.")


def _takes(atom: DraftAtom, version: str, child: Definition, report: Report) -> None:
    """Its `output` lists fields of the child's context."""
    for place, name in present(atom.keys.get("output")):
        if not _knows(child, name):
            message = f"`{version}` never has a field `{short(name)}`: nothing of it declares that name."
            fix = meant(name, _fields(child), "Remove it, or name a field of the child's context.")
            report.error("unknown_name", (*atom.path, "output", place), message, fix)


def _knows(child: Definition, name: str) -> bool:
    head = name.partition(".")[0]
    schemas = [child.context, *(atom.output for atom in child.atoms if atom.output), *_answers(child)]
    return head in _fields(child) or any(declares_patterns(schema) for schema in schemas)


def _fields(child: Definition) -> list[str]:
    written = (name.partition(".")[0] for atom in child.atoms for name in atom.writes)
    return list(dict.fromkeys((*properties(child.context), *written)))


def _answers(child: Definition) -> Iterable[Mapping[str, object]]:
    return (action.output for action in child.actions if action.output)
