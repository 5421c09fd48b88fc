"""Questions of the library in `cypher/analysis`: read-only, bounded in time and rows, answered as JSON values."""

from collections.abc import Mapping
from typing import Any, Final

from neo4j import AsyncManagedTransaction
from neo4j.time import Date, DateTime, Duration

from engine.core.times import format_time
from engine.ports import GraphAnswer
from engine.statements import CYPHER_QUERIES, Question, Statements
from graph.session import Session

_MOST_ROWS: Final = 1000

_AS_OF: Final = Statements.load(CYPHER_QUERIES, ".cypher")["as_of"]


async def ask(session: Session, question: Question, parameters: Mapping[str, Any]) -> GraphAnswer:
    """The rows of `question` (at most 1,000), its columns in the order of its header, and how far the graph had come.

    Args:
        session: where to ask.
        question: one of the library; text from outside never comes here.
        parameters: values by name; the question's defaults stand in for those that are not given.

    Raises:
        Unavailable: when Neo4j is away or the answer takes too long.
    """
    given = {one.name: parameters.get(one.name, one.default) for one in question.parameters}

    async def work(tx: AsyncManagedTransaction) -> GraphAnswer:
        as_of = await (await tx.run(_AS_OF)).single()
        result = await tx.run(question.text, given)
        rows = [record.data() for record in await result.fetch(_MOST_ROWS)]
        names = [column.name for column in question.columns]
        return GraphAnswer(
            rows=tuple({name: _json(row[name]) for name in names} for row in rows),
            as_of=_json(as_of["at"]) if as_of else None,
        )

    return await session.read(work)


def _json(value: Any) -> Any:
    match value:
        case DateTime():
            return format_time(value.to_native())
        case Date() | Duration():
            return value.iso_format()
        case _:
            return value
