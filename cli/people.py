"""People for the demo: each has a role and a token of it, looks into the inbox, and hands in what the samples say.

They work through the HTTP API as anybody else would, side by side in threads, until nothing is left or time is up.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final

from cli.client import Client, Refused
from engine import clock
from seed import cases, people

USUAL: Final = 60
"""Tasks that a person does in one go."""

SLOW: Final[Mapping[str, int]] = {"underwriter": 5, "appraiser": 12, "closer": 4}
"""Those who need longer: work waits for them."""

_HANDS: Final = 3
_STARTS_AT_ONCE: Final = 4
_TOO_LATE: Final = frozenset({"process_ended", "invalid_transition"})
"""Refusals that are nobody's mistake: the case ended after the inbox was read."""

_PAUSE: Final = 0.05
_TELLING: Final = 1.5


@dataclass(frozen=True, slots=True)
class Case:
    """A sample case: what it starts with, and what people will say about it."""

    journey: str
    business_key: str
    context: Mapping[str, Any]
    facts: cases.Case
    priority: str = "medium"


def sample_cases(count: int) -> list[Case]:
    """`count` FHA cases, the named borrowers first and urgent, and the samples of the two small journeys."""
    derived = (f"B-{number}" for number in itertools.count(2001))
    named = frozenset(cases.borrowers())
    found = [
        Case("fha-purchase", one, cases.application(one), cases.borrower(one), "high" if one in named else "medium")
        for one in itertools.islice(itertools.chain(cases.borrowers(), derived), count)
    ]
    for journey, samples in (("leave-approval", cases.leave_requests()), ("invoice-approval", cases.invoices())):
        found += [Case(journey, name, sample["start"], sample) for name, sample in samples.items()]
    return found


def start_cases(client: Client, wanted: Sequence[Case], stopping: threading.Event) -> dict[str, Case]:
    """Starts the cases, a few at once and in order; gives them by process id."""

    def start(case: Case) -> tuple[str, Case] | None:
        if stopping.is_set():
            return None
        body = {
            "journey": case.journey,
            "business_key": case.business_key,
            "context": case.context,
            "priority": case.priority,
        }
        return client.post("/api/processes", body, key=f"demo-{case.business_key}")["id"], case

    with ThreadPoolExecutor(_STARTS_AT_ONCE, thread_name_prefix="starts") as pool:
        return dict(found for found in pool.map(start, wanted) if found)


class Crew:
    """One person for each role, who knows the cases that were started."""

    def __init__(self, known: Mapping[str, Case], stopping: threading.Event) -> None:
        self._known = known
        self._stopping = stopping
        self._done = 0
        self._counting = threading.Lock()

    def work(self, members: Mapping[str, Client], seconds: float, on_progress: Callable[[int], None]) -> int:
        """Does tasks for `seconds`; gives how many.

        Args:
            members: the connections of the people, by role.
            seconds: how long they work.
            on_progress: told now and then how many tasks are done.
        """
        until = clock.monotonic() + seconds
        everybody = list(members.items())
        shares = [dict(everybody[hand::_HANDS]) for hand in range(_HANDS)]
        with ThreadPoolExecutor(_HANDS, thread_name_prefix="people") as pool:
            shifts = [pool.submit(self._shift, share, until) for share in shares]
            while wait(shifts, _TELLING, FIRST_EXCEPTION).not_done and not any(one.done() for one in shifts):
                on_progress(self._done)
            for shift in shifts:
                shift.result()
        return self._done

    def _shift(self, members: Mapping[str, Client], until: float) -> None:
        while not self._stopping.is_set() and clock.monotonic() < until:
            done = 0
            for role, client in members.items():
                if self._stopping.is_set() or clock.monotonic() > until:
                    break
                done += self._round(client, SLOW.get(role, USUAL))
            with self._counting:
                self._done += done
            if not done:
                self._stopping.wait(_PAUSE)

    def _round(self, client: Client, most: int) -> int:
        """Completes what the inbox shows, in one request; gives how many that were."""
        inbox = client.get("/api/tasks/inbox", limit=most)["items"]
        for task in inbox:
            self._judge(client, task)
        items = [item for task in inbox if (item := self._answer(task))]
        if not items:
            return 0
        results = client.post("/api/tasks/complete", {"items": items})["items"]
        problems = [one["problem"] for one in results if one["problem"]]
        if odd := next((problem for problem in problems if problem["code"] not in _TOO_LATE), None):
            raise Refused(odd)
        return len(results) - len(problems)

    def _judge(self, client: Client, task: Mapping[str, Any]) -> None:
        """Accepts the documents that a task requires; it may have been done before."""
        if task["process"] not in self._known:
            return
        for document in people.accepted(str(task["atom"])):
            try:
                client.post(f"/api/processes/{task['process']}/documents/{document}/accept")
            except Refused as refused:
                if refused.problem["code"] not in _TOO_LATE:
                    raise

    def _answer(self, task: Mapping[str, Any]) -> dict[str, Any] | None:
        case = self._known.get(task["process"])
        if case is None:
            return None
        return {
            "task_id": task["id"],
            "output": people.answer(task["atom"], case.facts, task["input"]),
            "documents": {one: [people.link(one, case.facts)] for one in people.brought(task["atom"])},
        }


def roles_of(client: Client, journeys: Iterable[str]) -> list[str]:
    """The roles that perform atoms of the journeys' latest versions, in the order in which work comes to them."""
    found: dict[str, None] = {}
    for journey in journeys:
        version = client.get(f"/api/journeys/{journey}")["latest"]
        for node in client.get(f"/api/journeys/{journey}/versions/{version}/graph")["nodes"]:
            if node["role"]:
                found[node["role"]] = None
    return list(found)


def who_holds(client: Client, role: str) -> str:
    """The id of somebody who holds the role and takes work now; of a person of the role's name where nobody does."""
    found = client.get("/api/users", role=role, active="true", absent="false", limit=1)["items"]
    return str(found[0]["id"]) if found else f"{role}-1"
