"""Who is given a task: a pure function of what is sought, the candidates and the time. Same arguments, same choice.

Candidates are all who hold the task's role; where `same_as` names an atom that somebody has performed, those people
alone, whatever roles they hold. Each has a place, which is their substitute's while they are away. The first place
where somebody can be given it now (`engine.core.fitness`) gets it, in this order:

============== ====================================================================================================
round_robin    whose turn was longest ago; who never had one comes first. A substitute takes the turn of who is away,
               and keeps the own one. Who is passed over keeps the turn, and is next as soon as they can be given one.
load_balanced  who would have the least to do, by the weights of their open tasks with this one, as a share of what
               they take (`capacity`; who takes any number counts as the largest capacity of the candidates); of equals
               who got something longest ago
skill_based    whose levels are highest above those that are wanted, added up; of equals as `load_balanced`
same_as        the performers in the order in which the atom names them
============== ====================================================================================================

Whoever had the task before (it was released, or taken from them) comes after all the others, and who had it last comes
at the very end: it would be back with who has just let go of it.

Round robin gives each of those who can be given every task the same number of them, within one, over any stretch of
tasks: between two turns of one of them, each of the others has exactly one. Nobody catches up on what came while they
were away. The last resort of every order is the user's id.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import heapify, heappop
from typing import Any, Final

from engine.core.explain_held import listed, times
from engine.core.facts import Method
from engine.core.fitness import WEIGHTS, Bar, Candidate, Place, Sought, Unfit, named, place_of, unfit

NAMED: Final = 20
"""How many candidates are named with what keeps them from a task; the others are counted."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_METHODS: Final[Mapping[str, Method]] = {
    "round_robin": "round_robin",
    "load_balanced": "load_balanced",
    "skill_based": "skill_based",
}

_Keyed = tuple[tuple[Any, ...], Place]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, and how: `turn` is theirs, or that of who is away (`instead_of`), in the round of the role."""

    user: str
    method: Method
    turn: int | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Nobody:
    """Nobody can be given it now.

    Attributes:
        why: one sentence about the whole, and one for each candidate, of whom `NAMED` are named.
        fix: what would mend it.
        again_at: when the first who is away is back.
        full: who must have less to do before they, or whom they stand in for, can be given it.
    """

    why: str
    fix: str
    again_at: datetime | None = None
    full: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Considered:
    """A place, and why the task cannot go there; None where it can."""

    place: Place
    unfit: Unfit | None


def choose(sought: Sought, candidates: Mapping[str, Candidate], now: datetime) -> Choice | Nobody:
    """Who gets the task. `candidates` are all within reach (`within_reach`) by their ids, with what they have to do."""
    order = _keyed(sought, candidates, now)
    heapify(order)
    while order:
        place = heappop(order)[1]
        if unfit(sought, place, now) is None:
            return _choice(sought, candidates, place)
    return _nobody(sought, candidates, now)


def considered(sought: Sought, candidates: Mapping[str, Candidate], now: datetime) -> Sequence[Considered]:
    """Every place in the order in which they are looked at: the first that is fit is the one `choose` gives it to."""
    return [Considered(place, unfit(sought, place, now)) for _, place in sorted(_keyed(sought, candidates, now))]


def takers(sought: Sought, candidates: Mapping[str, Candidate], now: datetime) -> Nobody | None:
    """Why nobody can take a task that is offered to its role; None where somebody can. Taking has no limit."""
    unlimited = {id: replace(one, user=replace(one.user, capacity=None)) for id, one in candidates.items()}
    found = choose(sought, unlimited, now)
    return found if isinstance(found, Nobody) else None


def give(candidates: dict[str, Candidate], choice: Choice, sought: Sought, now: datetime) -> None:
    """Counts a choice in, so that the next one knows of it."""
    who = candidates[choice.user]
    weight = who.weight + WEIGHTS[sought.priority]
    candidates[choice.user] = replace(who, open=who.open + 1, weight=weight, last_at=now)
    if choice.turn is not None:
        whose = candidates[choice.instead_of or choice.user]
        candidates[whose.id] = replace(whose, turn=choice.turn)


def _keyed(sought: Sought, candidates: Mapping[str, Candidate], now: datetime) -> list[_Keyed]:
    """The places with what orders them; no two are equal, so that places themselves are never compared."""
    found = _by_strategy(sought, candidates, now)
    if not sought.had:
        return found
    last = {user: number for number, user in enumerate(sought.had, 1)}
    return [((last.get((place.who or place.whose).id, 0), *key), place) for key, place in found]


def _by_strategy(sought: Sought, candidates: Mapping[str, Candidate], now: datetime) -> list[_Keyed]:
    if sought.kept:
        kept = [candidates[id] for id in sought.kept if id in candidates]
        return [((number,), place_of(sought, candidates, one, now)) for number, one in enumerate(kept)]
    holders = [one for one in candidates.values() if sought.role in one.user.roles]
    places = [place_of(sought, candidates, one, now) for one in holders]
    if sought.strategy == "round_robin":
        return [((place.whose.turn, place.whose.id), place) for place in places]
    most = max((one.user.capacity or 1 for one in holders), default=1)
    best = sought.strategy == "skill_based"
    return [((_lack(sought, place, now) if best else 0, *_load(sought, place, most)), place) for place in places]


def _load(sought: Sought, place: Place, most: int) -> tuple[Any, ...]:
    who = place.who or place.whose
    capacity = most if who.user.capacity is None else max(who.user.capacity, 1)
    share = (who.weight + WEIGHTS[sought.priority]) / capacity
    return share, who is not place.whose, who.last_at or _NEVER, who.id, place.whose.id


def _lack(sought: Sought, place: Place, now: datetime) -> int:
    able = (place.who or place.whose).user.able(now)
    return -sum(able.get(one.skill, 0) - one.level for one in sought.skills)


def _choice(sought: Sought, candidates: Mapping[str, Candidate], place: Place) -> Choice:
    who, whose = place.who or place.whose, place.whose
    turn = None
    if sought.strategy == "round_robin" and not sought.kept:
        turn = 1 + max(one.turn for one in candidates.values())
    if who is not whose:
        return Choice(who.id, "substitute", turn, whose.id)
    return Choice(who.id, "same_as" if sought.kept else _METHODS.get(sought.strategy, "claim"), turn)


def _nobody(sought: Sought, candidates: Mapping[str, Candidate], now: datetime) -> Nobody:
    """Candidates by id, so that the same reasons make the same text, whatever anybody has to do meanwhile."""
    found = sorted(considered(sought, candidates, now), key=lambda one: one.place.whose.id)
    reasons = [(named(one.place.whose.user), one.unfit) for one in found if one.unfit]
    reasons += [(id, Unfit("unknown", "is not known here")) for id in sought.kept if id not in candidates]
    sentences = [_lead(sought, len(reasons)), *(f"{name} {reason.text}." for name, reason in reasons[:NAMED])]
    if len(reasons) > NAMED:
        sentences.append(f"The same goes for {times(len(reasons) - NAMED, 'other')}.")
    ends = [reason.until for _, reason in reasons if reason.until is not None]
    return Nobody(
        why=" ".join(sentences),
        fix=_fix(sought, {reason.bar for _, reason in reasons}),
        again_at=min(ends, default=None),
        full=frozenset(reason.full for _, reason in reasons if reason.full is not None),
    )


def _lead(sought: Sought, count: int) -> str:
    if sought.kept:
        return f"It is kept for who performed {sought.kept_of}."
    if not count:
        return f"Nobody holds the role {sought.role}."
    return f"Nobody who holds the role {sought.role} can be given it."


def _fix(sought: Sought, bars: set[Bar]) -> str:
    """What would mend it, the simplest first; a manager can always give it to somebody."""
    ways = listed(list(_ways(sought, bars)), "or")
    return f"{ways[0].upper()}{ways[1:]}."


def _ways(sought: Sought, bars: set[Bar]) -> Iterator[str]:
    if "full" in bars:
        yield "wait until one of them has completed a task, or raise what they take"
    if "absent" in bars:
        yield "name a substitute who can be given it"
    if "not_skilled" in bars:
        yield "enter the skills that are missing"
    if not sought.kept:
        others = " another user" if bars else " a user"
        yield f"give{others} the role {sought.role}"
    yield "let a manager assign the task to somebody"
