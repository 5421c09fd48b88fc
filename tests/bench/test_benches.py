"""The benches start and give figures; how good these are is nobody's test."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.benches import BENCHES, UnknownBench, chosen
from bench.paths import WAYS
from bench.report import GOALS, Figures, NothingKept, markdown, read
from bench.results import Result, keep, rate_of, table
from engine.cases.versions import put_together
from engine.loading import load
from tests.core.play import Play
from tests.house.tree import ROOT

RUN = Result(
    bench="starts",
    at="2026-01-01T00:00:00.000Z",
    commit="abc",
    machine={},
    clients=1,
    rate=None,
    seconds=1.0,
    done=10,
    per_second=10.0,
    ms={"p50": 1.0, "p95": 2.0, "p99": 3.0, "worst": 4.0},
    floor=None,
    ratio=None,
    cpu_us={"api": 1.0},
    memory_mb={"api": 1.0},
    lag=None,
    load_average=0.0,
)


def test_the_floor_of_a_bench_comes_before_it():
    names = [bench.name for bench in BENCHES]
    assert len(set(names)) == len(names)
    assert all(names.index(bench.floor) < names.index(bench.name) for bench in BENCHES if bench.floor)


def test_choosing_a_bench_brings_its_floor():
    assert all(bench.way in WAYS for bench in BENCHES)
    assert [bench.name for bench in chosen(["complete-8"])] == ["floor-http-8", "complete-8"]
    assert [bench.name for bench in chosen(["bulk*"])] == ["floor-set", "bulk-projected", "bulk"]
    with pytest.raises(UnknownBench):
        chosen(["fast"])


@pytest.mark.parametrize("name", WAYS)
def test_a_way_is_a_journey_without_findings_and_as_long_as_it_says(name: str):
    way = WAYS[name]
    loaded = load(way.document())
    assert not loaded.findings
    assert loaded.definition
    assert loaded.definition.key == way.journey
    atoms = {atom.id: atom for atom in loaded.definition.atoms}
    done = {atom.id for atom in atoms.values() if atom.kind == "human" and atom.many is None}
    assert way.first in atoms
    assert way.outputs.keys() <= done
    if name.startswith("chain-"):
        assert len(done) == way.completions


@pytest.mark.parametrize(("name", "outcome"), [("loan", "funded"), ("fha", "funded"), ("chain-100", None)])
def test_a_case_is_at_its_end_after_as_many_completions_as_its_way_says(name: str, outcome: str | None):
    way = WAYS[name]
    loaded = load(way.document())
    assert loaded.definition and loaded.routes
    play = Play(put_together((loaded.definition, loaded.routes), []).journey).start(**way.context)
    assert play.open == [way.first]
    for _ in range(way.completions):
        atom = play.open[0]
        play.done(atom, **way.output(atom))
    assert play.process.status == "completed"
    assert outcome is None or play.process.outcome == outcome


def test_a_case_that_goes_round_has_the_events_that_its_way_says():
    loaded = load(WAYS["loop-10"].document())
    assert loaded.definition and loaded.routes
    play = Play(put_together((loaded.definition, loaded.routes), []).journey).start()
    for _ in range(WAYS["loop-10"].completions):
        play.done(play.open[0])
    assert len(play.events) >= 10
    assert len(play.open) == 1
    each = (len(play.events) - 2) / WAYS["loop-10"].completions
    assert each * WAYS["loop-10000"].completions >= 10_000


def test_the_loan_path_has_twelve_atoms():
    loaded = load(WAYS["loan"].document())
    assert loaded.definition and len(loaded.definition.atoms) == 12


def test_the_figure_of_several_runs_is_their_median():
    runs = [replace(RUN, per_second=rate) for rate in (10.0, 30.0, 1000.0)]
    assert rate_of(runs, "starts", "abc") == 30.0
    assert rate_of(runs, "starts", "def") is None
    assert table(runs).row_count == 1


def test_the_report_has_a_row_for_each_goal_with_the_medians_of_the_last_commit(tmp_path: Path):
    for rate in (100.0, 200.0, 900.0):
        keep(replace(RUN, bench="complete-32", per_second=rate, ratio=rate / 1000), tmp_path)
    keep(replace(RUN, bench="complete-32", commit="old", at="2025-01-01T00:00:00.000Z"), tmp_path)
    keep(replace(RUN, bench="complete-8-few", per_second=50.0), tmp_path)
    keep(replace(RUN, bench="complete-8-crowded", per_second=40.0), tmp_path)
    told = markdown(*read(tmp_path, None)).splitlines()
    assert told[0] == "Commit abc:"
    assert "| 4,000 and 0.7 × floor | 200 /s | 0.20 |" in told[4]
    assert sum(line.endswith("| 40 /s | 0.80 |") for line in told) == 1
    assert len(told) == 4 + len(GOALS)
    with pytest.raises(NothingKept):
        read(tmp_path, "def")


def test_every_goal_is_of_benches_that_exist():
    class Asked(Figures):
        def _median(self, bench: str, of: object) -> None:
            assert bench in {one.name for one in BENCHES}

    for goal in GOALS:
        assert goal.measured(Asked([])) is goal.ratio(Asked([])) is None


@pytest.mark.long
def test_benches_give_figures_on_servers_of_their_own_and_leave_nothing_running(tmp_path: Path):
    names = ["floor-single", "complete-8", "complete-32-projected", "bulk", "starts"]
    options = ["--seconds", "0.5", "--warm", "0.5", "--times", "1", "--json", "--results", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *names, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["bench"] for line in lines} == {*names, "floor-set", "floor-http-8", "floor-http-32"}
    assert all(line["per_second"] > 0 and line["cpu_us"]["postgres"] > 0 for line in lines)
    assert all((line["ratio"] is not None) == (line["floor"] is not None) for line in lines)
    assert [line["bench"] for line in lines if line["lag"]] == ["complete-32-projected"]
    (kept,) = tmp_path.glob("*.jsonl")
    assert kept.read_text("utf-8") == done.stdout
