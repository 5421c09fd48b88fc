"""Sends letters to people and messages to webhooks. The only importer of aiosmtplib.

What happens when it is killed: before the receiver took it, another sends it after the lease. After that, and before it
was noted, it is sent a second time under the same id, by which the receiver drops it: the `Message-ID` of a letter, the
`webhook-id` of a message.
"""

from engine.sending.addresses import Addresses, AddressRefused
from engine.sending.letters import Links
from engine.sending.mail import MailCourier, MailServer
from engine.sending.webhooks import WebhookCourier

__all__ = [
    "AddressRefused",
    "Addresses",
    "Links",
    "MailCourier",
    "MailServer",
    "WebhookCourier",
]
