"""Calls a running server over HTTP, with exact numbers both ways."""

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import httpx

from api.auth import make_token
from cli.terminal import Failed
from engine.core.values import decode, encode
from engine.settings import read_settings
from local.secret import read_address, read_secret

_TIMEOUT: Final = httpx.Timeout(90, connect=5)
_PAGE: Final = 200
_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+/?")
_TOKEN: Final = re.compile(r"[!-~]+\.[!-~]+\.[!-~]*")
_CALL_AS: Final = (
    "`export WAYLINE_TOKEN=$(wayline token USER --role ROLE)` sets another; after `unset WAYLINE_TOKEN` you are admin, "
    "on the server of the data folder."
)
_USUAL: Final = "http://127.0.0.1:8000"


_FIXES: Final[Mapping[str, str]] = {
    "calendar_not_found": "`wayline calendars list` lists them, `wayline calendars load FILE` brings some.",
    "sla_config_not_found": "`wayline sla list` lists them, `wayline sla put FILE` brings some.",
    "journey_not_found": "`wayline load FILE --publish` brings one.",
    "version_not_found": "`wayline load FILE --publish` loads a document and publishes it.",
    "process_not_found": "`wayline tasks` and `wayline questions stuck` list the ids of processes.",
    "task_not_found": "`wayline tasks` lists the open ones, `wayline tasks --process PROCESS` those of one process.",
    "breach_not_found": "`wayline sla breaches --all` lists them.",
    "incident_not_found": "`wayline incidents` lists the open ones.",
    "document_not_found": "`wayline documents PROCESS` lists those of a case.",
    "documents_missing": "`wayline documents PROCESS` says who brings and who accepts them.",
    "user_not_found": "`wayline people list` lists who is known, `wayline people load FILE` enters some.",
    "absence_not_found": "`wayline people absent USER` lists them.",
    "work_depends": "Say --reroute USER, or --reroute release for back to its roles.",
    "unauthenticated": _CALL_AS,
    "permission_denied": f"docs/permissions.md says which roles hold it. {_CALL_AS}",
    "not_a_sandbox": "Start one with: wayline up --sandbox",
}
"""What to do about a refusal, by its code."""


class Refused(Failed):
    """The server said no; `problem` is its `application/problem+json`."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        errors = [
            f"{error.get('pointer') or error.get('parameter') or '/'}: {error['message']}"
            for error in problem.get("errors", ())
        ]
        sentence = "\n       ".join([f"{problem.get('code')}: {problem.get('detail')}", *errors])
        super().__init__(sentence, _fix(problem))
        self.problem = problem


class Client:
    """The API of one server, as one caller."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT)

    def get(self, path: str, **parameters: Any) -> Any:
        """The answer of a reading operation; parameters that are None are left out."""
        return self._call("GET", path, params={name: value for name, value in parameters.items() if value is not None})

    def pages(self, path: str, **parameters: Any) -> Iterator[Any]:
        """Every item of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=_PAGE, cursor=cursor, **parameters)
            yield from page["items"]
            if not (cursor := page["next_cursor"]):
                return

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The answer of a command, sent with the idempotency key `key` if there is one."""
        return self._command("POST", path, body, key)

    def put(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """As `post`, with the method PUT."""
        return self._command("PUT", path, body, key)

    def patch(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """As `post`, with the method PATCH."""
        return self._command("PATCH", path, body, key)

    def delete(self, path: str, *, key: str | None = None, **parameters: Any) -> Any:
        """The answer to a removal; parameters that are None are left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._call("DELETE", path, params=given, headers={"Idempotency-Key": key} if key else {})

    def post_document(self, path: str, text: bytes, media: str, **parameters: Any) -> Any:
        """The answer to a journey document."""
        return self._call("POST", path, content=text, headers={"Content-Type": media}, params=parameters)

    def _command(self, method: str, path: str, body: Any, key: str | None) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self._call(method, path, content=encode(body if body is not None else {}), headers=headers)

    def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise Failed(
                f"No server answers at {self.base} ({type(error).__name__}).",
                "Start one with `wayline up`, or name it with --server or WAYLINE_SERVER.",
            ) from error
        try:
            answer = decode(response.content) if response.content else None
        except ValueError:
            raise Failed(f"{self.base} answered {response.status_code} with no JSON: is it a Wayline server?") from None
        if response.is_error:
            raise Refused(_problem(response.status_code, answer))
        return answer


def connect(
    server: str | None, data: str | None, *, user: str | None = None, roles: tuple[str, ...] = ("admin",)
) -> Client:
    """The server to talk to, and as whom.

    The address is `server`, else WAYLINE_SERVER, else that of the server that runs on the data folder. The token is
    WAYLINE_TOKEN, else one for `user` (this machine's user) with `roles`, signed with the secret in the data folder.
    """
    folder = data_folder(data)
    named = server or os.environ.get("WAYLINE_SERVER")
    if named and not _ADDRESS.fullmatch(named):
        option = "--server" if server else "WAYLINE_SERVER"
        raise Failed(f"{option} {named} is no address of a server.", f"Write it as {_USUAL}.", 2)
    base = named or read_address(folder).get("url") or _USUAL
    token = None if user else os.environ.get("WAYLINE_TOKEN")
    if token and not _TOKEN.fullmatch(token):
        raise Failed("WAYLINE_TOKEN holds no token.", _CALL_AS, 2)
    return Client(base, token or local_token(folder, user or getpass.getuser(), roles, timedelta(hours=1)))


def local_token(folder: Path, user: str, roles: tuple[str, ...], ttl: timedelta) -> str:
    """A token signed with the configured secret, or with that of the data folder where none is."""
    settings = read_settings()
    secret = settings.read_jwt_secret() or read_secret(folder)
    if secret is None:
        raise Failed(
            f"There is no secret in {folder} to sign a token with.",
            "Start a server there with `wayline up` first; or name the folder of one with --data (the demo's is "
            ".wayline/demo); or set WAYLINE_TOKEN, or WAYLINE_JWT_SECRET, to those of a server elsewhere.",
        )
    return make_token(secret, user, roles, ttl, settings.jwt_audience)


def data_folder(data: str | None) -> Path:
    """The folder of the private servers and their secret."""
    return read_settings(data_dir=data).data_dir.expanduser()


def _problem(status: int, answer: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", answer) if isinstance(answer, dict) else {"code": status, "detail": answer}


def _fix(problem: Mapping[str, Any]) -> str:
    """What the problem says there is instead, or what to do about it."""
    for name, sentence in (
        ("known", "There are"),
        ("published", "Published are"),
        ("allowed", "Allowed from here are"),
    ):
        if found := problem.get(name):
            return f"{sentence}: {', '.join(map(str, found))}."
    return _FIXES.get(str(problem.get("code")), "")
