"""A small installation with something of everything: two consultations, staff of every role, participants, one cycle each.

`upr` is in its second round; the report on the first is published and the next version is being prepared. `other` is public too.
Everyone who can act has a browser: `world.browser("facilitator")`. Built once a worker; each file of tests has a copy of the data,
put back between tests by `restore()`, and each test a world of its own by `again()`.
"""

import contextlib
import pickle
import shutil
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from consult.accounts import codes
from consult.accounts.models import (
    AuthenticatorOffer,
    Passkey,
    PasskeyChallenge,
    PasskeyPurpose,
    Role,
    SessionKind,
    Staff,
    StaffState,
)
from consult.accounts.operations import add_staff, begin_session, make_password_link
from consult.accounts.passkeys import Site, read_new_key
from consult.consultations import doors
from consult.consultations.mails_entry import fresh_token
from consult.consultations.mails_requests import confirm_token
from consult.consultations.models import Consultation, Participant, TeamMember
from consult.consultations.models_entry import EntryAct, FreshLink, NameWish
from consult.consultations.models_groups import Asked, ByHand, GroupRule
from consult.consultations.models_proposals import ProposedAs, SeatProposal
from consult.consultations.models_requests import ParticipationRequest, RefusalReason
from consult.consultations.operations import Dossier, create_consultation, open_consultation, save_terms
from consult.consultations.operations_groups import add_group, decide_by_hand, invite_always
from consult.consultations.operations_requests import Promise, ask_to_take_part, confirm_request, refuse_request
from consult.core.db import Base, bound, reading, writing
from consult.core.files import store
from consult.core.ids import digest
from consult.core.texts import Texts
from consult.custody import operations as custody
from consult.custody import operations_keys as keys
from consult.custody.models_roll import WAIT
from consult.custody.operations_roll import call_roll
from consult.custody.operations_sealed import take_entries
from consult.custody.queries import copy_of, present_key
from consult.custody.sides import here, safe_in_use
from consult.drafts import operations as drafts
from consult.drafts.models import DraftVersion
from consult.jobs.operations import finish_task, start_task
from consult.jobs.queue import queue
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, Halt, Mail, MailState, Suppression, SuppressionReason
from consult.mail.models_delivery import BY_OFFICER, DeliveryState, PreparedDelivery
from consult.mail.operations import queue_mail, queue_mails
from consult.mailings import list_links, seat_links
from consult.mailings import operations_lists as lists
from consult.mailings import operations_outreach as outreach
from consult.mailings import operations_subscriptions as subscriptions
from consult.mailings.mails_leave_links import leave_link_token
from consult.mailings.models import Audience as Readers
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient, CampaignState, Why, WhyNot
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.models_lists import Subscription
from consult.mailings.models_outreach import Outreach, OutreachState, OutreachWay
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.operations_approval import approve_campaign, digest_of
from consult.mailings.operations_queueing import queue_recipients
from consult.mailings.queries_lists import find_by_address
from consult.privacy.models_own import AskedWay, ForgetWish, IdentityCheck
from consult.reports import operations_letters as answer_letters
from consult.reports.models import Report, ReportKind
from consult.reports.models_letters import AnswerLetter
from consult.reports.operations import publish_report
from consult.responses import operations as answers
from consult.responses.models import Answer, Outcome, RedactionCategory
from consult.responses.operations_objections import object_to_screening
from consult.rounds import operations as rounds
from consult.rounds.models import Audience, Comment, Consent, Round
from consult.rounds.operations import Remark
from consult.rounds.operations_drafts import save_comment_draft
from consult.rounds.queries import find_quoted
from consult.stakeholders.entries import Entry
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Channel, Stakeholder, StakeholderKind
from consult.stakeholders.models_import import ImportState, StakeholderImport
from consult.stakeholders.models_seats import SeatRole
from consult.stakeholders.operations import add_stakeholder
from consult.stakeholders.operations_contacts import Contact, add_contact
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_seats import Appointment, appoint_seat
from consult.stakeholders.sheets import read_sheet
from tests.consultations.terms import whole_terms
from tests.custody.making import an_officer, entries_file, entry_of, opening_file
from tests.support.second_factor import SECRET, SoftKey, give_app
from tests.support.told import SHEET

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)  # the world's present
OPENED = NOON - timedelta(days=30)
CLOSED = NOON - timedelta(days=10)
CLOSES = NOON + timedelta(days=12)
FIRST = "# I. Overview\n\n1. First paragraph of the report.\n\n(a) An item;\n\n2. Second paragraph.\n\n3. Third one.\n"
SECOND = FIRST.replace("Second paragraph", "Second paragraph, reworded")
KEY = SoftKey()  # the passkey of logistics
CHALLENGE = b"what a key of this world signs.."
DOUBLE = "theDouble"  # the reference of the entry that looks like that of the participant
LIST = (
    b"name,category,email,Shoe size\nFrom the list,cso,list@org.example,\nWrong one,aliens,x,\n"
    b"Participant Organization,cso,perhaps@org.example,\n"
)


@dataclass
class World:
    """What stands in it. `ids` are the values of each argument of an address, by consultation; for people there is "" too."""

    app: Flask
    staff: dict[str, Staff] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # session secrets, by who
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)
    rounds: dict[str, Round] = field(default_factory=dict)

    def browser(self, who: str, *, app: Flask | None = None) -> FlaskClient:
        """A fresh browser in which someone is signed in, or has come through their door; "visitor" is nobody."""
        client = (app or self.app).test_client()
        if who in self.staff:
            with client.session_transaction() as session:
                session["_user_id"], session["_fresh"] = self.secrets[who], True
        elif who == "half":  # logistics, after the password and before the code
            with client.session_transaction() as session:
                session["half_signed_in"] = self.secrets[who]
        elif who == "opened":  # their own entry, by a link that was mailed for it
            client.set_cookie("my-entry", self.secrets[who])
        elif who != "visitor":
            client.set_cookie("part-upr", self.secrets[who])
        return client


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table: to see that something changed nothing."""
    with bound().engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
            for name in Base.metadata.tables
        }


def keep(world: World) -> bytes:
    """All that stands in a world, but for its application: each test gets it anew with `again()`, and may change it."""
    bound().close()  # the last connection that goes writes the log into the file
    return pickle.dumps([getattr(world, one.name) for one in fields(world) if one.name != "app"])


def again(kept: bytes, app: Flask) -> World:
    """The world that was kept, with the application of an installation that holds a copy of its data."""
    return World(app, *pickle.loads(kept))


def restore(copy: Path) -> None:
    """Put the SQLite database in use back as it was."""
    bound().engine.dispose()
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{_file()}{ending}").unlink()
    shutil.copyfile(copy, _file())


def _file() -> Path:
    return Path(bound().url.removeprefix("sqlite:///"))


def build(app: Flask) -> World:
    """Make it, in the database in use."""
    world = World(app)
    _people(world)
    for slug in ("upr", "other"):
        _consultation(world, slug)
    _participants(world)
    _first_round(world, "upr")
    _first_round(world, "other")
    _officers(world)
    _second_round(world)
    _registry(world)
    _lists(world)
    _requests(world)
    _letters(world)
    _answer_letters(world)
    return world


def _people(world: World) -> None:
    with writing() as db:
        others = {"elsewhere": Role.SECRETARIAT, "new_administrator": Role.ADMINISTRATOR}
        for who, role in {**{role.value: role for role in Role}, **others}.items():
            name = who.replace("_", " ").title()
            made = add_staff(db, name=name, email=f"{who}@x.example", language="en", roles=[role], by=None, now=OPENED)
            made.state = StaffState.ACTIVE
            world.staff[who] = made
            world.secrets[who] = begin_session(db, SessionKind.STAFF, made.actor, now=NOON, lasts=timedelta(hours=10))
        _second_factors(db, world)
        spare = add_staff(
            db, name="Spare", email="spare@x.example", language="en", roles=[Role.LOGISTICS], by=None, now=OPENED
        )
        secret = make_password_link(db, spare, by=None, now=NOON)
        stranger = add_staff(
            db, name="Far", email="far@x.example", language="en", roles=[Role.LOGISTICS], by=None, now=OPENED
        )
    world.ids[""] = {
        "passkey": "ofLogistics",
        "person": spare.ref,
        "secret": secret,
        "stranger": stranger.ref,
        "stranger_id": stranger.id,
    }


def _second_factors(db: Session, world: World) -> None:
    """Who must have one has an app, but for the new administrator; logistics has everything, and is about to add more."""
    for who in ("administrator", "protection_officer", "logistics"):
        give_app(db, world.staff[who], now=OPENED)
    person, later = world.staff["logistics"], NOON + timedelta(hours=10)
    half = begin_session(db, SessionKind.HALF_SIGNED_IN, person.actor, now=NOON, lasts=timedelta(hours=10))
    world.secrets["half"] = half
    made = read_new_key(Site(KEY.host, KEY.origin), KEY.make(CHALLENGE), CHALLENGE)
    db.add(Passkey(
        ref="ofLogistics", staff_id=person.id, name="Phone", credential_id=made.credential_id, public_key=made.public_key,
        sign_count=0, added_at=OPENED,
    ))  # fmt: skip
    sealed, here = codes.seal(SECRET, person.actor), digest(world.secrets["logistics"])
    db.add(AuthenticatorOffer(staff_id=person.id, session_digest=here, sealed_secret=sealed, expires_at=later))
    for session, purpose, name in ((here, PasskeyPurpose.ADD, "Key"), (digest(half), PasskeyPurpose.SIGN_IN, None)):
        db.add(PasskeyChallenge(
            session_digest=session, purpose=purpose, staff_id=person.id, challenge=CHALLENGE, name=name, expires_at=later
        ))  # fmt: skip


def _consultation(world: World, slug: str) -> None:
    dalia = world.staff["secretariat"]
    dossier = Dossier(
        slug=slug,
        title=Texts(en=f"Draft {slug}", ar="مشروع", zh="草稿"),
        kind="upr_national_report",
        cycle="",
        languages=("en", "ar") if slug == "upr" else ("en", "ar", "zh"),
        time_zone="UTC",
        due_on=None,
        what_it_is=Texts(),
        what_we_ask=Texts(),
        other_ways=Texts(),
    )
    with writing() as db:
        made = create_consultation(db, dossier, by=dalia, now=OPENED)
        terms = {part: Texts({**texts, "zh": "x"}) for part, texts in whole_terms().items()}
        save_terms(db, made, terms if slug == "other" else whole_terms(), by=dalia, now=OPENED)
        open_consultation(db, made, by=dalia, now=OPENED)
        on_team = (
            [who for who in world.staff if who not in ("secretariat", "elsewhere", "new_administrator")]
            if slug == "upr"
            else []
        )
        for who in on_team:
            db.add(TeamMember(consultation_id=made.id, staff_id=world.staff[who].id, since=OPENED))
        if slug == "other":
            db.add(TeamMember(consultation_id=made.id, staff_id=world.ids[""]["stranger_id"], since=OPENED))
    world.ids[slug] = {"slug": slug}


def upload(world: World, slug: str, content: str, language: str = "en") -> int:
    """A version in preparation, read. Returns its id."""
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug=slug).one()
        version = drafts.begin_version(db, consultation, by=world.staff["secretariat"], now=OPENED)
        drafts.upload_draft(
            db,
            version,
            language=language,
            languages=consultation.languages,
            file_name="draft.md",
            file_key=store().keep(content.encode(), kind="drafts"),
            size=len(content),
            next_url="/",
            by=world.staff["secretariat"],
            now=OPENED,
        )
    queue().work_off()
    return version.id


def open_round(
    world: World,
    slug: str,
    *,
    now: datetime,
    closes_at: datetime,
    audience: Audience = Audience.PUBLIC,
    takes_nameless: bool = False,
) -> Round:
    """A round on the newest version, which is published by it."""
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug=slug).one()
        version = (
            db.query(DraftVersion)
            .filter_by(consultation_id=consultation.id)
            .order_by(DraftVersion.number.desc())
            .first()
        )
        world.rounds[slug] = rounds.open_round(
            db, consultation, version, closes_at=closes_at, audience=audience, questions=Texts(),
            takes_nameless=takes_nameless, by=world.staff["secretariat"], now=now,
        )  # fmt: skip
    return world.rounds[slug]


def a_remark(**changes: Any) -> Remark:
    """What a form says."""
    plain = {
        "text": "The figure is wrong.", "suggestion": "", "evidence": "", "name": "Ana", "organisation": "", "category": "",
        "email": "", "consent": Consent.WITH_NAME, "language": "en",
    }  # fmt: skip
    return Remark(**{**plain, **changes})


def send(
    world: World, slug: str, once: str, *, who: Participant | None = None, now: datetime = NOON, **changes: Any
) -> Comment:
    """A comment on paragraph 1 in the newest round."""
    with writing() as db:
        round_ = db.get_one(Round, world.rounds[slug].id)
        quoted = find_quoted(db, round_.version_id, "1", ["en"])
        found = db.get_one(Participant, who.id) if who else None
        return rounds.send_comment(db, round_, quoted, a_remark(**changes), participant=found, once=once, now=now)


def _participants(world: World) -> None:
    with writing() as db:
        for slug, name in (("upr", "participant"), ("upr", "participant_b"), ("other", "participant_other")):
            entry = add_stakeholder(
                db,
                Entry(
                    kind=StakeholderKind.ORGANISATION, name=f"Organisation {name}", category="cso", language="en",
                    email=f"{name}@org.example", groups=("women",), basis=Basis.CONSENT,
                ),
                by=world.staff["secretariat"],
                now=OPENED,
            )  # fmt: skip
            consultation = db.query(Consultation).filter_by(slug=slug).one()
            made = doors.admit_stakeholder(db, consultation, db.get_one(Stakeholder, entry.id), now=OPENED)
            made.invited_at = OPENED
            door = doors.door_of(db, made)
            token, leave = doors.token_of(door), doors.leave_token_of(door)
            world.secrets[name] = begin_session(
                db, SessionKind.PARTICIPANT, made.person_ref, now=NOON, lasts=timedelta(hours=10)
            )
            world.ids[name] = {"id": made.id, "token": token, "leave": leave, "stakeholder": entry.ref, "ref": made.ref}


def who(name: str) -> Any:
    """A participant's row by the world's name for it."""
    with reading() as db:
        return db.query(Participant).filter_by(organisation=f"Organisation {name}").one()


def _first_round(world: World, slug: str) -> None:
    upload(world, slug, FIRST if slug == "upr" else FIRST + "\n99. Only in the other one.\n")
    round_ = open_round(world, slug, now=OPENED, closes_at=CLOSED)
    answered = send(
        world, slug, f"{slug} first", who=who("participant" if slug == "upr" else "participant_other"), now=OPENED
    )
    with writing() as db:
        consultation, comment = db.query(Consultation).filter_by(slug=slug).one(), db.get_one(Comment, answered.id)
        by = world.staff["secretariat"]
        answers.mark_screened(db, consultation, comment, by=by, now=CLOSED)
        answers.answer_comment(db, consultation, comment, Answer(Outcome.NOTED, "Thank you.", "en"), by=by, now=CLOSED)
        if slug == "upr":
            publish_report(
                db,
                consultation,
                db.get_one(Round, round_.id),
                kind=ReportKind.FINAL,
                answers_by=None,
                by=by,
                now=CLOSED,
            )
    if slug == "other":
        with writing() as db:
            found = db.query(Consultation).filter_by(slug=slug).one()
            kept = write_campaign(
                db, found, Wording((), (), dict.fromkeys(found.languages, ("Subject", "Words"))),
                campaign=None, by=world.staff["secretariat"], now=OPENED,
            )  # fmt: skip
        for _version in (2, 3):
            version_id = upload(world, slug, SECOND)
            with writing() as db:
                version = db.get_one(DraftVersion, version_id)
                drafts.publish_version(
                    db,
                    db.get_one(Consultation, consultation.id),
                    version,
                    is_public=True,
                    by=world.staff["secretariat"],
                    now=OPENED,
                )
        upload(world, slug, SECOND)
        upload(world, slug, "# 一\n\n1. 第一段。\n", language="zh")
        world.ids[slug] |= {
            "comment": answered.ref,
            "campaign": kept.ref,
            "language": "zh",
            "number": 3,
            "paragraph": "99",
        }


OFFICER, NEWCOMER = an_officer("Ana Tui"), an_officer("Ben Oko")
PROTECTED = "pr2tectedm"


def _officers(world: World) -> None:
    """One officer who holds the key of `upr` and has put the recovery sheet away, and was asked a month ago whether they are
    there; and the card of another who waits."""
    with writing() as db:
        consultation, by = db.query(Consultation).filter_by(slug="upr").one(), world.staff["protection_officer"]
        made = custody.hand_in_card(db, OFFICER.card, by=by, roles=[Role.PROTECTION_OFFICER], now=OPENED)
        custody.appoint_officer(db, made, OFFICER.fingerprint, by=world.staff["administrator"], now=OPENED - WAIT)
        opening = opening_file([OFFICER])
        keys.open_key(db, safe_in_use(), consultation, opening, officer=made, by=by, now=OPENED)
        key = present_key(db, consultation.id)
        copy = copy_of(db, key.id, made.id)
        keys.hand_out_half(db, safe_in_use(), consultation, copy, by=by, now=OPENED)
        keys.confirm_half(db, safe_in_use(), consultation, copy, by=by, now=OPENED)
        keys.confirm_sheet(db, consultation, key, officer=made, by=by, now=OPENED)
        other = add_staff(
            db, name="Ben", email="ben@x.example", language="en", roles=[Role.PROTECTION_OFFICER], by=None, now=OPENED
        )
        waits = custody.hand_in_card(db, NEWCOMER.card, by=other, roles=[Role.PROTECTION_OFFICER], now=OPENED)
        content = entries_file(OFFICER, [entry_of(PROTECTED, [OFFICER], category="academia")])
        take_entries(db, here().installation, content, officer=made, by=by, now=OPENED)
        protected = doors.admit_stakeholder(
            db, consultation, db.query(Stakeholder).filter_by(ref=PROTECTED).one(), now=OPENED
        )
        world.secrets["protected_one"] = begin_session(
            db, SessionKind.PARTICIPANT, protected.person_ref, now=NOON, lasts=timedelta(days=90)
        )
        told = Mail("answers_published", protected.person_ref, "x:1", BY_OFFICER, "en", {"participant": protected.id})
        queue_mails(db, [told], now=OPENED)
        delivery = db.query(PreparedDelivery).one()
        delivery.state, delivery.handed_out_at = DeliveryState.HANDED_OUT, OPENED
        roll = call_roll(db, waits, NEWCOMER.fingerprint, by=world.staff["administrator"], now=OPENED - WAIT)
    world.ids[""] |= {
        "delivery": delivery.ref,
        "officer": made.ref,
        "newcomer": waits.ref,
        "protected": PROTECTED,
        "roll": roll.ref,
    }


def _second_round(world: World) -> None:
    upload(world, "upr", SECOND)
    open_round(world, "upr", now=NOON - timedelta(days=1), closes_at=CLOSES, takes_nameless=True)
    a = send(world, "upr", "a", who=who("participant"), text="COMMENT-OF-A")
    b = send(world, "upr", "b", who=who("participant_b"), text="COMMENT-OF-B by Mareko Tull")
    with writing() as db:
        round_ = db.get_one(Round, world.rounds["upr"].id)
        for name in ("participant", "participant_b"):
            found = db.get_one(Participant, who(name).id)
            save_comment_draft(db, round_, found, "2", a_remark(text=f"DRAFT-OF-{name}"), now=NOON)
        found = db.query(Consultation).filter_by(slug="upr").one()
        kept = write_campaign(
            db, found, Wording((), (), dict.fromkeys(found.languages, ("Subject", "Words"))),
            campaign=None, by=world.staff["secretariat"], now=NOON,
        )  # fmt: skip
    objected, kept_back = _screened(world, "c"), _screened(world, "d")
    reasoned = _screened(world, "e")
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug="upr").one()
        comment, by = db.query(Comment).filter_by(ref=reasoned).one(), world.staff["secretariat"]
        answers.answer_comment(db, consultation, comment, Answer(Outcome.NOTED, "Thank you.", "en"), by=by, now=NOON)
    with writing() as db:
        object_to_screening(db, db.query(Comment).filter_by(ref=objected).one(), "OBJECTION-OF-A", now=NOON)
    upload(world, "upr", SECOND.replace("Third", "The third"))
    world.ids["upr"] |= {
        "objected": objected, "kept_back": kept_back,
        "reasoned": reasoned,
        "comment": b.ref, "own": a.ref, "campaign": kept.ref, "language": "en", "number": 1, "paragraph": "1",
    }  # fmt: skip


def _screened(world: World, once: str) -> str:
    """The number of a comment of which something is blacked out."""
    comment = send(world, "upr", once, who=who("participant"), text="COMMENT-OF-A about Mareko Tull")
    with writing() as db:
        consultation, found = db.query(Consultation).filter_by(slug="upr").one(), db.get_one(Comment, comment.id)
        by, category = world.staff["secretariat"], RedactionCategory.THIRD_PERSON_NAME
        answers.redact_comment(db, consultation, found, "Mareko Tull", category, by=by, now=NOON)
        answers.mark_screened(db, consultation, found, by=by, now=NOON)
    return comment.ref


def _entries(world: World) -> None:
    """Two persons, of whom one holds a seat; a contact person; an entry that looks like another, and one that was merged."""
    by = world.staff["secretariat"]
    with writing() as db:
        organisation = db.query(Stakeholder).filter_by(ref=world.ids["participant"]["stakeholder"]).one()
        alma, _bela, double, gone = (
            add_stakeholder(
                db,
                Entry(kind=kind, name=name, category="media", language="en", email=email, region="amery"),
                by=by,
                now=OPENED,
            )
            for kind, name, email in (
                (StakeholderKind.PERSON, "Alma Veru", ""),
                (StakeholderKind.PERSON, "Bela Tona", "bela@org.example"),
                (StakeholderKind.ORGANISATION, "Örganisation PARTICIPANT Ltd.", ""),
                (StakeholderKind.ORGANISATION, "Participants", "former@org.example"),
            )
        )
        double.ref = DOUBLE
        add_contact(db, organisation, Contact("Tomasi Veru", "Director", "t@org.example", "en"), by=by, now=OPENED)
        since = Appointment(alma, (NOON - timedelta(days=60)).date(), "Letter of the director")
        seat = appoint_seat(db, organisation, SeatRole.FOCAL_POINT, since, by=by, now=OPENED)
        world.ids[""]["seat_link"] = seat_links.token_of(db, seat_links.link_of(db, seat))
        other = db.query(Stakeholder).filter_by(ref=world.ids["participant_b"]["stakeholder"]).one()
        merge_stakeholders(db, gone, other, by=by, now=NOON - timedelta(days=1))
        named = SeatProposal(institution_id=organisation.id, holder_id=alma.id, named_as=ProposedAs.ALTERNATE,
                             name="Named Alternate", email="named@org.example", email_key="named@org.example", language="en",
                             at=NOON - timedelta(days=1))  # fmt: skip
        db.add(named)
        task = start_task(
            db, "stakeholders.export_registry", owner=by.actor, subject="export:csv", next_url="/", now=NOON
        )
        finish_task(db, task, now=NOON, result_key=store().keep(b"name", kind="exports"))
    world.ids[""] |= {"double": DOUBLE, "merged": gone.ref, "export": task.ref, "proposal": named.id}


def _letters(world: World) -> None:
    """A debriefing that is on its way without e-mail: a letter that is in a file, somebody to call."""
    by, approver = world.staff["secretariat"], world.staff["approver"]
    ways = {"participant_b": WhyNot.BY_LETTER, "participant": WhyNot.BY_PHONE}
    with writing() as db:
        found = db.query(Consultation).filter_by(slug="upr").one()
        words = dict.fromkeys(found.languages, ("Subject", "Words"))
        made = write_campaign(
            db,
            found,
            Wording((), (), words),
            campaign=None,
            kind=CampaignKind.DEBRIEFING,
            by=by,
            now=NOON - timedelta(days=1),
        )
        made.submitted_by, made.state, made.submission = by.actor, CampaignState.PREPARING, 1
        db.flush()
        for who, way in ways.items():
            entry = db.query(Stakeholder).filter_by(ref=world.ids[who]["stakeholder"]).one()
            db.add(
                CampaignRecipient(
                    campaign_id=made.id, stakeholder_id=entry.id, why=Why.REGISTERED, why_not=way, tries=1
                )
            )
        db.flush()
        made.digest, made.state = digest_of(db, made), CampaignState.SUBMITTED
        db.flush()
        approve_campaign(db, found, made, seen=made.digest, by=approver, now=NOON - timedelta(hours=2))
        queue_recipients(db, made.id, now=NOON - timedelta(hours=1))
        letter = db.query(Outreach).filter_by(campaign_id=made.id, way=OutreachWay.LETTER).one()
        outreach.mark_printed(db, db.get_one(Campaign, made.id), [letter.recipient_id], by=by, now=NOON)
        task = start_task(db, outreach.MAKE, owner=by.actor, subject=f"letters:{made.id}:docx", next_url="/", now=NOON)
        finish_task(db, task, now=NOON, result_key=store().keep(b"letters", kind="exports"))
    world.ids["upr"]["letters"] = made.ref
    world.ids[""] |= {
        "letters": task.ref, "by_letter": world.ids["participant_b"]["ref"], "by_phone": world.ids["participant"]["ref"]
    }  # fmt: skip


def _answer_letters(world: World) -> None:
    """Answers of the first report without e-mail: a letter that is in a file, somebody to call."""
    by, participants = (
        world.staff["secretariat"],
        {name: world.ids[name]["id"] for name in ("participant", "participant_b")},
    )
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug="upr").one()
        frozen = db.query(Report).filter_by(consultation_id=consultation.id).one().frozen_id
        call, letter = (
            AnswerLetter(frozen_id=frozen, participant_id=participants[name], way=way, state=state, changed_at=CLOSED)
            for name, way, state in (
                ("participant", OutreachWay.PHONE, OutreachState.TO_SPEAK),
                ("participant_b", OutreachWay.LETTER, OutreachState.TO_PRINT),
            )
        )
        db.add_all([call, letter])
        db.flush()
        answer_letters.mark_answers_printed(db, consultation, [letter.id], by=by, now=NOON)
        subject = f"answer_letters:{consultation.id}:docx"
        task = start_task(db, answer_letters.MAKE, owner=by.actor, subject=subject, next_url="", now=NOON)
        finish_task(db, task, now=NOON, result_key=store().keep(b"letters", kind="exports"))
    world.ids[""]["answer_letters"], world.ids["upr"]["answer_call"] = task.ref, call.id


def _lists(world: World) -> None:
    """A list with somebody on it, somebody who has not confirmed, and one message in its archive."""
    by = world.staff["secretariat"]
    words = {part: Texts(en=f"News {part}", ar="أخبار", zh="新闻") for part in ("name", "what_it_is", "how_often")}
    with writing() as db:
        made = lists.create_list(
            db, lists.ListSaid("news", takes_sign_up=True, archive_is_public=True, **words), by=by, now=OPENED
        )
        found = []
        for name in ("reader", "waiting"):
            subscriptions.sign_up(db, made, f"{name}@p.example", "en", now=NOON - timedelta(days=1))
            found.append(find_by_address(db, made.id, f"{name}@p.example"))
        subscriptions.confirm_subscription(db, found[0], words=1, now=NOON - timedelta(days=1))
        lists.publish_message(
            db, made, {"en": ("Message", "Words."), "ar": ("رسالة", "كلمات.")}, cause="x:1", now=OPENED
        )
        wording = Wording((), (), dict.fromkeys(("en", "ar", "zh"), ("Subject", "Words")), Readers.LIST, None, made)
        own = write_campaign(db, made, wording, campaign=None, kind=CampaignKind.NEWS, by=by, now=OPENED)
    world.ids[""] |= {
        "own_news": own.ref,
        "list": "news",
        "subscription": found[0].ref,
        "confirm": list_links.confirm_token_of(found[1]),
        "leave_list": list_links.leave_token_of(found[0]),
        "leave_link": _leave_link(found[0]),
    }


def _leave_link(subscription: Subscription) -> str:
    """A link that was mailed a quarter of an hour ago, with which somebody leaves a list: its token."""
    with writing() as db:
        made = LeaveLink(
            key=subscription.key, act=LeaveAct.LIST, subscription_id=subscription.id, generation=1,
            made_at=NOON - timedelta(minutes=15),
        )  # fmt: skip
        db.add(made)
        db.flush()
        made.digest = digest(leave_link_token(made))
        return leave_link_token(made)


def _groups(world: World) -> None:
    """A saved group that is always proposed, with one entry put in by hand, one taken out, and something that has gone from a list."""
    by = world.staff["secretariat"]
    with writing() as db:
        rule = GroupRule(categories=("cso",), groups=("women",), invited_to=Asked(last=2))
        made = add_group(db, "Women’s organisations", rule, by=by, now=OPENED)
        made.rule = {**made.rule, "categories": ["cso", "gone_category"]}
        double = db.query(Stakeholder).filter_by(ref=DOUBLE).one()
        bela = db.query(Stakeholder).filter_by(name="Bela Tona").one()
        decide_by_hand(db, made, double, ByHand.IN, "Asked by telephone", by=by, now=OPENED)
        decide_by_hand(db, made, bela, ByHand.OUT, "On leave", by=by, now=OPENED)
        invite_always(db, ["upr_national_report"], group=made, by=by, now=OPENED)
        entry = db.query(Stakeholder).filter_by(ref=world.ids["participant"]["stakeholder"]).one()
        invite_always(db, [], entry=entry, by=by, now=OPENED)
    world.ids[""] |= {"group": made.ref, "taken_out": bela.ref}


def _requests(world: World) -> None:
    """A request that waits, one that was refused, one whose address is not confirmed; a name asked for; links of half an hour."""
    by, promise = world.staff["secretariat"], Promise(10, frozenset({6, 7}), "UTC")

    def asked(name: str, *, confirms: bool = True) -> ParticipationRequest:
        entry = Entry(
            kind=StakeholderKind.ORGANISATION, name=name, category="cso", language="en", email=f"{name.lower()}@ask.example",
            groups=("women",), basis=Basis.CONSENT, region="amery", channel=Channel.EMAIL,
        )  # fmt: skip
        once, found = f"request {name}", db.query(Consultation).filter_by(slug="upr").one()
        made = ask_to_take_part(
            db,
            entry,
            "We want to.",
            promise=promise,
            consultation_id=found.id,
            once=once,
            now=OPENED if confirms else NOON,
        )
        assert made is not None, "nobody left, and nobody asked too often"
        if confirms:
            confirm_request(db, made, promise=promise, now=OPENED)
        return made

    with writing() as db:
        waits, refused, new = asked("Participant"), asked("Refused"), asked("Unconfirmed", confirms=False)
        refuse_request(
            db, refused, RefusalReason.NOT_REACHED, "We called twice.", operator="", by=by, now=NOON - timedelta(days=3)
        )
        world.ids[""] |= {"request": waits.ref, "confirm_request": confirm_token(new)}
        entry = db.query(Stakeholder).filter_by(ref=world.ids["participant"]["stakeholder"]).one()
        db.add(NameWish(stakeholder_id=entry.id, name="Another Name", at=NOON))
        for act in EntryAct:
            link = FreshLink(
                stakeholder_id=entry.id, participant_id=world.ids["participant"]["id"], act=act, generation=1,
                made_at=NOON - timedelta(minutes=15),
            )  # fmt: skip
            db.add(link)
            db.flush()
            link.digest, link.address = digest(fresh_token(link)), "new@org.example" if act is EntryAct.ARRIVE else ""
            world.ids[""][act.value] = fresh_token(link)
        bela = db.query(Stakeholder).filter_by(name="Bela Tona").one()
        wish = ForgetWish(
            ref="wish", stakeholder_id=bela.id, way=AskedWay.LETTER, asked_on=OPENED.date(), checked=IdentityCheck.KNOWN,
            by_id=by.id, at=NOON,
        )  # fmt: skip
        db.add(wish)
        world.ids[""]["wish"] = wish.ref
        world.secrets["opened"] = begin_session(
            db, SessionKind.ENTRY, entry.person_ref, now=NOON, lasts=timedelta(hours=1)
        )


def _registry(world: World) -> None:
    by = world.staff["secretariat"]
    with writing() as db:
        made = begin_import(
            db,
            file_name="list.csv",
            file_key=store().keep(LIST, kind="lists"),
            basis=Basis.CONSENT,
            told=SHEET,
            by=by,
            now=NOON,
        )
    with reading() as db:
        previewed = preview_rows(read_sheet(LIST).rows, read_registry(db), Basis.CONSENT)
    with writing() as db:
        keep_preview(db, made.id, previewed)
        listed = db.get_one(StakeholderImport, made.id)
        listed.state, listed.ignored = ImportState.PREVIEW, ["Shoe size"]
        task = start_task(
            db,
            "stakeholders.read_list",
            owner=by.actor,
            subject=f"stakeholder_import:{made.id}",
            next_url="/",
            now=NOON,
        )
    with writing() as db:
        mail = queue_mail(db, Mail("test", "test:1", "test:1", "uncertain@x.example", "en"), now=NOON)
        mail.state, mail.next_at = MailState.UNCERTAIN, None
        suppression = Suppression(
            ref="sup", address_key=address_key("participant_b@org.example"), reason=SuppressionReason.HARD_BOUNCE,
            status="5.1.1", source=BounceSource.REPORT, at=NOON,
        )  # fmt: skip
        db.add(suppression)
        halt = Halt(cause="answers:0", at=NOON, bad=14, of_last=20)
        db.add(halt)
        db.flush()
    world.ids[""] |= {"mail": mail.id, "suppression": suppression.ref, "halt": halt.id}
    _entries(world)
    _groups(world)
    world.ids[""] |= {"import": made.ref, "task": task.ref, "stakeholder": world.ids["participant"]["stakeholder"]}
