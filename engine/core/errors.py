"""The one tree of errors, for the designer, the officer and the operator who read them.

::

    EngineError                     code, detail, details, retryable
    ├── NotFound                    what is not there, or may not be seen by who asks
    ├── Invalid                     what came in breaks a schema, a bound or a rule; `errors` with pointers
    ├── Conflict                    it cannot be done from the present state; says what is allowed
    ├── Stale                       it has changed since the caller read it (If-Match)
    ├── Forbidden                   the caller may see it, but not do it
    ├── Unauthenticated             nobody known is calling
    └── Unavailable                 a database or a queue is not there now; retry after some seconds

A class says which kind of answer it is (the HTTP status is looked up by class in `api/errors.py`); `code` is stable
and one of `CODES`; `detail` is one sentence for a person; `details` are the machine-readable facts.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

CODES: Final[Mapping[str, str]] = {
    "journey_not_found": "There is no journey of this name.",
    "version_not_found": "The journey has no such version, or none that can be started.",
    "calendar_not_found": "There is no calendar of this id.",
    "calendar_invalid": "The calendar has errors; `findings` lists them all.",
    "calendar_in_use": "Time is counted in this calendar; `used_by`, `configurations` and `users` list by whom.",
    "sla_config_not_found": "There is no service level configured under this id.",
    "sla_config_invalid": "The service level has errors; `findings` lists them all.",
    "journey_invalid": "The document has errors; `findings` lists them all.",
    "version_exists": "This version is published already, with another content.",
    "sensitive_keys_missing": "The version has sensitive fields, and nothing to seal them with: set "
    "WAYLINE_SENSITIVE_KEYS or WAYLINE_SENSITIVE_KEYS_FILE.",
    "journey_paused": "New starts of this journey are stopped.",
    "process_not_found": "There is no such process, or you may not see it.",
    "process_suspended": "The process is suspended; it moves again when it is resumed.",
    "process_ended": "The process has ended and takes no more commands.",
    "part_not_closed": "The part cannot be started by itself: a way back of its rework runs outside of it.",
    "part_not_found": "The version has no phase or module of this id.",
    "task_not_found": "There is no such task, or you may not see it.",
    "document_not_found": "The journey has no such document, or the process no journey.",
    "atom_not_found": "The process has no such atom, or the step no such edge.",
    "rework_limit": "The atom has been visited as often as it may be.",
    "incident_not_found": "There is no such incident, or you may not see it.",
    "question_not_found": "The library has no question of this name.",
    "path_not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not take this method.",
    "invalid_transition": "This cannot be done from the present state; `allowed` says what can.",
    "not_your_task": "The task is for another person or role.",
    "four_eyes": "Who performed the one task may not perform the other.",
    "not_skilled": "The task needs a skill that this person does not have, or not any more.",
    "kept_for_another": "The task is kept for who performed an earlier one.",
    "given_by_hand": "A manager gives this task to somebody; it cannot be claimed.",
    "not_your_document": "You neither bring nor judge this document; `who` says who does.",
    "documents_missing": "Documents that the task requires are not accepted yet; `documents` lists them.",
    "assignee_unfit": "This person cannot be given the task: not known, not active, absent, or without its role.",
    "nobody_above": "There is nobody to whom it could be escalated.",
    "breach_not_found": "There is no such breach, or you may not see it.",
    "already_acknowledged": "Somebody has acknowledged this breach before; `by` says who.",
    "draft_not_found": "You have no draft of this task.",
    "user_not_found": "There is no such user.",
    "role_not_found": "There is no such role.",
    "team_not_found": "There is no such team.",
    "absence_not_found": "This user has no such absence.",
    "absence_taken": "This user has another absence of the same time and roles.",
    "manager_circle": "Somebody would be above themselves; `circle` says how.",
    "work_depends": "Open work hangs on it; `items` are the first tasks, `?reroute=` moves them.",
    "people_invalid": "The file of people has errors; `findings` lists them all.",
    "user_inactive": "This user has been deactivated.",
    "notification_not_found": "You have no such notification.",
    "webhook_not_found": "There is no such webhook.",
    "webhooks_off": "Webhooks need a key to sign with: set WAYLINE_WEBHOOK_KEY or WAYLINE_WEBHOOK_KEY_FILE.",
    "too_many_webhooks": "There are as many webhooks as there may be.",
    "permission_denied": "Your roles do not hold this permission.",
    "unauthenticated": "The request carries no valid token.",
    "context_invalid": "The case data break the journey's schema.",
    "output_invalid": "The output breaks the schema of the atom or of the case data.",
    "request_invalid": "The request is not one this operation takes.",
    "too_large": "The body is larger than 1 MiB.",
    "idempotency_mismatch": "This idempotency key was used with another request.",
    "business_key_taken": "An open process of this journey has this business key.",
    "lease_lost": "The lease ran out or another worker holds the work; this answer was not applied.",
    "wait_gone": "The step does not wait for this message any more.",
    "stale_version": "It has changed since you read it.",
    "not_a_sandbox": "This server has no clock that can be moved; start one with --sandbox.",
    "cursor_invalid": "The cursor is not one that this list gave.",
    "unavailable": "A part the engine needs is away; try again after the time given.",
    "internal_error": "Something failed that should not; the correlation id finds it in the log.",
}


class EngineError(Exception):
    """Something the engine says no to, with a stable code.

    Args:
        code: one of `CODES`.
        detail: one sentence: what, where and what to do; the code's own sentence if none is given.
        details: facts for machines, JSON values only; they stand beside the code in the API's answer.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, code: str, detail: str | None = None, **details: Any) -> None:
        assert code in CODES, code
        self.code = code
        self.detail = detail or CODES[code]
        self.details: dict[str, Any] = details
        super().__init__(f"{code}: {self.detail}")


class NotFound(EngineError):
    """It is not there, or the caller may not see it (the two are not told apart)."""


class Invalid(EngineError):
    """What came in cannot be accepted; `details['errors']` are `{pointer, message}` where places are known."""


class Conflict(EngineError):
    """It cannot be done from the present state."""


class Stale(EngineError):
    """It is not in the version that the caller has seen; `details['version']` is the present one."""


class Forbidden(EngineError):
    """The caller sees the object and may not do this to it."""


class Unauthenticated(EngineError):
    """No known caller."""


class Unavailable(EngineError):
    """A database or a queue is away; `details['retry_after']` is in seconds."""

    retryable: ClassVar[bool] = True
