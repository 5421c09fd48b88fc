"""`wayline sla`: service levels by configuration, and which of them hold for a journey."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from cli.client import Client, connect
from cli.findings import counted, show_findings
from cli.reading import Document, read_document
from cli.tables import table
from cli.terminal import NOTHING, Data, Failed, Json, Server, out, plain, print_json
from cli.written import Key
from engine.core.durations import parse

if TYPE_CHECKING:
    from engine.configurations.reading import ConfigurationDocument

_PATH: Final = "/api/workflow/sla-configs"
_TASKS: Final = {"task": "tasks", "step": "subjourneys", "module": "modules", "phase": "phases", "process": "processes"}

app: Final = typer.Typer(
    help="Service levels: how long work may take, by configuration where the journey does not say it.",
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(metavar="CONFIG", help="The configuration's id, such as quick-intake.")]


@app.command()
def put(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Documents with `service_levels:`, by id; `-` is the input.")
    ],
    key: Key = None,
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Configure service levels: new ones are made, others replaced. Clocks that run keep their marks.

    \b
    Example: wayline sla put - <<'END'
      service_levels:
        quick-intake:
          for: {task_type: intake}
          target: {working: PT45M}
          warn_before: PT10M
      END
    """
    client = connect(server, data)
    calendars = [one["id"] for one in client.pages("/api/calendars")]
    found = [one for file in files for one in _read(read_document(file), calendars)]
    answers: list[Any] = []
    for document in found:
        own = f"{key}/{document.id}" if key else None
        answer = client.put(f"{_PATH}/{document.id}", document.content, key=own)
        answers.append(answer)
        if not json:
            out.print(f"{answer['id']}: {_sentence(answer['configuration'])}", markup=False, soft_wrap=True)
    if json:
        print_json(answers)


@app.command("list")
def list_configurations(server: Server = None, data: Data = None, json: Json = False) -> None:
    """List what is configured. Beside it hold what journeys say, and the usual service levels.

    Example: wayline sla list
    """
    items = list(connect(server, data).pages(_PATH))
    if json:
        print_json(items)
        return
    rows = [
        (one["id"], _for(said := one["configuration"]), _length(said["target"]), _objective(said), one["changed_by"])
        for one in items
    ]
    columns = ("service level", "for", "target", "objective", "changed by")
    table("Service levels", columns, rows, "Nothing is configured: what journeys say holds, and the usual ones.")


@app.command()
def show(config: Id, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Show one configuration.

    Example: wayline sla show quick-intake
    """
    answer = connect(server, data).get(f"{_PATH}/{config}")
    if json:
        print_json(answer)
        return
    said = answer["configuration"]
    out.print(Text.assemble((answer["id"], "bold"), "" if answer["name"] == answer["id"] else f"  {answer['name']}"))
    facts = [
        ("for", _for(said)),
        ("target", _length(said["target"])),
        ("at risk", f"{_length(said.get('warn_before', 'PT15M'))} before"),
        *(("escalates", text) for text in _escalations(said)),
        ("stands for", ", ".join(said.get("pauses_on", ())) or None),
        ("objective", _objective(said)),
        ("changed", f"{answer['changed_at']} by {answer['changed_by']}"),
    ]
    for label, text in facts:
        if text is not None:
            out.print(Text.assemble((f"{label:<11}", "dim"), text), soft_wrap=True)


@app.command()
def delete(config: Id, key: Key = None, server: Server = None, data: Data = None, json: Json = False) -> None:
    """Remove a configuration: from now on the next that fits holds. Clocks that run keep their marks.

    Example: wayline sla delete quick-intake
    """
    answer = connect(server, data).delete(f"{_PATH}/{config}", key=key)
    if json:
        print_json(answer)
        return
    out.print(f"{answer['id']}: removed.", markup=False, soft_wrap=True)


@app.command("of")
def levels_of_a_journey(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY[@VERSION]", help="Which; the latest published version.")],
    server: Server = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say which service level holds for the process, its phases, modules and tasks, and where that is said.

    Example: wayline sla of fha-purchase
    """
    client = connect(server, data)
    name, _, version = journey.partition("@")
    path = f"/api/journeys/{name}/versions/{version or _latest(client, name)}/service-levels"
    items = client.get(path)["items"]
    if json:
        print_json(items)
        return
    rows = [
        (one["of"], _thing(one), _length(one["target"]), _length(one["warn_before"]), one["level"], _said(one))
        for one in items
    ]
    table(
        f"Service levels of {journey}", ("of", "id", "target", "warning", "level", "said by"), rows, "There are none."
    )


def _thing(one: Mapping[str, Any]) -> str:
    return one["id"] or ("off the graph" if one["of"] == "task" else NOTHING)


def _latest(client: Client, journey: str) -> str:
    latest = client.get(f"/api/journeys/{journey}")["latest"]
    if latest is None:
        raise Failed(f"No version of {journey} is published.", f"Name one, as in {journey}@1.0.0.")
    return str(latest)


def _read(document: Document, calendars: list[str]) -> "tuple[ConfigurationDocument, ...]":
    from engine.configurations.reading import read_configurations

    read = read_configurations(document.content, document.media, calendars)
    if not read.configurations:
        findings = [asdict(finding) for finding in read.findings]
        show_findings(document.file, document.text, findings)
        raise Failed(f"{document.file}: {counted(findings)}.", "Correct it; nothing of it was taken.")
    return read.configurations


def _sentence(said: Mapping[str, Any]) -> str:
    return f"{_for(said)} in {_length(said['target'])}"


def _for(said: Mapping[str, Any]) -> str:
    """What a configuration is for, as `tasks of type intake, role clerk`."""
    asked = said["for"]
    parts = [f"{key.replace('_', ' ')} {asked[key]}" for key in asked if key != "of"]
    return " of ".join([_TASKS[asked.get("of", "task")], *([", ".join(parts)] if parts else [])])


def _objective(said: Mapping[str, Any]) -> str | None:
    objective = said.get("slo")
    return f"{plain(objective['percent'])} % in {_length(objective['window'])}" if objective else None


def _escalations(said: Mapping[str, Any]) -> list[str]:
    first = [{"after": said["escalate_after"]}] if "escalate_after" in said else []
    return [_escalation(each) for each in (*first, *said.get("escalations", ()))]


def _escalation(said: Mapping[str, Any]) -> str:
    to = "the manager" if said.get("manager") else said.get("role", "whom the journey names")
    words = [f"after {_length(said['after'])} {'it goes to' if said.get('reassign') else 'it is told to'} {to}"]
    if raised := said.get("priority"):
        words.append("its priority is raised by one" if raised == "one" else "its priority becomes critical")
    return ", ".join(words)


def _length(said: Any) -> str:
    """A length of time as people say it: `2 d`, `4 h 30 min worked, us-lending`."""
    if isinstance(said, Mapping):
        return f"{_length(said['working'])} worked" + (f", {said['calendar']}" if "calendar" in said else "")
    length = parse(str(said))
    minutes, seconds = divmod(length.span.seconds, 60)
    parts = (
        (length.months, "mo"),
        (length.span.days, "d"),
        (minutes // 60, "h"),
        (minutes % 60, "min"),
        (seconds, "s"),
    )
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _said(one: Mapping[str, Any]) -> str:
    return {"journey": "the journey", "configuration": "a configuration", "usual": "nobody: it is usual"}[one["source"]]
