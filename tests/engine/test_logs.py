"""The log: one line an event, with the request's correlation id, and nothing that is secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from engine.logs import configure_logs
from engine.settings import Settings


@pytest.fixture(autouse=True)
def _the_log_is_left_as_it_was() -> Iterator[None]:
    handlers, level = [*logging.root.handlers], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    structlog.reset_defaults()


def test_json_lines_carry_level_time_and_correlation_id(capsys: pytest.CaptureFixture[str]):
    configure_logs(Settings(log_format="json"))
    with structlog.contextvars.bound_contextvars(correlation_id="r-1"):
        structlog.get_logger("wayline").info("projected", events=3)
        logging.getLogger("a.library").warning("slow")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["event"], first["level"], first["events"], first["correlation_id"]) == ("projected", "info", 3, "r-1")
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["level"], second["correlation_id"]) == ("slow", "warning", "r-1")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]):
    configure_logs(Settings(log_level="warning"))
    structlog.get_logger("wayline").info("fine")
    logging.getLogger("a.library").info("fine")
    assert not capsys.readouterr().err


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_traceback_does_not_show_what_variables_hold(capsys: pytest.CaptureFixture[str], format: str):
    configure_logs(Settings(log_format=format))
    try:
        password = "do-not-" + "show-me"
        raise RuntimeError(f"{len(password)} characters")
    except RuntimeError:
        structlog.get_logger("wayline").exception("failed")
    written = capsys.readouterr().err
    assert "RuntimeError" in written
    assert "do-not-show-me" not in written
