"""The parts of the engine by themselves, on databases that are named: `serve`, `work`, `migrate`, `rebuild-graph`."""

import threading
from contextlib import closing
from pathlib import Path

import httpx
from pydantic import SecretStr

from cli.listening import listen, url_of
from cli.logs import keep_logs
from cli.machine import import_own, migrated, with_local_secret, with_servers
from cli.signals import Signals
from cli.terminal import Data, Failed, Json, out, print_json, say
from cli.up import Host, Port
from engine.settings import Settings, read_settings
from local.secret import read_address
from local.servers import Servers


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

    postgres, neo4j = serving.migrate(read_settings())
    print_json({"postgres": postgres, "neo4j": neo4j}) if json else out.print(migrated(postgres, neo4j))


def rebuild_graph(data: Data = None, json: Json = False) -> None:
    """Remove the live execution from Neo4j, apply every event again, and print the digest of what came out.

    It may run beside the engine. Without named databases it is about the private ones in DIR; where no server runs
    on DIR, they are started and stopped for it.

    Example: wayline rebuild-graph --data .wayline
    """
    from cli import serving

    settings = read_settings(data_dir=data)
    if settings.postgres_url and settings.neo4j_uri:
        digest = serving.rebuild_graph(settings)
    elif running := _running_on(settings):
        digest = serving.rebuild_graph(running)
    else:
        digest = _rebuild_on_private_servers(settings)
    print_json({"digest": digest}) if json else out.print(digest)


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
    return settings.model_copy(update=found)


def _rebuild_on_private_servers(settings: Settings) -> str:
    if not settings.data_dir.is_dir():
        raise Failed(f"There is no data folder {settings.data_dir}.", "Name it with --data, or set WAYLINE_DATA_DIR.")
    from cli import serving

    postgres, neo4j = settings.postgres_url is None, settings.neo4j_uri is None
    with (
        Signals(),
        Servers.start(settings.data_dir, postgres=postgres, neo4j=neo4j, on_progress=say) as servers,
    ):
        whole = with_servers(settings, servers.addresses)
        serving.migrate(whole)
        return serving.rebuild_graph(whole)
