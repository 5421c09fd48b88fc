"""Files of people: all who are in one are entered or changed in one transaction, and nobody else is touched."""

import asyncio
from dataclasses import asdict

from engine.commit import Answer
from engine.core.errors import Invalid
from engine.loading.finding import Finding
from engine.loading.load import Media
from engine.loading.people import ReadPeople, read_people
from engine.ports import Applied, Entered
from engine.services.calls import Call, require
from engine.services.people_shapes import EnteredAnswer
from engine.services.powers import Powers, require_powers
from engine.services.users import Tables


class PeopleFiles:
    """Takes in files of people."""

    def __init__(self, tables: Tables) -> None:
        self._store = tables.store
        self._staff = tables.staff
        self._memory = tables.memory

    async def load(self, call: Call, powers: Powers, text: bytes, media: Media, *, dry_run: bool) -> Answer:
        """Enters everybody and everything the file tells of; loading it again changes nothing.

        200 with an `EnteredAnswer` of what differs, or with `dry_run` would.

        Raises:
            Invalid: `people_invalid`, with all `findings`; `manager_circle`.
            Forbidden: `permission_denied`, where it gives or takes a role that holds more than the caller.
        """
        for permission in ("user:write", "role:write", "team:write"):
            require(call.caller, permission)
        read = await asyncio.to_thread(read_people, text, media)
        if read.findings:
            raise _refused(read.findings)
        known = (await self._staff.renew()).users
        for user in read.users:
            require_powers(call.caller, powers, known.get(user.id), user)

        async def act() -> Answer:
            applied = await self._entered(call, read, dry_run=dry_run)
            differences = tuple(one for one in applied.differences if one.happened != "same")
            same = len(applied.differences) - len(differences)
            return Answer(200, EnteredAnswer(applied.version, dry_run, same, differences))

        return await act() if dry_run else await self._memory.once(call.key, act)

    async def _entered(self, call: Call, read: ReadPeople, *, dry_run: bool) -> Applied:
        entered = Entered(read.users, read.roles, read.teams, absences=read.absences)
        try:
            applied = await self._store.apply(entered, call.caller.id, dry_run=dry_run)
        except Invalid as refusal:
            if refusal.code != "request_invalid":
                raise
            errors = refusal.details["errors"]
            raise _refused(tuple(_unknown(read, one["pointer"], one["message"]) for one in errors)) from None
        await self._staff.renew()
        return applied


def _unknown(read: ReadPeople, pointer: str, message: str) -> Finding:
    parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    return read.unknown(parts, f"{message[0].upper()}{message[1:]}.")


def _refused(findings: tuple[Finding, ...]) -> Invalid:
    count = len(findings)
    sentence = f"The file has {count} error{'' if count == 1 else 's'}."
    return Invalid("people_invalid", sentence, findings=[asdict(one) for one in findings])
