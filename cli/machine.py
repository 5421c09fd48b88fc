"""Everything on one machine: private servers where none are named, both migrated, the API and the workers."""

import importlib
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from rich.text import Text

from api.auth import refuse_open_door
from cli.listening import url_of
from cli.signals import Signals
from cli.terminal import Failed, many, out, say
from engine.actions import ActionsMissing, import_actions
from engine.settings import Settings
from local.secret import ensure_sealing_key, ensure_secret, forget_address, read_sealing_key, record_address
from local.servers import Addresses, Servers, ServerSettings

USUAL_FOLDER: Final = Path(".wayline")


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is; `neo4j_password_file` is None where Neo4j is not a private one."""

    url: str
    folder: Path
    neo4j_uri: str
    neo4j_user: str
    neo4j_password_file: Path | None

    @property
    def flag(self) -> str:
        """What the other commands need to find this folder, with a blank before it; empty for the usual one."""
        return "" if self.folder == USUAL_FOLDER else f" --data {self.folder}"

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        password = str(self.neo4j_password_file) if self.neo4j_password_file else None
        return {
            "url": self.url,
            "docs": f"{self.url}/api/docs",
            "data": str(self.folder),
            "neo4j_uri": self.neo4j_uri,
            "neo4j_user": self.neo4j_user,
            "neo4j_password_file": password,
        }

    def show(self) -> None:
        """For people."""
        password = f", password in {self.neo4j_password_file}" if self.neo4j_password_file else ""
        for name, value in (
            ("API", self.url),
            ("Docs", f"{self.url}/api/docs"),
            ("Neo4j", f"{self.neo4j_uri}, user {self.neo4j_user}{password}"),
            ("Token", f"wayline token USER --role ROLE{self.flag}"),
            ("Stop", "Ctrl-C"),
        ):
            out.print(Text.assemble((f"{name:<7}", "bold"), value), soft_wrap=True)


Company = Callable[[Place, threading.Event], bool]
"""What runs beside the server, in a thread of its own; says whether to stop when it is done."""


def run_everything(
    settings: Settings, listening: socket.socket, signals: Signals, company: Company, *, short_lived: bool = False
) -> None:
    """Starts what is not there yet, serves until a signal comes or `company` says so, and stops what it started.

    A `short_lived` Neo4j is fast at once rather than later.

    Raises:
        LocalError: when the private servers cannot be started.
        SettingsError: when others could reach an API whose keys nobody chose.
        Failed: when something died, or a module with actions is not there.
    """
    refuse_open_door(settings)
    import_own(settings.actions)
    with ExitStack() as stack:
        with ThreadPoolExecutor(1) as meanwhile:
            meanwhile.submit(importlib.import_module, "cli.serving")  # takes a second, and the servers some
            servers = Servers.start(
                settings.data_dir,
                postgres=settings.postgres_url is None,
                neo4j=settings.neo4j_uri is None,
                on_progress=say,
                settings=replace(ServerSettings.from_environment(), neo4j_short_lived=True) if short_lived else None,
            )
        stack.callback(_stop, servers, signals)
        from cli.serving import migrate, serve

        whole = with_local_secret(with_servers(settings, servers.addresses))
        say(migrated(*migrate(whole)))
        place = _place(url_of(listening), whole, servers.addresses)
        record_address(whole.data_dir, place.as_json() | {"postgres_url": servers.addresses.postgres_url})
        stack.callback(forget_address, whole.data_dir)

        serve(whole, listening, signals, lambda stopping: company(place, stopping), workers=True, servers=servers)


def import_own(actions: Sequence[str]) -> None:
    """Imports the modules with actions, those in this folder too, before anything is started.

    Raises:
        Failed: naming one that is not there or has none.
    """
    if actions and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        import_actions(actions)
    except ActionsMissing as missing:
        raise Failed(f"--actions (WAYLINE_ACTIONS): {missing}.", missing.fix, 2) from missing


def with_servers(settings: Settings, started: Addresses) -> Settings:
    """The settings with the addresses of the private servers that were started."""
    found: dict[str, Any] = {}
    if started.postgres_url:
        found |= {"postgres_url": SecretStr(started.postgres_url)}
    if not started.postgres_durable:  # chosen by WAYLINE_POSTGRES_DURABLE
        found |= {"unsafe_postgres": (*settings.unsafe_postgres, "fsync")}
    if started.neo4j_uri:
        password = SecretStr(started.neo4j_password)
        found |= {"neo4j_uri": started.neo4j_uri, "neo4j_user": started.neo4j_user, "neo4j_password": password}
        found |= {"neo4j_password_file": None}
    whole = settings.model_copy(update=found)
    return with_sealing_key(whole) if started.postgres_url else whole


def with_sealing_key(settings: Settings) -> Settings:
    """The settings with the key of the data folder, whose PostgreSQL it is: behind those that are given, if any are.

    Raises:
        SettingsError: when the file of those cannot be read.
        LocalError: when a key cannot be written.
    """
    given = settings.read_sensitive_keys()
    kept = read_sealing_key(settings.data_dir) if given else ensure_sealing_key(settings.data_dir)
    keys = ",".join(dict.fromkeys((*given, kept) if kept else given))
    return settings.model_copy(update={"sensitive_keys": SecretStr(keys), "sensitive_keys_file": None})


def with_local_secret(settings: Settings) -> Settings:
    """The settings with the secret of the data folder, where nobody chose how tokens are verified.

    Raises:
        SettingsError: when the address is one that others can reach.
        LocalError: when the secret cannot be written.
    """
    refuse_open_door(settings)
    if settings.has_keys:
        return settings
    return settings.model_copy(update={"jwt_secret": SecretStr(ensure_secret(settings.data_dir))})


def migrated(postgres: int, neo4j: int) -> str:
    """What migrating did, as a sentence."""
    if not postgres + neo4j:
        return "Both databases are up to date."
    return f"Migrated: {many(postgres, 'step')} in PostgreSQL, {neo4j} in Neo4j."


def _stop(servers: Servers, signals: Signals) -> None:
    signals.close()
    signals.late = (0, "The private servers are still ending; nothing is lost, and the next start waits for them.")
    say("Stopping …")
    servers.stop()


def _place(url: str, settings: Settings, started: Addresses) -> Place:
    return Place(
        url=url,
        folder=settings.data_dir,
        neo4j_uri=settings.neo4j_uri or "",
        neo4j_user=settings.neo4j_user,
        neo4j_password_file=started.neo4j_password_file if started.neo4j_uri else settings.neo4j_password_file,
    )
