"""A document with every construct of the format in one place, and ways to change its text.

A `⟦` in a changed text marks where its finding must stand; it is taken out before the text is loaded.
"""

from dataclasses import dataclass

from engine.loading import Finding, Published, load

MARK = "⟦"

ORDER = """\
journey: order
version: 1.0.0
name: Order
title: {cat: ['Order over ', {var: amount}]}
context:
  type: object
  required: [amount, items, deliver_at]
  properties:
    amount: {type: number}
    items: {type: array, items: {type: string}}
    deliver_at: {type: string}
    paid: {type: boolean}
    picked: {type: array}
    parcel: {type: object, properties: {weight: {type: number}}, additionalProperties: false}
roles: {clerk: {name: Clerk}}
rules:
  soon: {logic: {add_time: [{var: now}, P2D]}}
  large: {logic: {'>': [{var: amount}, 100]}}
actions: {goods.book: {}, goods.return: {}}
atoms:
  - id: check
    performed_by: clerk
    due: P1D
    max_visits: 3
    output: {type: object, required: [approved], properties: {approved: {type: boolean}}}
    enables: [{to: book}]
  - id: book
    kind: system
    action: goods.book
    retry: {max_attempts: 5, backoff: PT2S}
    timeout: {after: PT1H}
    compensated_by: return-goods
    enables:
      - {to: pick}
      - {to: repair, on: error}
      - {to: repair, on: timeout}
  - id: repair
    performed_by: clerk
    join: any
    enables:
      - {to: check, rework: true, rule: {'!': {var: approved}}}
      - {to: pick}
  - id: pick
    performed_by: clerk
    join: any
    for_each: {var: items}
    in_order: true
    done_when: {count: 1}
    saves: picked
    input: {what: {var: item}, number: {var: item_index}}
    enables: [payment]
  - id: payment
    kind: wait
    message: payment
    correlate: {var: process.business_key}
    output: {type: object, required: [paid], properties: {paid: {type: boolean}}}
    timeout: {at: soon}
    enables:
      - {to: bill}
      - {to: remind, on: timeout}
  - id: remind
    performed_by: clerk
    enables: [{to: payment, rework: true}]
  - id: bill
    kind: subjourney
    calls: billing@^1.2
    input: {total: {var: amount}}
    output: [invoice]
    saves: bill
    on_failure: fail
    enables: [delivery]
  - id: delivery
    kind: wait
    until: {var: deliver_at}
    enables: [weigh]
  - id: weigh
    kind: decision
    split: first
    table:
      rows: [{rule: large, sets: {parcel.weight: 20}}]
      otherwise: {parcel.weight: 2}
    enables: [{to: sent, rule: {'<': [{var: parcel.weight}, 10]}}, {to: sent-apart, otherwise: true}]
  - {id: sent, kind: milestone, outcome: sent}
  - {id: sent-apart, kind: milestone, outcome: sent-apart}
  - {id: return-goods, kind: system, action: goods.return}
"""


@dataclass(frozen=True)
class Placed:
    """A text and where in it the mark stood, if there was one: line and column, both from 1."""

    text: str
    place: tuple[int, int] | None


def order(*changes: tuple[str, str]) -> Placed:
    """`ORDER` with each first text, which it must hold exactly once, replaced by the second."""
    text = ORDER
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    before, mark, after = text.partition(MARK)
    assert MARK not in after
    lines = before.split("\n")
    return Placed(before + after, (len(lines), len(lines[-1]) + 1) if mark else None)


def errors(text: str, published: Published | None = None) -> list[Finding]:
    """The findings of a text that refuse it."""
    return [finding for finding in load(text, "yaml", published).findings if finding.severity == "error"]
