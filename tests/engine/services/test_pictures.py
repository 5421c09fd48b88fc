"""Pictures of versions and processes, pure: no database is asked."""

from datetime import UTC, datetime

from engine.core.journey import Journey, join_up
from engine.core.process import Process, Step
from engine.loading import load
from engine.services.pictures import drawing_of_version, mermaid, picture_of_process

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENT = """
journey: odd-names
version: 1.0.0
name: Odd names
context: {type: object, properties: {x: {type: number}}}
roles: {clerk: {name: Clerk}}
modules:
  - id: first
    atoms:
      - id: end
        name: 'A "quoted" name; with [brackets] & <marks> #1 — größer'
        performed_by: clerk
        layout: {x: 10, y: 20}
        enables: [{to: choice}]
  - id: second
    atoms:
      - id: choice
        kind: decision
        split: first
        enables:
          - {to: yes-branch, rule: {">": [{var: x}, 1.50]}}
          - {to: no-branch, otherwise: true}
      - {id: yes-branch, performed_by: clerk, depends_on: [{atom: end, require: completed}]}
      - {id: no-branch, kind: milestone, outcome: none}
"""


def journey() -> Journey:
    loaded = load(DOCUMENT)
    assert loaded.definition, loaded.findings
    assert loaded.routes
    return join_up(loaded.definition, loaded.routes)


def process(part: str | None = None, **steps: Step) -> Process:
    return Process(
        "p", "odd-names", "1.0.0", part, "running", "medium", "u", "u", NOW, {},
        steps={step.atom: step for step in steps.values()},
    )  # fmt: skip


def test_a_drawing_has_every_atom_and_edge_in_file_order():
    drawing = drawing_of_version(journey())
    assert [node.id for node in drawing.nodes] == ["end", "choice", "yes-branch", "no-branch"]
    assert drawing.nodes[0].layout == {"x": 10, "y": 20}
    assert [(line.source, line.target, line.kind) for line in drawing.edges] == [
        ("end", "choice", "enables"),
        ("choice", "yes-branch", "enables"),
        ("choice", "no-branch", "enables"),
        ("yes-branch", "end", "depends_on"),
    ]
    assert drawing.edges[3].require == "completed"


def test_a_picture_tells_state_visit_and_what_became_of_each_edge():
    picture = picture_of_process(
        journey(),
        process(
            a=Step("end", 2, "completed", exit="done", edges=(True,)),
            b=Step("choice", 1, "completed", exit="done", edges=(False, True)),
            c=Step("yes-branch", 1, "skipped", edges=()),
        ),
    )
    assert [(node.state, node.visit) for node in picture.nodes] == [
        ("completed", 2),
        ("completed", 1),
        ("skipped", 1),
        (None, None),
    ]
    assert [edge.result for edge in picture.edges] == ["taken", "not_taken", "taken", "resolved"]


def test_a_picture_of_a_part_holds_nothing_from_outside_of_it():
    """R1: what comes from outside the scope does not exist for the process."""
    picture = picture_of_process(journey(), process("second"))
    assert [node.id for node in picture.nodes] == ["choice", "yes-branch", "no-branch"]
    assert {(edge.source, edge.target) for edge in picture.edges} == {("choice", "yes-branch"), ("choice", "no-branch")}


def test_a_flowchart_holds_no_character_that_means_something_to_mermaid():
    chart = mermaid(picture_of_process(journey(), process(a=Step("end", 1, "active"))))
    first = chart.splitlines()[1]
    assert first.startswith('  n0["')
    assert first.endswith('"]:::active')
    inner = first.removeprefix('  n0["').removesuffix('"]:::active')
    assert not set(inner) & set('"[]<>')
    assert "größer" in inner


def test_a_flowchart_shows_which_way_it_went():
    chart = mermaid(
        picture_of_process(journey(), process(b=Step("choice", 1, "completed", exit="done", edges=(False, True))))
    )
    assert "n1 -.-> n2" in chart
    assert 'n1 ==>|"otherwise"| n3' in chart
    assert "n0 -. needed by .-> n2" in chart
