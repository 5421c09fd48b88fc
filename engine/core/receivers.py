"""Who can get a task from another person, and who is above those who have it, as far as the organisation knows.

An organisation without anybody knows nothing, and refuses nothing. A role that none of its people holds is one that
tokens alone give, so nobody is refused for not holding it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from engine.core.errors import Invalid
from engine.core.organisation import Organisation, User
from engine.core.times import format_time

MOST_SUPERIORS: Final = 20
"""Most people who are told of one escalation, or named in one refusal."""


def check_receiver(organisation: Organisation, user: str, role: str | None, at: datetime) -> None:
    """Whether `user` may be given a task of `role` at that time.

    Raises:
        Invalid: `assignee_unfit`; `why` is unknown, inactive, absent or role.
    """
    if not organisation.users:
        return
    found = organisation.users.get(user)
    if found is None:
        raise _unfit(user, "unknown", f"Nobody is known as {user}.")
    if not found.active:
        raise _unfit(user, "inactive", f"{user} is not active any more.")
    if absence := found.absence(role, at):
        instead = f"; {absence.substitute} stands in" if absence.substitute else ""
        until = format_time(absence.ends_at)
        raise _unfit(user, "absent", f"{user} is absent until {until}{instead}.", substitute=absence.substitute)
    if role is not None and role not in found.roles and organisation.holders(role):
        raise _unfit(user, "role", f"{user} does not have the role {role}.", role=role)


def able(organisation: Organisation, user: str, at: datetime) -> dict[str, int]:
    """The skills that `user` has then, with their levels; none for who is not known."""
    found = organisation.users.get(user)
    return found.able(at) if found else {}


def superiors(
    organisation: Organisation, person: str | None, role: str | None, at: datetime | None = None
) -> tuple[str, ...]:
    """The nearest active managers of a person; without one, of those who hold `role`.

    Who is away at that time is passed over for their own managers, who see the work, too. Where all are away, the
    nearest are told all the same, as otherwise nobody would be.
    """
    below = [person] if person is not None else [user.id for user in organisation.holders(role)] if role else []
    there = _above(organisation, below, at)
    return there if there or at is None else _above(organisation, below, None)


def unknown(organisation: Organisation, users: Iterable[str]) -> tuple[str, ...]:
    """Those of `users` whom the organisation does not know; none where it knows nobody."""
    return tuple(user for user in users if organisation.users and user not in organisation.users)


def _above(organisation: Organisation, below: list[str], at: datetime | None) -> tuple[str, ...]:
    """Goes up from each until somebody active is found (who is there `at` this time), past those who are not."""
    found: dict[str, None] = {}
    looked_at = set(below)
    waiting = list(below)
    while waiting:
        bosses = organisation.managers_of(waiting.pop())
        found |= {boss: None for boss in bosses if _is_there(organisation.users.get(boss), at)}
        higher = bosses - found.keys() - looked_at
        looked_at |= higher
        waiting += sorted(higher)
    if len(below) == 1:  # in a circle of teams one may come back to where one began
        found.pop(below[0], None)
    return tuple(sorted(found))[:MOST_SUPERIORS]


def _is_there(user: User | None, at: datetime | None) -> bool:
    return user is not None and user.active and (at is None or user.absence(None, at) is None)


def _unfit(user: str, why: str, detail: str, **facts: object) -> Invalid:
    return Invalid("assignee_unfit", detail, assignee=user, why=why, **facts)
