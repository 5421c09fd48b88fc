"""Takes messages to webhooks: a signed POST, taken when it is answered by 2xx. Redirects are not followed."""

from typing import Final

import httpx

from engine import clock
from engine.core.signing import fingerprint, secret_of, signed
from engine.core.values import encode
from engine.ports import Delivery, Settled
from engine.sending.addresses import Address, Addresses, AddressRefused, Place
from engine.sending.letters import Links

_GONE: Final = 410
_AGENT: Final = "Wayline-Webhooks"


class WebhookCourier:
    """Sends with the server's `key`; the answer's body is not read."""

    def __init__(self, client: httpx.AsyncClient, addresses: Addresses, key: str, links: Links) -> None:
        """`client` must have its timeouts, and follow neither redirects nor the environment's proxies."""
        self._client = client
        self._addresses = addresses
        self._key = key
        self._links = links

    async def deliver(self, delivery: Delivery) -> Settled:
        """One attempt. Neither the address nor the secret is in what is told of it."""
        assert delivery.url is not None, "a message to a webhook has its address"
        assert delivery.webhook is not None, "and its webhook"
        secret = secret_of(self._key, delivery.webhook)
        if fingerprint(secret) != delivery.secret:
            return Settled(
                "failed", "WAYLINE_WEBHOOK_KEY is another than when the webhook got its secret; make it anew."
            )
        try:
            response = await self._send(delivery, delivery.url, secret)
        except AddressRefused as refused:
            return Settled("waiting", str(refused))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Settled("waiting", f"It does not answer ({type(error).__name__}).")
        if response.is_success:
            return Settled("delivered")
        if response.status_code == _GONE:
            return Settled("failed", "It answered 410: it is gone.", gone=True)
        return Settled("waiting", f"It answered {response.status_code}.")

    async def _send(self, delivery: Delivery, url: str, secret: str) -> httpx.Response:
        place = self._addresses.place(url)
        request = self._request(delivery, place, await self._addresses.find(place), secret)
        response = await self._client.send(request, stream=True)
        await response.aclose()
        return response

    def _request(self, delivery: Delivery, place: Place, address: Address, secret: str) -> httpx.Request:
        """To the address that was checked, in the name of the host."""
        body = encode(self._body(delivery))
        headers = {
            "Host": place.authority,
            "Content-Type": "application/json",
            "User-Agent": _AGENT,
            **signed(secret, delivery.id, int(clock.now().timestamp()), body),
        }
        shown = f"[{address}]" if address.version == 6 else str(address)
        return self._client.build_request(
            "POST",
            f"{place.scheme}://{shown}:{place.port}{place.target}",
            content=body,
            headers=headers,
            extensions={"sni_hostname": place.host},
        )

    def _body(self, delivery: Delivery) -> dict[str, object]:
        data = delivery.message["data"]
        link = self._links.to(data["process"], data["task"])
        return {**delivery.message, "data": {**data, "url": link}}
