"""The shapes that values of a document may have: the vocabulary of the table in `keys`."""

import re
from dataclasses import dataclass
from typing import Final, Literal

Kindred = Literal["atoms", "roles", "rules", "actions", "regulations", "documents"]
"""What a text may refer to."""

Naming = Literal["read", "written"]
"""What is done to a context name."""

KEBAB: Final = re.compile(r"(?=.{1,200}$)[a-z0-9]+(-[a-z0-9]+)*")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
DOTTED: Final = re.compile(r"(?=.{1,200}$)[^.\s]([^.\n]*[^.\s])?(\.[^.\s]([^.\n]*[^.\s])?)*")
SEMVER: Final = re.compile(
    r"(?=.{1,100}$)(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `noun` and `like` say in findings what it is and how it looks; `refers` to what, if to something.

    One that has been found to look otherwise is still read, so that what refers to it is no finding of its own.
    """

    noun: str = "text"
    pattern: re.Pattern[str] | None = None
    like: str = ""
    refers: Kindred | None = None
    naming: Naming | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One of some words; those of `later` are known and not supported yet."""

    words: tuple[str, ...]
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; with `later`, true is known and not supported yet."""

    later: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least` to `most`, both included."""

    whole: bool
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """An ISO 8601 duration without years and months. `zero` says whether it may be of no length."""

    zero: bool = True


@dataclass(frozen=True, slots=True)
class Logic:
    """A rule. With `by_name` a text names one of `rules` and nothing is no rule; else a text is itself."""

    by_name: bool = False


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
    """An object of known keys. `noun` is what it describes; exactly one of the keys in `one_of` must be there."""

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
class AtomShape:
    """An atom: an object of the keys that fit its kind."""


Shape = Text | Word | Flag | Number | Span | Logic | JsonSchema | Listing | Names | Fields | Short | AtomShape


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the document and what it takes.

    Attributes:
        shape: None for a key that is known and not supported yet.
        about: what it is for, shown by editors.
        kinds: the kinds of atoms it fits; None for every kind, and outside of atoms.
    """

    name: str
    shape: Shape | None
    about: str
    required: bool = False
    kinds: tuple[str, ...] | None = None
