"""The documents of a case: links to what the atoms of its journey use and produce, and how each stands.

::

    missing ──receive──▶ received ──accept──▶ accepted
                           │   └───refuse──▶ refused
                           ▼
             receive, from every state: a newer version, which is to be judged anew
             accepted ⇄ refused: who looks again may judge otherwise

Whoever has or may take an open task of an atom that uses or produces a document brings it, or who may
`document:receive`; it may come with the answer that completes such a task. The roles of the atoms that use it, and who
has a task of one, judge it, or who may `document:accept`. An atom's task is not completed before what the atom
`requires_documents` is accepted; skipping, failing and a timeout ask for none. A rework leaves documents as they are:
an accepted one counts in the next visit too, until a newer version comes or somebody refuses it
(docs/decisions/0023-documents-of-a-case.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from engine.core.access import may_act
from engine.core.callers import Caller
from engine.core.commands import Command
from engine.core.document_facts import DocumentAccepted, DocumentReceived, DocumentRefused
from engine.core.errors import Conflict, Forbidden, NotFound, Stale
from engine.core.journey import Journey
from engine.core.process import CaseDocument, DocumentState, Process, Task
from engine.core.task_facts import Link
from engine.core.turn import Turn

Standing = Literal["missing"] | DocumentState
Brought = Mapping[str, tuple[Link, ...]]
"""Documents that come with something else: the links of each, by its id."""

NOTHING_BROUGHT: Final[Brought] = {}

DOCUMENT: Final[Mapping[Standing, Mapping[str, Standing]]] = {
    "missing": {"receive": "received"},
    "received": {"receive": "received", "accept": "accepted", "refuse": "refused"},
    "accepted": {"receive": "received", "refuse": "refused"},
    "refused": {"receive": "received", "accept": "accepted"},
}
"""What can be done with a document as it stands, and how it stands then."""


@dataclass(frozen=True, slots=True)
class DocumentCommand(Command):
    """Something asked of one document of the case, by its id in the journey."""

    while_suspended: ClassVar[bool] = True

    document: str


@dataclass(frozen=True, slots=True)
class ReceiveDocument(DocumentCommand):
    """A version of it comes: at least one link."""

    links: tuple[Link, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptDocument(DocumentCommand):
    """It is right. `version` is the one that was looked at; None for the newest."""

    version: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseDocument(DocumentCommand):
    """It is not right, for this reason. `version` as in `AcceptDocument`."""

    reason: str
    version: int | None = None


def receive(turn: Turn, command: ReceiveDocument) -> None:
    """A version of the document comes.

    Raises:
        NotFound: `document_not_found`.
        Forbidden: `not_your_document`, with `who` could bring it.
    """
    check_known(turn.journey, command.document)
    task = _task_for(turn, command.by, command.document)
    if task is None and not command.by.may("document:receive"):
        who = bringers(turn.journey, turn.process, command.document)
        name = document_name(turn.journey, command.document)
        raise Forbidden("not_your_document", f"{name} is brought by {_listed(who)}.", who=list(who))
    _bring(turn, command.document, command.links, task, command.note)


def bring_with(turn: Turn, task: Task, documents: Brought) -> None:
    """The documents that come with the answer to a task.

    Raises:
        NotFound: `document_not_found`.
        Forbidden: `not_your_document`, for one that the task's atom neither uses nor produces.
    """
    for document, links in documents.items():
        check_known(turn.journey, document)
        if not _touches(turn.journey, task, document):
            raise Forbidden("not_your_document", f"{task.name} neither uses nor produces {document}.", who=[])
        _bring(turn, document, links, task, None)


def accept(turn: Turn, command: AcceptDocument) -> None:
    """Somebody finds it right.

    Raises:
        NotFound, Forbidden, Conflict, Stale: as `_looked_at`.
    """
    found = _looked_at(turn, command, "accept", command.version)
    turn.emit(DocumentAccepted(found.document, found.version, command.note))


def refuse(turn: Turn, command: RefuseDocument) -> None:
    """Somebody finds it wrong.

    Raises:
        NotFound, Forbidden, Conflict, Stale: as `_looked_at`.
    """
    found = _looked_at(turn, command, "refuse", command.version)
    turn.emit(DocumentRefused(found.document, found.version, command.reason))


def check_documents(turn: Turn, task: Task) -> None:
    """Whether what the task's atom requires is accepted.

    Raises:
        Conflict: `documents_missing`, with each document that is not, and who could bring or accept it.
    """
    missing = lacking(turn.journey, turn.process, task.atom)
    if not missing:
        return
    journey, process = turn.journey, turn.process
    told = [f"{document_name(journey, one)} ({standing(process, one)})" for one in missing]
    raise Conflict(
        "documents_missing",
        f"{task.name} cannot be completed before these documents are accepted: {', '.join(told)}.",
        documents=[
            {
                "document": one,
                "name": document_name(journey, one),
                "state": standing(process, one),
                "who": list(movers(journey, process, one)),
            }
            for one in missing
        ],
    )


def lacking(journey: Journey, process: Process, atom: str | None) -> tuple[str, ...]:
    """The documents that an atom requires and that are not accepted, in the order of the file."""
    required = journey.atoms[atom].requires_documents if atom is not None else ()
    return tuple(one for one in required if standing(process, one) != "accepted") if required else ()


def standing(process: Process, document: str) -> Standing:
    """How the newest version of a document stands."""
    known = process.documents.get(document)
    return known.state if known else "missing"


def came_earlier(process: Process, known: CaseDocument) -> bool:
    """Whether what it came for was repeated since: it is of an earlier visit (R7)."""
    step = process.steps.get(known.atom) if known.atom else None
    return step is not None and known.visit is not None and step.visit > known.visit


def document_name(journey: Journey, document: str) -> str:
    """What people call it."""
    return next((one.name for one in journey.definition.documents if one.id == document), document)


def check_known(journey: Journey, document: str) -> None:
    """Whether the journey declares it.

    Raises:
        NotFound: `document_not_found`, with those it does.
    """
    known = [one.id for one in journey.definition.documents]
    if document not in known:
        raise NotFound("document_not_found", f"The journey of the process has no document {document}.", known=known)


def movers(journey: Journey, process: Process, document: str) -> tuple[str, ...]:
    """Who could bring it nearer to being accepted: users, `role:…`, or `permission:…` where nobody else can."""
    return (
        judges(journey, process, document)
        if standing(process, document) == "received"
        else bringers(journey, process, document)
    )


def bringers(journey: Journey, process: Process, document: str) -> tuple[str, ...]:
    """Who has or may take an open task that produces or uses it, its makers first; else `permission:…`."""
    tasks = [task for task in process.open_tasks() if _touches(journey, task, document)]
    tasks.sort(key=lambda task: document not in journey.atoms[str(task.atom)].produces)
    found = dict.fromkeys(who for task in tasks if (who := _who_does(task)) is not None)
    return tuple(found) or ("permission:document:receive",)


def judges(journey: Journey, process: Process, document: str) -> tuple[str, ...]:
    """The roles of the atoms that use it, first those that have open work of one; else `permission:…`."""
    tasks = (task for task in process.open_tasks() if task.atom and document in journey.atoms[task.atom].uses)
    waiting = (task.role for task in tasks if task.role)
    roles = (f"role:{role}" for role in (*waiting, *_roles_that_use(journey, process, document)))
    return tuple(dict.fromkeys(roles)) or ("permission:document:accept",)


def _looked_at(turn: Turn, command: DocumentCommand, verb: str, version: int | None) -> CaseDocument:
    """The document that the caller judges.

    Raises:
        NotFound: `document_not_found`.
        Forbidden: `not_your_document`, with `who` judges it.
        Stale: `stale_version`, where a newer version came than the one that was looked at.
        Conflict: `invalid_transition`, where it is missing or stands so already.
    """
    journey, process, document = turn.journey, turn.process, command.document
    check_known(journey, document)
    if not _may_judge(turn, command.by, document):
        who, name = judges(journey, process, document), document_name(journey, document)
        raise Forbidden("not_your_document", f"{name} is accepted or refused by {_listed(who)}.", who=list(who))
    known, stands = process.documents.get(document), standing(process, document)
    if known is not None and version not in (None, known.version):
        raise Stale("stale_version", f"Version {known.version} came since; look at that.", version=known.version)
    if known is None or verb not in DOCUMENT[stands]:
        goal = next(row[verb] for row in DOCUMENT.values() if verb in row)
        detail = f"{document_name(journey, document)} is {stands}: {verb} cannot be done."
        facts: dict[str, Any] = {"from": stands, "to": goal, "allowed": sorted(set(DOCUMENT[stands].values()))}
        raise Conflict("invalid_transition", detail, **facts)
    return known


def _bring(turn: Turn, document: str, links: tuple[Link, ...], task: Task | None, note: str | None) -> None:
    known = turn.process.documents.get(document)
    atom, visit = (task.atom, task.visit) if task else _made_by(turn, document)
    version = known.version + 1 if known else 1
    turn.emit(DocumentReceived(document, version, links, atom, visit, task.n if task else None, note))


def _made_by(turn: Turn, document: str) -> tuple[str | None, int | None]:
    """The first atom that makes the document and has a step, with its visit."""
    steps = turn.process.steps
    makers = (atom.id for atom in turn.journey.atoms.values() if document in atom.produces and atom.id in steps)
    maker = next(makers, None)
    return (None, None) if maker is None else (maker, steps[maker].visit)


def _task_for(turn: Turn, caller: Caller, document: str) -> Task | None:
    """The open task with which the caller may bring it: of an atom that makes it rather than of one that needs it."""
    journey = turn.journey
    tasks = [task for task in turn.process.open_tasks() if _touches(journey, task, document) and may_act(caller, task)]
    makers = [task for task in tasks if document in journey.atoms[str(task.atom)].produces]
    return next(iter((*makers, *tasks)), None)


def _touches(journey: Journey, task: Task, document: str) -> bool:
    """Whether the task's atom uses or produces the document."""
    atom = journey.atoms[task.atom] if task.atom is not None else None
    return atom is not None and (document in atom.uses or document in atom.produces)


def _who_does(task: Task) -> str | None:
    if task.kind == "system":
        return f"action:{task.action}"
    return task.assignee or (f"role:{task.role}" if task.role else None)


def _may_judge(turn: Turn, caller: Caller, document: str) -> bool:
    if caller.may("document:accept"):
        return True
    if not caller.roles.isdisjoint(_roles_that_use(turn.journey, turn.process, document)):
        return True
    own = (task for task in turn.process.open_tasks() if task.atom is not None and task.assignee == caller.id)
    return any(document in turn.journey.atoms[str(task.atom)].uses for task in own)


def _roles_that_use(journey: Journey, process: Process, document: str) -> Iterable[str]:
    """The roles of the atoms that use it, of those that the process runs; those that undo others included (R13)."""
    inside = (journey.part(process.part) or frozenset()) | journey.compensations
    using = (atom.id for atom in journey.atoms.values() if document in atom.uses and atom.id in inside)
    return (role for atom in using if (role := journey.routes[atom].role) is not None)


def _listed(who: Iterable[str]) -> str:
    return ", ".join(who)
