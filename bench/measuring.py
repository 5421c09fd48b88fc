"""One run of one bench on a rig: the load is ordered, and what everybody uses of the processor meanwhile is read."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from bench.benches import REBUILD, Bench
from bench.load import STARTS, STOPS, Measured, Order
from bench.machine import cpu_seconds, memory_mb
from bench.paths import WAYS
from bench.results import Result
from bench.revision import ROOT
from bench.rig import Rig
from bench.storm import Storm
from engine import clock
from engine.core.times import format_time

_DIGITS: Final = 3


class LoadFailed(Exception):
    """The load came to no figure; with what it said."""


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds that a run is measured, after seconds of warm-up."""

    seconds: float
    warm: float


def measure(bench: Bench, rig: Rig, length: Length, machine: dict[str, object], floor: float | None) -> Result:
    """Runs it once; `floor` is what a second of its floor came to, where it has one.

    Raises:
        LoadFailed: when the server refuses something, or cannot be reached.
    """
    rig.publish(WAYS[bench.way])
    if bench.crowd:
        rig.crowd(bench.crowd)
    if bench.active:
        rig.fill(bench.active, WAYS[bench.way], project=bench.followed)
    if bench.drive == REBUILD:
        return _rebuilt(bench, rig, machine)
    storm = Storm(rig.database_url)
    if bench.late:
        rig.late(bench.late, storm)
    rig.project(on=bench.projected)
    load_average = os.getloadavg()[0]
    begins = storm.breaks if bench.storm else None
    measured, used = _load(_order(bench, rig, length), _parts(bench, rig), begins)
    used["load"] = measured.load_cpu
    per_second = measured.done / measured.seconds
    latencies = {"p50": measured.p50, "p95": measured.p95, "p99": measured.p99, "worst": measured.worst}
    return Result(
        bench=bench.name,
        at=format_time(clock.now()),
        commit=rig.revision.commit,
        machine=machine,
        clients=bench.clients,
        rate=bench.rate,
        seconds=round(measured.seconds, _DIGITS),
        done=measured.done,
        per_second=round(per_second, 1),
        ms={name: round(value, _DIGITS) for name, value in latencies.items()},
        floor=bench.floor,
        ratio=round(per_second / floor, _DIGITS) if floor else None,
        cpu_us={part: round(1e6 * seconds / measured.done, 1) for part, seconds in used.items()},
        memory_mb=_memory(rig),
        lag=msgspec.to_builtins(measured.lag) if not bench.storm else None,  # the moved clock is not lag
        load_average=round(load_average, 2),
        bytes_each=rig.bytes_each if bench.active else None,
        noted_seconds=round(storm.calms(), _DIGITS) if bench.storm else None,
    )


def _rebuilt(bench: Bench, rig: Rig, machine: dict[str, object]) -> Result:
    """An operation is an event here; the one latency is that of the whole command."""
    parts = {"postgres": rig.parts()["postgres"], "neo4j": rig.parts()["neo4j"]}
    load_average, before = os.getloadavg()[0], _used(parts)
    events, seconds = rig.rebuild()
    after = _used(parts)
    return Result(
        bench=bench.name,
        at=format_time(clock.now()),
        commit=rig.revision.commit,
        machine=machine,
        clients=bench.clients,
        rate=None,
        seconds=round(seconds, _DIGITS),
        done=events,
        per_second=round(events / seconds, 1),
        ms=dict.fromkeys(("p50", "p95", "p99", "worst"), round(1000 * seconds, _DIGITS)),
        floor=None,
        ratio=None,
        cpu_us={part: round(1e6 * (after[part] - before[part]) / events, 1) for part in parts},
        memory_mb=_memory(rig),
        lag=None,
        load_average=round(load_average, 2),
    )


def _memory(rig: Rig) -> dict[str, float]:
    return {part: memory_mb(pids) for part, pids in rig.parts().items()}


def _order(bench: Bench, rig: Rig, length: Length) -> Order:
    addresses = {"api": rig.api_url, "floor": rig.floor_url, "database": rig.database_url}
    return Order(
        drive=bench.drive,
        way=bench.way,
        address=addresses[bench.against],
        clients=bench.clients,
        seconds=length.seconds,
        warm=length.warm,
        token=rig.token,
        rate=bench.rate,
        projected=bench.projected,
    )


def _parts(bench: Bench, rig: Rig) -> dict[str, list[int]]:
    """The processes that have a share in a bench, by kind: the first serves it."""
    servers = rig.server_pids
    parts = {"api": [rig.api.pid], "floor": [rig.floor.pid], "database": []}
    found = {"api": parts[bench.against], "postgres": [servers["postgres"]]}
    if bench.projected:
        found |= {"workers": rig.worker_pids, "neo4j": [servers["neo4j"]]}
    return {name: pids for name, pids in found.items() if pids}


def _load(
    order: Order, parts: dict[str, list[int]], begins: Callable[[], None] | None
) -> tuple[Measured, dict[str, float]]:
    """What was measured, and the seconds of the processor that each part used meanwhile. `begins`: with the clock."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as load:
        assert load.stdin and load.stdout and load.stderr
        load.stdin.write(msgspec.json.encode(order).decode())
        load.stdin.close()
        before = _used(parts) if load.stdout.readline().strip() == STARTS else {}
        if begins and before:
            begins()
        after = _used(parts) if load.stdout.readline().strip() == STOPS else {}
        told, complaint = load.stdout.readline(), load.stderr.read()
    if not told:
        raise LoadFailed(complaint[-3000:])
    return msgspec.json.decode(told, type=Measured), {part: after[part] - before[part] for part in parts}


def _used(parts: dict[str, list[int]]) -> dict[str, float]:
    return {part: cpu_seconds(pids) for part, pids in parts.items()}
