"""The files of this folder that people write, for the tests that keep the house's rules."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "cli", "engine", "graph", "local", "seed")

_MADE = {".git", ".hypothesis", ".idea", ".venv", ".vscode", ".wayline", "__pycache__", "build", "dist", "node_modules"}


def written(*suffixes: str) -> list[Path]:
    """Every file that is neither made nor cached, of these suffixes if any are given; sorted."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _MADE and not name.endswith(("_cache", ".egg-info"))]
        found.extend(Path(folder, name) for name in names if not suffixes or name.endswith(suffixes))
    return sorted(found)


def named(path: Path) -> str:
    """The path as people write it, from the folder's root."""
    return path.relative_to(ROOT).as_posix()
