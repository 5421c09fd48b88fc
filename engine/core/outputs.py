"""Whether a step may take an output: the schemas it has to fit, and those of the case data with it (R9)."""

from collections.abc import Mapping
from typing import Any, cast

from engine.core import context
from engine.core.errors import Invalid
from engine.core.journey import Atom
from engine.core.turn import Turn


def check_output(turn: Turn, atom: Atom, output: Mapping[str, Any]) -> None:
    """Whether an output fits the schemas of the atom and of its action; of one element, where there are many (R14).

    Raises:
        Invalid: `output_invalid`, with pointers.
    """
    schemas = turn.journey.schemas
    errors = schemas.errors(f"output/{atom.id}", output)
    if not errors and atom.action:
        errors = schemas.errors(f"action-output/{atom.action}", output)
    if errors:
        raise Invalid("output_invalid", f"The output breaks the schema of {atom.id}.", errors=errors)


def check_saved(turn: Turn, atom: Atom, output: Any) -> None:
    """Whether the case data may hold the output of a step: the keys of an object, or a list of outputs.

    Raises:
        Invalid: `output_invalid`, with pointers.
    """
    if isinstance(output, Mapping) and not output:
        return
    names = [atom.saves.partition(".")[0]] if atom.saves else list(cast("Mapping[str, Any]", output))
    saved = context.save(turn.process.context, atom.saves, output)
    errors = turn.journey.schemas.errors("context", saved, names)
    if errors:
        raise Invalid(
            "output_invalid",
            f"With this output the case data would break the schema of {turn.journey.ref}.",
            errors=[
                {"pointer": error["pointer"], "message": f"In the case data: {error['message']}"} for error in errors
            ],
        )


def refusal(error: Invalid) -> str:
    """Why an output was refused, in one sentence with the first place."""
    first = error.details["errors"][0]
    return f"{error.detail[:-1]} at {first['pointer'] or '/'}: {first['message']}."
