"""`wayline people`: who there is, from a file or by hand, and who is away."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.text import Text

from cli.client import Client, Refused, connect
from cli.findings import counted, show_findings
from cli.reading import read_document
from cli.tables import table
from cli.terminal import Data, Failed, Json, Server, many, out, print_json
from cli.written import Key

app: Final = typer.Typer(
    help="Enter people, roles and teams from a file; see who there is, who manages whom, and who is away.",
    no_args_is_help=True,
)

SAMPLE: Final = Path(__file__).resolve().parent.parent / "seed" / "people.yaml"
_MEDIA: Final[Mapping[str, str]] = {"yaml": "application/yaml", "json": "application/json"}
_SIGNS: Final[Mapping[str, tuple[str, str]]] = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "removed": ("-", "red"),
}
_MOST_SHOWN: Final = 50

User = Annotated[str, typer.Argument(metavar="USER", help="The user's id: `sub` of their tokens.")]


@app.command()
def load(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of people, YAML or JSON; `-` is the input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be other than it is.")] = False,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Enter or change all that a file tells of, in one go. Who is not in it stays as they are; again changes nothing.

    Example: wayline people load seed/people.yaml --dry-run
    """
    document = read_document(file)
    try:
        answer = load_people(connect(server, data), document.content, document.media, dry_run=dry_run)
    except Refused as refusal:
        if "findings" not in refusal.problem:
            raise
        findings: Sequence[Mapping[str, Any]] = refusal.problem["findings"]
        if json:
            print_json(refusal.problem)
        else:
            show_findings(file, document.text, findings)
            out.print(f"{file}: {counted(findings)}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    print_json(answer) if json else _show_entered(answer)


@app.command("list")
def list_people(
    role: Annotated[str | None, typer.Option(help="Only who holds this role.")] = None,
    team: Annotated[str | None, typer.Option(help="Only who belongs to this team.")] = None,
    manager: Annotated[str | None, typer.Option(help="Only who reports to this user, or is in their teams.")] = None,
    skill: Annotated[str | None, typer.Option(help="Only who has this skill now.")] = None,
    absent: Annotated[bool, typer.Option("--absent", help="Only who takes no work now.")] = False,
    find: Annotated[str | None, typer.Option("--find", metavar="TEXT", help="Part of an id or a name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most people shown.")] = 50,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List people by id: their roles, teams and managers, and until when they are away.

    Example: wayline people list --role underwriter
    """
    wanted = {"role": role, "team": team, "manager": manager, "skill": skill, "q": find, "limit": limit}
    page = connect(server, data).get("/api/users", **wanted, absent="true" if absent else None)
    if json:
        print_json(page["items"])
        return
    columns = ("id", "name", "roles", "teams", "reports to", "#takes", "away")
    table("People", columns, [_row(user) for user in page["items"]], "Nobody is known whom this fits.")
    if page["next_cursor"]:
        out.print(Text(f"There are more than {limit}: name a --role or a --team, or raise --limit.", style="dim"))


@app.command()
def show(user: User, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Show one person: what they can do, when they are away, and the work they have.

    Example: wayline people show uma
    """
    client = connect(server, data)
    found = client.get(_at(user))
    absences = client.get(_at(user, "absences"), limit=10)["items"]
    work = _work(client, user)
    if json:
        print_json({**found, "absences": absences, "work": work})
        return
    for line in _about(found):
        out.print(line, soft_wrap=True)
    if absences:
        table("Absences, the latest first", _AWAY, [_absence(one) for one in absences], "")
    if work is not None:
        rows = [(one["task"], one["name"], one["process_title"], one["status"], one["due_at"]) for one in work]
        table("Open work", ("task", "name", "case", "status", "due"), rows, "They have no open work.")


@app.command()
def absent(
    user: User,
    starts: Annotated[str | None, typer.Option("--from", metavar="TIME", help="A time, or a date (UTC).")] = None,
    ends: Annotated[str | None, typer.Option("--until", metavar="TIME", help="When they are back.")] = None,
    substitute: Annotated[str | None, typer.Option(help="Who gets their work meanwhile.")] = None,
    role: Annotated[list[str] | None, typer.Option("--role", help="Only work of this role; repeatable.")] = None,
    reason: Annotated[str, typer.Option(help="Why; only they and their managers are told.")] = "",
    reroute: Annotated[
        str | None,
        typer.Option(metavar="TO", help="Move what they have not started: to a user, `substitute`, or `release`."),
    ] = None,
    back: Annotated[int | None, typer.Option("--take-back", metavar="N", help="Take the absence N back.")] = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say that a person takes no work for a while, or take that back; without times, list when they are away.

    Example: wayline people absent uma --from 2027-07-01 --until 2027-07-16 --substitute ulf
    """
    client = connect(server, data)
    path = _at(user, "absences")
    if back is not None:
        answer = client.delete(f"{path}/{back}", key=key)
        print_json(answer) if json else out.print(f"{user} is not away then any more.", markup=False)
        return
    if starts is None and ends is None:
        items = client.get(path, limit=50)["items"]
        print_json(items) if json else table("Absences", _AWAY, [_absence(one) for one in items], "None is known.")
        return
    if starts is None or ends is None:
        raise Failed("An absence has a beginning and an end.", "Say both --from and --until.", 2)
    body = {"starts_at": starts, "ends_at": ends, "substitute": substitute, "roles": role or None, "reason": reason}
    where = f"{path}?reroute={quote(reroute, safe='')}" if reroute else path
    answer = client.post(where, body, key=key)
    print_json(answer) if json else _show_absent(answer)


@app.command()
def remove(
    user: User,
    reroute: Annotated[
        str | None, typer.Option(metavar="TO", help="Move their open work: to a user, or `release` for to its roles.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the history of each task.")] = "the user is removed",
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Remove a person who left. What they have must go to others first, which --reroute does, as often as it takes.

    Example: wayline people remove udo --reroute release
    """
    client = connect(server, data)
    moved = 0
    while True:
        answer = client.delete(_at(user), reroute=reroute, reason=reason)
        moved += answer["moved"]
        if answer["removed"] or not answer["moved"]:
            break
    if json:
        print_json({**answer, "moved": moved})
    else:
        end = (
            "is removed" if answer["removed"] else f"is still there: {many(answer['left'], 'task')} could not be moved"
        )
        out.print(f"{user} {end}; {many(moved, 'task')} moved.", markup=False, soft_wrap=True)
        for one in answer["refused"]:
            out.print(f"  {one['task']}: {one['detail']}", markup=False, soft_wrap=True)
    if not answer["removed"]:
        raise typer.Exit(1)


def load_people(client: Client, text: bytes, media: str, *, dry_run: bool = False) -> Any:
    """What a file of people made other than it was, or would."""
    return client.post_document("/api/people", text, _MEDIA[media], dry_run=str(dry_run).lower())


def _work(client: Client, user: str) -> list[Any] | None:
    """The open work of a user; None where it is not the caller's to see."""
    try:
        items: list[Any] = client.get(_at(user, "work"), limit=200)["items"]
    except Refused as refusal:
        if refusal.problem["code"] != "user_not_found":
            raise
        return None
    return items


def _at(user: str, *rest: object) -> str:
    return "/".join(("/api/users", quote(user, safe=""), *map(str, rest)))


def _show_entered(answer: Mapping[str, Any]) -> None:
    differences = answer["differences"]
    for one in differences[:_MOST_SHOWN]:
        sign, colour = _SIGNS[one["happened"]]
        fields = f": {', '.join(one['fields'])}" if one["fields"] else ""
        out.print(Text.assemble((f"{sign} ", colour), f"{one['kind']} {one['id']}{fields}"), soft_wrap=True)
    if len(differences) > _MOST_SHOWN:
        out.print(Text(f"  … and {len(differences) - _MOST_SHOWN} more", style="dim"))
    would = "would be other than it is" if answer["dry_run"] else "entered or changed"
    out.print(f"{len(differences)} {would}, {answer['same']} the same.", markup=False)


def _show_absent(answer: Mapping[str, Any]) -> None:
    instead = f"; {answer['substitute']} stands in" if answer["substitute"] else ""
    out.print(
        f"{answer['user']} is away from {answer['starts_at'][:16]} until {answer['ends_at'][:16]}{instead}.",
        markup=False,
        soft_wrap=True,
    )
    if moved := answer["moved"]:
        out.print(f"  {many(moved['moved'], 'task')} moved, {moved['left']} left.", markup=False)
    elif answer["waiting"]:
        waiting = many(answer["waiting"], "task")
        out.print(f"  {waiting} they have not started: --reroute substitute moves them.", markup=False, soft_wrap=True)


_AWAY: Final = ("#n", "from", "until", "substitute", "roles", "reason")


def _absence(one: Mapping[str, Any]) -> tuple[Any, ...]:
    starts, ends = (one[name][:16].replace("T", " ") for name in ("starts_at", "ends_at"))
    return one["id"], starts, ends, one["substitute"], one["roles"] or "all", one["reason"]


def _row(user: Mapping[str, Any]) -> tuple[Any, ...]:
    away = user["away"]
    state = None if user["active"] else Text("not active", style="dim")
    if away and user["active"]:
        instead = f", {away['substitute']} stands in" if away["substitute"] else ""
        state = Text(f"until {away['until'][:10]}{instead}", style="yellow")
    facts = (user["id"], user["name"], user["roles"], user["teams"], user["reports_to"], user["capacity"])
    return (*facts, state)


def _about(user: Mapping[str, Any]) -> Iterator[Text]:
    yield Text.assemble((user["name"], "bold"), f" ({user['id']})", "" if user["active"] else ", not active")
    skills = ", ".join(
        f"{one['skill']} {one['level']}" + (f" until {one['expires_on']}" if one["expires_on"] else "")
        for one in user["skills"]
    )
    facts = (
        ("email", user["email"]),
        ("roles", ", ".join(user["roles"])),
        ("teams", ", ".join(user["teams"])),
        ("reports to", user["reports_to"]),
        ("skills", skills),
        ("takes", many(user["capacity"], "open task") if user["capacity"] is not None else "any number of tasks"),
        ("where", " · ".join(filter(None, (user["time_zone"], user["calendar"])))),
    )
    for name, value in facts:
        if value:
            yield Text.assemble((f"  {name:<11}", "dim"), value)
