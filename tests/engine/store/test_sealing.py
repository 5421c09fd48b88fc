"""Sealed, opened, covered: texts alone; what the database holds is in test_sensitive.py."""

import base64
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.values import decode, encode
from engine.settings import Settings, SettingsError
from engine.store.sealing import (
    Keys,
    SealBroken,
    covered,
    decode_covered,
    keys_of,
    opened,
    text_opened,
    text_sealed,
)

FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 250))
SECRET = "078-05-1120"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text() | st.sampled_from(['{"$sealed": "x"}', "\\"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def as_columns_have_it(value: Any) -> list[str]:
    """The JSON texts that `json` and `jsonb` columns may give for a value."""
    text = encode(value).decode()
    return [text, re.sub(r'("\$sealed"):("[^"]*")', r"\1: \2", text)]


@given(VALUES, VALUES)
def test_what_was_sealed_opens_to_the_same_value_wherever_it_stands(secret: Any, plain: Any) -> None:
    keys = Keys([FIRST])
    whole = {"a": [keys.hidden(secret), plain], "b": keys.hidden({"deep": secret})}
    for text in as_columns_have_it(whole):
        assert decode(opened(text, keys)) == {"a": [secret, plain], "b": {"deep": secret}}
        assert decode(covered(text)) == {"a": [{"$sensitive": True}, plain], "b": {"$sensitive": True}}
        assert decode_covered(text.encode()) == decode(covered(text))


def test_numbers_keep_their_digits() -> None:
    keys = Keys([FIRST])
    text = encode({"n": keys.hidden(Decimal("1.10"))}).decode()
    assert opened(text, keys) == '{"n":1.10}'


def test_the_secret_is_not_to_be_read_and_its_length_hardly_to_be_guessed() -> None:
    keys = Keys([FIRST])
    texts = [encode(keys.hidden(value)).decode() for value in (SECRET, True, False, None, 7)]
    assert not any(SECRET in text or base64.b64encode(SECRET.encode()).decode() in text for text in texts)
    assert len({len(text) for text in texts}) == 1
    assert encode(keys.hidden(SECRET)).decode() != texts[0]


def test_the_first_key_seals_and_all_open() -> None:
    old, new = Keys([FIRST]), Keys([SECOND, FIRST])
    text = encode(old.hidden(SECRET)).decode()
    assert decode(opened(text, new)) == SECRET
    with pytest.raises(SealBroken, match=new.ids[0]):
        opened(encode(new.hidden(SECRET)).decode(), old)
    with pytest.raises(SealBroken, match="no keys"):
        opened(text, None)


def test_what_somebody_changed_does_not_open() -> None:
    keys = Keys([FIRST])
    text = encode(keys.hidden(SECRET)).decode()
    changed = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    with pytest.raises(SealBroken, match="changed"):
        opened(changed, keys)


def test_without_keys_a_text_stays_as_it_is() -> None:
    assert text_sealed("abc", None) == "abc" == text_opened("abc", None)
    keys = Keys([FIRST])
    assert text_opened(text_sealed('{"a": "ü\\""}', keys), keys) == '{"a": "ü\\""}'
    assert "abc" not in text_sealed("abc", keys)


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(b"x" * 31).decode(), "ü" * 44, f"{FIRST},nonsense"])
def test_what_is_no_key_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(SettingsError) as refused:
        keys_of(Settings(sensitive_keys=key or "x"))
    assert "WAYLINE_SENSITIVE_KEYS" in str(refused.value)
    assert not key or key not in str(refused.value)


def test_keys_come_in_either_alphabet_of_base64_and_never_show() -> None:
    settings = Settings(sensitive_keys=f"{SECOND}, {base64.urlsafe_b64encode(bytes([250]) * 32).decode()}")
    keys = keys_of(settings)
    assert keys is not None and len(keys.ids) == 1
    assert SECOND not in repr(settings)
    assert keys_of(Settings()) is None
