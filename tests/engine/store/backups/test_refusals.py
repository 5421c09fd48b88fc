"""A backup that cannot be restored is refused with a sentence, and the database stays as it was."""

import asyncio
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from engine.core.commands import CompleteTask
from engine.statements import SQL_MIGRATIONS, migrations
from engine.store import migrate
from engine.store.backups import BackupError, Restoring, check_archive, restore_backup
from engine.store.backups.programs import find_program
from local.postgres import binaries
from tests.core.play import ADMIN
from tests.engine.store.backups.conftest import SETTINGS, opened, restore, silent, take

FAILING = """#!/bin/sh
test "$1" = --version && { echo 'pg_dump (PostgreSQL) 99.1'; exit; }
echo PGDMP and no more; echo the disk burns >&2; exit 3
"""
ONE = "  - {id: only, performed_by: clerk}\n"


@pytest.fixture(scope="module")
def taken(
    migrated_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A backup of three cases, for all tests to copy."""
    place = tmp_path_factory.mktemp("backups") / "monday.backup"

    async def make(url: str) -> None:
        async with opened(url) as crew:
            await crew.start(await crew.publish(ONE), 3)
        await take(url, place)

    with migrated_database() as url, ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(make(url))).result()
    return place


@pytest.fixture
def backup(taken: Path, place: Path) -> Path:
    """A copy of this test's own."""
    return Path(shutil.copy(taken, place))


def altered(backup: Path, change: Callable[[dict[str, Any]], None], more: bytes = b"") -> Path:
    """The backup with another manifest, and `more` after its dump."""
    with zipfile.ZipFile(backup) as archive:
        manifest, dump = msgspec.json.decode(archive.read("manifest.json")), archive.read("postgres.dump") + more
    change(manifest)
    other = backup.with_name("other.backup")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("postgres.dump", dump)
        archive.writestr("manifest.json", msgspec.json.encode(manifest))
    return other


def newer(manifest: dict[str, Any]) -> None:
    manifest["migrations"].append({"version": 9999, "name": "to_come", "checksum": "0"})
    manifest["engine"] = "9.9.9"


def changed(manifest: dict[str, Any]) -> None:
    manifest["migrations"][0]["checksum"] = "0"


def of_a_later_format(manifest: dict[str, Any]) -> None:
    manifest |= {"format": 2, "engine": "9.9.9"}
    del manifest["rows"]


def of_a_later_server(manifest: dict[str, Any]) -> None:
    manifest["server"] = "99.1"


def with_other_rows(manifest: dict[str, Any]) -> None:
    manifest["rows"]["process_instances"] += 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (newer, "has the migration V9999__to_come, and this engine knows up to .* with Wayline 9.9.9"),
        (changed, "migration V0001__time_and_audit has another text"),
        (of_a_later_format, "in a format that this one does not know.*"),
        (of_a_later_server, "is of PostgreSQL 99, and this server is"),
        (with_other_rows, r"process_instances \(3 instead of 4\)"),
    ],
)
async def test_one_that_does_not_fit_is_refused_and_changes_nothing(
    backup: Path, postgres_url: str, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    before = facts(postgres_url)
    with pytest.raises(BackupError, match=sentence):
        await restore(postgres_url, altered(backup, change), replace=True)
    assert facts(postgres_url) == before


@pytest.mark.parametrize("damage", ["a byte", "the end", "all of it", "gone"])
async def test_a_damaged_one_is_refused_before_anything_is_touched(
    backup: Path, empty_postgres_url: str, damage: str
) -> None:
    spoil(backup, damage)
    for attempt in (restore(empty_postgres_url, backup), checked(backup)):
        with pytest.raises(BackupError, match=r"no backup of Wayline|cannot be read|is not the one"):
            await attempt
    with psycopg.connect(empty_postgres_url) as connection:
        assert connection.execute("SELECT to_regclass('tasks')").fetchone() == (None,)


async def test_a_dump_that_is_not_the_manifests_is_refused(backup: Path, empty_postgres_url: str) -> None:
    with pytest.raises(BackupError, match="is not the one that its manifest names"):
        await restore(empty_postgres_url, altered(backup, lambda manifest: None, b"x"))


def spoil(backup: Path, damage: str) -> None:
    content = bytearray(backup.read_bytes())
    if damage == "a byte":
        content[len(content) // 2] ^= 1
    elif damage == "the end":
        del content[-1000:]
    elif damage == "all of it":
        content = bytearray(b"not a backup")
    backup.unlink() if damage == "gone" else backup.write_bytes(content)


async def checked(backup: Path) -> None:
    check_archive(backup, silent)


async def test_cases_that_are_there_are_replaced_only_when_that_is_asked_for(backup: Path, postgres_url: str) -> None:
    async with opened(postgres_url) as crew:
        await crew.start(await crew.publish(ONE))
        await crew.give("p1", CompleteTask(ADMIN, 1, {}))
    before = facts(postgres_url)
    with pytest.raises(BackupError, match=r"holds cases already, the last event at .* --replace"):
        await restore(postgres_url, backup)
    assert facts(postgres_url) == before
    restored = await restore(postgres_url, backup, replace=True)
    assert restored.replaced
    assert restored.replaced.events_lost == 4
    async with opened(postgres_url) as crew:
        assert (await crew.process("p1")).status == "running"


async def test_a_database_of_something_else_is_not_taken(backup: Path, empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute("CREATE TABLE somebodys (id integer)")
    with pytest.raises(BackupError, match="holds what is not Wayline's"):
        await restore(empty_postgres_url, backup, replace=True)


async def test_a_migrated_database_without_a_case_needs_no_leave(backup: Path, empty_postgres_url: str) -> None:
    await migrate(empty_postgres_url, SETTINGS)
    assert (await restore(empty_postgres_url, backup)).replaced is None


async def test_while_others_are_connected_nothing_is_restored(backup: Path, postgres_url: str) -> None:
    async with opened(postgres_url):
        with pytest.raises(BackupError, match=r"Others are connected to the database .*: wayline"):
            await restore(postgres_url, backup, replace=True)
    await restore(postgres_url, backup, replace=True)


@pytest.mark.usefixtures("impatient")
async def test_who_connects_while_it_is_restored_keeps_the_database_as_it_was(backup: Path, postgres_url: str) -> None:
    """An engine that came up then would go on with what it read of the database before."""
    before, came = facts(postgres_url), []

    def come(what: str, done: int, total: int | None) -> None:
        if what == "rows" and not came:
            came.append(psycopg.connect(postgres_url))

    with pytest.raises(BackupError, match="Others are connected"):
        await restore_backup(postgres_url, SETTINGS, Restoring(backup, True, "rita", binaries()), come)
    came[0].close()
    assert facts(postgres_url) == before


async def test_an_older_one_is_migrated(empty_postgres_url: str, postgres_url: str, place: Path) -> None:
    known = migrations(SQL_MIGRATIONS)
    await migrate(empty_postgres_url, SETTINGS, known[:10])
    await take(empty_postgres_url, place)
    restored = await restore(postgres_url, place)
    assert restored.migrated == tuple(f"V{one.version:04d}__{one.name}" for one in known[10:])
    async with opened(postgres_url) as crew:
        await crew.start(await crew.publish(ONE))


async def test_a_backup_is_never_written_over_and_a_failed_one_leaves_nothing(
    backup: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BackupError, match="is there already"):
        await take(postgres_url, backup)
    assert check_archive(backup, silent).rows["process_instances"] == 3
    write_program(backup.parent / "pg_dump", FAILING)
    monkeypatch.setenv("PATH", str(backup.parent), prepend=":")
    with pytest.raises(BackupError, match="pg_dump ended with status 3: the disk burns"):
        await take(postgres_url, backup.with_name("second.backup"))
    assert names_in(backup.parent) == ["monday.backup", "pg_dump"]


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def write_program(place: Path, text: str) -> None:
    place.write_text(text)
    place.chmod(0o755)


def test_an_archive_is_its_owners_alone_and_has_no_password_in_it(taken: Path, postgres_server: str) -> None:
    assert taken.stat().st_mode & 0o777 == 0o600
    password = psycopg.conninfo.conninfo_to_dict(postgres_server)["password"]
    assert isinstance(password, str)
    assert password.encode() not in taken.read_bytes()
    with zipfile.ZipFile(taken) as archive:
        assert archive.namelist() == ["postgres.dump", "manifest.json"]


@pytest.mark.parametrize(("version", "found"), [("99.1", "path"), ("15.3 (Debian)", "bundled"), ("none", "bundled")])
def test_the_program_is_that_of_the_path_where_it_is_new_enough_else_the_one_that_comes_with_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, found: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    write_program(tmp_path / "pg_dump", f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    bundled = binaries()
    assert find_program("pg_dump", 18, bundled).parent == {"path": tmp_path, "bundled": bundled}[found]
    if found == "bundled":
        with pytest.raises(BackupError, match="PostgreSQL 77 is needed"):
            find_program("pg_dump", 77, bundled)


def facts(url: str) -> list[Any]:
    """What would be another after a restore: the epoch, whether workers are paused, the cases."""
    cases = "(SELECT array_agg(p.*::text) FROM process_instances AS p)"
    asked = f"SELECT id, EXISTS (SELECT FROM workers_pause), {cases} FROM epoch".encode()
    with psycopg.connect(url) as connection:
        return connection.execute(asked).fetchall()
