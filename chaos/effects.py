"""What the service behind `chaos.actions` was called for: the effects, each under its idempotency key."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Effect:
    """One call of the service; the work was done at the first one of its key."""

    process: str
    atom: str
    visit: int
    key: str
    attempt: int

    @property
    def step(self) -> tuple[str, str, int]:
        """Whose work it was."""
        return self.process, self.atom, self.visit


def read_effects(file: Path) -> list[Effect]:
    """Every call, in order; none where the file was never written."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [Effect(row["process"], row["atom"], row["visit"], row["key"], row["attempt"]) for row in rows]


def keys_of_steps(effects: Iterable[Effect]) -> dict[tuple[str, str, int], set[str]]:
    """The keys that were used for the work of each step: more than one did it twice."""
    found: defaultdict[tuple[str, str, int], set[str]] = defaultdict(set)
    for effect in effects:
        found[effect.step].add(effect.key)
    return found
