"""What people typed, in a header at a real relay: it adds no line, no recipient and no other sender, and holds up no other mail."""

import pytest

from consult.core import clock
from consult.core.db import reading, writing
from consult.core.i18n import _l
from consult.mail import operations
from consult.mail.connection import Relay
from consult.mail.delivery import Post
from consult.mail.messages import MailTemplate
from consult.mail.models import Mail, MailState, OutboxMail
from consult.worker import MAILS
from tests.mail.test_connection import towards
from tests.mail.test_messages import a_letter

TITLED = MailTemplate("test", _l("About %(title)s"))
INJECTION = "=?utf-8?q?=0D=0ABcc:_all=40example.org=0D=0A=0D=0AWords?="
TITLES = {
    "lines": "Draft\r\nBcc: all@example.org\r\n\r\nWords",
    "bare": "Draft\nBcc: all@example.org",
    "returns": "Draft\rBcc: all@example.org",
    "separators": "Draft\u2028Bcc: all@example.org\u0085X: y\x0bZ: z\x1cA: b",
    "encoded": f"Draft {INJECTION}",
    "encoded in base64": "Draft =?utf-8?b?DQpCY2M6IGFsbEBleGFtcGxlLm9yZw==?=",
    "encoded, in pieces": "=?utf-8?q?=0D?= =?utf-8?q?=0ABcc:_all=40example.org?=",
    "override": "Draft \u202egro.elpmaxe@lla\u202c",
    "isolate left open": "\u2067مسودة \u2068Draft",
    "nul": "Draft\x00 report",
    "surrogate": "Draft \ud800 report",
    "two hundred": "长" * 200,
    "thousand": "x" * 1_000,
    "long words": ("y" * 180 + " ") * 3,
    "emoji": "👩🏽‍⚖️" * 60,
    "percent": "100% %(x)s %s {0}",
}
EXPECTED = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
EXPECTED |= {"Content-Language"}


def queue(*addresses, title="A title"):
    mails = [Mail("test", f"s:{n}", "c:1", one, "en", {"title": title}) for n, one in enumerate(addresses)]
    with writing() as db:
        operations.queue_mails(db, mails, now=clock.now())


def deliver(settings, sink):
    Post(towards(settings, sink.port), {**MAILS, "test": TITLED}).deliver()
    return sink.received()


@pytest.mark.parametrize("what", TITLES)
def test_a_subject_is_one_line_of_words_whatever_it_says(database, settings, sink, what):
    queue(
        "anna@example.org",
        title=TITLES[what].encode("utf-8", "replace").decode() if what == "surrogate" else TITLES[what],
    )

    (got,) = deliver(settings, sink)

    assert got.recipients == ("anna@example.org",)
    assert set(got.message.keys()) == EXPECTED
    subject = str(got.message["Subject"]).strip()  # a word too long for the first line is folded to the next
    assert subject.startswith("About ")
    assert len(subject) <= 200
    assert not any(sign in subject for sign in "\r\n\x00\u202e\u202c\u2028\u0085\x0b\x1c")
    assert subject.count("\u2068") + subject.count("\u2067") == subject.count("\u2069")
    assert max(len(line) for line in got.raw.split(b"\r\n")) <= 998
    assert got.raw.isascii()


ADDRESSES = [
    "=?utf-8?q?=0D=0ABcc=3Aall=40example.org?=@evil.example",
    "=?utf-8?q?=0D=0A=0D=0AWords?=@evil.example",
    "=?utf-8?b?DQpCY2M6IGFsbEBleGFtcGxlLm9yZw==?=@evil.example",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_the_library_would_decode_gets_nothing_and_holds_up_nobody(database, settings, sink, address):
    queue(address, "anna@example.org")

    got = deliver(settings, sink)

    assert [mail.recipients for mail in got] == [("anna@example.org",)]
    with reading() as db:
        states = [row.state for row in db.query(OutboxMail).order_by(OutboxMail.id)]
    assert states == [MailState.DEFERRED, MailState.SENT]


@pytest.mark.parametrize(
    ("address", "envelope", "needs_utf8"),
    [
        ("用户@例子.example", "用户@xn--fsqu00a.example", True),
        ("منال@مثال.example", "منال@xn--mgbh0fb.example", True),
        ("anna@bücher.example", "anna@xn--bcher-kva.example", False),
        ("o'neill+tag@example.org", "o'neill+tag@example.org", False),
        (f"{'x' * 64}@{'y' * 60}.{'z' * 60}.example", f"{'x' * 64}@{'y' * 60}.{'z' * 60}.example", False),
    ],
)
def test_an_address_of_any_script_arrives_at_the_relay_as_it_should(settings, sink, address, envelope, needs_utf8):
    letter = a_letter(address=address, text="عربي " * 400 + "x" * 3_000 + "\n", subject="Hello")
    with Relay(towards(settings, sink.port)).connect() as connection:
        outcome = connection.open() or connection.send(letter)

    (got,) = sink.received()
    assert (outcome.state, got.recipients, letter.needs_utf8) == (MailState.SENT, (envelope,), needs_utf8)
    assert got.raw == letter.content
    assert max(len(line) for line in got.raw.split(b"\r\n")) <= 998
