"""Joins what tells people and other programs of what happens: the loops beside the doors, and the webhooks' service.

Letters are sent where a mail server is named, webhooks called where there is a key to sign with.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from engine.journeys import Journeys
from engine.ports import DeliveryQueue, Staff
from engine.sending import Addresses, AddressRefused, Links, MailCourier, MailServer, WebhookCourier
from engine.services.remembered import Memory
from engine.services.webhooks import WebhookService
from engine.settings import Settings
from engine.store import Postgres
from engine.workers.digests import DigestsWorker
from engine.workers.messenger import Courier, Messenger
from engine.workers.notifier import Notifier
from engine.workers.schedule import Beat


@asynccontextmanager
async def telling(
    settings: Settings, postgres: Postgres, journeys: Journeys, staff: Staff
) -> AsyncGenerator[tuple[Beat, ...]]:
    """The loops that write who is told what, and send it; they rest while all workers are paused.

    Raises:
        SettingsError: when the file of a secret cannot be used.
    """
    server, key = _mail_server(settings), settings.read_webhook_key()
    notifier = Notifier(postgres.outbox, postgres.notice_book, journeys, staff, settings.notifier_batch, bool(server))
    beats = [Beat("notifier", notifier, settings.notifier_interval, rests=True)]
    links = Links(settings.public_url)
    if server:
        courier = MailCourier(server, staff, postgres.digests, links)
        beats += [
            _messenger(
                settings, "letters", postgres.letters, courier, settings.smtp_concurrency, settings.smtp_timeout
            ),
            Beat("digests", DigestsWorker(postgres.digests, staff), settings.digests_interval, rests=True),
        ]
    async with httpx.AsyncClient(timeout=settings.webhook_timeout, follow_redirects=False, trust_env=False) as client:
        if key:
            hooks = WebhookCourier(client, Addresses(settings.webhook_hosts), key, links)
            most, seconds = settings.webhook_concurrency, settings.webhook_timeout
            beats.append(_messenger(settings, "webhooks", postgres.hook_messages, hooks, most, seconds))
        yield tuple(beats)


def webhook_service(settings: Settings, postgres: Postgres, memory: Memory) -> WebhookService:
    """The service, which refuses addresses as the courier would.

    Raises:
        SettingsError: when the file of the key cannot be used.
    """
    addresses = Addresses(settings.webhook_hosts)

    def refused(url: str) -> str | None:
        try:
            addresses.place(url)
        except AddressRefused as why:
            return str(why)
        return None

    return WebhookService(postgres.webhooks, memory, settings.read_webhook_key(), refused)


def _messenger(
    settings: Settings, name: str, queue: DeliveryQueue, courier: Courier, most: int, seconds: float
) -> Beat:
    return Beat(name, Messenger(name, queue, courier, most, seconds), settings.messenger_interval, rests=True)


def _mail_server(settings: Settings) -> MailServer | None:
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_from,
        user=settings.smtp_user,
        password=settings.read_smtp_password(),
        timeout=settings.smtp_timeout,
    )
