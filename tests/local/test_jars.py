"""Fetching Neo4j: from a server of our own that can break the line, lie, or be away."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local import jars
from local.errors import LocalError
from local.jars import fetch_jars
from local.lock import COORDINATES, LOCK_PATH, NEO4J_VERSION, Jar, Lock, read_lock

CONTENTS = {f"org/example/part{n}/1.0/part{n}-1.0.jar": bytes([n]) * 200_000 for n in range(12)}
FIRST = next(iter(CONTENTS))
LOCK = Lock(
    "1.0", tuple(Jar(path, hashlib.sha256(body).hexdigest(), len(body)) for path, body in CONTENTS.items()), "d"
)


@dataclass(slots=True)
class Repository:
    """A Maven repository that knows ranges, unless told otherwise."""

    contents: dict[str, bytes] = field(default_factory=lambda: dict(CONTENTS))
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    break_after: dict[str, int] = field(default_factory=dict[str, int])
    knows_ranges: bool = True

    def fetch(self, cache: Path) -> list[Path]:
        return fetch_jars(LOCK, cache, self.url, lambda text: None, threading.Event())


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setattr(jars, "BACKOFF", 0.001)
    repository = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, wanted = self.path[1:], self.headers.get("Range", "")
            repository.asked.append((path, wanted))
            if path not in repository.contents:
                self.send_error(404)
                return
            body = repository.contents[path]
            start = int(wanted[6:-1]) if wanted and repository.knows_ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start : repository.break_after.pop(path, len(body))])

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        repository.url = f"http://127.0.0.1:{server.server_port}"
        yield repository
        server.shutdown()
        thread.join()


def test_the_committed_lock_lists_every_jar_with_its_hash() -> None:
    lock = read_lock()
    assert lock.version == NEO4J_VERSION
    assert len({jar.path for jar in lock.jars}) == len(lock.jars) > 200
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in lock.jars)
    assert all(any(coordinate.split(":")[1] in jar.path for jar in lock.jars) for coordinate in COORDINATES)
    assert "://" not in LOCK_PATH.read_text(), "the host belongs to jgo and the settings"


def test_all_jars_come_in_the_order_of_the_lock(repository: Repository, tmp_path: Path) -> None:
    places = repository.fetch(tmp_path)
    assert [place.read_bytes() for place in places] == list(CONTENTS.values())


def test_what_is_there_and_verified_is_not_fetched_again(repository: Repository, tmp_path: Path) -> None:
    repository.fetch(tmp_path)
    repository.asked.clear()
    repository.fetch(tmp_path)
    assert repository.asked == []


def test_a_broken_line_goes_on_where_it_broke(repository: Repository, tmp_path: Path) -> None:
    repository.break_after[FIRST] = 70_000
    places = repository.fetch(tmp_path)
    assert places[0].read_bytes() == CONTENTS[FIRST]
    assert [wanted for path, wanted in repository.asked if path == FIRST] == ["", "bytes=70000-"]


def test_an_interrupted_run_keeps_what_had_come(repository: Repository, tmp_path: Path) -> None:
    absent = {path: repository.contents.pop(path) for path in list(CONTENTS)[6:]}
    (tmp_path / "neo4j-1.0" / FIRST).parent.mkdir(parents=True)
    (tmp_path / "neo4j-1.0" / f"{FIRST}.part").write_bytes(CONTENTS[FIRST][:1000])
    with pytest.raises(LocalError, match="answered 404"):
        repository.fetch(tmp_path)
    finished = {path for path in CONTENTS if (tmp_path / "neo4j-1.0" / path).exists()}
    repository.contents |= absent
    repository.asked.clear()
    places = repository.fetch(tmp_path)
    assert [place.read_bytes() for place in places] == list(CONTENTS.values())
    assert not finished & {path for path, _ in repository.asked}


def test_a_server_without_ranges_sends_the_jar_anew(repository: Repository, tmp_path: Path) -> None:
    repository.knows_ranges = False
    repository.break_after[FIRST] = 70_000
    assert repository.fetch(tmp_path)[0].read_bytes() == CONTENTS[FIRST]


def test_a_jar_with_another_hash_is_refused_and_not_kept(repository: Repository, tmp_path: Path) -> None:
    repository.contents[FIRST] = b"x" * len(CONTENTS[FIRST])
    with pytest.raises(LocalError, match="SHA-256 differs"):
        repository.fetch(tmp_path)
    assert not (tmp_path / "neo4j-1.0" / FIRST).exists()
    repository.contents[FIRST] = CONTENTS[FIRST]
    assert repository.fetch(tmp_path)[0].read_bytes() == CONTENTS[FIRST]


def test_a_jar_changed_in_the_cache_is_fetched_again(repository: Repository, tmp_path: Path) -> None:
    place = repository.fetch(tmp_path)[0]
    place.write_bytes(b"x" * len(CONTENTS[FIRST]))
    repository.asked.clear()
    assert repository.fetch(tmp_path)[0].read_bytes() == CONTENTS[FIRST]
    assert repository.asked == [(FIRST, "")]


def test_without_a_network_the_message_says_what_to_do(repository: Repository, tmp_path: Path) -> None:
    repository.url = "http://127.0.0.1:1"
    with pytest.raises(LocalError) as raised:
        repository.fetch(tmp_path)
    assert "could not be fetched" in raised.value.sentence
    assert "needs the network" in raised.value.fix
    assert "WAYLINE_NEO4J_URI" in raised.value.fix


def test_a_cache_that_cannot_be_written_is_named(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match=r"cache .* cannot be written") as raised:
        repository.fetch(tmp_path / "file")
    assert "WAYLINE_CACHE" in raised.value.fix
