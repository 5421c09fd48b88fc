"""Runs the same commands through the model and the engine and compares what is seen after each of them.

`make model N=20000` runs that many random journeys with their scripts, over all processors, and prints what they
covered. `python -m tests.model.differential 1 --seed 7 --shrink` runs the one of seed 7 and makes it small if it fails.
"""

import argparse
import copy
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import Pool
from typing import Any

from tests.model.bridge import Engine, NotLoaded
from tests.model.coverage import WANTED
from tests.model.generate import EVERYTHING, Generator
from tests.model.scripts import Writer
from tests.model.shrink import shrunk
from tests.model.snapshot import snapshot
from tests.model.world import World


@dataclass
class Case:
    """Journeys (those that are called first) and the commands to give."""

    documents: list[dict[str, Any]]
    commands: list[dict[str, Any]]
    constructs: Counter[str] = field(default_factory=Counter)


@dataclass
class Difference:
    """After which command the two sides disagree, and what each says."""

    place: int
    command: dict[str, Any]
    parts: dict[str, tuple[Any, Any]]

    @property
    def kind(self):
        """What differs, whatever the atoms and values are."""
        answers = self.parts.get("answer")
        return self.command["do"], answers or sorted(path.rsplit("/", 1)[0][-9:] for path in self.parts)

    def __str__(self):
        rows = [f"  {part}:\n    model   {model}\n    engine  {engine}" for part, (model, engine) in self.parts.items()]
        return "\n".join([f"after command {self.place}, {self.command}:", *rows])


def case_of(seed, features=EVERYTHING, most=9, length=30):
    """The case of a seed, of at most so many atoms and commands; the same arguments give the same case.

    Two seeds in a row have the same journeys and different scripts, as reading a journey takes longer than running it.
    """
    generator = Generator(seed // 2, features, most)
    documents = generator.journeys()
    world = World(copy.deepcopy(documents))
    commands = Writer(seed, world, features).script("main", length)
    return Case(documents, commands, Counter(generator.constructs) + world.coverage)


def difference(case):
    """The first difference, or None."""
    world, engine = World(copy.deepcopy(case.documents)), Engine(case.documents)
    for place, command in enumerate(case.commands):
        answers = world.do(copy.deepcopy(command)), answer_of(engine, command)
        parts = {"answer": answers} if answers[0] != answers[1] else {}
        parts |= apart(snapshot(world), engine.picture())
        if parts:
            return Difference(place, command, parts)
    return None


def answer_of(engine, command):
    """The engine's answer; one that breaks down differs from every answer of the model."""
    try:
        return engine.do(copy.deepcopy(command))
    except Exception as crash:
        return f"crash: {crash!r}"


def still_differs(first):
    """Whether a case that was made smaller is a case at all, and the two sides disagree on it as at `first`."""

    def differs(case):
        try:
            found = difference(case)
        except Exception:
            return False
        return found is not None and found.kind == first.kind

    return differs


def apart(left, right, path=""):
    """path → both values, where two snapshots differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        found = {}
        for key in left.keys() | right.keys():
            found |= apart(left.get(key, "-"), right.get(key, "-"), f"{path}/{key}")
        return found
    return {} if left == right else {path: (left, right)}


def run(seed):
    """(seed, what differs or None, what the case covers); a document that the loader refuses differs, too."""
    case = case_of(seed)
    try:
        return seed, difference(case), case.constructs
    except NotLoaded as refused:
        return seed, refused, case.constructs


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.model.differential", description=__doc__)
    parser.add_argument("runs", type=int)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once")
    parser.add_argument("--stop", type=int, default=5, help="after how many differences to stop")
    parser.add_argument("--shrink", action="store_true", help="make each differing case small")
    chosen = parser.parse_args(arguments)
    covered, failing, done = Counter(), [], 0
    with Pool(chosen.jobs) as pool:
        for seed, found, constructs in pool.imap_unordered(run, range(chosen.seed, chosen.seed + chosen.runs), 20):
            done += 1
            covered += constructs
            if found:
                failing.append(seed)
                report(seed, found, chosen.shrink)
            if sys.stderr.isatty() and done % 50 == 0:
                print(f"\r{done} of {chosen.runs}, {len(failing)} different ", end="", file=sys.stderr)
            if len(failing) >= chosen.stop:
                break
    for name, count in sorted(covered.items()):
        print(f"{count:8}  {name}")
    missing = sorted(WANTED - covered.keys())
    print(f"{done} runs, {len(failing)} different{': ' if failing else ''}{', '.join(map(str, failing))}; ", end="")
    print(f"never reached: {', '.join(missing)}" if missing else "every construct, rule, command and refusal reached")
    return 1 if failing else 0


def report(seed, found, shrinking):
    print(f"seed {seed}: {found}")
    if shrinking and isinstance(found, Difference):
        small = shrunk(case_of(seed), still_differs(found))
        print(f"shrunk: {small.documents}\n  {small.commands}\n  {difference(small)}")


if __name__ == "__main__":
    sys.exit(main())
