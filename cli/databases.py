"""Which databases a command is about: named ones, those that run on a data folder, or private ones just for it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr

from cli.logs import keep_logs
from cli.machine import with_sealing_key, with_servers
from cli.signals import Signals
from cli.terminal import Failed, say
from engine.settings import Settings
from local.secret import read_address
from local.servers import Servers


@contextmanager
def databases(
    settings: Settings,
    *,
    started: Callable[[Settings], object] = lambda _: None,
    make: bool = False,
    neo4j: bool = True,
) -> Generator[Settings]:
    """The settings with the addresses of both databases; what is started for it is stopped on leaving.

    `started` is called where servers were started; `make`: a data folder that is not there yet is made. Without `neo4j`
    PostgreSQL alone will do.

    Raises:
        Failed: when there is no data folder.
        LocalError: when the private servers cannot be started.
    """
    keep_logs(settings)
    if settings.postgres_url and (settings.neo4j_uri or not neo4j):
        yield settings
    elif running := _running_on(settings):
        yield running
    else:
        if not make and not settings.data_dir.is_dir():
            raise Failed(
                f"There is no data folder {settings.data_dir}.", "Name it with --data, or set WAYLINE_DATA_DIR."
            )
        postgres, neo4j = settings.postgres_url is None, neo4j and settings.neo4j_uri is None
        with (
            Signals(),
            Servers.start(settings.data_dir, postgres=postgres, neo4j=neo4j, on_progress=say) as servers,
        ):
            whole = with_servers(settings, servers.addresses)
            started(whole)
            yield whole


def _running_on(settings: Settings) -> Settings | None:
    """The settings with the addresses of the server that runs on the data folder, if one does."""
    noted = read_address(settings.data_dir)
    try:
        httpx.get(f"{noted.get('url', '')}/health", timeout=2).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    found: dict[str, object] = {}
    if noted.get("postgres_url"):
        found |= {"postgres_url": SecretStr(noted["postgres_url"])}
    if settings.neo4j_uri is None:
        found |= {"neo4j_uri": noted.get("neo4j_uri"), "neo4j_user": noted.get("neo4j_user")}
        found |= {"neo4j_password_file": Path(noted.get("neo4j_password_file", "")), "neo4j_password": None}
    whole = settings.model_copy(update=found)
    return with_sealing_key(whole) if noted.get("postgres_url") else whole
