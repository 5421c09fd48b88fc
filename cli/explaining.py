"""`wayline explain`: what holds a process, grouped by who would move it, and why one atom is where it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.stories import Process, mending
from cli.terminal import Data, Json, Server, lasting, out, print_json, state
from engine import clock
from engine.core.times import parse_time

Holder = Mapping[str, Any]

_GROUPS: Final[Sequence[tuple[str, Callable[[Holder], bool]]]] = (
    ("It stands still", lambda one: one["kind"] == "suspension"),
    ("Something went wrong", lambda one: one["kind"] == "incident"),
    ("People have to act", lambda one: one["kind"] == "task" and not _for_worker(one)),
    ("Workers have to act", lambda one: one["kind"] == "task" and _for_worker(one)),
    ("Messages have to come", lambda one: one["kind"] == "message"),
    ("Other processes have to end", lambda one: one["kind"] == "child"),
    ("Time has to pass", lambda one: one["kind"] == "timer"),
)
_FEW: Final = 3
_CLOCKS: Final[Mapping[str, str]] = {"at_risk": "yellow", "breached": "bold red"}
_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "taken": ("✓", "green"),
    "resolved": ("✓", "green"),
    "not_taken": ("✗", "dim"),
    "refused": ("✗", "red"),
    "open": ("…", "yellow"),
}


def explain(
    process: Process,
    atom: Annotated[
        str | None, typer.Argument(metavar="[ATOM]", help="Why this atom has not started, started or was skipped.")
    ] = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Explain why a process is not moving: what is open, who would move it, and what that would unblock.

    Example: wayline explain 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11
    """
    answer = connect(server, data).get(f"/api/processes/{process}/explain", atom=atom)
    if json:
        print_json(answer)
    elif atom is None:
        show_holders(answer)
    else:
        show_why(answer)


def show_holders(answer: Mapping[str, Any]) -> None:
    """Prints what holds a process."""
    found: Sequence[Holder] = answer["waiting_for"]
    count = "one thing" if len(found) == 1 else f"{len(found)} things"
    waits = f", held by {count}" if found else ". Nothing holds it."
    out.print(_line((answer["title"] or "", "bold"), "  process ", answer["process"], " is ", answer["status"], waits))
    for told in answer.get("service_levels", ()):
        _put(_clock(told), 2)
    _show_pause(answer)
    _show_groups(answer)


def show_why(answer: Mapping[str, Any]) -> None:
    """Prints why an atom is where it is, the way back from it, and what is open at its end."""
    why: Mapping[str, Any] = answer["atom"]
    visit = f", visit {why['visit']}" if why["visit"] > 1 else ""
    out.print(_line((why["name"], "bold"), f"  {why['atom']}{visit}  ", state(why["state"])))
    for sentence in (why["text"], *why["reasons"]):
        _put(Text(sentence), 2)
    if why["path"]:
        out.print(Text("\nThe way to it, from the end back", style="bold"))
        for link in why["path"]:
            mark, style = _MARKS[link["state"]]
            _put(Text.assemble((f"{mark} ", style), link["text"]), 2)
    _show_pause(answer)
    _show_groups(answer)


def _show_pause(answer: Mapping[str, Any]) -> None:
    """That all workers are paused holds whatever only they would move."""
    if paused := answer.get("workers_paused"):
        out.print()
        _put(Text(paused, style="yellow"), 0)
        out.print(Text("wayline workers resume", style="dim"), soft_wrap=True)


def _show_groups(answer: Mapping[str, Any], indent: int = 0) -> None:
    for title, belongs in _GROUPS:
        group = [one for one in answer["waiting_for"] if belongs(one)]
        if not group:
            continue
        out.print()
        _put(Text(title, style="bold"), indent)
        for one in group:
            _put(Text(one["text"]), indent + 2)
            if told := one.get("sla"):
                _put(_clock(told), indent + 2)
            _put(Text.assemble(*_details(one, answer["names"])), indent + 4)
            if one["kind"] == "incident" and one["id"]:
                for command in mending(one["id"]):
                    out.print(Text(" " * (indent + 4) + command, style="dim"), soft_wrap=True)
            if child := one["child"]:
                _put(Text(f"The child process is {child['status']}.", style="dim"), indent + 4)
                _show_groups(child, indent + 6)


def _details(one: Holder, names: Mapping[str, str]) -> Iterator[str | tuple[str, str]]:
    """Below the sentence: what would mend it, how long it has been so, the ids that one acts on, what it unblocks."""
    if one["kind"] == "incident":
        yield ("fix: ", "bold")
        yield f"{one['needs']}\n"
    age = max(0.0, (clock.now() - parse_time(one["since"])).total_seconds())
    parts = [f"for {lasting(age)}"]
    parts += [one["atom"]] if one["atom"] else []
    if one["id"]:
        parts.append(f"{'process' if one['kind'] == 'child' else one['kind']} {one['id']}")
    if one["kind"] == "task" and one["due_at"] and not _for_worker(one):
        parts.append(f"due {one['due_at'][:16].replace('T', ' ')}")
    if one["unblocks"]:
        parts.append(f"unblocks {_counted([names[atom] for atom in one['unblocks']])}")
    yield (" · ".join(parts), "dim")


def _clock(told: Mapping[str, Any]) -> Text:
    """What the clock of a service level says."""
    return Text(told["text"], style=_CLOCKS.get(told["status"], "dim"))


def _for_worker(one: Holder) -> bool:
    return any(who.startswith("action:") for who in one["who"])


def _counted(names: Sequence[str]) -> str:
    """Few atoms by their names, many by their number."""
    return ", ".join(names) if len(names) <= _FEW else f"{len(names)} atoms"


def _put(text: Text, indent: int) -> None:
    """Prints a paragraph; none of its lines ends in blanks."""
    for line in text.wrap(out, max(20, out.width - indent)):
        line.rstrip()
        out.print(Text(" " * indent).append_text(line), soft_wrap=True)


def _line(*parts: str | tuple[str, str] | Text) -> Text:
    return Text.assemble(*parts)
