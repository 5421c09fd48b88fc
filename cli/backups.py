"""`wayline backup`, `restore` and `adopt`: everything in one file, and back again."""

import asyncio
import getpass
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer
from rich.text import Text

from cli.databases import databases
from cli.progress import Telling, size
from cli.terminal import Data, Failed, Json, many, out, print_json, say
from engine import clock
from engine.core.errors import Unavailable
from engine.core.times import format_time
from engine.settings import Settings, read_settings
from local.errors import LocalError
from local.postgres import binaries

if TYPE_CHECKING:
    from engine.store.backups import Manifest

T = TypeVar("T")


def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it. [wayline-TIME.backup in this folder]")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write everything to one file, as it is at this moment, while all goes on.

    What Neo4j holds is made again from it by `wayline restore`. The file holds every case: keep it as you keep those.
    Passwords and the keys of tokens are not in it. docs/backup.md says more.

    Example: wayline backup /backups/monday.backup
    """
    from engine.store.backups import take_backup

    place = (file or Path(f"wayline-{clock.now():%Y-%m-%dT%H-%M-%SZ}.backup")).expanduser().absolute()
    with databases(read_settings(data_dir=data), neo4j=False) as settings, Telling("Taking the backup") as telling:
        began = clock.monotonic()
        manifest = _run(take_backup(_url(settings), settings, place, _bundled(), telling))
        took = clock.monotonic() - began
    if json:
        print_json({"file": str(place), **_as_json(manifest)})
        return
    out.print(Text.assemble("Backup ", (str(place), "bold"), f"  {size(place.stat().st_size)} in {took:.1f} s"))
    _show(manifest)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `wayline backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of the cases that are there; they are gone then.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only read the file through, and say what it holds; touch no database.")
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Bring a backup back: into an empty database, or with --replace in place of what is there.

    Stop the engine first. PostgreSQL is restored wholly or not at all, and migrated to this version; the graph in Neo4j
    is made again from it. All workers are paused then: look at what came back, then let them go on.

    Example: wayline restore /backups/monday.backup && wayline up
    """
    from engine.store.backups import Restoring, check_archive, restore_backup

    place = file.expanduser().absolute()
    if check:
        with Telling("Reading the backup") as telling:
            manifest = _checked(lambda: check_archive(place, telling))
        print_json(_as_json(manifest)) if json else _show(manifest)
        return
    asked = Restoring(place, replace, getpass.getuser(), _bundled())
    with databases(read_settings(data_dir=data), make=True) as settings:
        with Telling("Restoring") as telling:
            restored = _run(restore_backup(_url(settings), settings, asked, telling))
        digest = _rebuild(settings)
    if json:
        lost = restored.replaced.events_lost if restored.replaced else 0
        print_json(
            {
                **_as_json(restored.manifest),
                "database": restored.database,
                "migrated": list(restored.migrated),
                "events_lost": lost,
                "digest": digest,
            }
        )
        return
    _show(restored.manifest)
    _line("Restored", f"into the database {restored.database}")
    if restored.migrated:
        _line("Migrated", f"{restored.migrated[0]} to {restored.migrated[-1]}")
    if restored.replaced and restored.replaced.events_lost:
        newest = restored.replaced.last_event
        until = f", the last at {_time(format_time(newest.at))}" if newest else ""
        _line("Lost", f"{many(restored.replaced.events_lost, 'event')} that came after{until}")
    _line("Graph", f"made again, digest {digest}" if digest else "Neo4j is away: the projector makes it again later")
    _line("Workers", "paused, so that nothing is done twice before you have looked")
    _line("Next", "start the engine, look (`wayline workers status`), then `wayline workers resume`")


def adopt(data: Data = None, json: Json = False) -> None:
    """Take over a database that was brought back by other means than `wayline restore`.

    After a disk's snapshot, a recovery to a point in time, or pg_restore by hand: workers are paused, their leases are
    void, and the graph is made again, as after a restore. Stop the engine first.

    Example: wayline adopt
    """
    from cli import serving
    from engine.store.backups import adopt as take_over

    with databases(read_settings(data_dir=data), started=serving.migrate) as settings:
        _run(take_over(_url(settings), settings, getpass.getuser()))
        digest = _rebuild(settings)
    if json:
        print_json({"digest": digest})
        return
    _line("Graph", f"made again, digest {digest}" if digest else "Neo4j is away: the projector makes it again later")
    _line("Workers", "paused; `wayline workers resume` lets them go on")


def _rebuild(settings: Settings) -> str | None:
    """Makes the graph again; gives its digest, or None while Neo4j is away."""
    from cli import serving

    try:
        serving.migrate(settings)
        say("Making the graph again …")
        return serving.rebuild_graph(settings)
    except Unavailable:
        return None


def _run(work: Coroutine[Any, Any, T]) -> T:
    return _checked(lambda: asyncio.run(work))


def _checked(act: Callable[[], T]) -> T:
    """Does it, and tells of what a backup or a database refuses as of any other failure."""
    from engine.store import MigrationError
    from engine.store.backups import BackupError

    try:
        return act()
    except BackupError as error:
        raise Failed(error.sentence, error.fix) from error
    except KeyboardInterrupt:
        raise Failed("Stopped; nothing has changed.", "", 130) from None
    except MigrationError as error:
        raise Failed(str(error)) from error


def _url(settings: Settings) -> str:
    assert settings.postgres_url, "`databases` gives both addresses"
    return settings.postgres_url.get_secret_value()


def _bundled() -> Path | None:
    try:
        return binaries()
    except LocalError:
        return None


def _as_json(manifest: "Manifest") -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(manifest)
    return found


def _show(manifest: "Manifest") -> None:
    rows = manifest.rows
    journeys, processes = rows.get("journeys", 0), rows.get("process_instances", 0)
    _line("Taken", f"{_time(format_time(manifest.taken_at))} by Wayline {manifest.engine}")
    held = f"{many(journeys, 'journey')}, {processes:,} process{'' if processes == 1 else 'es'}"
    _line("Holds", f"{held}, {manifest.events:,} event{'' if manifest.events == 1 else 's'}")
    if manifest.last_event:
        last = _time(format_time(manifest.last_event.at))
        _line("Up to", f"the event of {last}; what was done after it is not in the backup")


def _line(name: str, text: str) -> None:
    out.print(Text.assemble((f"{name:<9}", "bold"), text), soft_wrap=True)


def _time(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC"
