"""`wayline explain`: grouped by who would move it, names first, ids where one needs them, and why an atom is there."""

from typing import Any

import pytest

import cli.explaining
from cli.explaining import show_holders, show_why
from cli.main import main

NOW = "2026-03-01T12:00:00.000Z"


NAMES = {"b": "Sign", "c": "Close", "d": "Fund", "e": "File"}


def holder(kind: str, text: str, **more: Any) -> dict[str, Any]:
    usual = {"atom": "a", "visit": 1, "since": NOW, "who": [], "needs": "x", "unblocks": [], "id": None, "name": "A"}
    rest = {"item_index": None, "due_at": None, "writers": [], "child": None}
    return {"kind": kind, "text": text, **usual, **rest, **more}


def answer(*holders: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "process": "p",
        "status": "running",
        "title": "Kim, 250000",
        "waiting_for": list(holders),
        "names": NAMES,
        **more,
    }


INCIDENT = holder(
    "incident",
    "“Underwrite” cannot start because dti has no value.",
    id="p.1",
    needs="Give dti a value, then retry.",
    unblocks=["b", "c", "d", "e"],
)
TASK = holder("task", "“Sign” waits for someone with the role Clerk to take it.", id="p.3", who=["role:clerk"])
WORK = holder("task", "“Pull” waits for a worker to do credit.pull.", id="p.4", who=["action:credit.pull"])
WHY = {
    "atom": "j",
    "name": "Decide",
    "visit": 2,
    "state": "waiting",
    "text": "“Decide” has not started: it waits for “Sign”.",
    "reasons": ["This is visit 2 of “Decide”."],
    "path": [
        {"atom": "j", "source": "k", "state": "taken", "text": "“Look” was completed, and leads on to “Decide”."},
        {"atom": "j", "source": "a", "state": "open", "text": "“Sign” is under way."},
    ],
}


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_what_holds_a_process_is_grouped_with_what_one_needs_to_act(capsys: pytest.CaptureFixture[str]):
    show_holders(answer({**TASK, "unblocks": ["b", "c"]}, WORK, INCIDENT))
    lines = printed(capsys)
    assert lines[0] == "Kim, 250000  process p is running, held by 3 things"
    heads = [line for line in lines[1:] if line and not line.startswith(" ")]
    assert heads == ["Something went wrong", "People have to act", "Workers have to act"]
    place = lines.index("  “Underwrite” cannot start because dti has no value.")
    assert lines[place + 1] == "    fix: Give dti a value, then retry."
    assert lines[place + 2].endswith("· a · incident p.1 · unblocks 4 atoms")
    assert lines[place + 2].startswith("    for ")
    assert any(line.endswith("task p.3 · unblocks Sign, Close") for line in lines)


def test_that_all_workers_are_paused_stands_before_what_holds_it(capsys: pytest.CaptureFixture[str]):
    show_holders(answer(WORK, workers_paused="All workers are paused since noon by rita: restored."))
    lines = printed(capsys)
    place = lines.index("All workers are paused since noon by rita: restored.")
    assert lines[place + 1] == "wayline workers resume"
    assert place < lines.index("Workers have to act")
    show_holders(answer(WORK))
    assert "wayline workers resume" not in printed(capsys)


def test_the_sentence_and_its_fix_never_stand_in_one_line(capsys: pytest.CaptureFixture[str]):
    show_holders(answer(INCIDENT))
    assert not any("no value. Give" in line or ".. " in line for line in printed(capsys))


def test_what_holds_a_child_stands_below_it(capsys: pytest.CaptureFixture[str]):
    show_holders(answer(holder("child", "“Credit” waits for the credit process.", id="c", child=answer(TASK))))
    lines = printed(capsys)
    place = lines.index("  “Credit” waits for the credit process.")
    assert lines[place + 1].endswith("· a · process c")
    assert lines[place + 2 :] == [
        "    The child process is running.",
        "",
        "      People have to act",
        "        “Sign” waits for someone with the role Clerk to take it.",
        lines[-1],
    ]


def test_what_has_ended_is_held_by_nothing(capsys: pytest.CaptureFixture[str]):
    show_holders(answer(status="completed"))
    assert printed(capsys) == ["Kim, 250000  process p is completed. Nothing holds it."]


def test_an_atom_tells_the_way_back_and_what_is_open_at_its_end(capsys: pytest.CaptureFixture[str]):
    show_why(answer(TASK, atom=WHY))
    lines = printed(capsys)
    assert lines[:3] == [
        "Decide  j, visit 2  waiting",
        "  “Decide” has not started: it waits for “Sign”.",
        "  This is visit 2 of “Decide”.",
    ]
    assert "  ✓ “Look” was completed, and leads on to “Decide”." in lines
    assert "  … “Sign” is under way." in lines
    assert "People have to act" in lines


def test_the_command_asks_for_the_atom_and_prints_json_as_it_came(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    asked: list[tuple[str, Any]] = []

    class Client:
        def get(self, path: str, atom: str | None) -> dict[str, Any]:
            asked.append((path, atom))
            return answer(TASK, atom=WHY if atom else None)

    monkeypatch.setattr(cli.explaining, "connect", lambda server, data: Client())
    assert main(["explain", "p", "--json"]) == 0
    assert '"waiting_for":[{"kind":"task"' in capsys.readouterr().out
    assert main(["explain", "p", "j"]) == 0
    assert capsys.readouterr().out.startswith("Decide")
    assert asked == [("/api/processes/p/explain", None), ("/api/processes/p/explain", "j")]


def test_where_things_stand_against_their_service_levels_is_told(capsys: pytest.CaptureFixture[str]):
    late = {"status": "breached", "text": "It is late: its target was noon."}
    whole = {"status": "at_risk", "text": "The process is at risk: its target is noon."}
    show_holders(answer({**TASK, "sla": late}, {**WORK, "sla": None}, service_levels=[whole]))
    lines = printed(capsys)
    assert lines[1] == "  The process is at risk: its target is noon."
    place = lines.index("  “Sign” waits for someone with the role Clerk to take it.")
    assert lines[place + 1] == "  It is late: its target was noon."
