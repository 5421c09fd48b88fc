"""People for the demo: everybody of the organisation looks into their inbox, and hands in what the samples say.

They work through the HTTP API as anybody else would, side by side in threads, until nothing is left or time is up.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final

from cli.client import Client, Refused
from engine import clock
from seed import cases, replies

USUAL: Final = 60
"""Tasks that those of one role do in one go."""

SLOW: Final[Mapping[str, int]] = {"underwriter": 5, "fraud-analyst": 1, "appraiser": 12, "closer": 4}
"""Those who need longer: work waits for them."""

_HANDS: Final = 3
_STARTS_AT_ONCE: Final = 4
_TOO_LATE: Final = frozenset({"process_ended", "invalid_transition", "not_your_task", "task_not_found"})
"""Refusals that are nobody's mistake: the case ended, or another got the task, after the inbox was read."""

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


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works, as the API knows them, and how many tasks they do in one go."""

    user: str
    roles: frozenset[str]
    client: Client
    most: int


class Crew:
    """People who know the cases that were started. Some of them (`left`) they leave alone.

    `done` counts the tasks that each has done, by user.
    """

    def __init__(
        self, known: Mapping[str, Case], stopping: threading.Event, left: frozenset[str] = frozenset()
    ) -> None:
        self._known = known
        self._stopping = stopping
        self._left = left
        self._counting = threading.Lock()
        self.done: Counter[str] = Counter()

    def work(self, members: Iterable[Member], seconds: float, on_progress: Callable[[int], None]) -> None:
        """Does tasks for `seconds`; `on_progress` is told now and then how many are done."""
        until = clock.monotonic() + seconds
        with ThreadPoolExecutor(_HANDS, thread_name_prefix="people") as pool:
            shifts = [pool.submit(self._shift, share, until) for share in shares(members)]
            while wait(shifts, _TELLING, FIRST_EXCEPTION).not_done and not any(one.done() for one in shifts):
                on_progress(self.done.total())
            for shift in shifts:
                shift.result()

    def hand_in(self, client: Client, tasks: Iterable[Mapping[str, Any]]) -> int:
        """Completes tasks of the cases in one request; gives how many that were.

        Raises:
            Refused: where the API has something against it that is somebody's mistake.
        """
        for task in tasks:
            self._judge(client, task)
        items = [item for task in tasks if (item := self._answer(task))]
        if not items:
            return 0
        results = client.post("/api/tasks/complete", {"items": items})["items"]
        problems = [one["problem"] for one in results if one["problem"]]
        if odd := next((problem for problem in problems if problem["code"] not in _TOO_LATE), None):
            raise Refused(odd)
        return len(results) - len(problems)

    def _shift(self, members: Sequence[Member], until: float) -> None:
        while not self._stopping.is_set() and clock.monotonic() < until:
            done: Counter[str] = Counter()
            for member in members:
                if self._stopping.is_set() or clock.monotonic() > until:
                    break
                done[member.user] = self._round(member)
            with self._counting:
                self.done += done
            if not done.total():
                self._stopping.wait(_PAUSE)

    def _round(self, member: Member) -> int:
        """Does what the inbox shows and is theirs to do. What the engine is about to give to somebody is left to it."""
        inbox = member.client.get("/api/tasks/inbox", limit=member.most)["items"]
        free = [task for task in inbox if not (task["not_for_you"] or task["seeking"])]
        return self.hand_in(member.client, [task for task in free if task["process"] not in self._left])

    def _judge(self, client: Client, task: Mapping[str, Any]) -> None:
        """Accepts the documents that a task requires; it may have been done before."""
        if task["process"] not in self._known:
            return
        for document in replies.accepted(str(task["atom"])):
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
            "output": replies.answer(task["atom"], case.facts, task["input"]),
            "documents": {one: [replies.link(one, case.facts)] for one in replies.brought(task["atom"])},
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


def members_of(client: Client, roles: Iterable[str], as_user: Callable[[str, Iterable[str]], Client]) -> list[Member]:
    """Everybody who holds one of the roles and takes work now. Those of one role share what it does in one go."""
    wanted = frozenset(roles)
    users = [
        (str(user["id"]), wanted.intersection(user["roles"]), user["roles"])
        for user in client.pages("/api/users", active="true", absent="false")
    ]
    holders = Counter(role for _, performs, _ in users for role in performs)
    return [
        Member(
            user,
            performs,
            as_user(user, held),
            max(1, min(SLOW.get(role, USUAL) // holders[role] for role in performs)),
        )
        for user, performs, held in users
        if performs
    ]


def shares(members: Iterable[Member]) -> list[list[Member]]:
    """Who works one after the other: those who share a role, so that no two of them do the same task."""
    desks: list[list[Member]] = []
    for member in members:
        beside = [desk for desk in desks if any(member.roles & other.roles for other in desk)]
        desks = [desk for desk in desks if desk not in beside]
        desks.append([*itertools.chain.from_iterable(beside), member])
    shares: list[list[Member]] = [[] for _ in range(_HANDS)]
    for desk in sorted(desks, key=len, reverse=True):
        min(shares, key=len).extend(desk)
    return shares
