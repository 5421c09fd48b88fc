"""JSON values with exact numbers: reading, writing, and the bounds of what may enter.

A number is an `int` or a `Decimal`, never a `float`. Semantics, Rules: at most 34 significant digits and exponents
within ±308; texts hold no NUL. What stands for a sensitive value where that is not shown does not enter either.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from typing import Any, Final, cast

import msgspec

DIGITS: Final = 34
EXPONENT: Final = 308
DEPTH: Final = 64

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_canonical = msgspec.json.Encoder(decimal_format="number", order="sorted")


def decode(text: bytes | str) -> Any:
    """The value of a JSON text, its numbers exact.

    Raises:
        ValueError: when it is no JSON, or nested too deeply to be read.
    """
    try:
        return _decoder.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def encode(value: Any) -> bytes:
    """The JSON text of a value or of a dataclass of values; decimals are numbers, written exactly as they are."""
    return _encoder.encode(value)


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: keys sorted, equal numbers written alike (1.50 and 1.5)."""
    return _canonical.encode(_normal(value))


def entering(value: Any) -> list[dict[str, str]]:
    """What keeps a value from entering, as `{pointer, message}`; empty when it may."""
    return [{"pointer": pointer, "message": message} for pointer, message in _trespasses(value, "", 0)]


def harmless(text: bytes) -> bool:
    """Whether a JSON text is so plain that `entering` finds nothing in its value, at a fraction of the cost.

    False says nothing: there may be a number, an escape or a depth beyond the bounds.
    """
    return text.count(b"{") + text.count(b"[") <= DEPTH and b'"$se' not in text and not _DOUBTFUL.search(text)


KEPT_NAMES: Final = frozenset({"$sealed", "$sensitive"})
"""Names of objects that stand in the place of sensitive values: in the database, and in answers to who may not see."""

_DOUBTFUL: Final = re.compile(rb"\\u00(?:00|[2-7])|[0-9.]{%d}|[0-9][eE][+-]?[0-9]{3}" % (DIGITS + 1))
"""What a NUL, a sign in disguise, too many digits and too large an exponent are spelled with; texts may hold it."""


def _trespasses(value: Any, pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEPTH:
        yield pointer, f"is nested deeper than {DEPTH} levels"
        return
    match value:
        case bool() | None:
            pass
        case str():
            yield from _text(value, pointer)
        case int() | Decimal() | float():
            yield from _number(value, pointer)
        case dict() | Mapping():
            for key, item in cast("Mapping[Any, Any]", value).items():
                place = f"{pointer}/{escape(str(key))}"
                yield from _name(key, place)
                yield from _trespasses(item, place, depth + 1)
        case list() | tuple():
            for index, item in enumerate(cast("list[Any]", value)):
                yield from _trespasses(item, f"{pointer}/{index}", depth + 1)
        case _:
            yield pointer, f"is no JSON value, but a {type(value).__name__}"


def _name(key: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if not isinstance(key, str):
        yield pointer, "has a name that is no text"
    elif key in KEPT_NAMES:
        yield pointer, "stands for a sensitive value that is not shown; leave it out, or give the value"
    else:
        yield from _text(key, pointer)


def _text(text: str, pointer: str) -> Iterator[tuple[str, str]]:
    if "\0" in text:
        yield pointer, "holds a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        yield pointer, "holds half of a surrogate pair, which is no character"


def _number(number: float | Decimal, pointer: str) -> Iterator[tuple[str, str]]:
    exact = number if isinstance(number, Decimal) else Decimal(str(number))
    if not exact.is_finite():
        yield pointer, "is no finite number"
        return
    if exact and abs(exact.adjusted()) > EXPONENT:
        yield pointer, f"has an exponent beyond ±{EXPONENT}"
        return
    _, digits, exponent = exact.as_tuple()
    if abs(cast("int", exponent)) > EXPONENT + DIGITS:
        yield pointer, f"has an exponent beyond ±{EXPONENT}"
    elif len("".join(map(str, digits)).strip("0")) > DIGITS:
        yield pointer, f"has more than {DIGITS} significant digits"


def escape(key: str) -> str:
    """A key as a segment of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _shortest(value: Decimal) -> Decimal:
    # The default context would round to 28 digits: two numbers that differ would be written alike.
    return value.normalize(Context(prec=max(len(value.as_tuple().digits), 1)))


def _normal(value: Any) -> Any:
    match value:
        case str() | int() | None:
            return value
        case Decimal():
            whole = value.to_integral_value()
            return int(whole) if value == whole and abs(value.adjusted()) < DIGITS else _shortest(value)
        case dict() | Mapping():
            return {key: _normal(item) for key, item in cast("Mapping[str, Any]", value).items()}
        case list() | tuple():
            return [_normal(item) for item in cast("list[Any]", value)]
        case _:
            return value
