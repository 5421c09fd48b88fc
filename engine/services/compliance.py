"""How well service levels are kept: what was met and breached in a stretch of time, and how objectives stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

from engine.answers import Page
from engine.core.durations import WorkingTime, parse
from engine.core.errors import Invalid
from engine.core.levels import USUAL
from engine.core.objectives import (
    Objective,
    Verdicts,
    allowed,
    burn_rate,
    is_met,
    pairs_of,
    rounded,
    threshold,
)
from engine.core.times import format_time
from engine.ports import (
    Clock,
    ClocksStanding,
    Compliance,
    ConfigurationRecord,
    Configurations,
    LevelAlerts,
    LevelFilter,
    LevelKey,
    LevelVerdicts,
    Stretch,
)
from engine.services.calls import Call, require
from engine.services.lists_by_name import name_in, page_of

USUAL_STRETCH: Final = timedelta(days=30)
LONGEST_STRETCH: Final = timedelta(days=366)
MOST_VERDICTS: Final = 100_000
"""How many of those that were met, and as many of those breached, are looked at for one answer: the newest."""

_USUAL: Final = frozenset(one.level.name for one in USUAL)
_BETWEEN: Final = "\n"
"""Stands in no name of a service level."""


class _AsNumber:
    """Says in the API's description that a decimal is written as a number; by itself it would say a text."""

    def __get_pydantic_json_schema__(self, _schema: object, _handler: object) -> dict[str, str]:
        """The JSON Schema of a number."""
        return {"type": "number"}


Figure = Annotated[Decimal, _AsNumber()]
"""A number with as many digits as it has."""


@dataclass(frozen=True, slots=True)
class BurnAnswer:
    """How fast the error budget is used over a long `window` and a short one of the same end; null without verdicts.

    It is `too_fast` where both are at the threshold: so much is lost by it that somebody should look now.
    """

    window: str
    rate: Figure | None
    short_window: str
    short_rate: Figure | None
    threshold: Figure
    too_fast: bool


@dataclass(frozen=True, slots=True)
class ObjectiveAnswer:
    """How an objective stands over its window until now: `met` is null while there is no verdict.

    Of its `verdicts` so many may be breached (`budget`), `breached` were, and `left` is what is left of the budget,
    which may be less than nothing. A `burn_rate` of 1.0 uses up all of it, and no more.
    """

    percent: Figure
    window: str
    since: str
    value: Figure | None
    met: bool | None
    verdicts: int
    budget: Figure
    breached: int
    left: Figure
    burn_rate: Figure | None
    burning: tuple[BurnAnswer, ...]


@dataclass(frozen=True, slots=True)
class LevelAnswer:
    """One service level: how many were met and breached, how long they took, and how many are late now.

    The lengths are medians and nine tenths of all time that passed from the beginning to the end, nights included.
    `source` is where the level is from: the `journey`, a `configuration`, or it is one of the `usual` ones.
    """

    level: str
    of: str
    source: str
    name: str | None
    met: int
    breached: int
    percent: Figure | None
    p50_seconds: float | None
    p90_seconds: float | None
    open_at_risk: int
    open_breached: int
    slo: ObjectiveAnswer | None


@dataclass(frozen=True, slots=True)
class ComplianceAnswer:
    """By service level. Not `complete`: there were more verdicts than are looked at, and the oldest are not counted."""

    since: str
    until: str
    complete: bool
    items: tuple[LevelAnswer, ...]
    next_cursor: str | None


class ComplianceService:
    """Figures for who looks after the whole.

    What was met counts when it was done, what was breached when its target passed, be it done by now or not; what was
    given up in time is neither. Objectives are of configurations, and count all that these hold for.
    """

    def __init__(self, compliance: Compliance, configurations: Configurations, clock: Clock) -> None:
        self._compliance = compliance
        self._configurations = configurations
        self._clock = clock

    async def look(
        self,
        call: Call,
        stretch: tuple[datetime | None, datetime | None],
        wanted: LevelFilter,
        cursor: str | None,
        limit: int,
    ) -> ComplianceAnswer:
        """What became of each level in a `stretch` of time: until now where it has no end, of 30 days without a begin.

        Raises:
            Forbidden: `permission_denied`, without `monitoring:read`.
            Invalid: `request_invalid`, where the stretch has no length or is longer than 366 days; `cursor_invalid`.
        """
        require(call.caller, "monitoring:read")
        now, after = await self._clock.now(), _level_in(cursor)
        span = _stretch(*stretch, now)
        verdicts, complete = await self._compliance.verdicts(span, wanted, after, limit + 1, MOST_VERDICTS)
        alerts = await self._compliance.alerts(wanted, after, limit + 1)
        page = _page(verdicts, alerts, limit)
        records = await self._configurations.named(sorted({row.key[0] for row, _ in page.items}))
        documents = {record.id: record for record in records}
        objectives, whole = await self._objectives(documents, now)
        items = tuple(_answer(*row, documents, objectives) for row in page.items)
        times = (format_time(span.since), format_time(span.until))
        return ComplianceAnswer(*times, complete and whole, items, page.next_cursor)

    async def standing(self) -> ClocksStanding:
        """How all clocks stand now, for the metrics."""
        return await self._compliance.standing()

    async def _objectives(
        self, documents: Mapping[str, ConfigurationRecord], now: datetime
    ) -> tuple[Mapping[str, ObjectiveAnswer], bool]:
        """How the objectives of these configurations stand, and whether all their verdicts were looked at."""
        found = {id: objective for id, record in documents.items() if (objective := _objective(record))}
        asked = [(id, now - span) for id, objective in found.items() for span in _spans(objective)]
        counts, complete = await self._compliance.since(asked, now, MOST_VERDICTS)
        known = dict(zip(asked, counts, strict=True))
        answers = {
            id: _standing(objective, {span: known[id, now - span] for span in _spans(objective)}, documents[id], now)
            for id, objective in found.items()
        }
        return answers, complete


_Row = tuple[LevelVerdicts, LevelAlerts]


def _stretch(since: datetime | None, until: datetime | None, now: datetime) -> Stretch:
    end = until or now
    begin = since or end - USUAL_STRETCH
    if not timedelta() < end - begin <= LONGEST_STRETCH:
        message = f"must be earlier than `until`, by at most {LONGEST_STRETCH.days} days"
        raise Invalid("request_invalid", errors=[{"parameter": "since", "message": message}])
    return Stretch(begin, end)


def _level_in(cursor: str | None) -> LevelKey | None:
    name = name_in(cursor)
    if name is None:
        return None
    level, between, of = name.partition(_BETWEEN)
    if not between:
        raise Invalid("cursor_invalid")
    return level, of


def _page(verdicts: Sequence[LevelVerdicts], alerts: Sequence[LevelAlerts], limit: int) -> Page[_Row]:
    """Both of each level that either knows."""
    over, late = {row.key: row for row in verdicts}, {row.key: row for row in alerts}
    keys = sorted(over.keys() | late.keys())[: limit + 1]
    rows = [(over.get(key) or LevelVerdicts(key, Verdicts()), late.get(key) or LevelAlerts(key)) for key in keys]
    return page_of(rows, limit, lambda row: _BETWEEN.join(row[0].key), lambda row: row)


def _answer(
    over: LevelVerdicts,
    late: LevelAlerts,
    documents: Mapping[str, ConfigurationRecord],
    objectives: Mapping[str, ObjectiveAnswer],
) -> LevelAnswer:
    level, of = over.key
    record = documents.get(level)
    return LevelAnswer(
        level=level,
        of=of,
        source="configuration" if record else "usual" if level in _USUAL else "journey",
        name=record.document.get("name") if record else None,
        met=over.verdicts.met,
        breached=over.verdicts.breached,
        percent=over.verdicts.percent,
        p50_seconds=over.p50_seconds,
        p90_seconds=over.p90_seconds,
        open_at_risk=late.at_risk,
        open_breached=late.breached,
        slo=objectives.get(level),
    )


def _objective(record: ConfigurationRecord) -> Objective | None:
    said = record.document.get("slo")
    return Objective(Decimal(said["percent"]), parse(said["window"]).as_timedelta()) if said else None


def _spans(objective: Objective) -> list[timedelta]:
    """How long back its verdicts are counted."""
    pairs = pairs_of(objective)
    return [objective.window, *(span for pair in pairs for span in (pair.long, pair.short))]


def _standing(
    objective: Objective, counts: Mapping[timedelta, Verdicts], record: ConfigurationRecord, now: datetime
) -> ObjectiveAnswer:
    verdicts = counts[objective.window]
    budget = allowed(objective, verdicts)
    return ObjectiveAnswer(
        percent=objective.percent,
        window=record.document["slo"]["window"],
        since=format_time(now - objective.window),
        value=verdicts.percent,
        met=is_met(objective, verdicts),
        verdicts=verdicts.total,
        budget=budget,
        breached=verdicts.breached,
        left=rounded(budget - verdicts.breached),
        burn_rate=burn_rate(objective, verdicts),
        burning=tuple(_burning(objective, counts)),
    )


def _burning(objective: Objective, counts: Mapping[timedelta, Verdicts]) -> Iterator[BurnAnswer]:
    for pair in pairs_of(objective):
        long, short = burn_rate(objective, counts[pair.long]), burn_rate(objective, counts[pair.short])
        limit = threshold(objective, pair)
        too_fast = long is not None and short is not None and min(long, short) >= limit
        yield BurnAnswer(_written(pair.long), long, _written(pair.short), short, limit, too_fast)


def _written(length: timedelta) -> str:
    """A length of time in ISO 8601."""
    days = timedelta(days=length.days)
    return str(WorkingTime(length.days, length - days))
