"""Whom a mail says it is from, at a real relay: always the installation, by whatever name; people's answers go where they are read."""

from email.utils import parseaddr

import pytest

import consult
from consult.core import clock
from consult.core import db as core_db
from consult.core.db import writing
from consult.core.settings import SettingWrong, load
from consult.mail import operations
from consult.mail.delivery import Post
from consult.mail.letters import NAME_MAX
from consult.mail.models import Mail
from consult.worker import MAILS
from tests.mail.test_connection import towards

SENDER = "consult@consult.example"
# Names of a site as people might set them, and as somebody might who wants a mail to be from elsewhere.
NAMES = {
    "plain": "Ministry of Justice",
    "arabic": "وزارة العدل",
    "chinese": "司法部",
    "comma": "Ministry, of “Justice”",
    "quoted": 'The "Ministry" of Justice',
    "address": "Ministry <minister@gov.example>",
    "two": "minister@gov.example, other@gov.example",
    "header": "Ministry\r\nBcc: all@example.org\r\nFrom: minister@gov.example",
    "override": "Ministry \u202elpmaxe.vog@retsinim\u202c",
    "isolate": "\u2067وزارة\u2069 Ministry",
    "encoded": "Ministry =?utf-8?q?=0D=0AFrom:_minister=40gov=2Eexample?= <x@gov.example>",
    "long": "Ministry of " + "Justice and " * 60 + "Peace",
    "word": "x" * 3_000,
    "zeros": "Ministry\x00\x07of\x1bJustice",
}  # fmt: skip


def letters(text):
    return "".join(sign for sign in text if sign.isalnum())


def delivered(settings, sink, **changed):
    with writing() as db:
        operations.queue_mails(db, [Mail("test", "test:1", "test:1", "anna@example.org", "en")], now=clock.now())
    Post(towards(settings, sink.port, **{"mail_sender": SENDER, **changed}), MAILS).deliver()
    (got,) = sink.received()
    return got


@pytest.mark.parametrize("what", NAMES)
def test_from_is_the_installations_own_whatever_the_site_is_called(database, settings, sink, what):
    named = load(
        {
            "data_folder": settings.data_folder, "database_url": settings.database_url,
            "secret_key": settings.secret_key, "site_name": {"en": NAMES[what]},
        }, environ={},
    )  # fmt: skip
    core_db.bind(None)
    started = consult.start(named)
    try:
        got = delivered(named, sink, site_name={"en": NAMES[what]})
    finally:
        started.close()

    message = got.message
    assert [address.addr_spec for address in message["From"].addresses] == [SENDER]
    assert message.get_all("From") == [message["From"]]
    assert (got.sender, got.recipients, message["Bcc"], message["Sender"]) == (
        SENDER,
        ("anna@example.org",),
        None,
        None,
    )
    name = message["From"].addresses[0].display_name
    assert not any(sign in name for sign in "\r\n\x00\x07\x1b\u202e\u202c")
    assert letters(name)[:8] == letters(NAMES[what])[:8]
    assert len(letters(name)) <= NAME_MAX
    assert got.raw.isascii()
    assert max(len(line) for line in got.raw.split(b"\r\n")) <= 998


def test_answers_that_people_write_go_where_somebody_reads_them(database, settings, sink):
    got = delivered(settings, sink, mail_reply_to="people@ministry.example", bounce_address="bounces@consult.example")

    assert parseaddr(got.message["From"])[1] == SENDER
    assert got.message["Reply-To"] == "people@ministry.example"
    assert got.sender.endswith("@consult.example")


def test_without_such_an_address_there_is_no_reply_to(database, settings, sink):
    assert delivered(settings, sink).message["Reply-To"] is None


def test_a_reply_address_of_another_script_keeps_its_domain_in_ascii(database, settings, sink):
    got = delivered(settings, sink, mail_reply_to="people@bücher.example")

    assert got.message["Reply-To"] == "people@xn--bcher-kva.example"
    assert got.raw.isascii()


@pytest.mark.parametrize("name", ["mail_sender", "mail_reply_to"])
@pytest.mark.parametrize(
    "value", ["nobody", "Ministry <m@x.example>", "m@x.example, n@x.example", "m@x.example\r\nBcc: n@x.example"]
)
def test_what_is_no_single_address_stops_the_start(tmp_path, name, value):
    with pytest.raises(SettingWrong, match=f"{name} should be an address"):
        load({"data_folder": str(tmp_path), name: value}, environ={})
