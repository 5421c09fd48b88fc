"""Documents that are wrong in one way: the code, the pointer, and how `ORDER` becomes one. `⟦` marks the place."""

Wrong = tuple[str, str, *tuple[tuple[str, str], ...]]

_DELIVERY = "  - id: delivery\n    kind: wait\n    until: {var: deliver_at}\n"
_TIMED_OUT = "      - {to: remind, on: timeout}\n"
_RETURN = "{id: return-goods, kind: system, action: goods.return}"

WRONG: dict[str, Wrong] = {
    # syntax, unknown_key, bad_value, missing_key
    "a key twice": ("syntax", "/atoms/1/action", ("action: goods.book\n", "action: goods.book\n    ⟦action: x\n")),
    "a list that does not end": (
        "syntax",
        "",
        ("enables: [payment]", "enables: [payment"),
        ("id: payment", "id⟦: payment"),
    ),
    "a misspelt key of a wait": ("unknown_key", "/atoms/4/corelate", ("    correlate:", "    ⟦corelate:")),
    "a misspelt key of a rework edge": (
        *("unknown_key", "/atoms/2/enables/0/rewrok"),
        ("{to: check, rework: true,", "{to: sent, ⟦rewrok: true,"),
    ),
    "a key of a wait on a human atom": (
        "unknown_key",
        "/atoms/3/until",
        ("    in_order: true", "    in_order: true\n    ⟦until: soon"),
    ),
    "a list for a wait": (
        "unknown_key",
        "/atoms/7/for_each",
        ("    until: {var: deliver_at}", "    until: {var: deliver_at}\n    ⟦for_each: {var: items}"),
    ),
    "a timeout of a decision": (
        "unknown_key",
        "/atoms/8/timeout",
        ("    split: first", "    split: first\n    ⟦timeout: {after: P1D}"),
    ),
    "a due time of a system atom": (
        "unknown_key",
        "/atoms/1/due",
        ("    action: goods.book", "    action: goods.book\n    ⟦due: P1D"),
    ),
    "something else in a timeout": (
        "unknown_key",
        "/atoms/1/timeout/from",
        ("{after: PT1H}", "{after: PT1H, ⟦from: now}"),
    ),
    "a subjourney that calls nothing": (
        "missing_key",
        "/atoms/6/calls",
        ("  - id: bill", "  - ⟦id: bill"),
        ("    calls: billing@^1.2\n", ""),
    ),
    "a wait for nothing": ("missing_key", "/atoms/7/for", (_DELIVERY, "  - ⟦id: delivery\n    kind: wait\n")),
    "a timeout at no time": ("missing_key", "/atoms/1/timeout/at", ("{after: PT1H}", "⟦{}")),
    "a list that is saved nowhere": (
        "missing_key",
        "/atoms/3/saves",
        ("  - id: pick\n", "  - ⟦id: pick\n"),
        ("    saves: picked\n", ""),
    ),
    "a count of nothing": ("missing_key", "/atoms/3/done_when/count", ("done_when: {count: 1}", "done_when: ⟦{}")),
    "no visit at all": ("bad_value", "/atoms/0/max_visits", ("max_visits: 3", "max_visits: ⟦0")),
    "half a visit": ("bad_value", "/atoms/0/max_visits", ("max_visits: 3", "max_visits: ⟦2.5")),
    "a due time that is neither": ("bad_value", "/atoms/0/due", ("due: P1D", "due: ⟦tomorrow")),
    "a duration that is none": ("bad_value", "/atoms/0/due", ("due: P1D", "due: ⟦P1H")),
    "a number for a time": ("bad_value", "/atoms/0/due", ("due: P1D", "due: ⟦5")),
    "a due time before the start": ("bad_value", "/atoms/0/due", ("due: P1D", "due: ⟦-P1D")),
    "a date that does not exist": ("bad_value", "/atoms/7/until", ("until: {var: deliver_at}", "until: ⟦'2026-02-30'")),
    "a misspelt rule for a time": ("bad_value", "/atoms/4/timeout/at", ("at: soon", "at: ⟦sonn")),
    "a text for a list": ("bad_value", "/atoms/3/for_each", ("for_each: {var: items}", "for_each: ⟦items")),
    "null for a key": (
        "bad_value",
        "/atoms/4/correlate",
        ("correlate: {var: process.business_key}", "correlate: ⟦null"),
    ),
    "a timeout both ways": ("bad_value", "/atoms/1/timeout/at", ("{after: PT1H}", "{after: PT1H, ⟦at: soon}")),
    "two things to wait for": (
        "bad_value",
        "/atoms/7/until",
        ("    until: {var: deliver_at}", "    ⟦until: {var: deliver_at}\n    for: P1D"),
    ),
    "a key without a message": (
        "bad_value",
        "/atoms/7/correlate",
        ("    until: {var: deliver_at}", "    until: {var: deliver_at}\n    ⟦correlate: x"),
    ),
    "an output of a date": (
        "bad_value",
        "/atoms/7/output",
        ("    until: {var: deliver_at}", "    until: {var: deliver_at}\n    ⟦output: {type: object}"),
    ),
    "a date that is saved": (
        "bad_value",
        "/atoms/7/saves",
        ("    until: {var: deliver_at}", "    until: {var: deliver_at}\n    ⟦saves: parcel"),
    ),
    "an order of one": ("bad_value", "/atoms/0/in_order", ("    max_visits: 3", "    ⟦in_order: true")),
    "a count of one": ("bad_value", "/atoms/0/done_when", ("    max_visits: 3", "    ⟦done_when: any")),
    "a list into a number": ("bad_value", "/atoms/3/saves", ("saves: picked", "saves: ⟦amount")),
    "a list into an object's number": ("bad_value", "/atoms/3/saves", ("saves: picked", "saves: ⟦parcel.weight")),
    "otherwise on a rework edge": (
        *("bad_value", "/atoms/5/enables/0/otherwise"),
        ("[{to: payment, rework: true}]", "[{to: payment, rework: true, ⟦otherwise: true}]"),
    ),
    "otherwise with a rule": (
        *("bad_value", "/atoms/8/enables/1/otherwise"),
        (
            "{to: sent-apart, otherwise: true}",
            "{to: sent-apart, ⟦otherwise: true, rule: large}, {to: delivery, rework: true}",
        ),
    ),
    "a count beyond the edges": (
        "bad_value",
        "/atoms/3/join/count",
        ("    join: any\n    for_each", "    join: {count: ⟦3}\n    for_each"),
    ),
    "a rework edge does not count for a join": (
        "bad_value",
        "/atoms/4/join/count",
        ("    message: payment", "    message: payment\n    join: {count: ⟦2}"),
    ),
    "an exit that does not exist": (
        "bad_value",
        "/atoms/1/enables/1/on",
        ("{to: repair, on: error}", "{to: repair, on: ⟦failure}"),
    ),
    "a range of another notation": ("bad_value", "/atoms/6/calls", ("billing@^1.2", "⟦billing@1.x")),
    "a call without a version": ("bad_value", "/atoms/6/calls", ("billing@^1.2", "⟦billing")),
    "a schema for a child's fields": ("bad_value", "/atoms/6/output", ("output: [invoice]", "output: ⟦{type: object}")),
    "a path for a child's field": ("bad_value", "/atoms/6/output/0", ("output: [invoice]", "output: [⟦invoice.total]")),
    "a decision that undoes": (
        *("bad_value", "/atoms/1/compensated_by"),
        ("compensated_by: return-goods", "compensated_by: ⟦return-goods"),
        (_RETURN, "{id: return-goods, kind: decision}"),
    ),
    "undoing the undoing": (
        *("bad_value", "/atoms/11/compensated_by"),
        (
            _RETURN,
            "{id: return-goods, performed_by: clerk, ⟦compensated_by: again}\n  - {id: again, performed_by: clerk}",
        ),
    ),
    "what undoes itself": (
        *("bad_value", "/atoms/11/compensated_by"),
        ("compensated_by: return-goods", "may_end: true"),
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, ⟦compensated_by: return-goods}"),
    ),
    # duplicate_id, unknown_atom, unknown_name, reserved_name
    "an id twice": (
        *("duplicate_id", "/atoms/12/id"),
        (_RETURN, f"{_RETURN}\n  - {{id: ⟦return-goods, performed_by: clerk}}"),
    ),
    "two edges on one exit": (
        "duplicate_id",
        "/atoms/1/enables/3",
        ("{to: repair, on: timeout}\n", "{to: repair, on: timeout}\n      - ⟦{to: repair, on: error}\n"),
    ),
    "a rework edge to no atom": (
        "unknown_atom",
        "/atoms/5/enables/0/to",
        ("{to: payment, rework: true}", "{to: ⟦paiment, rework: true}"),
    ),
    "undone by no atom": (
        "unknown_atom",
        "/atoms/1/compensated_by",
        ("compensated_by: return-goods", "compensated_by: ⟦retrun-goods"),
    ),
    "no such rule on a rework edge": (
        "unknown_name",
        "/atoms/2/enables/0/rule",
        ("rule: {'!': {var: approved}}}", "rule: ⟦small}"),
    ),
    "a wait that writes a reserved name": (
        "reserved_name",
        "/atoms/4/output/properties/atom",
        ("properties: {paid: {type: boolean}}}", "properties: {paid: {}, ⟦atom: {}}}"),
    ),
    "a child saved under a reserved name": (
        "reserved_name",
        "/atoms/6/saves",
        ("    saves: bill", "    ⟦saves: process.bill"),
    ),
    "a reserved name in a child's context": (
        *("reserved_name", "/atoms/6/input/now"),
        ("input: {total: {var: amount}}", "input: {⟦now: {var: amount}}"),
    ),
    "a child's field of a reserved name": (
        "reserved_name",
        "/atoms/6/output/0",
        ("output: [invoice]\n    saves: bill", "output: [⟦item]"),
    ),
    # cycle, not_backwards, extra_entry
    "a circle without rework": (
        "cycle",
        "/atoms/5/enables/0",
        ("enables: [{to: payment, rework: true}]", "enables: [⟦{to: payment}]"),
    ),
    "a circle through a dependency": (
        *("cycle", "/atoms/3/depends_on/0"),
        ("    in_order: true", "    in_order: true\n    depends_on: [⟦delivery]"),
    ),
    "a rework edge forwards": (
        "not_backwards",
        "/atoms/5/enables/0/to",
        ("{to: payment, rework: true}", "{to: ⟦delivery, rework: true}"),
    ),
    "a rework edge to another branch": (
        *("not_backwards", "/atoms/9/enables/0/to"),
        (
            "{id: sent, kind: milestone, outcome: sent}",
            "{id: sent, kind: milestone, enables: [{to: ⟦sent-apart, rework: true}]}",
        ),
    ),
    "a rework edge against a dependency": (
        *("not_backwards", "/atoms/0/enables/1/to"),
        (
            "enables: [{to: book}]",
            "enables: [{to: book}, {to: ⟦file, rework: true}]\n  - {id: file, kind: milestone, depends_on: [check]}",
        ),
    ),
    "an atom that nothing leads to": (
        "extra_entry",
        "/atoms/0",
        ("  - id: check", "  - ⟦id: check"),
        (_RETURN, _RETURN + "\n  - {id: file, performed_by: clerk, entry: true}"),
    ),
    "an atom that only rework leads to": (
        *("extra_entry", "/atoms/12"),
        (_RETURN, _RETURN + "\n  - ⟦{id: file, performed_by: clerk, enables: [{to: file, rework: true, rule: large}]}"),
        ("  - id: check\n", "  - id: check\n    entry: true\n"),
    ),
    "an atom that undoes nothing": (
        *("extra_entry", "/atoms/11"),
        ("    compensated_by: return-goods\n", ""),
        (_RETURN, f"⟦{_RETURN}"),
        ("  - id: check\n", "  - id: check\n    entry: true\n"),
    ),
    # no_otherwise, no_performer, timeout_edge, compensation_edges
    "every edge on error ruled": (
        "no_otherwise",
        "/atoms/1/enables",
        (
            "    enables:\n      - {to: pick}\n      - {to: repair, on: error}",
            "    ⟦enables:\n      - {to: pick}\n      - {to: repair, on: error, rule: large}",
        ),
    ),
    "rework is no otherwise": (
        "no_otherwise",
        "/atoms/2/enables",
        ("    enables:\n      - {to: check", "    ⟦enables:\n      - {to: check"),
        ("      - {to: pick}\n  - id: pick", "      - {to: pick, rule: large}\n  - id: pick"),
    ),
    "rework on error when its rule is not true": (
        *("no_otherwise", "/atoms/0/enables/1/rule"),
        ("enables: [{to: book}]", "enables: [{to: book}, {to: check, on: error, rework: true, ⟦rule: large}]"),
    ),
    "a subjourney does not perform a human atom": (
        "no_performer",
        "/atoms/3",
        ("  - id: pick\n    performed_by: clerk", "  - ⟦id: pick"),
    ),
    "a timeout that nothing follows": (
        "timeout_edge",
        "/atoms/4/timeout",
        ("    timeout: {at: soon}", "    ⟦timeout: {at: soon}"),
        (_TIMED_OUT, "      - {to: remind}\n"),
    ),
    "an edge on a timeout that never comes": (
        "timeout_edge",
        "/atoms/4/enables/1/on",
        ("    timeout: {at: soon}\n", ""),
        (_TIMED_OUT, "      - {to: remind, on: ⟦timeout}\n"),
    ),
    "a timeout of a decision's edge": (
        "timeout_edge",
        "/atoms/8/enables/1/on",
        ("{to: sent-apart, otherwise: true}", "{to: sent-apart, on: ⟦timeout}, {to: delivery, rework: true}"),
        ("{to: sent, rule: {'<': [{var: parcel.weight}, 10]}}", "{to: sent}"),
    ),
    "a way back is no way on after a timeout": (
        *("timeout_edge", "/atoms/3/timeout"),
        ("    in_order: true", "    in_order: true\n    ⟦timeout: {after: P1D}"),
        ("enables: [payment]", "enables: [payment, {to: pick, on: timeout, rework: true}]"),
    ),
    "undoing that is given up": (
        *("timeout_edge", "/atoms/11/timeout"),
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, ⟦timeout: {after: P1D}}"),
    ),
    "undoing by going back": (
        *("compensation_edges", "/atoms/11/enables/0"),
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, enables: [⟦{to: book, rework: true}]}"),
    ),
    "undoing that goes on": (
        *("compensation_edges", "/atoms/11/enables/0"),
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, enables: [⟦sent]}"),
    ),
    "an edge to what undoes": (
        "compensation_edges",
        "/atoms/5/enables/1",
        ("enables: [{to: payment, rework: true}]", "enables: [{to: payment, rework: true}, ⟦return-goods]"),
    ),
    "undoing that waits": (
        *("compensation_edges", "/atoms/11/depends_on/0"),
        (_RETURN, "{id: return-goods, kind: system, action: goods.return, depends_on: [⟦sent]}"),
    ),
    "waiting for the undoing": (
        "compensation_edges",
        "/atoms/9/depends_on/0",
        ("{id: sent, kind: milestone, outcome: sent}", "{id: sent, kind: milestone, depends_on: [⟦return-goods]}"),
    ),
    # rules
    "an unknown operator in a time": (
        "rule_operator",
        "/atoms/7/until/date",
        ("until: {var: deliver_at}", "until: {date: ⟦deliver_at}"),
    ),
    "too few arguments for a time": (
        "rule_arity",
        "/rules/soon/logic/add_time",
        ("add_time: [{var: now}, P2D]", "add_time: ⟦[{var: now}]"),
    ),
    "two operators in a list": (
        "rule_shape",
        "/atoms/3/for_each",
        ("for_each: {var: items}", "for_each: ⟦{var: items, merge: []}"),
    ),
    "a key that nothing declares": (
        "rule_unknown_name",
        "/atoms/4/correlate/var",
        ("{var: process.business_key}", "{var: ⟦order_number}"),
    ),
    "a time that nothing declares": (
        "rule_unknown_name",
        "/atoms/7/until/var",
        ("{var: deliver_at}", "{var: ⟦deliver_by}"),
    ),
    "the element outside of the list": ("rule_unknown_name", "/atoms/0/due/var", ("due: P1D", "due: {var: ⟦item}")),
    "the element where the list is done": (
        *("rule_unknown_name", "/atoms/3/sets/first/var"),
        ("    in_order: true", "    in_order: true\n    sets: {first: {var: ⟦item}}"),
    ),
    "what a process does not have": (
        "rule_unknown_name",
        "/atoms/4/correlate/var",
        ("{var: process.business_key}", "{var: ⟦process.key}"),
    ),
    "a field that the child does not give": (
        "rule_unknown_name",
        "/title/cat/1/var",
        ("{var: amount}]}", "{var: ⟦bill.total}]}"),
    ),
    # working time
    "working time in weeks": (
        "bad_value",
        "/atoms/0/due/working",
        ("due: P1D", "due: {working: ⟦P1W, calendar: office}"),
    ),
    "half a business day": (
        "bad_value",
        "/atoms/1/timeout/after/working",
        ("{after: PT1H}", "{after: {working: ⟦P0.5D, calendar: office}}"),
    ),
    "working time beyond ten years": (
        "bad_value",
        "/atoms/1/timeout/after/working",
        ("{after: PT1H}", "{after: {working: ⟦P3661D, calendar: office}}"),
    ),
    "working time back in time": (
        "bad_value",
        "/atoms/0/due/working",
        ("due: P1D", "due: {working: ⟦-PT1H, calendar: office}"),
    ),
    "a key of working time that there is none of": (
        "unknown_key",
        "/atoms/1/timeout/after/calender",
        ("{after: PT1H}", "{after: {working: PT1H, calendar: office, ⟦calender: office}}"),
    ),
}
