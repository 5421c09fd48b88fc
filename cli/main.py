"""The command `wayline`: its list of commands, and the one place where errors become sentences and a status."""

import sys
from typing import Final

import typer

from cli import (
    actions,
    backups,
    breaches,
    calendars,
    cases,
    check,
    control,
    demo,
    documents,
    explaining,
    inbox,
    incidents,
    journeys,
    messages,
    notifications,
    organisation,
    parts,
    questions,
    sandbox,
    sharing,
    sla,
    stories,
    testing,
    tokens,
    up,
    work,
    workers,
)
from cli.terminal import Failed, out, tell
from engine.core.errors import EngineError
from engine.settings import SettingsError
from local.errors import LocalError

app: Final = typer.Typer(
    name="wayline",
    help="A process engine whose journeys are graphs. Begin with: wayline demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(up.up)
app.command()(demo.demo)
app.command()(check.check)
app.command("test")(testing.run_tests)
app.command()(journeys.load)
app.command()(journeys.pause)
app.command()(journeys.unpause)
app.command()(cases.start)
app.command()(inbox.inbox)
app.command()(inbox.workload)
app.command()(cases.tasks)
app.command()(cases.complete)
app.command()(stories.show)
app.command()(explaining.explain)
app.add_typer(sharing.app, name="task")
app.command()(documents.documents)
app.add_typer(documents.app, name="document")
app.command()(control.change)
app.command()(control.suspend)
app.command()(control.resume)
app.command()(control.cancel)
app.command()(control.end)
app.command()(control.skip)
app.command()(control.repeat)
app.command()(messages.message)
app.add_typer(notifications.app, name="notifications")
app.add_typer(incidents.app, name="incidents")
app.command()(incidents.retry)
app.command()(questions.questions)
app.command()(tokens.token)
app.command("serve")(parts.serve_api)
app.add_typer(work.app, name="work")
app.add_typer(workers.app, name="workers")
app.add_typer(actions.app, name="actions")
app.add_typer(organisation.app, name="people")
app.add_typer(calendars.app, name="calendars")
sla.app.command()(breaches.breaches)
sla.app.command()(breaches.acknowledge)
sla.app.command()(breaches.compliance)
app.add_typer(sla.app, name="sla")
app.add_typer(sandbox.app, name="clock")
app.command()(parts.migrate)
app.command()(parts.rebuild_graph)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(backups.adopt)


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; gives its exit status: 0, 1 for what went wrong, 2 for a command that is written wrong."""
    try:
        ended = app(arguments, standalone_mode=False, prog_name="wayline")
    except Failed as failed:
        return tell(failed)
    except LocalError as error:
        return tell(Failed(error.sentence, error.fix))
    except SettingsError as error:
        return tell(Failed(str(error), "Every setting is in docs/settings.md.", 2))
    except EngineError as error:
        return tell(Failed(f"{error.code}: {error.detail}"))
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # typer does not name it in public
            out.print(error.format_message(), markup=False, soft_wrap=True)
            return 0
        context = getattr(error, "ctx", None)
        name = context.command_path if context else app.info.name
        return tell(Failed(error.format_message(), f"`{name} --help` shows how it is written.", 2))
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe left; Python would complain of it at its end
        return 1
    return ended if isinstance(ended, int) else 0


if __name__ == "__main__":
    sys.exit(main())
