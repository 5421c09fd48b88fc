"""What is waited for besides work: times, messages, children, and that a process resumes (R1, R11, R12, R15, R16)."""

from datetime import timedelta

from engine.core.explain_clocks import of_child
from engine.core.explain_held import Held, Scene, clause, lasting, moment, working
from engine.core.process import Child, Timer, Wait
from engine.core.values import encode

_RESUME = "the process resumed"


def timer(scene: Scene, timer: Timer) -> Held:
    """What happens by itself, and when."""
    text = _start(timer) if timer.atom is None else _timer(scene, timer, timer.atom)
    standing = scene.suspended
    return Held(
        kind="timer",
        n=timer.n,
        atom=timer.atom,
        visit=timer.visit,
        name=scene.journey.atoms[timer.atom].name if timer.atom else None,
        since=scene.started(timer.atom),
        who=("permission:process:resume",) if standing else (),
        needs=_RESUME if standing else "time to pass",
        unblocks=scene.behind(timer.atom) if timer.atom else scene.waiting(),
        text=text,
        due_at=None if standing and timer.left is not None else timer.due_at,
    )


def _start(timer: Timer) -> str:
    return f"The process starts on {moment(timer.due_at)}."


def _timer(scene: Scene, timer: Timer, atom: str) -> str:
    subject = scene.subject(atom)
    calendar = scene.journey.calendars.get(timer.calendar or "")
    named = calendar.name if calendar else timer.calendar
    counted = f" (counted in working time, {named})" if timer.calendar else ""
    if timer.kind == "timeout":
        edges = scene.journey.routes[atom].enables
        next_ = [edge.target for edge in edges if edge.on == "timeout" and edge.target in scene.scope.atoms]
        follows = f", and {scene.names(next_)} may follow" if next_ else ""
        if timer.left is not None:
            left = _left(timer, timer.left)
            return f"{subject} has {left} left before it times out once the process resumes{follows}."
        return f"{subject} times out on {moment(timer.due_at)}{counted} unless it is done by then{follows}."
    if timer.left is not None:
        return f"{subject} has {_left(timer, timer.left)} left to wait once the process resumes."
    held = " or, if it is later, when the process resumes" if scene.suspended else ""
    return f"{subject} waits until {moment(timer.due_at)}{counted}{held}."


def _left(timer: Timer, left: timedelta) -> str:
    return lasting(left) if timer.calendar is None else working(left)


def message(scene: Scene, wait: Wait) -> Held:
    """The message that a step waits for."""
    key = "" if wait.key is None else f" with the key {spelled(wait.key)}"
    named = f"the message {wait.name}{key}"
    subject = scene.subject(wait.atom)
    if wait.bound:
        text = f"{subject} has {named}, which counts once the process resumes."
        who, needs = ("permission:process:resume",), _RESUME
    else:
        text, who, needs = f"{subject} waits for {named}, which has not come.", (f"message:{wait.name}",), named
    name, behind = scene.journey.atoms[wait.atom].name, scene.behind(wait.atom)
    return Held("message", wait.n, wait.atom, wait.visit, name, wait.since, who, needs, behind, text)


def child(scene: Scene, child: Child) -> Held:
    """The child that a step waits for; what holds it in turn is explained by itself."""
    subject = scene.subject(child.atom, child.item_index)
    calls = (scene.journey.routes[child.atom].calls or "").partition("@")[0]
    who: tuple[str, ...] = (f"process:{child.id}",)
    if child.ended:
        text = f"The {calls} process of {subject} is {child.ended.status}, which counts once this process resumes."
        who, needs = ("permission:process:resume",), _RESUME
    elif scene.process.compensating and child.atom not in scene.journey.compensations:
        text, needs = f"{subject} waits for what its {calls} process did to be undone.", "the child process undone"
    else:
        text, needs = f"{subject} waits for the {calls} process that it started to end.", "the child process ended"
    return Held(
        kind="child",
        n=child.n,
        atom=child.atom,
        visit=child.visit,
        name=scene.journey.atoms[child.atom].name,
        since=child.since,
        who=who,
        needs=needs,
        unblocks=scene.behind(child.atom),
        text=text,
        item_index=child.item_index,
        child=child.id,
        told=of_child(scene, child),
    )


def suspension(scene: Scene) -> Held:
    """That the process is suspended: by a person, or with its parent (R12)."""
    process, known = scene.process, scene.known
    since = process.suspended_at or process.started_at
    if process.suspended_by_parent and process.parent:
        who: tuple[str, ...] = (f"process:{process.parent.process}", "permission:process:resume")
        needs, text = "the parent process resumed", "The process is suspended because its parent process is."
    else:
        who, needs = ("permission:process:resume",), _RESUME
        by = f" by {known.suspended_by}" if known.suspended_by else ""
        reason = f": {clause(known.suspended_for)}" if known.suspended_for else ""
        text = f"The process was suspended{by}{reason}."
    return Held("suspension", 0, None, None, None, since, who, needs, scene.waiting(), text)


def spelled(value: object) -> str:
    """A value in a sentence: texts in quotes, the rest as JSON."""
    return f"“{value}”" if isinstance(value, str) else encode(value).decode()
