"""Sensitive values of a case do not stand in what people and actions write about it."""

from dataclasses import replace

import pytest

from engine.core.callers import SYSTEM, Caller
from engine.core.commands import AddTask, CommentOnTask, Extra, FailWork, Start
from engine.core.errors import Invalid
from engine.core.free_text import without_sensitive
from tests.core.stage import Stage
from tests.core.test_sensitive import ATOMS, HEAD, SECRET

OLGA = Caller("olga")


def stage() -> Stage:
    return Stage(ATOMS, head=HEAD).start(ssn=SECRET, name="Ada", people=[{"ssn": "1234", "name": "Bo"}])


def test_an_error_that_repeats_what_the_action_was_given_is_kept_without_it() -> None:
    played = stage().done("enter")
    (task,) = played.tasks("pull")
    command = FailWork(SYSTEM, task.n, 1, f"KeyError: '{SECRET}' of Ada, not 1234", True)
    assert played.journey.sensitive is not None
    cleared = without_sensitive(command, played.process, played.journey.sensitive)
    assert cleared == replace(command, error="KeyError: '[sensitive]' of Ada, not [sensitive]")


def test_a_comment_says_everything_else() -> None:
    played = stage()
    assert played.journey.sensitive is not None
    said = CommentOnTask(OLGA, 1, f"{SECRET}{SECRET} is right")
    assert getattr(without_sensitive(said, played.process, played.journey.sensitive), "text", "") == (
        "[sensitive][sensitive] is right"
    )
    plain = CommentOnTask(OLGA, 1, "nothing of it")
    assert without_sensitive(plain, played.process, played.journey.sensitive) == plain


def test_neither_a_business_key_nor_the_name_of_a_task_may_hold_one() -> None:
    played = stage()
    sensitive = played.journey.sensitive
    assert sensitive is not None
    start = Start(OLGA, "p2", {"ssn": SECRET}, business_key=f"case {SECRET}")
    with pytest.raises(Invalid, match="context_invalid"):
        without_sensitive(start, None, sensitive)
    assert without_sensitive(replace(start, business_key="case 7"), None, sensitive)
    with pytest.raises(Invalid):
        without_sensitive(AddTask(OLGA, Extra(f"Ask about {SECRET}")), played.process, sensitive)
    added = without_sensitive(AddTask(OLGA, Extra("Ask", description=SECRET)), played.process, sensitive)
    assert added == AddTask(OLGA, Extra("Ask", description="[sensitive]"))
