"""`wayline documents`: what a case needs and has; `wayline document`: one received, accepted or refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import connect
from cli.stories import Process
from cli.tables import ago, table
from cli.terminal import Data, Failed, Json, Server, out, print_json, state
from cli.written import Key, Reason, read_pairs

app: Final = typer.Typer(help="Do something with one document of a case.", no_args_is_help=True)

Document = Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id in the journey.")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="The one that was looked at; refused once a newer one came.")
]


def documents(process: Process, server: Server = None, data: Data = None, json: Json = False) -> None:
    """List the documents of a case: how each stands, who brought and judged it, and what waits for it.

    Example: wayline documents 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11
    """
    found = connect(server, data).get(f"/api/processes/{process}/documents")["items"]
    if json:
        print_json(found)
        return
    table("Documents", ("document", "state", "came", "judged", "needed by", "links"), map(_row, found), "It has none.")
    for one in found:
        if one["waiting"]:
            said = f" holds up {', '.join(one['waiting'])}; it is moved by {', '.join(one['who'])}"
            out.print(Text.assemble((one["document"], "bold"), said), soft_wrap=True)


@app.command()
def receive(
    process: Process,
    document: Document,
    link: Annotated[list[str], typer.Option("--link", metavar="NAME=URL", help="Where a file is kept; repeatable.")],
    note: Annotated[str | None, typer.Option(help="A word about it.")] = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Bring a version of a document: links to its files, which stay where they are.

    Example: wayline document receive 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 deed --link deed.pdf=https://files.example/1
    """
    if not link:
        raise Failed("A document needs at least one --link.", "Write --link NAME=URL.", 2)
    body: dict[str, Any] = {"links": [{"name": name, "url": url} for name, url in read_pairs(link, "--link")]}
    if note is not None:
        body["note"] = note
    _tell(connect(server, data).post(f"/api/processes/{process}/documents/{document}", body, key=key), json)


@app.command()
def accept(
    process: Process,
    document: Document,
    version: Version = None,
    note: Annotated[str | None, typer.Option(help="A word about it.")] = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say that a document is right.

    Example: wayline document accept 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 deed
    """
    body = {name: value for name, value in (("version", version), ("note", note)) if value is not None}
    _tell(connect(server, data).post(f"/api/processes/{process}/documents/{document}/accept", body, key=key), json)


@app.command()
def refuse(
    process: Process,
    document: Document,
    reason: Reason,
    version: Version = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say that a document is not right; who brought it sees why.

    Example: wayline document refuse 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 deed --reason "page two is missing"
    """
    body: dict[str, Any] = {"reason": reason} | ({} if version is None else {"version": version})
    _tell(connect(server, data).post(f"/api/processes/{process}/documents/{document}/refuse", body, key=key), json)


def _row(one: Mapping[str, Any]) -> tuple[Any, ...]:
    newest = next(iter(one["versions"]), None)
    stands = state(one["state"])
    if one["earlier_visit"]:
        stands.append(" (of an earlier visit)", style="dim")
    if newest is None:
        return one["name"], stands, None, None, one["required_by"], None
    came = f"{ago(newest['received_at'])} by {newest['received_by']}"
    came += f", version {one['version']}" if one["version"] > 1 else ""
    judged = None
    if newest["judged_by"]:
        why = f": {newest['judged_for']}" if newest["judged_for"] else ""
        judged = f"{ago(newest['since'])} by {newest['judged_by']}{why}"
    links = Text("\n".join(link["url"] for link in newest["links"]))
    return one["name"], stands, came, judged, one["required_by"], links


def _tell(changed: Mapping[str, Any], json: bool) -> None:
    """Prints how the document stands now."""
    if json:
        print_json(changed)
        return
    version = f", version {changed['version']}" if changed["version"] > 1 else ""
    out.print(Text.assemble((changed["name"], "bold"), " is ", state(changed["state"]), version))
