"""Documents that are almost wrong: how `ORDER` becomes one that only looks like what is refused."""

_TIMED_OUT = "      - {to: remind, on: timeout}\n"
_RETURN = "{id: return-goods, kind: system, action: goods.return}"

NEAR_MISSES: dict[str, tuple[tuple[str, str], ...]] = {
    "a due time by the name of a rule": (("due: P1D", "due: soon"),),
    "a due time that is a date": (("due: P1D", "due: '2026-03-01'"),),
    "a due time of calendar months": (("due: P1D", "due: P1M"),),
    "a due time in working time": (("due: P1D", "due: {working: P1DT30M, calendar: office}"),),
    "a timeout in working time": (("{after: PT1H}", "{after: {working: PT1H, calendar: office}}"),),
    "a wait for working time": (("until: {var: deliver_at}", "for: {working: P10D, calendar: office}"),),
    "a rule that is called like a duration": (
        ("due: P1D", "due: P2D"),
        ("  soon:", "  P2D: {logic: {var: deliver_at}}\n  soon:"),
    ),
    "a wait of no length": (("until: {var: deliver_at}", "for: PT0S"),),
    "a wait of years": (("until: {var: deliver_at}", "for: P1Y"),),
    "a wait until a time": (("until: {var: deliver_at}", "until: '2026-03-01T09:30:00+01:00'"),),
    "a key that is a text": (("{var: process.business_key}", "main-till"),),
    "a key that is a number": (("{var: process.business_key}", "7"),),
    "a message without a key": (("    correlate: {var: process.business_key}\n", ""),),
    "a message with spaces in its name": (("message: payment", "message: Payment has come in"),),
    "a list that is written out": (("for_each: {var: items}", "for_each: [a, {var: amount}]"),),
    "a list that is empty": (("for_each: {var: items}", "for_each: []"),),
    "a list by the name of a rule": (
        ("for_each: {var: items}", "for_each: all"),
        ("  soon:", "  all: {logic: {merge: [{var: items}]}}\n  soon:"),
    ),
    "a list under a name that says nothing of its type": (("picked: {type: array}", "picked: {}"),),
    "a list that may be null": (("picked: {type: array}", "picked: {anyOf: [{type: array}, {type: 'null'}]}"),),
    "a list under a name of its own": (("saves: picked", "saves: picking.results"),),
    "a count beyond a list that is written out": (
        ("for_each: {var: items}", "for_each: [1]"),
        ("{count: 1}", "{count: 2}"),
    ),
    "not in order, and said so": (("    in_order: true", "    in_order: false"),),
    "what is so anyway": (("    max_visits: 3", "    in_order: false\n    done_when: all\n    max_visits: 10"),),
    "a name that is called like a key": (("    max_visits: 3", "    sets: {saves: {var: amount}, n: {var: saves}}"),),
    "a rework edge to itself": (
        ("enables: [{to: book}]", "enables: [{to: book}, {to: check, rework: true, rule: large}]"),
    ),
    "a rework edge by a dependency": (
        (
            "{id: sent, kind: milestone, outcome: sent}",
            "{id: sent, kind: milestone, enables: [{to: file, rework: true}], depends_on: [file]}",
        ),
        (_RETURN, _RETURN + "\n  - {id: file, performed_by: clerk, depends_on: [check]}"),
    ),
    "a rework edge on error without a rule": (
        ("enables: [{to: book}]", "enables: [{to: book}, {to: check, on: error, rework: true}]"),
    ),
    "a ruled rework edge on error beside one forward": (
        (
            "- {to: repair, on: error}",
            "- {to: repair, on: error}\n      - {to: check, on: error, rework: true, rule: large}",
        ),
    ),
    "only a ruled rework edge": (
        ("enables: [{to: payment, rework: true}]", "enables: [{to: payment, rework: true, rule: large}]"),
    ),
    "the same atom on two exits": (
        (_TIMED_OUT, "      - {to: remind, on: timeout}\n      - {to: remind, otherwise: true}\n"),
    ),
    "every edge on error ruled where it may end": (
        ("- {to: repair, on: error}", "- {to: repair, on: error, rule: large}"),
        ("    action: goods.book", "    action: goods.book\n    may_end: true"),
    ),
    "an atom that undoes two": (("    max_visits: 3", "    compensated_by: return-goods"),),
    "undoing for each element": (
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, for_each: {var: items}, saves: returned}"),
    ),
    "undoing with an empty list of edges": (
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, enables: [], depends_on: []}"),
    ),
    "an exact version": (("billing@^1.2", "billing@1.2.0-rc.1"),),
    "a first number only": (("billing@^1.2", "billing@^0"),),
    "the element with a default outside of a list": (("due: P1D", "due: {var: [item, '2026-03-01']}"),),
    "an element of what a list gave": (("{var: amount}]}", "{var: picked.0.weight}]}"),),
    "a field that the child gives": (("{var: amount}]}", "{var: bill.invoice.number}]}"),),
    "a child's fields beside the others": (("    saves: bill\n", ""), ("{var: amount}]}", "{var: invoice}]}")),
    "a count that every edge meets": (("    join: any\n    for_each", "    join: {count: 2}\n    for_each"),),
}
