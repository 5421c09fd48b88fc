"""Reads a document against the table of keys: what is unknown, missing, or of the wrong type or range.

What has the right shape goes into a `Draft`, which all further checks work on; so one wrong value hides no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, cast

from engine.core.durations import DurationError, WorkingTime, parse, parse_working
from engine.core.times import TimeError, parse_time
from engine.loading.draft import Draft, DraftAtom, NamePlace, Reference, RulePlace, SchemaPlace
from engine.loading.finding import Report
from engine.loading.keys import ALSO_CALLED, ATOM, JOURNEY, KINDS, WORKING, keys_of
from engine.loading.shapes import (
    Anything,
    AtomShape,
    BusinessSpan,
    Fields,
    Flag,
    JsonSchema,
    Key,
    Listing,
    Logic,
    Names,
    Number,
    OneOrMany,
    Shape,
    Short,
    Span,
    Text,
    Word,
)
from engine.loading.tree import Path
from engine.loading.wording import a, listed, meant, nearest, short, shown

UNREADABLE: Final[Any] = object()
"""What reading gives for a value that has another shape than it should; it has been reported."""


def read_draft(document: Any, report: Report) -> Draft:
    """The draft of a parsed document; everything else about it is in the report."""
    given = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    rules, calendar = given.get("rules"), given.get("calendar")
    reader = Reader(
        report,
        frozenset(cast("dict[str, Any]", rules)) if isinstance(rules, dict) else frozenset(),
        calendar if isinstance(calendar, str) else None,
    )
    keys = reader.fields(JOURNEY, document, ())
    if keys is not UNREADABLE:
        reader.draft.keys = keys
    return reader.draft


class Reader:
    """Reads a document. Each method takes a shape, a value and its path and gives the readable value.

    `rules` are the names it gives to some; `calendar` is what its working time is counted in where it does not say,
    None where it has to.
    """

    def __init__(self, report: Report, rules: frozenset[str] = frozenset(), calendar: str | None = None) -> None:
        self.draft = Draft()
        self._report = report
        self._rules = rules
        self._calendar = calendar
        self._readers: Mapping[type, Callable[[Any, Any, Path], Any]] = {
            Text: self.text,
            Word: self.word,
            Flag: self.flag,
            Number: self.number,
            Span: self.span,
            BusinessSpan: self.business_span,
            Logic: self.logic,
            JsonSchema: self.schema,
            Anything: lambda _, value, path: value,
            Listing: self.listing,
            OneOrMany: self.one_or_many,
            Names: self.names,
            Fields: self.fields,
            Short: self.short,
            AtomShape: self.atom,
        }

    def read(self, shape: Shape, value: Any, path: Path) -> Any:
        return self._readers[type(shape)](shape, value, path)

    def text(self, shape: Text, value: Any, path: Path) -> Any:
        if not isinstance(value, str):
            bare = isinstance(value, bool | int | Decimal)
            quoted = bare and (shape.pattern is None or shape.pattern.fullmatch(str(value)))
            fix = "Put it in quotes." if quoted else f"Write {shape.like or a(shape.noun)}."
            return self._bad(path, a(shape.noun), value, fix)
        if not value.strip() and (shape.pattern or shape.refers or shape.noun != "text"):
            return self._bad(path, a(shape.noun), value, f"Write {a(shape.noun)}.")
        if shape.pattern and not shape.pattern.fullmatch(value):
            self._bad(path, f"{a(shape.noun)}: {shape.like}", value, f"Write {shape.like}.")
        if shape.refers and value not in shape.but:
            self.draft.references.append(Reference(path, shape.refers, value))
        if shape.naming:
            self.draft.names.append(NamePlace(path, value, shape.naming))
        return value

    def word(self, shape: Word, value: Any, path: Path) -> Any:
        if value in shape.words:
            return value
        fix = f"Write one of {listed(shape.words)}."
        return self._bad(path, f"one of {listed(shape.words)}", value, meant(str(value), shape.words, fix))

    def flag(self, _: Flag, value: Any, path: Path) -> Any:
        if not isinstance(value, bool):
            self._bad(path, "true or false", value, "Write `true` or `false`, without quotes.")
            return value not in ("false", "no", "off", 0, None)
        return value

    def number(self, shape: Number, value: Any, path: Path) -> Any:
        what = "a whole number" if shape.whole else "a number"
        if shape.least is not None:
            what += f" from {shape.least:,} to {shape.most:,}" if shape.most is not None else f", {shape.least} or more"
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return self._bad(path, what, value, f"Write {what}, without quotes.")
        whole = int(value) if value == int(value) else None
        if shape.whole and whole is None:
            return self._bad(path, what, value, f"Write {what}.")
        if (shape.least is not None and value < shape.least) or (shape.most is not None and value > shape.most):
            return self._bad(path, what, value, f"Write {what}.")
        return whole if shape.whole else value

    def span(self, shape: Span, value: Any, path: Path) -> Any:
        if shape.working and _is_working(value):
            return self._working(shape, value, path)
        what, fix = "a duration", "Write an ISO 8601 duration, such as `PT30S` for 30 seconds or `P2D` for 2 days."
        if not isinstance(value, str):
            return self._bad(path, what, value, fix)
        try:
            duration = parse(value)
            length = duration.span if shape.calendar else duration.as_timedelta()
        except (DurationError, OverflowError) as error:
            self._report.error("bad_value", path, f"`{_label(path)}` takes a duration: {error}.", fix)
            return UNREADABLE
        if duration.months < 0 or length < timedelta() or not (shape.zero or length or duration.months):
            return self._bad(path, "a duration that is not negative" if shape.zero else "a longer duration", value, fix)
        return duration if shape.calendar else length

    def business_span(self, _: BusinessSpan, value: Any, path: Path) -> Any:
        fix = "Write business days, hours, minutes and seconds, such as `P1D`, `PT4H` or `P2DT30M`."
        if not isinstance(value, str):
            return self._bad(path, "a length of working time", value, fix)
        try:
            return parse_working(value)
        except (DurationError, OverflowError) as error:
            self._report.error("bad_value", path, f"`{_label(path)}` takes a length of working time: {error}.", fix)
            return UNREADABLE

    def _working(self, shape: Span, value: Any, path: Path) -> Any:
        """An object `{working, calendar}`; UNREADABLE where it lacks what it needs, which has been reported."""
        keys = self.fields(WORKING, value, path)
        length: WorkingTime | None = keys.get("working")
        if length and not (shape.zero or length.days or length.span):
            return self._bad((*path, "working"), "a longer time", value["working"], "Write a longer one.")
        calendar = keys.get("calendar") or self._calendar
        if calendar is None and "calendar" not in value:
            message = "Working time is counted in a calendar, and neither this nor the journey names one."
            fix = "Add `calendar` here, or at the top of the document for all its working time."
            self._report.error("missing_key", (*path, "calendar"), message, fix)
        return replace(length, calendar=calendar) if length and calendar is not None else UNREADABLE

    def logic(self, shape: Logic, value: Any, path: Path) -> Any:
        written: object = value
        if shape.texts != "themselves" and value is None:
            return self._bad(path, "a rule", value, "Write a rule, or remove the key.")
        by_name = isinstance(value, str) and (shape.texts == "names" or self._names_rule(shape, value))
        if by_name:
            self.draft.references.append(Reference(path, "rules", value))
        elif shape.span and ((isinstance(written, str) and written.startswith(("P", "-P"))) or _is_working(value)):
            return self.span(Span(calendar=True, working=True), value, path)
        elif shape.gives != "anything" and not isinstance(written, dict) and not _GIVES[shape.gives](value):
            return self._literal(shape, value, path)
        self.draft.rules.append(RulePlace(path, value, by_name))
        return value

    def _names_rule(self, shape: Logic, text: str) -> bool:
        return shape.texts == "names_or_themselves" and text in self._rules

    def _literal(self, shape: Logic, value: Any, path: Path) -> Any:
        """A value that is no operation and that can never be what the rule must give."""
        takes = f"a rule giving a {shape.gives}" + (", or a duration" if shape.span else "")
        fix = {
            "list": "Write a rule such as `{var: documents}`, a list, or the name of one of `rules`.",
            "time": "Write a rule such as `{var: closing_date}`, a time such as `2026-03-01T09:30:00Z`, "
            "or the name of one of `rules`.",
        }[shape.gives]
        return self._bad(path, takes, value, meant(value, self._rules, fix) if isinstance(value, str) else fix)

    def schema(self, _: JsonSchema, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return self._bad(path, "a JSON Schema, which is an object", value, "Write one, such as `{type: object}`.")
        schema = cast("dict[str, Any]", value)
        self.draft.schemas.append(SchemaPlace(path, schema))
        return schema

    def listing(self, shape: Listing, value: Any, path: Path) -> Any:
        if not isinstance(value, list):
            return self._bad(path, "a list", value, "Write a list, `[…]` or one `- ` line for each element.")
        elements = cast("Sequence[Any]", value)
        if shape.filled and not elements:
            return self._bad(path, "at least one element", value, "Add an element.")
        found = [self.read(shape.of, element, (*path, index)) for index, element in enumerate(elements)]
        return [None if element is UNREADABLE else element for element in found]

    def one_or_many(self, shape: OneOrMany, value: Any, path: Path) -> Any:
        if isinstance(value, list):
            return self.listing(Listing(shape.of, filled=True), cast("Any", value), path)
        read = self.read(shape.of, value, path)
        return read if read is UNREADABLE else [read]

    def names(self, shape: Names, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return self._bad(path, "an object", value, f"Write `{shape.name.noun}: …` lines below it.")
        found: dict[str, Any] = {}
        for name, element in cast("dict[str, Any]", value).items():
            below = (*path, name)
            pattern = shape.name.pattern
            if pattern and not pattern.fullmatch(name):
                message = f"`{short(name)}` is no {shape.name.noun}; it takes {shape.name.like or 'a name'}."
                self._report.error("bad_value", below, message, "Rename it.", at_key=True)
                continue
            if shape.name.refers:
                self.draft.references.append(Reference(below, shape.name.refers, name))
            if shape.name.naming:
                self.draft.names.append(NamePlace(below, name, shape.name.naming))
            read = self.read(shape.of, element, below)
            if read is not UNREADABLE:
                found[name] = read
        return found

    def short(self, shape: Short, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            read = self.read(shape.short, value, path)
            return {shape.key: read} if shape.key and read is not UNREADABLE else read
        if isinstance(value, dict):
            return self.read(shape.long, value, path)
        what = "a text" if isinstance(shape.short, Text) else listed(shape.short.words)
        return self._bad(path, f"{what} or an object", value, f"Write {what} or an object.")

    def fields(self, shape: Fields, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            keys = listed(key.name for key in shape.keys)
            return self._bad(path, f"an object that describes {a(shape.noun)}", value, f"Its keys are {keys}.")
        written = cast("dict[str, Any]", value)
        self._one_of(shape, written, path)
        return self._keys(shape, {key.name: key for key in shape.keys}, written, path)

    def atom(self, _: AtomShape, value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return self._bad(path, "an object that describes an atom", value, "Write at least its `id` and `kind`.")
        written = cast("dict[str, Any]", value)
        said = written.get("kind", "human")
        kind = said if said in KINDS.words else None
        keys = self._keys(ATOM, keys_of(kind), written, path, kind)
        phase, module = self._group("phases", path), self._group("modules", path)
        self.draft.atoms.append(DraftAtom(path, keys.get("id", ""), kind, keys, frozenset(written), phase, module))
        return keys

    def _keys(
        self, shape: Fields, fitting: Mapping[str, Key], written: Mapping[str, Any], path: Path, kind: str | None = None
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in written.items():
            key = fitting.get(name)
            if key is None:
                self._unfitting(shape, fitting, name, path, kind)
            else:
                read = self.read(key.shape, value, (*path, name))
                if read is not UNREADABLE:
                    found[name] = read
        for key in fitting.values():
            if key.required and key.name not in written and (key.kinds is None or kind in key.kinds):
                message = f"{a(shape.noun).capitalize()} needs `{key.name}`: {_lower(key.about)}"
                self._report.error("missing_key", (*path, key.name), message, f"Add `{key.name}`.")
        return found

    def _unfitting(self, shape: Fields, fitting: Mapping[str, Key], name: str, path: Path, kind: str | None) -> None:
        elsewhere = [each for key in shape.keys if key.name == name for each in key.kinds or ()]
        if elsewhere and kind:
            message = f"{a(kind).capitalize()} atom takes no `{name}`; it is for {listed(elsewhere)} atoms."
            fix = f"Remove it, or give the atom another `kind` than `{kind}`."
        else:
            also = ALSO_CALLED.get(name)
            near = also if also in fitting else nearest(name, fitting)
            message = f"{a(shape.noun).capitalize()} has no key `{short(name)}`."
            others = f"The keys that fit here are {listed([*fitting], most=40)}."
            fix = f"Did you mean `{near}`?" if near else f"Remove it. {others}"
        self._report.error("unknown_key", (*path, name), message, fix, at_key=True)

    def _one_of(self, shape: Fields, written: Mapping[str, Any], path: Path) -> None:
        there = [name for name in written if name in shape.one_of]
        choice = " or ".join(f"`{name}`" for name in shape.one_of)
        if shape.one_of and not there:
            message = f"{a(shape.noun).capitalize()} needs {choice}."
            self._report.error("missing_key", (*path, shape.one_of[-1]), message, f"Add {choice}.")
        for name in there[1:]:
            message = f"{a(shape.noun).capitalize()} holds {choice}, not both `{there[0]}` and `{name}`."
            fix = "Keep one of them; what is needed of the other goes below it."
            self._report.error("bad_value", (*path, name), message, fix, at_key=True)

    def _group(self, groups: str, path: Path) -> str | None:
        if groups not in path:
            return None
        place = path.index(groups) + 2
        found = self._report.root.value_at((*path[:place], "id")) if self._report.root else None
        return found if isinstance(found, str) else None

    def _bad(self, path: Path, takes: str, value: Any, fix: str) -> Any:
        self._report.error("bad_value", path, f"`{_label(path)}` takes {takes}; this is {shown(value)}.", fix)
        return UNREADABLE


def _is_working(value: Any) -> bool:
    return isinstance(value, dict) and "working" in value


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(parse_time(value))
    except TimeError:
        return False


_GIVES: Final[Mapping[str, Callable[[Any], bool]]] = {"list": lambda value: isinstance(value, list), "time": _is_time}
"""Whether a value that is no operation is what a rule must give."""


def _label(path: Path) -> str:
    """What a value is called in a message: its key, or the list's it is an element of."""
    return next((short(part) for part in reversed(path) if isinstance(part, str)), "document")


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
