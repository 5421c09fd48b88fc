"""The published JSON Schema of documents: fresh, and of one mind with the reader on every single-key case."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from engine.loading.document_schema import document_schema, schema_text
from engine.loading.finding import Report
from engine.loading.keys import ATOM, KINDS, keys_of
from engine.loading.yaml_text import read_yaml
from tests.core.loading.documents import GONE, SMALL, changed
from tests.core.loading.orders import order
from tests.core.loading.right_orders import NEAR_MISSES
from tests.core.loading.test_findings import CASES
from tests.core.loading.wrong_orders import WRONG

_ROOT = Path(__file__).parents[3]
_SEEDS = sorted(path for path in (_ROOT / "seed" / "journeys").glob("*.yaml") if not path.stem.endswith(".cases"))
_validator = jsonschema_rs.Draft202012Validator(document_schema())

_NEEDED = {
    "human": {"performed_by": "clerk"},
    "system": {"action": "a"},
    "wait": {"for": "P1D"},
    "subjourney": {"calls": "a@^1"},
}


def test_the_committed_schema_is_fresh() -> None:
    """If not: `python -m engine.loading.document_schema docs/journey.schema.json`."""
    committed = (_ROOT / "docs" / "journey.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text()


def test_it_is_a_json_schema() -> None:
    assert jsonschema_rs.meta.is_valid(document_schema())
    assert msgspec.json.decode(schema_text()) == document_schema()


@pytest.mark.parametrize("path", _SEEDS, ids=lambda path: path.stem)
def test_it_accepts_the_seed_journeys(path: Path) -> None:
    assert [error.message for error in _validator.iter_errors(_value(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_accepts_what_the_reader_accepts(case: tuple[str, str, dict[str, Any], dict[str, Any]]) -> None:
    assert _validator.is_valid(SMALL)
    assert [error.message for error in _validator.iter_errors(changed(case[3]))] == []


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case[0] in ("unknown_key", "missing_key", "no_performer")]
)
def test_it_refuses_keys_as_the_reader_does(name: str) -> None:
    assert not _validator.is_valid(changed(CASES[name][2]))


@pytest.mark.parametrize("kind", KINDS.words)
def test_it_knows_which_keys_fit_a_kind(kind: str) -> None:
    for key in ATOM.keys:
        document = changed({"/atoms/0": {"id": "first", "kind": kind, **_NEEDED.get(kind, {}), key.name: 5}})
        found = [error for error in _validator.iter_errors(document) if "propertyNames" in error.schema_path]
        assert bool(found) is (key.name not in keys_of(kind)), key.name


def test_it_wants_one_way_of_grouping() -> None:
    atoms = SMALL["atoms"]
    assert _validator.is_valid(changed({"/atoms": GONE, "/modules": [{"id": "m", "atoms": atoms}]}))
    assert not _validator.is_valid(changed({"/modules": [{"id": "m", "atoms": atoms}]}))


def test_it_accepts_every_construct_and_what_is_almost_wrong() -> None:
    for changes in ((), *NEAR_MISSES.values()):
        assert [error.message for error in _validator.iter_errors(_value(order(*changes).text))] == [], changes


@pytest.mark.parametrize(
    "name", [name for name, case in WRONG.items() if case[0] in ("unknown_key", "missing_key", "no_performer")]
)
def test_it_refuses_what_is_missing_in_or_foreign_to_a_construct(name: str) -> None:
    assert not _validator.is_valid(_value(order(*WRONG[name][2:]).text))


def _value(text: str) -> Any:
    root = read_yaml(text, Report())
    assert root is not None
    return root.value
