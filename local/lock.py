"""The list of jars that make Neo4j: read from `neo4j.lock.toml`, or resolved anew with `python -m local.lock`."""

import hashlib
import os
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

NEO4J_VERSION = "5.26.30"
COORDINATES = (f"org.neo4j:neo4j:{NEO4J_VERSION}", f"org.neo4j.app:neo4j-server:{NEO4J_VERSION}")
LOCK_PATH = Path(__file__).with_name("neo4j.lock.toml")


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar: its place below a Maven repository, SHA-256 in hexadecimal, and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Lock:
    """All jars of one Neo4j in class path order. `digest` names this very list."""

    version: str
    jars: tuple[Jar, ...]
    digest: str

    @property
    def size(self) -> int:
        """Bytes of all jars."""
        return sum(jar.size for jar in self.jars)


def read_lock(path: Path = LOCK_PATH) -> Lock:
    """The committed list. A damaged one raises `ValueError` or `KeyError`: it is part of the source."""
    content = path.read_bytes()
    document = tomllib.loads(content.decode())
    jars = tuple(Jar(row["path"], row["sha256"], row["size"]) for row in document["jars"])
    return Lock(document["version"], jars, hashlib.sha256(content).hexdigest())


def write_lock(path: Path = LOCK_PATH) -> int:
    """Resolve `COORDINATES` with jgo, download every jar, and write the list. Returns the number of jars.

    Takes a minute or two: every POM on the way is read.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["M2_REPO"] = folder
        import jgo

        environment = jgo.build("+".join(COORDINATES), cache_dir=Path(folder, "jgo"), update=True)
        if environment.lockfile is None:
            raise ValueError("jgo wrote no lock file")
        lines = [_line(Path(folder), dependency) for dependency in environment.lockfile.dependencies]
    header = (
        f"# Every jar of Neo4j {NEO4J_VERSION} Community. Each is verified by its SHA-256 before it is run.\n"
        "# Written by `python -m local.lock`; not to be edited.\n"
    )
    rows = "\n".join(lines)
    path.write_text(f'{header}version = "{NEO4J_VERSION}"\njars = [\n{rows}\n]\n')
    return len(lines)


def _line(repository: Path, dependency: object) -> str:
    group, artifact, version, classifier = (
        getattr(dependency, name) for name in ("groupId", "artifactId", "version", "classifier")
    )
    suffix = f"-{classifier}" if classifier else ""
    place = f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}{suffix}.jar"
    content = (repository / place).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != getattr(dependency, "sha256", None):
        raise ValueError(f"{place} is not the file that jgo locked")
    return f'  {{ path = "{place}", sha256 = "{digest}", size = {len(content)} }},'


if __name__ == "__main__":
    print(f"{write_lock()} jars", file=sys.stderr)
