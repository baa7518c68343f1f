"""A consultation on main with a public draft and its people, and the way from there to an open round, made in Python where a
test is about something else. tests/leaks/test_whole_journey.py goes the same way through the pages.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import consult
from consult.accounts.models import Role, Staff
from consult.accounts.operations import add_staff, make_password_link, set_password_by_link
from consult.consultations.models import Consultation
from consult.consultations.operations import Dossier as About
from consult.consultations.operations import create_consultation, open_consultation, save_terms
from consult.core import clock
from consult.core import db as core_db
from consult.core.crypto import b64, unb64
from consult.core.db import writing
from consult.core.files import store
from consult.core.texts import Texts
from consult.custody import operations as custody
from consult.custody import operations_keys, queries
from consult.custody.sides import begin, safe_in_use
from consult.drafts.models import DraftVersion
from consult.drafts.operations import begin_version, publish_version, upload_draft
from consult.jobs.queue import queue
from consult.rounds import operations as rounds
from consult.rounds.models import Audience
from tests.consultations.terms import whole_terms
from tests.support.officers import Dossier, Officer
from tests.support.second_factor import give_app
from tests.support.server import ROOT
from tests.support.two_sides import SLUG, Sides

PASSWORD = "four odd words here"
DRAFT = ROOT / "tests" / "journeys" / "draft.md"
TITLE = Texts(en="Draft national report", ar="مشروع التقرير الوطني")
PEOPLE = {
    "dalia@x.example": [Role.SECRETARIAT],
    "boss@x.example": [Role.ADMINISTRATOR],
    "ana@nhri.example": [Role.PROTECTION_OFFICER],
}


@contextmanager
def in_main(sides: Sides) -> Iterator[datetime]:
    """Be main for a while, in this process; gives what it takes for now."""
    started = consult.start(sides.main_settings)
    now = sides.now()
    try:
        with clock.at(now):
            yield now
    finally:
        core_db.bind(None)
        started.close()


def prepare_main(sides: Sides, template: Path) -> None:
    """Its database, its people, and a consultation with a public draft that is open."""
    shutil.copyfile(template, sides.main_settings.data / "consult.db")
    with in_main(sides) as now:
        with writing() as db:
            for email, roles in PEOPLE.items():
                person = add_staff(
                    db, name=email.split("@")[0], email=email, language="en", roles=roles, by=None, now=now
                )
                set_password_by_link(db, make_password_link(db, person, by=None, now=now), PASSWORD, now=now)
                give_app(db, person, now=now)
        dalia = _person("dalia@x.example")
        about = About(
            slug=SLUG, title=TITLE, kind="upr_national_report", cycle="", languages=("en", "ar"), time_zone="UTC",
            due_on=None, what_it_is=Texts(), what_we_ask=Texts(), other_ways=Texts(),
        )  # fmt: skip
        with writing() as db:
            made = create_consultation(db, about, by=dalia, now=now)
            version = begin_version(db, made, by=dalia, now=now)
            upload_draft(
                db, version, language="en", languages=made.languages, file_name="draft.md",
                file_key=store().keep(DRAFT.read_bytes(), kind="drafts"), size=1, next_url="/", by=dalia, now=now,
            )  # fmt: skip
        queue().work_off()
        with writing() as db:
            here = db.get_one(Consultation, made.id)
            publish_version(db, here, db.get_one(DraftVersion, version.id), is_public=True, by=dalia, now=now)
            save_terms(db, here, whole_terms(), by=dalia, now=now)
            open_consultation(db, here, by=dalia, now=now)


def _person(email: str) -> Staff:
    with writing() as db:
        return db.query(Staff).filter_by(email=email).one()


def set_up_safe(sides: Sides, cards: list[str]) -> None:
    """What the operators of both sides copy by hand: main's name and key to safe with the officers' cards, safe's key to main."""
    main = begin(sides.main_settings)
    assert main is not None
    words = ["safe", "init", "--installation", main.between.installation, "--main-public", b64(main.our_public)]
    for place, card in enumerate(cards):
        path = sides.folder / "safe" / f"card-{place}"
        path.write_text(card)
        words += ["--card", str(path)]
    printed = sides.command("safe", *words)
    sides.safe_key = printed.split("for main: ")[1].split()[0]


def open_nameless(sides: Sides, officer: Officer, *, closes_at: datetime) -> Dossier:
    """The officer hands in card and key and puts the sheet away; a round opens that takes comments without a name."""
    set_up_safe(sides, [officer.card])
    with in_main(sides) as now:
        main, ana, boss, dalia = (
            safe_in_use(),
            *(_person(one) for one in ("ana@nhri.example", "boss@x.example", "dalia@x.example")),
        )
        dossier = Dossier([officer], SLUG, main.between)
        dossier.safe, dossier.main = (main.public, b""), (main.our_public, b"")
        with writing() as db:
            made = custody.hand_in_card(db, officer.card, by=ana, roles=[Role.PROTECTION_OFFICER], now=now)
            custody.appoint_officer(db, made, officer.fingerprint, by=boss, now=now)
            here = db.query(Consultation).filter_by(slug=SLUG).one()
            operations_keys.open_key(db, main, here, dossier.opening_file(), officer=made, by=ana, now=now)
            key = queries.list_keys(db, here.id)[0]
            copy = queries.copy_of(db, key.id, made.id)
            assert copy is not None
            operations_keys.hand_out_half(db, main, here, copy, by=ana, now=now)
            operations_keys.confirm_half(db, main, here, copy, by=ana, now=now)
            operations_keys.confirm_sheet(db, here, key, officer=made, by=ana, now=now)
            rounds.open_round(
                db, here, db.query(DraftVersion).one(), closes_at=closes_at, audience=Audience.PUBLIC, questions=Texts(),
                takes_nameless=True, by=dalia, now=now,
            )  # fmt: skip
    return dossier


def opened_bodies(dossier: Dossier, batch: str) -> list[dict[str, object]]:
    """All bodies of a batch, decoys too, as the officer's key opens them."""
    from consult.core import crypto

    content, _ = crypto.verify(batch, "batch", [dossier.safe[0]])
    return [json.loads(crypto.unpad(crypto.unseal(unb64(one["sealed"]), *dossier.pair))) for one in content["items"]]
