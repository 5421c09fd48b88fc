"""Named points and what a victim does there: production code says that it stands at one, and nothing happens."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from chaos.harms import POINTS, Harms
from chaos.victim import Doom
from engine.points import Point, reached, tell
from tests.house.tree import ROOT, written

WALK = """
import sys
from chaos.victim import Doom, listen
from engine.points import Point, reached
listen(Doom.read(sys.argv[1]))
for place in range(10):
    reached(Point.AFTER_LOCK)
    reached(Point.BEFORE_COMMIT)
    print(place, flush=True)
"""


def walk(doom: Doom) -> subprocess.CompletedProcess[str]:
    """A process that comes to two points, ten times each."""
    return subprocess.run(
        [sys.executable, "-c", WALK, str(doom)], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def test_a_victim_is_killed_when_it_reaches_its_point_for_the_given_time_and_notes_it_before(tmp_path: Path):
    done = walk(Doom(Point.BEFORE_COMMIT, 3, "kill", tmp_path / "deeds"))
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["0", "1"], "twice it went by"
    assert (tmp_path / "deeds").read_text().split()[1:] == ["kill", "before_commit"]


def test_a_victim_that_stops_is_killed_once_it_was_continued_and_came_there_as_often_again(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", WALK, str(Doom(Point.AFTER_LOCK, 2, "stop", tmp_path / "deeds"))],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    ) as walking:
        _, status = os.waitpid(walking.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        walking.send_signal(signal.SIGCONT)
        assert walking.wait(30) == -signal.SIGKILL
    assert [line.split()[1] for line in (tmp_path / "deeds").read_text().splitlines()] == ["stop", "kill"]


def test_a_victim_that_never_comes_so_far_lives(tmp_path: Path):
    done = walk(Doom(Point.AFTER_COMMIT, 1, "kill", tmp_path / "deeds"))
    assert done.returncode == 0 and done.stdout.split()[-1] == "9"
    assert (tmp_path / "deeds").read_text() == ""


def test_a_doom_reads_as_it_is_written():
    doom = Doom(Point.AFTER_CLAIM, 7, "stop", Path("/tmp/a:b"))
    assert Doom.read(str(doom)) == doom
    assert Doom.read("-") is None
    with pytest.raises(ValueError, match="maim"):
        Doom.read("after_claim:1:maim:deeds")


def test_nobody_hears_of_a_point_unless_a_campaign_listens():
    heard: list[Point] = []
    tell(heard.append)
    reached(Point.AFTER_COMMIT)
    tell(None)
    reached(Point.BEFORE_COMMIT)
    assert heard == [Point.AFTER_COMMIT]


def test_every_point_stands_somewhere_in_the_code_and_somebody_comes_to_it():
    code = "".join(path.read_text("utf-8") for path in written(".py") if path.is_relative_to(ROOT / "engine"))
    code += (ROOT / "graph" / "projection.py").read_text("utf-8")
    assert not [point for point in Point if f"reached(Point.{point.name})" not in code]
    assert {*Point} == {point for points in POINTS.values() for point in points}


def test_dooms_are_dealt_to_every_point_and_the_same_ones_by_the_same_seed(tmp_path: Path):
    def dealt() -> list[Doom | None]:
        harms = Harms("seed", (), Counter(), tmp_path / "deeds")
        return [harms.doom("workers") for _ in range(60)]

    dooms = dealt()
    assert {doom.point for doom in dooms if doom} == {*POINTS["workers"]}
    assert [str(doom) for doom in dooms] == [str(doom) for doom in dealt()]


def test_no_doom_is_dealt_for_points_that_are_not_wanted_or_once_the_harm_is_over(tmp_path: Path):
    harms = Harms("seed", ("kill-api", "at-after-lock"), Counter(), tmp_path / "deeds")
    assert {doom.point for _ in range(10) if (doom := harms.doom("api"))} == {Point.AFTER_LOCK}
    harms.over = True
    assert harms.doom("api") is None
