"""Reads YAML 1.2 with positions.

PyYAML parses the structure; its scalars follow YAML 1.1 (`on` and `yes` are booleans there), so the scalars of the
YAML 1.2 core schema are read here.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import yaml

from engine.loading.building import Builder
from engine.loading.finding import Report
from engine.loading.tree import Node, Place, Unparsable

_NULL: Final = re.compile(r"null|Null|NULL|~|")
_TRUE: Final = re.compile(r"true|True|TRUE")
_FALSE: Final = re.compile(r"false|False|FALSE")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

_CORE: Final = "tag:yaml.org,2002:"
_SCALAR_TAGS: Final = frozenset({"null", "bool", "int", "float"})

_HINTS: Final = (
    ("cannot start any token", "Put a text that begins with such a character in quotes; indent with spaces, not tabs."),
    ("escape", "In double quotes write `\\\\` for a backslash, or use single quotes."),
    ("incompatible YAML", "Write `%YAML 1.2`, or leave the line out."),
    ("mapping values are not allowed", "Put a text that holds `: ` in quotes, or check the indentation."),
    ("expected ',' or", "Close every `[` and `{`, and put a comma between their elements."),
    ("could not find expected ':'", "Give every key a `:` and a space, and every value its indentation."),
    ("expected <block end>", "Make the lines of one object or list start in the same column."),
    ("did not find expected key", "Make the keys of one object start in the same column."),
    ("did not find expected '-'", "Make the `-` of one list start in the same column."),
    ("quoted scalar", "Close the quote."),
    ("control characters", "Remove the character."),
)

_loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str, report: Report) -> Node | None:
    """The tree of a YAML text; None when it holds nothing.

    Raises:
        Unparsable: where the text cannot be read any further.
    """
    builder = Builder(report)
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_loader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "A second document begins here; one file holds one journey version."
                    raise Unparsable(message, "Put each journey version into a file of its own.", _place(event))
            else:
                _take(event, builder, report)
    except yaml.YAMLError as error:
        raise _unparsable(error, text) from error
    return builder.root


def _take(event: Any, builder: Builder, report: Report) -> None:
    match event:
        case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
            if builder.wants_key:
                raise Unparsable("A key must be a text.", "Write a text as the key.", _place(event), builder.path)
            if isinstance(event, yaml.MappingStartEvent):
                _check_tag(event, "map", builder)
                builder.open_mapping(_place(event), event.anchor)
            else:
                _check_tag(event, "seq", builder)
                builder.open_list(_place(event), event.anchor)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            builder.close()
        case yaml.AliasEvent():
            if builder.wants_key:
                raise Unparsable("A key cannot be an alias.", "Write the key out.", _place(event), builder.path)
            builder.alias(str(event.anchor), _place(event))
        case yaml.ScalarEvent() if builder.wants_key:
            _key(event, builder)
        case yaml.ScalarEvent():
            builder.scalar(_scalar(event, builder, report), _place(event), event.anchor)
        case _:
            pass


def _key(event: Any, builder: Builder) -> None:
    """Keys are texts as written: `on`, `1` and `true` are the keys "on", "1" and "true"."""
    if event.value == "<<" and event.implicit[0]:
        message = "`<<` merges mappings in YAML 1.1; YAML 1.2 has no merge keys."
        raise Unparsable(message, "Write the keys out.", _place(event), builder.path)
    if event.tag is not None:
        _check_tag(event, "str", builder)
    builder.key(event.value, _place(event))


def _scalar(event: Any, builder: Builder, report: Report) -> Any:
    text: str = event.value
    if event.tag is None or event.tag == "!":
        return plain(text, builder, report, _place(event)) if event.implicit[0] and event.tag is None else text
    name = event.tag.removeprefix(_CORE)
    if name == "str" and event.tag != name:
        return text
    value = plain(text, builder, report, _place(event)) if name in _SCALAR_TAGS else None
    fits = {
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | Decimal) and not isinstance(value, bool),
    }
    if event.tag == name or not fits.get(name, False):
        raise _unknown_tag(event, builder)
    return value


def plain(text: str, builder: Builder, report: Report, place: Place) -> Any:
    """The value of an unquoted scalar in the YAML 1.2 core schema, numbers exact."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return int(text[:60], 0)  # as far beyond the bounds as the rest
    if _NOT_FINITE.fullmatch(text):
        report.unreadable(builder.path, f"`{text}` is no finite number.", "Write a number, or quote it.", place)
        return 0
    if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
        return number(text, builder, report, place)
    return text


def number(text: str, builder: Builder, report: Report, place: Place) -> int | Decimal:
    """The exact number of a text that is one: an int without a point and exponent, else a Decimal."""
    try:
        exact = Decimal(text)
    except InvalidOperation:
        report.unreadable(builder.path, "This number has an exponent beyond ±308.", "Write a shorter number.", place)
        return 0
    whole = text.lstrip("+-").isdigit()
    return int(exact) if whole and len(text) < 1000 else exact


def _check_tag(event: Any, name: str, builder: Builder) -> None:
    if event.tag not in (None, "!", _CORE + name):
        raise _unknown_tag(event, builder)


def _unknown_tag(event: Any, builder: Builder) -> Unparsable:
    message = f"The tag `{event.tag}` does not fit here; a journey holds plain YAML values only."
    return Unparsable(message, "Remove the tag.", _place(event), builder.path)


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _unparsable(error: yaml.YAMLError, text: str) -> Unparsable:
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).splitlines()[0]
    context: str | None = getattr(error, "context", None)
    mark: Any = getattr(error, "problem_mark", None)
    place = (mark.line + 1, mark.column + 1) if mark else _control_character(text)
    fix = next((hint for found, hint in _HINTS if found in problem or found in (context or "")), None)
    return Unparsable(f"This is no YAML: {problem}.", fix or "Correct the text here or just before.", place)


def _control_character(text: str) -> Place | None:
    """Where the first character stands that YAML does not take; its reader gives no line."""
    found = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if found is None:
        return None
    before = text[: found.start()]
    return before.count("\n") + 1, found.start() - (before.rfind("\n") + 1) + 1
