"""What a data folder keeps for the doors: the secret that local tokens are signed with, and where its servers are."""

import contextlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from local.home import cannot_write, write_private

JWT_FILE: Final = "jwt.secret"
ADDRESS: Final = "address.json"


def read_secret(folder: Path) -> str | None:
    """The secret, or None where the folder has none yet."""
    try:
        return (folder / JWT_FILE).read_text().strip() or None
    except OSError:
        return None


def ensure_secret(folder: Path) -> str:
    """The secret, drawn at its first use and kept with mode 0600; raises `LocalError` when it cannot be written."""
    if kept := read_secret(folder):
        return kept
    fresh = secrets.token_hex(32)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / JWT_FILE, fresh + "\n")
    except OSError as error:
        raise cannot_write(folder, error) from error
    return fresh


def record_address(folder: Path, address: Mapping[str, str | None]) -> None:
    """Notes where the server that runs on this folder is (`url`, …), for the commands of the terminal; mode 0600."""
    write_private(folder / ADDRESS, json.dumps(dict(address)) + "\n")


def read_address(folder: Path) -> Mapping[str, str]:
    """What was noted; empty where no server runs on this folder. One that was killed could not take its note away."""
    try:
        noted: Any = json.loads((folder / ADDRESS).read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(noted, dict):
        return {}
    return {name: value for name, value in cast("dict[str, Any]", noted).items() if isinstance(value, str)}


def forget_address(folder: Path) -> None:
    """Takes the note away."""
    with contextlib.suppress(OSError):
        (folder / ADDRESS).unlink(missing_ok=True)
