"""`wayline task`: a task released, given, delegated, returned, escalated, changed, talked about; many moved at once."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import Client, connect
from cli.tables import ago, table
from cli.tasks import Task, app, tell
from cli.terminal import Data, Failed, Json, Server, many, out, print_json
from cli.written import Key, Reason, Set, read_object, read_pairs

To = Annotated[str, typer.Option("--to", metavar="USER", help="Who gets it.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why; it is kept in the history.")]
Force = Annotated[
    bool, typer.Option("--force", help="Also to who is absent, unknown or without the role; never past four eyes.")
]
Priority = Annotated[str | None, typer.Option(help="low, medium, high or critical.")]


__all__ = ["app"]


@app.command()
def start(task: Task, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Begin to work on a task that you have.

    Example: wayline task start 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/start", key=key), json)


@app.command()
def release(
    task: Task,
    reason: Why = None,
    seek: Annotated[bool, typer.Option("--seek", help="Where the engine gives out the work: it chooses anew.")] = False,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a task back to its role.

    Example: wayline task release 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --reason "not mine after all"
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/release", _given(reason=reason, seek=seek), key=key), json)


@app.command()
def assign(
    task: Task,
    to: To,
    reason: Why = None,
    force: Force = False,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a task to a person, be it nobody's or another's. For managers of who has it, and who may task:reassign.

    Example: wayline task assign 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --to uma
    """
    body = _given(assignee=to, reason=reason, force=force)
    tell(connect(server, data).post(f"/api/tasks/{task}/assign", body, key=key), json)


@app.command()
def delegate(
    task: Task,
    to: To,
    reason: Why = None,
    force: Force = False,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask another person to do a task that you have; you stay answerable, and get it back when they return it.

    Example: wayline task delegate 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --to ben --reason "you know them"
    """
    body = _given(assignee=to, reason=reason, force=force)
    tell(connect(server, data).post(f"/api/tasks/{task}/delegate", body, key=key), json)


@app.command("return")
def give_back(
    task: Task, reason: Why = None, key: Key = None, server: Server = None, data: Data = None, json: Json = False
) -> None:
    """Give a delegated task back to who delegated it; who did so takes it back by this.

    Example: wayline task return 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1
    """
    tell(connect(server, data).post(f"/api/tasks/{task}/return", _given(reason=reason), key=key), json)


@app.command()
def escalate(
    task: Task,
    reason: Reason,
    to_role: Annotated[str | None, typer.Option("--to-role", metavar="ROLE", help="Tell who has this role.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="USER", help="Give it to this person.")] = None,
    priority: Priority = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say that a task takes too long: to the role its atom names, else to the manager of who has it.

    Example: wayline task escalate 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --reason "due tomorrow, nobody took it"
    """
    body = _given(reason=reason, to_role=to_role, assignee=to, priority=priority)
    tell(connect(server, data).post(f"/api/tasks/{task}/escalate", body, key=key), json)


@app.command("set")
def change(
    task: Task,
    priority: Priority = None,
    due: Annotated[str | None, typer.Option(metavar="TIME", help="Until when; `never` takes it away.")] = None,
    reason: Why = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Change a task's priority or due date. For managers of who has it, and who may task:reassign.

    Example: wayline task set 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --priority high --due 2026-03-01T17:00:00Z
    """
    body = _given(priority=priority, reason=reason)
    if due is not None:
        body["due_at"] = None if due == "never" else due
    tell(connect(server, data).patch(f"/api/tasks/{task}", body, key=key), json)


@app.command()
def comment(
    task: Task,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What there is to say.")],
    mention: Annotated[
        list[str], typer.Option("--mention", metavar="USER", help="Who is told of it; repeatable.")
    ] = [],  # noqa: B006
    link: Annotated[
        list[str], typer.Option("--link", metavar="NAME=URL", help="Something kept elsewhere; repeatable.")
    ] = [],  # noqa: B006
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say something about a task, or attach links to it.

    Example: wayline task comment 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 "The deed came" --link deed=https://dms/7
    """
    links = [{"name": name, "url": url} for name, url in read_pairs(link, "--link")]
    body = {"text": text, "mentions": mention, "links": links}
    said = connect(server, data).post(f"/api/tasks/{task}/comments", body, key=key)
    print_json(said) if json else _show(said)


@app.command()
def comments(task: Task, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Show what was said about a task, oldest first.

    Example: wayline task comments 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1
    """
    found = list(connect(server, data).pages(f"/api/tasks/{task}/comments"))
    if json:
        print_json(found)
    elif not found:
        out.print(Text("Nothing was said about it.", style="dim"))
    else:
        for said in found:
            _show(said)


@app.command()
def draft(
    task: Task,
    output: Annotated[str | None, typer.Option(metavar="JSON|@FILE", help="What there is by now.")] = None,
    set: Set = [],  # noqa: B006
    remove: Annotated[bool, typer.Option("--remove", help="Remove it.")] = False,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Show your unfinished output of a task; with --output or --set keep another, which nobody else sees.

    Example: wayline task draft 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11.1 --set score=640
    """
    if remove and (output is not None or set):
        raise Failed("--remove goes with no output.", "Leave one of them out.", 2)
    client, path = connect(server, data), f"/api/tasks/{task}/draft"
    if remove:
        client.delete(path)
        print_json({"task": task, "removed": True}) if json else out.print("Removed.")
        return
    given = output is not None or set
    kept = client.put(path, {"output": read_object(output, set, "--output")}) if given else client.get(path)
    if json:
        print_json(kept)
    else:
        table(f"Draft, kept {ago(kept['updated_at'])}", ("name", "value"), kept["output"].items(), "It is empty.")


@app.command()
def move(
    reason: Reason,
    of: Annotated[
        str | None, typer.Option("--from", metavar="USER", help="Whose open work; for one who leaves.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="Only that of this role.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only that of this journey.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="USER", help="Who gets it; else it goes to its role.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would be moved, and what not.")] = False,
    force: Force = False,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Move many tasks at once: all that a person has, or a role. Sent again, it goes on with what is left.

    Example: wayline task move --from uma --to ben --reason "Uma leaves" --preview
    """
    if of is None and role is None:
        raise Failed("Whose work is to be moved?", "Name a person with --from, or a role with --role.", 2)
    body = {"from": _given(assignee=of, role=role, journey=journey), "to": to or "release", "reason": reason}
    pages = _pages(connect(server, data), body | {"preview": preview, "force": force})
    for page in pages:
        print_json(page) if json else _show_moved(page)


def _given(**values: Any) -> dict[str, Any]:
    """What was given on the command line."""
    return {name: value for name, value in values.items() if value not in {None, False}}


def _pages(client: Client, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The answers to a move, until nothing is left to look at."""
    cursor: str | None = None
    while True:
        page = client.post("/api/tasks/reassign", {**body, "cursor": cursor})
        yield page
        if (cursor := page["next_cursor"]) is None:
            return


def _show(said: Mapping[str, Any]) -> None:
    out.print(Text.assemble((said["by"], "bold"), ("  " + ago(said["at"]), "dim")))
    out.print(Text(said["text"]), soft_wrap=True)
    for link in said["links"]:
        out.print(Text.assemble((link["name"], "bold"), f"  {link['url']}"), soft_wrap=True)


def _show_moved(page: Mapping[str, Any]) -> None:
    would = "would be moved" if page["preview"] else "moved"
    rows = [(one["id"], one["name"], one["process_title"], one["role"], one["assignee"]) for one in page["items"]]
    title = f"{many(page['moved'], 'task')} {would}, of {page['matching']} that match"
    table(title, ("task", "name", "case", "role", "from"), rows, "There is none.")
    if page["refused"]:
        refused = [(one["id"], one["name"], one["code"], one["detail"]) for one in page["refusals"]]
        table(f"{many(page['refused'], 'task')} stay", ("task", "name", "code", "why"), refused, "")
