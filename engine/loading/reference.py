"""The reference of the journey file as a page: `python -m engine.loading.reference > docs/journey-file.md`.

Written from the same table of keys that reads documents.
"""

import sys
from collections.abc import Iterator
from typing import Final

from engine.loading.keys import ATOM, JOURNEY, WORKING
from engine.loading.shapes import (
    Anything,
    AtomShape,
    BusinessSpan,
    Fields,
    Flag,
    JsonSchema,
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

_INTRODUCTION: Final = """# The journey file: every key

This page is generated from the table of keys in `engine/loading/keys.py`, which also reads documents and gives editors
their [JSON Schema](journey.schema.json). What the keys mean when a journey runs is in the
[designer's guide](designers-guide.md). A document is YAML 1.2 or JSON; any other key is refused, with the nearest one
named. A property of `context`, `output` or an action's schemas that is marked `x-sensitive: true` is
[sensitive](sensitive.md).
"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [_INTRODUCTION]
    seen: dict[str, Fields] = {}
    ahead = [JOURNEY]
    while ahead:
        fields = ahead.pop(0)
        if fields.noun in seen:
            continue
        seen[fields.noun] = fields
        parts.append(_section(fields))
        for key in fields.keys:
            ahead += [below for below in _objects(key.shape) if below.noun not in seen]
    return "\n".join(parts)


def _section(fields: Fields) -> str:
    by_kind = any(key.kinds for key in fields.keys)
    head = ["key", "takes", *(["for"] if by_kind else []), "meaning"]
    lines = [f"## {fields.noun.capitalize()}", ""]
    if fields.one_of:
        wanted = " or ".join(f"`{name}`" for name in fields.one_of)
        several = len(fields.one_of) > 1
        lines += [f"Exactly one of {wanted} must be there." if several else f"{wanted} must be there.", ""]
    lines += [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for key in fields.keys:
        name = f"`{key.name}`" + (" *(required)*" if key.required else "")
        kinds = [", ".join(key.kinds or ("all",))] if by_kind else []
        lines.append(f"| {' | '.join([name, _said(key.shape), *kinds, key.about])} |")
    return "\n".join([*lines, ""])


def _said(shape: Shape) -> str:  # noqa: C901, PLR0911, PLR0912 - one case for each shape
    match shape:
        case Text(noun=noun, refers=refers, but=but):
            return f"id of one of `{refers}`" + (f", or `{but[0]}`" if but else "") if refers else noun
        case Word(words=words):
            return r" \| ".join(f"`{word}`" for word in words)
        case Flag():
            return "true or false"
        case Number(whole=whole, least=least, most=most):
            bounds = [f"{word} {end:,}" for word, end in (("from", least), ("to", most)) if end is not None]
            return " ".join(["whole number" if whole else "number", *bounds])
        case Span(working=True):
            return f"ISO 8601 duration, or {_said(WORKING)}"
        case Span():
            return "ISO 8601 duration"
        case BusinessSpan():
            return "ISO 8601 duration in days, hours, minutes and seconds"
        case Logic(texts="themselves", span=False):
            return "JSONLogic"
        case Logic(span=True):
            return f"duration, {_said(WORKING)}, JSONLogic or the name of a rule"
        case Logic():
            return "JSONLogic or the name of a rule"
        case JsonSchema():
            return "JSON Schema"
        case Anything():
            return "any value"
        case Listing(of=of):
            return f"list of {_said(of)}"
        case OneOrMany(of=of):
            return f"{_said(of)}, or a list"
        case Names(of=of):
            return f"name → {_said(of)}"
        case Fields(noun=noun):
            return f"[{noun}](#{noun.replace(' ', '-')})"
        case Short(short=short, long=long):
            return f"{_said(short)}, or {_said(long)}"
        case AtomShape():
            return "[atom](#atom)"


def _objects(shape: Shape | None) -> Iterator[Fields]:
    match shape:
        case Fields():
            yield shape
        case Listing(of=of) | OneOrMany(of=of) | Names(of=of):
            yield from _objects(of)
        case Short(long=long):
            yield long
        case Span(working=True) | Logic(span=True):
            yield WORKING
        case AtomShape():
            yield ATOM
        case _:
            pass


if __name__ == "__main__":
    sys.stdout.write(page())
