"""R15: what a document calls is held against what is published when it is loaded and when it is published."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.commit import Answer
from engine.core.callers import Caller
from engine.core.errors import Invalid
from engine.core.organisation import Organisation, Role, User
from engine.loading import Roster
from engine.services.calls import Call
from engine.services.journeys import JourneyService, Received
from engine.services.publishing import Publisher
from engine.services.remembered import Memory as Remembering
from tests.engine.services.test_publishing import CHILD, PARENT
from tests.fakes.graph import FakeGraph
from tests.fakes.memory import Memory
from tests.fakes.memory_versions import MemoryVersions

DORA = Call(
    Caller("dora", frozenset(), frozenset({"journey:load", "journey:publish", "journey:retire", "journey:read"}))
)


@pytest.fixture
def service() -> JourneyService:
    versions = MemoryVersions()
    return JourneyService(versions, Publisher(versions, FakeGraph()), Remembering(Memory().store))


APPROVED = """\
journey: approved
version: 1.0.0
roles: {chief: {}}
atoms:
  - {id: review, performed_by: chief, enables: [approve]}
  - {id: approve, performed_by: {role: chief, not_same_as: [review]}}
"""


async def load(service: JourneyService, text: str, **how: bool) -> Answer:
    return await service.load(DORA, Received(text.encode(), "yaml"), **how)


async def refusal(service: JourneyService, text: str, **how: bool) -> list[tuple[Any, Any]]:
    with pytest.raises(Invalid) as refused:
        await load(service, text, **how)
    assert refused.value.code == "journey_invalid"
    return [(finding["code"], finding["pointer"]) for finding in refused.value.details["findings"]]


async def test_a_document_that_calls_what_is_not_published_is_refused(service: JourneyService):
    assert await refusal(service, PARENT, dry_run=True) == [("unknown_name", "/atoms/0/calls")]
    await load(service, CHILD)
    assert await refusal(service, PARENT) == [("unknown_name", "/atoms/0/calls")]
    await service.publish(DORA, "credit", "1.0.0")
    assert (await load(service, PARENT)).status == 201


async def test_every_finding_comes_at_once_those_about_calls_too(service: JourneyService):
    wrong = PARENT.replace("kind: subjourney,", "kind: subjourney, on_failure: stop,")
    assert await refusal(service, wrong) == [("bad_value", "/atoms/0/on_failure"), ("unknown_name", "/atoms/0/calls")]


async def test_what_the_child_needs_is_known_from_the_version_it_would_be(service: JourneyService):
    await load(service, CHILD, publish=True)
    await load(service, CHILD.replace("1.0.0", "1.1.0").replace("amount", "sum"), publish=True)
    assert await refusal(service, PARENT) == [
        ("missing_key", "/atoms/0/input/sum"),
        ("unknown_name", "/atoms/0/input/amount"),
    ]


async def test_a_draft_whose_child_was_retired_since_cannot_be_published(service: JourneyService):
    await load(service, CHILD, publish=True)
    await load(service, PARENT)
    await service.retire(DORA, "credit", "1.0.0")
    with pytest.raises(Invalid, match="journey_invalid"):
        await service.publish(DORA, "purchase", "1.0.0")


async def test_a_published_version_is_loaded_again_though_its_child_was_retired_since(service: JourneyService):
    await load(service, CHILD, publish=True)
    await load(service, PARENT, publish=True)
    await service.retire(DORA, "credit", "1.0.0")
    assert (await load(service, PARENT, publish=True)).status == 200
    assert (await service.publish(DORA, "purchase", "1.0.0")).status == 200


def staffed(*users: str) -> JourneyService:
    """The service where these users are chiefs."""
    people = [User(user, user.title(), roles=frozenset({"chief"})) for user in users]
    versions, organisation = MemoryVersions(), Organisation.of(1, people, [Role("chief", "Chief")], [])

    async def roster() -> Roster:
        return Roster(organisation, datetime(2026, 3, 1, tzinfo=UTC))

    return JourneyService(versions, Publisher(versions, FakeGraph()), Remembering(Memory().store), roster)


def warnings(answer: Answer) -> list[tuple[Any, Any]]:
    return [(finding["code"], finding["atom"]) for finding in answer.body.findings]


async def test_publishing_warns_of_atoms_for_which_there_are_too_few_people_and_refuses_nothing():
    """Issue 6: the same check as the question `staffing`, as a warning at publish."""
    service = staffed("ann")
    for how in ({"dry_run": True}, {}):
        assert warnings(await load(service, APPROVED, **how)) == [
            ("understaffed", "review"),
            ("understaffed", "approve"),
        ]
    published = await service.publish(DORA, "approved", "1.0.0")
    assert published.status == 200
    assert warnings(published) == [("understaffed", "review"), ("understaffed", "approve")]


async def test_publishing_warns_of_nothing_where_there_are_people_enough_or_nobody_was_entered():
    for service in (staffed("ann", "bob"), staffed()):
        assert warnings(await load(service, APPROVED, publish=True)) == []
