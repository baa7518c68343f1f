"""Whoever takes a seat over reads its briefing by a link of their own: what is the seat's, and nothing that is somebody's own."""

import re
from datetime import timedelta

import pytest
from lxml import html

from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
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
from consult.mailings.models_outreach import Outreach, OutreachState, OutreachStep, OutreachWay
from consult.rounds import operations as rounds
from consult.rounds.briefing import read_briefing
from consult.rounds.models import CommentDraft, Consent, Round
from consult.rounds.operations import Remark
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat
from tests.mailings.test_succession import (
    DAY,
    REGISTRY,
    TODAY,
    add,
    clear,
    desk,  # noqa: F401
    entry,
    hand_over,
    invite,
    mails,
    ref_of,
    taking_part,
)
from tests.support.forms import submit
from tests.support.world import NOON, World

LINK = re.compile(r"/(?:en|ar|zh)/seat/([0-9a-f]{32})")


def seat_of(name: str) -> Seat:
    with reading() as db:
        return db.query(Seat).filter_by(holder_id=entry(name).id).one()


def link_mailed(world: World) -> str:
    (mail,) = mails(world)
    return LINK.search(mail.text)[1]


def read(world: World, token: str, language: str = "en", now=NOON):
    """Open the link and press its button, as whoever it was mailed to."""
    with clock.at(now):
        return submit(world.browser("visitor"), f"/{language}/seat/{token}", {})


def words_of(answer) -> str:
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def comment(who: int, consent: Consent, *, at=NOON - DAY / 2, once: str = "k") -> None:
    with writing() as db:
        found = db.get_one(Participant, who)
        round_ = db.query(Round).filter_by(consultation_id=found.consultation_id).order_by(Round.number.desc()).first()
        said = Remark("SAID BY THEM", "", "", found.name, "Ministry", "ministry", "", consent, "en")
        rounds.send_comment(db, round_, None, said, participant=found, once=once, now=at)


def briefing(number: int, now=NOON):
    with reading() as db:
        return read_briefing(db, db.query(Stakeholder).filter_by(name="Ministry").one(), number, now=now)


def test_the_successor_reads_the_briefing_by_a_link_of_their_own(world, desk):  # noqa: F811
    add(desk, "Bela", "bela@gov.example")
    alternate = {"role": "alternate", "person": "bela@gov.example", "since": TODAY.isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/new/", data=alternate).status_code == 303
    clear(world)
    number = int(hand_over(desk).location.rstrip("/").split("/")[-2])

    token = link_mailed(world)
    answer = read(world, token)

    words = words_of(answer)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    for told in ("Briefing: Focal point", "Ming", "Before: Ana · From 5 March 2027 until 14 March 2027", "Draft upr",
                 "Comments until", "has not commented under its name in the newest round", "Alternate: Bela", "What did not pass",
                 "Whom to ask", world.app.extensions["consult settings"].mail_sender):  # fmt: skip
        assert told in words
    for kept_back in ("ana@gov.example", "ming@gov.example", "The minister", "Stakeholders"):
        assert kept_back not in answer.text
    assert number == seat_of("Ming").number


@pytest.mark.parametrize("consent", [*Consent])
def test_what_a_predecessor_said_without_a_name_is_not_told(world, desk, consent):  # noqa: F811
    comment(taking_part("Ana").id, consent)
    hand_over(desk)

    found, words = briefing(2), words_of(read(world, link_mailed(world)))

    is_named = consent in (Consent.WITH_NAME, Consent.ORGANISATION_ONLY)
    assert [one.commented for one in found["open"].rows] == [is_named]
    assert ("participation" in [one.what for one in found["history"].rows]) is is_named
    assert "SAID BY THEM" not in words
    assert ("The institution has commented" in words) is is_named


def test_what_a_predecessor_was_invited_to_as_themselves_or_did_after_the_seat_is_not_told(world, desk):  # noqa: F811
    own = invite("Ana", "other", at=NOON - 20 * DAY)  # before the seat was theirs
    with writing() as db:
        db.query(Consultation).filter_by(slug="other").one().title.update(en="PRIVATE TO ANA")
    hand_over(desk)
    comment(taking_part("Ana").id, Consent.WITH_NAME, at=NOON + timedelta(hours=1), once="after")

    found, page = briefing(2, now=NOON + DAY), words_of(read(world, link_mailed(world)))

    assert (found["history"].rows, [one.commented for one in found["open"].rows]) == ([], [False])
    assert (own > 0, "PRIVATE TO ANA" in page, "Draft other" in page) == (True, False, False)


def test_an_unsent_draft_of_a_comment_is_not_told(world, desk):  # noqa: F811
    hand_over(desk)
    token = link_mailed(world)
    before = words_of(read(world, token))
    with writing() as db:
        round_ = (
            db.query(Round)
            .filter_by(consultation_id=taking_part("Ana").consultation_id)
            .order_by(Round.id.desc())
            .first()
        )
        for who in (taking_part("Ana"), taking_part("Ming")):
            db.add(CommentDraft(participant_id=who.id, round_id=round_.id, paragraph_ref="0", language="en", text="UNSENT",
                                suggestion="", evidence="", consent=Consent.WITH_NAME, once=f"o{who.id}", saved_at=NOON))  # fmt: skip

    assert words_of(read(world, token)) == before


def test_a_colleague_who_commented_did_so_for_the_institution(world, desk):  # noqa: F811
    add(desk, "Bela", "bela@gov.example")
    alternate = {"role": "alternate", "person": "bela@gov.example", "since": (TODAY - 9 * DAY).isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/new/", data=alternate).status_code == 303
    comment(invite("Bela", "upr"), Consent.WITH_NAME)
    hand_over(desk)

    found = briefing(3)

    assert [(one.slug, one.commented) for one in found["open"].rows] == [("upr", True)]
    assert "participation" not in [one.what for one in found["history"].rows]


def written_to(name: str, way: OutreachWay, state: OutreachState, number: int, on_day=None) -> None:
    """A letter or call of an invitation to `upr`, which two people made and approved yesterday."""
    with writing() as db:
        here, by = db.query(Consultation).filter_by(slug="upr").one(), ("staff:1", "staff:2")
        made = Campaign(ref=f"written{number}", consultation_id=here.id, kind=CampaignKind.INVITATION, audience=Audience.REGISTRY,
                        state=CampaignState.PREPARING, categories=[], groups=[], written_by=by[0], created_at=NOON - DAY)  # fmt: skip
        db.add(made)
        db.flush()
        who = db.query(Stakeholder).filter_by(name=name).one()
        row = CampaignRecipient(
            campaign_id=made.id, stakeholder_id=who.id, why=Why.REGISTERED, why_not=WhyNot.BY_LETTER
        )
        db.add(row)
        db.flush()
        made.state, made.digest, made.submission, made.submitted_by = CampaignState.SUBMITTED, b"d" * 32, 1, by[0]
        db.flush()
        db.add(
            CampaignApproval(
                campaign_id=made.id, digest=b"d" * 32, submission=1, approved_by=by[1], approved_at=NOON - DAY
            )
        )
        db.flush()
        made.state = CampaignState.SENT
        made.sent_at = made.starts_at = NOON - DAY
        db.add(Outreach(recipient_id=row.id, campaign_id=made.id, participant_id=taking_part(name).id, way=way, state=state,
                        changed_at=NOON - DAY, on_day=on_day))  # fmt: skip
        db.flush()
        db.add(
            OutreachStep(recipient_id=row.id, way=way, state=state, by="staff:1", at=NOON - DAY, note="NOTE OF STAFF")
        )


def test_letters_and_calls_that_await_an_answer_are_told_and_what_is_not_sent_yet_is_not(world, desk):  # noqa: F811
    ways = [(OutreachWay.LETTER, OutreachState.POSTED, TODAY), (OutreachWay.LETTER, OutreachState.PRINTED, None),
            (OutreachWay.PHONE, OutreachState.NOT_REACHED, None), (OutreachWay.PHONE, OutreachState.TO_SPEAK, None)]  # fmt: skip
    for number, (way, state, day) in enumerate(ways):
        written_to("Ana", way, state, number, day)
    hand_over(desk)

    found = briefing(2)
    assert {(one.way, one.on_day) for one in found["awaited"].rows} == {
        (OutreachWay.LETTER, TODAY),
        (OutreachWay.PHONE, None),
    }
    words = words_of(read(world, link_mailed(world)))
    assert ("Letters and calls that await an answer" in words, "NOTE OF STAFF" in words) == (True, False)
    assert [one.says["way"] for one in found["history"].rows] == ["letter"]

    comment(taking_part("Ming").id, Consent.WITH_NAME, at=NOON + timedelta(minutes=1))
    assert briefing(2)["awaited"].rows == []
