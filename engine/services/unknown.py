"""Refusals of what is not there, or may not be seen (the two are not told apart): each repeats what was asked for.

What an id looks like may be said, as it is told from the id alone.
"""

from collections.abc import Sequence
from typing import Final

from engine.core.errors import NotFound
from engine.core.ids import split
from engine.ports import JourneyRecord, Versions

_SHOWN: Final = 80
"""Characters of an id that are repeated."""
_NAMED: Final = 20
"""Most journeys that a refusal names."""


def no_process(id: str) -> NotFound:
    """`process_not_found`."""
    address = split(id)
    hint = f"; that is the id of a task or an incident, of the process {address[0]}" if address else ""
    return NotFound("process_not_found", f"There is no process {id[:_SHOWN]}, or you may not see it{hint}.")


def no_task(id: str) -> NotFound:
    """`task_not_found`."""
    return NotFound(
        "task_not_found", f"There is no task {id[:_SHOWN]}, or you may not see it{_numbered(id, 'a task')}."
    )


def no_incident(id: str) -> NotFound:
    """`incident_not_found`."""
    hint = _numbered(id, "an incident")
    return NotFound("incident_not_found", f"There is no incident {id[:_SHOWN]}, or you may not see it{hint}.")


def no_version(version: str | None, record: JourneyRecord) -> NotFound:
    """`version_not_found`: the one asked for, or any, is not published; with those that are."""
    published = [one for one, status in record.versions if status == "published"]
    drafts = [one for one, status in record.versions if status == "draft"]
    asked = (
        f"{record.journey}@{version} is not published" if version else f"No version of {record.journey} is published"
    )
    shown = [one for one in drafts if one == version or not (version or published)]
    kept = f"; {', '.join(shown)} {'is a draft' if len(shown) == 1 else 'are drafts'}" if shown else ""
    return NotFound("version_not_found", f"{asked}{kept}.", published=published, drafts=drafts)


async def no_journey(journey: str, versions: Versions) -> NotFound:
    """`journey_not_found`, with those there are."""
    records: Sequence[JourneyRecord] = await versions.journeys(None, _NAMED)
    known = [record.journey for record in records]
    return NotFound("journey_not_found", f"There is no journey {journey[:_SHOWN]}.", known=known)


def _numbered(id: str, kind: str) -> str:
    return "" if split(id) else f"; the id of {kind} ends in a number, such as .1: without one it is a process's"
