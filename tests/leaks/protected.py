"""Somebody who is to be protected, planted wherever a name, an address or a number can stand; and looking for them everywhere."""

import base64
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from consult.accounts.models import SessionKind
from consult.accounts.operations import begin_session
from consult.audit import record
from consult.consultations import doors
from consult.consultations.models import Participant
from consult.consultations.models_entry import EntryAct, FreshLink, NameWish
from consult.consultations.models_groups import ByHand, GroupRule, SmartGroupListed
from consult.consultations.operations_groups import add_group, decide_by_hand
from consult.consultations.operations_requests import Promise, accept_request, ask_to_take_part, confirm_request
from consult.core.db import Base, bound, writing
from consult.core.files import store
from consult.core.texts import Texts
from consult.jobs.operations import start_task
from consult.jobs.queue import queue
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.keys import address_key
from consult.mail.models import Bounce, BounceKind, BounceSource, Mail, MailState, Suppression, SuppressionReason
from consult.mail.operations import claim_this_mail, note_outcome, queue_mail
from consult.mail.outcome import Outcome
from consult.mailings import operations_lists as lists
from consult.mailings import operations_subscriptions as subscriptions
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.queries_lists import find_by_address
from consult.reports.models import FrozenReport, ReportItem, ReportKind
from consult.responses.models import AnswerRelease
from consult.rounds import operations as rounds
from consult.rounds import queries
from consult.rounds.models import Comment, Consent, Round
from consult.rounds.operations_drafts import save_comment_draft
from consult.safe.scanning import Trace, find_traces, spellings, unpacked
from consult.stakeholders.entries import Entry
from consult.stakeholders.jobs import EXPORT
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Channel, Stakeholder, StakeholderKind
from consult.stakeholders.models_import import ImportState
from consult.stakeholders.models_seats import SeatRole
from consult.stakeholders.operations import Told, add_stakeholder
from consult.stakeholders.operations_contacts import Contact, add_contact
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_seats import Appointment, appoint_seat, end_seat
from consult.stakeholders.sheets import read_sheet
from tests.leaks import protected_letters
from tests.rounds.test_comments import a_remark

NAME, EMAIL, PHONE = "Ñandubay Circle", "circle@nandubay.example", "+677 918 273 64"
OLD_NAME, OLD_EMAIL = "Ñandubay before", "before@nandubay.example"
COLLEAGUE, COLLEAGUE_EMAIL = "Xara Oyelvund", "xara@oyelvund.example"
POSTAL, NEEDS, NOTE = "Box 5\nWexcombe", "A lamp of Vibranote", "Lives at Brindlemoor"
# What is in all spellings of them: with marks and without, folded and not.
STEMS = ("andubay", "oyelvund", "wexcombe", "vibranote", "brindlemoor", "91827364", "918 273 64")
LIST = (
    f"name,category,email,phone,Director\n{NAME},cso,{EMAIL},{PHONE},{COLLEAGUE}\nAnother,cso,another@org.example,,\n"
)


def plant(desk, round_, now):
    """Everything about them, everywhere. Returns their entry."""
    by = desk.dalia
    with writing() as db:
        entry = add_stakeholder(db, Entry(
            kind=StakeholderKind.ORGANISATION, name=NAME, category="cso", language="en", email=EMAIL, groups=("women",),
            basis=Basis.CONSENT, note=NOTE, phone=PHONE, postal_address=POSTAL, access_needs=NEEDS, channel=Channel.EMAIL,
            region="amery",
        ), by=by, now=now, told=Told("phone", f"Card of {COLLEAGUE}"))  # fmt: skip
        old = add_stakeholder(db, Entry(
            kind=StakeholderKind.ORGANISATION, name=OLD_NAME, category="cso", language="en", email=OLD_EMAIL, basis=Basis.CONSENT,
            postal_address=POSTAL, channel=Channel.POST, news=True,
        ), by=by, now=now, told=Told("letter", f"Letter of {OLD_NAME}"))  # fmt: skip
        add_contact(db, entry, Contact(COLLEAGUE, "Director", COLLEAGUE_EMAIL, "en"), by=by, now=now)
    protected_letters.plant_letters(desk, f"{COLLEAGUE} rang for {NAME}", now)
    for planted in (
        _lists,
        _seats,
        _elsewhere,
        _requests,
        _subscription,
        _takes_part,
        _comments,
        _mails,
        _staff_words,
        _links,
    ):
        planted(desk, round_, entry, old, now)
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, old.id), db.get_one(Stakeholder, entry.id), by=by, now=now)
    protected_letters.plant_in_directory(entry, now)
    protected_letters.plant_entered(desk, round_, a_remark(name="", organisation=NAME.upper()), now)
    for kind in ("csv", "xlsx"):
        with writing() as db:
            start_task(db, EXPORT, owner=by.actor, subject=f"export:{kind}", next_url="/", now=now)
    queue().work_off()
    return entry


def _lists(desk, round_, entry, old, now):
    """An uploaded list that waits, with its file; one that was applied, whose row knows no entry; and one whose row knows it."""
    for state, knows in ((ImportState.PREVIEW, None), (ImportState.APPLIED, None), (ImportState.APPLIED, entry.id)):
        with writing() as db:
            key = store().keep(LIST.encode(), kind="lists")
            made = begin_import(db, file_name=f"{NAME}.csv" if knows is None else "list-may.csv", file_key=key,
                                basis=Basis.CONSENT, told=Told("sheet", f"Form of {NAME}"), by=desk.dalia, now=now)  # fmt: skip
            keep_preview(db, made.id, preview_rows(read_sheet(LIST.encode()).rows, read_registry(db), Basis.CONSENT))
            made.state, made.ignored = state, ["Director"]
            if state is ImportState.APPLIED:
                made.applied_at = now
                db.execute(text("UPDATE stakeholder_import_row SET stakeholder_id = :knows, applied = true"
                                " WHERE import_id = :made"), {"made": made.id, "knows": knows})  # fmt: skip


def _seats(desk, round_, entry, old, now):
    with writing() as db:
        holder = add_stakeholder(db, Entry(
            kind=StakeholderKind.PERSON, name="Bela Tona", category="media", language="en", email="bela@org.example",
            basis=Basis.CONSENT,
        ), by=desk.dalia, now=now)  # fmt: skip
        day = now.date() - timedelta(days=9)
        here = db.get_one(Stakeholder, entry.id)
        made = Appointment(holder, day, f"The board of {NAME}"[:120])
        seat = appoint_seat(db, here, SeatRole.MEMBER, made, by=desk.dalia, now=now)
        end_seat(db, here, seat, now.date(), by=desk.dalia, now=now)


def _elsewhere(desk, round_, entry, old, now):
    """Somebody to speak to in another organisation: their colleague by her name, and whoever reads their mail."""
    with writing() as db:
        another = add_stakeholder(db, Entry(
            kind=StakeholderKind.ORGANISATION, name="Umbrella", category="cso", language="en", email="u@org.example",
        ), by=desk.dalia, now=now)  # fmt: skip
        for name, email in ((COLLEAGUE.upper(), ""), ("Whoever", EMAIL.upper()), ("Sana Quill", "s@org.example")):
            add_contact(db, another, Contact(name, "Board", email, "en"), by=desk.dalia, now=now)


def _requests(desk, round_, entry, old, now):
    """One that was accepted, and one that waits."""
    promise = Promise(10, frozenset(), "UTC")
    for once in ("first", "second"):
        with writing() as db:
            asked = ask_to_take_part(db, Entry(
                kind=StakeholderKind.ORGANISATION, name=NAME, category="cso", language="en", email=EMAIL, phone=PHONE,
                basis=Basis.CONSENT, channel=Channel.EMAIL, postal_address=POSTAL, access_needs=NEEDS,
            ), f"We of {NAME} want to", promise=promise, consultation_id=None, once=once, now=now)  # fmt: skip
            confirm_request(db, asked, promise=promise, now=now)
            if once == "first":
                accept_request(db, asked, db.get_one(Stakeholder, entry.id), by=desk.dalia, now=now)


def _subscription(desk, round_, entry, old, now):
    words = {part: Texts(en="News", ar="أخبار", zh="新闻") for part in ("name", "what_it_is", "how_often")}
    with writing() as db:
        said = lists.ListSaid("news", takes_sign_up=True, archive_is_public=True, **words)
        made = lists.create_list(db, said, by=desk.dalia, now=now)
        subscriptions.sign_up(db, made, EMAIL, "en", now=now)
        subscriptions.confirm_subscription(db, find_by_address(db, made.id, EMAIL), words=1, now=now)
        subscriptions.sign_up(db, made, COLLEAGUE_EMAIL, "en", now=now)


def _takes_part(desk, round_, entry, old, now):
    with writing() as db:
        for one in (entry, old):
            made = doors.admit_stakeholder(db, desk.upr(db), db.get_one(Stakeholder, one.id), now=now)
            made.invited_at = now
            doors.door_of(db, made)
            begin_session(db, SessionKind.PARTICIPANT, made.person_ref, now=now, lasts=timedelta(hours=9))


def _comments(desk, round_, entry, old, now):
    """One by each of the two, with the name; one kept for later; one by a visitor who gave the address; a report that is prepared."""
    with writing() as db:
        found = db.get_one(Round, round_.id)
        quoted = queries.find_quoted(db, found.version_id, "1", ["en"])
        for place, one in enumerate((entry, old)):
            who = db.query(Participant).filter_by(stakeholder_id=one.id).one()
            remark = a_remark(consent=(Consent.WITH_NAME, Consent.ORGANISATION_ONLY)[place])
            rounds.send_comment(db, found, quoted, remark, participant=who, once=f"c{place}", now=now)
        remark = a_remark(name=COLLEAGUE, organisation=NAME, email=EMAIL)
        rounds.send_comment(db, found, quoted, remark, once="c3", now=now)
        who = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
        save_comment_draft(db, found, who, "1", remark, now=now)
        release = AnswerRelease(round_id=found.id)
        db.add(release)
        db.flush()
        frozen = FrozenReport(
            round_id=found.id, release_id=release.id, kind=ReportKind.FINAL, begun_at=now, made_from="", items=1, answers=0,
        )  # fmt: skip
        db.add(frozen)
        db.flush()
        said = {"author": {"name": NAME, "organisation": NAME}, "text": "x", "suggestion": "", "evidence": ""}
        ref = db.query(Comment).filter_by(participant_id=who.id).one().ref
        db.add(ReportItem(frozen_id=frozen.id, position=0, comment_ref=ref, personal=said))


def _mails(desk, round_, entry, old, now):
    """One that went out and came back, one that waits, one that a worker has in hand; and a captured one."""
    with writing() as db:
        for cause, address in (("sent", EMAIL), ("waits", EMAIL), ("in hand", COLLEAGUE_EMAIL), ("old", OLD_EMAIL)):
            person = entry.person_ref if cause != "old" else old.person_ref
            mail = queue_mail(
                db, Mail("address_moved", person, cause, address, "en", {"old": OLD_EMAIL, "operator": ""}), now=now
            )
            if cause in ("sent", "in hand"):
                mail = claim_this_mail(db, mail.id, lease=timedelta(minutes=5), domain="x.example", now=now)
            if cause == "sent":
                note_outcome(db, mail, Outcome(MailState.SENT, 250, f"ok <{EMAIL}>"), now=now)
                common = {"address_key": mail.address_key, "status": "5.1.1", "source": BounceSource.REPORT, "at": now}
                db.add(Bounce(mail_id=mail.id, kind=BounceKind.HARD, **common))
                db.add(Suppression(ref="itCameBack", reason=SuppressionReason.HARD_BOUNCE, **common))
    folder = mailbox(post().settings)
    folder.mkdir(parents=True)
    (folder / "00000001.eml").write_text(f"To: {EMAIL}\n\nDear {NAME}")


def _staff_words(desk, round_, entry, old, now):
    with writing() as db:
        record(db, "stakeholder.changed", by=desk.dalia, reason=f"{COLLEAGUE} rang", stakeholder=entry.ref)
        record(db, "round.extended", by=desk.dalia, reason=f"{NAME} asked for more time", consultation="upr")
        group = add_group(db, "Those who asked", GroupRule(categories=("cso",)), by=desk.dalia, now=now)
        here = db.get_one(Stakeholder, entry.id)
        decide_by_hand(db, group, here, ByHand.IN, f"{NAME} asked", by=desk.dalia, now=now)
        db.add(SmartGroupListed(group_id=group.id, edition=1, stakeholder_id=entry.id, name_key=NAME.casefold()))
        lifted = Suppression(ref="lifted", address_key=b"x" * 32, reason=SuppressionReason.HARD_BOUNCE, status="5.1.1",
                             source=BounceSource.SMTP, at=now, lifted_at=now, lifted_by="staff:1", note=f"{NAME} rang")  # fmt: skip
        db.add(lifted)


def _links(desk, round_, entry, old, now):
    with writing() as db:
        who = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
        db.add(NameWish(stakeholder_id=entry.id, name=f"{NAME} anew", at=now))
        db.add(FreshLink(
            stakeholder_id=entry.id, participant_id=who.id, act=EntryAct.ARRIVE, generation=1, digest=b"l" * 32,
            address=EMAIL, made_at=now,
        ))  # fmt: skip
        db.add(LeaveLink(
            key=address_key(EMAIL), act=LeaveAct.EVERYTHING, participant_id=who.id, generation=1, digest=b"m" * 32, made_at=now,
        ))  # fmt: skip


def canaries(words=STEMS):
    """Every spelling of the stems, by stem. As a number's words stand in a title, and all small or large."""
    found = {}
    for stem in words:
        found[stem] = {}
        for way in (stem, stem.title(), stem.upper()):
            found[stem] |= {f"{way} {name}": value for name, value in spellings(way).items()}
    return found


def traces_in_files(folders: list[Path]) -> list[Trace]:
    """Where they stand in a file."""
    return find_traces(folders, canaries())


def traces_in(content: bytes) -> set[str]:
    """Which stems stand in some bytes: a page, a file that is handed out, a mail with all its parts, a calendar with its folded lines."""
    plain = content.replace(b"=\r\n", b"").replace(b"=\n", b"")
    unfolded = plain.replace(b"\r\n ", b"")  # RFC 5545 3.1: a line goes on, also in the middle of a word
    found = {stem for stem, spelled in canaries().items() for one in spelled.values()
             for part in (*unpacked(plain), unfolded) if one in part}  # fmt: skip
    return found


def traces_in_rows() -> set[tuple[str, str]]:
    """(table, stem) wherever they stand in a row, as a dump of every table shows it."""
    found = set()
    with bound().engine.connect() as connection:
        for name in Base.metadata.tables:
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                said = " ".join(one.hex() if isinstance(one, bytes) else str(one) for one in row).casefold()
                found |= {
                    (name, stem) for stem in STEMS if stem in said or base64.b64encode(stem.encode()).decode() in said
                }
    return found
