"""Which commit is measured: this folder as it stands, or an earlier commit unpacked beside it."""

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_ENGINE: Final = ("api", "cli", "cypher", "engine", "graph", "local", "requirements-run.lock")
"""What the figures depend on: a changed test or page does not make a commit another one."""


class NoRevision(Exception):
    """git does not know it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A tree of the engine. `commit` is short, and ends in `+` where the tree has changes that are in no commit."""

    commit: str
    tree: Path


def current() -> Revision:
    """This folder as it stands."""
    try:
        commit = _git("rev-parse", "--short", "HEAD").decode().strip()
        changed = _git("status", "--porcelain", "--", *_ENGINE).strip()
    except NoRevision:  # a folder that is no clone
        return Revision("unknown", ROOT)
    return Revision(f"{commit}+" if changed else commit, ROOT)


def unpacked(name: str, folder: Path) -> Revision:
    """The commit of that name, unpacked into `folder`. It runs on this folder's installed packages.

    Raises:
        NoRevision: with what git says.
    """
    commit = _git("rev-parse", "--short", f"{name}^{{commit}}").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")
    return Revision(commit, folder)


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise NoRevision("git is not installed") from None
    if done.returncode:
        raise NoRevision(done.stderr.decode(errors="replace").strip())
    return done.stdout
