"""From the text of a calendar document to its findings and, when it has none, its working calendar."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from engine.calendars.format import CALENDAR, CALENDARS, WEEKDAYS
from engine.calendars.public_holidays import PublicHolidays, UnknownHolidays, holidays_of
from engine.core.calendars import FIRST_YEAR, LAST_YEAR, Calendar, Day, Hours
from engine.loading.finding import Enough, Finding, Report
from engine.loading.load import Media, parsed
from engine.loading.reading import UNREADABLE, Reader
from engine.loading.shapes import Fields
from engine.loading.tree import Node, Path
from engine.loading.wording import listed, meant, short

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class CalendarDocument:
    """What a document says of one calendar: `content` as written, and its public holidays, by date."""

    id: str
    content: Mapping[str, Any]
    holidays: Mapping[date, str]

    @property
    def calendar(self) -> Calendar:
        """The working calendar that it describes."""
        return calendar_of(self.id, self.content, self.holidays)


@dataclass(frozen=True, slots=True)
class ReadCalendars:
    """What became of a document: its calendars, or none; and every finding, by position."""

    calendars: tuple[CalendarDocument, ...]
    findings: tuple[Finding, ...]


def read_calendar(id: str, text: bytes | str, media: Media) -> ReadCalendars:
    """The calendar that a document describes, or all that is wrong with it. Never raises because of the document.

    Args:
        id: what journeys call it.
        text: the whole document, at most 1 MiB, UTF-8 where it is bytes.
        media: how it is written.
    """

    def place(keys: Mapping[str, Any]) -> _Places:
        return {id: (keys, ())}

    return _read(text, media, CALENDAR, place)


def read_calendars(text: bytes | str, media: Media) -> ReadCalendars:
    """The calendars of a document that holds several, below `calendars` by their ids."""

    def places(keys: Mapping[str, Any]) -> _Places:
        below: Mapping[str, Mapping[str, Any]] = keys.get("calendars", {})
        return {id: (calendar, ("calendars", id)) for id, calendar in below.items()}

    return _read(text, media, CALENDARS, places)


def calendar_of(id: str, content: Mapping[str, Any], holidays: Mapping[date, str]) -> Calendar:
    """The working calendar of a document without findings.

    Args:
        id: what journeys call it.
        content: the document's values.
        holidays: its public holidays, as they were found when it was read.
    """
    week: list[Day] = [()] * len(WEEKDAYS)
    for days, hours in content["hours"].items():
        for day in _weekdays(days):
            week[day] = _hours(hours)
    return Calendar(
        id=id,
        name=content.get("name") or id,
        zone=ZoneInfo(content["zone"]),
        week=tuple(week),
        holidays=frozenset(holidays),
        days_off=frozenset(map(date.fromisoformat, content.get("days_off", ()))),
        days_worked={date.fromisoformat(day): _hours(hours) for day, hours in content.get("days_worked", {}).items()},
    )


_Places = Mapping[str, tuple[Mapping[str, Any], Path]]
"""The readable keys of each calendar, by id, and where it stands."""


def _read(
    text: bytes | str, media: Media, shape: Fields, places: Callable[[Mapping[str, Any]], _Places]
) -> ReadCalendars:
    report = Report()
    try:
        root = parsed(text, media, report)
        if root is not None:
            report.root = root
            keys = Reader(report).fields(shape, root.value, ())
            if keys is not UNREADABLE:
                return _checked(places(keys), root, report)
    except Enough:
        pass
    return ReadCalendars((), report.findings())


def _checked(places: _Places, root: Node, report: Report) -> ReadCalendars:
    found: list[CalendarDocument] = []
    for id, (keys, path) in places.items():
        before = len(report.findings())
        check = _Check(report, path)
        holidays = check.all(keys)
        if len(report.findings()) == before:
            content = cast("Mapping[str, Any]", root.value_at(path))
            found.append(CalendarDocument(id, content, holidays))
    return ReadCalendars(() if report.refuses else tuple(found), report.findings())


class _Check:
    """Finds what has the right shape and is wrong all the same."""

    def __init__(self, report: Report, path: Path) -> None:
        self._report = report
        self._path = path

    def all(self, keys: Mapping[str, Any]) -> Mapping[date, str]:
        """Checks the readable keys of a calendar; gives its public holidays."""
        self._zone(keys.get("zone"))
        if "hours" in keys:
            self._week(keys["hours"])
        off = {day for place, text in enumerate(keys.get("days_off", ())) if (day := self._date(text, place))}
        for text, hours in keys.get("days_worked", {}).items():
            day = self._date(text)
            self._stretches(hours, ("days_worked", text))
            if day in off:
                self._wrong(("days_worked", text), f"{text} stands in `days_off` too.", "Remove it from one of them.")
        return self._holidays(keys.get("holidays"))

    def _zone(self, zone: str | None) -> None:
        if zone is not None and not _is_zone(zone):
            near = meant(zone, sorted(available_timezones()), "Write one of the IANA list, such as `Europe/Berlin`.")
            self._wrong(("zone",), f"There is no time zone `{short(zone)}`.", near)

    def _week(self, hours: Mapping[str, Sequence[str]]) -> None:
        week: list[Day | None] = [None] * len(WEEKDAYS)
        for days, texts in hours.items():
            path = ("hours", days)
            found = self._stretches(texts, path)
            for day in _weekdays(days):
                if week[day] is not None:
                    self._wrong(path, f"`{WEEKDAYS[day]}` has hours already.", "Name each day once.")
                week[day] = found
        if not hours:
            self._wrong(("hours",), "No day of the week has hours.", "Write some, such as `mon-fri: 09:00-17:00`.")
        for day, here in enumerate(week):
            following = week[(day + 1) % len(week)]
            if here and following and here[-1].closes - _DAY > following[0].opens:
                message = f"The hours of `{WEEKDAYS[day]}` go on when the next day's have begun."
                self._wrong(("hours",), message, "End the one where the other begins.")

    def _stretches(self, texts: Sequence[str | None], path: Path) -> Day:
        """The hours of a day; in order, or there is a finding."""
        try:
            found = _hours([text for text in texts if text is not None])
        except ValueError:
            return ()  # its form is a finding already
        for before, after in pairwise(found):
            if after.opens < before.closes:
                self._wrong(path, "These hours overlap, or are not in order.", "Write each after the one before.")
        if any(each.closes == each.opens + _DAY and each.opens for each in found):
            self._wrong(path, "These hours end when they begin.", "Write `00:00-24:00` for a whole day.")
        return found

    def _date(self, text: str | None, place: int | None = None) -> date | None:
        path = ("days_worked", text or "") if place is None else ("days_off", place)
        try:
            day = date.fromisoformat(text or "")
        except ValueError:
            if text and len(text) == len("2026-12-24"):
                self._wrong(path, f"There is no day {short(text)}.", "Write a date of the calendar.")
            return None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self._wrong(path, f"{text} is beyond the years of calendars.", f"They are {FIRST_YEAR} to {LAST_YEAR}.")
        return day

    def _holidays(self, keys: Mapping[str, Any] | None) -> Mapping[date, str]:
        if not keys or "country" not in keys:
            return {}
        categories = tuple(name for name in keys.get("categories", ()) if name is not None)
        try:
            return holidays_of(PublicHolidays(keys["country"], keys.get("subdivision"), categories))
        except UnknownHolidays as unknown:
            where = "" if unknown.key == "country" else f" of {short(keys['country'])}"
            noun = {"categories": "category"}.get(unknown.key, unknown.key)
            message = f"There are no holidays of the {noun} `{short(unknown.name)}`{where}."
            fix = meant(unknown.name, unknown.known, f"There are {listed(unknown.known, most=20)}.")
            self._wrong(("holidays", unknown.key), message, fix if unknown.known else "Remove it: there is none.")
            return {}

    def _wrong(self, path: Path, message: str, fix: str) -> None:
        self._report.error("bad_value", (*self._path, *path), message, fix)


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # what names a folder, or leads out of the database
        return False


def _weekdays(days: str) -> Iterator[int]:
    """The places in the week of `fri` or `mon-thu`; `sat-mon` goes on over its end."""
    first, _, last = days.partition("-")
    if first in WEEKDAYS and (last or first) in WEEKDAYS:
        start = WEEKDAYS.index(first)
        for step in range((WEEKDAYS.index(last or first) - start) % len(WEEKDAYS) + 1):
            yield (start + step) % len(WEEKDAYS)


def _hours(texts: str | Sequence[str]) -> Day:
    """The stretches of one or several texts such as `09:00-17:00`."""
    return tuple(map(_stretch, [texts] if isinstance(texts, str) else texts))


def _stretch(text: str) -> Hours:
    opens, closes = (int(part[:2]) * 3_600 + int(part[3:5]) * 60 for part in text.split("-"))
    return Hours(opens, closes if closes > opens else closes + _DAY)
