"""Who calls is who the organisation says, within a second of a change, whatever their token was verified as."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from fastapi import FastAPI

from api.app import create_app
from engine import clock
from engine.bootstrap import Engine, open_engine
from engine.organisation import ASKED_AFTER
from engine.settings import Settings
from tests.api.cases import open_task
from tests.api.people import SECRET, Person, answer, person, refused
from tests.api.test_users import put, staff


async def test_roles_of_the_token_and_of_the_organisation_are_held_together(
    app: FastAPI, admin: Person, expense: str
) -> None:
    await staff(admin)
    task = await open_task(app)
    ann = person(app, "ann")
    assert [one["id"] for one in (await ann.get("/api/tasks/inbox"))["items"]] == [task]
    await ann.post(f"/api/tasks/{task}/claim")
    await put(admin, "/api/roles/officer", {"name": "Officer"})
    refused(await ann.send("POST", "/api/processes", {"journey": "expense", "context": {}}), 403, "permission_denied")
    answer(await admin.send("PATCH", "/api/users/ann", {"roles": ["clerk", "officer"]}))
    refused(await ann.send("POST", "/api/processes", {"journey": "expense", "context": {}}), 422, "context_invalid")


async def test_a_change_by_another_program_holds_within_a_second(
    settings: Settings, app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await staff(admin)
    async with open_engine(settings, workers=False) as other:
        there = create_app(settings, engine=other)
        ann = person(there, "ann")
        assert answer(await ann.send("GET", "/api/users/ann"))["roles"] == ["clerk"]
        answer(await admin.send("PATCH", "/api/users/ann", {"active": False}))
        monotonic = clock.monotonic
        monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + ASKED_AFTER)
        problem = refused(await ann.send("GET", "/api/users/ann"), 403, "user_inactive")
        assert problem["user"] == "ann"
    refused(await person(app, "ann").send("GET", "/api/users/ann"), 403, "user_inactive")
    answer(await admin.send("PATCH", "/api/users/ann", {"active": True}))
    answer(await person(app, "ann").send("GET", "/api/users/ann"))


async def test_an_organisation_that_did_not_change_is_asked_for_its_version_only(
    engine: Engine, app: FastAPI, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await staff(admin)
    asked: list[str] = []
    store = engine.users._store
    for name in ("edition", "read"):
        method: Callable[..., Any] = getattr(store, name)

        def counting(*given: Any, name: str = name, method: Callable[..., Any] = method) -> Any:
            asked.append(name)
            return method(*given)

        monkeypatch.setattr(store, name, counting)
    passed = 0.0
    monotonic = clock.monotonic
    monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + passed)
    for _ in range(3):
        await person(app, "ann").get("/api/journeys")
    at_once = len(asked)
    passed += ASKED_AFTER
    await person(app, "ann").get("/api/journeys")
    assert at_once <= 1
    assert asked[at_once:] == ["edition"]


@pytest.mark.parametrize(
    ("said", "held"), [("both", {"clerk", "packer"}), ("token", {"packer"}), ("people", {"clerk"})]
)
async def test_a_setting_says_whose_word_on_roles_counts(
    settings: Settings, engine: Engine, app: FastAPI, admin: Person, said: str, held: set[str]
) -> None:
    await staff(admin)
    engine.callers._roles_from = said  # type: ignore[assignment]
    header = f"Bearer {jwt.encode({'sub': 'ann', 'roles': ['packer'], 'exp': clock.now() + _HOUR}, SECRET, 'HS256')}"
    caller = await app.state.authenticator.caller(header, engine.callers)
    assert caller.roles == held
    assert caller.skills == {"fha": 2}
    mia = f"Bearer {jwt.encode({'sub': 'mia', 'exp': clock.now() + _HOUR}, SECRET, 'HS256')}"
    manager = await app.state.authenticator.caller(mia, engine.callers)
    assert (manager.manages, manager.leads) == ({"ann"}, {"clerk"})


_HOUR = timedelta(hours=1)


@pytest.fixture
async def newcomers(settings: Settings) -> Any:
    """An app that enters whom it does not know, with the claims of another kind of identity provider."""
    own = settings.model_copy(update={"people_from_tokens": True, "roles_claim": "realm_access.roles"})
    async with open_engine(own, workers=False) as opened:
        yield create_app(own, engine=opened)


async def call(app: FastAPI, issued: int, **claims: Any) -> Any:
    """What the caller is told of themselves, with a token that was issued so many seconds after another."""
    now = clock.now()
    whole = {"sub": "nia", "exp": now + _HOUR, "iat": int(now.timestamp()) - 1000 + issued, **claims}
    sent = jwt.encode(whole, SECRET, "HS256")
    response = await Person(app, "nia", ()).send("GET", "/api/users/nia", headers={"Authorization": f"Bearer {sent}"})
    return answer(response)


async def test_an_unknown_user_is_entered_from_the_token(newcomers: FastAPI) -> None:
    told = {"name": "Nia", "email": "nia@bank.example", "realm_access": {"roles": ["clerk"]}}
    found = await call(newcomers, 1, **told)
    assert (found["name"], found["email"], found["roles"]) == ("Nia", "nia@bank.example", ["clerk"])
    boss = person(newcomers, "u-admin")
    assert (await boss.get("/api/roles/clerk"))["holders"] == 1


async def test_a_later_token_is_believed_and_an_earlier_one_is_not(newcomers: FastAPI) -> None:
    await call(newcomers, 10, name="Nia", realm_access={"roles": ["clerk", "boss"]})
    earlier = await call(newcomers, 5, name="N.", realm_access={"roles": ["admin"]})
    assert (earlier["name"], earlier["roles"]) == ("Nia", ["boss", "clerk"])
    later = await call(newcomers, 20, name="Nia", realm_access={"roles": ["clerk"]})
    assert later["roles"] == ["clerk"], "what the identity provider takes away is gone here, too"


async def test_what_a_person_says_of_a_user_no_token_changes(newcomers: FastAPI) -> None:
    await call(newcomers, 1, realm_access={"roles": ["clerk"]})
    sent = jwt.encode(
        {"sub": "u-admin", "realm_access": {"roles": ["admin"]}, "exp": clock.now() + _HOUR}, SECRET, "HS256"
    )
    header = {"Authorization": f"Bearer {sent}"}
    answer(await Person(newcomers, "u-admin", ()).send("PATCH", "/api/users/nia", {"name": "Nia"}, headers=header))
    found = await call(newcomers, 30, name="Somebody", realm_access={"roles": ["boss"]})
    assert (found["name"], found["roles"]) == ("Nia", ["clerk"])


async def test_nobody_is_entered_where_that_is_not_wanted(app: FastAPI, admin: Person) -> None:
    await person(app, "nia", ["clerk"]).get("/api/journeys")
    refused(await admin.send("GET", "/api/users/nia"), 404, "user_not_found")
