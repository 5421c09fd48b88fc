"""Takes letters to the mail server. The only importer of aiosmtplib.

A mail server that does not answer, says to come later (4xx), or refuses the installation itself is asked again, as
somebody may mend that. A letter or a mailbox that it refuses for good (5xx) failed.
The same `Message-ID` in every attempt lets mailboxes drop a second one.
"""

from dataclasses import dataclass
from typing import Final, Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from engine import clock
from engine.core.organisation import User
from engine.ports import Delivery, Digests, Settled, Staff
from engine.sending.letters import Envelope, Line, Links, letter, told_at_once, told_daily

MOST_IN_DIGEST: Final = 50
"""Most notifications that a digest names; of more it says how many."""

_FOR_GOOD: Final = 500
_LONGEST_WHY: Final = 300


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in, and in whose name. `timeout` is in seconds."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str | None
    password: str | None
    timeout: float

    def client(self) -> SMTP:
        """A connection that is yet to be made; to none but a server whose certificate is right, if there is TLS."""
        return SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            timeout=self.timeout,
        )


class MailCourier:
    """Writes each letter when it is sent, to the address that the user has by then."""

    def __init__(self, server: MailServer, staff: Staff, digests: Digests, links: Links) -> None:
        self._server = server
        self._staff = staff
        self._digests = digests
        self._links = links

    async def deliver(self, delivery: Delivery) -> Settled:
        """One attempt."""
        user = (await self._staff.current()).users.get(delivery.user or "")
        if user is None or not user.active or not user.email:
            return Settled("void", "The user has no address, or is not active.")
        content = await self._content(delivery)
        if content is None:
            return Settled("void", "Nothing was unread.")
        return await self._hand_in(delivery, user, *content)

    async def _content(self, delivery: Delivery) -> tuple[str, list[Line], str] | None:
        if delivery.channel == "email":
            return *told_at_once(delivery.message, self._links), ""
        unread, newest = await self._digests.unread(delivery.user or "", MOST_IN_DIGEST)
        return told_daily(unread, newest, self._links) if unread else None

    async def _hand_in(self, delivery: Delivery, user: User, headline: str, lines: list[Line], more: str) -> Settled:
        try:
            envelope = Envelope(self._server.sender, user.email or "", delivery.id, clock.now())
            message = letter(envelope, headline, lines, more)
        except ValueError:
            return Settled("failed", "The user's address is none that a letter can be sent to.")
        taken = False
        try:
            async with self._server.client() as client:
                await client.send_message(message)
                taken = True
        except (SMTPException, OSError) as error:
            if not taken:
                return _refused(error)
        return Settled("delivered")


def _refused(error: Exception) -> Settled:
    """What a failure comes to. The server's own words may repeat the address; they are kept, and never logged."""
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        error = error.recipients[0]
    if isinstance(error, SMTPResponseException):
        why = f"{error.code} {error.message}"[:_LONGEST_WHY]
        for_good = error.code >= _FOR_GOOD and isinstance(error, SMTPRecipientRefused | SMTPDataError)
        return Settled("failed" if for_good else "waiting", why)
    return Settled("waiting", f"The mail server does not answer ({type(error).__name__}).")
