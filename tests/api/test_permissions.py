"""The one permission table (api.md, Who calls)."""

import re
from pathlib import Path

import pytest

from api.permissions import EVERYONE, PERMISSIONS, ROLES, Table

SOURCE = Path(__file__).resolve().parents[2]


def test_admin_holds_every_permission():
    assert Table().of(frozenset({"admin"})) == PERMISSIONS
    assert frozenset().union(*ROLES.values()) <= PERMISSIONS


def test_manager_analyst_and_admin_may_read_all_processes_and_nobody_else():
    assert {role for role, held in ROLES.items() if "process:read_all" in held} == {"admin", "manager", "analyst"}


def test_a_journeys_role_works_on_its_tasks_and_nothing_more():
    assert Table().of(frozenset({"underwriter"})) == EVERYONE
    assert "process:start" not in EVERYONE


def test_only_admin_acts_on_any_task():
    assert {role for role, held in ROLES.items() if "task:act_any" in held} == {"admin"}


def test_roles_add_up_and_are_spelled_either_way():
    table = Table()
    assert table.of(frozenset({"loan_officer"})) == table.of(frozenset({"Loan-Officer"}))
    both = table.of(frozenset({"designer", "analyst"}))
    assert {"journey:publish", "graph:ask"} <= both


def test_an_installation_adds_to_the_table():
    table = Table({"teller": ["process:start"], "analyst": ["process:cancel"]})
    assert "process:start" in table.of(frozenset({"teller"}))
    assert {"process:cancel", "graph:ask"} <= table.of(frozenset({"analyst"}))


def test_a_permission_that_does_not_exist_cannot_be_given():
    with pytest.raises(ValueError, match="process:fly"):
        Table({"teller": ["process:fly"]})


def test_every_permission_the_code_asks_for_is_in_the_table():
    texts = [file.read_text("utf-8") for folder in ("engine", "api") for file in (SOURCE / folder).rglob("*.py")]
    asked = {
        name
        for text in texts
        for name in re.findall(
            r"\"((?:process|step|task|work|workers|action|message|journey|incident|document|graph|monitoring|sandbox|webhook|calendar|sla|user|role|team):[a-z_]+)\"",
            text,
        )
    }
    assert asked == PERMISSIONS
