"""The demonstration's mailings: a list with its readers, a reminder, news after which one mail comes back and one leaves, a debriefing."""

from datetime import datetime

from flask import Flask

from consult.core import clock
from consult.core.db import writing
from consult.core.settings import Settings
from consult.demo.content_files import scripted_registry
from consult.demo.participation import send_campaign, send_from
from consult.demo.registry import mailed_link
from consult.demo.visiting import Astray, Visitor
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.keys import bounce_token
from consult.mail.operations_bounces import Ingested
from consult.mailings.operations_ingest import take_message

REPORT = """From: MAILER-DAEMON@relay.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain; charset=us-ascii

There is no such mailbox.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--part--
"""


def begin_list(desk: Visitor) -> None:
    """A list to which anybody can sign up."""
    one = scripted_registry()["list"]
    words = {f"{name}_{code}": said for name in ("name", "what_it_is", "how_often") for code, said in one[name].items()}
    desk.submit("/staff/mailing-lists/new/", {"slug": one["slug"]} | words)


def sign_up_readers(app: Flask) -> None:
    """Readers sign up on the list's page, and say yes with the links of their mails; one has not done so yet."""
    slug = scripted_registry()["list"]["slug"]
    for one in scripted_registry()["readers"]:
        visitor, address = Visitor(app), one["address"]
        visitor.submit(f"/{one['language']}/lists/{slug}/", {"address": address})
        queue().work_off()
        if one["confirms"]:
            visitor.submit(mailed_link(app, address, "confirm"))


def mail_list(desk: Visitor, approver: Visitor, consultation: str) -> None:
    """Tell the readers of the list that a round is open."""
    to = f"list:{scripted_registry()['list']['slug']}"
    send_campaign(desk, approver, consultation, "news", {"audience": to} | _words("opening"))


def send_own_news(desk: Visitor, approver: Visitor) -> None:
    """What the list itself has to tell, about no consultation."""
    slug = scripted_registry()["list"]["slug"]
    send_from(desk, approver, f"/staff/mailing-lists/{slug}/mailings/new/news/", _words("yearly"))


def remind(desk: Visitor, approver: Visitor, consultation: str) -> str:
    """Remind those who were invited and have not commented. Returns the page of the reminder."""
    return send_campaign(desk, approver, consultation, "reminder")


def send_news(desk: Visitor, approver: Visitor, consultation: str) -> None:
    """News to those who take part and said yes to news, in their languages."""
    send_campaign(desk, approver, consultation, "news", {"audience": "participants"} | _words("news"))


def send_debriefing(desk: Visitor, approver: Visitor, consultation: str) -> None:
    """Tell all who take part what came of it, once the answers are published."""
    send_campaign(desk, approver, consultation, "debriefing", {"audience": "participants"} | _words("debriefing"))


def take_what_comes_of_it(app: Flask) -> None:
    """One mail comes back, and one reader leaves: by the link in theirs, and the one that it brings to the mailbox.

    Raises Astray where either changes nothing.
    """
    script, settings = scripted_registry(), app.extensions["consult settings"]
    come_back(settings, script["comes_back"], now=clock.now())
    reader = Visitor(app)
    reader.submit(mailed_link(app, script["leaves"], "leave"), {"scope": "consultation"})
    queue().work_off()
    reader.submit(mailed_link(app, script["leaves"], "leave/confirm"))


def come_back(settings: Settings, address: str, *, now: datetime) -> None:
    """Hand over the report that a mail server would send about the newest mail to an address."""
    mail = next(one for one in list_captured(mailbox(settings), limit=10_000) if address in one.to)
    local, _at, domain = settings.bounce_address.partition("@")
    to = f"{local}+{bounce_token(int(mail.name))}@{domain}"
    with writing() as db:
        taken = take_message(db, REPORT.format(to=to, address=address).encode(), settings, now=now)
    if taken is not Ingested.SUPPRESSED:
        raise Astray(f"the report about the mail to {address} changed nothing: {taken}")


def _words(name: str) -> dict[str, str]:
    one = scripted_registry()[name]
    return {f"{part}_{code}": said for part in ("subject", "body") for code, said in one[part].items()}
