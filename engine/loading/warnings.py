"""What need not be wrong with a document, but most often is: `rule_overlap`, `edge_never`, `never_written`,
`never_performed`, `escalates_nowhere` and `never_produced`.
"""

from engine.core.schemas import Schema
from engine.loading.case_names import Source
from engine.loading.choices import check_choices
from engine.loading.documents import check_documents
from engine.loading.draft import Draft
from engine.loading.finding import Report
from engine.loading.never_written import check_written, names_read
from engine.loading.performers import check_keeping, performances
from engine.loading.presence import Presence
from engine.loading.tables import complete_tables


def check_warnings(draft: Draft, report: Report) -> None:
    """Adds the warnings of a draft without errors to the report."""
    written = draft.keys.get("context")
    context = Source(Schema(written), written) if written else None
    presence = Presence(draft, (*names_read(draft), *performances(draft)), complete_tables(draft, context))
    check_choices(draft, context, presence, report)
    check_written(draft, presence, report)
    check_keeping(draft, presence, report)
    check_documents(draft, report)
