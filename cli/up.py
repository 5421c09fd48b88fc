"""`wayline up`: everything on this machine, in one process until Ctrl-C."""

import threading
from contextlib import closing
from typing import Annotated

import typer

from cli.listening import listen
from cli.logs import keep_logs
from cli.machine import Place, run_everything
from cli.signals import Signals
from cli.terminal import Data, Json, print_json, say
from engine.settings import read_settings

Port = Annotated[int | None, typer.Option(help="Port of the API; 0 takes a free one. [WAYLINE_PORT, else 8000]")]
Host = Annotated[str | None, typer.Option(help="Address of the API. [WAYLINE_HOST, else 127.0.0.1]")]
Actions = Annotated[
    str | None,
    typer.Option(metavar="MODULE,…", help="Modules with Python actions, such as seed.actions. [WAYLINE_ACTIONS]"),
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Let `wayline clock advance` move the time. [WAYLINE_SANDBOX]")
]


def up(
    port: Port = None,
    host: Host = None,
    data: Data = None,
    actions: Actions = None,
    sandbox: Sandbox = False,
    json: Json = False,
) -> None:
    """Start everything on this machine, and stay until Ctrl-C.

    A private PostgreSQL and Neo4j are started in DIR (the first time, Neo4j is downloaded), unless WAYLINE_POSTGRES_URL
    or WAYLINE_NEO4J_URI name servers that are there. The data stays in DIR to come back to.

    Example: wayline up --port 8080 --data ~/loans --actions seed.actions
    """
    settings = read_settings(port=port, host=host, data_dir=data, actions=actions, sandbox=sandbox or None)
    keep_logs(settings)

    def greet(place: Place, _: threading.Event) -> bool:
        print_json(place.as_json()) if json else place.show()
        return False

    try:
        with Signals() as signals, closing(listen(settings.host, settings.port)) as listening:
            run_everything(settings, listening, signals, greet)
    except KeyboardInterrupt:
        pass
    say(f"Stopped. The data stays in {settings.data_dir}.")
