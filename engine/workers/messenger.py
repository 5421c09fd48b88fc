"""Sends what is on its way, some side by side; tries again later and later, then gives up.

What happens when it is killed: what it had claimed is another's after the lease, and is sent a second time under the
same id where its receiver had it already. An answer that comes after the lease of its attempt changes nothing.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

import structlog

from engine.ports import Delivery, DeliveryQueue, Settled

WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Before each further attempt; after the last of them, some three days in all, a delivery has failed."""

LEASE: Final = timedelta(seconds=60)
"""How long a messenger has what it claimed; longer than any attempt takes."""

_log = structlog.get_logger(__name__)


class Courier(Protocol):
    """Takes one delivery to its receiver."""

    async def deliver(self, delivery: Delivery) -> Settled:
        """One attempt; `waiting` where another may succeed, with no word of when."""
        ...


class Messenger:
    """Sends at most `most` side by side, each attempt for at most `seconds`."""

    def __init__(self, name: str, queue: DeliveryQueue, courier: Courier, most: int, seconds: float) -> None:
        self._name = name
        self._queue = queue
        self._courier = courier
        self._most = most
        self._seconds = seconds

    async def run_once(self) -> bool:
        """Sends what is due; says whether there was some.

        Raises:
            Unavailable: when the database is away; what is not noted then is sent again after its lease.
        """
        taken = await self._queue.claim(self._most, LEASE)
        # Each to its end, whatever becomes of the others: what was sent and is not noted would be sent again.
        ends = await asyncio.gather(*map(self._send, taken), return_exceptions=True)
        _raise_first(ends)
        return bool(taken)

    async def _send(self, delivery: Delivery) -> None:
        settled = self._with_wait(delivery, await self._attempt(delivery))
        noted = await self._queue.settle(delivery, settled)
        log = _log.bind(by=self._name, delivery=delivery.id, attempt=delivery.attempt, webhook=delivery.webhook)
        if not noted:
            log.info("delivery.too_late")
        elif settled.state == "failed":
            log.warning("delivery.failed", kind=delivery.kind)

    async def _attempt(self, delivery: Delivery) -> Settled:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._courier.deliver(delivery)
        except TimeoutError:
            return Settled("waiting", "There was no answer in time.")

    def _with_wait(self, delivery: Delivery, settled: Settled) -> Settled:
        if settled.state != "waiting":
            return settled
        if delivery.attempt > len(WAITS):
            return Settled("failed", settled.why)
        return Settled("waiting", settled.why, WAITS[delivery.attempt - 1])


def _raise_first(ends: Sequence[BaseException | None]) -> None:
    if failure := next((end for end in ends if end is not None), None):
        raise failure
