"""Auto-start patterns (36 to 39): none but a worker's task begins by itself, so all that is there is the next task."""

from tests.conformance.resource_patterns.firm import Firm, person

CHAIN = """
  - {id: first, performed_by: clerk, enables: [second]}
  - {id: second, performed_by: {role: clerk, same_as: first}}
"""


async def test_pattern_39_chained_execution_gives_the_next_task_of_the_case_to_the_same_person(firm: Firm) -> None:
    firm.employs(person("ann"), person("ben"))
    (process,) = await firm.runs(CHAIN)
    await firm.done(process, "first", "ben")
    task = firm.task(process, "second")
    assert (task.assignee, task.status) == ("ben", "assigned"), "when it begins they say themselves"
