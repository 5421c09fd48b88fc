"""`python -m bench`: measures, prints one line for each run, keeps it, and shows the table."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bench.benches import BENCHES, UnknownBench, chosen
from bench.machine import machine
from bench.measuring import Length, LoadFailed, measure
from bench.report import NothingKept, markdown, read
from bench.results import KEPT, Result, keep, rate_of, table
from bench.revision import NoRevision, current, unpacked
from bench.rig import Rig, RigBroken, rigged
from bench.storm import StormStays
from local.errors import LocalError

_WIDE = 150
"""Characters of the table where no terminal says how wide it is."""
_WARM = 0.5
"""Share of the measured seconds that the warm-up takes, and at least two."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 0, 1 where a bench came to no figure, 2 for a command that is written wrong."""
    given = _parser().parse_args(arguments)
    if given.list:
        Console().print("\n".join(f"{bench.name:<26} {bench.about}" for bench in BENCHES), highlight=False)
        return 0
    if given.report is not None:
        try:
            print(markdown(*read(given.results, given.report or None)))
        except NothingKept as nothing:
            print(f"bench: {nothing}", file=sys.stderr)
            return 1
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was put up is taken down then, too
    try:
        results = _run(given)
    except KeyboardInterrupt:
        return 130
    except (UnknownBench, NoRevision) as wrong:
        print(f"bench: {wrong}", file=sys.stderr)
        return 2
    except (RigBroken, LoadFailed, StormStays, LocalError) as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    if not given.json:
        console = Console(width=None if sys.stdout.isatty() else _WIDE)
        console.print()
        console.print(table(results))
    return 0


def _run(given: argparse.Namespace) -> list[Result]:
    """Every bench in turn, its runs one after another, each run at every revision: what they share is the moment."""
    benches, here = chosen(given.names), machine()
    length = Length(given.seconds, given.warm if given.warm is not None else max(2.0, _WARM * given.seconds))
    results: list[Result] = []
    with ExitStack() as stack:
        rigs = _rigs(stack, given.compare)
        for bench in benches:
            for _ in range(given.times):
                for rig in rigs:
                    floor = rate_of(results, bench.floor, rig.revision.commit)
                    result = measure(bench, rig, length, here, floor)
                    results.append(result)
                    keep(result, given.results)
                    print(result.line() if given.json else _told(result, several=len(rigs) > 1), flush=True)
    return results


def _rigs(stack: ExitStack, compare: str | None) -> list[Rig]:
    """The earlier revision first, where there is one; the servers of both run side by side."""
    revisions = [current()]
    if compare:
        revisions.insert(0, unpacked(compare, _folder(stack)))
    rigs: list[Rig] = []
    for revision in revisions:
        print(f"Putting up {revision.commit} …", file=sys.stderr)
        rigs.append(stack.enter_context(rigged(revision, _folder(stack), _say)))
    return rigs


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wayline-bench-", ignore_cleanup_errors=True)))


def _told(result: Result, *, several: bool) -> str:
    commit = f"{result.commit:<10}" if several else ""
    ratio = f"  {result.ratio:.2f} × floor" if result.ratio else ""
    noted = f"  all noted after {result.noted_seconds:.1f} s" if result.noted_seconds is not None else ""
    return (
        f"{result.bench:<26} {commit} {result.per_second:>9,.0f}/s  p50 {result.ms['p50']:.1f} ms  "
        f"p99 {result.ms['p99']:.1f} ms{ratio}{noted}"
    )


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches, such as complete-32 or bulk*; all without")
    parser.add_argument("--seconds", type=float, default=5, help="how long each run is measured [5]")
    parser.add_argument("--warm", type=float, help="how long it is warmed up before [half of that, at least 2]")
    parser.add_argument("--times", type=int, default=3, help="runs of each bench; the table has their medians [3]")
    parser.add_argument("--compare", metavar="REV", help="run an earlier commit beside it")
    parser.add_argument("--json", action="store_true", help="print the lines that are kept, and no table")
    parser.add_argument("--results", type=Path, default=KEPT, metavar="DIR", help="where lines are kept")
    parser.add_argument(
        "--report", nargs="?", const="", metavar="COMMIT", help="measure nothing: what was asked for and what is kept"
    )
    parser.add_argument("--list", action="store_true", help="list the benches")
    return parser


if __name__ == "__main__":
    sys.exit(main())
