"""The parts of the engine by themselves, on databases that are named: `serve`, `work`, `migrate`, `rebuild-graph`."""

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.databases import databases
from cli.listening import listen, url_of
from cli.logs import keep_logs
from cli.machine import import_own, migrated, with_local_secret
from cli.signals import Signals
from cli.terminal import Data, Json, out, print_json, say
from cli.up import Host, Port
from engine.settings import read_settings

if TYPE_CHECKING:
    from engine.workers.projector import Progress

Resume = Annotated[bool, typer.Option("--resume", help="Remove nothing: go on with a rebuild that was cut off.")]

_TELL_SECONDS: Final = 2.0
"""Between two lines of progress."""


def serve_api(port: Port = None, host: Host = None, data: Data = None, json: Json = False) -> None:
    """Run the API alone, on the databases that WAYLINE_POSTGRES_URL and WAYLINE_NEO4J_URI name.

    PostgreSQL must be there and migrated; Neo4j may come later. Work is done by `wayline work`.

    Example: wayline serve --host 0.0.0.0 --port 8000
    """
    from cli.serving import serve

    settings = read_settings(port=port, host=host, data_dir=data)
    keep_logs(settings)
    settings = with_local_secret(settings)
    try:
        with Signals() as signals, closing(listen(settings.host, settings.port)) as listening:
            url = url_of(listening)

            def greet(_: threading.Event) -> bool:
                print_json({"url": url, "docs": f"{url}/api/docs"}) if json else out.print(f"API    {url}")
                return False

            serve(settings, listening, signals, greet, workers=False)
    except KeyboardInterrupt:
        pass


def run_workers(actions: str | None, json: bool) -> None:
    """Runs the workers until a signal comes."""
    from cli.serving import work

    settings = read_settings(actions=actions)
    import_own(settings.actions)
    keep_logs(settings)
    try:
        with Signals() as signals:
            if json:
                print_json({"workers": "starting", "actions": list(settings.actions)})
            work(settings, signals)
    except KeyboardInterrupt:
        pass


def migrate(json: Json = False) -> None:
    """Bring both databases to this version of the engine. Doing it twice, or from two places at once, does no harm.

    Example: wayline migrate
    """
    from cli import serving

    settings = read_settings()
    keep_logs(settings)
    postgres, neo4j = serving.migrate(settings)
    print_json({"postgres": postgres, "neo4j": neo4j}) if json else out.print(migrated(postgres, neo4j))


def rebuild_graph(data: Data = None, resume: Resume = False, json: Json = False) -> None:
    """Remove the live execution from Neo4j, apply every event again, and print the digest of what came out.

    It may run beside the engine. Without named databases it is about the private ones in DIR; where no server runs
    on DIR, they are started and stopped for it. One that was cut off has left the graph half made: the engine's own
    projector goes on with it, and so does --resume.

    Example: wayline rebuild-graph --data .wayline
    """
    from cli import serving

    telling = _Telling()
    with databases(read_settings(data_dir=data), started=serving.migrate) as settings:
        digest = serving.rebuild_graph(settings, telling.hear, resume=resume)
    if json:
        figures = {"events": telling.events, "seconds": telling.seconds, "events_per_second": round(telling.rate)}
        print_json({"digest": digest, **figures})
        return
    say(telling.sentence)
    out.print(digest)


class _Telling:
    """Hears how far a rebuild is, and says so every few seconds."""

    def __init__(self) -> None:
        self.events, self.seconds, self.rate = 0, 0.0, 0.0
        self._next = _TELL_SECONDS

    def hear(self, progress: "Progress") -> None:
        """Keeps it, and tells of it where it is time."""
        self.events, self.seconds, self.rate = progress.events, round(progress.seconds, 3), progress.rate
        if progress.seconds >= self._next:
            self._next = progress.seconds + _TELL_SECONDS
            say(f"{self.sentence}, of about {progress.expected:,}")

    @property
    def sentence(self) -> str:
        """What was done until now."""
        return f"{self.events:,} events in {self.seconds:.1f} s, {self.rate:,.0f} a second"
