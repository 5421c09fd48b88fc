"""Documents as they lie in files, or come in."""

import sys
from dataclasses import dataclass
from pathlib import Path

from cli.terminal import Failed
from engine.loading.load import Media
from engine.loading.tree import MOST_BYTES


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it lies in a file."""

    file: str
    content: bytes
    media: Media

    @property
    def text(self) -> str:
        """For showing its lines."""
        return self.content.decode("utf-8-sig", "replace")


def read_document(file: str) -> Document:
    """The document in a file, told from its name whether it is JSON.

    Raises:
        Failed: when it cannot be read.
    """
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _bytes(Path(file))
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failed(f"{file} cannot be read: {reason}.", "Name a journey document.", 2) from None
    return Document(file, content, "json" if file.endswith(".json") else "yaml")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)
