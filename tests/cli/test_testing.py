"""`wayline test`: cases beside documents, what they print, and when they fail."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.core.cases.orders import HEAD, ORDER, SHIPPING

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "testing-journeys.md").read_text("utf-8")
LEAVE, LEAVE_CASES, *_ = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
(PRINTED,) = re.findall(r"```\n\$ wayline test leave.yaml\n(.*?)```", GUIDE, re.DOTALL)

WRONG = """\
  - name: Well
    then: [{wait: P14D}]
  - name: Refused
    outputs: {atom-pack: {good: false}}
    expect: {outcome: delivered, path: [..., atom-pack, atom-ship, ...]}
  - name: Nobody says what is paid
    outputs: {atom-pack: {}, atom-reserve: {slot: 5}}
"""
SAID = """\
order@1.0.0  order.cases.yaml
  ✓ Well
  ✗ Refused  order.cases.yaml:13
      outcome: expected `delivered`, but it is `refused` (line 15)
      path differs: - expected, + happened (line 15)
          …
          atom-pack
        - atom-ship   atom-refused came
          …
      decided: atom-pack ✗ atom-ship: good = false
               atom-pack → atom-refused
  ✗ Nobody says what is paid  order.cases.yaml:16
      What the case hands in for `atom-reserve` is refused: /slot: 5 is not of type "string". (line 17)
      fix: Correct what is written there.
  1 of 3 cases passed
  coverage: 7 of 11 edges, 8 of 10 atoms
    never taken: atom-reserve → atom-refused (on error)
    never taken: atom-pay → atom-remind (on timeout)
    never taken: atom-remind → atom-pay (rework, rule {"<":[{"var":"atom.visit"},3]})
    never taken: atom-remind → atom-refused
    never reached: atom-release
    never reached: atom-remind
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the order and the shipping that it calls, in which the command is run."""
    monkeypatch.chdir(tmp_path)
    Path("order.yaml").write_text(ORDER)
    Path("shipping.yaml").write_text(SHIPPING)
    Path("order.cases.yaml").write_text(HEAD + "  - {name: Well, then: [{wait: P14D}]}\n")
    return tmp_path


def without_times(text: str) -> str:
    """What was printed, but for how long it took."""
    return re.sub(r"  \d+(\.\d)? m?s\b| in \d+(\.\d)? m?s", "", text)


def test_what_fails_is_printed_with_its_place_its_values_and_a_fix(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "order.cases.yaml").write_text(HEAD + WRONG)
    assert main(["test", "order.yaml"]) == 1
    assert without_times(capsys.readouterr().out) == SAID


def test_cases_are_found_by_their_own_name_and_by_that_of_their_document_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["test", "order.yaml", "order.cases.yaml"]) == 0
    assert capsys.readouterr().out.count("1 of 1 cases passed") == 1


def test_coverage_that_is_not_full_fails_only_where_it_is_required(folder: Path):
    assert main(["test", "order.yaml"]) == 0
    assert main(["test", "order.yaml", "--require-coverage"]) == 1


def test_results_as_json_hold_each_case_its_mismatches_and_what_was_never_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "order.cases.yaml").write_text(HEAD + WRONG)
    assert main(["test", "order.yaml", "--json"]) == 1
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["file"], result["version"], result["ok"]) == ("order.cases.yaml", "order@1.0.0", False)
    assert [(case["name"], case["line"], case["ok"]) for case in result["cases"]] == [
        ("Well", 11, True),
        ("Refused", 13, False),
        ("Nobody says what is paid", 16, False),
    ]
    assert [found["what"] for found in result["cases"][1]["mismatches"]] == ["outcome", "path"]
    assert result["cases"][2]["stop"]["line"] == 17
    assert result["coverage"]["edges"] == 11
    assert result["coverage"]["never_taken"][1] == {
        "from": "atom-pay",
        "to": "atom-remind",
        "on": "timeout",
        "rework": False,
        "rule": None,
    }


def test_a_journey_that_is_called_may_lie_elsewhere(folder: Path, capsys: pytest.CaptureFixture[str]):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (folder / "shipping.yaml").rename(elsewhere / "shipping.yaml")
    assert main(["test", "order.yaml"]) == 2
    assert "`atom-ship` calls shipping@^1.0, which is not here." in capsys.readouterr().err
    assert main(["test", "order.yaml", "--with", "elsewhere/shipping.yaml"]) == 0


def test_findings_of_the_document_and_of_its_cases_are_printed_as_check_does(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "order.cases.yaml").write_text(HEAD + "  - {name: Well, leaves: [atom-pak]}\n")
    assert main(["test", "order.yaml"]) == 1
    told = capsys.readouterr().out
    assert "order.cases.yaml:11:27: error[unknown_atom]" in told
    assert "Did you mean `atom-pack`?" in told
    (folder / "order.yaml").write_text(ORDER.replace("to: atom-check", "to: atom-chek"))
    assert main(["test", "order.yaml"]) == 1
    assert "error[unknown_atom]: There is no atom `atom-chek`" in capsys.readouterr().out


def test_a_document_without_cases_and_cases_without_a_document_are_clear_errors(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["test", "shipping.yaml"]) == 2
    told = capsys.readouterr().err
    assert "shipping.yaml has no cases." in told
    assert "shipping.cases.yaml" in told
    (folder / "order.yaml").unlink()
    assert main(["test", "order.cases.yaml"]) == 2
    assert "There is no journey document beside order.cases.yaml." in capsys.readouterr().err


def test_the_example_of_the_guide_passes_and_covers_its_journey_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "leave.yaml").write_text(LEAVE)
    (tmp_path / "leave.cases.yaml").write_text(LEAVE_CASES)
    assert main(["test", str(tmp_path / "leave.yaml"), "--require-coverage"]) == 0
    assert "5 of 5 cases passed" in capsys.readouterr().out


def test_what_the_guide_shows_is_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("leave.yaml").write_text(LEAVE.replace("{var: days}, 10]", "{var: days}, 20]"))
    Path("leave.cases.yaml").write_text(LEAVE_CASES.partition("  - name: The manager refuses")[0])
    assert main(["test", "leave.yaml"]) == 1
    assert without_times(capsys.readouterr().out) == without_times(PRINTED)


class Sent:
    """A server that takes every document and remembers them."""

    def __init__(self) -> None:
        self.documents: list[tuple[bytes, dict[str, str]]] = []

    def post_document(self, _: str, content: bytes, __: str, **wanted: str) -> dict[str, Any]:
        self.documents.append((content, wanted))
        return {"journey": "order", "version": "1.0.0", "status": "published", "atoms": 10, "edges": 11, "findings": []}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The server that documents are loaded to."""
    server = Sent()
    monkeypatch.setattr("cli.journeys.connect", lambda *_: server)
    return server


def test_a_journey_whose_cases_pass_is_published_and_its_cases_are_not(folder: Path, sent: Sent):
    assert main(["load", "order.yaml", "order.cases.yaml", "--publish", "--test"]) == 0
    assert [(content.decode(), wanted["publish"]) for content, wanted in sent.documents] == [(ORDER, "true")]


def test_a_journey_with_a_failing_case_or_without_cases_is_not_published(
    folder: Path, sent: Sent, capsys: pytest.CaptureFixture[str]
):
    (folder / "order.cases.yaml").write_text(HEAD + WRONG)
    assert main(["load", "order.yaml", "--publish", "--test"]) == 1
    assert "1 of 3 cases passed" in capsys.readouterr().out
    assert main(["load", "shipping.yaml", "--publish", "--test"]) == 2
    assert sent.documents == []
    assert main(["load", "order.yaml", "--publish"]) == 0
    assert len(sent.documents) == 1
