"""Signatures of webhooks as Standard Webhooks has them (https://www.standardwebhooks.com, version 1).

The secret of a webhook is derived from the server's key and the webhook's id, so that it is kept nowhere: not in the
database, nor in its backups. What is kept is a fingerprint, by which another key is noticed.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

_PREFIX: Final = "whsec_"


def secret_of(key: str, webhook: str) -> str:
    """The secret of a webhook, `whsec_` and the base64 of 32 bytes: what its receiver verifies signatures with."""
    derived = hmac.digest(key.encode(), f"wayline webhook {webhook}".encode(), "sha256")
    return _PREFIX + base64.b64encode(derived).decode()


def fingerprint(secret: str) -> str:
    """16 hexadecimal digits that tell a secret from another, and nothing of it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def signed(secret: str, id: str, seconds: int, body: bytes) -> Mapping[str, str]:
    """The headers of a message that is sent at `seconds` since 1970."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signature = base64.b64encode(hmac.digest(key, f"{id}.{seconds}.".encode() + body, "sha256")).decode()
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}
