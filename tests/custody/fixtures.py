"""A consultation with a public draft, its secretary, an administrator, and people who are or may become officers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from consult.accounts.models import Role, Staff, StaffState
from consult.accounts.operations import add_staff
from consult.consultations.models import Consultation
from consult.consultations.operations import open_consultation, save_terms
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.custody import operations, operations_keys, queries
from consult.custody.models import Officer
from consult.custody.sides import Safe, safe_in_use
from consult.drafts.models import DraftVersion
from consult.rounds import operations as rounds
from consult.rounds.models import Audience, Round
from consult.safe_desk.jobs import exchange_run
from tests.consultations.terms import whole_terms
from tests.custody.making import Maker, an_officer, appointment, opening_file
from tests.drafts.test_operations import NOON, ONE, consultation, publish, upload  # noqa: F401

CLOSES = NOON + timedelta(days=12)
ANA, BEN, CIA, STATE = (an_officer(name) for name in ("Ana Tui", "Ben Oko", "Cia Ruiz", "The State's own"))


@dataclass
class Desk:
    """The consultation, and who acts."""

    dalia: Staff  # of the secretariat
    version: int
    boss: Staff  # administrator
    people: dict[str, Staff] = field(default_factory=dict)  # by fingerprint

    @property
    def safe(self) -> Safe:
        return safe_in_use()

    def hand_in(self, maker: Maker, *, now: datetime = NOON) -> Officer:
        """Someone with the role hands in their card."""
        with writing() as db:
            person = self.people.get(maker.fingerprint) or self._person(db, maker)
            return operations.hand_in_card(db, maker.card, by=person, roles=[Role.PROTECTION_OFFICER], now=now)

    def _person(self, db: Any, maker: Maker) -> Staff:
        email = f"officer{len(self.people)}@nhri.example"
        roles = [Role.PROTECTION_OFFICER]
        made = add_staff(db, name="Officer", email=email, language="en", roles=roles, by=None, now=NOON)
        made.state = StaffState.ACTIVE
        self.people[maker.fingerprint] = made
        return made

    def appoint(self, maker: Maker) -> Officer:
        """The administrator appoints whoever has handed in this card."""
        made = self.hand_in(maker)
        with writing() as db:
            found = db.get_one(Officer, made.id)
            operations.appoint_officer(db, found, maker.fingerprint, by=self.boss, now=NOON)
        return made

    def join(self, maker: Maker, *signers: Maker) -> Officer:
        """Officers appoint whoever hands in this card; the only one with an enrolment on paper."""
        self.hand_in(maker)
        for signer in signers:
            with writing() as db:
                paper_on = NOON.date() if len(queries.list_serving(db)) == 1 else None
                made = operations.sign_appointment(
                    db, appointment(signer, maker), officer=self.officer(db, signer), paper_on=paper_on,
                    by=self.people[signer.fingerprint], now=NOON,
                )  # fmt: skip
        return made

    def officer(self, db: Any, maker: Maker) -> Officer:
        return db.query(Officer).filter_by(fingerprint=maker.fingerprint).one()

    def open_key(self, by: Maker, content: str | None = None, officers: tuple[Maker, ...] = (ANA, BEN)) -> None:
        with writing() as db:
            operations_keys.open_key(
                db, self.safe, self.upr(db), content or opening_file(list(officers)), officer=self.officer(db, by),
                by=self.people[by.fingerprint], now=NOON,
            )  # fmt: skip

    def confirm(self, maker: Maker, key: int = 1) -> None:
        with writing() as db:
            number = {one.number: one for one in queries.list_keys(db, self.upr(db).id)}[key]
            copy, by = queries.copy_of(db, number.id, self.officer(db, maker).id), self.people[maker.fingerprint]
            operations_keys.hand_out_half(db, self.safe, self.upr(db), copy, by=by, now=NOON)
            operations_keys.confirm_half(db, self.safe, self.upr(db), copy, by=by, now=NOON)

    def upr(self, db: Any) -> Consultation:
        return db.query(Consultation).filter_by(slug="upr").one()

    def open_round(self, *, takes_nameless: bool = True, audience: Audience = Audience.PUBLIC) -> Round:
        with writing() as db:
            return rounds.open_round(
                db, self.upr(db), db.get_one(DraftVersion, self.version), closes_at=CLOSES, audience=audience,
                questions=Texts(), takes_nameless=takes_nameless, by=self.dalia, now=NOON,
            )  # fmt: skip

    def in_use(self) -> Round:
        """Two officers hold the key, a round is open, and safe knows."""
        for maker in (ANA, BEN):
            self.appoint(maker)
        self.open_key(ANA)
        for maker in (ANA, BEN):
            self.confirm(maker)
        made = self.open_round()
        exchange_run()
        return made


@pytest.fixture
def desk(consultation: Any) -> Desk:  # noqa: F811
    version, _ = upload(consultation, ONE)
    publish(consultation, version)
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        save_terms(db, made, whole_terms(), by=consultation.dalia, now=NOON)
        open_consultation(db, made, by=consultation.dalia, now=NOON)
        boss = add_staff(
            db, name="Boss", email="boss@x.example", language="en", roles=[Role.ADMINISTRATOR], by=None, now=NOON
        )
    return Desk(consultation.dalia, version.id, boss)


def rows(query: str) -> list[tuple[Any, ...]]:
    with reading() as db:
        return [tuple(row) for row in db.execute(text(query))]


def journal(event: str = "%") -> list[tuple[str, str]]:
    """(event, codes) of the journal, in order."""
    with reading() as db:
        query = text("SELECT event, codes FROM journal_entry WHERE event LIKE :event ORDER BY number")
        return [(row[0], str(row[1])) for row in db.execute(query, {"event": event})]
