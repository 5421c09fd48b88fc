"""The shapes that values of a document may have: the vocabulary of the table in `keys`."""

import re
from dataclasses import dataclass
from typing import Final, Literal

Kindred = Literal["atoms", "roles", "rules", "actions", "regulations", "documents", "calendars", "service_levels"]
"""What a text may refer to; all but calendars stand in the document itself. Service levels are referred to by cases."""

Naming = Literal["read", "written"]
"""What is done to a context name."""

Texts = Literal["themselves", "names", "names_or_themselves"]
"""What texts stand for where a rule is written: themselves, one of `rules`, or that only where there is one."""

KEBAB: Final = re.compile(r"(?=.{1,200}$)[a-z0-9]+(-[a-z0-9]+)*")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
FIELD: Final = re.compile(r"(?=.{1,200}$)[^.\s]([^.\n]*[^.\s])?")
DOTTED: Final = re.compile(r"(?=.{1,200}$)[^.\s]([^.\n]*[^.\s])?(\.[^.\s]([^.\n]*[^.\s])?)*")
SEMVER: Final = re.compile(
    r"(?=.{1,100}$)(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
CALL: Final = re.compile(
    rf"{KEBAB.pattern.replace('$', '@')}@(\^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){{0,2}}|{SEMVER.pattern})"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `noun` and `like` say in findings what it is and how it looks; `refers` to what, if to something, `but`
    for these words.

    One that has been found to look otherwise is still read, so that what refers to it is no finding of its own.
    """

    noun: str = "text"
    pattern: re.Pattern[str] | None = None
    like: str = ""
    refers: Kindred | None = None
    but: tuple[str, ...] = ()
    naming: Naming | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One of some words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least` to `most`, both included."""

    whole: bool
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """An ISO 8601 duration, not negative: read as a fixed length of time; with `calendar` as a `Duration`, which may
    have years and months. `zero` says whether it may be of no length. With `working` it may be the object
    `{working, calendar}` too, which is read as `WorkingTime`.
    """

    zero: bool = True
    calendar: bool = False
    working: bool = False


@dataclass(frozen=True, slots=True)
class BusinessSpan:
    """A length of working time in ISO 8601: business days, hours, minutes and seconds; read as `WorkingTime`."""


@dataclass(frozen=True, slots=True)
class Logic:
    """A rule. `texts` says what a text stands for; where it may name a rule, nothing is no rule.

    `gives` is what its value must be for it to make sense: a list, or a time; a literal that is none is refused. With
    `span`, a text that names no rule may be a duration too, and is read as a `Duration`.
    """

    texts: Texts = "themselves"
    gives: Literal["anything", "list", "time"] = "anything"
    span: bool = False


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """A JSON Schema 2020-12 of an object."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of one shape; `filled` where it must hold something."""

    of: "Shape"
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """An object whose keys are names that the designer gives."""

    name: Text
    of: "Shape"


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of known keys. `noun` is what it describes; exactly one of the keys in `one_of` must be there.

    Keys of one name fit different kinds of atoms.
    """

    noun: str
    keys: tuple["Key", ...]
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Short:
    """A bare text, or an object. With `key` the text stands for `{key: text}`."""

    short: Text | Word
    long: Fields
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """A value of one shape, or a list of such values that holds something; read as a list."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class AtomShape:
    """An atom: an object of the keys that fit its kind."""


Shape = (
    Text
    | Word
    | Flag
    | Number
    | Span
    | BusinessSpan
    | Logic
    | JsonSchema
    | Anything
    | Listing
    | OneOrMany
    | Names
    | Fields
    | Short
    | AtomShape
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the document and what it takes.

    Attributes:
        shape: what its value may be.
        about: what it is for, shown by editors.
        kinds: the kinds of atoms it fits; None for every kind, and outside of atoms.
    """

    name: str
    shape: Shape
    about: str
    required: bool = False
    kinds: tuple[str, ...] | None = None
