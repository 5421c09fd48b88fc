"""Small journeys of the tests, each for one thing that holds or moves a process; `publish` puts one in place."""

from typing import Any, Final

from tests.api.people import Person, answer

LOOKUP: Final = """
journey: lookup
version: 1.0.0
context: {type: object, required: [who], properties: {who: {type: string}, score: {type: integer}}}
roles: {clerk: {name: Clerk}}
actions:
  score.get:
    input: {type: object, required: [name], properties: {name: {type: string}}}
    output: {type: object, required: [score], properties: {score: {type: integer}}}
atoms:
  - id: look
    kind: system
    action: score.get
    input: {name: {var: who}}
    retry: {max_attempts: 2, backoff: PT0S, timeout: PT1M}
    enables: [decide]
  - {id: decide, performed_by: clerk}
"""

DEED: Final = """
journey: deed
version: 1.0.0
context:
  type: object
  required: [case]
  properties: {case: {type: string}, book: {type: integer}}
roles: {clerk: {name: Clerk}}
atoms:
  - id: recorded
    kind: wait
    message: deed-recorded
    correlate: {var: case}
    output: {type: object, required: [book], properties: {book: {type: integer}}}
    enables: [file]
  - {id: file, name: File the deed, performed_by: clerk}
"""

PAUSE: Final = """
journey: pause
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}}
atoms:
  - {id: cool-off, kind: wait, for: P3D, enables: [sign]}
  - {id: sign, performed_by: clerk, timeout: {after: PT1H}, enables: [done, {to: lapsed, on: timeout}]}
  - {id: done, kind: milestone, outcome: signed}
  - {id: lapsed, kind: milestone, outcome: lapsed}
"""

TRIP: Final = """
journey: trip
version: 1.0.0
context: {type: object}
roles: {clerk: {name: Clerk}}
modules:
  - id: booking
    atoms:
      - {id: flight, performed_by: clerk, compensated_by: refund, enables: [hotel]}
      - {id: hotel, performed_by: clerk, enables: [ticket]}
  - id: closing
    atoms:
      - {id: ticket, performed_by: clerk, enables: [over]}
      - {id: over, kind: milestone, outcome: travelled}
      - {id: refund, performed_by: clerk}
"""

FAMILY: Final = """
journey: family
version: 1.0.0
context: {type: object, properties: {paid: {type: array}}}
roles: {clerk: {name: Clerk}}
atoms:
  - id: expenses
    kind: subjourney
    calls: expense@^1.0
    for_each: [10, 20]
    input: {who: Kim, amount: {var: item}, limit: 100}
    output: [approved]
    saves: paid
    enables: [over]
  - {id: over, kind: milestone, outcome: paid}
"""


async def publish(admin: Person, text: str) -> None:
    """Loads and publishes a journey."""
    response = await admin.send("POST", "/api/journeys", text=text.encode(), publish="true")
    answer(response, 201)


async def begun(who: Person, journey: str, /, **context: Any) -> Any:
    """A process of `journey`."""
    return await who.post("/api/processes", {"journey": journey, "context": context}, 201)


def step_of(process: Any, atom: str) -> Any:
    """The step of `atom` as the process shows it."""
    return next(step for step in process["steps"] if step["atom"] == atom)
