"""Reminders: who is reminded and who not and why, at most once each, and nothing after the closing."""

import re
from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant, Participation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.i18n import use_language
from consult.jobs.queue import queue
from consult.mail.delivery import post
from consult.mail.messages import NotWanted
from consult.mail.models import OutboxMail
from consult.mailings import operations, operations_queueing, queries_chosen, rules, rules_reach
from consult.mailings.forms import ready_made_words
from consult.mailings.models import CampaignKind, WhyNot
from consult.mailings.operations import Wording
from consult.rounds.models import Comment, Round
from consult.rounds.operations import extend_round, send_comment, withdraw_comment
from consult.rounds.operations_drafts import save_comment_draft
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations_leaving import leave
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.mailings.test_campaigns import WORDS, Sender, mails, send, submit, write
from tests.rounds.test_comments import CLOSES, a_remark, open_round  # noqa: F401
from tests.rounds.test_comments import send as comment
from tests.stakeholders.test_operations import add

DAY = timedelta(days=1)


def remind(categories=()):
    """A reminder, written and not sent."""
    with writing() as db:
        found = db.query(Consultation).one()
        wording = Wording(tuple(categories), (), WORDS)
        return operations.write_campaign(
            db, found, wording, campaign=None, kind=CampaignKind.REMINDER, by=Sender(), now=NOON
        )


def comment_as(round_, entry, once="c"):
    with writing() as db:
        who = db.query(Participant).filter_by(stakeholder_id=entry.id).one()

        return send_comment(db, db.get_one(Round, round_.id), None, a_remark(), participant=who, once=once, now=NOON)


@pytest.fixture
def invited(open_round):  # noqa: F811
    """Five of the registry: silent, commented, left, withdrew consent; and one who was never invited. Their mails are out."""
    names = ("Silent", "Commented", "Gone", "Unwilling")
    entries = {name: add(name=name, email=f"{name.lower()}@org.example", groups=()) for name in names}
    send(write())
    with clock.at(NOON):
        queue().work_off()
    entries["Stranger"] = add(name="Stranger", email="stranger@org.example", groups=())
    comment_as(open_round, entries["Commented"])
    with writing() as db:
        leave(db, db.get_one(Stakeholder, entries["Gone"].id), how="letter", now=NOON)
        db.get_one(Stakeholder, entries["Unwilling"].id).basis = Basis.NONE
    return entries


@pytest.mark.database
def test_the_list_says_who_is_reminded_and_who_not_and_why(invited):
    reminder = remind()

    with reading() as db:
        counts = queries_chosen.count_chosen(db, reminder)
        gets = [one.name for one in queries_chosen.list_chosen(db, reminder, gets=True)]
        not_ = {one.name: one.why_not for one in queries_chosen.list_chosen(db, reminder, gets=False)}
        ruled = {
            entry.name: rules_reach.why_not_reminded(entry, has_commented=entry.name == "Commented")
            for entry in db.query(Stakeholder)
            if entry.name != "Stranger"
        }

    assert gets == ["Silent"]
    assert not_ == {"Commented": WhyNot.COMMENTED_ALREADY, "Gone": WhyNot.LEFT, "Unwilling": WhyNot.NO_BASIS}
    assert counts == {None: 1, **dict.fromkeys(not_.values(), 1)}
    assert {**dict.fromkeys(gets), **not_} == ruled  # the query and the rule say the same


def test_a_draft_or_an_opened_door_changes_nothing_on_the_list(invited, open_round):  # noqa: F811
    reminder = remind()
    with writing() as db:
        who = db.query(Participant).filter_by(stakeholder_id=invited["Silent"].id).one()
        found = db.get_one(Round, open_round.id)
        save_comment_draft(db, found, who, "1", a_remark(text="Not sent"), now=NOON)
        token = doors.token_of(doors.door_of(db, who))
        doors.enter(db, doors.find_door(db, token), now=NOON, lasts=DAY)

    with reading() as db:
        assert [one.name for one in queries_chosen.list_chosen(db, reminder, gets=True)] == ["Silent"]


@pytest.mark.database
def test_each_is_reminded_once_however_often_the_job_runs(invited):
    reminder = remind()

    assert send(reminder) == 1
    queue().work_off()
    with writing() as db:
        assert operations_queueing.queue_recipients(db, reminder.id, now=NOON) is False
        operations_queueing.sweep_campaigns(db, now=NOON)
    queue().work_off()

    assert [person for _, person, _ in mails()].count(invited["Silent"].person_ref) == 2  # the campaign and this
    assert len(mails()) == 5
    with pytest.raises(rules.NotUnderWay):
        submit(reminder)


def test_a_second_reminder_is_one_mail_more(invited):
    for _ in range(2):
        send(remind())
        queue().work_off()

    assert [person for _, person, _ in mails()].count(invited["Silent"].person_ref) == 3


def test_neither_kind_goes_out_after_the_closing(invited):
    for one in (remind(), write()):
        with pytest.raises(rules.NothingOpen):
            submit(one, now=CLOSES)


def made(mail, at):
    """A waiting mail as it would go out at an instant: its text, or None where it is not wanted any more."""
    mail.message_id = "<x@x.example>"
    with clock.at(at):
        try:
            return post().letter(mail).content.decode()
        except NotWanted:
            return None


def waiting():
    with reading() as db:
        return db.query(OutboxMail).filter(OutboxMail.address.is_not(None)).order_by(OutboxMail.id).all()


@pytest.mark.parametrize("what", ["commented", "closed", "left", "nothing"])
def test_what_happened_while_the_mail_waited_is_asked_when_it_is_made(invited, open_round, what):  # noqa: F811
    reminder = remind()
    send(reminder)
    with writing() as db:
        operations_queueing.queue_recipients(db, reminder.id, now=NOON)
    (mail,) = waiting()
    if what == "commented":
        comment_as(open_round, invited["Silent"], once="meanwhile")
    if what == "left":
        with writing() as db:
            leave(db, db.get_one(Stakeholder, invited["Silent"].id), how="letter", now=NOON)

    found = made(mail, CLOSES if what == "closed" else NOON)

    assert (found is not None) == (what == "nothing")
    if found:
        assert "You may have commented since this mail was written" in " ".join(found.split())
        assert re.search(r"/en/door/[0-9a-f]{32}", found)


def test_who_commented_and_took_it_back_is_not_asked_again(invited, open_round):  # noqa: F811
    sent = comment_as(open_round, invited["Silent"], once="meanwhile")
    with writing() as db:
        withdraw_comment(db, db.get_one(Comment, sent.id), now=NOON)

    with reading() as db:
        assert queries_chosen.count_chosen(db, remind()).get(None, 0) == 0


@pytest.mark.database
def test_taking_part_is_written_down_by_the_database_with_the_first_comment(open_round):  # noqa: F811
    comment(open_round)
    with writing() as db:
        who = db.query(Participant).one()
        found = db.get_one(Round, open_round.id)

        send_comment(db, found, None, a_remark(), participant=who, once="k2", now=NOON + DAY)

    with reading() as db:
        assert [(one.participant_id, one.what, one.number, one.at) for one in db.query(Participation)] == [
            (who.id, "comments", 1, NOON)
        ]


def test_the_pages_write_and_send_a_reminder(world):
    desk = world.browser("secretariat")
    page = "/staff/consultations/upr/mailings/"

    form = desk.get(f"{page}new/reminder/").text
    typed = {f"{name}_{code}": "Words" for name in ("subject", "body") for code in ("en", "ar")}
    answer = desk.post(f"{page}new/reminder/", data={**typed, "audience": "registry"})
    shown = desk.get(answer.location).text

    assert "Reminder: the draft report is still open for comments" in form
    assert "تذكير" in form
    assert "0 addresses will get this mail" in shown  # both of the world's have commented
    refused = desk.post(f"{answer.location}submit/", data={"starts": ""})
    assert (refused.status_code, "Nobody would get this mail" in refused.text) == (422, True)
    listed = desk.get(page).text
    assert "Reminder" in listed
    assert "has commented already" in desk.get(f"{answer.location}?list=not").text


def test_ready_made_words_of_a_language_that_has_none_are_english(settings):
    with use_language("en"):
        assert ready_made_words(CampaignKind.REMINDER, "sm") == ready_made_words(CampaignKind.REMINDER, "en")


def test_after_the_closing_no_mail_of_the_outbox_asks_for_comments(invited, open_round):  # noqa: F811
    """Everything that waits: campaign, reminder, more time."""
    later = CLOSES + DAY
    reminder, campaign = remind(), write()
    send(reminder)
    send(campaign)
    with writing() as db:
        for one in (reminder, campaign):
            operations_queueing.queue_recipients(db, one.id, now=NOON)
        found = db.get_one(Round, open_round.id)
        extend_round(db, db.query(Consultation).one(), found, closes_at=later, by=Sender(), now=NOON)

    kinds = sorted({mail.template for mail in waiting()})
    before = [made(mail, CLOSES) is None for mail in waiting()]
    after = [made(mail, later) is None for mail in waiting()]

    assert kinds == ["campaign", "round_extended"]
    assert len(before) >= 4
    assert (any(before), all(after)) == (False, True)
