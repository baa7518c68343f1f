"""Comments that came by letter, telephone or in a meeting, entered on their author's behalf and marked so."""

from datetime import date, timedelta

import pytest
from lxml import html
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations import codes, doors
from consult.consultations.models import Consultation, Participant, Participation
from consult.core.db import reading, violated, writing
from consult.mail.models import OutboxMail
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.rounds import operations_entered as operations
from consult.rounds import queries, queries_entered, rules, rules_entered
from consult.rounds.forms import CONSENTS
from consult.rounds.models import NAMED, Audience, Channel, Comment, Consent, Round
from consult.rounds.models_entered import EnteredComment
from consult.rounds.operations import withdraw_comment
from consult.rounds.operations_entered import Arrival
from consult.stakeholders.models import Consent as Act
from consult.stakeholders.models import Purpose, Stakeholder
from tests.drafts.test_operations import NOON
from tests.rounds.test_comments import CLOSES, a_remark, consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add

TODAY = NOON.date()
CLOSING = CLOSES.date()


def enter(
    round_, participant=None, once="k1", now=NOON, ref="1", channel=Channel.LETTER, arrived=TODAY, posted=None, **said
):
    with writing() as db:
        found = db.get_one(Round, round_.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        quoted = queries.find_quoted(db, found.version_id, ref, ["en"]) if ref != "0" else None
        whose = db.get_one(Participant, participant.id) if participant else None
        return operations.enter_comment(
            db, dossier, found, quoted, a_remark(**said), Arrival(channel, arrived, posted),
            participant=whose, once=once, by=Dalia(), now=now,
        )  # fmt: skip


def admitted(**changes):
    entry = add(email="", postal_address="1 Lane", **changes)
    with writing() as db:
        dossier = db.query(Consultation).one()
        return doors.admit_stakeholder(db, dossier, db.get_one(Stakeholder, entry.id), now=NOON)


@pytest.mark.database
def test_enter_comment_keeps_who_entered_it_how_it_came_and_whose_it_is(open_round):  # noqa: F811
    whose = admitted()

    made = enter(open_round, whose, consent=Consent.NOT_PUBLISHED)
    again = enter(open_round, whose, consent=Consent.NOT_PUBLISHED)

    assert made.id == again.id
    with reading() as db:
        kept = db.query(EnteredComment).one()
        comment = db.query(Comment).one()
        assert (kept.entered_by, kept.arrived_on, comment.channel) == ("staff:7", TODAY, Channel.LETTER)
        assert (comment.participant_id, comment.quoted_text[:5]) == (whose.id, "First")
        assert [one.ref for one in queries.list_own_comments(db, whose.id)] == [made.ref]
        assert db.query(Participation).filter_by(participant_id=whose.id).count() == 1  # no reminder reaches them
        assert db.query(OutboxMail).count() == 0
        codes_of = [one.codes for one in db.query(JournalEntry).filter_by(event="comment.entered")]
    assert codes_of == [{"consultation": "upr", "comment": made.ref, "channel": "letter"}]


@pytest.mark.database
def test_its_author_may_withdraw_it(open_round):  # noqa: F811
    made = enter(open_round, admitted())

    with writing() as db:
        withdraw_comment(db, db.get_one(Comment, made.id), now=NOON)

    with reading() as db:
        assert db.query(Comment.text).scalar() == ""


@pytest.mark.database
def test_somebody_new_is_entered_where_everybody_may_comment(open_round):  # noqa: F811
    enter(open_round, ref="0", name="Ana")

    with reading() as db:
        assert [(one.name, one.email) for one in db.query(Participant)] == [("Ana", "")]
        round_ = db.query(Round).one()
        round_.audience = Audience.REGISTERED
        with pytest.raises(rules.ForOthers):
            rules.check_audience(round_, None)
        db.rollback()


LATE = CLOSES + timedelta(days=3)


@pytest.mark.parametrize(
    ("channel", "arrived", "posted", "now", "refusal"),
    [
        (None, TODAY, None, NOON, rules_entered.ChannelMissing),
        (Channel.SITE, TODAY, None, NOON, rules_entered.ChannelMissing),
        (Channel.LETTER, None, None, NOON, rules_entered.ArrivalWrong),
        (Channel.LETTER, TODAY + timedelta(days=1), None, NOON, rules_entered.ArrivalWrong),
        (Channel.LETTER, TODAY - timedelta(days=1), None, NOON, rules_entered.ArrivalWrong),
        (Channel.LETTER, TODAY, TODAY + timedelta(days=1), NOON, rules_entered.PostmarkWrong),
        (Channel.PHONE, TODAY, TODAY, NOON, rules_entered.PostmarkWrong),
        (Channel.LETTER, LATE.date(), None, LATE, rules_entered.CameTooLate),
        (Channel.LETTER, LATE.date(), CLOSING + timedelta(days=1), LATE, rules_entered.CameTooLate),
        (Channel.LETTER, TODAY, None, CLOSES + timedelta(days=14), rules_entered.EnteredTooLate),
    ],
)
def test_check_enter_comment_refuses_what_did_not_come_in_time(channel, arrived, posted, now, refusal):
    round_ = Round(opens_at=NOON, closes_at=CLOSES)

    with pytest.raises(refusal):
        rules_entered.check_enter_comment(round_, channel, arrived, posted, zone="UTC", now=now)


@pytest.mark.parametrize(("arrived", "posted"), [(LATE.date(), CLOSING), (CLOSING, None), (LATE.date(), TODAY)])
def test_enter_comment_takes_a_letter_posted_before_the_closing(arrived, posted):
    round_ = Round(opens_at=NOON, closes_at=CLOSES)

    rules_entered.check_enter_comment(round_, Channel.LETTER, arrived, posted, zone="UTC", now=LATE)


def test_check_channel_of_what_staff_enter_is_not_the_site():
    rules_entered.check_channel(Channel.MEETING)
    with pytest.raises(rules_entered.ChannelMissing):
        rules_entered.check_channel(Channel.SAFE)


@pytest.mark.database
def test_the_database_keeps_what_was_entered_and_marks_no_comment_of_the_site(open_round):  # noqa: F811
    made = enter(open_round)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.get_one(EnteredComment, made.id).arrived_on = date(2027, 1, 1)
    assert violated(caught.value) == "entered_comment_never_changes"
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.get_one(Comment, made.id).channel = Channel.SITE
    assert "comment" in (violated(caught.value) or "")


@pytest.mark.database
def test_the_author_is_found_by_name_and_by_the_code_of_the_letter(open_round):  # noqa: F811
    whose = admitted(name="River Village")
    with writing() as db:
        door = doors.door_of(db, db.get_one(Participant, whose.id))
        codes.keep_codes(db, [door])
        code = codes.code_of(door)

    with reading() as db:
        here = db.query(Consultation.id).scalar()
        found = [[one.ref for one in queries_entered.find_by_words(db, here, words)]
                 for words in ("village RIVER", code.lower(), "100%_", "nobody")]  # fmt: skip
    assert found == [[whose.ref], [whose.ref], [], []]


def test_those_of_one_name_are_told_apart_by_the_registry(open_round):  # noqa: F811
    known = admitted(name="River Village")
    with writing() as db:
        typed = db.get_one(Participant, known.id)
        other = Participant(
            consultation_id=typed.consultation_id, ref="otherone23", name="River Village", organisation="", language="en",
            category="", email="", created_at=NOON,
        )  # fmt: skip
        db.add(other)

    with reading() as db:
        found = queries_entered.find_by_words(db, db.query(Consultation.id).scalar(), "river")
    assert {one.ref: one.in_registry for one in found} == {known.ref: True, "otherone23": False}


@pytest.mark.database
@pytest.mark.parametrize("scope", list(LeavingScope))
def test_leave_on_behalf_stops_what_they_said(open_round, scope):  # noqa: F811
    whose = admitted()

    with writing() as db:
        participant = db.get_one(Participant, whose.id)
        dossier = db.get_one(Consultation, participant.consultation_id)
        operations.leave_on_behalf(db, dossier, participant, scope, channel=Channel.PHONE, by=Dalia(), now=NOON)

    with reading() as db:
        assert db.get_one(Participant, whose.id).left_at == NOON
        assert db.query(Stakeholder).one().has_left is (scope is LeavingScope.EVERYTHING)
        assert db.query(Leaving).one().way is LeavingWay.STAFF
        said = [one.how for one in db.query(Act).filter_by(purpose=Purpose.EVERYTHING)]
        assert said == (["phone"] if scope is LeavingScope.EVERYTHING else [])


def test_of_a_protected_author_no_name_is_offered_to_be_published(world):
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(ref=world.ids[""]["protected"]).one()
        whose = db.query(Participant).filter_by(stakeholder_id=entry.id).one().ref
    desk = world.browser("secretariat")

    def offered(who):
        page = html.fromstring(desk.get(f"/staff/consultations/upr/on-behalf/{who}/").get_data())
        return [one.get("value") for one in page.iterfind(".//input[@name='consent']")]

    everything = [value for value, _words in CONSENTS]
    assert offered(world.ids["participant"]["ref"]) == everything
    assert offered(whose) == [value for value in everything if value not in NAMED]
