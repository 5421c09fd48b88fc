"""`wayline demo`: the three sample journeys at work, on servers and in a folder of their own."""

import shutil
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from api.auth import make_token
from cli.calendars import SAMPLES, put_calendars
from cli.client import Client
from cli.crew import Case, Crew, members_of, roles_of, sample_cases, start_cases
from cli.lateness import make_lateness, pass_time, show_lateness
from cli.listening import listen
from cli.logs import keep_logs
from cli.machine import Place, run_everything
from cli.organisation import SAMPLE, load_people
from cli.report import make_report, section, show_report
from cli.second_review import CASE, Guide, Refusal, show_refusal
from cli.signals import Signals
from cli.terminal import Failed, Json, many, out, print_json, say
from engine import clock
from engine.core.times import format_time
from engine.settings import Settings, read_settings
from local.home import Home
from local.processes import end_recorded
from local.secret import read_secret

JOURNEYS: Final = ("fha-purchase", "leave-approval", "invoice-approval")
_DOCUMENTS: Final = Path(__file__).resolve().parent.parent / "seed" / "journeys"
_OWN: Final = {False: Path(".wayline/demo"), True: Path(".wayline/demo-ci")}
_OTHERS: Final = ("postgres_url", "neo4j_uri", "neo4j_password", "neo4j_password_file", "jwt_secret", "jwt_secret_file")
_TOKEN_TTL: Final = timedelta(hours=12)
_AWAY: Final = (("uma", "ulf"), ("lena", "leo"))
"""Who is away while the demo goes on, and who stands in."""
_AWAY_FOR: Final = timedelta(days=14)
_CAUGHT_UP_WITHIN: Final = 60.0


def demo(
    cases: Annotated[int, typer.Option(min=1, max=5000, help="FHA cases to start.")] = 200,
    seconds: Annotated[float, typer.Option(min=0, max=600, help="How long people work.")] = 5,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; a taken one is replaced.")] = 8000,
    data: Annotated[str | None, typer.Option(metavar="DIR", help="An empty folder. [.wayline/demo, made anew]")] = None,
    ci: Annotated[bool, typer.Option("--ci", help="End after the tables, and remove the folder.")] = False,
    json: Json = False,
) -> None:
    """Show everything at work: load three journeys, start cases, let people and workers do tasks, print tables.

    Then its clock is moved on by some working hours, so that service levels are breached. Some cases are left waiting,
    and the server stays up to look around in, until Ctrl-C. It always uses private servers. Come back to what a demo
    left with: wayline up --data .wayline/demo --actions seed.actions

    Example: wayline demo --cases 500
    """
    folder = Path(data).expanduser() if data else _OWN[ci]
    settings = _demo_settings(folder)
    empty(folder, made_anew=data is None)
    keep_logs(settings, folder / "logs" / "wayline.log")
    story = _Story(cases, seconds, ci=ci, json=json)
    try:
        with Signals() as signals, closing(listen("127.0.0.1", port, otherwise_free=True)) as listening:
            run_everything(settings, listening, signals, story.run, short_lived=True)
    except KeyboardInterrupt:
        pass
    finally:
        if ci:
            _remove(folder, with_parent=data is None)
    say("Stopped." if ci else f"Stopped. Come back with: wayline up --data {folder} --actions seed.actions")


def empty(folder: Path, *, made_anew: bool) -> None:
    """Makes the demo's folder an empty one; what a killed demo left running in it is ended first.

    Raises:
        Failed: where somebody else's folder is not empty.
        LocalError: where a demo runs in it, or it cannot be written.
    """
    if not made_anew and folder.exists() and any(folder.iterdir()):
        raise Failed(f"The folder {folder} is not empty.", "Name an empty one, or leave --data out.")
    home = Home.open(folder, say)
    try:
        end_recorded(home.state_path, 30, say)
        for entry in home.path.iterdir():
            if entry.name not in {"lock", "logs"}:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    finally:
        home.close()


def _remove(folder: Path, *, with_parent: bool) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if with_parent:
        with suppress(OSError):  # other data is in it
            folder.parent.rmdir()


def _demo_settings(folder: Path) -> Settings:
    """The environment's settings on servers, a secret and actions of the demo's own."""
    settings = read_settings(host="127.0.0.1", data_dir=folder, actions="seed.actions", sandbox=True)
    return settings.model_copy(update=dict.fromkeys((*_OTHERS, "jwks_url", "jwt_audience", "jwt_issuer")))


class _Story:
    """What happens in the demo, told while it happens."""

    def __init__(self, cases: int, seconds: float, *, ci: bool, json: bool) -> None:
        self._cases = cases
        self._seconds = seconds
        self._ci = ci
        self._json = json

    def run(self, place: Place, stopping: threading.Event) -> bool:
        """Plays it against the server at `place`; says whether to stop then."""
        admin = self._client(place, "demo", ["admin"])
        _prepare(admin)
        wanted = sample_cases(self._cases)
        say(f"Starting {len(wanted)} cases, {self._cases} of them FHA loans")
        began = clock.monotonic()
        started = start_cases(self._client(place, "leo", ["loan-officer", "admin"]), wanted, stopping)
        say(f"Started in {clock.monotonic() - began:.1f} s; people and workers do tasks for {self._seconds:g} s")
        done, refusal = self._work(place, admin, started, stopping)
        if stopping.is_set():
            return True
        _catch_up(admin, stopping)
        report = make_report(admin, started, done)
        say("Some working hours go by for the alerts that nobody has looked into")
        now = pass_time(admin)
        lateness = make_lateness(admin, now) if now else None
        stays = None if self._ci else place
        if self._json:
            shown = {"refusal": refusal and asdict(refusal), "lateness": lateness and lateness.as_json()}
            print_json(
                {"place": stays and stays.as_json(), "tasks_done": report.tasks_done, **report.as_json(), **shown}
            )
            return self._ci
        show_report(report)
        if refusal:
            section("Four eyes")
            show_refusal(refusal)
        if lateness:
            section(f"Service levels, at {lateness.now[:16].replace('T', ' ')} UTC by the clock of the demo")
            show_lateness(lateness)
        show_end(report.tasks_done, report.counts, stays)
        return self._ci

    def _work(
        self, place: Place, admin: Client, started: Mapping[str, Case], stopping: threading.Event
    ) -> tuple[Mapping[str, int], Refusal | None]:
        """Lets people work; gives how many tasks each did, and what was refused to one of them."""

        def as_user(user: str, roles: Iterable[str]) -> Client:
            return self._client(place, user, roles)

        members = members_of(admin, roles_of(admin, JOURNEYS), as_user)
        large = next((process for process, case in started.items() if case.business_key == CASE), None)
        crew = Crew(started, stopping, frozenset({large} if large else ()))
        with ThreadPoolExecutor(1, thread_name_prefix="guide") as beside:
            led = beside.submit(Guide(admin, crew, members).lead, large, stopping) if large else None
            crew.work(members, self._seconds, lambda done: _progress(admin, done))
            return crew.done, led.result() if led else None

    def _client(self, place: Place, user: str, roles: Iterable[str]) -> Client:
        secret = read_secret(place.folder) or ""
        return Client(place.url, make_token(secret, user, list(roles), _TOKEN_TTL))


def _prepare(admin: Client) -> None:
    """Enters the calendars, the people and who of them is away, and publishes the journeys."""
    say("Loading calendars, people and three journeys")
    put_calendars(admin, [str(SAMPLES)])
    load_people(admin, SAMPLE.read_bytes(), "yaml")
    starts, ends = clock.now(), clock.now() + _AWAY_FOR
    for user, substitute in _AWAY:
        away = {"starts_at": format_time(starts), "ends_at": format_time(ends), "substitute": substitute}
        admin.post(f"/api/users/{user}/absences", away)
    for journey in JOURNEYS:
        document = (_DOCUMENTS / f"{journey}.yaml").read_bytes()
        admin.post_document("/api/journeys", document, "application/yaml", publish="true")


def show_end(done: int, counts: Mapping[str, Any], place: Place | None) -> None:
    """Prints what became of the cases, and where to look next if the server stays."""
    status, outcome = (_listed(counts["by"].get(name, {})) for name in ("status", "outcome"))
    ends = f"; those that ended: {outcome}" if outcome else ""
    said = f"People did {many(done, 'task')}. Of {many(counts['total'], 'case')}: {status}{ends}."
    out.print()
    out.print(Text(said), soft_wrap=True)
    if place:
        out.print()
        out.rule(Text("Where to look next", style="bold"), align="left", style="dim")
        place.show()
        out.print(Text.assemble(("Try    ", "bold"), f"wayline tasks --role underwriter{place.flag}"), soft_wrap=True)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _progress(client: Client, done: int) -> None:
    worst = client.get("/api/graph/questions/bottlenecks", limit=1)["items"]
    waiting = f"; most wait at {worst[0]['atom']}: {worst[0]['waiting']}" if worst else ""
    say(f"  {many(done, 'task')} done{waiting}")


def _catch_up(client: Client, stopping: threading.Event) -> None:
    """Waits until the graph has every event."""
    until = clock.monotonic() + _CAUGHT_UP_WITHIN
    say("Waiting until the graph has caught up")
    while not stopping.wait(0.1):
        lag = client.get("/health/ready")["projection"]
        if lag and lag["events"] == 0:
            return
        if clock.monotonic() > until:
            raise Failed(f"The graph did not catch up within {_CAUGHT_UP_WITHIN:g} s: {lag}.")
