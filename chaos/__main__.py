"""`python -m chaos`: kills everything at random moments and at named points, then proves that nothing was lost."""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.results import keep
from chaos.campaign import Campaign, Plan
from chaos.harms import kinds
from chaos.results import KEPT, result, tables
from chaos.rig import RigBroken
from local.errors import LocalError

_SECONDS = 60.0
"""How long it harms where neither a time nor a count is given."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 0, 1 where a promise was broken or something did not start, 2 for a wrong command."""
    given = _parser().parse_args(arguments)
    if given.list:
        print("\n".join(kinds()))
        return 0
    if unknown := sorted(set(given.only) - set(kinds())):
        print(f"chaos: there is no kind {', '.join(unknown)}; --list names them all", file=sys.stderr)
        return 2
    seconds = given.seconds if given.seconds or given.kills else _SECONDS
    seed = given.seed or secrets.token_hex(4)
    plan = Plan(seed, seconds, given.kills, given.commands, tuple(given.only), pause=given.pause)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was put up is taken down then, too
    print(f"chaos: seed {plan.seed}", file=sys.stderr)
    campaign = Campaign(plan, _progress)
    try:
        asyncio.run(campaign.run())
    except KeyboardInterrupt:
        return 130
    except (LocalError, RigBroken) as broken:
        print(f"\nchaos: {broken}", file=sys.stderr)
        return 1
    done = result(plan, campaign.outcomes)
    keep(done, given.results)
    _end_progress()
    if given.json:
        print(done.line())
    else:
        Console(highlight=False).print(tables(done))
    if campaign.outcomes.kept:
        print(f"The ledger and the logs are in {campaign.outcomes.kept}", file=sys.stderr)
    return 0 if done.kept_promise else 1


def _progress(text: str) -> None:
    """One line that is written over; a line each where the output is no terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, help=f"harm for so long [{_SECONDS:g}]")
    parser.add_argument(
        "--kills", type=int, metavar="N", help="harm until each kind was done N times, workers killed 3 N"
    )
    parser.add_argument("--commands", type=int, default=0, metavar="N", help="and until N commands were acknowledged")
    parser.add_argument("--seed", help="of every choice; the same one makes the same choices [drawn and printed]")
    parser.add_argument("--only", nargs="+", default=[], metavar="KIND", help="kinds of harm, such as kill-api")
    parser.add_argument("--pause", type=float, default=1.0, help="mean seconds between two harms of each harmer [1]")
    parser.add_argument("--json", action="store_true", help="print the line that is kept, and no tables")
    parser.add_argument("--results", type=Path, default=KEPT, metavar="DIR", help="where lines are kept")
    parser.add_argument("--list", action="store_true", help="list the kinds of harm")
    return parser


if __name__ == "__main__":
    sys.exit(main())
