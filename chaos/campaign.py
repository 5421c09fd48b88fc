"""A campaign: rounds of load and harm, each healed, brought to rest and checked, on a database of its own."""

import asyncio
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from chaos import reading
from chaos.calls import Place
from chaos.clients import Client
from chaos.effects import read_effects
from chaos.graphs import same_as_rebuilt
from chaos.harms import DATABASE, GRAPH, PROCESSES, Harmer, Harms, kinds, times
from chaos.invariants import Finding, check
from chaos.ledger import Ledger, Outcome
from chaos.logs import unexpected
from chaos.players import Clerk, Lender, Player
from chaos.rig import Rig, inhabited, rigged
from chaos.victims import Victims
from engine.bootstrap import open_engine
from engine.core.errors import Unavailable

_ROUND: Final = 120.0
"""Seconds of harm in one round, at most."""
_LOOK: Final = 0.5
"""Seconds between two looks at how far it is."""
_REST: Final = 90.0
"""Seconds in which everything has to come to rest once nothing is harmed any more."""
_REPEATED: Final = 200
"""Acknowledged commands of a round that are given once more, to see that they get the same answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. It ends after `seconds` of harm, or before that when each kind was done `kills` times.

    It goes on until at least as many `commands` were acknowledged. `only` names kinds; all are done without.
    `pause` is the mean of the seconds between two harms of one harmer.
    """

    seed: str
    seconds: float | None = None
    kills: int | None = None
    commands: int = 0
    only: tuple[str, ...] = ()
    lenders: int = 2
    clerks: int = 6
    pause: float = 1.0

    @property
    def kinds(self) -> list[str]:
        """The kinds of harm that are done."""
        return [kind for kind in kinds() if not self.only or kind in self.only]


@dataclass(slots=True)
class Outcomes:
    """What came of the campaign so far. `looked_at` counts what the invariants have seen."""

    seconds: float = 0
    rounds: int = 0
    done: Counter[str] = field(default_factory=Counter[str])
    commands: Counter[str] = field(default_factory=Counter[str])
    settled: int = 0
    """Commands that were unknown when the clients stopped."""
    looked_at: Counter[str] = field(default_factory=Counter[str])
    ends: Counter[str] = field(default_factory=Counter[str])
    """How the engine's processes ended, by signal or status."""
    findings: list[Finding] = field(default_factory=list[Finding])
    kept: Path | None = None
    """Where the logs and the ledger of a broken promise are."""


@dataclass(slots=True)
class Rest:
    """A round at rest: where its database is, when by its clock nothing was left to do, and what it is held against."""

    rig: Rig
    database: str
    ledger: Ledger
    effects: Path
    by: datetime | None = None
    orphans: list[int] = field(default_factory=list[int])
    """Backends whose client was killed when the harm was over: what was sent to them may still be done."""
    findings: list[Finding] = field(default_factory=list[Finding])


class Campaign:
    """Runs rounds until the plan is fulfilled or a promise is broken. `say` is told what goes on, a line at a time."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan = plan
        self.outcomes = Outcomes()
        self._say = say

    async def run(self) -> Outcomes:
        """Everything, in a folder of its own, which stays where a promise was broken.

        Raises:
            LocalError, RigBroken: when something that is to be harmed does not come up in the first place.
        """
        folder = Path(tempfile.mkdtemp(prefix="wl-chaos-"))
        try:
            async with rigged(folder, self._say) as rig:
                while not self.outcomes.findings and not self._enough():
                    async with self.round(rig) as rest:
                        self.outcomes.findings += rest.findings
        finally:
            self._leave(folder)
        return self.outcomes

    @asynccontextmanager
    async def round(self, rig: Rig) -> AsyncGenerator[Rest]:
        """One round, checked; its database is there until it is left."""
        self.outcomes.rounds += 1
        number = self.outcomes.rounds
        seed, database = f"{self.plan.seed}/{number}", f"round_{number}"
        effects = rig.folder / f"effects-{number}.jsonl"
        harms = Harms(seed, self.plan.only, self.outcomes.done, rig.folder / f"deeds-{number}.log")
        await rig.make_database(database)
        with Ledger(rig.folder / f"ledger-{number}.jsonl") as ledger:
            rest = Rest(rig, database, ledger, effects)
            async with inhabited(rig, database, effects, harms.doom) as (victims, places):
                players = self._players(rig, places, ledger, seed)
                await self._harm(rest, victims, harms, players)
                harms.over = True
                victims.kill_all()  # those that live have a doom yet; those that follow them have none
                rest.orphans = rig.postgres.backends()
                await self._come_to_rest(rest, players, victims)
            await self._check(rest)
            self._count(ledger, victims)
            yield rest
        await rig.drop_database(database)

    def _players(self, rig: Rig, places: Sequence[Place], ledger: Ledger, seed: str) -> list[Player]:
        def client(name: str) -> Client:
            return Client(name, places, rig.token(name), ledger, random.Random(f"{seed}/{name}"))

        players: list[Player] = [Lender(client(f"lender-{n}")) for n in range(1, self.plan.lenders + 1)]
        players += [Clerk(client(f"clerk-{n}"), client(f"rival-{n}")) for n in range(1, self.plan.clerks + 1)]
        return players

    async def _harm(self, rest: Rest, victims: Victims, harms: Harms, players: Sequence[Player]) -> None:
        over, began = asyncio.Event(), time.monotonic()
        harmers = [
            Harmer(harms, "processes", PROCESSES, rest.rig, victims),
            Harmer(harms, "database", DATABASE, rest.rig, victims),
            Harmer(harms, "graph", GRAPH, rest.rig, victims),
        ]
        async with asyncio.TaskGroup() as group:
            for player in players:
                group.create_task(player.play(over))
            group.create_task(harms.watch_points(victims, over))
            for harmer in harmers:
                group.create_task(harmer.harm(over, self._enough_of, self.plan.pause))
            while (seconds := time.monotonic() - began) < _ROUND and not self._enough(rest.ledger, seconds):
                await asyncio.sleep(_LOOK)
                self._say(self._progress(rest.ledger, seconds))
            over.set()
        self.outcomes.seconds += time.monotonic() - began

    async def _come_to_rest(self, rest: Rest, players: Sequence[Player], victims: Victims) -> None:
        """Heals, lets what is under way end, settles what is unknown, and waits until nothing moves by itself."""
        self._say("healing")
        rest.rig.postgres_wire.mend()
        rest.rig.neo4j_wire.mend()
        for server in (rest.rig.postgres, rest.rig.neo4j):
            if not server.runs():
                await server.start_again()
        while not set(rest.orphans).isdisjoint(rest.rig.postgres.backends()):  # noqa: ASYNC110 - other processes' ends
            await asyncio.sleep(0.1)
        unknown = rest.ledger.unknown()
        self.outcomes.settled += len(unknown)
        self._say(f"settling {len(unknown)} commands of unknown outcome")
        clients = {player.client.caller: player.client for player in players}
        clients |= {player.rival.caller: player.rival for player in players if isinstance(player, Clerk)}
        try:
            async with asyncio.timeout(_REST):
                await asyncio.gather(*(clients[command.caller].settle(command) for command in unknown))
                await self._repeat(rest, clients)
                await self._quiet(rest)
        except TimeoutError:
            rest.findings.append(Finding("rest", rest.database, f"it has not come to rest within {_REST:g} s"))
        for client in clients.values():
            client.close()
        for name in await victims.end():
            rest.findings.append(Finding("graceful stop", name, "it did not end within 12 s of SIGTERM"))

    async def _repeat(self, rest: Rest, clients: dict[str, Client]) -> None:
        """R17: the same request with the same key gets the same answer."""
        commands = [command for command in rest.ledger if command.outcome is Outcome.ACKNOWLEDGED]
        chosen = random.Random(self.plan.seed).sample(commands, min(len(commands), _REPEATED))
        self.outcomes.looked_at["repeated"] += len(chosen)
        for command in chosen:
            reply = await clients[command.caller].repeat(command)
            if reply is None or (reply.status, reply.body) != (command.status, command.answer):
                said = "nothing" if reply is None else f"{reply.status} {reply.body[:200]!r}"
                place = f"{command.does} {command.key} of {command.process}"
                rest.findings.append(Finding("same answer", place, f"the same key gets {said} now"))

    async def _quiet(self, rest: Rest) -> None:
        """Waits until nothing is due, leased or posted, and the graph has every event."""
        settings = rest.rig.settings(rest.database)
        async with open_engine(settings, workers=False) as engine:
            while True:
                with closing(reading.opened(rest.rig.url(rest.database, wired=False))) as connection:
                    rest.by = reading.now(connection)
                    left = reading.overdue(connection, rest.by)
                try:
                    if not any(left.values()) and not (await engine.monitoring.lag()).events:
                        return
                except Unavailable:
                    pass
                await asyncio.sleep(0.2)

    async def _check(self, rest: Rest) -> None:
        self._say("checking")
        settings, url = rest.rig.settings(rest.database), rest.rig.url(rest.database, wired=False)
        versions = await reading.versions(url, settings)
        with closing(reading.opened(url)) as connection:
            by = rest.by or reading.now(connection)
            effects = read_effects(rest.effects)
            rest.findings += check(connection, versions, rest.ledger, effects, by, self.outcomes.looked_at)
        logs = sorted(rest.rig.folder.glob("*.log"))
        rest.findings += unexpected(logs)
        rest.findings += await same_as_rebuilt(settings, rest.database)
        self.outcomes.looked_at.update({"graphs": 1, "logs": len(logs)})

    def _count(self, ledger: Ledger, victims: Victims) -> None:
        for command in ledger:
            self.outcomes.commands[command.outcome] += 1
        for victim in victims:
            for status, count in victim.ends.items():
                self.outcomes.ends[f"{victim.role} {_ended(status)}"] += count

    def _enough(self, ledger: Ledger | None = None, seconds: float = 0) -> bool:
        """Whether the plan is fulfilled, with what this round has come to so far."""
        plan, acknowledged = self.plan, self.outcomes.commands[Outcome.ACKNOWLEDGED]
        if ledger is not None:
            acknowledged += ledger.count(Outcome.ACKNOWLEDGED)
        timed_out = plan.seconds is not None and self.outcomes.seconds + seconds >= plan.seconds
        harmed = plan.kills is not None and all(map(self._enough_of, plan.kinds))
        return (timed_out or harmed) and acknowledged >= plan.commands

    def _enough_of(self, kind: str) -> bool:
        kills = self.plan.kills
        return kills is not None and self.outcomes.done[kind] >= kills * times(kind)

    def _progress(self, ledger: Ledger, seconds: float) -> str:
        done = sum(self.outcomes.done.values())
        counts = ", ".join(f"{ledger.count(outcome)} {outcome}" for outcome in Outcome)
        return f"round {self.outcomes.rounds}, {seconds:.0f} s: {done} harms, {counts}"

    def _leave(self, folder: Path) -> None:
        if self.outcomes.findings:
            self.outcomes.kept = folder
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _ended(status: int) -> str:
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
