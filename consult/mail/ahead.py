"""Mails of a campaign, read some hundreds ahead: what their readers may get is asked in a few statements, not one by one.

Each is still claimed by itself, in the transaction that notes what became of the one before, and by the same conditions: so a
process that dies leaves one uncertain mail behind, here as there. What was read ahead holds for a second; whoever left within it
gets the mail as one that was in hand. Where a single mail waits, a limit is set, a domain says "later" or a campaign halts, the
ordinary way decides (`operations.claim_mail`).
"""

import random
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from consult.core.i18n import use_language
from consult.core.ids import digest
from consult.core.ready import Noting, Ready
from consult.core.settings import Settings
from consult.mail.keys import address_key, bounce_token, domain_key, new_message_id
from consult.mail.letters import Letter, tagged
from consult.mail.messages import CAME_BACK, MailTemplate, ManyLoader, NotWanted, Renderer, Values
from consult.mail.models import REPLY_MAX, Halt, MailState, OutboxMail, Pace, Priority
from consult.mail.moulds import Mould, Own, new_mould, split, takes
from consult.mail.outcome import Outcome
from consult.mail.queries_suppressions import standing_codes

LEAST, MOST = 20, 200  # mails read ahead: as many as lately went out while that held, and again as many
FRESH = 1.0  # seconds for which that holds
MOULDS_MAX = 16  # letters kept: languages of the campaigns that go out now
_dice = random.SystemRandom()


class Claimed(NamedTuple):
    """A mail that was read ahead, as far as its outcome and its letter need it; in hand once `claim_next` has given it."""

    id: int
    template: str
    cause: str
    address: str
    language: str
    parameters: Mapping[str, Any]
    message_id: str | None
    created_at: datetime
    attempts: int
    priority: Priority = Priority.CAMPAIGN
    values: Values | None = None  # None = not wanted
    status: str = ""  # with which code mail to the address came back
    is_paced: bool = False  # something is known of its domain


_m = OutboxMail.__table__.c
_NEXT = (
    select(
        _m.id, _m.template, _m.cause, _m.address, _m.language, _m.parameters, _m.message_id, _m.created_at, _m.attempts
    )
    .where(_m.priority == Priority.CAMPAIGN, _m.next_at <= bindparam("now"))
    .order_by(_m.next_at, _m.id)
    .limit(bindparam("most"))
)
# What comes before a mail of a campaign: a single mail, a domain that says "later", a halt of the campaign.
_single = OutboxMail.__table__.alias().c
_COMES_FIRST = or_(
    exists().where(_single.priority == Priority.SINGLE, _single.next_at <= bindparam("at")),
    exists().where(Pace.key == bindparam("of"), Pace.free_at > bindparam("at")),
    exists().where(Halt.cause == bindparam("why"), Halt.lifted_at.is_(None)),
)
_LOOK = Ready(select(_COMES_FIRST))
# Ready: each mail of 50,000 waits for these two.
_SENT = Ready(
    update(OutboxMail.__table__)  # type: ignore[arg-type]
    .where(_m.id == bindparam("mail"), _m.attempts == bindparam("attempt"), _m.finished_at.is_(None))
    .values(
        state=MailState.SENT, lease_until=None, next_at=None, address=None, parameters=None, finished_at=bindparam("at"),
        reply_code=bindparam("code"), reply_text=bindparam("words"),
    )
)  # fmt: skip
# None but what waits has a turn (CHECK), so that its state need not be asked. Gives whether something is known of the domain.
_CLAIM = Ready(
    update(OutboxMail.__table__)  # type: ignore[arg-type]
    .where(
        _m.id == bindparam("mail"), _m.next_at <= bindparam("at"), _m.attempts == bindparam("before"),
        _m.address == bindparam("where"), ~_COMES_FIRST,
    )
    .values(
        state=MailState.CLAIMED, attempts=bindparam("attempt"), next_at=None, lease_until=bindparam("until"),
        attempted_at=bindparam("at"), message_id=bindparam("own_id"), bounce_digest=bindparam("bounces"),
        address_key=bindparam("key"),
    )
    .returning(exists().where(Pace.key == bindparam("of")))
)  # fmt: skip


class Ahead:
    """What one post office has read ahead, and the letters it has ready."""

    def __init__(
        self, settings: Settings, templates: Mapping[str, MailTemplate], renderer: Renderer, domain: str
    ) -> None:
        self.settings, self.templates, self.renderer, self.domain = settings, templates, renderer, domain
        self._next: list[Claimed] = []
        self._until, self._most, self._used = 0.0, MOST, MOST
        self._moulds: list[Mould] = []

    def has_some(self) -> bool:
        """Whether something is read ahead that still holds."""
        return bool(self._next) and time.monotonic() < self._until

    def drop(self) -> None:
        """Forget it: something else comes first."""
        self._next = []

    def read(self, db: Session, *, now: datetime) -> None:
        """Read the next mails of campaigns, as far as their templates know how to for many."""
        self._most, self._used = min(MOST, max(LEAST, 2 * self._used)), 0
        self._until = time.monotonic() + FRESH
        rows = db.connection().execute(_NEXT, {"now": now, "most": self._most})
        known = [one for one in (Claimed(*row) for row in rows) if self._load_many(one.template) is not None]
        codes = standing_codes(db, [one.address for one in known])
        ready = {one.id: values for one, values in self._loaded(db, known)}
        self._next = [
            one._replace(values=ready[one.id], status=codes.get(one.address, ""))
            for one in reversed(known)
            if one.id in ready
        ]

    def _loaded(self, db: Session, known: list[Claimed]) -> Iterator[tuple[Claimed, Values | None]]:
        """Those whose values could be read; where a loader stumbles, its mails go the ordinary way, one by one."""
        for name in {one.template for one in known}:
            part, load_many = [one for one in known if one.template == name], self._load_many(name)
            assert load_many is not None, "only these are asked"
            try:
                found = load_many(db, [(one.language, one.parameters) for one in part])
            except (SQLAlchemyError, LookupError, TypeError, ValueError):
                continue
            yield from zip(part, found, strict=True)

    def _load_many(self, name: str) -> ManyLoader | None:
        template = self.templates.get(name)
        return template.load_many if template is not None else None

    def claim_next(self, notes: Noting, *, lease: timedelta, now: datetime) -> Claimed | None:
        """Take the next that nobody else has. None where none is left, or the ordinary way must decide.

        To be committed before the relay hears of it.
        """
        while self._next:
            mail = self._next.pop()
            own_id = mail.message_id or new_message_id(self.domain)
            asked = {"at": now, "of": domain_key(mail.address), "why": mail.cause}
            taken = _CLAIM.run(notes, {
                **asked, "mail": mail.id, "before": mail.attempts, "attempt": mail.attempts + 1, "where": mail.address,
                "until": now + lease, "own_id": own_id, "bounces": digest(bounce_token(mail.id)),
                "key": address_key(mail.address),
            }).fetchall()  # fmt: skip
            if taken:
                self._used += 1
                return mail._replace(attempts=mail.attempts + 1, message_id=own_id, is_paced=bool(taken[0][0]))
            if _LOOK.run(notes, asked).fetchone()[0]:
                self.drop()
                return None
            _dice.shuffle(self._next)  # somebody else is at the same mails: do not run after them
        return None

    def letter(self, mail: Claimed, *, now: datetime) -> Letter | None:
        """The letter of a mail in hand. None where it is not plain enough, or not wanted: then it is made by itself.

        Raises NotWanted, and what rendering raises.
        """
        if mail.status:
            raise NotWanted(f"{CAME_BACK}{mail.status}")
        if mail.values is None:
            return None  # its loader says why, one by one
        template = self.templates[mail.template]
        shared, tokens = split(template, mail.values)
        bounces = self.settings.bounce_address
        sender = tagged(bounces, bounce_token(mail.id)) if bounces else self.settings.mail_sender
        assert mail.message_id is not None, "a claimed mail has its Message-ID"
        own = Own(f"{mail.id:08}", mail.address, mail.message_id, sender, tokens)
        if not takes(own, self.domain):
            return None
        mould = self._mould(template, mail.language, shared, frozenset(tokens))
        return mould.filled(own, now=now) if mould is not None else None

    def _mould(self, template: MailTemplate, language: str, shared: Values, has: frozenset[str]) -> Mould | None:
        for mould in self._moulds:
            if mould.fits(template, language, shared, has):
                return mould
        with use_language(language):
            made = new_mould(self.renderer, template, language, shared, has, self.settings)
        if made is not None:
            self._moulds = [made, *self._moulds[: MOULDS_MAX - 1]]
        return made


def note_sent(notes: Noting, mail: Claimed | OutboxMail, outcome: Outcome, *, now: datetime) -> None:
    """Write down that the relay took a mail, unless another attempt has begun since."""
    text = outcome.text[:REPLY_MAX] or None
    noted = {"mail": mail.id, "attempt": mail.attempts, "at": now, "code": outcome.code, "words": text}
    _SENT.run(notes, noted)
