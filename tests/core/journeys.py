"""Random journeys of the supported kinds, as values, for property tests in memory and against the databases."""

from typing import Any

from hypothesis import strategies as st

from engine.core.journey import (
    Action,
    Atom,
    Definition,
    Dependency,
    Edge,
    Module,
    Named,
    Route,
    Routes,
    Row,
    Table,
)
from engine.core.rules import Rule

NAMES = ("x", "y", "z")
MODULES = ("left", "right")
PARTS = st.sampled_from((None, *MODULES))
VALUES = st.integers(min_value=0, max_value=3)
CONTEXTS = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))


@st.composite
def rules(draw: st.DrawFn, unresolved: bool) -> Any:
    """A condition over the context; with `unresolved` sometimes one that reads a name that is not there."""
    name = draw(st.sampled_from((*NAMES, "absent") if unresolved else NAMES))
    return {draw(st.sampled_from(("==", "<", ">="))): [{"var": name}, draw(VALUES)]}


@st.composite
def outgoing(draw: st.DrawFn, source: str, targets: list[str], unresolved: bool) -> tuple[tuple[Edge, ...], bool]:
    """Edges to `targets`, and whether the atom may end: there is always a path or leave to end."""
    edges: list[Edge] = []
    for position, target in enumerate(targets):
        shape = draw(st.sampled_from(("plain", "ruled", "otherwise")))
        edges.append(
            Edge(
                source,
                target,
                position,
                priority=draw(st.integers(0, 2)),
                otherwise=shape == "otherwise",
                logic=draw(rules(unresolved)) if shape == "ruled" else None,
                ruled=shape == "ruled",
            )
        )
    safe = any(edge.otherwise or not edge.ruled for edge in edges)
    return tuple(edges), not safe or draw(st.booleans())


@st.composite
def versions(
    draw: st.DrawFn, most: int = 10, unresolved: bool = False, terminate: bool = False
) -> tuple[Definition, Routes]:
    """A version whose atoms stand in the file in another order than they run, in two modules.

    With `unresolved`, rules and inputs may read the name `absent`; with `terminate`, milestones may end the process.
    """
    count = draw(st.integers(2, most))
    ranked = [f"a{number}" for number in range(count)]
    filed = draw(st.permutations(ranked))
    atoms: dict[str, Atom] = {}
    routes: dict[str, Route] = {}
    incoming = dict.fromkeys(ranked, 0)
    for rank, atom in enumerate(ranked):
        later = ranked[rank + 1 :]
        targets = draw(st.lists(st.sampled_from(later), unique=True, max_size=3)) if later else []
        edges, may_end = draw(outgoing(atom, targets, unresolved))
        earlier = ranked[:rank]
        needed = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2)) if earlier else []
        for target in targets:
            incoming[target] += 1
        kind = draw(st.sampled_from(("human", "human", "system", "decision", "milestone")))
        atoms[atom] = _atom(draw, atom, filed.index(atom), kind, (unresolved, terminate))
        routes[atom] = Route(
            atom,
            split=draw(st.sampled_from(("all", "first"))),
            join=draw(st.sampled_from(("all", "any", incoming[atom] or 1))),
            may_end=may_end,
            role="clerk" if kind == "human" else None,
            strategy="pool" if kind == "human" else None,
            enables=edges,
            depends_on=tuple(
                Dependency(atom, target, draw(st.sampled_from(("resolved", "completed")))) for target in needed
            ),
        )
    return _definition(tuple(atoms[atom] for atom in filed)), Routes(tuple(routes[atom] for atom in filed))


def _atom(draw: st.DrawFn, atom: str, index: int, kind: Any, odd: tuple[bool, bool]) -> Atom:
    unresolved, terminate = odd
    table = given = None
    if unresolved and kind in ("human", "system") and draw(st.integers(0, 5)) == 0:
        given = (("seen", Rule.compile({"var": "absent"})),)
    if kind == "decision" and draw(st.booleans()):
        row = Row(Rule.compile(draw(rules(False))), ((f"{atom}_table", Rule.compile(1)),))
        table = Table(
            draw(st.sampled_from(("first", "unique", "collect"))), (row,), ((f"{atom}_table", Rule.compile(2)),)
        )
    return Atom(
        id=atom,
        index=index,
        kind=kind,
        name=atom,
        module=draw(st.sampled_from(MODULES)),
        input=given,
        action="do.it" if kind == "system" else None,
        saves=f"{atom}_output" if kind in ("human", "system") else None,
        table=table,
        outcome=f"{atom}-reached" if kind == "milestone" and draw(st.booleans()) else None,
        terminate=terminate and kind == "milestone" and draw(st.integers(0, 4)) == 0,
    )


def _definition(atoms: tuple[Atom, ...]) -> Definition:
    return Definition(
        key="random",
        version="1.0.0",
        name="Random",
        description="",
        hash="0" * 64,
        context={"type": "object"},
        title=None,
        dimensions=("x",),
        atoms=atoms,
        modules=tuple(Module(module, module, None) for module in MODULES),
        roles=(Named("clerk", "Clerk"),),
        actions=(Action("do.it"),),
    )
