"""What the door refuses before any service is asked: every refusal is RFC 9457 with a code of the one table."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from api.auth import make_token
from engine.settings import Settings
from tests.api.people import HOUR, SECRET, only_a_door, refused


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app without databases, where nobody was entered; past the door there is an internal error."""
    app = create_app(Settings(jwt_secret=SECRET), engine=only_a_door())
    headers = {"Authorization": f"Bearer {make_token(SECRET, 'u-1', ['admin'], HOUR)}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://wayline.test", headers=headers
    ) as found:
        yield found


async def test_a_request_without_a_token_is_told_how_to_send_one(client: httpx.AsyncClient):
    response = await client.get("/api/tasks/inbox", headers={"Authorization": ""})
    refused(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_token_in_the_address_is_no_token(client: httpx.AsyncClient):
    token = make_token(SECRET, "u-1", ["admin"], HOUR)
    response = await client.get(
        "/api/tasks/inbox", params={"token": token, "access_token": token}, headers={"Authorization": ""}
    )
    refused(response, 401, "unauthenticated")


async def test_an_address_that_does_not_exist_is_a_problem_too(client: httpx.AsyncClient):
    refused(await client.get("/api/nowhere"), 404, "path_not_found")


async def test_a_method_that_an_address_does_not_take_is_told_with_those_it_takes(client: httpx.AsyncClient):
    response = await client.put("/api/processes", json={})
    refused(response, 405, "method_not_allowed")
    assert response.headers["allow"]


async def test_an_unknown_key_is_named(client: httpx.AsyncClient):
    response = await client.post("/api/processes", json={"journey": "j", "contxt": {}})
    body = refused(response, 422, "request_invalid")
    assert body["errors"] == [{"pointer": "/contxt", "message": "this operation takes no such key"}]


async def test_what_is_wrong_is_said_in_the_words_of_the_house(client: httpx.AsyncClient):
    body = {"name": "", "role": 5, "optional": "no", "due": "soon"}
    errors = refused(await client.post("/api/tasks", json=body), 422, "request_invalid")["errors"]
    said = {error["pointer"]: error["message"] for error in errors}
    assert said.pop("/due").startswith("'soon' is neither an RFC 3339 time")
    assert said == {"/name": "must not be empty", "/role": "must be a text", "/optional": "must be true or false"}
    found = refused(await client.get("/api/tasks", params={"limit": "many"}), 422, "request_invalid")["errors"]
    assert found == [{"parameter": "limit", "message": "must be a whole number"}]
    found = refused(await client.post("/api/tasks", json={"name": "n"}), 422, "request_invalid")["errors"]
    assert found == [{"pointer": "/role", "message": "is missing"}]


async def test_the_bare_address_leads_to_the_page(client: httpx.AsyncClient):
    response = await client.get("/", headers={"Authorization": ""})
    assert (response.status_code, response.headers["location"]) == (307, "/api/docs")


async def test_a_missing_key_and_a_wrong_type_are_told_together(client: httpx.AsyncClient):
    response = await client.post("/api/processes", json={"context": [], "priority": "urgent"})
    pointers = {error["pointer"] for error in refused(response, 422, "request_invalid")["errors"]}
    assert pointers == {"/journey", "/context", "/priority"}


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"journey": NaN}', '{"journey": Infinity}', "[1,]", '"\\ud800"', "\x00", "[" * 100_000]
)
async def test_what_is_no_json_is_refused(client: httpx.AsyncClient, text: str):
    response = await client.post("/api/processes", content=text, headers={"Content-Type": "application/json"})
    refused(response, 422, "request_invalid")


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ("1" * 35, "/context/a"),
        ("1E309", "/context/a"),
        ("1e-309", "/context/a"),
        ("1E100000", "/context/a"),
        ("0.12345678901234567890123456789012345", "/context/a"),
        ('"a\\u0000b"', "/context/a"),
        ('{"x/y": [1, "\\u0000"]}', "/context/a/x~1y/1"),
        ('{"\\u0000": 1}', "/context/a/\x00"),
        ("[" * 70 + "]" * 70, None),
    ],
)
async def test_values_beyond_the_contracts_bounds_are_refused_with_their_place(
    client: httpx.AsyncClient, value: str, pointer: str | None
):
    text = f'{{"journey": "j", "context": {{"a": {value}}}}}'
    response = await client.post("/api/processes", content=text, headers={"Content-Type": "application/json"})
    errors = refused(response, 422, "request_invalid")["errors"]
    if pointer:
        assert [error["pointer"] for error in errors] == [pointer]


async def test_a_body_that_is_not_said_to_be_json_is_told_so(client: httpx.AsyncClient):
    response = await client.post("/api/processes", content='{"journey": "j"}', headers={"Content-Type": "text/plain"})
    assert "application/json" in refused(response, 422, "request_invalid")["errors"][0]["message"]


async def test_a_body_over_one_mebibyte_is_refused_by_its_length(client: httpx.AsyncClient):
    large = b'{"journey": "' + b"x" * (1 << 20) + b'"}'
    response = await client.post("/api/processes", content=large, headers={"Content-Type": "application/json"})
    refused(response, 413, "too_large")


@pytest.mark.parametrize("path", ["/api/processes", "/api/journeys"])
async def test_a_body_over_one_mebibyte_is_refused_though_no_length_was_told(client: httpx.AsyncClient, path: str):
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1 << 16
            yield b" " * (1 << 16)

    response = await client.post(path, content=pieces(), headers={"Content-Type": "application/json"})
    refused(response, 413, "too_large")
    assert sent < 1 << 21


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schlüssel"])
async def test_an_idempotency_key_is_of_1_to_255_printable_characters(client: httpx.AsyncClient, key: str):
    response = await client.post("/api/tasks/p.1/claim", headers={"Idempotency-Key": key.encode()})
    body = refused(response, 422, "request_invalid")
    assert body["errors"][0]["parameter"] == "Idempotency-Key"


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"status": "gone"}])
async def test_a_parameter_that_does_not_fit_is_named(client: httpx.AsyncClient, query: dict[str, str]):
    body = refused(await client.get("/api/tasks", params=query), 422, "request_invalid")
    assert body["errors"][0]["parameter"] == next(iter(query))


@pytest.mark.parametrize("path", ["/api/processes/%00", "/api/tasks/a%00.1", "/api/journeys/%00/versions/1.0.0"])
async def test_an_address_with_a_nul_names_nothing(client: httpx.AsyncClient, path: str):
    refused(await client.get(path), 404, "path_not_found")


@pytest.mark.parametrize("query", ["q=%00", "context.a%00=1", "cursor=%00"])
async def test_a_parameter_with_a_nul_is_refused(client: httpx.AsyncClient, query: str):
    body = refused(await client.get(f"/api/processes?{query}"), 422, "request_invalid")
    assert "NUL" in body["errors"][0]["message"]


async def test_what_nobody_expected_tells_nothing_of_the_inside(client: httpx.AsyncClient):
    response = await client.get("/api/tasks/inbox", headers={"X-Request-ID": "r-1"})
    body = refused(response, 500, "internal_error")
    assert body["correlation_id"] == "r-1"
    assert "NoneType" not in response.text


async def test_the_callers_correlation_id_comes_back(client: httpx.AsyncClient):
    response = await client.get("/health", headers={"X-Request-ID": "req:1.a_B-2"})
    assert response.headers["x-request-id"] == "req:1.a_B-2"


@pytest.mark.parametrize("id", ["x" * 129, "a b", "a\tb", "ä", ""])
async def test_a_correlation_id_that_is_none_is_replaced(client: httpx.AsyncClient, id: str):
    response = await client.get("/health", headers={"X-Request-ID": id.encode()})
    assert response.headers["x-request-id"] not in {id, ""}


async def test_alive_needs_no_token_and_no_database(client: httpx.AsyncClient):
    response = await client.get("/health", headers={"Authorization": ""})
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


async def test_the_page_of_the_operations_takes_nothing_from_elsewhere(client: httpx.AsyncClient):
    page = await client.get("/api/docs")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for text in (page.text, (await client.get("/api/docs.js")).text, (await client.get("/api/docs.css")).text):
        assert "//" not in text.replace("// ", "")


async def test_answers_are_not_sniffed_and_not_cached(client: httpx.AsyncClient):
    response = await client.get("/health")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
