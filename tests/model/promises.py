"""What the contract promises of every marking, whatever the journey: the engine's side of `test_every_run`."""

from itertools import pairwise


def broken(process, history):
    """The promises that the marking of a process, or its history, does not keep."""
    if [event.seq for event in history] != [*range(1, len(history) + 1)]:
        yield "its events have gaps"
    if any(later.at < sooner.at for sooner, later in pairwise(history)):
        yield "its time goes back"
    open_work = [*process.open_tasks(), *process.timers.values(), *process.waits.values(), *process.open_incidents()]
    active = {step.atom for step in process.steps.values() if step.state == "active"}
    held = {step.atom for step in process.steps.values() if step.held}
    if process.ended and (open_work or active or held or process.children):
        yield "it has ended and something is open"
    if process.status == "running" and not moved(process, open_work):
        yield "it runs and nothing moves it"
    if {task.atom for task in process.open_tasks()} - active - {None}:
        yield "a task is open and its step is not active"
    if {one.atom for one in (*process.timers.values(), *process.waits.values())} - active - {None}:
        yield "a timer or wait belongs to a step that is not active"
    if {one.atom for one in process.open_incidents()} - active - held:
        yield "an incident holds nothing"
    if idle := [atom for atom in active if not moves(process, atom)]:
        yield f"active steps wait for nothing: {idle}"


def moved(process, open_work):
    """Whether a running process has anything that would move it; a task that is optional would not."""
    return any(not getattr(one, "optional", False) for one in open_work) or bool(process.children)


def moves(process, atom):
    """Whether there is something that would move an active step."""
    of_step = (
        *process.open_tasks(),
        *process.timers.values(),
        *process.waits.values(),
        *process.open_incidents(),
        *process.children.values(),
    )
    return any(one.atom == atom for one in of_step)
