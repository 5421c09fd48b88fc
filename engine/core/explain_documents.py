"""Documents that keep a task from being completed: how each stands, and who could bring or accept it."""

from collections.abc import Sequence
from typing import Final

from engine.core.documents import bringers, document_name, judges, movers, standing
from engine.core.explain_held import Scene, listed

_ROLE: Final = "role:"
_NAMED: Final = 2


def with_documents(
    scene: Scene, documents: tuple[str, ...], who: tuple[str, ...], needs: str, text: str
) -> tuple[tuple[str, ...], str, str]:
    """What is told of a task, with what must be accepted before it can be completed, and who could do that."""
    if not documents:
        return who, needs, text
    journey, process = scene.journey, scene.process
    moving = (one for document in documents for one in movers(journey, process, document))
    names = listed([f"“{document_name(journey, document)}”" for document in documents])
    is_ = "is" if len(documents) == 1 else "are"
    sentences = " ".join(_told(scene, document) for document in documents)
    return (
        tuple(dict.fromkeys((*who, *moving))),
        f"{names} accepted, and {needs}",
        f"{text} It cannot be completed before {names} {is_} accepted. {sentences}",
    )


def _told(scene: Scene, document: str) -> str:
    """One sentence about a document that is not accepted."""
    journey, process = scene.journey, scene.process
    name, stands = f"“{document_name(journey, document)}”", standing(process, document)
    judging = _people(scene, judges(journey, process, document))
    if stands == "received":
        return f"{name} was received, and waits for {judging} to accept it."
    bringing = _people(scene, bringers(journey, process, document))
    return f"{name} is {stands}: {bringing} can bring it, {judging} accept it."


def _people(scene: Scene, who: Sequence[str]) -> str:
    """Them in a sentence: others, then roles, of which few are named."""
    others = [_other(one) for one in who if not one.startswith(_ROLE)]
    roles = [scene.role(one.removeprefix(_ROLE)) for one in who if one.startswith(_ROLE)]
    if len(roles) > _NAMED:
        roles = [*roles[:_NAMED], f"one of {len(roles) - _NAMED} more"]
    return listed([*others, *([f"someone with the role {listed(roles, 'or')}"] if roles else [])], "or")


def _other(who: str) -> str:
    kind, _, name = who.partition(":")
    match kind:
        case "action":
            return f"a worker that does {name}"
        case "permission":
            return f"who may {name}"
        case _:
            return who
