"""Letters as they go out: a text and the same in HTML. What they hold of others' making is escaped there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any, Final

from engine.core.ids import numbered
from engine.core.telling import ENGINE_NAME, Notification

_WHY: Final = "You get this letter as Wayline tells you so. Which letters you get is among your preferences there."

_PAGE: Final = """\
<!doctype html>
<html><body style="font-family: sans-serif; line-height: 1.5; color: #222">
{blocks}
<p style="color: #777; font-size: 85%">{why}</p>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Links:
    """Where people look at things; without an address of the installation there are no links."""

    public_url: str | None

    def to(self, process: str | None, task: str | None) -> str | None:
        """The page of a task, or else of a process."""
        if self.public_url is None or process is None:
            return None
        place = f"tasks/{task}" if task else f"processes/{process}"
        return f"{self.public_url.rstrip('/')}/{place}"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a letter tells, with where to look at it."""

    text: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom a letter is, to whom, under which id; `sent_at` is by the machine's clock."""

    sender: str
    to: str
    id: str
    sent_at: datetime


def letter(envelope: Envelope, headline: str, lines: Sequence[Line], more: str = "") -> EmailMessage:
    """The letter; `more` is a last sentence.

    Raises:
        ValueError: where an address is none.
    """
    message = EmailMessage()
    sender = Address(display_name=ENGINE_NAME, addr_spec=envelope.sender)
    message["From"] = sender
    message["To"] = Address(addr_spec=envelope.to)
    message["Subject"] = headline
    message["Date"] = format_datetime(envelope.sent_at)
    message["Message-ID"] = f"<{envelope.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(lines, more))
    message.add_alternative(_html(lines, more), subtype="html")
    return message


def told_at_once(message: Mapping[str, Any], links: Links) -> tuple[str, list[Line]]:
    """The headline and the line of what is told by itself."""
    return message["headline"], [Line(message["text"], links.to(message["process"], message["task"]))]


def told_daily(unread: int, newest: Sequence[Notification], links: Links) -> tuple[str, list[Line], str]:
    """The headline, the lines and the last sentence of a digest."""
    lines = [Line(one.text, links.to(one.process, _task_of(one))) for one in newest]
    rest = unread - len(newest)
    things = "1 notification" if unread == 1 else f"{unread} notifications"
    return f"{things} that you have not read", lines, f"There are {rest} more." if rest else ""


def _task_of(notification: Notification) -> str | None:
    return None if notification.task is None else numbered(notification.process, notification.task)


def _text(lines: Sequence[Line], more: str) -> str:
    blocks = [f"{line.text}\n{line.link}" if line.link else line.text for line in lines]
    return "\n\n".join([*blocks, *([more] if more else []), f"--\n{_WHY}\n"])


def _html(lines: Sequence[Line], more: str) -> str:
    blocks = [_block(line) for line in lines] + ([f"<p>{escape(more)}</p>"] if more else [])
    return _PAGE.format(blocks="\n".join(blocks), why=escape(_WHY))


def _block(line: Line) -> str:
    text = escape(line.text)
    return f'<p><a href="{escape(line.link)}">{text}</a></p>' if line.link else f"<p>{text}</p>"
