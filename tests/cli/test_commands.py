"""What every command has in common: help that teaches, errors in one shape, a status that says what went wrong."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
import typer

from cli.main import app, main
from cli.terminal import Failed
from cli.written import read_object
from engine.core.schemas import Schema
from engine.loading.load import load
from local.secret import ensure_secret

SEED = Path(__file__).resolve().parents[2] / "seed" / "journeys"


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
    "pause",
    "unpause",
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
    "actions list",
    "adopt",
    "backup",
    "restore",
    "workers pause",
    "workers resume",
    "workers status",
    "actions pause",
    "actions resume",
    "actions limit",
    "incidents",
    "incidents retry",
    "incidents skip",
    "retry",
    "test",
    "change",
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
    "task start",
    "task release",
    "task assign",
    "task delegate",
    "task return",
    "task escalate",
    "task set",
    "task comment",
    "task comments",
    "task draft",
    "task move",
    "clock advance",
    "calendars add",
    "calendars between",
    "calendars list",
    "calendars load",
    "sla acknowledge",
    "sla breaches",
    "sla compliance",
    "sla delete",
    "sla list",
    "sla of",
    "sla put",
    "sla show",
    "documents",
    "document accept",
    "document receive",
    "document refuse",
    "inbox",
    "workload",
    "notifications",
    "notifications read",
    "people absent",
    "people list",
    "people load",
    "people remove",
    "people show",
}


@pytest.fixture(autouse=True)
def _away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder without servers, and none named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
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
        (["change", "p", "days", "--reason", "r"], "error: days is no pair."),
        (["tasks", "--server", "foo"], "--server foo is no address of a server."),
        (["up", "--actions", "no_such_module"], "--actions (WAYLINE_ACTIONS): there is no module no_such_module."),
        (["up", "--actions", "colorsys"], "the module colorsys registers no actions"),
        (["work", "--actions", "no_such_module"], "there is no module no_such_module."),
        (["actions", "limit", "credit.pull"], "Say how many, or --none to take the limit away."),
        (["actions", "limit", "credit.pull", "2", "--none"], "Say how many, or --none to take the limit away."),
    ],
)
def test_what_is_written_wrong_ends_with_status_2(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
):
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("error: ") and sentence in told.err and "fix: " in told.err


@pytest.mark.parametrize("words", [[], ["task"], ["clock"]])
def test_without_a_command_the_help_is_no_error(words: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(words) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Usage: wayline") and "Commands:" in told.out and told.err == ""


def test_the_example_of_start_is_one_that_can_be_started(capsys: pytest.CaptureFixture[str]):
    assert main(["start", "--help"]) == 0
    told = capsys.readouterr().out
    words = shlex.split(told[told.index("Example:") : told.index("Arguments:")].replace("\\\n", ""))
    assert words[1:4] == ["wayline", "start", "leave-approval"]
    context = read_object(None, [word for word in words[4:] if word != "--set"], "--context")
    loaded = load((SEED / "leave-approval.yaml").read_bytes(), "yaml")
    assert loaded.definition and Schema(loaded.definition.context).errors(context) == []


@pytest.mark.parametrize("token", ["garbage", "a\nb.c.d", "gärb.a.ge"])
def test_a_token_that_is_none_is_refused_with_a_way_back_to_admin(
    token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("WAYLINE_TOKEN", token)
    assert main(["tasks"]) == 2
    told = capsys.readouterr().err
    assert "WAYLINE_TOKEN holds no token." in told and "unset WAYLINE_TOKEN" in told


def test_own_actions_lie_in_this_folder_and_show_what_breaks_them(capsys: pytest.CaptureFixture[str]):
    Path("broken_actions_of_mine.py").write_text("1 / 0")
    assert main(["up", "--actions", "broken_actions_of_mine"]) == 2
    told = capsys.readouterr().err
    assert "broken_actions_of_mine cannot be imported: ZeroDivisionError: division by zero" in told
    assert not Path(".wayline").exists()


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
