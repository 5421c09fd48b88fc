"""The file of a backup: a ZIP with `manifest.json`, and `postgres.dump` as pg_dump writes it (custom format).

It is stored, not compressed once more, and holds nothing but the database: no password, no key of a token. It does hold
every case, so nobody but its owner may read it.
"""

import hashlib
import os
import zipfile
from collections.abc import AsyncIterable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

FORMAT: Final = 1
"""The format of the archives that this engine writes, and the newest that it reads."""

Progress = Callable[[str, int, int | None], None]
"""Told how far something long has come: what is counted, how many, and of how many where that is known."""

_MANIFEST: Final = "manifest.json"
_DUMP: Final = "postgres.dump"
_CHUNK: Final = 1 << 20
_DAMAGED: Final = "Take another backup: this one is damaged."


class BackupError(Exception):
    """A backup that cannot be taken or restored. `sentence` says what is wrong, `fix` what to do about it."""

    def __init__(self, sentence: str, fix: str = "") -> None:
        super().__init__(f"{sentence} {fix}".strip())
        self.sentence = sentence
        self.fix = fix


@dataclass(frozen=True, slots=True)
class AppliedMigration:
    """A migration that the database had when the backup was taken; `checksum` is the SHA-256 of its text."""

    version: int
    name: str
    checksum: str


@dataclass(frozen=True, slots=True)
class LastEvent:
    """The newest event of a database: what was done after `at` is not in it."""

    at: datetime
    process: str
    seq: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `rows` counts those of every table, by its name; `bytes` and `sha256` are the dump's."""

    format: int
    taken_at: datetime
    engine: str
    server: str
    database: str
    epoch: str
    migrations: tuple[AppliedMigration, ...]
    last_event: LastEvent | None
    rows: Mapping[str, int]
    bytes: int = 0
    sha256: str = ""

    @property
    def events(self) -> int:
        """How many events, in all partitions."""
        return sum(count for table, count in self.rows.items() if table.startswith("process_events"))

    @property
    def major(self) -> int:
        """The server's major version, such as 18."""
        return int(self.server.split(".")[0])


async def write_archive(place: Path, manifest: Manifest, dump: AsyncIterable[bytes], progress: Progress) -> Manifest:
    """Writes an archive of mode 0600 that is there whole or not at all; gives the manifest with the dump's size.

    Raises:
        BackupError: when the place is taken or cannot be written.
    """
    draft = place.with_name(f"{place.name}.partial")
    try:
        _refuse_taken(place)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                manifest = await _write_dump(archive, manifest, dump, progress)
                archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
            file.flush()
            os.fsync(file.fileno())
        _refuse_taken(place)
        draft.rename(place)
        _sync(place.parent)
    except OSError as error:
        raise BackupError(f"{place} cannot be written: {error.strerror}.", "Choose another folder or disk.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return manifest


def read_manifest(place: Path) -> Manifest:
    """What an archive says that it holds.

    Raises:
        BackupError: when it is no archive of ours, damaged, or of a format that this engine does not know.
    """
    with _opened(place) as archive:
        return _manifest(archive)


def check_archive(place: Path, progress: Progress) -> Manifest:
    """Reads an archive through, and compares its dump with the manifest; raises as `extract_dump` does."""
    with _opened(place) as archive:
        manifest = _manifest(archive)
        for _ in _verified(archive, manifest, progress):
            pass
    return manifest


def extract_dump(place: Path, target: Path, progress: Progress) -> None:
    """Copies the dump to `target`, where pg_restore can read it.

    Raises:
        BackupError: when the archive is damaged, or the disk full.
    """
    with _opened(place) as archive:
        chunks = _verified(archive, _manifest(archive), progress)
        try:
            with target.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
        except OSError as error:
            raise BackupError(
                f"{target} cannot be written: {error.strerror}.", "Set TMPDIR to a folder with more room."
            ) from error


def _refuse_taken(place: Path) -> None:
    if place.exists():
        raise BackupError(f"{place} is there already.", "Choose another name; a backup is never written over.")


def _sync(folder: Path) -> None:
    """Makes the name of a new file outlast a crash of the machine, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


async def _write_dump(
    archive: zipfile.ZipFile, manifest: Manifest, dump: AsyncIterable[bytes], progress: Progress
) -> Manifest:
    size, hashed = 0, hashlib.sha256()
    with archive.open(_DUMP, "w", force_zip64=True) as member:
        async for chunk in dump:
            member.write(chunk)
            hashed.update(chunk)
            size += len(chunk)
            progress("bytes", size, None)
    return replace(manifest, bytes=size, sha256=hashed.hexdigest())


@contextmanager
def _opened(place: Path) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(place) as archive:
            yield archive
    except OSError as error:
        raise BackupError(f"{place} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BackupError(f"{place} is no backup of Wayline, or only a part of one.", _DAMAGED) from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    text = archive.read(_MANIFEST)
    try:
        found = msgspec.json.decode(text, type=_Format)
        if found.format > FORMAT:
            raise BackupError(
                f"The backup was written by Wayline {found.engine}, in a format that this one does not know.",
                "Restore it with that version.",
            )
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"The manifest in {archive.filename} cannot be read: {error}.", _DAMAGED) from error


class _Format(msgspec.Struct):
    format: int
    engine: str


def _verified(archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> Generator[bytes]:
    """The dump in pieces; raises at its end when it is not the one that was written."""
    size, hashed = 0, hashlib.sha256()
    with archive.open(_DUMP) as member:
        while chunk := member.read(_CHUNK):
            hashed.update(chunk)
            size += len(chunk)
            progress("bytes", size, manifest.bytes)
            yield chunk
    if (size, hashed.hexdigest()) != (manifest.bytes, manifest.sha256):
        raise BackupError(f"The dump in {archive.filename} is not the one that its manifest names.", _DAMAGED)
