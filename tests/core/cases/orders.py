"""An order that goes through every kind of atom, and the shipping that it calls: the example of these tests."""

from collections.abc import Mapping

from engine.cases.reading import ReadSuite, read_suite
from engine.cases.versions import Versions, put_together
from engine.loading import load

ORDER = """\
journey: order
version: 1.0.0
context:
  type: object
  required: [parts, price]
  properties:
    parts: {type: array, items: {type: string}}
    price: {type: number}
    slot: {type: string}
    checks: {type: array}
    paid: {type: number}
    good: {type: boolean}
    shipment: {type: object}
roles: {clerk: {}}
rules: {rule-good: {logic: {var: good}}}
actions:
  reserve: {output: {type: object, required: [slot], properties: {slot: {type: string}}}}
  release: {}
modules:
  - id: preparing
    atoms:
      - id: atom-reserve
        kind: system
        action: reserve
        compensated_by: atom-release
        enables: [{to: atom-check}, {to: atom-refused, on: error}]
      - id: atom-release
        kind: system
        action: release
      - id: atom-check
        name: Check a part
        performed_by: clerk
        priority: high
        for_each: {var: parts}
        saves: checks
        input: {part: {var: item}}
        output: {type: object, required: [ok], properties: {ok: {type: boolean}}}
        enables: [{to: atom-pay}]
  - id: delivering
    atoms:
      - id: atom-pay
        kind: wait
        message: payment
        correlate: {var: process.business_key}
        output: {type: object, required: [paid], properties: {paid: {type: number}}}
        timeout: {after: P3D}
        enables: [{to: atom-pack}, {to: atom-remind, on: timeout}]
      - id: atom-remind
        performed_by: clerk
        enables: [{to: atom-pay, rework: true, rule: {"<": [{var: atom.visit}, 3]}}, {to: atom-refused}]
      - id: atom-pack
        performed_by: clerk
        output: {type: object, required: [good], properties: {good: {type: boolean}}}
        split: first
        enables: [{to: atom-ship, rule: rule-good}, {to: atom-refused, otherwise: true}]
      - id: atom-ship
        kind: subjourney
        calls: shipping@^1.0
        input: {price: {var: price}}
        output: [tracking]
        saves: shipment
        enables: [{to: atom-cool}]
      - id: atom-cool
        kind: wait
        for: P14D
        enables: [{to: atom-delivered}]
      - id: atom-delivered
        kind: milestone
        outcome: delivered
      - id: atom-refused
        kind: milestone
        join: any
        outcome: refused
"""

SHIPPING = """\
journey: shipping
version: 1.2.0
context:
  type: object
  required: [price]
  properties: {price: {type: number}, tracking: {type: string}}
roles: {driver: {}}
atoms:
  - id: atom-drive
    performed_by: driver
    output: {type: object, required: [tracking], properties: {tracking: {type: string}}}
    enables: [atom-there]
  - id: atom-there
    kind: milestone
    outcome: there
"""

HEAD = """\
journey: order
defaults:
  start: {parts: [a, b], price: 10}
  outputs:
    atom-reserve: {slot: A1}
    atom-pay: {paid: 10}
    atom-pack: {good: true}
    shipping/atom-drive: {tracking: T-1}
  items: {atom-check: [{ok: true}, {ok: false}]}
cases:
"""
"""The script of an order in which nothing goes wrong, to be followed by cases."""


def versions(tested: str = ORDER, *others: str) -> Versions:
    """The version of a document, with those it calls."""
    (first, *rest) = (load(text) for text in (tested, *(others or (SHIPPING,))))
    assert first.definition, first.findings
    assert first.routes
    return put_together(
        (first.definition, first.routes),
        [(one.definition, one.routes) for one in rest if one.definition and one.routes],
    )


def read(cases: str, of: Versions | None = None, head: str = HEAD) -> ReadSuite:
    """What becomes of a cases document."""
    these = of or versions()
    return read_suite(head + cases, "yaml", these.journey, these.called)


def found(cases: str, head: str = HEAD) -> Mapping[tuple[str, str], tuple[int | None, int | None]]:
    """The findings of a cases document: code and pointer, with line and column."""
    return {(one.code, one.pointer): (one.line, one.column) for one in read(cases, head=head).findings}
