"""`firm`: an engine in memory with its people, another for each test."""

import pytest

from tests.conformance.resource_patterns.firm import Firm


@pytest.fixture
def firm() -> Firm:
    return Firm()
