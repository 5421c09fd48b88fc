"""`wayline sla breaches`, `acknowledge` and `compliance`: what is late or about to be, and how well levels are kept."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.tables import ago, table
from cli.terminal import Data, Json, Server, lasting, out, plain, print_json, state
from cli.written import Key

_PATH: Final = "/api/workflow/breaches"
_MOST: Final = 200

Level = Annotated[str | None, typer.Option(help="Only of this service level.")]
Journey = Annotated[str | None, typer.Option(help="Only of this journey.")]


def breaches(
    level: Level = None,
    journey: Journey = None,
    role: Annotated[str | None, typer.Option(help="Only tasks of this role.")] = None,
    assignee: Annotated[str | None, typer.Option(metavar="USER|me", help="Only tasks that this user has.")] = None,
    unseen: Annotated[bool, typer.Option("--unseen", help="Only what nobody has acknowledged.")] = False,
    all: Annotated[bool, typer.Option("--all", help="What is done by now, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Most of each that are shown.")] = 20,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what is late, latest target first, and the tasks that are about to be.

    \b
    Example: wayline sla breaches --role underwriter --unseen
    """
    client = connect(server, data)
    wanted = {"journey": journey, "role": role, "assignee": assignee}
    chosen = {"level": level, "open": None if all else True, "acknowledged": False if unseen else None}
    late = client.get(_PATH, limit=limit, **wanted, **chosen)["items"]
    near = [one for one in client.get("/api/tasks", sla="at_risk", limit=_MOST, **wanted)["items"] if _runs(one, level)]
    near = sorted(near, key=lambda one: one["sla"]["target_at"] or "~")[:limit]
    if json:
        print_json({"breached": late, "at_risk": near})
        return
    columns = ("what", "case", "who", "late since", "status", "service level", "seen", "breach")
    table("Late", columns, map(_late, late), "Nothing is late.")
    out.print()
    shown = ("what", "case", "who", "target", "status", "service level", "task")
    table("At risk", shown, map(_near, near), "Nothing is at risk.")


def acknowledge(
    breach: Annotated[
        str, typer.Argument(metavar="BREACH", help="The breach's id, as `wayline sla breaches` shows it.")
    ],
    note: Annotated[str, typer.Argument(metavar="NOTE", help="What is done about it, or why it came so.")],
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Acknowledge a breach: say, once for all, that somebody looks after it.

    Example: wayline sla acknowledge 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.3 "the appraiser was ill, booked for Monday"
    """
    answer = connect(server, data).post(f"{_PATH}/{breach}/acknowledge", {"note": note}, key=key)
    if json:
        print_json(answer)
        return
    out.print(f"Acknowledged: {_what(answer)} of {answer['process_title']}.", markup=False, soft_wrap=True)


def compliance(
    level: Level = None,
    journey: Journey = None,
    since: Annotated[
        str | None, typer.Option(help="From when on, such as 2026-11-01; 30 days back if not said.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Until when; until now if not said.")] = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show how well service levels are kept: met and breached, how long it took, and how objectives stand.

    Example: wayline sla compliance --journey fha-purchase
    """
    wanted = {"level": level, "journey": journey, "since": since, "until": until}
    answer = connect(server, data).get("/api/monitoring/sla-compliance", limit=_MOST, **wanted)
    if json:
        print_json(answer)
        return
    columns = (
        "service level",
        "of",
        "#met",
        "#breached",
        "#kept",
        "#median",
        "#p90",
        "#at risk",
        "#late now",
        "objective",
    )
    rows = map(_level, answer["items"])
    title = f"Service levels from {answer['since'][:16]} to {answer['until'][:16]}".replace("T", " ")
    table(title, columns, rows, "None came to an end in this time.")
    _tell_burning(answer["items"])
    if not answer["complete"]:
        out.print(Text("There were more than are looked at: the oldest are not counted.", style="yellow"))


def _runs(task: Mapping[str, Any], level: str | None) -> bool:
    """Whether a task that is at risk is still to be done, and of this level."""
    return task["ended_at"] is None and level in (None, task["sla"]["level"])


def _late(breach: Mapping[str, Any]) -> tuple[Any, ...]:
    seen = breach["acknowledged"]
    over = Text(f"{breach['status'] or 'over'}\n{ago(breach['ended_at'])}", style="dim") if breach["ended_at"] else None
    status = over or (state(breach["status"]) if breach["status"] else state("running"))
    since = Text(ago(breach["breached_at"]), style="" if breach["ended_at"] else "bold red")
    told = f"{seen['by']}: {seen['note']}" if seen else None
    return _what(breach), breach["process_title"], _who(breach), since, status, breach["level"], told, breach["id"]


def _near(task: Mapping[str, Any]) -> tuple[Any, ...]:
    sla = task["sla"]
    target = ago(sla["target_at"]) if sla["target_at"] else f"stands still, {sla['left']} left"
    what = (task["name"], task["process_title"], _who(task), Text(target, style="yellow"))
    return *what, state(task["status"]), sla["level"], task["id"]


def _what(breach: Mapping[str, Any]) -> str:
    if breach["of"] == "task":
        return breach["name"]
    return "the whole case" if breach["of"] == "process" else f"{breach['of']} {breach['name']}"


def _who(work: Mapping[str, Any]) -> str | None:
    return work["assignee"] or (f"any {work['role']}" if work["role"] else None)


def _level(one: Mapping[str, Any]) -> tuple[Any, ...]:
    kept = None if one["percent"] is None else f"{plain(one['percent'])} %"
    lengths = (_length(one["p50_seconds"]), _length(one["p90_seconds"]))
    now = (_red(one["open_at_risk"], "yellow"), _red(one["open_breached"], "bold red"))
    return one["level"], one["of"], one["met"], one["breached"], kept, *lengths, *now, _objective(one["slo"])


def _length(seconds: Any) -> str | None:
    return None if seconds is None else lasting(seconds)


def _red(count: int, style: str) -> Text:
    return Text(str(count), style=style if count else "dim")


def _objective(slo: Mapping[str, Any] | None) -> Text | None:
    if slo is None:
        return None
    asked = f"{plain(slo['percent'])} % over {slo['window']}"
    if slo["met"] is None:
        return Text(f"{asked}: nothing to go by yet", style="dim")
    spent = f"{plain(slo['breached'])} of {plain(slo['budget'])} spent"
    word, style = ("met", "green") if slo["met"] else ("missed", "bold red")
    return Text.assemble(f"{asked}: ", (word, style), f" at {plain(slo['value'])} %, {spent}")


def _tell_burning(levels: Iterable[Mapping[str, Any]]) -> None:
    """A line for each objective whose budget goes too fast."""
    for one in levels:
        fast = [burn for burn in (one["slo"] or {"burning": ()})["burning"] if burn["too_fast"]]
        if fast:
            worst = fast[0]
            speed = f"{plain(worst['rate'])} times as fast as it may"
            text = f"{one['level']} spends its budget {speed}, over {worst['window']}."
            out.print(Text(text, style="bold red"), soft_wrap=True)
