"""`wayline change`, `suspend`, `resume`, `cancel`, `end`, `skip` and `repeat`: a process led by hand."""

from typing import Annotated, Any

import typer
from rich.text import Text

from cli.client import connect
from cli.stories import Process, show_process
from cli.terminal import Data, Failed, Json, Server, out, plain, print_json
from cli.written import Key, Reason, Take, read_pairs, read_value

Atom = Annotated[str, typer.Argument(metavar="ATOM", help="The atom's id.")]


def change(
    process: Process,
    values: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE…", help="What to change, JSON or a text; null takes a name away.")
    ],
    reason: Reason,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Change a case's data, such as what an incident asks for; then `wayline retry` goes on with it.

    Example: wayline change 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 credit_score=640 --reason "the bureau wrote"
    """
    patch = {name: read_value(value) for name, value in read_pairs(values, "")}
    body = {"patch": patch, "reason": reason}
    answer = connect(server, data).patch(f"/api/processes/{process}/context", body, key=key)
    if json:
        print_json(answer)
        return
    show_process(answer)
    for name in patch:
        now = plain(answer["context"][name]) if name in answer["context"] else "not there any more"
        out.print(Text.assemble((f"{name} ", "bold"), f"is {now}"), soft_wrap=True)


def suspend(
    process: Process, reason: Reason, key: Key = None, server: Server = None, data: Data = None, json: Json = False
) -> None:
    """Suspend a process: nothing starts and no timer fires until it is resumed.

    Example: wayline suspend 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 --reason "the borrower asked to wait"
    """
    _tell(connect(server, data).post(f"/api/processes/{process}/suspend", {"reason": reason}, key=key), json)


def resume(
    process: Process,
    reason: Annotated[str | None, typer.Option(help="Why; it is kept in the history.")] = None,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Resume a suspended process, its timers with the time that was left.

    Example: wayline resume 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11
    """
    body = {"reason": reason} if reason else {}
    _tell(connect(server, data).post(f"/api/processes/{process}/resume", body, key=key), json)


def cancel(
    process: Process,
    reason: Reason,
    compensate: Annotated[bool, typer.Option("--compensate", help="Undo first what was completed.")] = False,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Cancel a process: all that is open ends, its children first.

    Example: wayline cancel 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 --reason "withdrawn" --compensate
    """
    body = {"reason": reason, "compensate": compensate}
    _tell(connect(server, data).post(f"/api/processes/{process}/cancel", body, key=key), json)


def end(
    process: Process,
    reason: Reason,
    status: Annotated[str, typer.Option(help="completed or failed.")] = "completed",
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """End a process by hand, as completed or failed.

    Example: wayline end 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 --status failed --reason "the branch was closed"
    """
    if status not in {"completed", "failed"}:
        raise Failed(f"--status {status} is no way to end.", "Write completed or failed; see `wayline cancel` too.", 2)
    body = {"status": status, "reason": reason}
    _tell(connect(server, data).put(f"/api/processes/{process}/status", body, key=key), json)


def skip(
    process: Process,
    atom: Atom,
    reason: Reason,
    take: Take = [],  # noqa: B006
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Skip an active or held step, and go on along the edges that --take names.

    Example: wayline skip 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 atom-review --reason "done on paper" --take atom-close
    """
    body = {"reason": reason, "take": take}
    _tell(connect(server, data).post(f"/api/processes/{process}/steps/{atom}/skip", body, key=key), json)


def repeat(
    process: Process,
    atom: Atom,
    reason: Reason,
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Go back to an atom: it and all that came of it are done again.

    Example: wayline repeat 0199a0c4-6f7e-7c55-9a1c-3c1f0d6f2b11 atom-documents --reason "the deed was the wrong one"
    """
    body = {"reason": reason}
    _tell(connect(server, data).post(f"/api/processes/{process}/steps/{atom}/repeat", body, key=key), json)


def _tell(process: dict[str, Any], json: bool) -> None:
    """Prints the process as the command left it."""
    if json:
        print_json(process)
        return
    show_process(process)
    for task in process["open_tasks"]:
        out.print(Text.assemble(("task ", "dim"), task))
