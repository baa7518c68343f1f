"""Undoing that two entries are one: each hears its own answers, and neither gets the other's link."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.models import Mail, MailState, OutboxMail
from consult.mail.operations import queue_mail
from consult.mailings.jobs import queue_campaign
from consult.mailings.models_outreach import OutreachState, OutreachWay
from consult.reports import jobs
from consult.reports import operations_parting as operations
from consult.reports.models import FrozenReport
from consult.stakeholders.models import Stakeholder
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import send, write
from tests.reports.test_letters import author, commented, made, merge, note, rows
from tests.reports.test_reports import AFTER, publish_report
from tests.rounds.test_comments import open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add

S, W = OutreachState, OutreachWay
LATER = AFTER + timedelta(days=1)


@pytest.fixture(autouse=True)
def after(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AFTER)


@pytest.fixture
def published(open_round, consultation):  # noqa: F811
    """Publish a report in which some entries, by name, were answered; those without e-mail get letters."""

    def publish(*, merged, **people):
        """`people`: what their entries are; River is merged into Hill before the report (`merged`), or after it."""
        for number, (name, changes) in enumerate(people.items()):
            commented(open_round, author(name, **changes), consultation, once=name, text=f"Words {number}")
        for name in {"River", "Hill"} - set(people):
            add(name=name, email=f"{name}@org.example", groups=())
        if merged:
            merge("River", "Hill")
        publish_report(consultation, open_round)
        if not merged:
            merge("River", "Hill")

    return publish


def part():
    with writing() as db:
        gone = db.query(Stakeholder).filter_by(name="River").one()
        operations.undo_merge(db, gone, by=Dalia(), now=LATER)


def told():
    """To whom mails say that answers are there, by name, whose door they open, and whether they are still to go."""
    with reading() as db:
        names = {one.person_ref: one.name for one in db.query(Stakeholder)}
        whose = dict(db.query(Participant.id, Stakeholder.name).join(Stakeholder).all())
        mails = db.query(OutboxMail).filter_by(template="answers_published").order_by(OutboxMail.id)
        return [
            (names[one.person], whose[one.parameters["participant"]] if one.parameters else None, one.state)
            for one in mails
        ]


@pytest.mark.database
def test_two_who_were_one_when_a_report_came_out_get_a_letter_each(published):
    published(merged=True, River={}, Hill={"postal_address": "9 Hill"})
    assert rows() == [("Hill", W.LETTER, S.TO_PRINT)]

    part()

    lines, _task = made()
    assert rows() == [("River", W.LETTER, S.PRINTED), ("Hill", W.LETTER, S.PRINTED)]
    assert (lines.count("Words 0"), lines.count("Words 1")) == (1, 1)


@pytest.mark.database
def test_two_who_were_one_when_a_report_came_out_get_a_mail_each_with_their_own_link(published):
    published(merged=True, River={"email": "r@org.example"}, Hill={"email": "h@org.example"})
    assert told() == [("Hill", "River", MailState.QUEUED)]

    part()

    assert told() == [("Hill", "Hill", MailState.QUEUED), ("River", "River", MailState.QUEUED)]


@pytest.mark.database
def test_whoever_said_nothing_gets_no_mail_for_the_other_any_more(published):
    published(merged=True, River={"email": "r@org.example"})
    assert told() == [("Hill", "River", MailState.QUEUED)]

    part()

    assert told() == [("Hill", None, MailState.SUPPRESSED), ("River", "River", MailState.QUEUED)]


@pytest.mark.database
@pytest.mark.parametrize("what", [S.POSTED, S.RETURNED])
def test_a_letter_that_went_to_the_other_goes_to_themselves_now(published, what):
    """One row stands for both, under the one who takes part longer: River. What was posted went to Hill's address."""
    published(merged=True, River={}, Hill={"postal_address": "9 Hill"})
    made()
    note(S.POSTED, name="Hill", day=AFTER.date())
    if what is S.RETURNED:
        note(S.RETURNED, name="Hill", note="moved")

    part()

    assert rows() == [("River", W.LETTER, S.TO_PRINT)]  # Hill has had it, or has no address that works


def test_what_became_of_a_letter_before_the_merging_stays_so(published):
    published(merged=False, River={}, Hill={"postal_address": "9 Hill"})
    with reading() as db:
        before = db.query(Stakeholder).filter_by(name="River").one().merged_at
    with writing() as db:
        db.query(Stakeholder).filter_by(name="River").one().merged_at = before + timedelta(hours=1)

    part()

    assert rows() == [("River", W.LETTER, S.TO_PRINT), ("Hill", W.LETTER, S.TO_PRINT)]
    assert told() == []


def test_a_letter_that_became_a_mail_to_the_other_is_a_letter_again(published):
    published(merged=False, River={})
    made()
    assert rows() == [("Hill", W.LETTER, S.LEFT_OUT)]
    assert told() == [("Hill", "River", MailState.QUEUED)]

    part()

    assert rows() == [("River", W.LETTER, S.TO_PRINT)]
    assert told() == [("Hill", None, MailState.SUPPRESSED)]


def test_a_letter_in_a_file_with_the_words_of_both_is_made_again(published):
    published(merged=True, Hill={"postal_address": "9 Hill"}, River={})
    made()
    assert rows() == [("Hill", W.LETTER, S.PRINTED)]

    part()

    assert rows() == [("Hill", W.LETTER, S.TO_PRINT), ("River", W.LETTER, S.TO_PRINT)]


def test_whoever_is_told_with_the_others_later_is_told_once(published):
    published(merged=True, River={"email": "r@org.example"}, Hill={"email": "h@org.example"})
    with writing() as db:
        frozen = db.query(FrozenReport).one()
        frozen.told_at, frozen.told_until = None, db.query(Participant.id).order_by(Participant.id).first()[0]

    part()
    assert told() == [("Hill", "Hill", MailState.QUEUED), ("River", "River", MailState.QUEUED)]
    jobs.tell_authors(frozen.id)

    assert told() == [("Hill", "Hill", MailState.QUEUED), ("River", "River", MailState.QUEUED)]


@pytest.mark.database
def test_a_mailing_that_waits_for_the_one_opens_no_door_of_the_other(open_round):  # noqa: F811
    river, hill = author("River", email="r@org.example"), add(name="Hill", email="h@org.example", groups=())
    merge("River", "Hill")
    campaign = write()
    send(campaign)
    queue_campaign(campaign.id)

    part()

    with reading() as db:
        mail = db.query(OutboxMail).filter_by(cause=f"campaign:{campaign.id}").one()
        whose = db.get_one(Participant, mail.parameters["participant"])
    assert (mail.person, whose.stakeholder_id) == (hill.person_ref, hill.id)
    assert whose.id != river.id
    assert whose.invited_at is not None


@pytest.mark.database
@pytest.mark.parametrize("asked", ["personal_link", "seat_taken_over"])
def test_neither_a_link_that_was_asked_for_nor_that_of_a_seat_opens_the_others_door(open_round, asked):  # noqa: F811
    """While they were one, both went to the mailbox of the kept one."""
    river, hill = (add(name=one, email=f"{one[0].lower()}@org.example", groups=()) for one in ("River", "Hill"))
    with writing() as db:
        here = db.query(Consultation).one()
        theirs = doors.admit_stakeholder(db, here, db.get_one(Stakeholder, river.id), now=AFTER)
        theirs.invite(AFTER, by="campaign:1")
        theirs_id, ref = theirs.id, theirs.person_ref
    merge("River", "Hill")
    with writing() as db:
        values = {"personal_link": (ref, {"participant": theirs_id}),
                  "seat_taken_over": (hill.person_ref, {"seat": 1, "participants": [theirs_id]})}  # fmt: skip
        person, parameters = values[asked]
        queue_mail(db, Mail(asked, person, "made", "h@org.example", "en", parameters), now=AFTER)

    part()

    with reading() as db:
        mail = db.query(OutboxMail).filter_by(template=asked).one()
        own = db.query(Participant).filter_by(stakeholder_id=hill.id).one_or_none()
        if asked == "personal_link":
            assert (mail.state, mail.parameters) == (MailState.SUPPRESSED, None)
            return
        assert own is not None
        assert (mail.state, mail.parameters["participants"]) == (MailState.QUEUED, [own.id])
        assert (own.invited_at, own.last_invited_at, own.invited_by) == (AFTER, AFTER, "campaign:1")
