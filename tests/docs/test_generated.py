"""Generated pages are those that the code makes now; `make docs` writes them anew."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api import permissions
from engine import chart
from engine.core.documents import DOCUMENT
from engine.core.states import PROCESS, STEP, TASK
from engine.loading import reference
from engine.loading.keys import ATOM, JOURNEY

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [("states.md", chart.page), ("journey-file.md", reference.page), ("permissions.md", permissions.page)],
)
def test_the_page_is_fresh(name: str, page: Callable[[], str]) -> None:
    assert (DOCS / name).read_text("utf-8") == page()


def test_the_chart_draws_every_change_of_every_table() -> None:
    drawn = chart.page()
    for table in (PROCESS, STEP, TASK, DOCUMENT):
        for state, verbs in table.items():
            assert all(f"  {state} --> " in drawn and f"| {state} | {verb} | " in drawn for verb in verbs)


def test_the_table_of_permissions_has_every_role_and_every_permission() -> None:
    head, *rows = [line for line in permissions.page().splitlines() if line.startswith("| ")]
    assert all(f" {role} |" in head for role in permissions.ROLES)
    ticks = {row.split("`")[1]: row.count("✓") for row in rows[1:]}
    assert ticks["task:act_any"] == 1 and ticks["journey:read"] == 1 + len(permissions.ROLES)
    assert set(ticks) == permissions.PERMISSIONS


def test_the_reference_has_every_key() -> None:
    page = reference.page()
    assert all(f"| `{key.name}`" in page for fields in (JOURNEY, ATOM) for key in fields.keys)
