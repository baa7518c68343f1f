"""A link scanner opens every address of every mail, as a program does that guards a mailbox, and nothing at all changes: no row of
any table, no session, no job. Every kind of mail of the worker's table is tried, those to staff as well: a new one has no line
here, and fails.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core import clock
from consult.core.db import writing
from consult.custody.models_roll import RollCall
from consult.jobs.queue import queue
from consult.mail.delivery import Post
from consult.mail.messages import NotWanted
from consult.mail.models import Mail
from consult.mail.operations import claim_this_mail, queue_mail
from consult.mailings.models import Campaign
from consult.stakeholders.models import Stakeholder
from consult.worker import MAILS
from tests.mailings.test_forwarded import ADDRESS, _campaigns, parameters_of, reader  # noqa: F401
from tests.support.world import NOON, World, everything

KINDS = sorted(MAILS)
WITHOUT_ADDRESS = {"address_moved", "forgetting_told"}  # with nothing to press: they say whom to call
BASE = "https://consult.example.org"
WRITTEN = re.compile(re.escape(BASE) + r"(/[^\s<>\"'\\)]*)?")
HEADERS = ("List-Unsubscribe", "List-Archive")
FAULT = 500  # what it answers is not this test's business, but that it answers


def parameters_for_staff(kind: str, world: World) -> list[dict[str, Any]]:
    """With what the mails of a kind that goes to staff are made."""
    officer = world.staff["protection_officer"].id
    with writing() as db:
        if kind in ("test", "account_changed"):
            return [{}]
        if kind == "campaign_test":
            return [{"campaign": one} for one in _campaigns(db, world)]
        if kind == "list_test":
            return [{"campaign": db.query(Campaign).filter_by(ref=world.ids[""]["own_news"]).one().id}]
        if kind == "officers_asked":
            return [{"call": db.query(RollCall).filter_by(ref=world.ids[""]["roll"]).one().id, "staff": officer}]
        if kind == "officers_day":
            return [{"staff": officer}]
        if kind == "protection_asked":
            return [{"stakeholder": db.query(Stakeholder).filter_by(email_key=ADDRESS).one().id}]
    raise AssertionError(f"a new kind of mail to staff: say here how one is made ({kind})")


def letters(kind: str, world: World) -> list[EmailMessage]:
    """Mails of a kind as they go over the wire, from the outbox and by the post office: with their headers."""
    settings = replace(
        world.app.extensions["consult settings"],
        base_url=BASE,
        leave_address="leave@x.example",
        bounce_address="b@x.example",
    )
    office, found = Post(settings, MAILS), []
    made = parameters_for_staff if MAILS[kind].to_staff else parameters_of
    for number, parameters in enumerate(made(kind, world)):
        with writing() as db:
            mail = Mail(kind, f"scanned:{number}", f"scan:{number}", f"{number}@reader.example", "en", parameters)
            row = queue_mail(db, mail, now=NOON)
            claimed = claim_this_mail(db, row.id, lease=timedelta(minutes=5), domain="x.example", now=NOON)
        try:
            letter = office.letter(claimed)
        except NotWanted:
            continue
        parsed = message_from_bytes(letter.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append(parsed)
    return found


def paths_in(letter: EmailMessage) -> Iterator[str]:
    """Every address of ours in a mail: of its headers, of each of its parts as it is written, and of what its HTML links to or shows."""
    for name in HEADERS:
        yield from _written(str(letter.get(name, "")))
    for part in letter.walk():
        if part.is_multipart():
            continue
        words = part.get_content()
        words = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        if part.get_content_type() == "text/html":
            for address in html.fromstring(words).xpath("//@href | //@src | //@action"):
                yield from _written(address)
            words = html.fromstring(words).text_content()
        yield from _written(words)


def _written(words: str) -> Iterator[str]:
    for found in WRITTEN.finditer(words):
        yield found[1] or "/"


def waiting() -> int:
    """Jobs that somebody asked for."""
    return int(queue().huey.pending_count())


def scan(client: FlaskClient, path: str) -> None:
    """Open an address twice, and ask for its head twice, wherever it leads."""
    for method in ("HEAD", "GET") * 2:
        with clock.at(NOON):
            answer = client.open(path, method=method, follow_redirects=True)
        assert answer.status_code < FAULT, path


@pytest.mark.parametrize("kind", KINDS)
def test_a_scanner_that_opens_every_address_of_every_mail_changes_nothing(reader: World, kind: str):  # noqa: F811
    mails = letters(kind, reader)
    paths = list(dict.fromkeys(path for letter in mails for path in paths_in(letter)))
    before, jobs = everything(), waiting()

    in_their_browser = reader.browser("secretariat" if MAILS[kind].to_staff else "participant")
    keeps_cookies, keeps_none = reader.app.test_client(), reader.app.test_client(use_cookies=False)
    for path in paths:
        for client in (keeps_cookies, keeps_none, in_their_browser):
            scan(client, path)

    assert mails != [], f"no mail of the kind {kind} could be made: nothing was tried"
    assert (paths == []) == (kind in WITHOUT_ADDRESS), "a mail without an address of ours: then it is named above"
    assert changes(before, everything()) == {}
    assert waiting() == jobs


LOADS = "//img | //@src | //@srcset | //@background | //link | //script | //iframe | //object | //*[contains(@style, 'url(')]"


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_tells_that_it_was_opened_nor_leads_through_a_counter(reader: World, kind: str):  # noqa: F811
    """Nothing is loaded when a mail is opened, and an address in it is the one that it leads to, ours or as it was written."""
    mails = letters(kind, reader)

    assert mails != []
    for letter in mails:
        plain, rich = (letter.get_body((kind_of,)) for kind_of in ("plain", "html"))
        assert plain is not None
        if rich is None:
            continue
        page = html.fromstring(rich.get_content())
        assert page.xpath(LOADS) == []
        leads_to = set(page.xpath("//@href"))
        assert {one for one in leads_to if not one.startswith((BASE, "mailto:"))} == set()
        assert {one for one in leads_to if one.startswith(BASE) and one not in plain.get_content()} == set()


def changes(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The rows that were not there before, or are not there any more, by their table."""
    return {
        name: [row for row in before[name] + rows if row not in before[name] or row not in rows]
        for name, rows in after.items()
        if before[name] != rows
    }


def test_what_a_press_changes_is_seen(reader: World):  # noqa: F811
    """So that the comparison above is known to find what there is to find: a door that is entered, by the one who presses."""
    with writing() as db:
        participant = db.query(Participant).filter_by(id=reader.ids["participant"]["id"]).one()
        token = doors.token_of(doors.door_of(db, participant))
    before = everything()

    with clock.at(NOON):
        answer = reader.app.test_client().post(f"/en/door/{token}")

    assert answer.status_code == 303
    assert "session" in changes(before, everything())
