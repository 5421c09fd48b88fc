"""Public holidays of countries and their parts, from the library `holidays`; nothing else imports it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Final

import holidays

from engine.core.calendars import FIRST_YEAR, LAST_YEAR

SOURCE: Final = f"holidays {version('holidays')}"
"""Where they come from, in which version."""

_ENGLISH: Final = "en_US"
_YEARS: Final = range(FIRST_YEAR - 1, LAST_YEAR + 2)


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """Which holidays are meant; without `categories` those that the library counts where nobody chooses."""

    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = ()


class UnknownHolidays(LookupError):
    """There are no such holidays; `known` are those that there are, under the key that is wrong."""

    def __init__(self, key: str, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no {key} {name}")
        self.key = key
        self.name = name
        self.known = known


def holidays_of(wanted: PublicHolidays) -> Mapping[date, str]:
    """The name of each holiday, by date, over all the years of calendars; it takes up to a second.

    Raises:
        UnknownHolidays: for a country, subdivision or category that the library does not know.
    """
    countries = holidays.list_supported_countries(include_aliases=False)
    if wanted.country not in countries:
        raise UnknownHolidays("country", wanted.country, sorted(countries))
    subdivisions = countries[wanted.country]
    if wanted.subdivision is not None and wanted.subdivision not in subdivisions:
        raise UnknownHolidays("subdivision", wanted.subdivision, sorted(subdivisions))
    here = holidays.country_holidays(wanted.country)
    for category in wanted.categories:
        if category not in here.supported_categories:
            raise UnknownHolidays("categories", category, sorted(here.supported_categories))
    found = holidays.country_holidays(
        wanted.country,
        subdiv=wanted.subdivision,
        years=_YEARS,
        categories=wanted.categories or None,
        # Else their names would be in the language of the machine.
        language=_ENGLISH if _ENGLISH in here.supported_languages else here.default_language,
    )
    return dict(sorted(found.items()))
