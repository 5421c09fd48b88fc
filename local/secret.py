"""What a data folder keeps for the doors: the keys of tokens and of sensitive data, and where its servers are."""

import base64
import contextlib
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from local.home import cannot_write, write_private

JWT_FILE: Final = "jwt.secret"
SEALING_FILE: Final = "sealing.key"
ADDRESS: Final = "address.json"


def read_secret(folder: Path) -> str | None:
    """The secret, or None where the folder has none yet."""
    return _read(folder / JWT_FILE)


def ensure_secret(folder: Path) -> str:
    """The secret, drawn at its first use and kept with mode 0600; raises `LocalError` when it cannot be written."""
    return _ensure(folder, JWT_FILE, lambda: secrets.token_hex(32))


def read_sealing_key(folder: Path) -> str | None:
    """The key that sensitive data are sealed with, or None where the folder has none."""
    return _read(folder / SEALING_FILE)


def ensure_sealing_key(folder: Path) -> str:
    """That key, 32 bytes in base64, drawn and kept as the secret is."""
    return _ensure(folder, SEALING_FILE, lambda: base64.b64encode(secrets.token_bytes(32)).decode())


def _read(place: Path) -> str | None:
    try:
        return place.read_text().strip() or None
    except OSError:
        return None


def _ensure(folder: Path, name: str, draw: Callable[[], str]) -> str:
    if kept := _read(folder / name):
        return kept
    fresh = draw()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / name, fresh + "\n")
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
