"""The benches: one row each. A new one is a row here, and a drive where it asks for something new."""

from dataclasses import dataclass
from typing import Final

from bench import floor

REBUILD: Final = "rebuild"
"""The drive that is no load: the live graph is made again from the events."""
_CROWD: Final = 100_000
_FEW: Final = 1_000


@dataclass(frozen=True, slots=True)
class Bench:
    """A load to measure.

    `drive` is one of `bench.load`'s, `against` what it is asked of. `floor` names the bench whose figure this one's is
    compared with. `rate`: operations a second of an open loop. `projected`: with the workers at it beside. `way`: the
    journey, one of `bench.paths`. `crowd`: as many open tasks of the same role stand beside, at least. `active`: as
    many active processes of the same journey, written by SQL; `followed`: the projector has applied their events.
    `late`: as many open tasks have the target of their service level ahead; with `storm` it comes as the clock starts.
    """

    name: str
    about: str
    drive: str
    clients: int
    against: str = "api"
    floor: str | None = None
    rate: float | None = None
    projected: bool = False
    way: str = "loan"
    crowd: int = 0
    active: int = 0
    followed: bool = False
    late: int = 0
    storm: bool = False


def _grouped(clients: int) -> Bench:
    about = f"the floor behind a FastAPI route that groups it, {clients} {_clients(clients)}"
    return Bench(f"floor-http-{clients}", about, "floor", clients, against="floor")


def _complete(clients: int) -> Bench:
    about = f"complete a task, {clients} {_clients(clients)}, projector off"
    return Bench(f"complete-{clients}", about, "complete", clients, floor=f"floor-http-{clients}")


def _lagging(rate: int) -> Bench:
    about = f"complete a task, {rate:,} due a second over 64 connections, projector on: its lag"
    return Bench(f"open-{rate}-projected", about, "complete", 64, rate=rate, projected=True)


def _open(rate: int) -> Bench:
    about = f"complete a task, {rate:,} due a second over 64 connections, projector off"
    return Bench(f"open-{rate}", about, "complete", 64, rate=rate)


def _long(atoms: int) -> Bench:
    about = f"complete a task of a case of {atoms:,} atoms in a row, 8 clients, projector off"
    return Bench(f"complete-8-atoms-{atoms}", about, "complete", 8, floor="floor-http-8", way=f"chain-{atoms}")


def _old(events: int) -> Bench:
    about = f"complete a task of a case of at least {events:,} events, 8 clients, projector off"
    return Bench(f"complete-8-events-{events}", about, "turn", 8, floor="floor-http-8", way=f"loop-{events}")


def _active(processes: int, *, followed: bool) -> Bench:
    about = f"complete a task, {processes:,} active processes beside, 8 clients, projector off"
    name = f"complete-8-active-{processes}"
    return Bench(name, about, "complete", 8, floor="floor-http-8", active=processes, followed=followed)


def _crowded(
    name: str, about: str, drive: str, floor: str | None = "floor-http-8", crowd: int = _CROWD, clients: int = 8
) -> Bench:
    about = f"{about}, {crowd:,} open tasks beside, {clients} {_clients(clients)}"
    return Bench(name, about, drive, clients, floor=floor, crowd=crowd)


def _storm(name: str, tasks: int) -> tuple[Bench, Bench]:
    """Before it and in it, with the workers at it, so that its figure over its floor's is what it leaves."""
    about = f"complete a task, 8 clients, {tasks:,} open tasks"
    before = f"before-{name}"
    return (
        Bench(before, f"{about} whose targets are ahead", "complete", 8, projected=True, late=tasks),
        Bench(
            name,
            f"{about} are breached together",
            "complete",
            8,
            floor=before,
            projected=True,
            late=tasks,
            storm=True,
        ),
    )


def _clients(number: int) -> str:
    return "client" if number == 1 else "clients"


BENCHES: Final = (
    Bench(
        "floor-single",
        f"the floor: UPDATE + 2 INSERT in one statement, {floor.CONNECTIONS} connections",
        "singly",
        floor.CONNECTIONS,
        against="database",
    ),
    Bench(
        "floor-set",
        f"the floor: {floor.TOGETHER} of them in one statement, {floor.WRITERS} connections",
        "setwise",
        floor.WRITERS,
        against="database",
    ),
    *(_grouped(clients) for clients in (1, 8, 32)),
    # Before those without the projector: it would first have to catch up with all they did.
    Bench(
        "complete-32-projected",
        "complete a task, 32 clients, projector on",
        "complete",
        32,
        floor="floor-http-32",
        projected=True,
    ),
    Bench(
        "bulk-projected",
        "complete 100 tasks a request, 4 clients, projector on",
        "complete-many",
        4,
        floor="floor-set",
        projected=True,
    ),
    *(_lagging(rate) for rate in (500, 1000, 2000)),
    *(_complete(clients) for clients in (1, 8, 32)),
    *(
        Bench(
            f"fha-{clients}",
            f"the FHA path, {clients} {_clients(clients)}",
            "complete",
            clients,
            floor=f"floor-http-{clients}",
            way="fha",
        )
        for clients in (8, 32)
    ),
    Bench("bulk", "complete 100 tasks a request, 4 clients, projector off", "complete-many", 4, floor="floor-set"),
    Bench("starts", "start a case, 8 clients, projector off", "start", 8, floor="floor-http-8"),
    *(_open(rate) for rate in (1000, 2000)),
    *(_long(atoms) for atoms in (100, 1000)),
    *(_old(events) for events in (10, 10_000)),
    Bench("publish-1000", "load, check and publish a journey of 1,000 atoms, 1 client", "publish", 1),
    # Last, since what stands beside stays.
    _crowded("complete-8-few", "complete a task", "complete", crowd=_FEW),
    _active(10_000, followed=True),
    Bench("rebuild", "make the live graph again from all events before", REBUILD, 1, active=10_000, followed=True),
    _crowded("complete-8-crowded", "complete a task", "complete"),
    _crowded("claim-crowded", "claim a task", "claim"),
    _crowded("inbox-crowded", "read a page of the inbox", "inbox", floor=None),
    # One client alone shows how long it takes; eight at full speed show how many there are, each waiting for the rest.
    _crowded("claim-crowded-1", "claim a task", "claim", floor="floor-http-1", clients=1),
    _crowded("inbox-crowded-1", "read a page of the inbox", "inbox", floor=None, clients=1),
    _active(100_000, followed=True),
    _active(1_000_000, followed=False),
    *_storm("breach-storm-2000", 2_000),
    *_storm("breach-storm", 50_000),
)
"""In the order in which they run."""


class UnknownBench(Exception):
    """There is no bench of that name; with those that there are."""


def chosen(names: list[str]) -> list[Bench]:
    """Those of these names and the floors they need, all without a name; a name may end in `*`.

    Raises:
        UnknownBench: for a name that fits none.
    """
    wanted: set[str] = set()
    for name in names or ["*"]:
        found = {bench.name for bench in BENCHES if _fits(bench.name, name)}
        if not found:
            raise UnknownBench(f"there is no bench {name}: {', '.join(bench.name for bench in BENCHES)}")
        wanted |= found
    wanted |= {bench.floor for bench in BENCHES if bench.name in wanted and bench.floor}
    return [bench for bench in BENCHES if bench.name in wanted]


def _fits(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
