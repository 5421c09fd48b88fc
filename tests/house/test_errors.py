"""One tree of errors, one table of codes (engine/core/errors.py, docs/decisions/0010)."""

import ast

from engine.core.errors import CODES, EngineError
from tests.house.tree import PACKAGES, ROOT, named, written


def _tree(kind: type[EngineError]) -> set[str]:
    return {kind.__name__}.union(*(_tree(child) for child in kind.__subclasses__()))


KINDS = _tree(EngineError)
SOURCES = [path for path in written(".py") if path.relative_to(ROOT).parts[0] in PACKAGES]


def _raised() -> list[tuple[str, str]]:
    """(place, code) of each error that is made with its code written out."""
    return [
        (f"{named(path)}:{call.lineno}", call.args[0].value)
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] in KINDS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]


def test_every_code_that_is_raised_is_in_the_table():
    assert not [(place, code) for place, code in _raised() if code not in CODES]


def test_every_code_of_the_table_is_raised_somewhere():
    written_out = {
        node.value
        for path in SOURCES
        if path.name != "errors.py" or path.parent.name != "core"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not sorted(CODES.keys() - written_out)


def test_every_code_has_a_sentence_for_a_person():
    assert not [code for code, sentence in CODES.items() if not sentence[0].isupper() or not sentence.endswith(".")]


def test_every_error_of_the_tree_is_drawn_in_its_docstring():
    drawing = ast.get_docstring(ast.parse((ROOT / "engine" / "core" / "errors.py").read_text("utf-8"))) or ""
    assert not [kind for kind in KINDS if kind not in drawing]
