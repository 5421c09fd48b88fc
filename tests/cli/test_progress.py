"""How far something long has come, as people read it."""

import pytest

from cli.progress import counted


@pytest.mark.parametrize(
    ("what", "done", "total", "text"),
    [
        ("bytes", 12_345_678, None, "12.3 MB"),
        ("bytes", 999, 2_000_000_000, "999 bytes of 2.0 GB"),
        ("rows", 1200, 45_000, "1,200 of 45,000 rows (2 %)"),
        ("rows", 0, 0, "0 of 0 rows (0 %)"),
        ("batches", 1200, None, "1,200 batches"),
        ("keys and indexes", 0, None, "keys and indexes"),
    ],
)
def test_a_count_reads_as_one(what: str, done: int, total: int | None, text: str):
    assert counted(what, done, total) == text
