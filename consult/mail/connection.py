"""The way out: Flask-Mail, with its one connection subclassed, and the same interface writing files in a demonstration.

What Flask-Mail's own connection lacks: a timeout, verified TLS, the relay's answers, addresses that are not ASCII, closing
that cannot fail, ready bytes, and staying open for the next mail. Source: DESIGN section 6; reference: libraries.
"""

import ipaddress
import os
import smtplib
import ssl
from pathlib import Path
from smtplib import quoteaddr
from typing import Any
from urllib.parse import urlsplit

import flask_mail

from consult.core.settings import Settings
from consult.mail.letters import Letter
from consult.mail.models import MailState
from consult.mail.outcome import Outcome, of_answer, plain_words
from consult.mail.rules import is_plain_address

TROUBLE = (OSError, smtplib.SMTPException)  # ssl.SSLError and timeouts are OSErrors
NO_UTF8 = "the relay takes no addresses beyond ASCII (SMTPUTF8)"


class RelayConnection(flask_mail.Connection):
    """One connection to the relay, opened when first needed and used for many mails."""

    def __init__(self, mail: Any, settings: Settings) -> None:
        super().__init__(mail)
        self.settings = settings

    def __enter__(self) -> "RelayConnection":
        return self  # Flask-Mail would connect here, before we know whether there is a mail

    def __exit__(self, *_problem: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether the next mail can go out on it without a new conversation being opened."""
        return self.host is not None

    def open(self) -> Outcome | None:
        """Reach the relay and sign in. None where it worked; else what to note on the mail that waits for it."""
        try:
            self.host = self.configure_host()
        except TROUBLE as problem:
            code = getattr(problem, "smtp_code", None)
            words = plain_words(getattr(problem, "smtp_error", None) or str(problem) or type(problem).__name__)
            return Outcome(MailState.DEFERRED, code, words, connection_over=True)
        self.num_emails = 0
        return None

    def configure_host(self) -> smtplib.SMTP:
        """A conversation with the relay, encrypted as set and its certificate verified. Raises OSError, SMTPException."""
        wanted, context = self.settings, ssl.create_default_context()
        where = (self.mail.server, self.mail.port, _own_name(wanted.base_url))
        timeout = wanted.mail_timeout_seconds
        host = (
            smtplib.SMTP_SSL(*where, timeout=timeout, context=context)
            if self.mail.use_ssl
            else smtplib.SMTP(*where, timeout=timeout)
        )
        try:
            if self.mail.use_tls:
                host.starttls(context=context)  # raises where the relay offers none: never go on in the clear
            host.ehlo_or_helo_if_needed()
            if self.mail.username:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def send(self, letter: Letter) -> Outcome:  # type: ignore[override]
        """Hand over one letter. Says what became of it, and never raises: closes itself where it is of no more use."""
        outcome = self._said(letter)
        self.num_emails += 1
        if outcome.connection_over or self.num_emails >= self.mail.max_emails:
            self.close()
        elif outcome.state is not MailState.SENT:
            self._begin_anew()
        return outcome

    def _said(self, letter: Letter) -> Outcome:
        assert self.host is not None, "open() first"
        has_all_gone = False
        try:
            if letter.needs_utf8 and not self.host.has_extn("smtputf8"):
                return Outcome(MailState.FAILED, None, NO_UTF8)
            refused = self._pipelined(letter) if self.host.has_extn("pipelining") else self._one_by_one(letter)
            if refused is not None:
                return refused
            has_all_gone = True  # from here on the relay may have the mail whatever we hear
            self.host.send(_dotted(letter.content))
            code, answer = self.host.getreply()
            if 200 <= code < 300:
                return Outcome(MailState.SENT, code, plain_words(answer))
            if not 400 <= code < 600:  # no answer that the protocol knows
                return Outcome(MailState.UNCERTAIN, code, plain_words(answer), connection_over=True)
            return of_answer(code, answer, about_recipient=True)
        except TROUBLE as problem:
            state = MailState.UNCERTAIN if has_all_gone else MailState.DEFERRED
            return Outcome(state, None, plain_words(str(problem) or type(problem).__name__), connection_over=True)

    def _one_by_one(self, letter: Letter) -> Outcome | None:
        """Say from whom and to whom, and that the mail follows. None where the relay wants it."""
        assert self.host is not None, "open() first"
        code, answer = self.host.mail(letter.sender, ["SMTPUTF8"] if letter.needs_utf8 else [])
        if code != 250:
            return of_answer(code, answer, about_recipient=False)
        code, answer = self.host.rcpt(letter.recipient)
        if code not in (250, 251):
            return of_answer(code, answer, about_recipient=True, at_recipient=True)
        code, answer = self.host.docmd("DATA")
        return None if code == 354 else of_answer(code, answer, about_recipient=True)

    def _pipelined(self, letter: Letter) -> Outcome | None:
        """The same in one breath, where the relay takes that: half the waiting. RFC 2920.

        A relay that wants the mail although it refused its recipient gets none: an empty one, as the RFC says.
        """
        assert self.host is not None, "open() first"
        option = " SMTPUTF8" if letter.needs_utf8 else ""
        lines = (f"MAIL FROM:{_path(letter.sender)}{option}", f"RCPT TO:{_path(letter.recipient)}", "DATA", "")
        self.host.send("\r\n".join(lines).encode("utf-8" if letter.needs_utf8 else "ascii"))
        mail, rcpt, wanted = self.host.getreply(), self.host.getreply(), self.host.getreply()
        refused = None
        if mail[0] != 250:
            refused = of_answer(*mail, about_recipient=False)
        elif rcpt[0] not in (250, 251):
            refused = of_answer(*rcpt, about_recipient=True, at_recipient=True)
        elif wanted[0] != 354:
            refused = of_answer(*wanted, about_recipient=True)
        if refused is not None and wanted[0] == 354:
            self.host.send(b".\r\n")
            self.host.getreply()
        return refused

    def _begin_anew(self) -> None:
        """Clear the half-made mail that a refusal left behind."""
        assert self.host is not None
        try:
            if self.host.rset()[0] != 250:
                self.close()
        except TROUBLE:
            self.close()

    def close(self) -> None:
        """Say goodbye if the relay still listens; a fault while leaving says nothing about the mails that went out."""
        host, self.host = self.host, None
        if host is None:
            return
        try:
            if host.sock is not None:
                host.sock.settimeout(min(5, self.settings.mail_timeout_seconds))
            host.quit()
        except TROUBLE:
            pass
        finally:
            host.close()


class CapturingConnection(RelayConnection):
    """Writes each mail to a file instead, whole or not at all, synced before it counts as sent."""

    @property
    def is_open(self) -> bool:
        """Always."""
        return True

    def send(self, letter: Letter) -> Outcome:  # type: ignore[override]
        """Write the letter to <data>/mail/<name>.eml."""
        folder = mailbox(self.settings)
        folder.mkdir(mode=0o700, exist_ok=True)
        new = folder / f"{letter.name}.new"
        try:
            with new.open("wb") as target:
                target.write(letter.content)
                target.flush()
                os.fsync(target.fileno())
            new.replace(folder / f"{letter.name}.eml")
        except OSError as problem:
            return Outcome(MailState.DEFERRED, None, plain_words(problem.strerror or ""), connection_over=True)
        return Outcome(MailState.SENT, 250, "written to a file")


class Relay(flask_mail.Mail):
    """Flask-Mail's entry, set from our settings, and giving our connection."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.state = self.init_mail(
            {
                "MAIL_SERVER": settings.mail_host,
                "MAIL_PORT": settings.mail_port,
                "MAIL_USERNAME": settings.mail_user,
                "MAIL_PASSWORD": settings.mail_password,
                "MAIL_USE_TLS": settings.mail_security == "starttls",
                "MAIL_USE_SSL": settings.mail_security == "tls",
                "MAIL_DEFAULT_SENDER": settings.mail_sender,
                "MAIL_MAX_EMAILS": settings.mail_per_connection,
            }
        )

    def connect(self) -> RelayConnection:
        """A connection, not opened yet: to the relay, or to the folder of captured mails."""
        kind = CapturingConnection if self.settings.captures_mail else RelayConnection
        return kind(self.state, self.settings)


def mailbox(settings: Settings) -> Path:
    """The folder of captured mails."""
    return settings.data / "mail"


def _own_name(base_url: str) -> str:
    """What we call ourselves: the site's name, not the machine's, whose look-up can also take long."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _path(address: str) -> str:
    """An address as it stands in a command. Raises ValueError for one that would be two commands."""
    if is_plain_address(address):
        return f"<{address}>"
    if "\r" in address or "\n" in address:
        raise ValueError("a line end in an address")
    return quoteaddr(address)


def _dotted(content: bytes) -> bytes:
    """The content as DATA takes it: lines that begin with a dot get another, and the end is marked. RFC 5321 4.5.2."""
    dotted = content.replace(b"\n.", b"\n..")
    first, end = (b"." if dotted.startswith(b".") else b""), (b"" if content.endswith(b"\r\n") else b"\r\n")
    return b"".join((first, dotted, end, b".\r\n"))
