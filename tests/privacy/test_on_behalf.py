"""Whoever has no mailbox asks on paper: a copy of what is held, and being forgotten, by two of the staff; and who has one is told."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry, JournalReason
from consult.consultations.models import Participant
from consult.consultations.models_declared import Declared, OwnDeclaration
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mailings.models_outreach import OPEN, Outreach
from consult.privacy import operations_on_behalf as operations
from consult.privacy import rules_on_behalf as rules
from consult.privacy.models_own import AskedWay, ForgetWish, IdentityCheck
from consult.privacy.operations_on_behalf import Heard
from consult.privacy.operations_own import TOMBSTONE
from consult.privacy.rules_own import OfficeStays
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Channel, Consent, Protection, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.operations import change_stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.rules import EntryProtected, MergedAway
from tests.support.together import together
from tests.support.world import NOON, World, everything

HEARD = {"way": "letter", "asked_on": "2027-03-10", "checked": "document", "note": "At the counter"}
SAID = Heard(AskedWay.LETTER, NOON.date(), IdentityCheck.KNOWN, "")
ALL = "/staff/asked/"
KNOWN = "participant@org.example"


@pytest.fixture
def site(world: World) -> World:
    queue().work_off()
    post().deliver()
    for path in mailbox(world.app.extensions["consult settings"]).glob("*"):
        path.unlink()
    with writing() as db:
        db.query(ForgetWish).delete()
    return world


@pytest.fixture
def by_post(site: World) -> Stakeholder:
    """Somebody of the registry whom only letters and calls reach."""
    with writing() as db:
        made = Stakeholder(
            ref="byPost", kind=StakeholderKind.PERSON, name="Ana Post", name_key="ana post", double_key="ana post", category="cso",
            language="en", postal_address="1 River Road", phone="+677 1", phone_key="6771", basis=Basis.CONSENT,
            channel=Channel.POST, note="SECRET NOTE", created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(made)
        db.flush()
        db.add(OwnDeclaration(stakeholder_id=made.id, what=Declared.GROUP, code="youth", at=NOON))
        return made


def mails(world: World) -> list[tuple[str, str]]:
    queue().work_off()
    post().deliver()
    return [(one.to, one.text) for one in list_captured(mailbox(world.app.extensions["consult settings"]))]


def noted(world: World, ref: str, who: str = "entry") -> str:
    """A wish that the secretariat noted: the page where another carries it out."""
    answer = world.browser("secretariat").post(f"{ALL}{who}/{ref}/forget/", data=HEARD)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("?")[0]


def acts(event: str) -> list[dict]:
    with reading() as db:
        return [one.codes for one in db.query(JournalEntry).filter_by(event=event).order_by(JournalEntry.number)]


def entry(ref: str) -> Stakeholder:
    with reading() as db:
        return db.query(Stakeholder).filter_by(ref=ref).one()


# A copy


def test_hand_out_copy_gives_a_letter_and_all_that_is_held_but_what_they_declared(site, by_post):
    me = site.browser("secretariat")

    page = me.post(f"{ALL}entry/{by_post.ref}/copy/", data={**HEARD, "kind": "page"})
    file = me.post(f"{ALL}entry/{by_post.ref}/copy/", data={**HEARD, "kind": "json"})

    for words in ("1 River Road", "SECRET NOTE", "You asked for a copy of what we hold about you."):
        assert words in page.text
    assert "youth" not in page.text
    assert "youth" not in file.text
    assert "declared" not in file.get_json()
    assert file.get_json()["entries"][0]["note"] == "SECRET NOTE"
    codes = {"stakeholder": by_post.ref, "way": "letter", "asked_on": "2027-03-10", "checked": "document"}
    assert acts("copy.handed_out") == [codes, codes]
    with reading() as db:
        assert {one.text for one in db.query(JournalReason)} >= {"At the counter"}
    assert "Copy of what is held handed out" in me.get(f"/staff/stakeholders/{by_post.ref}/").text


def test_the_copy_is_written_in_the_language_of_its_reader(site, by_post):
    with writing() as db:
        db.query(Stakeholder).filter_by(ref=by_post.ref).one().language = "ar"

    page = site.browser("secretariat").post(f"{ALL}entry/{by_post.ref}/copy/", data={**HEARD, "kind": "page"})

    assert '<html lang="ar" dir="rtl">' in page.text


def test_a_get_makes_no_copy_and_writes_nothing(site, by_post):
    before = everything()

    for path in ("copy/", "forget/"):
        page = site.browser("secretariat").get(f"{ALL}entry/{by_post.ref}/{path}")
        assert page.status_code == 200
        assert "SECRET NOTE" not in page.text

    assert everything() == before


# Being forgotten


def test_a_wish_is_noted_by_one_and_carried_out_by_another_and_the_erasure_is_that_of_the_own_link(site, by_post):
    with writing() as db:
        db.add(
            Consent(
                stakeholder_id=by_post.id, basis=Basis.CONSENT, how="letter", wording="Ana, by hand", by="x", at=NOON
            )
        )
    path = noted(site, by_post.ref)
    assert entry(by_post.ref).name == "Ana Post"
    mine = site.browser("secretariat")
    assert mine.post(path).status_code == 409
    assert "Erase them for good" not in mine.get(path).text

    page = site.browser("approver").get(path)
    answer = site.browser("approver").post(path)

    assert "Ana Post" in page.text
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ALL}?said=erased")
    found = entry(by_post.ref)
    assert (found.name, found.postal_address, found.phone, found.note, found.left_at) == (TOMBSTONE, "", "", "", NOON)
    with reading() as db:
        assert db.query(OwnDeclaration).filter_by(stakeholder_id=by_post.id).count() == 0
        assert {one.wording for one in db.query(Consent).filter_by(stakeholder_id=by_post.id)} == {""}
        assert db.query(ForgetWish).count() == 0
    by = site.staff["secretariat"].actor
    codes = {"stakeholder": by_post.ref, "way": "letter", "asked_on": "2027-03-10", "checked": "document"}
    assert acts("forgetting.noted") == [codes]
    assert acts("forgetting.carried_out") == [{**codes, "noted_by": by}]
    assert site.browser("approver").post(path).status_code == 409
    assert mails(site) == []


def test_nothing_that_tells_who_it_was_stays_in_the_database(site, by_post):
    path = noted(site, by_post.ref)

    site.browser("approver").post(path)

    rows = str([row for name, table in everything().items() if name != "journal_reason" for row in table])
    for words in ("Ana Post", "1 River Road", "+677 1", "SECRET NOTE"):
        assert words not in rows


def test_who_has_a_mailbox_is_told_before_and_after_and_has_seven_days(site):
    with writing() as db:
        db.query(Seat).delete()
        ref = db.query(Stakeholder).filter_by(email_key=KNOWN).one().ref
    path = noted(site, ref)
    ((to, before),) = mails(site)
    assert to == KNOWN
    assert "then nothing is erased" in before
    assert re.findall(r"/(?:door|my-data|leave)/\S+", before) == []

    early = site.browser("approver").post(path)
    late = NOON + timedelta(days=7)
    with clock.at(late), writing() as db:
        wish = db.query(ForgetWish).one()
        operations.carry_out_wish(db, wish, day="", operator="", by=site.staff["approver"], now=late)

    assert early.status_code == 409
    assert "21 March 2027" in early.text
    assert entry(ref).name == TOMBSTONE
    with clock.at(late):
        assert [to for to, words in mails(site) if "were erased here" in words] == [KNOWN]


def test_a_wish_that_is_called_off_erases_nobody_and_can_be_noted_again(site, by_post):
    path = noted(site, by_post.ref)
    assert site.browser("secretariat").post(f"{ALL}entry/{by_post.ref}/forget/", data=HEARD).status_code == 409

    answer = site.browser("secretariat").post(f"{path}call-off/")

    assert answer.status_code == 303
    assert entry(by_post.ref).name == "Ana Post"
    assert acts("forgetting.called_off") == [{"stakeholder": by_post.ref}]
    assert site.browser("approver").post(path).status_code == 409
    assert noted(site, by_post.ref) != path


def test_who_is_forgotten_by_their_own_link_meanwhile_waits_for_nobody(site):
    with writing() as db:
        db.query(Seat).delete()
        ref = db.query(Stakeholder).filter_by(email_key=KNOWN).one().ref
    noted(site, ref)

    assert site.browser("visitor").post(f"/en/my-data/forget/{site.ids['']['forget']}").status_code == 200

    with reading() as db:
        assert db.query(ForgetWish).count() == 0


def test_letters_under_way_do_not_go_and_links_lead_nowhere(site):
    with writing() as db:
        db.query(Seat).delete()
        participant = db.get_one(Participant, site.ids["participant"]["id"])
        found = db.get_one(Stakeholder, participant.stakeholder_id)
        found.email = found.email_key = ""
        found.postal_address, found.phone, found.phone_key = "2 Hill Road", "+677 2", "6772"
        ref = found.ref
    path = noted(site, ref)

    site.browser("approver").post(path)

    assert site.browser("participant").get("/en/consultations/upr/my-comments/").status_code == 403
    assert site.browser("visitor").get(f"/en/door/{site.ids['participant']['token']}").status_code == 404
    with reading() as db:
        assert db.get_one(Participant, participant.id).left_at == NOON
        assert (
            db.query(Outreach).filter(Outreach.participant_id == participant.id, Outreach.state.in_(OPEN)).count() == 0
        )


# Whoever is in no registry


@pytest.fixture
def visitor(site: World) -> Participant:
    with writing() as db:
        like = db.get_one(Participant, site.ids["participant_b"]["id"])
        made = Participant(
            ref="theCommenter", consultation_id=like.consultation_id, stakeholder_id=None, name="Ana Visitor", organisation="",
            category=like.category, email="", language="en", created_at=NOON,
        )  # fmt: skip
        db.add(made)
        db.flush()
        return made


def test_a_visitor_without_an_address_gets_a_copy_and_is_forgotten_alike(site, visitor):
    me = site.browser("secretariat")
    listed = me.get("/staff/consultations/upr/participants/").text
    assert f"{ALL}participant/theCommenter/copy/" in listed

    copy = me.post(f"{ALL}participant/theCommenter/copy/", data={**HEARD, "kind": "json"})
    path = noted(site, "theCommenter", "participant")
    done = site.browser("approver").post(path)

    assert copy.get_json()["participants"][0]["name"] == "Ana Visitor"
    assert done.status_code == 303
    with reading() as db:
        found = db.get_one(Participant, visitor.id)
        assert (found.name, found.erased_at) == ("", NOON)
    assert acts("forgetting.carried_out")[0]["participant"] == "theCommenter"
    assert f"{ALL}participant/theCommenter/copy/" not in me.get("/staff/consultations/upr/participants/").text
    assert me.get(f"{ALL}participant/theCommenter/forget/").status_code == 409


def test_a_wish_of_a_visitor_is_the_team_s_alone(site, visitor):
    path = noted(site, "theCommenter", "participant")
    other = site.browser("elsewhere")

    assert "Ana Visitor" in site.browser("approver").get(ALL).text
    assert "Ana Visitor" not in other.get(ALL).text
    assert (other.get(path).status_code, other.post(path).status_code) == (403, 403)
    assert other.post(f"{path}call-off/").status_code == 403
    assert ALL not in other.get("/staff/").text


def test_a_visitor_of_another_team_s_consultation_is_out_of_reach_and_an_entry_is_no_visitor(site, visitor):
    assert site.browser("elsewhere").get(f"{ALL}participant/theCommenter/copy/").status_code in (403, 404)
    registered = site.ids["participant"]["ref"]
    assert site.browser("secretariat").get(f"{ALL}participant/{registered}/copy/").status_code == 404


# Rules


@pytest.mark.parametrize("asked_on", ["", "2027-03-15", "no day"])
def test_check_hear_wants_a_day_that_has_come(site, by_post, asked_on):
    answer = site.browser("secretariat").post(f"{ALL}entry/{by_post.ref}/forget/", data={**HEARD, "asked_on": asked_on})

    assert answer.status_code == 422
    assert "It is not in the future." in answer.text
    assert "At the counter" in answer.text


def test_check_note_wish_refuses_offices_protected_and_merged_entries_and_who_is_forgotten():
    def check(holds_seat=False, **of):
        rules.check_note_wish(
            Stakeholder(**{"basis": Basis.NONE, "name_key": "a", "ref": "r", **of}), NOON.date(), today=NOON.date(), holds_seat=holds_seat
        )  # fmt: skip

    check()
    for refusal, of in (
        (OfficeStays, {"basis": Basis.DUTY}), (OfficeStays, {"holds_seat": True}), (EntryProtected, {"protection": Protection.PROTECTED}),
        (MergedAway, {"merged_into": 1}), (rules.ForgottenAlready, {"left_at": NOON, "name_key": "r"}),
    ):  # fmt: skip
        with pytest.raises(refusal):
            check(**of)


def test_check_carry_out_wish_takes_a_second_person_and_lets_a_mailbox_answer_first():
    wish = ForgetWish(by_id=1, at=NOON)

    def check(by_id=2, mailboxes=(), told=(), later=timedelta()):
        rules.check_carry_out_wish(wish, by_id=by_id, mailboxes=mailboxes, told=told, day="x", now=NOON + later)

    week, old, new = timedelta(days=7), b"old", b"new"
    check()
    check(mailboxes=[old], told=[old], later=week)
    check(told=[old], later=week)
    for refusal, of in (
        (rules.SecondPersonNeeded, {"by_id": 1}),
        (rules.MailboxWaits, {"mailboxes": [old], "told": [old], "later": week - timedelta(hours=1)}),
        (rules.MailboxWaits, {"told": [old]}),  # whose address was taken out meanwhile
        (rules.MailboxUntold, {"mailboxes": [old, new], "told": [old], "later": week}),
    ):
        with pytest.raises(refusal):
            check(**of)


def test_taking_the_address_out_of_an_entry_or_another_into_it_spares_nobody_the_wait(site, by_post):
    with writing() as db:
        found = db.query(Stakeholder).filter_by(ref=by_post.ref).one()
        found.email = found.email_key = "ana@post.example"
    path = noted(site, by_post.ref)

    for address in ("", "somebody@else.example"):
        with writing() as db:
            found = db.query(Stakeholder).filter_by(ref=by_post.ref).one()
            found.email = found.email_key = address
        assert site.browser("approver").post(path).status_code == 409, address

    assert entry(by_post.ref).name == "Ana Post"


def test_the_second_person_sees_that_an_address_was_taken_out_before_and_by_whom(site, by_post):
    officer = site.staff["secretariat"]
    with writing() as db:
        found = db.query(Stakeholder).filter_by(ref=by_post.ref).one()
        found.email = found.email_key = "ana@post.example"
    with writing() as db:
        found = db.query(Stakeholder).filter_by(ref=by_post.ref).one()
        change_stakeholder(db, found, replace(Entry.of(found), email=""), by=officer, now=NOON)
    page = site.browser("approver").get(noted(site, by_post.ref)).text

    told = page.partition("E-mail address last changed or taken out")[2].partition("</dd>")[0]
    assert officer.name in told


def test_an_address_that_was_taken_out_of_an_entry_merged_into_it_counts_too(site, by_post):
    officer = site.staff["secretariat"]
    with writing() as db:
        gone = Stakeholder(
            ref="goneAna", kind=by_post.kind, name="Anna Post", name_key="anna post", double_key="anna post", category="cso",
            language="en", email="anna@post.example", email_key="anna@post.example", basis=Basis.CONSENT,
            created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(gone)
        db.flush()
        change_stakeholder(db, gone, replace(Entry.of(gone), email="", phone="+677 2"), by=officer, now=NOON)
        kept = db.query(Stakeholder).filter_by(ref=by_post.ref).one()
        merge_stakeholders(db, gone, kept, by=officer, now=NOON)

    assert "last changed or taken out" in site.browser("approver").get(noted(site, by_post.ref)).text


def test_nothing_is_said_of_addresses_where_staff_changed_none(site, by_post):
    page = site.browser("approver").get(noted(site, by_post.ref)).text

    assert "last changed or taken out" not in page
    assert "They sent 0 comments" not in page


def test_the_mailbox_of_an_entry_that_was_merged_is_told_and_waited_for_too(site, by_post):
    with writing() as db:
        kept = db.query(Stakeholder).filter_by(ref=by_post.ref).one()
        gone = Stakeholder(
            ref="goneAna", kind=kept.kind, name="Anna Post", name_key="anna post", double_key="anna post", category="cso",
            language="en", email="anna@post.example", email_key="anna@post.example", basis=Basis.CONSENT,
            created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(gone)
    before = noted(site, by_post.ref)
    with writing() as db:
        one, other = (db.query(Stakeholder).filter_by(ref=each).one() for each in ("goneAna", by_post.ref))
        merge_stakeholders(db, one, other, by=site.staff["secretariat"], now=NOON)

    assert site.browser("approver").post(before).status_code == 409, "its reader heard nothing"
    site.browser("secretariat").post(f"{before}call-off/")
    path = noted(site, by_post.ref)

    assert [to for to, _words in mails(site)] == ["anna@post.example"]
    assert site.browser("approver").post(path).status_code == 409
    assert entry("goneAna").name == "Anna Post"


def test_only_those_who_may_see_that_somebody_waits(site, by_post):
    noted(site, by_post.ref)

    shown = {who: ALL in site.browser(who).get("/staff/").text for who in ("secretariat", "approver", "facilitator")}

    assert shown == {"secretariat": False, "approver": True, "facilitator": False}  # the secretariat noted it


# The database, and two at once


def test_a_wish_is_of_one(site, by_post):
    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.add(ForgetWish(
            ref="x", way=AskedWay.PHONE, asked_on=NOON.date(), checked=IdentityCheck.KNOWN, by_id=1, at=NOON,
        ))  # fmt: skip
    assert violated(refused.value) == "ck_forget_wish_of_one"


def test_two_who_press_at_once_erase_once(site, by_post):
    path = noted(site, by_post.ref)

    answers = together(*[lambda: site.browser("approver").post(path).status_code] * 2)

    assert sorted(answers) == [303, 409]
    assert len(acts("forgetting.carried_out")) == 1


def test_hold_note_wish_once_for_two_at_once(site, by_post):
    def note():
        try:
            with writing() as db:
                found = db.get_one(Stakeholder, by_post.id)
                operations.note_wish(db, found, SAID, operator="", by=site.staff["secretariat"], now=NOON)
        except rules.WishNoted:
            return "noted already"
        return "noted"

    assert sorted(together(note, note)) == ["noted", "noted already"]
