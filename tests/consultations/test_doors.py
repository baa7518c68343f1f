"""Personal links: what a GET may do and show, what the button does, and for how long."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations import doors, rules
from consult.consultations.models import Consultation, ConsultationState, Door, Participant
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.ids import digest
from consult.mail.models import OutboxMail
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.operations_leaving import leave
from tests.drafts.test_operations import NOON
from tests.responses.test_views_staff import signed_in
from tests.rounds.test_comments import CLOSES, consultation, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.forms import submit


def admit(slug="upr", **changes):
    """A participant from the registry, and the token of its link."""
    entry = add(**changes)
    with writing() as db:
        found = db.query(Consultation).filter_by(slug=slug).one()
        participant = doors.admit_stakeholder(db, found, db.get_one(Stakeholder, entry.id), now=NOON)
        participant.invited_at = NOON
        return participant, doors.token_of(doors.door_of(db, participant))


def rows():
    """Everything that entering could change."""
    with reading() as db:
        tables = ("door", "participant", "comment", "comment_draft", "outbox_mail", "journal_entry")
        known = {row[0] for row in db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))}
        return {name: db.execute(text(f"SELECT count(*) FROM {name}")).scalar() for name in tables if name in known}


@pytest.mark.parametrize("method", ["get", "head"])
def test_ten_looks_at_a_door_change_nothing_and_enter_nobody(open_round, client, method):  # noqa: F811
    _, token = admit()
    before = rows()

    with clock.at(NOON):
        answers = [getattr(client, method)(f"/en/door/{token}") for _ in range(10)]

    assert [answer.status_code for answer in answers] == [200] * 10
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert rows() == before
    with reading() as db:
        assert db.execute(text("SELECT count(*) FROM session")).scalar() == 0


def test_ten_entries_do_no_harm(open_round, guarded_client):  # noqa: F811
    _, token = admit()

    with clock.at(NOON):
        answers = [submit(guarded_client, f"/en/door/{token}") for _ in range(10)]
        mine = guarded_client.get("/en/consultations/upr/my-comments/")

    assert {answer.headers["Location"] for answer in answers} == {"/en/consultations/upr/my-comments/"}
    assert mine.status_code == 200
    assert mine.headers["Cache-Control"] == "private, no-store"
    with reading() as db:
        assert db.query(Participant).count() == 1


def test_a_look_shows_the_name_of_an_organisation_and_never_that_of_a_person(open_round, client):  # noqa: F811
    _, of_organisation = admit()
    _, of_person = admit(kind=StakeholderKind.PERSON, name="Ana Lefaga", groups=(), email="ana@p.example")

    with clock.at(NOON):
        organisation, person = (client.get(f"/en/door/{token}").text for token in (of_organisation, of_person))

    assert "Women’s Network" in organisation
    assert "Ana" not in person
    assert "ana@p.example" not in person + organisation


@pytest.mark.parametrize("token", ["0" * 32, "x", "%00", "0" * 5_000])
def test_a_link_that_was_never_made_leads_nowhere(open_round, client, token):  # noqa: F811
    assert client.get(f"/en/door/{token}").status_code == 404
    assert client.post(f"/en/door/{token}").status_code == 404


def test_a_new_generation_revokes_the_link_before(open_round, client):  # noqa: F811
    participant, old = admit()
    with writing() as db:
        new = doors.token_of(doors.replace_door(db, db.get_one(Participant, participant.id)))

    assert client.get(f"/en/door/{old}").status_code == 404
    assert client.get(f"/en/door/{new}").status_code == 200


def test_the_database_keeps_only_the_digest_of_a_token(open_round):  # noqa: F811
    participant, token = admit()

    with reading() as db:
        door = db.query(Door).filter_by(participant_id=participant.id).one()
        everything = str([tuple(row) for row in db.execute(text("SELECT * FROM door"))])
    assert door.digest == digest(token)
    assert token not in everything


def archive(slug="upr"):
    with writing() as db:
        found = db.query(Consultation).filter_by(slug=slug).one()
        found.state, found.archived_at = ConsultationState.ARCHIVED, NOON


def test_check_enter_ends_with_the_archive(open_round, client):  # noqa: F811
    _, token = admit()
    with clock.at(CLOSES + timedelta(days=100)):
        after_closing = client.post(f"/en/door/{token}").status_code
    archive()

    assert after_closing == 303
    assert client.get(f"/en/door/{token}").status_code == 410
    assert client.post(f"/en/door/{token}").status_code == 410
    with pytest.raises(rules.ConsultationArchived):
        rules.check_enter(Consultation(state=ConsultationState.ARCHIVED))


def test_a_session_of_one_consultation_opens_no_other(open_round, client):  # noqa: F811
    _, token = admit()
    with clock.at(NOON):
        client.post(f"/en/door/{token}")
    with writing() as db:
        other = db.query(Consultation).one()
        made = Consultation(
            **{c.name: getattr(other, c.name) for c in Consultation.__table__.columns if c.name not in ("id", "slug")}
        )
        made.slug = "other"
        db.add(made)
    secret = client.get_cookie("part-upr").value
    client.set_cookie("part-other", secret)

    with clock.at(NOON):
        assert client.get("/en/consultations/other/my-comments/").status_code == 403


@pytest.mark.database
def test_the_database_lets_a_stakeholder_take_part_once(open_round):  # noqa: F811
    participant, _ = admit()

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.add(
            Participant(
                ref="x",
                consultation_id=participant.consultation_id,
                stakeholder_id=participant.stakeholder_id,
                name="",
                organisation="x",
                category="",
                email="",
                language="en",
                created_at=NOON,
            )
        )
        db.flush()

    assert violated(caught.value) == "takes_part_once"


def test_who_left_the_registry_gets_no_mail_at_all(open_round):  # noqa: F811
    participant, _ = admit()
    with writing() as db:
        leave(db, db.get_one(Stakeholder, participant.stakeholder_id), how="letter", now=NOON)

    with reading() as db:
        assert doors.mail_address(db, db.get_one(Participant, participant.id)) is None
        assert doors.list_addresses(db, participant.consultation_id) == []


def test_a_link_in_wrong_hands_is_replaced_and_what_it_opened_ends(open_round, consultation, app, client):  # noqa: F811
    participant, token = admit()
    thief, desk = app.test_client(), signed_in(client, consultation.dalia)
    with clock.at(NOON):
        thief.post(f"/en/door/{token}")
        assert thief.get("/en/consultations/upr/my-comments/").status_code == 200
    page = "/staff/consultations/upr/participants/"
    assert participant.ref in desk.get(page).text

    replaced = desk.post(f"{page}{participant.ref}/replace-link/")

    assert replaced.status_code == 303
    with clock.at(NOON):
        assert thief.get("/en/consultations/upr/my-comments/").status_code == 403
        assert thief.get(f"/en/door/{token}").status_code == 404
    with reading() as db:
        again = db.get_one(Participant, participant.id)
        assert app.test_client().get(f"/en/door/{doors.token_of(doors.door_of(db, again))}").status_code == 200
        assert db.query(OutboxMail).filter_by(template="personal_link").count() == 1
    assert desk.post(f"{page}nonsense/replace-link/").status_code == 404
