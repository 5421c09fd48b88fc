"""What is killed, put up: two private servers, wires to them, two API processes and two of workers.

The servers stay for the whole campaign; each round has a database of its own on them, and new processes.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

import psycopg
import stamina
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from api.auth import make_token
from bench.paths import ROLE as LENDER
from bench.paths import WAYS
from chaos.actions import FILE as EFFECTS
from chaos.calls import Line, Place
from chaos.servers import Server
from chaos.victim import Doom
from chaos.victims import Nursery, Role, Victim, Victims
from chaos.wires import BOLT_COMMIT, POSTGRES_COMMIT, End, Wire
from engine.bootstrap import migrate
from engine.core.organisation import Role as Held
from engine.core.organisation import User
from engine.ports import Entered
from engine.settings import Settings, read_settings
from engine.store import Postgres
from local.ports import LOOPBACK, free_port

APIS: Final = 2
WORKERS: Final = 2
_TTL: Final = timedelta(hours=12)
_SOCKET: Final = ".s.PGSQL.5432"
_JOURNEYS: Final = Path(__file__).with_name("journeys")

_IMPATIENT: Final = {
    "WAYLINE_POSTGRES_CONNECT_TIMEOUT": "2",
    "WAYLINE_POSTGRES_STATEMENT_TIMEOUT": "5",
    "WAYLINE_POSTGRES_LOCK_TIMEOUT": "2",
    "WAYLINE_POSTGRES_IDLE_TIMEOUT": "2",
    "WAYLINE_NEO4J_CONNECT_TIMEOUT": "1",
    "WAYLINE_RESCUER_INTERVAL": "0.3",
    "WAYLINE_ROUTES_INTERVAL": "5",
}
"""What is waited for in production is waited for here as well, but not as long."""

_SHARERS: Final = Entered(
    users=tuple(User(f"sharer-{n}", f"Sharer {n}", roles=frozenset({"sharer"})) for n in range(3)),
    roles=(Held("sharer", "Sharer"),),
)
"""Who the engine gives tasks to."""


class RigBroken(Exception):
    """A part of the rig does not come up."""


class Rig:
    """The servers and the wires. `folder` is its own, and has a short path: a socket lies in it."""

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder = folder
        self.nursery = nursery
        self.postgres = Server("postgres", folder / "postgres")
        self.neo4j = Server("neo4j", folder / "neo4j")
        self.postgres_wire = Wire(self._dial_postgres, POSTGRES_COMMIT)
        self.neo4j_wire = Wire(self._dial_neo4j, BOLT_COMMIT)
        self.secret = secrets.token_hex(32)
        self._bolt_port = 0

    async def listen(self) -> None:
        """Opens the wires, on a socket in a folder of their own and on a loopback port."""
        loop = asyncio.get_running_loop()
        (self.folder / "wire").mkdir()
        await loop.create_unix_server(self.postgres_wire.accept, self.folder / "wire" / _SOCKET)
        server = await loop.create_server(self.neo4j_wire.accept, LOOPBACK, 0)
        self._bolt_port = server.sockets[0].getsockname()[1]

    def url(self, database: str, *, wired: bool) -> str:
        """Where a database is: over the wire, or directly."""
        direct = urlsplit(self.postgres.addresses.postgres_url)._replace(path=f"/{database}")
        if not wired:
            return direct.geturl()
        login = f"{quote(unquote(direct.username or ''))}:{quote(unquote(direct.password or ''))}"
        return f"postgresql://{login}@/{database}?host={quote(str(self.folder / 'wire'), safe='')}&port=5432"

    def settings(self, database: str) -> Settings:
        """The engine's settings on the servers themselves, for what the campaign does itself."""
        addresses = self.neo4j.addresses
        return read_settings(
            postgres_url=self.url(database, wired=False),
            neo4j_uri=addresses.neo4j_uri,
            neo4j_user=addresses.neo4j_user,
            neo4j_password_file=addresses.neo4j_password_file,
            jwt_secret=self.secret,
            projector_batch=2000,
        )

    def environment(self, database: str, effects: Path) -> dict[str, str]:
        """The environment of the engine's processes, on the wires."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYLINE_")}
        addresses = self.neo4j.addresses
        return kept | {
            "WAYLINE_POSTGRES_URL": self.url(database, wired=True),
            "WAYLINE_NEO4J_URI": f"bolt://{LOOPBACK}:{self._bolt_port}",
            "WAYLINE_NEO4J_USER": addresses.neo4j_user,
            "WAYLINE_NEO4J_PASSWORD_FILE": str(addresses.neo4j_password_file),
            "WAYLINE_DATA_DIR": str(self.folder),
            "WAYLINE_JWT_SECRET": self.secret,
            "WAYLINE_ACTIONS": "chaos.actions",
            "WAYLINE_LOG_FORMAT": "json",
            EFFECTS: str(effects),
            **_IMPATIENT,
        }

    async def make_database(self, name: str) -> None:
        """A new database with every migration, and who shares the work; Neo4j has those already, or gets them now."""
        async with await psycopg.AsyncConnection.connect(
            self.postgres.addresses.postgres_url, autocommit=True
        ) as connection:
            await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        settings = self.settings(name)
        await migrate(settings)
        async with Postgres.open(self.url(name, wired=False), settings) as postgres:
            await postgres.organisation.apply(_SHARERS, "chaos")

    @stamina.retry(on=InsufficientPrivilege, attempts=None, timeout=60, wait_max=1)
    async def drop_database(self, name: str) -> None:
        """Removes it, with all that a round left there. A vacuum in it may not be ended by us, and soon ends itself."""
        async with await psycopg.AsyncConnection.connect(
            self.postgres.addresses.postgres_url, autocommit=True
        ) as connection:
            await connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def token(self, user: str) -> str:
        """Who may do everything here, and every task of the journeys."""
        return make_token(self.secret, user, ["admin", "clerk", LENDER], _TTL)

    async def _dial_postgres(self, end: End) -> object:
        url = urlsplit(self.postgres.addresses.postgres_url)
        host = parse_qs(url.query).get("host", [""])[0] or unquote(url.hostname or "")
        loop = asyncio.get_running_loop()
        if host.startswith("/"):
            return await loop.create_unix_connection(lambda: end, f"{host}/{_SOCKET}")
        return await loop.create_connection(lambda: end, host, url.port or 5432)

    async def _dial_neo4j(self, end: End) -> object:
        url = urlsplit(self.neo4j.addresses.neo4j_uri)
        assert url.hostname and url.port, "a server's address has a port"
        return await asyncio.get_running_loop().create_connection(lambda: end, url.hostname, url.port)


@asynccontextmanager
async def rigged(folder: Path, say: Callable[[str], None]) -> AsyncGenerator[Rig]:
    """The servers, started side by side in `folder`, which is there and empty; nothing of it runs afterwards.

    Raises:
        LocalError: when they do not start.
    """
    async with AsyncExitStack() as stack:
        nursery = await Nursery.open(folder / "nursery.log")
        stack.push_async_callback(nursery.close)
        rig = Rig(folder, nursery)
        for server in (rig.postgres, rig.neo4j):
            stack.push_async_callback(server.stop)
        say("starting PostgreSQL and Neo4j")
        async with asyncio.TaskGroup() as group:
            group.create_task(rig.postgres.start())
            group.create_task(rig.neo4j.start())
        await rig.listen()
        yield rig


@asynccontextmanager
async def inhabited(
    rig: Rig, database: str, effects: Path, doom: Callable[[Role], Doom | None]
) -> AsyncGenerator[tuple[Victims, list[Place]]]:
    """Processes of the engine on a migrated database, with the journeys published; they are killed on leaving.

    Raises:
        RigBroken: when they do not answer, or refuse the journeys.
    """
    victims = Victims(rig.nursery, rig.environment(database, effects), rig.folder, doom)
    places = [Place(LOOPBACK, free_port()) for _ in range(APIS)]
    try:
        for number, place in enumerate(places, 1):
            program = ["serve", "--port", str(place.port), "--json"]
            victims.keep(Victim(f"api-{number}", "api", program, doomed=number == 1))
        await _publish(places[0], rig.token("designer"))
        for number in range(1, WORKERS + 1):
            victims.keep(Victim(f"workers-{number}", "workers", ["work"], doomed=number == 1))
        yield victims, places
    finally:
        await victims.end()


async def _publish(place: Place, token: str) -> None:
    line = Line(place, token)
    own = [(_JOURNEYS / f"{name}.yaml").read_bytes() for name in ("part", "whole")]
    for document in (WAYS["loan"].document(), *own):
        reply = await line.until_answered("POST", "/api/journeys?publish=true", document, media="application/yaml")
        if reply.status >= 300:
            raise RigBroken(f"a journey is refused: {reply.body.decode()[:2000]}")
    line.close()
