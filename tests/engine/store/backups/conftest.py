"""Backups between databases of one server: where one is taken, and an empty one to restore into."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store import Postgres
from engine.store.backups import Manifest, Restored, Restoring, restore_backup, take_backup
from local.postgres import binaries
from tests.engine.workers.conftest import Crew

SETTINGS = Settings(unsafe_postgres=("fsync",))


def silent(what: str, done: int, total: int | None) -> None:
    """Nobody watches."""


async def take(url: str, place: Path) -> Manifest:
    return await take_backup(url, SETTINGS, place, binaries(), silent)


async def restore(url: str, place: Path, *, replace: bool = False) -> Restored:
    return await restore_backup(url, SETTINGS, Restoring(place, replace, "rita", binaries()), silent)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Crew]:
    """The engine on a database, below its doors."""
    async with Postgres.open(url, SETTINGS) as postgres:
        yield Crew(postgres)


Opened = Callable[[str], AbstractAsyncContextManager[Crew]]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore does not wait for who is there to leave."""
    monkeypatch.setattr("engine.store.backups.restoring._LEAVING", 0.0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "monday.backup"
