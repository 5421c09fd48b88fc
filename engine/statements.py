"""Reads named statements, questions and migrations from .sql and .cypher files. The only maker of LiteralString.

A query folder holds files of named statements; the comment between the name and the statement says why it is as it is::

    -- name: load_process            // name: routes
    -- Locks the row first.          // In the file's order.
    SELECT …                         MATCH …

An analysis file is one question; its header is its documentation and its parameters::

    // question: Where does work wait longest?
    // param: limit integer 25 — how many rows
    // param: journey text null — only this journey
    // column: atom — the atom's id
    MATCH …

A parameter without a default must be given. A migration is a file `V0001__what_it_does.sql`; numbers have no gaps.
What these files break is an error of whoever wrote them, found at start: `StatementsError`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, LiteralString, cast

from engine.core.times import format_time, parse_time

ROOT: Final = Path(__file__).resolve().parent.parent
"""Where `cypher` and the packages lie, in a checkout as in an installed wheel."""

SQL_MIGRATIONS: Final = ROOT / "engine" / "store" / "sql" / "migrations"
SQL_QUERIES: Final = ROOT / "engine" / "store" / "sql" / "queries"
SQL_WRITES: Final = ROOT / "engine" / "store" / "sql" / "writes"
SQL_INBOX: Final = ROOT / "engine" / "store" / "sql" / "inbox"
CYPHER_MIGRATIONS: Final = ROOT / "cypher" / "migrations"
CYPHER_QUERIES: Final = ROOT / "cypher" / "queries"
CYPHER_ANALYSIS: Final = ROOT / "cypher" / "analysis"

_COMMENT: Final[Mapping[str, str]] = {".sql": "--", ".cypher": "//"}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_MIGRATION: Final = re.compile(r"V(\d{4})__([a-z0-9_]+)\.(?:sql|cypher)")
_PARAMETER: Final = re.compile(r"(?P<name>\S+)\s+(?P<type>\S+)(?:\s+(?P<default>.+?))?\s+[—–-]\s+(?P<description>.+)")
_COLUMN: Final = re.compile(r"(?P<name>\S+)\s+[—–-]\s+(?P<description>.+)")
_USED: Final = re.compile(r"\$([A-Za-z_]\w*)")


class StatementsError(ValueError):
    """A statement file breaks the format; the message names the file."""


@dataclass(frozen=True, slots=True)
class Statements(Mapping[str, LiteralString]):
    """The named statements of one folder.

    Shape: `{name: text}`, the text without its leading comments and closing semicolon.
    """

    folder: str
    texts: Mapping[str, LiteralString]

    @staticmethod
    def load(folder: Traversable | Path, suffix: str) -> "Statements":
        """Reads every file of `suffix` (".sql" or ".cypher") in `folder`; refuses a name that is there twice."""
        homes: dict[str, str] = {}
        texts: dict[str, LiteralString] = {}
        for file in _files(folder, suffix):
            for name, text in _named(file.name, file.read_text("utf-8"), _COMMENT[suffix]):
                if name in homes:
                    raise StatementsError(f"{file.name}: `{name}` is in {homes[name]} already")
                homes[name] = file.name
                texts[name] = _literal(text)
        return Statements(str(folder), texts)

    def __getitem__(self, name: str) -> LiteralString:
        try:
            return self.texts[name]
        except KeyError:
            known = ", ".join(sorted(self.texts)) or "none"
            raise KeyError(f"{self.folder} has no statement `{name}`; it has: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `$name` of a question; `default` is None for a null default and for a required one, told by `required`."""

    name: str
    type: str
    required: bool
    default: Any
    description: str

    def read(self, text: str) -> Any:
        """The value that `text` writes for this type; ValueError if it writes none. Lists are written as JSON."""
        return _TYPES[self.type](text)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a question's answer."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Question:
    """One file of `cypher/analysis`: what it asks, what it needs, what it gives, and the statement."""

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    text: LiteralString


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of a database; `checksum` is the SHA-256 of its text in hex.

    `statements` is the text cut at each semicolon that ends a line, for databases that take one statement at a time.
    """

    version: int
    name: str
    checksum: str
    text: LiteralString
    statements: tuple[LiteralString, ...]


def read_question(file: Traversable | Path) -> Question:
    """Reads one analysis file; refuses a parameter that is declared but not used, or used but not declared."""
    entries, text = _header(file.name, file.read_text("utf-8"), _COMMENT[_suffix(file.name)])
    questions = [value for key, value in entries if key == "question"]
    if len(questions) != 1:
        raise StatementsError(f"{file.name}: the header has {len(questions)} `question:` lines, it needs one")
    parameters = tuple(_parameter(file.name, value) for key, value in entries if key == "param")
    columns = tuple(_column(file.name, value) for key, value in entries if key == "column")
    if not columns:
        raise StatementsError(f"{file.name}: the header names no `column:`")
    declared = [parameter.name for parameter in parameters]
    _refuse_twice(file.name, "param", declared)
    _refuse_twice(file.name, "column", [column.name for column in columns])
    used = set(_USED.findall(text))
    if odd := sorted(used.symmetric_difference(declared)):
        raise StatementsError(f"{file.name}: declared or used, but not both: {', '.join('$' + name for name in odd)}")
    return Question(file.name.removesuffix(_suffix(file.name)), questions[0], parameters, columns, _literal(text))


def questions(folder: Traversable | Path = CYPHER_ANALYSIS) -> Mapping[str, Question]:
    """The library of questions, by name, in alphabetical order."""
    found = [read_question(file) for file in _files(folder, ".cypher")]
    return {question.name: question for question in found}


def migrations(folder: Traversable | Path) -> tuple[Migration, ...]:
    """The migrations of `folder` in order; refuses gaps, doubles and files that are named otherwise."""
    found: list[Migration] = []
    for file in sorted((f for suffix in _COMMENT for f in _files(folder, suffix)), key=lambda f: f.name):
        match = _MIGRATION.fullmatch(file.name)
        if match is None:
            raise StatementsError(f"{file.name}: a migration is named V0001__what_it_does{_suffix(file.name)}")
        text = file.read_text("utf-8").replace("\r\n", "\n")
        expected = len(found) + 1
        if int(match[1]) != expected:
            raise StatementsError(f"{file.name}: the next migration has the number {expected:04d}")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        found.append(Migration(expected, match[2], checksum, _literal(text), _cut(text, _COMMENT[_suffix(file.name)])))
    return tuple(found)


def _files(folder: Traversable | Path, suffix: str) -> list[Traversable]:
    if suffix not in _COMMENT:
        raise StatementsError(f"statements are in {' and '.join(_COMMENT)} files, not in {suffix}")
    if not folder.is_dir():
        raise StatementsError(f"there is no folder {folder}")
    return sorted((file for file in folder.iterdir() if file.name.endswith(suffix)), key=lambda file: file.name)


def _suffix(name: str) -> str:
    suffix = Path(name).suffix
    if suffix not in _COMMENT:
        raise StatementsError(f"{name}: not one of {', '.join(_COMMENT)}")
    return suffix


def _named(file: str, text: str, comment: str) -> Iterator[tuple[str, str]]:
    """The (name, statement) pairs of one file, in order."""
    parts = re.split(rf"(?m)^{comment} name:(.*)$", text)
    if _without_comments(parts[0], comment):
        raise StatementsError(f"{file}: there is a statement before the first `{comment} name:` line")
    for name, body in zip(map(str.strip, parts[1::2]), parts[2::2], strict=True):
        if not _NAME.fullmatch(name):
            raise StatementsError(f"{file}: `{name}` is not a name (small letters, digits and _)")
        statement = _without_comments(body, comment)
        if not statement:
            raise StatementsError(f"{file}: `{name}` has no statement")
        yield name, statement


def _without_comments(body: str, comment: str) -> str:
    """The body from its first line that is neither empty nor a comment, without a closing semicolon."""
    lines = body.splitlines()
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith(comment)):
        lines.pop(0)
    return "\n".join(lines).strip().removesuffix(";").rstrip()


def _header(file: str, text: str, comment: str) -> tuple[list[tuple[str, str]], str]:
    """The `key: value` lines of the leading comment, a line indented by two more belonging to the one before it."""
    entries: list[tuple[str, str]] = []
    continued = False
    for line in text.splitlines():
        if not line.startswith(comment):
            break
        entry = line.removeprefix(comment)
        key, colon, value = entry.strip().partition(":")
        if continued and entry.startswith("   "):
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {entry.strip()}")
        else:
            continued = colon == ":" and key in {"question", "param", "column"}
            if continued:
                entries.append((key, value.strip()))
    statement = _without_comments(text, comment)
    if not statement:
        raise StatementsError(f"{file}: there is no statement under the header")
    return entries, statement


def _parameter(file: str, value: str) -> Parameter:
    match = _PARAMETER.fullmatch(value)
    if match is None or match["type"] not in _TYPES:
        raise StatementsError(
            f"{file}: `param: {value}` is not `name type default — description`, with a type of {', '.join(_TYPES)}"
        )
    written, read = match["default"], _TYPES[match["type"]]
    try:
        default = None if written is None or written == "null" else read(written)
    except ValueError:
        raise StatementsError(f"{file}: `{written}` is no {match['type']}") from None
    return Parameter(match["name"], match["type"], written is None, default, match["description"])


def _column(file: str, value: str) -> Column:
    match = _COLUMN.fullmatch(value)
    if match is None:
        raise StatementsError(f"{file}: `column: {value}` is not `name — description`")
    return Column(match["name"], match["description"])


def _refuse_twice(file: str, kind: str, names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise StatementsError(f"{file}: `{kind}` twice: {', '.join(twice)}")


def _cut(text: str, comment: str) -> tuple[LiteralString, ...]:
    parts = (_without_comments(part, comment) for part in re.split(r"(?m);[ \t]*$", text))
    return tuple(_literal(part) for part in parts if part)


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"`{text}` is neither true nor false")
    return text == "true"


def _time(text: str) -> str:
    return format_time(parse_time(text))


def _list(text: str) -> list[Any]:
    value = json.loads(text)
    if not isinstance(value, list):
        raise ValueError(f"`{text}` is not a JSON list")
    return cast("list[Any]", value)


def _literal(text: str) -> LiteralString:
    # The text is a file of this package, reviewed with the code: nothing that came in at run time is in it.
    return cast("LiteralString", text)


_TYPES: Final[Mapping[str, Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": _boolean,
    "time": _time,
    "list": _list,
}
