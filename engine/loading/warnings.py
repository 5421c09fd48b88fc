"""What need not be wrong with a document, but most often is: `rule_overlap`, `edge_never` and `never_written`."""

from engine.loading.choices import check_choices
from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.never_written import check_written, names_read
from engine.loading.presence import Presence


def check_warnings(draft: Draft, report: Report) -> None:
    """Adds the warnings of a draft without errors to the report."""
    presence = Presence(draft, names_read(draft))
    check_choices(draft, presence, report)
    check_written(draft, presence, report)
