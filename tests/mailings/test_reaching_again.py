"""Whom a campaign did not reach can be reached again, and whoever got it gets no second one."""

from datetime import timedelta

import pytest

from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, writing
from consult.mail.models import MailState, OutboxMail, Suppression
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mail.operations_bounces import lift_suppression
from consult.mailings import (
    operations_letters,
    operations_outreach,
    operations_sending,
    queries_chosen,
    queries_outreach,
    rules,
)
from consult.mailings.models import Campaign, CampaignKind, WhyNot
from consult.mailings.models_outreach import Outreach, OutreachState, OutreachWay
from consult.mailings.operations_reach import uninvite
from consult.mailings.queries_sending import Delivery
from consult.mailings.timeline import read_timeline
from consult.stakeholders.models import Basis, Channel, Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON
from tests.mailings.test_aftermath import LATER, come_back, not_made, sent_to, standing, suppress, taken
from tests.mailings.test_campaigns import Sender, send, write
from tests.mailings.test_letters import TODAY, made, noon, on_paper, reached, sent, states  # noqa: F401
from tests.mailings.test_sending import act, go_on, settle
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import add

SOON = LATER + timedelta(hours=1)


def correct(entry, **columns):
    with writing() as db:
        kept = db.get_one(Stakeholder, entry.id)
        for name, value in columns.items():
            setattr(kept, name, value)


def lift(entry):
    with writing() as db:
        for one in db.query(Suppression).filter(Suppression.lifted_at.is_(None)):
            lift_suppression(db, one, "it works", by=Sender(), now=SOON)


def why_not(kind=CampaignKind.INVITATION):
    """Who would get another invitation, and who not and why."""
    with reading() as db:
        here = db.query(Consultation).one()
        again = Campaign(
            consultation_id=here.id, kind=kind, audience="registry", state="writing", categories=[], groups=[]
        )
        return queries_chosen.count_chosen(db, again)


def invited():
    with reading() as db:
        rows = db.query(Stakeholder.name).join(Participant, Participant.stakeholder_id == Stakeholder.id)
        return {name for (name,) in rows.filter(Participant.invited_at.is_not(None))}


@pytest.mark.database
def test_another_try_is_for_whoever_was_not_reached_once_their_address_works(open_round):  # noqa: F811
    campaign, (ana, ben, chi, dan) = sent_to("Ana", "Ben", "Chi", "Dan")
    taken(ana), taken(ben), taken(chi)
    come_back(ana), come_back(ben)
    suppress(dan), not_made(dan)
    with pytest.raises(rules.NobodyMissed):
        act(operations_sending.retry_campaign, campaign)

    correct(ana, email="ana@new.example")
    assert act(operations_sending.retry_campaign, campaign) == 1
    go_on(campaign, SOON)
    lift(ben)
    assert act(operations_sending.retry_campaign, campaign) == 2
    go_on(campaign, SOON)

    assert {name: found[0] for name, found in standing(campaign).items()} == {
        "Ana": Delivery.WAITS, "Ben": Delivery.WAITS, "Chi": Delivery.SENT, "Dan": Delivery.WAITS,
    }  # fmt: skip
    with reading() as db:
        again = db.query(OutboxMail.address).filter(OutboxMail.state == MailState.QUEUED).order_by(OutboxMail.address)
        assert [one for (one,) in again] == ["ana@new.example", "ben@org.example", "dan@org.example"]
    with pytest.raises(rules.NobodyMissed):
        act(operations_sending.retry_campaign, campaign)


@pytest.mark.database
def test_a_letter_that_came_back_is_made_again_for_a_new_address(open_round):  # noqa: F811
    entry = on_paper()
    campaign = sent()
    post(campaign), give_back(campaign, entry)
    assert invited() == set()
    with writing() as db:
        assert operations_letters.make_again(db, db.get_one(Campaign, campaign.id), by=Sender(), now=NOON) == 0

    correct(entry, postal_address="14 Hill Road")
    assert made(campaign) is not None

    assert [state for _way, state in states(campaign)] == [OutreachState.PRINTED]
    assert invited() == {entry.name}


@pytest.mark.database
def test_whoever_a_letter_did_not_reach_can_be_invited_in_another_way_and_then_gets_no_letter(open_round):  # noqa: F811
    entry = on_paper()
    campaign = sent()
    post(campaign), give_back(campaign, entry)
    correct(entry, email="river@org.example", channel=None)

    assert why_not() == {None: 1}
    other = write()
    send(other)
    go_on(other, SOON)
    correct(entry, postal_address="14 Hill Road")

    with writing() as db:
        assert operations_letters.make_again(db, db.get_one(Campaign, campaign.id), by=Sender(), now=NOON) == 0
    assert invited() == {entry.name}


@pytest.mark.database
def test_whoever_a_stopped_invitation_did_not_reach_is_not_invited(open_round):  # noqa: F811
    campaign, (ana, _ben) = sent_to("Ana", "Ben")
    taken(ana)
    assert invited() == {"Ana", "Ben"}

    act(operations_sending.stop_campaign, campaign, now=NOON)
    settle(campaign)

    assert invited() == {"Ana"}
    assert why_not() == {None: 1, WhyNot.INVITED_ALREADY: 1}


@pytest.mark.database
@pytest.mark.parametrize(
    ("second", "still"),
    [
        (MailState.SENT, {"Ana", "Dan"}),
        (MailState.UNCERTAIN, {"Ana", "Dan"}),
        (MailState.CLAIMED, {"Ana", "Dan"}),
        (MailState.QUEUED, {"Ana"}),
    ],
)
def test_whoever_got_a_second_try_or_may_have_stays_invited_when_it_is_stopped(open_round, second, still):  # noqa: F811
    campaign, (ana, dan) = sent_to("Ana", "Dan")
    taken(ana)
    suppress(dan), not_made(dan), lift(dan)
    act(operations_sending.retry_campaign, campaign)
    go_on(campaign, SOON)
    become(campaign, dan, second)

    act(operations_sending.stop_campaign, campaign, now=SOON)
    settle(campaign)

    assert invited() == still


@pytest.mark.database
def test_whoever_it_came_back_from_and_was_not_tried_again_before_the_stop_is_not_invited(open_round):  # noqa: F811
    campaign, (ana, dan) = sent_to("Ana", "Dan")
    taken(ana), taken(dan)
    come_back(dan), lift(dan)
    act(operations_sending.retry_campaign, campaign)
    go_on(campaign, SOON)

    act(operations_sending.stop_campaign, campaign, now=SOON)
    settle(campaign)

    assert invited() == {"Ana"}


@pytest.mark.database
def test_whoever_an_officer_has_it_for_stays_invited_when_it_is_stopped(open_round):  # noqa: F811
    campaign, (_ana, dan) = sent_to("Ana", "Dan")
    with writing() as db:
        whom = db.query(Participant).all()
        hand_out(db, f"stakeholder:{dan.id}", campaign)

    with writing() as db:
        uninvite(db, db.get_one(Campaign, campaign.id), [one.id for one in whom])

    assert invited() == {"Dan"}


@pytest.mark.database
def test_another_invitation_since_is_not_taken_back_with_the_first(open_round):  # noqa: F811
    campaign, (ana, _ben) = sent_to("Ana", "Ben")
    taken(ana)
    act(operations_sending.stop_campaign, campaign, now=LATER)
    settle(campaign)
    other = write()
    send(other)
    go_on(other, SOON)

    settle(campaign)

    assert invited() == {"Ana", "Ben"}
    assert by_what() == {"Ana": f"campaign:{campaign.id}", "Ben": f"campaign:{other.id}"}


@pytest.mark.database
def test_a_merged_entry_whose_mail_was_stopped_takes_nothing_from_the_one_that_got_it(open_round):  # noqa: F811
    campaign, (ana, ben) = sent_to("Ana", "Ben")
    taken(ana)
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, ben.id), db.get_one(Stakeholder, ana.id), by=Sender(), now=LATER)

    act(operations_sending.stop_campaign, campaign, now=LATER)
    settle(campaign)

    assert invited() == {"Ana", "Ben"}
    assert why_not() == {WhyNot.INVITED_ALREADY: 1}


@pytest.mark.database
def test_a_letter_that_comes_back_leaves_what_was_accepted_since(open_round):  # noqa: F811
    entry = on_paper()
    campaign = sent()
    post(campaign)
    assert by_what() == {entry.name: f"campaign:{campaign.id}"}
    with writing() as db:
        db.query(Participant).one().invited_by = "request:1"  # as accepting one does: tests/consultations

    give_back(campaign, entry)

    assert invited() == {entry.name}


@pytest.mark.database
def test_whose_letter_was_left_out_can_be_invited_once_mail_reaches_them(open_round):  # noqa: F811
    entry = on_paper()
    campaign = sent()
    with writing() as db:
        one = db.get_one(Stakeholder, entry.id)
        one.basis, one.postal_address, one.channel = Basis.NONE, "", None

    made(campaign)

    assert [state for _way, state in states(campaign)] == [OutreachState.LEFT_OUT]
    assert invited() == set()
    with writing() as db:
        one = db.get_one(Stakeholder, entry.id)
        one.basis, one.email, one.email_key = Basis.CONSENT, "moved@org.example", "moved@org.example"
    assert why_not() == {None: 1}


def become(campaign, entry, state):
    """What a worker made of the second try."""
    with writing() as db:
        mail = db.query(OutboxMail).filter_by(person=entry.person_ref, cause=f"campaign:{campaign.id}:2").one()
        mail.state = state
        if state is not MailState.QUEUED:
            mail.next_at = None
        if state is MailState.CLAIMED:
            mail.lease_until = SOON
        if state is MailState.SENT:
            mail.finished_at, mail.address, mail.parameters = SOON, None, None


def hand_out(db, person, campaign):
    db.add(PreparedDelivery(ref="handed", template="campaign", person=person, cause=f"campaign:{campaign.id}", language="en",
                            parameters={}, state=DeliveryState.HANDED_OUT, not_before=NOON, created_at=NOON,
                            handed_out_at=NOON))  # fmt: skip


def by_what():
    with reading() as db:
        rows = db.query(Stakeholder.name, Participant.invited_by)
        return dict(tuple(row) for row in rows.join(Participant, Participant.stakeholder_id == Stakeholder.id))


@pytest.mark.database
def test_the_timeline_says_invited_once_a_mail_is_made_and_not_where_it_was_stopped(open_round):  # noqa: F811
    ana = add(name="Ana", email="ana@org.example", groups=())
    ben = add(name="Ben", email="ben@org.example", groups=())
    campaign = write()
    send(campaign, starts_at=SOON)
    assert happened(ana) == []

    go_on(campaign, SOON)
    taken(ana)
    assert (happened(ana), happened(ben)) == ([("invitation", SOON)], [("invitation", SOON)])
    act(operations_sending.stop_campaign, campaign, now=SOON)
    settle(campaign)

    assert (happened(ana), happened(ben)) == ([("invitation", SOON)], [])


def happened(entry):
    with reading() as db:
        found = read_timeline(db, [entry.id])
        return [(one.what, one.at) for one in found if one.what in ("invitation", "news", "reminder", "debriefing")]


def post(campaign):
    made(campaign)
    act(operations_outreach.mark_posted, campaign, day=TODAY, today=TODAY, now=NOON)


def give_back(campaign, entry):
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        one = reached(db, found, entry.name)
        dossier = db.get_one(Consultation, found.consultation_id)
        operations_outreach.return_letter(db, dossier, found, one, note="moved", by=Sender(), now=NOON)


def merge(gone, kept):
    with writing() as db:
        found = [db.get_one(Stakeholder, one.id) for one in (gone, kept)]
        merge_stakeholders(db, *found, by=Sender(), now=NOON)


@pytest.mark.database
def test_a_letter_of_an_entry_merged_into_one_with_e_mail_alone_becomes_a_mail(open_round):  # noqa: F811
    entry, campaign = on_paper(), sent()
    kept = add(name="Kept", email="kept@org.example", groups=())
    merge(entry, kept)

    made(campaign)

    with reading() as db:
        mails = db.query(OutboxMail).filter_by(cause=f"campaign:{campaign.id}").all()
        assert [(one.person, one.address, one.template) for one in mails] == [
            (kept.person_ref, "kept@org.example", "campaign")
        ]
        assert mails[0].parameters["participant"] == db.query(Participant).one().id
        found = db.get_one(Campaign, campaign.id)
        assert queries_outreach.count_instead(db, found)[OutreachWay.LETTER] == {"by_mail": 1}
        assert queries_outreach.count_without_instead(db, found, OutreachWay.LETTER) == {}
        place = db.query(Outreach.recipient_id).scalar()
        assert queries_outreach.instead_of(db, found, [place]) == {place: "by_mail"}
    assert states(campaign) == [(OutreachWay.LETTER, OutreachState.LEFT_OUT)]


@pytest.mark.parametrize("changes", [{"phone": "+41 22 1"}, {"channel": Channel.IN_PERSON, "phone": "+41 22 1"}])
def test_a_letter_whose_reader_has_no_address_any_more_becomes_a_call(open_round, changes):  # noqa: F811
    entry, campaign = on_paper(), sent()
    correct(entry, postal_address="", **changes)

    made(campaign)

    way = OutreachWay.IN_PERSON if "channel" in changes else OutreachWay.PHONE
    assert states(campaign) == [(way, OutreachState.TO_SPEAK)]


@pytest.mark.database
def test_whoever_got_the_mail_or_was_invited_otherwise_gets_none_for_a_letter_of_an_entry_merged_into_theirs(
    open_round,  # noqa: F811
):
    one, two = on_paper(), on_paper("Hill Village")
    same = add(name="On the list too", email="same@org.example", groups=())
    campaign = sent()
    other = add(name="Invited by another", email="other@org.example", groups=())
    second = write()
    send(second)
    go_on(second, SOON)
    merge(one, same), merge(two, other)

    made(campaign)

    with reading() as db:
        found = db.query(OutboxMail.address, OutboxMail.cause).order_by(OutboxMail.id).all()
    assert [tuple(row) for row in found] == [
        ("same@org.example", f"campaign:{campaign.id}"),
        ("other@org.example", f"campaign:{second.id}"),
    ]
    assert [state for _way, state in states(campaign)] == [OutreachState.LEFT_OUT] * 2
