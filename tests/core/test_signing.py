"""Signatures are those of Standard Webhooks: its own example, and its own library on the other side."""

import json

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine import clock
from engine.core.signing import fingerprint, secret_of, signed

KEY = "a key of the tests that is long enough"


def test_the_example_of_the_specification_is_signed_as_it_says():
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_with_the_secret_verifies_the_message_and_notices_another():
    secret, body = secret_of(KEY, "w1"), b'{"type":"assigned"}'
    headers = dict(signed(secret, "id-1", int(clock.now().timestamp()), body))
    assert Webhook(secret).verify(body.decode(), headers) == json.loads(body)
    for wrong_body, wrong_headers in (
        (b'{"type":"released"}', headers),
        (body, {**headers, "webhook-id": "id-2"}),
        (body, dict(signed(secret_of(KEY, "w2"), "id-1", int(clock.now().timestamp()), body))),
        (body, dict(signed(secret, "id-1", int(clock.now().timestamp()) - 3600, body))),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(wrong_body.decode(), wrong_headers)


def test_each_webhook_has_a_secret_of_its_own_that_comes_back_with_the_key():
    assert secret_of(KEY, "w1") == secret_of(KEY, "w1")
    assert len({secret_of(KEY, "w1"), secret_of(KEY, "w2"), secret_of(KEY + "!", "w1")}) == 3
    assert fingerprint(secret_of(KEY, "w1")) != fingerprint(secret_of(KEY, "w2"))
    assert fingerprint(secret_of(KEY, "w1")) not in secret_of(KEY, "w1")
