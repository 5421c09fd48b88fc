"""What every command has in common: help that teaches, errors in one shape, a status that says what went wrong."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
import typer

from cli.main import app, main
from cli.terminal import Failed
from cli.written import read_object
from local.secret import ensure_secret


def names(app: typer.Typer, before: str = "") -> Iterator[str]:
    """Every command with the words that call it; a group that does something by itself is one too."""
    for command in app.registered_commands:
        assert command.callback
        yield before + (command.name or command.callback.__name__.replace("_", "-"))
    for group in app.registered_groups:
        assert group.name and group.typer_instance
        if group.typer_instance.info.invoke_without_command is True:
            yield before + group.name
        yield from names(group.typer_instance, f"{before}{group.name} ")


WORDS = {
    "up",
    "demo",
    "check",
    "load",
    "start",
    "tasks",
    "complete",
    "show",
    "explain",
    "questions",
    "token",
    "migrate",
    "rebuild-graph",
    "serve",
    "work",
    "work claim",
    "work complete",
    "work fail",
    "incidents",
    "incidents retry",
    "incidents skip",
    "retry",
    "test",
    "suspend",
    "resume",
    "cancel",
    "end",
    "skip",
    "repeat",
    "message",
    "task add",
    "task claim",
    "task fail",
    "task block",
    "task unblock",
    "clock advance",
}


@pytest.fixture(autouse=True)
def _away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder without servers, and none named."""
    monkeypatch.chdir(tmp_path)
    for name in ("WAYLINE_TOKEN", "WAYLINE_SERVER", "WAYLINE_JWT_SECRET", "WAYLINE_POSTGRES_URL", "WAYLINE_NEO4J_URI"):
        monkeypatch.delenv(name, raising=False)


def test_every_command_that_is_promised_is_there():
    assert sorted(names(app)) == sorted(WORDS)


@pytest.mark.parametrize("name", sorted(WORDS))
def test_help_shows_an_example_and_the_json_flag(name: str, capsys: pytest.CaptureFixture[str]):
    assert main([*name.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert re.search(rf"Example: .*wayline {name}\b", told)
    assert "--json" in told


@pytest.mark.parametrize("name", sorted(WORDS))
def test_a_flag_that_does_not_exist_is_refused_with_status_2(name: str, capsys: pytest.CaptureFixture[str]):
    assert main([*name.split(), "--nonsense"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: No such option: --nonsense")
    assert f"fix: `wayline {name} --help`" in told.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chekc"], "No such command 'chekc'. Did you mean 'check'?"),
        (["up", "--port", "99999"], "WAYLINE_PORT"),
        (["up", "--host", "0.0.0.0"], "which others can reach"),
        (["serve"], "WAYLINE_POSTGRES_URL and WAYLINE_NEO4J_URI must be set"),
        (["migrate"], "WAYLINE_POSTGRES_URL and WAYLINE_NEO4J_URI must be set"),
        (["start", "leave", "--set", "days"], "--set days is no pair."),
        (["tasks", "--inbox", "--role", "x"], "--inbox goes with no other filter."),
        (["retry", "--reason", "r"], "Name one incident, or say --all"),
        (["retry", "p.1", "--all", "--reason", "r"], "Name one incident, or say --all"),
        (["incidents", "retry", "p.1", "--code", "no_path", "--reason", "r"], "filters and --dry-run go with --all"),
        (["end", "p", "--status", "cancelled", "--reason", "r"], "--status cancelled is no way to end."),
        (["skip", "p", "a"], "Missing option '--reason'"),
        (["token", "ann", "--role", "x", "--ttl", "soon"], "--ttl soon is no length of time"),
    ],
)
def test_what_is_written_wrong_ends_with_status_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
):
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("error: ") and sentence in told.err and "fix: " in told.err


def test_without_a_server_a_command_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["tasks"]) == 1
    assert "There is no secret in .wayline" in capsys.readouterr().err
    ensure_secret(tmp_path / ".wayline")
    assert main(["tasks", "--server", "http://127.0.0.1:9"]) == 1
    told = capsys.readouterr().err
    assert "No server answers at http://127.0.0.1:9" in told and "wayline up" in told


def test_a_token_carries_user_roles_and_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    secret = ensure_secret(tmp_path / "loans")
    assert (tmp_path / "loans" / "jwt.secret").stat().st_mode & 0o777 == 0o600
    assert main(["token", "ann", "--role", "underwriter", "--role", "manager", "--data", "loans", "--ttl", "15m"]) == 0
    claims = jwt.decode(capsys.readouterr().out.strip(), secret, algorithms=["HS256"])
    assert (claims["sub"], claims["roles"]) == ("ann", ["underwriter", "manager"])
    assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(minutes=15)


def test_a_configured_secret_goes_before_that_of_the_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("WAYLINE_JWT_SECRET", "s" * 32)
    assert main(["token", "ann", "--role", "officer", "--json"]) == 0
    signed = json.loads(capsys.readouterr().out)
    assert jwt.decode(signed["token"], "s" * 32, algorithms=["HS256"])["sub"] == signed["user"] == "ann"


def test_values_are_json_where_they_read_as_such_and_keep_every_digit(tmp_path: Path):
    Path("case.json").write_text('{"branch": "Austin", "rate": 1.10}')
    found = read_object("@case.json", ["days=5", "rate=6.250", "name=five=5", "ok=true", 'text="7"'], "--context")
    assert {name: str(value) for name, value in found.items()} == {
        "branch": "Austin",
        "rate": "6.250",
        "days": "5",
        "name": "five=5",
        "ok": "True",
        "text": "7",
    }


@pytest.mark.parametrize("text", ["[1]", "{", "@none.json"])
def test_what_is_no_object_is_refused(text: str):
    with pytest.raises(Failed) as refused:
        read_object(text, [], "--context")
    assert refused.value.status == 2
