"""Requests about the documents of a case."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.schemas.requests import Name, Reason, RequestBody
from engine.core.task_facts import Link


def _address(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not separator or not rest or any(map(str.isspace, url)):
        raise ValueError("must be an address that begins with http:// or https://")
    return url


Address = Annotated[str, Field(max_length=2000), AfterValidator(_address)]
Document = Annotated[str, Field(min_length=1, max_length=200)]
Version = Annotated[int, Field(ge=1, description="The version that was looked at; refused once a newer one came.")]
Note = Annotated[str, Field(min_length=1, max_length=2000)]


class DocumentLink(RequestBody):
    """Where a file of the document is kept. The engine never looks there."""

    name: Name
    url: Address
    media_type: Annotated[str, Field(max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$")] | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Of the content, in small letters.")] | None = (
        None
    )

    def link(self) -> Link:
        """As the core has it."""
        return Link(self.name, self.url, self.media_type, self.sha256)


Links = Annotated[list[DocumentLink], Field(min_length=1, max_length=20)]
Brought = Annotated[dict[Document, Links], Field(max_length=50, description="Documents that come with it, by id.")]


class ReceiveDocument(RequestBody):
    """A version of the document: links to what is kept elsewhere."""

    links: Links
    note: Note | None = None


class AcceptDocument(RequestBody):
    """It is right."""

    version: Version | None = None
    note: Note | None = None


class RefuseDocument(RequestBody):
    """It is not right; who brought it sees why."""

    reason: Reason
    version: Version | None = None


def linked(links: list[DocumentLink]) -> tuple[Link, ...]:
    """The links of a document, as the core has them."""
    return tuple(link.link() for link in links)


def brought(documents: dict[str, list[DocumentLink]]) -> dict[str, tuple[Link, ...]]:
    """Documents that come with something else, as the core has them."""
    return {document: linked(links) for document, links in documents.items()}
