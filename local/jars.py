"""The jars of Neo4j in the user's cache: fetched once, side by side, and verified by their SHA-256.

A finished jar is never fetched again and a half one is gone on with, so an interrupted download costs nothing. Each
jar is hashed before it is first used; after that a marker with its size and time of change is enough.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from local.errors import LocalError
from local.lock import Jar, Lock, read_lock
from local.settings import ServerSettings
from local.waiting import StartAbandoned

PARALLEL = 8
ATTEMPTS = 4
BACKOFF = 0.5  # seconds before the second attempt; doubled for each further one
CACHE_PATIENCE = 900.0  # seconds for another `up` to finish the same download


def fetch_jars(
    lock: Lock, cache_dir: Path, maven_url: str, on_progress: Callable[[str], None], abandoned: threading.Event
) -> list[Path]:
    """The verified jars in class path order; downloads what is missing (130 MB) from `maven_url`, or Maven Central.

    Raises `LocalError` without a network, for a jar that is not the locked one and for a cache that cannot be written,
    `StartAbandoned` when `abandoned` is set meanwhile.
    """
    folder = cache_dir / f"neo4j-{lock.version}"
    marker = folder / f"verified-{lock.digest[:16]}.json"
    places = [folder / jar.path for jar in lock.jars]
    if _marked(marker, places):
        return places
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder / "lock", on_progress, abandoned):
            missing = [jar for jar in lock.jars if not _is_good(folder / jar.path, jar)]
            if missing:
                _Download(folder, maven_url or _maven_central(), on_progress, abandoned).run(missing)
            marker.write_text(json.dumps(_fingerprints(places)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise LocalError(
            f"The cache {cache_dir} cannot be written: {reason}.", "Set WAYLINE_CACHE to a folder that can be."
        ) from error
    return places


@dataclass(slots=True)
class _Download:
    folder: Path
    base: str
    on_progress: Callable[[str], None]
    abandoned: threading.Event
    total: int = 0
    received: int = 0
    told_at: float = 0.0
    counting: threading.Lock = field(default_factory=threading.Lock)

    def run(self, jars: list[Jar]) -> None:
        self.total = sum(jar.size for jar in jars)
        self.on_progress(f"Neo4j: fetching {len(jars)} jars, {_mb(self.total)} MB, once for this machine")
        limits = httpx.Limits(max_connections=PARALLEL)
        with (
            httpx.Client(timeout=30, follow_redirects=True, limits=limits) as client,
            ThreadPoolExecutor(PARALLEL, thread_name_prefix="jar") as pool,
        ):
            fetches = [pool.submit(self._fetch, client, jar) for jar in sorted(jars, key=lambda jar: -jar.size)]
            try:
                done, _ = wait(fetches, return_when=FIRST_EXCEPTION)
                for fetch in done:
                    fetch.result()
            except BaseException:
                self.abandoned.set()  # the start as a whole fails with this, and the pool waits for its threads
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        self.on_progress(f"Neo4j: {_mb(self.total)} MB fetched and verified")

    def _fetch(self, client: httpx.Client, jar: Jar) -> None:
        """One jar, tried anew after each break of the line; what has come is kept."""
        place = self.folder / jar.path
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(place.name + ".part")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._receive(client, jar, part)
                break
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if attempt == ATTEMPTS or _is_final(error):
                    raise _unreachable(jar, error) from error
                if self.abandoned.wait(BACKOFF * 2 ** (attempt - 1)):
                    raise StartAbandoned from error
        if not _is_good(part, jar):
            part.unlink()
            raise LocalError(
                f"The file that came for {jar.path} is not the one that is locked: its SHA-256 differs.",
                "Check the mirror in WAYLINE_MAVEN_URL or the proxy in between, then start again.",
            )
        part.replace(place)

    def _receive(self, client: httpx.Client, jar: Jar, part: Path) -> None:
        had = part.stat().st_size if part.exists() else 0
        if had >= jar.size:
            self._count(jar.size)
            return  # whole, or nonsense: the hash will tell
        headers = {"Range": f"bytes={had}-"} if had else {}
        with client.stream("GET", f"{self.base.rstrip('/')}/{jar.path}", headers=headers) as answer:
            answer.raise_for_status()
            resumed = answer.status_code == 206  # a server that knows no ranges sends it all, with 200
            self._count(had if resumed else 0)
            counted = had if resumed else 0
            try:
                with part.open("ab" if resumed else "wb") as file:
                    for chunk in answer.iter_raw():
                        if self.abandoned.is_set():
                            raise StartAbandoned
                        file.write(chunk)
                        counted += len(chunk)
                        self._count(len(chunk))
            except httpx.HTTPError:
                self._count(-counted)
                raise

    def _count(self, size: int) -> None:
        with self.counting:
            self.received += size
            now = time.monotonic()
            if now - self.told_at < 1:
                return
            self.told_at = now
            text = f"Neo4j: {_mb(self.received)} of {_mb(self.total)} MB"
        self.on_progress(text)


def _marked(marker: Path, places: list[Path]) -> bool:
    try:
        return bool(json.loads(marker.read_text()) == _fingerprints(places))
    except (OSError, ValueError):
        return False


def _fingerprints(places: list[Path]) -> list[list[int]]:
    return [[status.st_size, status.st_mtime_ns] for status in (place.stat() for place in places)]


def _is_good(place: Path, jar: Jar) -> bool:
    try:
        if place.stat().st_size != jar.size:
            return False
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _only_one(place: Path, on_progress: Callable[[str], None], abandoned: threading.Event) -> Generator[None]:
    """Hold the cache against other processes that would fill it. Ends with the process, however that ends."""
    fd = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = time.monotonic() + CACHE_PATIENCE
    told = False
    try:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    on_progress("Neo4j: another process is fetching the same jars, waiting for it")
                    told = True
                if time.monotonic() > deadline:
                    raise LocalError(
                        f"Another process has held the cache {place.parent} for {CACHE_PATIENCE / 60:g} minutes.",
                        "Stop it, or set WAYLINE_CACHE to another folder.",
                    ) from None
                if abandoned.wait(0.2):
                    raise StartAbandoned from None
        yield
    finally:
        os.close(fd)


def _is_final(error: Exception) -> bool:
    """Whether trying again is useless: the server knows and refuses (but for being busy), or there is no such one."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return True
    return isinstance(error, httpx.HTTPStatusError) and error.response.status_code in range(400, 429)


def _unreachable(jar: Jar, error: Exception) -> LocalError:
    reason = (
        f"the server answered {error.response.status_code}"
        if isinstance(error, httpx.HTTPStatusError)
        else str(error) or type(error).__name__
    )
    return LocalError(
        f"Neo4j could not be fetched ({jar.path}): {reason}.",
        "The first start needs the network; start again when it is there, what has come is kept. A mirror can be set "
        "with WAYLINE_MAVEN_URL, a proxy with HTTPS_PROXY, and a Neo4j of your own with WAYLINE_NEO4J_URI.",
    )


def _maven_central() -> str:
    from jgo.constants import MAVEN_CENTRAL_URL  # imported here: it brings a lot along

    return str(MAVEN_CENTRAL_URL)


def main() -> int:
    """`python -m local.jars`: fetch them ahead of the first start. Returns the exit status."""
    settings = ServerSettings.from_environment()
    try:
        fetch_jars(read_lock(), settings.cache_dir, settings.maven_url, print, threading.Event())
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _mb(size: int) -> int:
    return round(size / 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
