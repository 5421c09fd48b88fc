"""Every key of a calendar document, once. It is read from here, as journeys are from `engine.loading.keys`."""

import re
from typing import Final

from engine.loading.shapes import KEBAB, Fields, Key, Listing, Names, OneOrMany, Text

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY: Final = "|".join(WEEKDAYS)
_DATE: Final = Text("date", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a date such as `2026-12-24`")
_HOURS: Final = Text(
    "stretch of time",
    re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"),
    "hours such as `09:00-17:00`; `22:00-06:00` go over midnight, `00:00-24:00` are all day",
)

_HOLIDAYS: Final = Fields(
    "public holidays",
    (
        Key("country", Text("country"), "Its ISO 3166 code, such as `US`.", required=True),
        Key("subdivision", Text("subdivision"), "The state or region whose own holidays count too, such as `CA`."),
        Key(
            "categories",
            Listing(Text("category"), filled=True),
            "Which of them count, such as `public` or `bank`; those that everyone has if not said.",
        ),
    ),
)

CALENDAR: Final = Fields(
    "calendar",
    (
        Key("name", Text(), "What people call it."),
        Key("zone", Text("time zone"), "The IANA time zone of its clock, such as `America/New_York`.", required=True),
        Key(
            "hours",
            Names(
                Text("weekday", re.compile(f"({_WEEKDAY})(-({_WEEKDAY}))?"), "days such as `fri` or `mon-thu`"),
                OneOrMany(_HOURS),
            ),
            "When is worked: weekdays to their hours; days that are not named are not worked.",
            required=True,
        ),
        Key("holidays", _HOLIDAYS, "The public holidays on which nobody works; none if not said."),
        Key("days_off", Listing(_DATE), "Further dates on which nobody works."),
        Key(
            "days_worked",
            Names(_DATE, OneOrMany(_HOURS)),
            "Dates with hours of their own, whatever holiday or weekday they are.",
        ),
    ),
)

CALENDARS: Final = Fields(
    "calendars document",
    (
        Key(
            "calendars",
            Names(Text("id", KEBAB, "small letters, digits and single hyphens, such as `us-lending`"), CALENDAR),
            "The calendars, by id.",
            required=True,
        ),
    ),
)
