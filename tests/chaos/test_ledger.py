"""The ledger, and the invariants that hold it against what is there."""

from pathlib import Path

import pytest

from chaos.calls import Reply
from chaos.invariants import Evidence, acknowledged_once, refused_absent, settled, unknown_whole_or_absent
from chaos.ledger import Command, Ledger, Outcome
from chaos.reading import Noted, Remembered

DONE = Reply(200, b'{"task": "p-1.3"}')


def completion(key: str = "k-1") -> Command:
    return Command(key, "carla", "complete", "/api/tasks/p-1.3/complete", b"{}", process="p-1", task=3)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


def left(*, answers: int = 1, events: int = 1, body: str = '{"task": "p-1.3"}') -> Evidence:
    noted = [Noted("p-1", "task.completed", 3, None)] * events
    return Evidence({"r-1": noted}, {("carla", "k-1"): [Remembered(200, body)] * answers}, {})


def given(ledger: Ledger, *replies: Reply) -> Command:
    command = completion()
    for reply in replies:
        ledger.given(command, "r-1")
        ledger.answered(command, reply)
    return command


def test_a_command_is_unknown_until_an_answer_of_success_or_a_refusal_comes(ledger: Ledger):
    command = completion()
    ledger.given(command, "r-1")
    ledger.answered(command, Reply(503, b""))
    assert ledger.unknown() == [command]
    ledger.answered(command, DONE)
    assert command.outcome is Outcome.ACKNOWLEDGED
    assert given(ledger_of(ledger), Reply(409, b"{}")).outcome is Outcome.REFUSED


def ledger_of(ledger: Ledger) -> Ledger:
    return Ledger(ledger.file.with_name("other.jsonl"))


def test_a_refusal_after_an_unknown_request_settles_nothing_before_all_is_at_rest(ledger: Ledger):
    """The request before it may be under way yet, and refusals are judged afresh (R17)."""
    command = given(ledger, Reply(503, b""), Reply(409, b"{}"))
    assert not command.settled
    ledger.answered(command, Reply(409, b"{}"), last=True)
    assert command.outcome is Outcome.REFUSED


def test_an_internal_error_settles_nothing_and_is_found(ledger: Ledger):
    command = given(ledger, Reply(500, b"oops"), DONE)
    assert [finding.sentence for finding in settled([command])] == ["it was answered 500 oops"]


def test_a_key_is_of_one_command(ledger: Ledger):
    ledger.given(completion(), "r-1")
    with pytest.raises(ValueError, match="k-1"):
        ledger.given(completion(), "r-2")


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (left(), None),
        (left(answers=0), "its answer is remembered 0 times"),
        (left(answers=2), "its answer is remembered 2 times"),
        (left(body="{}"), "another answer is remembered than the client got"),
        (left(events=0), "its event is in the history 0 times"),
        (left(events=2), "its event is in the history 2 times"),
    ],
)
def test_an_acknowledged_command_is_there_exactly_once(ledger: Ledger, evidence: Evidence, sentence: str | None):
    found = [finding.sentence for finding in acknowledged_once([given(ledger, DONE)], evidence)]
    assert found == ([sentence] if sentence else [])


def test_a_refused_command_leaves_neither_answer_nor_event(ledger: Ledger):
    command = given(ledger, Reply(409, b"{}"))
    assert [*refused_absent([command], left(answers=0, events=0))] == []
    assert len([*refused_absent([command], left())]) == 2


@pytest.mark.parametrize(
    ("answers", "events", "whole"), [(1, 1, True), (0, 0, True), (1, 0, False), (0, 1, False), (1, 2, False)]
)
def test_an_unknown_command_is_whole_or_absent(ledger: Ledger, answers: int, events: int, whole: bool):
    command = given(ledger, Reply(503, b""))
    assert (not [*unknown_whole_or_absent([command], left(answers=answers, events=events))]) is whole
    assert [finding.sentence for finding in settled([command])] == ["it is unknown still, after 1 requests"]
