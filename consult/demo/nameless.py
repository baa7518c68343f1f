"""The demonstration's comments without a name: sent through safe's own pages, opened, released and answered by the officers' desk."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

import consult
from consult.accounts.models import Role, Staff
from consult.consultations.models import Consultation
from consult.core import clock, crypto
from consult.core.db import reading, writing
from consult.core.files import store
from consult.custody import operations, operations_keys
from consult.custody import queries as custody
from consult.custody.models import Officer
from consult.custody.sides import safe_in_use
from consult.demo import beside
from consult.demo.beside import Sides
from consult.demo.content_files import CONTENT, Scripted
from consult.demo.officer import Desk, half_of, opening_file
from consult.demo.officer import Letter as DeskLetter
from consult.demo.visiting import Astray, Visitor
from consult.jobs.models import Task, TaskState
from consult.jobs.queue import queue
from consult.rounds.models import Channel, Comment
from consult.safe import self_check
from consult.safe.scanning import address_spellings, find_traces, spellings
from consult.safe.ticking import House, tick
from consult.safe.trial import TrialOfficer
from consult.safe_desk.desk_files import call_of, hand_out_batches
from consult.safe_desk.jobs import exchange_run
from consult.safe_desk.operations_results import UPLOADS, upload_result

ADDRESS = "2001:db8:77:aa::1234"  # RFC 3849: nobody's
WITHDRAWING = timedelta(days=4)  # from the closing: three days' notice, and the day on which it is given
AGENT = "demonstration-browser-7f3a91c2"  # looked for in every file of safe afterwards


@dataclass(frozen=True, slots=True)
class Letter:
    """One comment without a name, what the officers make of it, and what the team answers."""

    ref: str
    language: str
    use: str
    text: str
    public: str = ""
    question: str = ""
    follow_up: str = ""
    answer: str = ""
    reason: str = ""
    withdraw: bool = False

    def as_answered(self) -> Scripted:
        """The same as the team sees and answers it."""
        return Scripted(
            who="",
            name="",
            organisation="",
            ref=self.ref,
            language=self.language,
            text=self.public,
            suggest=(),
            evidence="",
            consent="without_name",
            answer=self.answer,
            reason=self.reason,
            black_out=(),
            withhold="",
        )


def scripted_letters() -> list[Letter]:
    """All of them, in the order in which they come."""
    return [Letter(**one) for one in json.loads((CONTENT / "nameless.json").read_text("utf-8"))]


@dataclass
class Nameless:
    """The officers with their keys, the consultation key's two copies, and the people with their codes."""

    sides: Sides
    slug: str
    officers: list[TrialOfficer]
    emails: list[str]
    safe_app: Flask | None = None
    copies: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # by text: what a person has on paper

    # --- officers and their key ---

    def begin(self, administrator: str) -> None:
        """Cards are handed in and appointed, safe pins them, the key is made, and everyone confirms their half."""
        for officer, email in zip(self.officers, self.emails, strict=True):
            with writing() as db:
                by = _person(db, email)
                roles = [Role.PROTECTION_OFFICER]
                card = operations.hand_in_card(db, officer.card, by=by, roles=roles, now=clock.now())
                boss = _person(db, administrator)
                operations.appoint_officer(db, card, officer.fingerprint, by=boss, now=clock.now())
        beside.set_up_safe(self.sides, [officer.card for officer in self.officers])
        self.safe_app = consult.create_safe_app(self.sides.safe, listener="clearnet")
        beside.use_languages(self.sides)
        safe = safe_in_use()
        with writing() as db:
            found, maker, by = self.at(db, 0)
            content = opening_file(call_of(safe, found), self.officers)
            operations_keys.open_key(db, safe, found, content, officer=maker, by=by, now=clock.now())
        self.copies = [self._confirm(number) for number in range(len(self.officers))]

    def at(self, db: Session, number: int) -> tuple[Consultation, Officer, Staff]:
        """The consultation, and the officer of a number as main knows them."""
        by = _person(db, self.emails[number])
        officer = custody.officer_of(db, by.id)
        if officer is None:
            raise Astray(f"{self.emails[number]} is no officer")
        return db.query(Consultation).filter_by(slug=self.slug).one(), officer, by

    def _confirm(self, number: int) -> str:
        safe = safe_in_use()
        with writing() as db:
            found, officer, by = self.at(db, number)
            (key,) = custody.list_keys(db, found.id)
            copy = custody.copy_of(db, key.id, officer.id)
            if copy is None:
                raise Astray("an officer has no half of the key")
            content = operations_keys.hand_out_half(db, safe, found, copy, by=by, now=clock.now())
            half_of(content, self.officers[number])  # as the custodian file does: it opens
            operations_keys.confirm_half(db, safe, found, copy, by=by, now=clock.now())
        return content

    # --- the exchange ---

    def exchange(self) -> None:
        """Files go both ways: main tells safe, safe takes and gives out what is due, main takes it and says so."""
        exchange_run()
        tick(House.load(self.sides.safe), at_once=True)
        exchange_run()

    def desk_file(self, number: int) -> str:
        """The desk file, fetched by the officer of a number."""
        with writing() as db:
            found, officer, by = self.at(db, number)
            desk = hand_out_batches(db, safe_in_use(), found, officer, by=by, now=clock.now())
        return b"".join(desk.pieces()).decode()

    def at_desk(self, number: int, work: Callable[[Desk], None] = lambda _desk: None, *, closing: bool = False) -> None:
        """An officer opens all there is, decides, and hands in the result. Raises Astray where it is not taken."""
        officer = self.officers[number]
        desk = Desk(self.desk_file(number), officer, half_of(self.copies[number], officer))
        work(desk)
        key = store().keep(desk.result(closing=closing), kind=UPLOADS)
        with writing() as db:
            found, card, by = self.at(db, number)
            task = upload_result(db, found, card, key, next_url="/staff/", by=by, now=clock.now())
        queue().work_off()
        with reading() as db:
            if db.get_one(Task, task.id).state is not TaskState.DONE:
                raise Astray("an officer's result was not taken")
        self.exchange()

    # --- the people ---

    def _visitor(self) -> Visitor:
        if self.safe_app is None:
            raise Astray("safe is not set up")
        visitor = Visitor(self.safe_app)
        visitor.client.environ_base |= {"REMOTE_ADDR": ADDRESS, "HTTP_USER_AGENT": AGENT}
        return visitor

    def send(self, one: Letter) -> None:
        """Write, check, note the code, send."""
        visitor, page = self._visitor(), f"/{one.language}/{self.slug}/comment/{one.ref}/"
        check = visitor.submit(page, {"text": one.text, "use": one.use, "do": "check"}).text
        self.codes[one.text] = code = "".join(re.findall(r"<span>([0-9]{5})</span>", check))
        sent = visitor.send(page, check, {"do": "send"}).text
        if len(code) != 30 or crypto.grouped(code).split()[0] not in sent:
            raise Astray("a comment without a name was not sent")

    def come_back(self, one: Letter) -> tuple[Visitor, str]:
        """Come back with the code from paper. Returns the browser and the page of the comment."""
        visitor, page = self._visitor(), f"/{one.language}/return/"
        return visitor, visitor.submit(page, {"code": crypto.grouped(self.codes[one.text])}).text

    def take_back(self, one: Letter) -> None:
        """Withdraw by the code."""
        visitor, page = self.come_back(one)
        act = f"/{one.language}/return/withdraw/"
        asked = visitor.send(act, page, action=act).text
        visitor.send(act, asked, {"do": "withdraw"}, action=act)

    def reply(self, one: Letter) -> None:
        """Read the officers' question, and answer it. Raises Astray where it is not there."""
        visitor, page = self.come_back(one)
        if _plain(one.question) not in _plain(page):
            raise Astray("the officers' question did not arrive")
        act = f"/{one.language}/return/reply/"
        visitor.send(act, page, {"text": one.follow_up}, action=act)

    def check_answered(self, one: Letter) -> None:
        """See the published answer under the code. Raises Astray where it is not there."""
        if _plain(one.reason) not in _plain(self.come_back(one)[1]):
            raise Astray("an answer did not reach the holder of a code")

    # --- afterwards ---

    def find_traces(self) -> list[str]:
        """Whatever tells of these people in any file of safe or between the sides, and what is wrong with safe's own files."""
        settings = self.sides.safe
        house = House.load(settings)
        secret = [house.secret.salt, house.secret.sign]
        known = {"browser": spellings(AGENT, secret), "address": address_spellings(ADDRESS, secret)}
        for number, (text, code) in enumerate(self.codes.items()):
            known[f"text {number}"], known[f"code {number}"] = spellings(text, secret), spellings(code, secret)
        folders = [settings.data, settings.runtime, Path(settings.in_folder), Path(settings.out_folder)]
        traces = find_traces(folders, known)
        return [f"{one.canary} stands in {Path(one.place).name}" for one in traces] + self_check.check(settings)


def _plain(words: str) -> str:
    return "".join(re.findall(r"\w+", html.unescape(words)))


def _person(db: Session, email: str) -> Staff:
    return db.query(Staff).filter_by(email=email).one()


def send_all(people: Nameless, *, begins: datetime, say: Callable[[str], None]) -> None:
    """The open round as people and officers live it: seven comments, one withdrawn, one question answered, six released."""
    letters = scripted_letters()
    first, others = letters[:3], letters[3:]
    asked = next(one for one in letters if one.question)
    with clock.at(begins + timedelta(days=10)):
        people.exchange()
        for one in first:
            people.send(one)
        for one in first:
            if one.withdraw:
                say("  one of them is withdrawn with its code")
                people.take_back(one)
    with clock.at(begins + timedelta(days=11)):
        people.exchange()
        say("  the officers ask about one")
        people.at_desk(0, lambda desk: _found(desk, asked).ask(asked.question))
    with clock.at(begins + timedelta(days=15)):
        people.reply(asked)
        for one in others:
            people.send(one)
    with clock.at(begins + timedelta(days=30)):
        people.exchange()
        say("  the officers release six in one group")
        people.at_desk(0, lambda desk: _release(desk, letters))


def released() -> list[tuple[str, Scripted]]:
    """The comments that the officers released, each under its number on main. Raises StopIteration for one that nobody wrote."""
    letters = scripted_letters()
    with reading() as db:
        rows = db.query(Comment.ref, Comment.text).filter_by(channel=Channel.SAFE).order_by(Comment.id).all()
    return [(ref, next(one for one in letters if one.public == text).as_answered()) for ref, text in rows]


def close(people: Nameless, closed: datetime) -> None:
    """Safe's last batch comes, and the officers say that this is all."""
    with clock.at(closed + timedelta(hours=1)):
        people.exchange()
        people.at_desk(1, closing=True)


def settle(people: Nameless, closed: datetime) -> None:
    """The announced hour is over: one more exchange, and the officers carry out the last withdrawals."""
    with clock.at(closed + WITHDRAWING + timedelta(hours=1)):
        people.exchange()
        people.at_desk(1, closing=True)


def check_all_answered(people: Nameless) -> None:
    """Safe hears of the published answers, and everyone who did not withdraw sees theirs. Raises Astray."""
    people.exchange()
    for one in scripted_letters():
        if not one.withdraw:
            people.check_answered(one)


def _found(desk: Desk, one: Letter) -> DeskLetter:
    return next(letter for letter in desk.letters.values() if letter.body["text"] == one.text)


def _release(desk: Desk, letters: list[Letter]) -> None:
    scripted = {one.text: one for one in letters if not one.withdraw}
    if {letter.body["text"] for letter in desk.letters.values()} != set(scripted):
        raise Astray("other letters lie on the officers' desk than were sent and not withdrawn")
    for letter in desk.letters.values():
        one = scripted[letter.body["text"]]
        if one.follow_up and letter.replies != [one.follow_up]:
            raise Astray("the reply did not reach the officers")
        letter.release(one.public)
