"""Letters and calls of whoever is forgotten or erased: no word that was noted stays, and no file with their letter."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, Participant
from consult.consultations.models_codes import DoorCode
from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.operations_entry import ask_fresh_link
from consult.core.db import reading, violated, writing
from consult.core.files import store
from consult.jobs.operations import expire_tasks
from consult.mailings import operations_outreach as operations
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import DeadContact, OutreachState, OutreachStep
from consult.mailings.operations_forgetting import forget_letters
from consult.privacy.operations_own import forget_entry
from consult.privacy.queries_own import collect_own
from consult.stakeholders.models import Channel, Stakeholder
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import Sender
from tests.mailings.test_letters import TODAY, made, noon, on_paper, reached, sent  # noqa: F401
from tests.privacy.making import HOUR, over, run
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.world import everything

TRACES = ("email", "postal_address", "note", "phone")
CANARY = "CANARY moved in with an uncle"


@pytest.fixture
def noted(open_round):  # noqa: F811
    """Somebody whose letter came back with a note, somebody else of the same campaign, and the file that holds both letters."""
    entry = add(
        name="River Village", email="river@org.example", postal_address="12 River Road", channel=Channel.POST, groups=()
    )
    on_paper("Hill Village")
    campaign = sent()
    _content, task = made(campaign)
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        operations.mark_posted(db, dossier, found, TODAY, today=TODAY, by=Sender(), now=NOON)
        for name, words in (("River Village", CANARY), ("Hill Village", "unknown")):
            operations.return_letter(db, dossier, found, reached(db, found, name), note=words, by=Sender(), now=NOON)
    return entry, task


def left_of_letters():
    """(notes, entries with a mark, codes, files)"""
    with writing() as db:
        expire_tasks(db, now=NOON + timedelta(minutes=1))
    with reading() as db:
        notes = sorted(note for (note,) in db.query(OutreachStep.note) if note)
        marked = [one.stakeholder_id for one in db.query(DeadContact).order_by(DeadContact.stakeholder_id)]
        return notes, marked, db.query(DoorCode).count(), sum(1 for _ in store().keys("exports"))


def other_id():
    with reading() as db:
        return db.query(Stakeholder).filter_by(name="Hill Village").one().id


@pytest.mark.database
def test_being_forgotten_erases_what_was_noted_of_letters_and_the_file_that_holds_one(noted):
    entry, _task = noted
    assert left_of_letters() == ([CANARY, "unknown"], [entry.id, other_id()], 2, 1)
    with writing() as db:
        participant = db.query(Participant).filter_by(stakeholder_id=entry.id).one()
        ask_fresh_link(db, participant, db.get_one(Stakeholder, entry.id), EntryAct.FORGET, now=NOON)

    with writing() as db:
        forget_entry(db, db.query(FreshLink).one(), now=NOON)

    assert left_of_letters() == (["unknown"], [other_id()], 1, 0)
    assert "CANARY" not in str(everything())
    with reading() as db:
        states = [one.state for one in db.query(OutreachStep).order_by(OutreachStep.id)]
    assert states.count(OutreachState.RETURNED) == 2, "that there was a letter, and how it ended, stays"


@pytest.mark.database
def test_what_left_long_ago_loses_the_notes_of_its_letters_also_where_one_came_back_since(noted):
    entry, _task = noted
    with writing() as db:
        db.execute(
            update(Stakeholder)
            .where(Stakeholder.id == entry.id)
            .values(
                left_at=over("left_entries") - HOUR,
                email="",
                email_key="x",
                postal_address="",
                note="",
                phone="",
                basis="none",
                channel=None,
            )
        )

    done = run()

    assert done.counts["left_entries"] == 1
    assert "CANARY" not in str(everything())
    with reading() as db:
        assert [one.stakeholder_id for one in db.query(DeadContact)] == [other_id()]
        assert "unknown" in [note for (note,) in db.query(OutreachStep.note)]
    assert run().counts["left_entries"] == 0, "once"


@pytest.mark.database
def test_a_file_that_is_to_go_is_fetched_no_more(noted, client):
    _entry, task = noted
    from consult.mailings.views_letters import is_there

    assert is_there(task, now=NOON)
    task.expires_at = NOON
    assert not is_there(task, now=NOON)


@pytest.mark.database
def test_the_copy_of_what_is_held_has_the_letters(noted):
    entry, _task = noted

    with reading() as db:
        found = collect_own(db, db.get_one(Stakeholder, entry.id))["letters"]

    assert [(one["state"], one.get("note")) for one in found] == [
        ("printed", None), ("posted", None), ("returned", CANARY),
    ]  # fmt: skip


@pytest.mark.database
def test_the_database_lets_a_note_be_emptied_and_never_changed(noted):
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(update(OutreachStep).where(OutreachStep.note == CANARY).values(note="something else"))

    assert violated(caught.value) == "note_of_a_step_only_emptied"


def test_forget_letters_reaches_who_was_written_to_under_another_entry(noted):
    """Listed as one entry, taking part as another: as it is where two were merged while letters were out, and parted again."""
    entry, _task = noted
    other = add(name="River Village anew", email="anew@org.example")
    with writing() as db:
        db.execute(update(Participant).where(Participant.stakeholder_id == entry.id).values(stakeholder_id=other.id))
        forget_letters(db, [other.id], now=NOON)

    assert left_of_letters()[0] == ["unknown"]
