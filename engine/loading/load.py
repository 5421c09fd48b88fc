"""From the text of a document to its findings and, when it has no errors, its journey version."""

import codecs
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Literal

from engine.core.journey import Definition, Routes
from engine.loading.calendars import calendars_of, check_calendars
from engine.loading.calls import Published, calls_of, check_calls
from engine.loading.combinations import check_combinations
from engine.loading.compensations import check_compensations
from engine.loading.context_names import ContextNames
from engine.loading.cycles import check_cycles
from engine.loading.finding import Enough, Finding, Report
from engine.loading.json_text import read_json
from engine.loading.names import check_names
from engine.loading.performers import check_performers
from engine.loading.reading import read_draft
from engine.loading.rework import check_rework
from engine.loading.rules import check_rules
from engine.loading.schemas import check_schemas
from engine.loading.sensitive import check_sensitive
from engine.loading.service_levels import check_levels
from engine.loading.staffing import Roster, check_staffing
from engine.loading.structure import check_structure
from engine.loading.tree import MOST_BYTES, Node, Unparsable
from engine.loading.version import definition_of, routes_of
from engine.loading.warnings import check_warnings
from engine.loading.yaml_text import read_yaml

Media = Literal["yaml", "json"]

_READERS: Final[dict[Media, Callable[[str, Report], Node | None]]] = {"yaml": read_yaml, "json": read_json}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a document: its version, in two halves, or None for both; and every finding, by position.

    `calls` is what its subjourneys call, such as `credit@^1.2`, and `calendars` what its working time is counted in;
    both also where the document has errors elsewhere.
    """

    definition: Definition | None
    routes: Routes | None
    findings: tuple[Finding, ...]
    calls: tuple[str, ...] = ()
    calendars: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a version: no finding is an error."""
        return self.definition is not None


def load(
    text: bytes | str,
    media: Media = "yaml",
    published: Published | None = None,
    roster: Roster | None = None,
    calendars: Collection[str] | None = None,
) -> Loaded:
    """The version that a document describes, or all that is wrong with it. Never raises because of the document.

    Args:
        text: the whole document, at most 1 MiB, UTF-8 where it is bytes.
        media: how it is written.
        published: what there is of the journeys that it calls; None where that is not known, then it is not checked.
        roster: who there is; None where that is not known, then it is not checked.
        calendars: the ids of all calendars that there are; None where that is not known, then it is not checked.
    """
    report = Report()
    try:
        root = parsed(text, media, report)
        if root is not None:
            return _checked(root, report, published, roster, calendars)
    except Enough:
        pass
    return Loaded(None, None, report.findings())


def parsed(text: bytes | str, media: Media, report: Report) -> Node | None:
    """The tree of a document's text; None where it cannot be read, which is in the report."""
    try:
        root = _READERS[media](_decoded(text), report)
        if root is None:
            raise Unparsable("The document is empty.", "Begin with `journey: …` and `version: 1.0.0`.", (1, 1))
    except Unparsable as stop:
        report.error("syntax", stop.path, stop.message, stop.fix, place=stop.place)
        return None
    return root


def _checked(
    root: Node,
    report: Report,
    published: Published | None,
    roster: Roster | None,
    calendars: Collection[str] | None,
) -> Loaded:
    report.root = root
    draft = read_draft(root.value, report)
    names = ContextNames(draft)
    check_schemas(draft, report)
    check_names(draft, names, report)
    check_structure(draft, report)
    check_combinations(draft, report)
    check_performers(draft, report)
    check_compensations(draft, report)
    check_cycles(draft, report)
    check_rework(draft, report)
    check_rules(draft, names, report)
    check_levels(draft, report)
    calls, named = calls_of(draft), calendars_of(draft)
    if calendars is not None:
        check_calendars(draft, calendars, report)
    if published is not None:
        check_calls(draft, published, report)
    version = None if report.refuses else (definition_of(draft, root.value), routes_of(draft))
    if version is not None:
        check_sensitive(draft, *version, published, report)
    if version is None or report.refuses:
        return Loaded(None, None, report.findings(), calls, named)
    definition, routes = version
    check_warnings(draft, report)
    if roster is not None:
        check_staffing(draft, routes, roster, report)
    return Loaded(definition, routes, report.findings(), calls, named)


def _decoded(text: bytes | str) -> str:
    try:
        data = text if isinstance(text, bytes) else text.encode()
        if len(data) > MOST_BYTES:
            message = f"The document has {len(data):,} bytes; at most {MOST_BYTES:,} are read."
            raise Unparsable(message, "Make it smaller, or split the journey.", None)
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise Unparsable(f"The document is not UTF-8: {error.reason}.", "Save it as UTF-8.", None) from error
