"""The identity of a document's content: the same for YAML and JSON, whatever its layout, comments and key order."""

import hashlib
from collections.abc import Sequence
from typing import Any, cast

from engine.core.values import canonical

_ORDERED = ("sets", "otherwise")
"""Keys whose own keys are computed in file order (R9); their order is content."""


def content_hash(document: Any) -> str:
    """The SHA-256 of a parsed document, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(_with_order(document))).hexdigest()


def _with_order(value: Any, key: str = "") -> Any:
    if isinstance(value, list):
        return [_with_order(element) for element in cast("Sequence[Any]", value)]
    if not isinstance(value, dict):
        return value
    pairs = [(name, _with_order(element, name)) for name, element in cast("dict[str, Any]", value).items()]
    return [list(pair) for pair in pairs] if key in _ORDERED else dict(pairs)
