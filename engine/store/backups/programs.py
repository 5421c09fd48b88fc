"""PostgreSQL's own programs: pg_dump, which knows how to write a database down, and pg_restore, which reads it."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from engine.store.backups.archive import BackupError

SCHEMA: Final = "public"
"""Where the engine's tables are."""

_CHUNK: Final = 1 << 18
_LONGEST_COMPLAINT: Final = 2000


def find_program(name: str, least: int, bundled: Path | None) -> Path:
    """The program of this name, of PostgreSQL `least` or newer: that of the PATH, else the one in `bundled`.

    Raises:
        BackupError: when neither is there or new enough.
    """
    found: list[int] = []
    on_path = shutil.which(name)
    for place in (Path(on_path) if on_path else None, bundled / name if bundled else None):
        if place and place.exists() and (version := _major(place)):
            if version >= least:
                return place
            found.append(version)
    there = f"{name} here is {max(found)}" if found else f"there is no {name} here"
    raise BackupError(
        f"{there[0].upper()}{there[1:]}; PostgreSQL {least} is needed.", f"Put {name} {least} on the PATH."
    )


def dump_of(program: Path, url: str, snapshot: str) -> AsyncGenerator[bytes]:
    """The dump of the engine's tables as `snapshot` shows them, in pieces, as pg_dump writes it.

    Raises:
        BackupError: at its end, when pg_dump failed; it says why.
    """
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--schema={SCHEMA}", f"--snapshot={snapshot}")
    target = make_conninfo("", **{**parts, "application_name": "wayline backup"})
    return _output((str(program), *options, f"--dbname={target}"), environment)


def script_of(program: Path, dump: Path, section: str) -> AsyncGenerator[bytes]:
    """The SQL that makes one section of a dump: `pre-data`, `data` or `post-data`; without the schema itself.

    Raises:
        BackupError: at its end, when pg_restore failed; it says why.
    """
    options = ("--no-owner", "--no-privileges", f"--schema={SCHEMA}", f"--section={section}", "--file=-")
    return _output((str(program), *options, str(dump)), dict(os.environ))


async def _output(command: Sequence[str], environment: dict[str, str]) -> AsyncGenerator[bytes]:
    """What a program prints; a program that is not read to its end is killed."""
    with tempfile.TemporaryFile() as complaints:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environment
        )
        try:
            assert process.stdout, "it was asked for"
            while piece := await process.stdout.read(_CHUNK):
                yield piece
            status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if status:
            complaints.seek(0)
            told = complaints.read(_LONGEST_COMPLAINT).decode(errors="replace").strip()
            raise BackupError(f"{Path(command[0]).name} ended with status {status}: {told}")


def _major(program: Path) -> int | None:
    """The major version that a program says it is of; None where it does not run."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603
        return int(told.split(")")[1].split()[0].split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
