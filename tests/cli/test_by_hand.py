"""A case led by hand from the terminal, on a sandbox whose clock is moved: each command against a real server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import inside, running, wait_until

JOURNEY = """
journey: closing
version: 1.0.0
context: {type: object, required: [case], properties: {case: {type: string}, book: {type: integer}}}
roles: {clerk: {name: Clerk}}
actions:
  deed.draw: {output: {type: object}}
atoms:
  - {id: draw, kind: system, action: deed.draw, enables: [sign]}
  - {id: sign, performed_by: clerk, compensated_by: tear-up, enables: [cool-off]}
  - {id: cool-off, kind: wait, for: P3D, enables: [recorded]}
  - {id: recorded, kind: wait, message: deed-recorded, correlate: {var: case}, enables: [file],
     output: {type: object, properties: {book: {type: integer}}}}
  - {id: file, performed_by: clerk, enables: [done]}
  - {id: done, kind: milestone, outcome: closed}
  - {id: tear-up, performed_by: clerk}
"""


SALE = """
journey: sale
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}}
documents: {deed: {name: Deed}, photo: {name: Photo}}
atoms:
  - {id: show, performed_by: clerk, produces: [deed, photo], enables: [seal]}
  - {id: seal, performed_by: clerk, requires_documents: [deed]}
"""


class Terminal:
    """`wayline` on the data folder of a server that runs; the commands run in this process, which is faster."""

    def __init__(self, data: str) -> None:
        self._data = data

    def __call__(self, *arguments: str) -> Any:
        """The answer of a command that must succeed."""
        status, told, errors = self._run(*arguments, "--json")
        assert status == 0, errors
        return json.loads(told)

    def refused(self, *arguments: str) -> str:
        """What a command that must not succeed says."""
        status, told, errors = self._run(*arguments)
        assert status == 1, told
        return errors

    def shown(self, *arguments: str) -> str:
        """What a command that must succeed shows to people."""
        status, told, errors = self._run(*arguments)
        assert status == 0, errors
        return told

    def _run(self, *arguments: str) -> tuple[int, str, str]:
        return inside(*arguments, "--data", self._data)

    def states(self, process: str) -> dict[str, str]:
        """The state of each atom."""
        return {step["atom"]: step["state"] for step in self("show", process)["process"]["steps"]}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    data = tmp_path_factory.mktemp("sandbox")
    with running("up", "--port", "0", "--data", str(data), "--sandbox", "--json") as up:
        up.answer()
        (data / "closing.yaml").write_text(JOURNEY, "utf-8")
        terminal = Terminal(str(data))
        with pytest.MonkeyPatch.context() as environment:
            for name in ("WAYLINE_TOKEN", "WAYLINE_SERVER", "WAYLINE_JWT_SECRET"):
                environment.delenv(name, raising=False)
            terminal("load", str(data / "closing.yaml"), "--publish")
            yield terminal


def test_a_case_is_led_to_its_end_by_hand(terminal: Terminal):
    process = terminal("start", "closing", "--set", "case=B-1")["id"]
    (work,) = terminal("work", "claim", "deed.draw", "--wait", "PT10S")["items"]
    assert terminal("work", "fail", work["id"], "--error", "the printer is off")["status"] == "pending"
    terminal("clock", "advance", "PT1M")  # the pause before the next attempt
    (work,) = terminal("work", "claim", "deed.draw", "--wait", "PT10S")["items"]
    terminal("work", "complete", work["id"], "--token", str(work["token"]))

    assert terminal("suspend", process, "--reason", "the borrower is away")["status"] == "suspended"
    assert "process_suspended" in terminal.refused("complete", f"{process}.2")
    assert terminal("resume", process)["status"] == "running"
    assert terminal("task", "claim", f"{process}.2")["status"] == "assigned"
    assert terminal("task", "block", f"{process}.2", "--reason", "no pen")["status"] == "blocked"
    assert terminal("task", "unblock", f"{process}.2")["status"] == "assigned"
    terminal("complete", f"{process}.2")

    assert terminal.states(process)["cool-off"] == "active"
    assert terminal("clock", "advance", "P3D")["stops"] == 1
    assert terminal.states(process)["recorded"] == "active"
    assert "recorded" in terminal.shown("message", "deed-recorded", "--to", "B-1", "--set", "book=117")
    assert terminal("repeat", process, "recorded", "--reason", "the wrong book")["status"] == "running"
    skipped = terminal("skip", process, "recorded", "--reason", "on paper", "--take", "file")
    assert {step["atom"]: step["state"] for step in skipped["steps"]}["file"] == "active"
    terminal("complete", skipped["open_tasks"][0])
    assert terminal("show", process)["process"]["outcome"] == "closed"
    assert "process_ended" in terminal.refused("cancel", process, "--reason", "too late")


def test_a_failed_task_is_retried_with_all_others_or_skipped(terminal: Terminal):
    process = _at_sign(terminal, "B-2")
    assert terminal("task", "fail", f"{process}.2", "--reason", "no pen")["status"] == "failed"
    listed = terminal("incidents", "retry", "--all", "--journey", "closing", "--dry-run", "--reason", "look")
    assert [item["status"] for item in listed["items"]] == [None]
    assert terminal.shown("retry", "--all", "--code", "task_failed", "--reason", "there is one").count("resolved") == 1
    (task,) = terminal("show", process)["process"]["open_tasks"]
    terminal("task", "fail", task, "--reason", "no pen")
    (incident,) = terminal("incidents", "--process", process)
    terminal("incidents", "skip", incident["id"], "--reason", "signed at home", "--take", "cool-off")
    assert terminal.states(process)["cool-off"] == "active"
    assert terminal("end", process, "--status", "failed", "--reason", "the branch closed")["status"] == "failed"


def test_a_cancelled_case_undoes_what_was_done(terminal: Terminal):
    process = _at_sign(terminal, "B-3")
    terminal("complete", f"{process}.2")
    added = terminal("task", "add", "Call the borrower", "--role", "clerk", "--process", process, "--optional")
    assert (added["kind"], added["optional"]) == ("ad_hoc", True)
    cancelled = terminal("cancel", process, "--reason", "withdrawn", "--compensate")
    assert (cancelled["status"], cancelled["compensating"]) == ("running", True)
    terminal("complete", cancelled["open_tasks"][0])
    assert terminal("show", process)["process"]["status"] == "cancelled"


def test_a_task_goes_from_hand_to_hand_and_is_talked_about(terminal: Terminal):
    task = f"{_at_sign(terminal, 'B-8')}.2"
    assert terminal("task", "assign", task, "--to", "ann", "--reason", "she knows them")["assignee"] == "ann"
    assert terminal("task", "start", task)["status"] == "in_progress"
    delegated = terminal("task", "delegate", task, "--to", "ben")
    assert (delegated["assignee"], delegated["delegated_by"]) == ("ben", "ann")
    assert terminal("task", "return", task)["assignee"] == "ann"
    changed = terminal("task", "set", task, "--priority", "high", "--due", "2100-01-01")
    assert (changed["priority"], changed["due_at"]) == ("high", "2100-01-01T00:00:00.000Z")
    assert terminal("task", "set", task, "--due", "never")["due_at"] is None
    assert "nobody_above" in terminal.refused("task", "escalate", task, "--reason", "too long")
    assert terminal("task", "escalate", task, "--reason", "too long", "--to-role", "boss")["escalations"] == 1
    assert terminal("task", "comment", task, "The deed came", "--link", "deed=https://dms.test/7")["links"]
    assert "https://dms.test/7" in terminal.shown("task", "comments", task)
    assert terminal("task", "draft", task, "--set", "score=640")["output"] == {"score": 640}
    assert "640" in terminal.shown("task", "draft", task)
    assert "Removed" in terminal.shown("task", "draft", task, "--remove")
    assert "draft_not_found" in terminal.refused("task", "draft", task)
    leaving = ("task", "move", "--from", "ann", "--to", "ben", "--reason", "Ann leaves")
    assert "1 task would be moved" in terminal.shown(*leaving, "--preview")
    assert "1 task moved" in terminal.shown(*leaving)
    assert terminal("task", "release", task)["status"] == "pending"


def test_a_start_waits_for_its_time(terminal: Terminal):
    process = terminal("start", "closing", "--set", "case=B-4", "--not-before", "2100-01-01")
    assert (process["status"], process["steps"]) == ("pending", [])


def test_what_an_incident_complains_of_is_changed_and_retried(terminal: Terminal):
    """R18."""
    process = _at_sign(terminal, "B-5")
    changed = terminal("change", process, "case=B-6", "book=7", "--reason", "a slip of the pen")
    assert changed["context"] == {"case": "B-6", "book": 7}
    assert "book is not there any more" in terminal.shown("change", process, "book=null", "--reason", "guessed")
    assert "context_invalid" in terminal.refused("change", process, "book=many", "--reason", "wrong")
    terminal("task", "fail", f"{process}.2", "--reason", "no pen")
    (incident,) = terminal("incidents", "--process", process)
    told = terminal.shown("incidents", "--process", process)
    assert f"wayline change {process} NAME=VALUE" in told and f"wayline retry {incident['id']} " in told
    terminal("end", process, "--status", "failed", "--reason", "tried enough")


def test_a_paused_journey_is_started_by_nobody(terminal: Terminal):
    assert terminal("pause", "closing")["paused"]
    assert "journey_paused" in terminal.refused("start", "closing", "--set", "case=B-7")
    assert "can be started" in terminal.shown("unpause", "closing")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("tasks --process nonsense", "There is no process nonsense"),
        ("tasks --role bogus", "There are: clerk."),
        ("questions stuck --param journey=nope", "There are: closing."),
        ("questions next_atoms --param taken=a --param process=p --param atom=a", 'write it as ["atom-a", "atom-b"]'),
        ("task claim 0199a0c4", "There is no task 0199a0c4, or you may not see it; the id of a task ends in a number"),
        ("show 0199a0c4.1", "that is the id of a task or an incident, of the process 0199a0c4"),
        ("retry 0199a0c4 --reason r", "the id of an incident ends in a number"),
        ("start nope", "There are: closing."),
        ("start closing@9.9.9", "Published are: 1.0.0."),
    ],
)
def test_a_name_that_nothing_has_is_repeated_with_what_there_is(terminal: Terminal, words: str, told: str):
    assert told in terminal.refused(*words.split())


def test_a_journey_with_drafts_only_says_how_it_is_published(terminal: Terminal, tmp_path: Path):
    document = tmp_path / "drafted.yaml"
    document.write_text(JOURNEY.replace("journey: closing", "journey: drafted"), "utf-8")
    terminal("load", str(document))
    told = terminal.refused("start", "drafted")
    assert "No version of drafted is published; 1.0.0 is a draft." in told and "wayline load FILE --publish" in told


def _at_sign(terminal: Terminal, case: str) -> str:
    """A case whose deed is drawn."""
    process: str = terminal("start", "closing", "--set", f"case={case}")["id"]
    (work,) = terminal("work", "claim", "deed.draw", "--wait", "PT10S")["items"]
    terminal("work", "complete", work["id"])
    wait_until(lambda: terminal.states(process).get("sign") == "active", "the task to sign")
    return process


def test_documents_of_a_case_are_brought_judged_and_listed(terminal: Terminal, tmp_path: Path):
    (tmp_path / "sale.yaml").write_text(SALE, "utf-8")
    terminal("load", str(tmp_path / "sale.yaml"), "--publish")
    process = terminal("start", "sale")["id"]
    (task,) = terminal("tasks", "--process", process)
    terminal("complete", task["id"])
    (task,) = terminal("tasks", "--process", process)
    refused = terminal.refused("complete", task["id"])
    assert "documents_missing: seal cannot be completed before" in refused
    assert "`wayline documents PROCESS`" in refused
    assert f"deed holds up {task['id']}" in terminal.shown("documents", process)
    link = "--link=deed.pdf=https://files.example/1"
    assert terminal("document", "receive", process, "deed", link, "--note", "by mail")["version"] == 1
    told = terminal.shown("document", "refuse", process, "deed", "--version", "1", "--reason", "page two is missing")
    assert told == "Deed is refused\n"
    shown = terminal.shown("documents", process)
    assert ": page two is" in shown and "https://files.example/1" in shown
    terminal("document", "receive", process, "deed", link)
    assert "stale_version" in terminal.refused("document", "accept", process, "deed", "--version", "1")
    assert terminal.shown("document", "accept", process, "deed") == "Deed is accepted, version 2\n"
    deed, photo = terminal("documents", process)
    assert (deed["state"], deed["waiting"], photo["state"]) == ("accepted", [], "missing")
    assert terminal("complete", task["id"])["process"]["status"] == "completed"
