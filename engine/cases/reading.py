"""From the text of a cases document to its findings and, when it has none, its cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.cases.building import suite_of
from engine.cases.format import ANY, SUITE
from engine.cases.service_levels import timed_in
from engine.cases.suite import Suite
from engine.core.journey import Journey
from engine.core.times import TimeError, parse_time
from engine.loading.finding import Enough, Finding, Report
from engine.loading.load import Media, parsed
from engine.loading.reading import UNREADABLE, Reader
from engine.loading.tree import Path
from engine.loading.wording import listed, meant

_TIMES: Final = ("now", "not_before")
_WORKED: Final = ("human", "system", "wait")
"""The kinds of atoms that take an output from outside."""


@dataclass(frozen=True, slots=True)
class ReadSuite:
    """What became of a cases document: its suite, or None; and every finding, by position."""

    suite: Suite | None
    findings: tuple[Finding, ...]


def read_suite(text: bytes | str, media: Media, journey: Journey, called: Mapping[str, Journey]) -> ReadSuite:
    """The cases that a document describes, or all that is wrong with it. Never raises because of the document.

    Args:
        text: the whole document, at most 1 MiB, UTF-8 where it is bytes.
        media: how it is written.
        journey: the version that the cases are of.
        called: the versions it calls, and those that they call, by their key.
    """
    report = Report()
    try:
        root = parsed(text, media, report)
        if root is not None:
            report.root = root
            reader = Reader(report, calendar=journey.definition.calendar)
            keys = reader.fields(SUITE, root.value, ())
            if keys is not UNREADABLE:
                _Check(report, journey, called).all(reader, keys)
            if not report.findings():
                return ReadSuite(suite_of(keys, root, journey), ())
    except Enough:
        pass
    return ReadSuite(None, report.findings())


class _Check:
    """Finds names that the journey does not have, and values that make no sense for it."""

    def __init__(self, report: Report, journey: Journey, called: Mapping[str, Journey]) -> None:
        self._report = report
        self._journey = journey
        self._called = called

    def all(self, reader: Reader, keys: Mapping[str, Any]) -> None:
        self._key(keys)
        for reference in reader.draft.references:
            checks = {
                "documents": self._document,
                "calendars": self._calendar,
                "service_levels": self._service_level,
            }
            checks.get(reference.kindred, self._atom)(reference.path, reference.name)
        self._times(keys.get("defaults") or {}, ("defaults",))
        names: set[str] = set()
        for number, case in enumerate(keys.get("cases") or ()):
            if case is not None:
                self._case(case, ("cases", number), names)

    def _key(self, keys: Mapping[str, Any]) -> None:
        key = self._journey.definition.key
        if "journey" in keys and keys["journey"] != key:
            message = f"These cases are of the journey `{keys['journey']}`, the document beside them is `{key}`."
            self._report.error(
                "bad_value", ("journey",), message, f"Write `journey: {key}`, or name the other document."
            )

    def _case(self, case: Mapping[str, Any], path: Path, names: set[str]) -> None:
        self._times(case, path)
        name = case.get("name")
        if name in names:
            self._report.error("duplicate_id", (*path, "name"), "Two cases have this name.", "Rename one of them.")
        names.add(str(name))
        if "at" in case and self._journey.part(case["at"]) is None:
            definition = self._journey.definition
            groups = [phase.id for phase in definition.phases] + [module.id for module in definition.modules]
            fix = f"Name one of {listed(groups)}." if groups else "Remove it: this journey has no phases or modules."
            message = f"The journey has no phase or module `{case['at']}`."
            self._report.error("unknown_name", (*path, "at"), message, meant(case["at"], groups, fix))

    def _times(self, keys: Mapping[str, Any], path: Path) -> None:
        for name in _TIMES:
            if name in keys:
                try:
                    parse_time(keys[name])
                except TimeError as error:
                    fix = "Write a time such as `2026-03-01T09:30:00Z`, or a date."
                    self._report.error("bad_value", (*path, name), f"`{name}` takes a time: {error}.", fix)

    def _atom(self, path: Path, name: str) -> None:
        """An atom that is named: it must be there, and take an output where it is given one."""
        if name in ANY:
            return
        key, slash, id = name.rpartition("/")
        journey = self._called.get(key) if slash else self._journey
        at_key = path[-1] == name
        if journey is None:
            message = f"`{self._journey.definition.key}` calls no journey `{key}` that is given."
            fix = f"Name one of {listed(self._called)}." if self._called else "Name an atom of this journey."
            self._report.error("unknown_name", path, message, meant(key, self._called, fix), at_key=at_key)
        elif id not in journey.atoms:
            message = f"There is no atom `{id}` in {journey.ref}."
            self._report.error("unknown_atom", path, message, self._meant(id, journey), at_key=at_key)
        elif at_key and path[-2] in ("outputs", "items", "fails") and journey.atoms[id].kind not in _WORKED:
            kind = journey.atoms[id].kind
            message = f"`{id}` is a {kind} atom: nobody hands in an output for it."
            inside = "Name the atoms of its child, as `journey/atom`." if kind == "subjourney" else "Remove it."
            self._report.error("bad_value", path, message, inside, at_key=True)

    def _calendar(self, path: Path, name: str) -> None:
        """A calendar that is named: its journey must count in it."""
        known = self._journey.calendars
        if name not in known:
            message = f"`{self._journey.definition.key}` counts nothing in a calendar `{name}`."
            fix = f"Name one of {listed(known)}." if known else "Write a duration such as `P1D`."
            self._report.error("unknown_name", path, message, meant(name, known, fix))

    def _service_level(self, path: Path, name: str) -> None:
        """What has a service level by its document: this name must be that of one."""
        timed = timed_in(self._journey)
        if name not in timed:
            message = f"The journey says no service level of `{name}`."
            fix = f"Name one of {listed(timed)}." if timed else "Give it one with `sla`."
            self._report.error("unknown_name", path, message, meant(name, timed, fix), at_key=True)

    def _document(self, path: Path, name: str) -> None:
        """A document that is named: its journey must declare it."""
        key, slash, id = name.rpartition("/")
        journey = self._called.get(key) if slash else self._journey
        declared = [one.id for one in journey.definition.documents] if journey else []
        if id not in declared:
            of = journey.ref if journey else f"`{key}`, which is not called"
            fix = meant(id, declared, f"Name one of {listed(declared)}." if declared else "Remove it.")
            at_key = path[-1] == name
            self._report.error("unknown_name", path, f"There is no document `{id}` in {of}.", fix, at_key=at_key)

    def _meant(self, id: str, journey: Journey) -> str:
        elsewhere = next((key for key, called in self._called.items() if id in called.atoms), None)
        if elsewhere and journey is self._journey:
            return f"Write `{elsewhere}/{id}` for the atom of the journey it calls."
        return meant(id, journey.atoms, "Name an atom of the journey.")
