"""A second person approves: the words and the list exactly as they stand; at the database too."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, violated, writing
from consult.core.ids import digest
from consult.jobs.queue import queue
from consult.mail.keys import address_key
from consult.mail.models import BounceSource, OutboxMail, Suppression, SuppressionReason
from consult.mailings import (
    operations,
    operations_approval,
    operations_queueing,
    queries,
    queries_chosen,
    rules,
    rules_reach,
)
from consult.mailings.forms import ready_made_words
from consult.mailings.models import (
    Audience,
    Campaign,
    CampaignApproval,
    CampaignKind,
    CampaignRecipient,
    CampaignState,
    Why,
    WhyNot,
)
from consult.mailings.operations import Wording
from consult.mailings.operations_sending import retry_campaign
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import WORDS, Approver, Sender, approve, mails, registry, send, submit, write
from tests.mailings.test_sending import become
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.rounds.test_comments import send as comment
from tests.stakeholders.test_operations import Dalia, add


class Third(Dalia):
    actor = "staff:3"


def standing(campaign):
    with reading() as db:
        return db.get_one(Campaign, campaign.id)


def listed(campaign):
    with reading() as db:
        r = CampaignRecipient
        rows = db.query(r.stakeholder_id, r.participant_id, r.why, r.why_not).filter_by(campaign_id=campaign.id)
        return [tuple(row) for row in rows.order_by(r.id)]


def news(audience=Audience.PARTICIPANTS, categories=(), kind=CampaignKind.NEWS):
    with writing() as db:
        found = db.query(Consultation).one()
        wording = Wording(tuple(categories), (), WORDS, audience)
        return operations.write_campaign(db, found, wording, campaign=None, kind=kind, by=Sender(), now=NOON)


def give_back(campaign, note="Shorter, please.", by=None):
    with writing() as db:
        found = db.get_one(Campaign, campaign.id)
        dossier = db.get_one(Consultation, found.consultation_id)
        operations_approval.return_campaign(db, dossier, found, note=note, by=by or Approver())


@pytest.mark.database
def test_asking_fixes_the_list_with_why_each_gets_it_or_not(open_round):  # noqa: F811
    first, second = registry()
    twin = add(name="Same mailbox", email="R@org.example", groups=())
    back = add(name="Mail came back", email="back@org.example", groups=())
    with writing() as db:
        db.add(
            Suppression(
                ref="s",
                address_key=address_key("back@org.example"),
                reason=SuppressionReason.HARD_BOUNCE,
                status="5.1.1",
                source=BounceSource.REPORT,
                at=NOON,
            )
        )
    campaign = write()

    submit(campaign)

    found = standing(campaign)
    assert (found.state, found.submitted_by) == (CampaignState.SUBMITTED, Sender.actor)
    rows = {row[0]: row[3] for row in listed(campaign)}
    assert rows[first.id] is None
    assert (rows[second.id], rows[twin.id], rows[back.id]) == (None, WhyNot.SAME_MAILBOX, WhyNot.CAME_BACK)
    assert sorted(filter(None, rows.values())) == sorted(
        [WhyNot.NO_ADDRESS, WhyNot.NO_BASIS, WhyNot.LEFT, WhyNot.SAME_MAILBOX, WhyNot.CAME_BACK]
    )
    assert {row[2] for row in listed(campaign)} == {Why.REGISTERED}
    with reading() as db:
        assert queries_chosen.count_chosen(db, found)[None] == 2
        assert found.digest == operations_approval.digest_of(db, found)
        rows = db.query(CampaignRecipient).order_by(CampaignRecipient.id).all()
        told = [(one.stakeholder_id, one.participant_id, one.subscription_id, one.why, one.why_not) for one in rows]
        lines = [":".join("" if each is None else str(each) for each in one) for one in told]
        assert queries.read_lines(db, campaign.id).split("\n") == lines
        assert db.query(OutboxMail).count() == db.query(Participant).count() == 0, "nothing goes out before approval"


@pytest.mark.database
def test_the_list_is_made_in_parts_and_a_part_twice_is_one(open_round, monkeypatch):  # noqa: F811
    monkeypatch.setattr(operations_approval, "CHUNK", 2)
    people = [add(name=f"P{n}", email=f"p{n}@org.example", groups=()).id for n in range(5)]
    campaign = write()
    with writing() as db:
        found, dossier = db.get_one(Campaign, campaign.id), db.query(Consultation).one()
        operations_approval.submit_campaign(db, dossier, found, asked_start=None, by=Sender(), now=NOON)
    queue().huey.flush()  # its message is lost
    with writing() as db:
        operations_approval.prepare_campaign(db, campaign.id, now=NOON)
    assert [row[0] for row in listed(campaign)] == people[:2]
    assert standing(campaign).state is CampaignState.PREPARING

    with writing() as db:
        assert operations_approval.sweep_preparing(db, now=NOON) == 1
    queue().work_off()
    queue().work_off()

    assert [row[0] for row in listed(campaign)] == people
    assert standing(campaign).state is CampaignState.SUBMITTED
    with writing() as db:
        assert operations_approval.prepare_campaign(db, campaign.id, now=NOON) is False


def test_check_approve_campaign(open_round):  # noqa: F811
    seen = digest("x")
    made = Campaign(state=CampaignState.SUBMITTED, digest=seen, written_by="staff:1", submitted_by="staff:2")

    rules.check_approve_campaign(made, seen=seen, by="staff:3")
    for composer in ("staff:1", "staff:2"):
        with pytest.raises(rules.ApprovedByComposer):
            rules.check_approve_campaign(made, seen=seen, by=composer)
    for other in (b"", digest("y")):
        with pytest.raises(rules.CampaignChanged):
            rules.check_approve_campaign(made, seen=other, by="staff:3")
    for state in set(CampaignState) - {CampaignState.SUBMITTED}:
        made.state = state
        with pytest.raises(rules.ListNotReady):
            rules.check_approve_campaign(made, seen=seen, by="staff:3")


@pytest.mark.database
def test_approve_campaign_lets_it_go_out_to_exactly_those_on_the_list(open_round):  # noqa: F811
    first, second = registry()
    campaign = write()
    submit(campaign)
    add(name="Came later", email="later@org.example", groups=())

    assert approve(campaign) == 2
    queue().work_off()

    assert [person for _, person, _ in mails()] == [first.person_ref, second.person_ref]
    with reading() as db:
        approval = db.query(CampaignApproval).one()
        assert (approval.approved_by, approval.digest) == (Approver.actor, standing(campaign).digest)
        assert queries.find_approval(db, standing(campaign)) == (Approver.actor, NOON)


@pytest.mark.database
def test_any_edit_voids_what_was_asked_and_what_was_seen(open_round):  # noqa: F811
    registry()
    campaign = write()
    submit(campaign)
    seen = standing(campaign).digest

    write(campaign=campaign, words={**WORDS, "en": ("Please comment!", "Other words")})
    assert (standing(campaign).state, listed(campaign)) == (CampaignState.WRITING, [])
    with pytest.raises(rules.ListNotReady):
        approve(campaign, seen=seen)
    submit(campaign)
    with pytest.raises(rules.CampaignChanged):
        approve(campaign, seen=seen)

    assert standing(campaign).digest != seen
    assert approve(campaign) == 2


def test_the_digest_knows_every_word_and_every_reason(open_round):  # noqa: F811
    registry()
    campaign = write()
    found = set()
    for change in (
        lambda: None,
        lambda: write(campaign=campaign, words={**WORDS, "ar": ("x", "y")}),
        lambda: write(campaign=campaign, categories=("cso",)),
        lambda: add(name="One more", email="more@org.example", category="cso", groups=()),
    ):
        change()
        if standing(campaign).state is CampaignState.SUBMITTED:
            give_back(campaign)
        submit(campaign)
        found.add(standing(campaign).digest)
    give_back(campaign)
    submit(campaign, starts_at=NOON + timedelta(days=1))
    found.add(standing(campaign).digest)

    assert len(found) == 5


@pytest.mark.database
def test_return_campaign_gives_it_back_with_a_word(open_round):  # noqa: F811
    registry()
    campaign = write()
    submit(campaign)

    with pytest.raises(rules.ReasonMissing):
        give_back(campaign, note=" ")
    give_back(campaign)

    found = standing(campaign)
    assert (found.state, found.note, found.digest, listed(campaign)) == (
        CampaignState.WRITING, "Shorter, please.", None, [],
    )  # fmt: skip
    submit(campaign)
    assert standing(campaign).note is None


def test_check_return_campaign():
    made = Campaign(state=CampaignState.SUBMITTED)
    rules.check_return_campaign(made, note="x")
    with pytest.raises(rules.ReasonMissing):
        rules.check_return_campaign(made, note="")
    made.state = CampaignState.WAITING
    with pytest.raises(rules.ListNotReady):
        rules.check_return_campaign(made, note="x")


def test_check_submit_campaign():
    rules.check_submit_campaign(Campaign(state=CampaignState.WRITING))
    for state in set(CampaignState) - {CampaignState.WRITING}:
        with pytest.raises(rules.NotUnderWay):
            rules.check_submit_campaign(Campaign(state=state))


def test_check_write_campaign():
    for state in CampaignState:
        made = Campaign(state=state)
        if state in (CampaignState.WRITING, CampaignState.PREPARING, CampaignState.SUBMITTED):
            rules.check_write_campaign(made)
        else:
            with pytest.raises(rules.CampaignSent):
                rules.check_write_campaign(made)


@pytest.mark.database
@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("UPDATE campaign SET state = 'sending', sent_at = created_at, starts_at = created_at", "campaign_needs_approval"),
        ("UPDATE campaign SET written_by = 'staff:9'", "submitted_campaign_never_changes"),
        ("UPDATE campaign SET categories = '[\"cso\"]'", "submitted_campaign_never_changes"),
        ("UPDATE campaign SET state = 'preparing', digest = NULL", "submitted_campaign_keeps_its_digest"),
        ("UPDATE campaign_text SET body = 'other words'", "sent_campaign_text_never_changes"),
        ("UPDATE campaign_recipient SET why_not = 'left'", "recipient_stays_the_same"),
        ("DELETE FROM campaign_recipient", "list_of_a_campaign_stays"),
        ("INSERT INTO campaign_recipient (campaign_id, stakeholder_id, why, tries)"
         " SELECT campaign_id, max(stakeholder_id) + 1, 'registered', 1 FROM campaign_recipient GROUP BY campaign_id",
         "list_of_a_campaign_is_fixed"),
        ("INSERT INTO campaign_approval (campaign_id, submission, digest, approved_by, approved_at)"
         " SELECT id, submission, digest, written_by, created_at FROM campaign", "approval_by_a_second_person"),
        ("INSERT INTO campaign_approval (campaign_id, submission, digest, approved_by, approved_at)"
         " SELECT c.id, c.submission, t.digest, 'staff:9', created_at FROM campaign c, (SELECT digest FROM campaign LIMIT 0) t"
         " UNION SELECT id, submission, substr(digest, 1, 3), 'staff:9', created_at FROM campaign", "approval_by_a_second_person"),
    ],
)  # fmt: skip
def test_the_database_lets_nothing_out_that_no_second_person_approved(open_round, statement, refused):  # noqa: F811
    registry()
    submit(write())

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(statement))

    assert violated(problem.value) == refused


@pytest.mark.database
def test_an_approval_never_changes(open_round):  # noqa: F811
    registry()
    send(write())
    for statement in ("UPDATE campaign_approval SET approved_by = 'staff:9'", "DELETE FROM campaign_approval"):
        with pytest.raises(DBAPIError) as problem, writing() as db:
            db.execute(text(statement))
        assert violated(problem.value) == "approval_never_changes"


@pytest.mark.database
def test_what_came_of_it_goes_to_all_who_take_part_and_to_nobody_whose_address_was_only_typed(open_round):  # noqa: F811
    first, _ = registry()
    invited = write(categories=("other",)) if first.category == "other" else write(groups=("women",))
    send(invited)
    queue().work_off()
    _typed, confirmed = (comment(open_round, name=name, email=f"{name}@p.example") for name in ("ana", "bela"))
    with writing() as db:
        db.get_one(Participant, confirmed.participant_id).email_confirmed_at = NOON
    campaign = news(kind=CampaignKind.DEBRIEFING)

    assert send(campaign) == 2
    queue().work_off()

    persons = [person for template, person, _ in mails() if template == "campaign"]
    assert persons == [first.person_ref, first.person_ref, f"participant:{confirmed.participant_id}"]
    assert [row[2] for row in listed(campaign)] == [Why.TAKES_PART] * 2


@pytest.mark.database
def test_news_to_the_registry_go_out_after_the_closing_and_invite_nobody(open_round):  # noqa: F811
    add(kind=StakeholderKind.PERSON, name="Ana", email="ana@p.example", groups=())
    late = open_round.closes_at + timedelta(days=2)
    campaign = news(Audience.REGISTRY, kind=CampaignKind.DEBRIEFING)

    submit(campaign, now=late)
    assert approve(campaign, now=late) == 1
    with writing() as db:
        operations_queueing.queue_recipients(db, campaign.id, now=late)

    with reading() as db:
        assert db.query(Participant.invited_at).all() == [(None,)]
        assert db.query(OutboxMail).count() == 1


@pytest.mark.database
def test_one_ordinary_mail_a_day_and_reminders_at_once(open_round):  # noqa: F811
    registry()
    send(write())
    with writing() as db:
        operations_queueing.queue_recipients(db, db.query(Campaign.id).scalar(), now=NOON)
    hour = timedelta(hours=1)
    with writing() as db:
        found = db.query(Consultation).one()
        reminder = operations.write_campaign(
            db, found, Wording((), (), WORDS), campaign=None, kind=CampaignKind.REMINDER, by=Sender(), now=NOON
        )
    due = {}
    for name, campaign in (("first news", news()), ("second news", news()), ("reminder", reminder)):
        send(campaign, now=NOON + hour)
        with writing() as db:
            operations_queueing.queue_recipients(db, campaign.id, now=NOON + hour)
            cause = f"campaign:{campaign.id}"
            due[name] = {at for (at,) in db.query(OutboxMail.next_at).filter(OutboxMail.cause == cause)}

    day = timedelta(days=1)
    assert due == {"first news": {NOON + day}, "second news": {NOON + 2 * day}, "reminder": {NOON + hour}}


def test_due_after():
    assert rules_reach.due_after(None, NOON) is None
    assert rules_reach.due_after(NOON - timedelta(days=1), NOON) is None
    assert rules_reach.due_after(NOON - timedelta(hours=1), NOON) == NOON + timedelta(hours=23)


@pytest.mark.database
def test_another_try_reaches_no_mailbox_that_has_the_mail(open_round):  # noqa: F811
    """Its address corrected to one that got it, or its entry merged with one that did."""
    got, corrected, merged = (
        add(name=name, email=f"{name}@org.example", groups=()) for name in ("got", "wrong", "other")
    )
    campaign = write()
    send(campaign)
    with writing() as db:
        operations_queueing.queue_recipients(db, campaign.id, now=NOON)
    become(got.person_ref, "sent")
    for one in (corrected, merged):
        become(one.person_ref, "failed", code=550)
    with writing() as db:
        entry = db.get_one(Stakeholder, corrected.id)
        entry.email, entry.email_key = "Got@org.example", "got@org.example"
        merge_stakeholders(
            db, db.get_one(Stakeholder, merged.id), db.get_one(Stakeholder, got.id), by=Dalia(), now=NOON
        )
    with writing() as db:
        found, dossier = db.get_one(Campaign, campaign.id), db.query(Consultation).one()
        assert retry_campaign(db, dossier, found, by=Sender()) == 2
    with writing() as db:
        operations_queueing.queue_recipients(db, campaign.id, now=NOON)

    assert len(mails()) == 3, "nobody gets a second one"


@pytest.mark.database
def test_two_invitations_that_were_asked_for_at_once_invite_nobody_twice(open_round):  # noqa: F811
    registry()
    both = write(), write()
    for campaign in both:
        submit(campaign)
    for campaign in both:
        approve(campaign)
        with writing() as db:
            operations_queueing.queue_recipients(db, campaign.id, now=NOON)

    assert len(mails()) == 2


@pytest.mark.database
def test_whoever_takes_part_without_an_entry_gets_one_ordinary_mail_a_day_too(open_round):  # noqa: F811
    visitor = comment(open_round, name="Ana", email="ana@p.example")
    with writing() as db:
        db.get_one(Participant, visitor.participant_id).email_confirmed_at = NOON
    for _ in range(2):
        campaign = news(kind=CampaignKind.DEBRIEFING)
        send(campaign)
        with writing() as db:
            operations_queueing.queue_recipients(db, campaign.id, now=NOON)

    with reading() as db:
        due = db.query(OutboxMail.next_at).filter_by(template="campaign").order_by(OutboxMail.id)
        assert [at for (at,) in due] == [NOON, NOON + timedelta(days=1)]


def test_an_invitation_is_not_put_off_until_it_is_too_late(open_round):  # noqa: F811
    registry()
    late = open_round.closes_at - timedelta(hours=3)
    first = news(Audience.REGISTRY)
    for campaign in (first, write()):
        send(campaign, now=late)
        with writing() as db:
            operations_queueing.queue_recipients(db, campaign.id, now=late)

    with reading() as db:
        assert {at for (at,) in db.query(OutboxMail.next_at)} == {late}


def test_words_that_a_language_of_the_consultation_lacks_by_now_are_missed_when_approval_is_asked(open_round):  # noqa: F811
    registry()
    campaign = write()
    with writing() as db:
        db.query(Consultation).one().languages = ["en", "ar", "zh"]

    with pytest.raises(rules.WordsMissing):
        submit(campaign)


def test_a_visitor_is_not_found_by_a_category_that_says_what_somebody_believes(open_round):  # noqa: F811
    visitor = comment(open_round, name="Ana", email="ana@p.example")
    with writing() as db:
        found = db.get_one(Participant, visitor.participant_id)
        found.email_confirmed_at, found.category = NOON, "religious_group"

    with pytest.raises(rules.NobodyChosen):
        submit(news(categories=("religious_group",), kind=CampaignKind.DEBRIEFING))


@pytest.mark.database
@pytest.mark.parametrize("part", ["campaign_text", "campaign_recipient"])
def test_nothing_moves_from_one_campaign_to_another(open_round, part):  # noqa: F811
    registry()
    approved, other = write(), write()
    send(approved)
    submit(other)

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE {part} SET campaign_id = {approved.id} WHERE campaign_id = {other.id}"))

    assert violated(problem.value) in (
        "part_stays_with_its_campaign",
        "recipient_stays_the_same",
        "sent_campaign_text_never_changes",
    )


@pytest.mark.parametrize("kind", ["news", "debriefing"])
def test_ready_made_words_that_nobody_completed_go_to_nobody(open_round, kind):  # noqa: F811
    registry()
    ready = {code: ready_made_words(CampaignKind(kind), code) for code in ("en", "ar", "zh")}

    with pytest.raises(rules.GapLeft) as refused:
        submit(write(words=ready))

    assert "ar, en, zh" in str(refused.value)


def test_check_no_gap():
    rules.check_no_gap({"en": ("S", "More … and more.\nAnd so on…")})
    for gap in ("…", " …… "):
        with pytest.raises(rules.GapLeft):
            rules.check_no_gap({"en": ("S", f"First.\n{gap}\nLast.")})
