"""The OpenAPI document: 3.1, complete, and the one that is kept in docs."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from api.app import build_app
from api.openapi import describe, text
from engine.core.errors import CODES

KEPT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(build_app())


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_the_document_in_docs_is_fresh(document: dict[str, Any]):
    assert KEPT.read_text("utf-8") == text(document), "run: python -m api.openapi > docs/openapi.json"


def test_it_is_openapi_3_1_with_every_code(document: dict[str, Any]):
    assert document["openapi"].startswith("3.1.")
    assert document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == sorted(CODES)


def test_operations_have_names_of_their_own(document: dict[str, Any]):
    names = Counter(operation["operationId"] for operation in operations(document))
    assert [name for name, times in names.items() if times > 1] == []


def test_every_operation_says_what_it_does_and_how_it_refuses(document: dict[str, Any]):
    for operation in operations(document):
        assert operation["description"]
        assert "default" in operation["responses"]
        assert "422" not in operation["responses"]


def test_every_command_takes_an_idempotency_key(document: dict[str, Any]):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            named = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert ("Idempotency-Key" in named) == (method != "get"), f"{method} {path}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/api/processes", "/api/processes/start"),
        ("/api/processes/{id}/cancel", "/api/processes/{id}/abort"),
        ("/api/processes/{id}/history", "/api/processes/{id}/events"),
    ],
)
def test_both_spellings_of_an_operation_are_the_same_operation(document: dict[str, Any], one: str, other: str):
    for method in set(document["paths"][one]) & set(document["paths"][other]):
        first, second = document["paths"][one][method], document["paths"][other][method]
        for key in ("description", "requestBody", "responses"):
            assert first.get(key) == second.get(key)
