"""Sending what waits in the outbox, one mail after the other on one connection.

Before the relay hears of a mail, its claim is committed; after its answer, the outcome, together with the claim of the next.
A process that dies in between leaves exactly one claimed mail behind, which the sweep calls uncertain when the lease ends.
Nothing of a mail is logged but its id and the relay's code.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from email.errors import MessageError

from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from consult.core import clock
from consult.core.db import reading, writing
from consult.core.i18n import use_language
from consult.core.ready import noting
from consult.core.settings import Settings
from consult.mail import operations, operations_pace, queries
from consult.mail.ahead import Ahead, Claimed, note_sent
from consult.mail.connection import Relay, RelayConnection
from consult.mail.keys import address_key, bounce_token
from consult.mail.letters import Letter, leaving_headers, new_letter, tagged, wire_address
from consult.mail.limits import Limits
from consult.mail.messages import CAME_BACK, MailTemplate, NotWanted, Renderer
from consult.mail.models import MailState, OutboxMail, Priority
from consult.mail.operations_suppressions import try_once
from consult.mail.outcome import Outcome
from consult.mail.queries_suppressions import standing
from consult.mail.signing import Signer

log = logging.getLogger("consult.mail")

# A relay that fails twice in a row is left alone until the next sweep: every further try could leave one more mail uncertain.
TROUBLES_MAX = 2
IDLE_MAX = 10.0  # seconds that a connection is kept open with nothing to say
LOOK_AGAIN = 0.02  # seconds, at least, where another process has the next mail in hand


@dataclass(frozen=True, slots=True)
class _Noted:
    mail: OutboxMail | Claimed
    outcome: Outcome


class Post:
    """The post office of an installation: its templates, its relay, and the rule that one thread at a time delivers."""

    def __init__(self, settings: Settings, templates: Mapping[str, MailTemplate]) -> None:
        self.settings = settings
        self.templates = templates
        self.renderer = Renderer(settings)
        self.relay = Relay(settings)
        self.signer = Signer(settings)
        self.lease = timedelta(seconds=settings.mail_lease_seconds)
        self.limits = Limits.of(settings)
        self.domain = wire_address(settings.mail_sender).rpartition("@")[2]
        self.ahead = Ahead(settings, templates, self.renderer, self.domain)
        self._turn = threading.Lock()
        self._asked = threading.Event()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Begin no further mail: the process is to end."""
        self._stopping.set()
        self._asked.set()  # where it waits for a turn

    def deliver(self) -> int:
        """Send what is due until nothing is, or the relay cannot be reached. Returns how many attempts were made.

        Where another thread of this process is at it, that one looks once more and this one is free for other jobs. Two
        processes may deliver side by side: the claims keep them apart.
        """
        attempts = 0
        self._asked.set()
        while self._asked.is_set() and self._turn.acquire(blocking=False):
            try:
                self._asked.clear()
                attempts += self._deliver_all()
            finally:
                self._turn.release()
        return attempts

    def deliver_one(self, mail_id: int) -> None:
        """Send one mail now, before all others, if it still waits. The relay is reached before the mail is claimed."""
        with self.relay.connect() as connection:
            problem = None if connection.is_open else connection.open()
            with writing() as db:
                mail = operations.claim_this_mail(db, mail_id, lease=self.lease, domain=self.domain, now=clock.now())
            if mail is not None:
                self._note(_Noted(mail, problem or self._attempt(connection, mail)))

    def _deliver_all(self) -> int:
        attempts = troubles = 0
        noted: _Noted | None = None
        with self.relay.connect() as connection:
            while troubles < TROUBLES_MAX and not self._stopping.is_set():
                if not connection.is_open:
                    self._note(noted)
                    noted = None
                    if not self._is_open(connection):
                        break
                    if not connection.is_open:
                        continue
                mail = self._note_and_claim(noted)
                noted = None
                if mail is None and not self._waited(connection):
                    break
                if mail is None:
                    continue
                noted = _Noted(mail, self._attempt(connection, mail))
                attempts += 1
                troubles = troubles + 1 if noted.outcome.connection_over else 0
            self._note(noted)
        return attempts

    def _waited(self, connection: RelayConnection) -> bool:
        """Wait for the next mail's turn, if it comes soon: not longer than until somebody asks. False where none comes."""
        now = clock.now()
        with reading() as db:
            at = operations_pace.next_turn(db, self.limits, now=now)
        if at is None:
            return False
        seconds = (at - now).total_seconds()
        if seconds > IDLE_MAX:
            connection.close()
        self._asked.wait(max(seconds, LOOK_AGAIN))
        self._asked.clear()
        return True

    def _is_open(self, connection: RelayConnection) -> bool:
        """Reach the relay if any mail waits for it, and wait if one will soon. False where there is no more to do.

        Where the relay cannot be reached, that mail is put off, and the others are left alone.
        """
        with reading() as db:
            due = queries.is_due(db, now=clock.now())
        if not due:
            return self._waited(connection)
        problem = connection.open()
        if problem is None:
            return True
        log.warning("the relay cannot be reached: %s %s", problem.code or "-", problem.text)
        mail = self._note_and_claim(None)
        if mail is not None:
            self._note(_Noted(mail, problem))
        return False

    def _note_and_claim(self, noted: _Noted | None) -> OutboxMail | Claimed | None:
        if noted is not None and self._goes_on(noted):
            ahead = self._note_and_claim_ahead(noted)
            if ahead is not None:
                return ahead
            noted = None
        with writing() as db:
            if noted is not None:
                self._note_in(db, noted)
            mail = operations.claim_mail(db, lease=self.lease, domain=self.domain, now=clock.now(), limits=self.limits)
        _log(noted)
        return mail

    def _goes_on(self, noted: _Noted) -> bool:
        """Whether the next mail can be one that is read ahead: after one of a campaign that the relay took, where no pace is kept."""
        if (
            self.limits.are_paced
            or noted.mail.priority != Priority.CAMPAIGN
            or noted.outcome.state is not MailState.SENT
        ):
            return False
        if not self.ahead.has_some():
            self._read_ahead()
        return self.ahead.has_some()

    def _read_ahead(self) -> None:
        """Read on. A mail that the relay took is not written down yet: whatever fails here is no reason to leave it so."""
        try:
            with reading() as db:
                self.ahead.read(db, now=clock.now())
        except (SQLAlchemyError, LookupError, TypeError, ValueError) as problem:
            log.error("mails could not be read ahead: %s", type(problem).__name__)
            self.ahead.drop()

    def _note_and_claim_ahead(self, noted: _Noted) -> Claimed | None:
        now = clock.now()
        with noting() as notes:
            note_sent(notes, noted.mail, noted.outcome, now=now)
            if not isinstance(noted.mail, Claimed) or noted.mail.is_paced:
                assert noted.mail.address is not None, "as it was when it was claimed"
                operations_pace.note_taken(notes, noted.mail.address)
            mail = self.ahead.claim_next(notes, lease=self.lease, now=now)
        _log(noted)
        return mail

    def _note(self, noted: _Noted | None) -> None:
        if noted is None:
            return
        with writing() as db:
            self._note_in(db, noted)
        _log(noted)

    def _note_in(self, db: Session, noted: _Noted) -> None:
        operations_pace.is_relay_free(db, self.limits, now=clock.now())  # the relay's row before any other
        operations.note_outcome(db, noted.mail, noted.outcome, now=clock.now(), limits=self.limits)

    def _attempt(self, connection: RelayConnection, mail: OutboxMail | Claimed) -> Outcome:
        if mail.template not in self.templates:  # queued by an earlier version, whose mail this one does not know
            log.error("mail %d: this version has no mail of the kind %s", mail.id, mail.template)
            return Outcome(MailState.FAILED, None, f"not made: this version has no mail of the kind {mail.template}")
        try:
            letter = self.letter(mail)
        except NotWanted as why:
            return Outcome(MailState.SUPPRESSED, None, str(why))
        except SQLAlchemyError:
            log.error("mail %d: the database failed while its values were read", mail.id)
            return Outcome(MailState.DEFERRED, None, "not made: the database failed")
        except (TemplateError, MessageError, LookupError, TypeError, ValueError) as problem:
            # a fault of ours, in one template: it is put off, seen in the log by its kind, and stops no other mail
            log.error("mail %d (%s) cannot be made: %s", mail.id, mail.template, type(problem).__name__)
            return Outcome(MailState.DEFERRED, None, f"not made: {type(problem).__name__}")
        return connection.send(letter)

    def letter(self, mail: OutboxMail | Claimed) -> Letter:
        """A claimed mail as it goes out.

        Raises NotWanted, also where mail to its address came back, and whatever a faulty template or loader raises.
        """
        ready = self.ahead.letter(mail, now=clock.now()) if isinstance(mail, Claimed) else None
        letter = ready or self._new_letter(mail)
        signed = self.signer.signed(letter.content)
        return letter if signed is letter.content else replace(letter, content=signed)

    def _may_try(self, mail: OutboxMail | Claimed) -> bool:
        """Whether a mail that its reader asked for may go where mail came back."""
        assert mail.address is not None, "a claimed mail has its address"
        with writing() as db:
            return try_once(db, address_key(mail.address), mail.id, now=clock.now())

    def _new_letter(self, mail: OutboxMail | Claimed) -> Letter:
        template = self.templates[mail.template]  # known: `_attempt` has looked
        assert mail.address is not None, "a claimed mail has its address"
        assert mail.message_id is not None, "a claimed mail has its Message-ID"
        may_try = template.asked_for and self._may_try(mail)
        with use_language(mail.language), reading() as db:
            suppressed = None if template.to_staff or may_try else standing(db, address_key(mail.address))
            if suppressed is not None:
                raise NotWanted(f"{CAME_BACK}{suppressed.status}")
            values = template.load(db, mail.parameters or {})
            rendered = self.renderer.render(template, values)
        leaving, bounces = rendered.leaving, self.settings.bounce_address
        return new_letter(
            rendered,
            name=f"{mail.id:08}",
            address=mail.address,
            sender=self.settings.mail_sender,
            message_id=mail.message_id,
            now=clock.now(),
            envelope_sender=tagged(bounces, bounce_token(mail.id)) if bounces else "",
            headers=leaving_headers(leaving, rendered.language, self.settings) if leaving else {},
            reply_to=self.settings.mail_reply_to,
        )


def _log(noted: _Noted | None) -> None:
    if noted is not None:
        log.info("mail %d: %s %s", noted.mail.id, noted.outcome.state, noted.outcome.code or "-")


_post: Post | None = None


def use_post(office: Post | None) -> None:
    """Let `post()` give this post office. One a process."""
    global _post
    _post = office


def post() -> Post:
    """The post office in use. Raises RuntimeError before `use_post()`."""
    if _post is None:
        raise RuntimeError("no post office: call consult.mail.delivery.use_post() first")
    return _post
