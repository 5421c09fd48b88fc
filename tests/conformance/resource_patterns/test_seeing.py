"""Visibility and multiple-resource patterns (40 to 43): who sees what, and how many work on how much at a time."""

from api.permissions import Table
from engine.core.access import sees
from engine.core.callers import Caller
from engine.core.commands import AddTask, ClaimTask, CommentOnTask, Extra, StartTask
from engine.core.process import Task
from tests.conformance.resource_patterns.firm import Firm, person
from tests.core.play import ADMIN

WORK = "  - {id: work, performed_by: clerk}\n"


def seers(firm: Firm, task: Task, *others: Caller) -> list[str]:
    known = [firm.caller(user) for user in firm.staff.organisation.users]
    return [one.id for one in (*known, *others) if sees(one, task)]


def auditor(permission: str) -> Caller:
    """Somebody outside, to whose role an installation gives a permission."""
    return Caller("auditor", frozenset({"audit"}), Table({"audit": [permission]}).of(frozenset({"audit"})))


async def test_pattern_40_who_sees_unallocated_work_is_said_by_roles_managers_and_permissions(firm: Firm) -> None:
    firm.employs(person("ann", reports_to="mona"), person("mona", "chief"), person("zoe", "guest"))
    (process,) = await firm.runs(WORK)
    task = firm.task(process, "work")
    assert seers(firm, task, auditor("task:claim")) == ["ann", "mona"]
    assert seers(firm, task, auditor("task:read_all")) == ["ann", "mona", "auditor"]


async def test_pattern_41_who_sees_allocated_work_is_said_so_too_whatever_their_role(firm: Firm) -> None:
    firm.employs(person("ann", reports_to="mona"), person("ben"), person("mona", "chief"), person("zoe", "guest"))
    (process,) = await firm.runs(WORK)
    await firm.does(process, ClaimTask(firm.caller("ann"), 1))
    task = firm.task(process, "work")
    assert seers(firm, task, auditor("task:claim")) == ["ann", "ben", "mona"]
    assert seers(firm, task, auditor("task:read_all"))[-1] == "auditor"
    firm.employs(person("ann", "guest"), person("ben", "guest"))
    assert seers(firm, task) == ["ann"], "who has it sees it, without the role, too"


async def test_pattern_42_simultaneous_execution_lets_one_person_work_on_several_tasks(firm: Firm) -> None:
    firm.employs(person("ann"))
    processes = await firm.runs(WORK, 3)
    for process in processes:
        await firm.does(process, ClaimTask(firm.caller("ann"), 1))
        await firm.does(process, StartTask(firm.caller("ann"), 1))
    assert {firm.task(process, "work").status for process in processes} == {"in_progress"}


async def test_pattern_43_additional_resources_are_called_by_a_mention_or_a_task_off_the_graph(firm: Firm) -> None:
    firm.employs(person("ann"), person("ursula", "chief"))
    (process,) = await firm.runs(WORK)
    await firm.does(process, ClaimTask(firm.caller("ann"), 1))
    await firm.does(process, CommentOnTask(firm.caller("ann"), 1, "can you look?", ("ursula",)))
    await firm.does(process, AddTask(ADMIN, Extra("Look at the deed", "chief")))
    await firm.does(process, ClaimTask(firm.caller("ursula"), 2))
    assert firm.whose([process]) == ["ann", "ursula"], "both work on the case; each task has one performer"
