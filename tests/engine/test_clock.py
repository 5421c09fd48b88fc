"""New ids: UUIDs of version 7 (RFC 9562, section 5.7), whose text sorts by the time they were made."""

import time
from uuid import RFC_4122, UUID

import pytest

from engine.clock import new_id


def test_an_id_is_a_uuid_of_version_7():
    for _ in range(200):
        id = new_id()
        assert str(UUID(id)) == id
        assert (UUID(id).version, UUID(id).variant) == (7, RFC_4122)


def test_an_id_tells_when_it_was_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_772_352_000_123_456_789)
    assert UUID(new_id()).int >> 80 == 1_772_352_000_123


def test_ids_sort_by_the_time_they_were_made(monkeypatch: pytest.MonkeyPatch):
    ids: list[str] = []
    for second in range(1, 100):
        monkeypatch.setattr(time, "time_ns", lambda second=second: second * 10**9)
        ids.append(new_id())
    assert ids == sorted(ids)


def test_every_bit_that_is_not_fixed_is_drawn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    drawn = [UUID(new_id()).int for _ in range(200)]
    ever, always = 0, -1
    for number in drawn:
        ever, always = ever | number, always & number
    fixed = 0xF << 76 | 0b11 << 62
    assert (ever | fixed, always & ~fixed) == ((1 << 80) - 1, 0)
    assert len(set(drawn)) == len(drawn)
