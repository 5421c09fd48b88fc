"""A client for tests of commands: it gives the answers it was told to, and remembers what it was asked."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from cli.client import Client, Refused


class Told:
    """Answers by path; an answer that has a `code` is a refusal."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any]] = []

    @property
    def client(self) -> Client:
        """Itself, as what commands talk to."""
        return cast("Client", self)

    def get(self, path: str, **parameters: Any) -> Any:
        return self._answer("GET", path, parameters)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        return self._answer("POST", path, body)

    def pages(self, path: str, **parameters: Any) -> Iterator[Any]:
        yield from self.get(path, **parameters)["items"]

    def _answer(self, method: str, path: str, given: Any) -> Any:
        self.asked.append((method, path, given))
        answer = self.answers[path]
        if isinstance(answer, Mapping) and "code" in answer:
            raise Refused(cast("Mapping[str, Any]", answer))
        return answer
