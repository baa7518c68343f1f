"""What the links of mails can end for an office or the holder of a seat: news and lists, and never the official mail."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.keys import address_key, header_token
from consult.mailings import list_links, queries_chosen
from consult.mailings.mails import CAMPAIGN
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignState
from consult.mailings.models_leaving import Leaving, LeavingScope
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.queries_mails import read_readers
from consult.rounds.mails import with_door
from consult.stakeholders.models import Basis, Consent, LeftAddress, Purpose, Stakeholder
from consult.stakeholders.operations_leaving import come_back, leave_everywhere
from tests.mailings.test_leaving import FORM, ONE_CLICK
from tests.mailings.test_succession import NOON, REGISTRY, TODAY, add, entry, invite, ref_of
from tests.support.world import World

OFFICIAL = (CampaignKind.REMINDER, CampaignKind.DEBRIEFING)


@pytest.fixture
def desk(world: World):
    """Two who get official mail by duty and news by a yes: Ana, who had agreed before she held a seat, and an office."""
    desk = world.browser("secretariat")
    add(desk, "Ministry", "", kind="organisation")
    add(desk, "Ana", "ana@gov.example", basis="consent", news="1", told="letter")
    add(desk, "Office", "office@gov.example", kind="organisation", basis="duty", news="1", told="letter")
    form = {"role": "focal_point", "person": "ana@gov.example", "since": (TODAY - timedelta(days=9)).isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/new/", data=form).status_code == 303
    return desk


def token(name: str) -> str:
    """The token to leave, as a mail of news carries it."""
    who = invite(name, "upr")
    with writing() as db:
        return doors.leave_token_of(doors.door_of(db, db.get_one(Participant, who)))


def gets(name: str) -> dict[str, bool]:
    """What they get: of campaigns by kind, and of what happens in a consultation."""
    found = {}
    with reading() as db:
        here = db.query(Consultation.id).filter_by(slug="upr").scalar()
        for kind in (*OFFICIAL, CampaignKind.NEWS):
            asked = Campaign(consultation_id=here, kind=kind, state=CampaignState.WRITING,
                             audience=Audience.REGISTRY, categories=["ministry"], groups=[])  # fmt: skip
            found[kind.value] = name in [one.name for one in queries_chosen.list_chosen(db, asked, gets=True)]
        person = db.query(Stakeholder).filter_by(name=name).one().person_ref
        found["events"] = person in {one.person for one in doors.list_addresses(db, here)}
    return found


ALL = {"reminder": True, "debriefing": True, "news": True, "events": True}
OFFICIAL_ONLY = {**ALL, "news": False}


@pytest.mark.parametrize("name", ["Ana", "Office"])
def test_the_official_mail_of_a_seat_or_office_offers_no_leaving_whatever_they_agreed_to(world, desk, name):
    token(name)
    with writing() as db:
        who = db.query(Participant).filter_by(stakeholder_id=entry(name).id).one()
        found = db.get_one(Consultation, who.consultation_id)
        words = Wording((), (), dict.fromkeys(found.languages, ("Subject", "Words")))
        made = {
            kind: write_campaign(db, found, words, campaign=None, kind=kind, by=world.staff["secretariat"], now=NOON)
            for kind in (CampaignKind.INVITATION, CampaignKind.NEWS)
        }
        doors.door_of(db, who)
        with clock.at(NOON):
            leaves = {
                kind: CAMPAIGN.load(db, {"campaign": one.id, "participant": who.id})["leave"] != ""
                for kind, one in made.items()
            }
            event = with_door(db, {"participant": who.id})["leave"]
        read = read_readers(db, who.consultation_id, [who.id])[who.id]

    assert leaves == {CampaignKind.INVITATION: False, CampaignKind.NEWS: True}
    assert (event, read.is_duty) == ("", True)


@pytest.mark.parametrize("name", ["Ana", "Office"])
def test_one_click_in_a_mail_of_news_ends_news_and_no_official_mail(world, desk, name):
    link = token(name)
    assert gets(name) == ALL

    answer = world.browser("visitor").post(f"/en/leave/{header_token(link)}", data=ONE_CLICK, headers=FORM)

    assert (answer.status_code, gets(name)) == (200, OFFICIAL_ONLY)
    assert "Official mail of the office or seat still comes" in answer.text
    with reading() as db:
        act = db.query(Leaving).one()
        said = (
            db.query(Consent).filter_by(stakeholder_id=entry(name).id, purpose=Purpose.NEWS).order_by(Consent.id).all()
        )
        assert (act.scope, [one.basis for one in said], said[-1].how) == (
            LeavingScope.NEWS, [Basis.CONSENT, Basis.NONE], "link",
        )  # fmt: skip


@pytest.mark.parametrize("scope", ["consultation", "everything"])
@pytest.mark.parametrize("name", ["Ana", "Office"])
def test_the_page_offers_news_and_undoes_it(world, desk, name, scope):
    link, visitor = token(name), world.browser("visitor")
    page = visitor.get(f"/en/leave/{header_token(link)}").text

    left = visitor.post(f"/en/leave/{header_token(link)}", data={"scope": scope, "once": "the key"})
    after = gets(name)
    again = visitor.post(f"/en/leave/{header_token(link)}", data={"scope": scope, "once": "another"})
    undone = visitor.post(f"/en/leave/{link}/undo/", data={"once": "the key"})

    assert ("News of the mechanism" in page, "All mail from this site" in page) == (True, False)
    assert [one.status_code for one in (left, again, undone)] == [200, 200, 200]
    assert ("no mail of any list" in left.text) is (scope == "everything")
    assert (after, gets(name)) == (OFFICIAL_ONLY, ALL)
    with reading() as db:
        assert db.query(Leaving).count() == 1


@pytest.mark.parametrize("scope", ["list", "everything"])
def test_a_mailing_list_is_left_without_leaving_the_office(world, desk, scope):
    token("Ana")
    with writing() as db:
        some = db.query(Subscription).filter_by(state=SubscriptionState.CONFIRMED).first()
        ana = db.query(Stakeholder).filter_by(name="Ana").one()
        ana.email, ana.email_key = some.address, some.address.casefold()
        link = list_links.leave_token_of(some)

    page = world.browser("visitor").post(f"/en/leave/{header_token(link)}", data={"scope": scope, "once": "the key"})

    assert page.status_code == 200
    assert gets("Ana") == (ALL if scope == "list" else OFFICIAL_ONLY)
    with reading() as db:
        assert db.get(LeftAddress, address_key(some.address)) is None
        assert db.get_one(Subscription, some.id).state is SubscriptionState.ENDED
    undone = world.browser("visitor").post(f"/en/leave/{link}/undo/", data={"once": "the key"})
    assert (undone.status_code, gets("Ana")) == (200, ALL)


def test_others_at_the_mailbox_of_an_office_end_what_they_agreed_to(world, desk):
    add(desk, "Club", "ana@gov.example", kind="organisation", basis="consent", news="1", told="letter")
    link = token("Club")
    token("Ana")

    world.browser("visitor").post(f"/en/leave/{header_token(link)}", data={"scope": "everything", "once": "the key"})
    after = gets("Club"), gets("Ana")
    world.browser("visitor").post(f"/en/leave/{link}/undo/", data={"once": "the key"})

    assert after == (dict.fromkeys(ALL, False), OFFICIAL_ONLY)
    assert (gets("Club"), gets("Ana")) == (ALL, ALL)


def test_who_held_a_seat_once_leaves_like_everybody(world, desk):
    link = token("Ana")
    page = f"{REGISTRY}/{ref_of('Ministry')}/seats/1/end/"
    assert desk.post(page, data={"until": TODAY.isoformat()}).status_code == 303

    world.browser("visitor").post(f"/en/leave/{header_token(link)}", data=ONE_CLICK, headers=FORM)

    assert gets("Ana") == {**dict.fromkeys(ALL, False)}


def test_the_page_of_ones_own_entry_says_one_thing(world, desk):
    token("Ana")
    with writing() as db:
        who = db.query(Participant).filter_by(stakeholder_id=entry("Ana").id).one()
        door = doors.token_of(doors.door_of(db, who))
    visitor = world.browser("visitor")
    visitor.post(f"/en/door/{door}")

    page = visitor.get("/en/consultations/upr/my-entry/").text

    assert "it is not a question of consent" in page
    assert "The yes that you gave yourself stays" in page
    assert "Get no more mail" not in page
    assert "Official mail comes as long as you hold the office or seat" in page


@pytest.mark.parametrize("why", ["left", "no address", "by post"])
def test_a_seat_whose_holder_no_mail_reaches_is_shown_as_such(world, desk, why):
    add(desk, "Bo", "" if why != "left" else "bo@gov.example", postal_address="Box 5" if why == "by post" else "")
    if why == "left":
        with writing() as db:
            leave_everywhere(db, "bo@gov.example", now=NOON, how="link")
    form = {"role": "alternate", "person": "Bo", "since": TODAY.isoformat()}

    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/new/", data=form).status_code == 303
    page = desk.get(f"{REGISTRY}/{ref_of('Ministry')}/").text

    said = {
        "left": "they asked for no mail at all",
        "no address": "has neither address nor number",
        "by post": "Without an e-mail address: reached by letter or telephone.",
    }
    assert [words in page for words in said.values()] == [one == why for one in said]


def test_duty_comes_back_with_whoever_comes_back(world, desk):
    from consult.mailings.operations_succession import sweep_seats

    with writing() as db:
        leave_everywhere(db, "ana@gov.example", now=NOON, how="staff")
        ana = db.query(Stakeholder).filter_by(name="Ana").one()
        ana.basis = Basis.NONE
        db.flush()
        assert sweep_seats(db, now=NOON) == 0
        come_back(db, "ana@gov.example", now=NOON, how="link")
        assert (sweep_seats(db, now=NOON), ana.basis) == (1, Basis.DUTY)
