"""Loading: a YAML or JSON document becomes findings and a journey version.

In order: `yaml_text` and `json_text` parse it with positions into a `tree`; `reading` holds it against the table of
`keys` and gives a `draft`; then one file for each kind of check: `schemas`, `names`, `structure`, `combinations`,
`performers`, `compensations`, `cycles`, `rework`, `rules`, `calls`; and `version` makes the frozen value. `staffing`
asks the organisation whether there are people for it. `document_schema` publishes the same table as a JSON Schema.
"""

from engine.loading.calls import Published
from engine.loading.finding import Finding
from engine.loading.load import Loaded, load
from engine.loading.staffing import Roster

__all__ = ["Finding", "Loaded", "Published", "Roster", "load"]
