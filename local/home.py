"""The data folder of one machine's servers: who owns it, its files, and its passwords.

DIR/lock            held (flock) by the one `up` that owns DIR; names that process
DIR/servers.json    the server processes that run for it (`local.processes`)
DIR/*.password      random, mode 0600
DIR/logs/           what the servers print
DIR/postgres/ DIR/neo4j/   the data
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.identity import born, is_alive

NEEDED_BYTES = 300_000_000  # empty PostgreSQL and Neo4j, and room for their logs to turn over


@dataclass(frozen=True, slots=True)
class Home:
    """An opened data folder. Whoever holds it is the only one who starts servers in it, until `close`."""

    path: Path
    lock_fd: int

    @classmethod
    def open(cls, path: Path, on_progress: Callable[[str], None], *, patience: float = 60.0) -> "Home":
        """Create DIR where it is missing and become its owner.

        When the last owner was killed its guard may still be ending the servers: waits for that, at most `patience`
        seconds. Raises `LocalError` when DIR is owned by a live process, cannot be written, or the disk is full.
        """
        path = path.expanduser().absolute()
        try:
            # root's servers run as another account, which must be able to pass through
            path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            (path / "logs").mkdir(mode=0o700, exist_ok=True)
            lock_fd = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            _take(path, lock_fd, on_progress, patience)
            _check_space(path)
            content = json.dumps({"pid": os.getpid(), "born": born(os.getpid())}).encode()
            os.ftruncate(lock_fd, 0)
            os.pwrite(lock_fd, content, 0)
        except OSError as error:
            os.close(lock_fd)
            raise cannot_write(path, error) from error
        except BaseException:
            os.close(lock_fd)
            raise
        return cls(path, lock_fd)

    def close(self) -> None:
        """Give DIR up. The data stays."""
        with contextlib.suppress(OSError):
            os.close(self.lock_fd)

    @property
    def state_path(self) -> Path:
        """The record of running servers."""
        return self.path / "servers.json"

    def log_path(self, name: str) -> Path:
        """Where what `name` prints goes."""
        return self.path / "logs" / f"{name}.log"

    def fresh_log(self, name: str) -> Path:
        """The same place, emptied for a new start; what was there is kept as `NAME.before.log`."""
        log = self.log_path(name)
        if log.exists():
            log.replace(log.with_suffix(".before.log"))
        return log

    def password_path(self, name: str) -> Path:
        """Where the password of `name` is kept."""
        return self.path / f"{name}.password"

    def password(self, name: str, *, data_exists: bool) -> str:
        """The password of `name`, drawn at its first use, 48 hexadecimal digits.

        Raises `LocalError` when the file is gone while there is data that it opens.
        """
        place = self.password_path(name)
        try:
            if place.exists():
                place.chmod(0o600)
                return place.read_text().strip()
            if data_exists:
                raise LocalError(
                    f"{place} is missing, and the data in {self.path / name} cannot be opened without it.",
                    "Put the file back, or choose another data folder with --data.",
                )
            fresh = secrets.token_hex(24)
            write_private(place, fresh + "\n")
        except OSError as error:
            raise cannot_write(self.path, error) from error
        return fresh


def write_private(place: Path, text: str) -> None:
    """Write a file of mode 0600 so that after a crash it is there whole or as before."""
    draft = place.with_name(place.name + ".new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)


def cannot_write(path: Path, error: OSError) -> LocalError:
    """The sentence for a folder or disk that refuses."""
    reason = error.strerror or str(error)
    return LocalError(
        f"The data folder {path} cannot be used: {reason}.", "Choose one that you can write to, with --data."
    )


def _take(path: Path, lock_fd: int, on_progress: Callable[[str], None], patience: float) -> None:
    deadline = time.monotonic() + patience
    told = False
    while True:
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(lock_fd)
            if owner is not None and is_alive(*owner):
                raise LocalError(
                    f"The data folder {path} is in use by process {owner[0]}.",
                    "Stop that one first, or choose another folder with --data.",
                ) from None
            if time.monotonic() > deadline:
                raise LocalError(
                    f"The lock {path / 'lock'} is held, and not by the process it names.",
                    f"Find what holds it (`fuser {path / 'lock'}`) and stop it, or choose another folder with --data.",
                ) from None
            if not told:
                on_progress("waiting for the servers of a run that was killed to end")
                told = True
            time.sleep(0.1)
        else:
            return


def _owner(lock_fd: int) -> tuple[int, str] | None:
    try:
        content = json.loads(os.pread(lock_fd, 1000, 0))
        return int(content["pid"]), str(content["born"])
    except (ValueError, KeyError, TypeError):
        return None  # just being written, or damaged: the lock itself is what counts


def _check_space(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < NEEDED_BYTES:
        raise LocalError(
            f"The disk of {path} has {free // 1_000_000} MB left, and the servers need {NEEDED_BYTES // 1_000_000} MB.",
            "Free some space, or choose a folder on another disk with --data.",
        )
