"""Every example of the designer's guide runs, and its cases pass."""

import re
from pathlib import Path

import pytest

from cli.main import main

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "designers-guide.md").read_text("utf-8")
INTRODUCTION, *SECTIONS = re.split(r"^## ", GUIDE, flags=re.MULTILINE)
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
(HEAD,) = BLOCK.findall(INTRODUCTION)
EXAMPLES = {section.partition("\n")[0]: BLOCK.findall(section) for section in SECTIONS}


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_cases_of_an_example_pass(
    title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    atoms, *called, cases = EXAMPLES[title]
    Path("try.yaml").write_text(HEAD + atoms)
    Path("try.cases.yaml").write_text("journey: try\n" + cases)
    for number, document in enumerate(called):
        Path(f"called{number}.yaml").write_text(document)
    status = main(["test", "try.yaml"])
    assert status == 0, capsys.readouterr().out
