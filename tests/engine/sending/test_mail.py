"""Letters reach a real mail server, and what it answers decides what becomes of them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from engine.core.organisation import Organisation, User
from engine.core.telling import Notification
from engine.ports import Delivery
from engine.sending import Links, MailCourier, MailServer
from tests.engine.sending.receivers import Mailbox, mail_server
from tests.fakes.organisation import FixedStaff

ID = "5b0f8a2e-4f5d-5a51-8f61-6f6f3a5fd0aa"
TEXT = "Mona <b>Manager</b> mentioned you in a comment on “Look & see” of LN-7."
MENTIONED = {"headline": "You were mentioned: Look & see (LN-7)", "text": TEXT, "process": "p1", "task": "p1.1"}
PEOPLE = Organisation.of(
    1,
    [
        User("uma", "Uma", "uma@example.org"),
        User("gone", "Gone", "gone@example.org", active=False),
        User("mute", "Mute"),
        User("odd", "Odd", "odd\r\nBcc: all@example.org"),
    ],
    [],
    [],
)


class Unread:
    """The port `Digests` of a user with so many unread notifications."""

    def __init__(self, count: int) -> None:
        self.count = count

    async def unread(self, user: str, limit: int) -> tuple[int, list[Notification]]:
        rows = [
            Notification(
                f"n{n}", user, "assigned", "p1", n, None, "a", f"Text {n} <i>", datetime(2026, 1, 1, tzinfo=UTC)
            )
            for n in range(1, self.count + 1)
        ]
        return self.count, rows[:limit]


def courier(mailbox: Mailbox, unread: int = 0, password: str | None = None, url: str | None = None) -> MailCourier:
    user = "wayline" if password else None
    server = MailServer("127.0.0.1", mailbox.port, "none", "wayline@example.com", user, password, 5)
    return MailCourier(server, FixedStaff(PEOPLE), Unread(unread), Links(url))  # type: ignore[arg-type]


def delivery(user: str = "uma", channel: str = "email") -> Delivery:
    return Delivery(ID, channel, "mentioned", MENTIONED, 1, user=user)  # type: ignore[arg-type]


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with mail_server() as made:
        yield made


async def test_a_letter_comes_as_text_and_html_with_its_id_and_a_link(mailbox: Mailbox):
    settled = await courier(mailbox, url="https://wayline.example.com/").deliver(delivery())
    assert settled.state == "delivered"
    (letter,) = mailbox.letters
    assert letter["Subject"] == "You were mentioned: Look & see (LN-7)"
    assert letter["To"] == "uma@example.org"
    assert letter["From"] == "Wayline <wayline@example.com>"
    assert letter["Message-ID"] == f"<{ID}@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text and html
    assert TEXT in text.get_content()
    assert "https://wayline.example.com/tasks/p1.1" in text.get_content()
    assert "Mona &lt;b&gt;Manager&lt;/b&gt; mentioned" in html.get_content()
    assert 'href="https://wayline.example.com/tasks/p1.1"' in html.get_content()


async def test_without_an_address_of_the_installation_there_are_no_links(mailbox: Mailbox):
    await courier(mailbox).deliver(delivery())
    assert "http" not in mailbox.letters[0].as_string()


async def test_what_is_sent_twice_has_one_id(mailbox: Mailbox):
    for _ in range(2):
        await courier(mailbox).deliver(delivery())
    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 1


async def test_a_digest_names_what_is_unread_by_then_and_how_much_more_there_is(mailbox: Mailbox):
    assert (await courier(mailbox, unread=53).deliver(delivery(channel="digest"))).state == "delivered"
    (letter,) = mailbox.letters
    assert letter["Subject"] == "53 notifications that you have not read"
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text and html
    assert text.get_content().count("Text ") == 50
    assert "There are 3 more." in text.get_content()
    assert "Text 1 &lt;i&gt;" in html.get_content()


async def test_a_digest_of_nothing_is_not_sent(mailbox: Mailbox):
    assert (await courier(mailbox).deliver(delivery(channel="digest"))).state == "void"
    assert not mailbox.letters


@pytest.mark.parametrize("user", ["gone", "mute", "stranger"])
async def test_who_has_no_address_by_then_or_is_not_active_gets_no_letter(mailbox: Mailbox, user: str):
    assert (await courier(mailbox).deliver(delivery(user))).state == "void"
    assert not mailbox.letters


async def test_an_address_that_would_write_headers_is_refused(mailbox: Mailbox):
    assert (await courier(mailbox).deliver(delivery("odd"))).state == "failed"
    assert not mailbox.letters


async def test_a_server_that_says_later_is_asked_again_and_one_that_says_never_is_not(mailbox: Mailbox):
    mailbox.answers = ["451 4.7.1 greylisted", "554 5.7.1 no such letters here"]
    later, never = [await courier(mailbox).deliver(delivery()) for _ in range(2)]
    assert (later.state, later.why) == ("waiting", "451 4.7.1 greylisted")
    assert (never.state, never.why) == ("failed", "554 5.7.1 no such letters here")
    mailbox.refused = {"uma@example.org"}
    assert (await courier(mailbox).deliver(delivery())).state == "failed"


async def test_a_server_that_is_away_is_asked_again():
    async with mail_server() as gone:
        pass
    settled = await courier(gone).deliver(delivery())
    assert settled.state == "waiting"
    assert "does not answer" in (settled.why or "")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_the_password_is_shown_to_the_server_and_a_wrong_one_may_be_mended():
    async with mail_server(users_only=True) as mailbox:
        assert (await courier(mailbox, password="the password").deliver(delivery())).state == "delivered"
        assert mailbox.users == {"wayline"}
        refused = await courier(mailbox, password="another").deliver(delivery())
    assert refused.state == "waiting"
    assert (refused.why or "").startswith("535 ")
    assert "another" not in (refused.why or "")
