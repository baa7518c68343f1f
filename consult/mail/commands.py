"""What `consult mail …` does: a test of the way out, and the decisions about uncertain mails."""

import time

import click

from consult.core import clock
from consult.core.db import reading, writing
from consult.core.i18n import languages
from consult.core.ids import random_code
from consult.core.refusals import Refused
from consult.mail import operations, queries
from consult.mail.delivery import post
from consult.mail.mails import TEST
from consult.mail.models import WAITING, Mail, MailState, OutboxMail

PATIENCE = 60.0  # seconds, where a running worker took the mail first


def send_test(address: str, language: str) -> int:
    """Queue a test mail, send it now, and print what became of it. Returns the exit code: 0 where the relay took it."""
    one = random_code()
    mail = Mail(TEST.name, f"test:{one}", f"test:{one}", address, language or languages()[0].code)
    try:
        with writing() as db:
            mail_id = operations.queue_mail(db, mail, now=clock.now()).id
    except Refused as problem:
        click.echo(str(problem), err=True)
        return 2
    post().deliver_one(mail_id)
    row = _settled(mail_id)
    answer = " ".join(str(part) for part in (row.reply_code, row.reply_text) if part)
    if row.state is MailState.SENT:
        click.echo(f"The relay took the mail: {answer}")
        return 0
    click.echo(f"The mail did not go out ({row.state}): {answer or 'no answer'}", err=True)
    return 1


def _settled(mail_id: int) -> OutboxMail:
    """The mail's row once nobody is talking about it, or as it stands after a minute."""
    until = time.monotonic() + PATIENCE
    while True:
        with reading() as db:
            row = db.get_one(OutboxMail, mail_id)
        begun = row.state in WAITING and row.attempts == 0
        if (row.state is not MailState.CLAIMED and not begun) or time.monotonic() > until:
            return row
        time.sleep(0.2)


def show_uncertain() -> None:
    """Print each uncertain mail: number, template, person, cause, when it was tried, what the relay said."""
    after = 0
    while True:
        with reading() as db:
            rows = queries.list_uncertain(db, after=after)
        for row in rows:
            tried = f"{row.attempted_at:%Y-%m-%d %H:%M} UTC" if row.attempted_at else "-"
            click.echo(f"{row.id}  {row.template}  {row.person}  {row.cause}  {tried}  {row.reply_text or '-'}")
        if not rows:
            break
        after = rows[-1].id
    if not after:
        click.echo("No mail is uncertain.")


def decide(mail_id: int, decision: str) -> None:
    """Carry out a decision: resend, arrived or lost. Raises LookupError for an unknown mail, and MailNotUncertain."""
    with writing() as db:
        mail = db.get(OutboxMail, mail_id)
        if mail is None:
            raise LookupError(f"There is no mail {mail_id}.")
        if decision == "resend":
            operations.resend_mail(db, mail, by=None, now=clock.now())
        else:
            operations.settle_mail(db, mail, arrived=decision == "arrived", by=None, now=clock.now())
    click.echo("Done.")
