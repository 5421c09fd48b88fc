"""The documents of a case: who brings and who judges them, and work that waits for them (decision 0023)."""

from typing import Any

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import Cancel, CompleteTask, CompleteWork, FailTask, RepeatAtom, SkipStep, Suspend
from engine.core.documents import AcceptDocument, ReceiveDocument, RefuseDocument, came_earlier
from engine.core.errors import EngineError
from engine.core.explain import Held, explain
from engine.core.process import CaseDocument
from engine.core.task_facts import Link
from tests.core.play import ADMIN, Play

HEAD = """
journey: example
version: 1.0.0
roles: {clerk: {name: Clerk}, chief: {name: Chief}, lender: {name: Lender}}
actions: {pull: {}}
documents: {deed: {name: Deed}, report: {name: Credit report}, letter: {name: Letter}}
"""
ATOMS = """
- {id: bring, name: Bring the deed, performed_by: clerk, produces: [deed], enables: [pull]}
- {id: pull, kind: system, action: pull, produces: [report], enables: [read, other]}
- {id: read, name: Read it, performed_by: chief, uses: [report], requires_documents: [deed]}
- {id: other, performed_by: lender}
"""
CLERK = Caller("carl", frozenset({"clerk"}))
CHIEF = Caller("chen", frozenset({"chief"}))
LENDER = Caller("lena", frozenset({"lender"}))
KEEPER = Caller("kim", frozenset(), frozenset({"document:receive", "document:accept"}))
LINK = (Link("deed.pdf", "https://files.example/deed.pdf", "application/pdf", "0" * 64),)


@pytest.fixture
def play() -> Play:
    """A case in which the deed is to be brought."""
    return Play(ATOMS, HEAD).start()


def reading(play: Play) -> Play:
    """The case when it is to be read."""
    play.done("bring", CLERK)
    play.done("pull")
    return play


def deed(play: Play) -> CaseDocument:
    return play.process.documents["deed"]


def refusal(play: Play, command: Any) -> EngineError:
    with pytest.raises(EngineError) as refused:
        play.give(command)
    return refused.value


def held(play: Play, atom: str) -> Held:
    (found,) = [one for one in explain(play.journey, play.process) if one.atom == atom]
    return found


def test_who_has_or_may_take_an_open_task_that_makes_a_document_brings_it_for_its_visit(play: Play) -> None:
    play.give(ReceiveDocument(CLERK, "deed", LINK, "by mail"))
    assert deed(play) == CaseDocument("deed", 1, "received", play.now, "carl", "bring", 1)
    (fact,) = [event.fact for event in play.events if event.fact.name == "document.received"]
    assert (fact.links, fact.note, fact.task) == (LINK, "by mail", 1)


def test_nobody_else_brings_it_and_the_refusal_says_who_does(play: Play) -> None:
    error = refusal(play, ReceiveDocument(CHIEF, "deed", LINK))
    assert (error.code, error.details["who"]) == ("not_your_document", ["role:clerk"])
    play.done("bring", CLERK)
    assert refusal(play, ReceiveDocument(CLERK, "deed", LINK)).details["who"] == ["permission:document:receive"]


def test_who_may_receive_documents_brings_any_at_any_time(play: Play) -> None:
    play.give(ReceiveDocument(KEEPER, "letter", LINK))
    assert (play.process.documents["letter"].atom, play.process.documents["letter"].received_by) == (None, "kim")
    play.done("bring", CLERK)
    play.give(ReceiveDocument(KEEPER, "deed", LINK))
    assert (deed(play).atom, deed(play).visit) == ("bring", 1)


def test_the_roles_that_use_a_document_judge_it_and_who_brought_it_does_not(play: Play) -> None:
    play.give(ReceiveDocument(CLERK, "deed", LINK))
    error = refusal(play, AcceptDocument(CLERK, "deed"))
    assert (error.code, error.details["who"]) == ("not_your_document", ["role:chief"])
    play.give(AcceptDocument(CHIEF, "deed", version=1, note="stamped"))
    assert (deed(play).state, deed(play).since) == ("accepted", play.now)
    play.give(RefuseDocument(KEEPER, "deed", "the stamp is forged"))
    assert (deed(play).state, deed(play).received_by) == ("refused", "carl")


def test_a_newer_version_takes_the_place_of_the_one_before_and_is_judged_anew(play: Play) -> None:
    play.give(ReceiveDocument(CLERK, "deed", LINK))
    play.give(AcceptDocument(CHIEF, "deed"))
    play.give(ReceiveDocument(CLERK, "deed", LINK))
    assert (deed(play).version, deed(play).state) == (2, "received")
    stale = refusal(play, AcceptDocument(CHIEF, "deed", version=1))
    assert (stale.code, stale.details["version"]) == ("stale_version", 2)


@pytest.mark.parametrize(
    ("before", "command", "stands"),
    [
        ([], AcceptDocument(CHIEF, "deed"), "missing"),
        ([], RefuseDocument(CHIEF, "deed", "no"), "missing"),
        ([AcceptDocument(CHIEF, "deed")], AcceptDocument(CHIEF, "deed"), "accepted"),
        ([RefuseDocument(CHIEF, "deed", "no")], RefuseDocument(CHIEF, "deed", "no"), "refused"),
    ],
)
def test_what_stands_so_already_or_never_came_is_not_judged(
    play: Play, before: list[Any], command: Any, stands: str
) -> None:
    for one in [ReceiveDocument(CLERK, "deed", LINK), *before] if stands != "missing" else ():
        play.give(one)
    error = refusal(play, command)
    assert (error.code, error.details["from"]) == ("invalid_transition", stands)


def test_a_document_that_the_journey_does_not_declare_is_refused_with_those_it_does(play: Play) -> None:
    for command in (ReceiveDocument(KEEPER, "photo", LINK), AcceptDocument(KEEPER, "photo")):
        error = refusal(play, command)
        assert (error.code, error.details["known"]) == ("document_not_found", ["deed", "report", "letter"])


def test_a_task_is_not_completed_before_what_its_atom_requires_is_accepted(play: Play) -> None:
    reading(play)
    error = refusal(play, CompleteTask(CHIEF, play.task("read").n, {}))
    missing = {"document": "deed", "name": "Deed", "state": "missing", "who": ["role:chief"]}
    assert (error.code, error.details["documents"]) == ("documents_missing", [missing])
    play.give(ReceiveDocument(CHIEF, "deed", LINK))
    assert refusal(play, CompleteTask(ADMIN, play.task("read").n, {})).details["documents"][0]["state"] == "received"
    play.give(AcceptDocument(CHIEF, "deed"))
    play.done("read", CHIEF)
    assert play.states["read"] == "completed"


def test_a_document_that_is_only_used_holds_nothing(play: Play) -> None:
    reading(play)
    play.give(ReceiveDocument(KEEPER, "deed", LINK))
    play.give(AcceptDocument(KEEPER, "deed"))
    assert "report" not in play.process.documents
    play.done("read", CHIEF)


def test_failing_and_skipping_ask_for_no_document(play: Play) -> None:
    reading(play)
    play.give(FailTask(CHIEF, play.task("read").n, "the deed is lost"))
    play.give(SkipStep(ADMIN, "read", "goes without"))
    assert play.states["read"] == "skipped"


def test_documents_come_with_the_answer_of_a_person_or_a_worker(play: Play) -> None:
    play.give(CompleteTask(CLERK, play.task("bring").n, {}, {"deed": LINK}))
    assert (deed(play).state, deed(play).atom) == ("received", "bring")
    play.give(CompleteWork(SYSTEM, play.task("pull").n, play.lease("pull"), {}, {"report": LINK}))
    assert (play.process.documents["report"].received_by, play.process.documents["report"].atom) == ("system", "pull")
    error = refusal(play, CompleteTask(LENDER, play.task("other").n, {}, {"deed": LINK}))
    assert error.code == "not_your_document"
    assert play.states["other"] == "active"


def test_a_rework_leaves_the_accepted_document_which_is_then_of_an_earlier_visit_r7(play: Play) -> None:
    play.give(ReceiveDocument(CLERK, "deed", LINK))
    play.give(AcceptDocument(CHIEF, "deed"))
    play.give(RepeatAtom(ADMIN, "bring", "another buyer"))
    assert deed(play).state == "accepted"
    assert came_earlier(play.process, deed(play))
    reading(play).done("read", CHIEF)
    play.give(ReceiveDocument(KEEPER, "deed", LINK))
    assert not came_earlier(play.process, deed(play))


def test_every_element_of_a_list_waits_for_what_its_atom_requires_r14() -> None:
    atoms = """
    - {id: sign, performed_by: clerk, for_each: [1, 2], saves: signed, requires_documents: [deed]}
    """
    play = Play(atoms, HEAD).start()
    first, second = play.process.open_tasks()
    assert refusal(play, CompleteTask(CLERK, first.n, {})).code == "documents_missing"
    play.give(ReceiveDocument(CLERK, "deed", LINK))
    play.give(AcceptDocument(CLERK, "deed"))
    play.give(CompleteTask(CLERK, first.n, {}))
    play.give(CompleteTask(CLERK, second.n, {}))
    assert play.ended == ("completed", "completed")


def test_documents_come_while_the_process_is_suspended_and_not_once_it_has_ended_r12(play: Play) -> None:
    play.give(Suspend(ADMIN, "the court says so"))
    play.give(ReceiveDocument(CLERK, "deed", LINK))
    play.give(AcceptDocument(CHIEF, "deed"))
    play.give(Cancel(ADMIN, "withdrawn"))
    assert refusal(play, ReceiveDocument(KEEPER, "deed", LINK)).code == "process_ended"


def test_explain_names_the_document_and_who_could_bring_or_accept_it(play: Play) -> None:
    reading(play)
    told = held(play, "read")
    assert (told.documents, told.who) == (("deed",), ("role:chief",))
    assert told.needs == "“Deed” accepted, and the task claimed and completed"
    assert told.text == (
        "“Read it” waits for someone with the role Chief to take it. It cannot be completed before “Deed” is accepted. "
        "“Deed” is missing: someone with the role Chief can bring it, someone with the role Chief accept it."
    )
    play.give(ReceiveDocument(KEEPER, "deed", LINK))
    assert held(play, "read").text.endswith(
        "“Deed” was received, and waits for someone with the role Chief to accept it."
    )
    play.give(AcceptDocument(KEEPER, "deed"))
    assert held(play, "read").documents == ()


def test_of_many_roles_that_could_accept_a_document_those_with_open_work_are_named_first() -> None:
    atoms = """
    - {id: first, performed_by: clerk, enables: [second]}
    - {id: second, performed_by: chief, requires_documents: [deed], enables: [third]}
    - {id: third, performed_by: lender, uses: [deed], enables: [fourth]}
    - {id: fourth, performed_by: clerk, uses: [deed]}
    """
    play = Play(atoms, HEAD).start()
    play.done("first")
    play.give(ReceiveDocument(KEEPER, "deed", LINK))
    told = held(play, "second")
    assert told.who == ("role:chief", "role:lender", "role:clerk")
    assert told.text.endswith("waits for someone with the role Chief, Lender or one of 1 more to accept it.")
