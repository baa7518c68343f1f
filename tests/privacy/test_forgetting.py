"""Being forgotten: what goes, what stays, and that nothing brings the address back."""

import pytest

from consult.consultations import doors
from consult.consultations.mails_entry import fresh_token
from consult.consultations.models import Participant
from consult.consultations.models_declared import OwnDeclaration
from consult.consultations.models_entry import EntryAct, FreshLink
from consult.core.db import reading, writing
from consult.mail.delivery import post
from consult.mail.keys import address_key
from consult.privacy import rules_own as rules
from consult.privacy.operations_own import TOMBSTONE
from consult.rounds.models import Comment, CommentDraft, Consent
from consult.stakeholders.models import Basis, ContactPerson, LeftAddress, Stakeholder, StakeholderTerm
from consult.stakeholders.models_doubles import NamesAlike, NameToCompare
from consult.stakeholders.models_import import ImportRow, RowState, StakeholderImport
from consult.stakeholders.operations import Told, note_consent
from consult.stakeholders.operations_contacts import Contact, add_contact
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.consultations.test_entry import MINE, entry_of
from tests.stakeholders.test_operations import add
from tests.support.world import NOON, World, everything, send

ADDRESS, FORMER = "participant_b@org.example", "former@org.example"


def link_for(world: World, who: str) -> str:
    """The link to be forgotten, asked for behind somebody's door."""
    answer = world.browser(who).post(f"{MINE}link/", data={"act": "forget"})
    assert answer.status_code == 303
    with reading() as db:
        entry = entry_of(who)
        link = db.query(FreshLink).filter_by(stakeholder_id=entry.id, act=EntryAct.FORGET).one()
        return f"/en/my-data/forget/{fresh_token(link)}"


@pytest.fixture
def plants(world: World) -> World:
    """The world, in which all that an entry can hold is planted."""
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(email=ADDRESS).one()
        entry.note, entry.phone, entry.postal_address, entry.access_needs = (
            "CANARY-NOTE",
            "+677 99",
            "CANARY-ROAD",
            "CANARY-NEED",
        )
        note_consent(db, entry, Told("phone", "CANARY-TOLD"), by=world.staff["secretariat"], now=NOON)
        add_contact(db, entry, Contact("CANARY-COLLEAGUE", "", "", "en"), by=world.staff["secretariat"], now=NOON)
    return world


def test_the_page_says_what_goes_and_what_stays_before_anything_happens(plants):
    link = link_for(plants, "participant_b")
    before = everything()

    page = plants.browser("visitor").get(link)

    assert ("What is erased now" in page.text, "You sent 1 comment." in page.text, everything() == before) == (
        True,
        True,
        True,
    )


def test_being_forgotten_erases_the_entry_everywhere_and_keeps_the_comment(plants):
    link = link_for(plants, "participant_b")
    door = f"/en/door/{plants.ids['participant_b']['token']}"
    with reading() as db:
        entry_id = db.get_one(Participant, plants.ids["participant_b"]["id"]).stakeholder_id

    with writing() as db:
        db.merge(NameToCompare(stakeholder_id=entry_id))
        other = (
            db.query(Stakeholder.id).filter(Stakeholder.id > entry_id, Stakeholder.protection != "protected").first()[0]
        )
        db.add(NamesAlike(first_id=entry_id, second_id=other, likeness=90))

    page = plants.browser("visitor").post(link)

    assert page.status_code == 200
    with reading() as db:
        assert db.query(NamesAlike).filter_by(first_id=entry_id).count() == 0
        assert db.query(NameToCompare).filter_by(stakeholder_id=entry_id).count() == 0
        entry = db.get_one(Stakeholder, entry_id)
        theirs = plants.ids["participant_b"]["id"]
        assert (entry.name, entry.email, entry.phone, entry.groups, entry.basis, entry.left_at) == (
            "–",
            "",
            "",
            "",
            Basis.NONE,
            NOON,
        )
        assert db.query(StakeholderTerm).filter_by(stakeholder_id=entry_id).count() == 0
        assert db.query(ContactPerson).filter_by(stakeholder_id=entry_id).count() == 0
        assert db.query(CommentDraft).filter_by(participant_id=theirs).count() == 0
        assert [one.text for one in db.query(Comment).filter_by(participant_id=theirs)] == [
            "COMMENT-OF-B by Mareko Tull"
        ]
        assert {one.key for one in db.query(LeftAddress)} >= {address_key(ADDRESS), address_key(FORMER)}
    post().deliver()  # what waited for its turn is not wanted any more, and wiped
    rows = str(everything())
    for words in ("CANARY", "'+677 99'", f"'{ADDRESS}'", f"'{FORMER}'", "DRAFT-OF-participant_b"):
        assert words not in rows, words
    visitor = plants.browser("visitor")
    assert (visitor.post(door).status_code, plants.browser("participant_b").get(MINE).status_code) == (404, 403)
    assert visitor.post(link).status_code == 410
    assert plants.browser("secretariat").get("/staff/stakeholders/").status_code == 200


def test_an_entry_that_was_merged_since_the_link_went_out_is_forgotten_and_copied_as_the_one_that_holds(plants):
    link, kept = link_for(plants, "participant_b"), add(name="CANARY-KEPT", email=ADDRESS, phone="+677 98")
    plants.browser("participant_b").post(f"{MINE}link/", data={"act": "take"})
    with writing() as db:
        gone = db.query(Stakeholder).filter_by(email=ADDRESS, name="Organisation participant_b").one()
        take = fresh_token(db.query(FreshLink).filter_by(stakeholder_id=gone.id, act=EntryAct.TAKE).one())
        db.query(Stakeholder).filter_by(merged_into=gone.id).update({"merged_into": None, "merged_at": None})
        merge_stakeholders(db, gone, db.get_one(Stakeholder, kept.id), by=plants.staff["secretariat"], now=NOON)
    me = plants.browser("visitor")

    copy = me.post(f"/en/my-data/take/{take}", data={"kind": "json"}).get_json()
    done = me.post(link)

    assert {one["name"] for one in copy["entries"]} == {"Organisation participant_b", "CANARY-KEPT"}
    assert done.status_code == 200
    with reading() as db:
        found = db.query(Stakeholder).filter(Stakeholder.id.in_([gone.id, kept.id])).all()
        assert [(one.name, one.email, one.phone) for one in found] == [(TOMBSTONE, "", "")] * 2


def test_being_forgotten_reaches_who_commented_with_the_address_without_being_in_the_registry(plants):
    quiet = send(plants, "upr", "q", name="CANARY-QUIET", email=ADDRESS.upper(), consent=Consent.WITHOUT_NAME)
    named = send(plants, "upr", "n", name="Said so", email=ADDRESS, consent=Consent.WITH_NAME)
    other = send(plants, "upr", "o", name="Somebody else", email="else@org.example", consent=Consent.WITHOUT_NAME)
    with writing() as db:  # as retention leaves it: the key alone
        one = db.get_one(Participant, quiet.participant_id)
        one.email, one.address_key = "", address_key(ADDRESS)

    plants.browser("visitor").post(link_for(plants, "participant_b"))

    with reading() as db:
        found = {
            one.ref: (who.name, who.email, who.erased_at, who.left_at)
            for one in (quiet, named, other)
            for who in [db.get_one(Participant, one.participant_id)]
        }
        texts = [db.get_one(Comment, one.id).text for one in (quiet, named)]
    assert found == {
        quiet.ref: ("", "", NOON, NOON),
        named.ref: ("Said so", "", NOON, NOON),
        other.ref: ("Somebody else", "else@org.example", None, None),
    }
    assert texts == ["The figure is wrong."] * 2


def test_being_forgotten_deletes_what_was_declared(plants):
    door = plants.browser("participant_b")
    door.post(f"{MINE}declared/", data={"report": "named"})
    link = link_for(plants, "participant_b")
    with reading() as db:
        assert db.query(OwnDeclaration).count() == 1

    plants.browser("visitor").post(link)

    with reading() as db:
        assert db.query(OwnDeclaration).count() == 0


def test_no_list_brings_the_address_back(plants):
    plants.browser("visitor").post(link_for(plants, "participant_b"))

    again = add(name="Anew", email=ADDRESS)

    with reading() as db:
        consultation_id = db.get_one(Participant, plants.ids["participant_b"]["id"]).consultation_id
        entry = db.get_one(Stakeholder, again.id)
        assert entry.left_at == NOON
        assert [one for one in doors.list_addresses(db, consultation_id) if one.address == ADDRESS] == []


def test_check_forget_entry_asks_an_office_to_hand_over_first(world):
    link, before = link_for(world, "participant"), everything()

    answer = world.browser("visitor").post(link)

    assert (answer.status_code, everything() == before) == (409, True)
    assert str(rules.OfficeStays.message) in answer.text
    with pytest.raises(rules.OfficeStays):
        rules.check_forget_entry(Stakeholder(basis=Basis.DUTY), holds_seat=False)
    rules.check_forget_entry(Stakeholder(basis=Basis.CONSENT), holds_seat=False)


def test_a_personal_link_alone_forgets_nobody(world):
    before = everything()

    answers = [
        world.browser("participant_b").post(f"/en/my-data/forget/{token}").status_code
        for token in (world.ids["participant_b"]["token"], world.ids["participant_b"]["leave"], world.ids[""]["take"])
    ]

    assert (answers, everything() == before) == ([410] * 3, True)


def test_a_row_of_a_list_with_their_address_is_emptied_also_where_it_would_be_somebody_new(plants):
    link = link_for(plants, "participant_b")
    with writing() as db:
        made = db.query(StakeholderImport).first()
        for line, address in enumerate((ADDRESS.upper(), "somebody@else.example"), start=900):
            row = {"line": line, "state": RowState.NEW, "problems": [], "changes": [], "applied": False}
            db.add(ImportRow(import_id=made.id, values={"name": f"NEW-{line}", "email": address}, **row))

    assert plants.browser("visitor").post(link).status_code == 200

    with reading() as db:
        rows = db.query(ImportRow).filter(ImportRow.line >= 900).order_by(ImportRow.line)
        assert [one.values.get("name") for one in rows] == [None, "NEW-901"]
