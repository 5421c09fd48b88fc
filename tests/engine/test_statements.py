"""Named statements, questions and migrations (engine/statements.py)."""

import hashlib
from importlib.resources import files
from pathlib import Path

import pytest

from engine.statements import (
    CYPHER_MIGRATIONS,
    CYPHER_QUERIES,
    SQL_MIGRATIONS,
    SQL_QUERIES,
    Parameter,
    Statements,
    StatementsError,
    migrations,
    questions,
    read_question,
)

QUESTION = """// question: Where does work wait longest,
//   over all journeys?
// param: limit integer 25 — how many rows
// param: journey text null — only this journey
// param: atom text — the atom
// param: ids list [1, 2] — some ids
// column: atom — the atom's id
// column: waiting — steps that wait
// This traversal starts at the atoms: there are few of them.
MATCH (a:Atom {id: $atom})
WHERE $journey IS NULL OR a.journey = $journey OR a.index IN $ids
RETURN a.id AS atom, count(*) AS waiting LIMIT $limit;
"""


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / name.replace("_sql", ".sql").replace("_cypher", ".cypher")).write_text(text)
    return folder


def test_a_statement_is_found_by_its_name_without_its_comments_and_semicolon(tmp_path: Path):
    write(
        tmp_path,
        a_sql="-- A file of queries.\n\n-- name: one\n-- Why it is so.\n\nSELECT 1\n  AS one;\n-- name: two\nSELECT 2",
    )
    statements = Statements.load(tmp_path, ".sql")
    assert dict(statements) == {"one": "SELECT 1\n  AS one", "two": "SELECT 2"}


def test_comments_inside_a_statement_stay_where_they_are(tmp_path: Path):
    write(tmp_path, a_cypher="// name: one\nMATCH (a)\n// only the first\nRETURN a")
    assert Statements.load(tmp_path, ".cypher")["one"] == "MATCH (a)\n// only the first\nRETURN a"


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path):
    write(tmp_path, a_sql="-- name: one\nSELECT 1\n-- name: two\nSELECT 2")
    with pytest.raises(KeyError, match=r"no statement `three`; it has: one, two"):
        Statements.load(tmp_path, ".sql")["three"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("SELECT 1\n-- name: one\nSELECT 2", "before the first"),
        ("-- name: one\n-- nothing\n-- name: two\nSELECT 2", "`one` has no statement"),
        ("-- name: One Two\nSELECT 1", "not a name"),
        ("-- name: one\nSELECT 1\n-- name: one\nSELECT 2", "`one` is in a.sql already"),
    ],
)
def test_a_file_that_breaks_the_format_is_refused(tmp_path: Path, text: str, cause: str):
    with pytest.raises(StatementsError, match=cause):
        Statements.load(write(tmp_path, a_sql=text), ".sql")


def test_a_name_in_two_files_is_refused_with_both_files(tmp_path: Path):
    write(tmp_path, a_sql="-- name: one\nSELECT 1", b_sql="-- name: one\nSELECT 2")
    with pytest.raises(StatementsError, match=r"b\.sql: `one` is in a\.sql already"):
        Statements.load(tmp_path, ".sql")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(StatementsError, match="there is no folder"):
        Statements.load(tmp_path / "none", ".sql")


def test_folders_of_a_package_are_read_as_well_as_paths():
    assert Statements.load(files("engine") / "store" / "sql" / "queries", ".sql") == Statements.load(
        SQL_QUERIES, ".sql"
    )


def test_a_question_is_its_header_and_its_statement(tmp_path: Path):
    question = read_question(write(tmp_path, longest_cypher=QUESTION) / "longest.cypher")
    assert (question.name, question.question) == ("longest", "Where does work wait longest, over all journeys?")
    assert [(p.name, p.type, p.required, p.default) for p in question.parameters] == [
        ("limit", "integer", False, 25),
        ("journey", "text", False, None),
        ("atom", "text", True, None),
        ("ids", "list", False, [1, 2]),
    ]
    assert question.parameters[0].description == "how many rows"
    assert [column.name for column in question.columns] == ["atom", "waiting"]
    assert question.text.startswith("MATCH")
    assert question.text.endswith("LIMIT $limit")


def test_a_parameter_reads_what_a_person_writes_for_it(tmp_path: Path):
    question = read_question(write(tmp_path, longest_cypher=QUESTION) / "longest.cypher")
    limit, journey, _, ids = question.parameters
    assert (limit.read("7"), journey.read("fha-purchase"), ids.read('["a"]')) == (7, "fha-purchase", ["a"])
    with pytest.raises(ValueError, match="many"):
        limit.read("many")
    with pytest.raises(ValueError, match="not a JSON list"):
        ids.read("{}")


def test_a_time_is_read_as_one_before_the_graph_is_asked():
    before = Parameter("before", "time", True, None, "until when")
    assert before.read("2026-03-01") == "2026-03-01T00:00:00.000Z"
    with pytest.raises(ValueError, match="RFC 3339"):
        before.read("yesterday")


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("// question: Where", "// Where", "0 `question:` lines"),
        ("// column: atom — the atom's id", "// column: atom", "not `name — description`"),
        ("limit integer 25", "limit number_of 25", "not `name type default"),
        ("limit integer 25", "limit integer many", "`many` is no integer"),
        ("LIMIT $limit", "LIMIT 25", r"not both: \$limit"),
        ("LIMIT $limit", "SKIP $skip LIMIT $limit", r"not both: \$skip"),
        ("column: waiting", "column: atom", "`column` twice: atom"),
    ],
)
def test_a_question_that_breaks_the_format_is_refused(tmp_path: Path, old: str, new: str, cause: str):
    assert old in QUESTION
    file = write(tmp_path, longest_cypher=QUESTION.replace(old, new)) / "longest.cypher"
    with pytest.raises(StatementsError, match=cause):
        read_question(file)


def test_migrations_come_in_order_with_the_hash_of_their_text(tmp_path: Path):
    second = "// Two of them.\nCREATE CONSTRAINT a;\n\n// Why.\nCREATE CONSTRAINT b;\n"
    write(tmp_path, V0002__links_cypher=second, V0001__atoms_cypher="CREATE CONSTRAINT z")
    found = migrations(tmp_path)
    assert [(m.version, m.name) for m in found] == [(1, "atoms"), (2, "links")]
    assert found[1].text == second
    assert found[1].checksum == hashlib.sha256(second.encode()).hexdigest()
    assert found[1].statements == ("CREATE CONSTRAINT a", "CREATE CONSTRAINT b")


def test_the_hash_does_not_change_with_the_line_ends_of_a_checkout(tmp_path: Path):
    (tmp_path / "unix").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "unix" / "V0001__a.sql").write_bytes(b"SELECT 1;\n")
    (tmp_path / "other" / "V0001__a.sql").write_bytes(b"SELECT 1;\r\n")
    assert migrations(tmp_path / "unix") == migrations(tmp_path / "other")


@pytest.mark.parametrize(
    ("names", "cause"),
    [
        (["V0001__a.sql", "V0003__c.sql"], "the next migration has the number 0002"),
        (["V0001__a.sql", "V0001__b.sql"], "the next migration has the number 0002"),
        (["V0000__a.sql"], "the next migration has the number 0001"),
        (["V1__a.sql"], "a migration is named"),
        (["first.sql"], "a migration is named"),
    ],
)
def test_gaps_doubles_and_other_names_are_refused(tmp_path: Path, names: list[str], cause: str):
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(StatementsError, match=cause):
        migrations(tmp_path)


def test_every_statement_file_of_the_engine_can_be_read():
    assert migrations(SQL_MIGRATIONS)
    assert migrations(CYPHER_MIGRATIONS)
    assert Statements.load(SQL_QUERIES, ".sql")
    assert Statements.load(CYPHER_QUERIES, ".cypher")
    assert questions()
