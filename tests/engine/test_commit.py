"""Commands that arrive together: one transaction, one answer each (R17)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from engine.commit import Answer, Ask
from engine.core.callers import SYSTEM
from engine.core.commands import (
    Cancel,
    ChangeContext,
    ClaimTask,
    CompleteTask,
    CompleteWork,
    FailWork,
    ReleaseTask,
)
from engine.core.errors import Conflict, EngineError, NotFound, Stale, Unavailable
from engine.core.values import decode
from engine.ports import Key
from tests.engine.in_memory import ADMIN, InMemory, asking

PAIR = """
  - {id: a, performed_by: clerk, entry: true, enables: [c]}
  - {id: b, performed_by: clerk, entry: true, enables: [c]}
  - {id: c, performed_by: clerk}
"""


@pytest.fixture
def engine() -> InMemory:
    return InMemory()


def codes(answers: list[Answer | EngineError]) -> list[int | str]:
    return [answer.code if isinstance(answer, EngineError) else answer.status for answer in answers]


def body(answer: Answer | EngineError) -> object:
    assert isinstance(answer, Answer)
    return decode(bytes(answer.body)) if isinstance(answer.body, msgspec.Raw) else answer.body


async def test_commands_on_one_process_are_decided_one_after_another_and_written_together(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    answers = await engine.commits.many(
        [asking(process, CompleteTask(ADMIN, n, {})) for n in (1, 2)] + [asking(process, CompleteTask(ADMIN, 3, {}))]
    )
    assert codes(answers) == [200, 200, 200]
    assert body(answers[1]) == ["task.completed", "task.created"]
    assert engine.process(process).status == "completed"
    events = [event.seq for event, _ in engine.memory.rows.events]
    assert events == list(range(1, len(events) + 1))


async def test_a_refused_command_has_its_own_error_and_takes_no_other_with_it(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    answers = await engine.commits.many(
        [
            asking(process, CompleteTask(ADMIN, 1, {"n": "no number"})),
            asking("unknown", CompleteTask(ADMIN, 1, {})),
            asking(process, CompleteTask(ADMIN, 2, {})),
            asking(process, CompleteTask(ADMIN, 2, {})),
        ]
    )
    assert codes(answers) == ["output_invalid", "process_not_found", 200, "invalid_transition"]
    assert engine.types(process) == ["process.started", "task.created", "task.created", "task.completed"]


async def test_a_single_refusal_is_raised_and_writes_nothing(engine: InMemory):
    with pytest.raises(NotFound, match="process_not_found"):
        await engine.give("unknown", Cancel(ADMIN, "no"))
    assert not engine.memory.rows.events


async def test_a_failing_transaction_leaves_nothing_written(engine: InMemory, monkeypatch: pytest.MonkeyPatch):
    process = await engine.start(await engine.publish(PAIR))
    asks = [asking(process, CompleteTask(ADMIN, n, {}), Key("ada", f"k{n}", "f")) for n in (1, 2)]
    monkeypatch.setattr("engine.commit._taken", lambda *_: 1 / 0)
    assert codes(await engine.commits.many(asks)) == ["internal_error", "internal_error"]
    assert "task.completed" not in engine.types(process)
    assert not engine.memory.rows.answers


async def test_r17_the_same_key_gives_the_first_answer_and_changes_nothing(engine: InMemory):
    journey = await engine.publish(PAIR)
    first = engine.starting(journey, key=Key("olga", "k", "print"))
    again = engine.starting(journey, key=Key("olga", "k", "print"))
    answer = await engine.commits(first)
    second = await engine.commits(again)
    assert (second.status, body(second)) == (201, body(answer))
    assert list(engine.memory.rows.processes) == [first.process]


async def test_r17_the_same_key_twice_in_one_batch_is_one_command(engine: InMemory):
    journey = await engine.publish(PAIR)
    answers = await engine.commits.many([engine.starting(journey, key=Key("olga", "k", "print")) for _ in range(2)])
    assert codes(answers) == [201, 201]
    assert body(answers[0]) == body(answers[1])
    assert len(engine.memory.rows.processes) == 1


async def test_r17_the_same_key_with_another_request_is_a_mismatch_but_another_callers_key_is_free(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    command = ChangeContext(ADMIN, {"n": 1}, "typed wrong")
    await engine.give(process, command, Key("ada", "k", "print"))
    with pytest.raises(Conflict, match="idempotency_mismatch"):
        await engine.give(process, command, Key("ada", "k", "another"))
    callers = [Key(caller, "k", "another") for caller in ("bert", "cleo")]
    assert codes(await engine.commits.many([asking(process, command, key) for key in callers])) == [200, 200]
    assert engine.types(process).count("process.context_changed") == 3


async def test_r17_a_key_is_answered_before_the_process_is_looked_at_even_when_it_has_ended(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    key = Key("ada", "k", "print")
    first = await engine.give(process, Cancel(ADMIN, "no"), key)
    assert body(await engine.give(process, Cancel(ADMIN, "no"), key)) == body(first)
    with pytest.raises(Conflict, match="process_ended"):
        await engine.give(process, Cancel(ADMIN, "no"))


async def test_r17_refusals_are_judged_afresh(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    key = Key("ada", "k", "print")
    with pytest.raises(Conflict, match="lease_lost"):
        await engine.give(process, CompleteWork(SYSTEM, 1, 1, {}), key)
    assert not engine.memory.rows.answers
    await engine.give(process, CompleteTask(ADMIN, 1, {}), key)


async def test_r17_an_accepted_command_is_remembered_though_nothing_shows(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    await engine.give(process, ChangeContext(ADMIN, {}, "nothing"), Key("ada", "k", "print"))
    assert list(engine.memory.rows.answers) == [("ada", "k")]


async def test_r17_a_business_key_is_unique_among_the_open_processes_of_a_journey(engine: InMemory):
    journey = await engine.publish(PAIR)
    first = engine.starting(journey, business_key="case 7")
    await engine.commits(first)
    with pytest.raises(Conflict, match="business_key_taken") as refused:
        await engine.commits(engine.starting(journey, business_key="case 7"))
    assert refused.value.details["process"] == first.process
    await engine.give(first.process, Cancel(ADMIN, "no"))
    await engine.commits(engine.starting(journey, business_key="case 7"))


async def test_r17_two_starts_with_one_business_key_in_one_batch_give_one_process(engine: InMemory):
    journey = await engine.publish(PAIR)
    asks = [engine.starting(journey, business_key="case 7") for _ in range(2)]
    assert codes(await engine.commits.many(asks)) == [201, "business_key_taken"]
    assert list(engine.memory.rows.processes) == [asks[0].process]


async def test_r17_a_start_refused_for_its_business_key_is_not_the_answer_to_its_second_sending(engine: InMemory):
    journey = await engine.publish(PAIR)
    await engine.commits(engine.starting(journey, business_key="case 7"))
    key = Key("olga", "k", "print")
    asks = [engine.starting(journey, business_key="case 7", key=key) for _ in range(2)]
    assert codes(await engine.commits.many(asks)) == ["business_key_taken", "business_key_taken"]
    assert not engine.memory.rows.answers


async def test_r10_two_answers_of_one_worker_in_one_batch_count_once(engine: InMemory):
    process = await engine.start(await engine.publish("  - {id: a, kind: system, action: do.it}\n"))
    (work,) = await engine.memory.queue.claim("w1", ["do.it"], 1)
    answers = await engine.commits.many(
        [
            asking(process, FailWork(SYSTEM, 1, work.token, "no line")),
            asking(process, CompleteWork(SYSTEM, 1, work.token, {})),
        ]
    )
    assert codes(answers) == [200, "lease_lost"]
    assert engine.process(process).status == "running"


async def test_the_time_of_a_batch_is_that_of_the_database_and_the_correlation_id_goes_with_the_events(
    engine: InMemory,
):
    journey = await engine.publish(PAIR)
    engine.clock.advance(60)
    ask = replace(engine.starting(journey), correlation_id="c7")
    await engine.commits(ask)
    assert engine.process(ask.process).started_at == engine.clock.time
    assert {correlation for _, correlation in engine.memory.rows.events} == {"c7"}


async def test_a_process_whose_version_was_never_published_is_refused_by_itself(engine: InMemory):
    journey = await engine.publish(PAIR)
    good, odd = await engine.start(journey), await engine.start(journey)
    engine.memory.rows.processes[odd].version = "9.9.9"
    answers = await engine.commits.many([asking(process, CompleteTask(ADMIN, 1, {})) for process in (odd, good)])
    assert codes(answers) == ["version_not_found", 200]


async def test_r17_an_answer_is_remembered_under_every_key_of_its_command(engine: InMemory):
    journey = await engine.publish(PAIR)
    keys = (Key("olga", "k", "print"), Key("message:", "m1", ""))
    first = replace(engine.starting(journey), keys=keys)
    answer = await engine.commits(first)
    for key in keys:
        assert body(await engine.commits(replace(engine.starting(journey), keys=(key,)))) == body(answer)
    assert list(engine.memory.rows.processes) == [first.process]


async def test_who_read_a_task_before_it_changed_may_not_change_it(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    claim = replace(asking(process, ClaimTask(ADMIN, 1)), if_match=1)
    assert codes(await engine.commits.many([claim])) == [200]
    stale = replace(asking(process, CompleteTask(ADMIN, 1, {})), if_match=1)
    with pytest.raises(Stale, match="stale_version") as refused:
        await engine.commits(stale)
    assert refused.value.details["version"] == 2
    assert codes(await engine.commits.many([replace(stale, if_match=2)])) == [200]


async def test_of_two_in_one_batch_that_read_the_same_task_one_may_change_it(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    claim = replace(asking(process, ClaimTask(ADMIN, 1)), if_match=1)
    late = replace(asking(process, CompleteTask(ADMIN, 1, {})), if_match=1)
    assert codes(await engine.commits.many([claim, late])) == [200, "stale_version"]
    other = replace(asking(process, CompleteTask(ADMIN, 2, {})), if_match=1)
    assert codes(await engine.commits.many([asking(process, ReleaseTask(ADMIN, 1)), other])) == [200, 200]


async def test_who_read_a_process_before_it_moved_may_not_change_it(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    seen = engine.process(process).seq
    change = replace(asking(process, ChangeContext(ADMIN, {"n": 1}, "typed wrong")), if_match=seen)
    assert codes(await engine.commits.many([change, change])) == [200, "stale_version"]
    assert engine.process(process).seq == seen + 1


async def test_commands_that_arrive_while_a_commit_is_under_way_are_written_together_in_the_next(engine: InMemory):
    journey = await engine.publish(PAIR)
    processes = [await engine.start(journey) for _ in range(20)]
    before = engine.memory.transactions
    answers = await asyncio.gather(*(engine.commits(asking(one, CompleteTask(ADMIN, 1, {}))) for one in processes))
    assert [answer.status for answer in answers] == [200] * 20
    assert engine.memory.transactions - before == 1
    lone = await engine.commits(asking(processes[0], CompleteTask(ADMIN, 2, {})))
    assert lone.status == 200
    assert engine.memory.transactions - before == 2


async def test_a_command_refused_in_a_group_raises_for_its_caller_alone(engine: InMemory):
    process = await engine.start(await engine.publish(PAIR))
    asked = [CompleteTask(ADMIN, 1, {}), CompleteTask(ADMIN, 1, {}), CompleteTask(ADMIN, 2, {})]
    answers = await asyncio.gather(
        *(engine.commits(asking(process, command)) for command in asked), return_exceptions=True
    )
    assert isinstance(answers[1], Conflict)
    assert [isinstance(answer, Answer) for answer in answers] == [True, False, True]


async def test_a_commit_that_a_driver_cancels_is_unavailable_to_its_commands_and_those_behind_it_go_on(
    engine: InMemory, monkeypatch: pytest.MonkeyPatch
):
    process = await engine.start(await engine.publish(PAIR))
    many, begun, asked = engine.commits.many, asyncio.Event(), asyncio.Event()

    async def cut_off(asks: Sequence[Ask]) -> list[Answer | EngineError]:
        if begun.is_set():
            return await many(asks)
        begun.set()
        await asked.wait()
        raise asyncio.CancelledError

    monkeypatch.setattr(engine.commits, "many", cut_off)
    first = asyncio.create_task(engine.commits(asking(process, CompleteTask(ADMIN, 1, {}))))
    await begun.wait()
    behind = asyncio.create_task(engine.commits(asking(process, CompleteTask(ADMIN, 2, {}))))
    asked.set()
    assert (await behind).status == 200
    with pytest.raises(Unavailable, match="asking again"):
        await first


async def test_more_commands_than_may_wait_are_unavailable_at_once():
    engine = InMemory(queue=3)
    process = await engine.start(await engine.publish(PAIR))
    asks = [engine.commits(asking(process, ChangeContext(ADMIN, {"n": n}, "why"))) for n in range(5)]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 2
    assert refused[0].details == {"retry_after": 1}


async def test_a_command_that_waited_too_long_is_unavailable_and_nothing_was_done(
    engine: InMemory, monkeypatch: pytest.MonkeyPatch
):
    process = await engine.start(await engine.publish(PAIR))
    times = iter([0.0, 0.0, 11.0, 5.0])
    monkeypatch.setattr("engine.clock.monotonic", lambda: next(times))
    asks = [engine.commits(asking(process, CompleteTask(ADMIN, n, {}))) for n in (1, 2)]
    late, answered = await asyncio.gather(*asks, return_exceptions=True)
    assert isinstance(late, Unavailable)
    assert isinstance(answered, Answer)
    assert engine.types(process) == ["process.started", "task.created", "task.created", "task.completed"]
