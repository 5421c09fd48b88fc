"""The pages that people read: what they link to and name is there."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, named, written

PAGES = written(".md")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
FILE = re.compile(r"`((?:api|bench|cli|cypher|docs|engine|graph|local|seed|tests)/[\w/.-]*)`")
LONGEST_DECISION = 30
PARTS = ["**Decided.**", "**Why.**", "**Instead of.**", "**Price.**", "**Kept by.**"]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_links_to_is_there(page: Path):
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    assert not [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"], ids=named)
def test_what_the_map_names_is_there(page: Path):
    assert not [name for name in FILE.findall(page.read_text("utf-8")) if not (ROOT / name).exists()]


def test_the_map_names_every_part_of_the_house():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    parts = [path.name for path in (ROOT / "engine").glob("*.py") if path.stem != "__init__"]
    parts += [f"{path.parent.name}/" for path in (ROOT / "engine").glob("*/__init__.py")]
    assert not [part for part in parts if part not in text]


def test_decisions_are_numbered_without_gaps():
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04d}-" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("page", DECISIONS, ids=named)
def test_a_decision_is_half_a_page_and_names_what_keeps_it(page: Path):
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.name[:4]} ")
    assert len(text.splitlines()) <= LONGEST_DECISION
    assert [text.count(part) for part in PARTS] == [1] * len(PARTS)
    assert sorted(PARTS, key=text.index) == PARTS
    assert LINK.search(text.partition("**Kept by.**")[2]), "link the test, the lint or the code that keeps it"
