"""Reads JSON (RFC 8259) with positions. Stricter than YAML: no comments, no bare words, no commas before a bracket."""

import re
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final, cast

from engine.loading.building import Builder
from engine.loading.finding import Report
from engine.loading.tree import Node, Place, Unparsable
from engine.loading.yaml_text import number

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD: Final = re.compile(r"[A-Za-z]+")
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}


def read_json(text: str, report: Report) -> Node | None:
    """The tree of a JSON text.

    Raises:
        Unparsable: where the text cannot be read any further.
    """
    return _Reader(text, report).read()


_decoder: Final = JSONDecoder()


class _Reader:
    """One pass over the text. `_at` is the offset, `_line` the line there and `_line_start` that line's offset."""

    def __init__(self, text: str, report: Report) -> None:
        self._text = text
        self._report = report
        self._builder = Builder(report)
        self._open: list[str] = []
        self._at = 0
        self._line = 1
        self._line_start = 0

    def read(self) -> Node | None:
        self._skip()
        if self._at == len(self._text):
            return None
        self._value()
        while self._open:
            self._next()
        self._skip()
        if self._at < len(self._text):
            raise self._wrong("the end of the document", "Remove what follows the last `}`.")
        return self._builder.root

    def _next(self) -> None:
        """After a value: the closing bracket, or a comma and the next element."""
        self._skip()
        closing = self._open[-1]
        if self._peek() == closing:
            self._close()
            return
        self._expect(",", f"`,` or `{closing}`", "Put a comma between elements, and close every bracket.")
        self._element()

    def _element(self) -> None:
        self._skip()
        if self._open[-1] == "}":
            place = self._place()
            if self._peek() != '"':
                raise self._wrong("a key in double quotes", "Write keys in double quotes, and no comma after the last.")
            self._builder.key(self._string(), place)
            self._skip()
            self._expect(":", "`:` after the key", "Put a colon between the key and its value.")
            self._skip()
        self._value()

    def _value(self) -> None:
        self._skip()
        place, first = self._place(), self._peek()
        if first in ("{", "["):
            self._at += 1
            self._open_container(first, place)
        elif first == '"':
            self._builder.scalar(self._string(), place)
        elif match := _NUMBER.match(self._text, self._at):
            self._at = match.end()
            self._builder.scalar(number(match.group(), self._builder, self._report, place), place)
        elif (match := _WORD.match(self._text, self._at)) and match.group() in _WORDS:
            self._at = match.end()
            self._builder.scalar(_WORDS[match.group()], place)
        else:
            raise self._wrong("a value", "Write a text in double quotes, a number, true, false, null, `[` or `{`.")

    def _open_container(self, bracket: str, place: Place) -> None:
        if bracket == "{":
            self._builder.open_mapping(place)
        else:
            self._builder.open_list(place)
        self._open.append("}" if bracket == "{" else "]")
        self._skip()
        if self._peek() == self._open[-1]:
            self._close()
        else:
            self._element()

    def _close(self) -> None:
        self._at += 1
        self._open.pop()
        self._builder.close()

    def _string(self) -> str:
        try:
            value, self._at = cast("tuple[str, int]", _decoder.raw_decode(self._text, self._at))
        except JSONDecodeError as error:
            self._at = error.pos
            fix = "Close the text with a double quote, and write line ends and tabs as \\n and \\t."
            raise Unparsable(f"This is no JSON: {error.msg}.", fix, self._place(), self._builder.path) from error
        return value

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        space = match.group()
        lines = space.count("\n")
        if lines:
            self._line += lines
            self._line_start = self._at + space.rfind("\n") + 1
        self._at = match.end()

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, sign: str, wanted: str, fix: str) -> None:
        if self._peek() != sign:
            raise self._wrong(wanted, fix)
        self._at += 1

    def _place(self) -> Place:
        return self._line, self._at - self._line_start + 1

    def _wrong(self, wanted: str, fix: str) -> Unparsable:
        found = f"`{self._peek()}`" if self._peek() else "the end of the text"
        message = f"This is no JSON: expected {wanted}, found {found}."
        return Unparsable(message, fix, self._place(), self._builder.path)
