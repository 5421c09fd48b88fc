"""Who is sent something in the tests: a mail server and a webhook's program, both real, on this machine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """A mail server's letters; `answers` are what it says to the next ones instead of taking them."""

    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    users: set[str] = field(default_factory=set)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        success = data.login == b"wayline" and data.password == b"the password"
        if success:
            self.users.add(data.login.decode())
        return AuthResult(success=success, handled=False)


@asynccontextmanager
async def mail_server(*, users_only: bool = False, port: int = 0) -> AsyncIterator[Mailbox]:
    """A mail server on a free port, or on this one; with `users_only` it takes letters only of who has its password."""
    mailbox = Mailbox()

    def session() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.example.com",
            authenticator=mailbox.authenticate,
            auth_required=users_only,
            auth_require_tls=False,
        )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()


@dataclass
class Program:
    """A webhook's program: what it was sent, and with which status it answers the next ones, then always `status`."""

    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    status: int = 204
    location: str | None = None
    silent: bool = False
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append(({"request": head[0], **headers}, body))
        if self.silent:
            await reader.read()  # until the other side gives up
            writer.close()
            return
        status = self.answers.pop(0) if self.answers else self.status
        more = f"Location: {self.location}\r\n" if self.location else ""
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def program(port: int = 0) -> AsyncIterator[Program]:
    """A program that listens on a free port, or on this one."""
    made = Program()
    server = await asyncio.start_server(made.serve, "127.0.0.1", port)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?channel=7"
    try:
        yield made
    finally:
        server.close()
