"""A focal point names an alternate or a colleague by their own door; the secretariat accepts or not, and nothing is mailed before."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations import doors
from consult.consultations import rules_proposals as rules
from consult.consultations.models import Participant
from consult.consultations.models_proposals import OPEN_MAX, ProposedAs, SeatProposal
from consult.consultations.operations_proposals import Named, propose_colleague
from consult.core.db import reading, violated, writing
from consult.mail.models import OutboxMail
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.queries import list_contacts
from consult.stakeholders.queries_seats import list_seats
from consult.stakeholders.rules import AddressWrong, NameMissing
from tests.mailings.test_succession import NOON, REGISTRY, TODAY, add, entry, invite, ref_of
from tests.support.world import World

ENTRY = "/en/consultations/upr/my-entry/"
NEW = {"named_as": "alternate", "name": "Chi Nguyen", "email": "Chi@gov.example", "language": "en"}


@pytest.fixture
def desk(world: World):
    """A ministry with a focal point who takes part; what the world itself names is out of the way."""
    with writing() as db:
        db.query(SeatProposal).delete()
    desk = world.browser("secretariat")
    add(desk, "Ministry", "", kind="organisation")
    add(desk, "Ana", "ana@gov.example")
    form = {"role": "focal_point", "person": "ana@gov.example", "since": (TODAY - timedelta(days=9)).isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/new/", data=form).status_code == 303
    return desk


def entered(world: World, name: str = "Ana"):
    who = invite(name, "upr")
    with writing() as db:
        token = doors.token_of(doors.door_of(db, db.get_one(Participant, who)))
    client = world.browser("visitor")
    assert client.post(f"/en/door/{token}").status_code == 303
    return client


def name_somebody(client, **changes):
    return client.post(f"{ENTRY}proposals/{ref_of('Ministry')}/", data={**NEW, **changes})


def waiting() -> list[tuple[int, str]]:
    with reading() as db:
        return [(one.id, one.named_as.value) for one in db.query(SeatProposal)]


def mailed() -> list[str]:
    with reading() as db:
        return [one.address for one in db.query(OutboxMail) if one.address and "chi" in one.address.casefold()]


def test_an_alternate_is_named_and_accepted_on_the_institutions_page(world, desk):
    ana = entered(world)
    shown = ana.get(ENTRY).text

    named = name_somebody(ana)

    assert "Alternate and colleagues:" in shown
    assert (named.status_code, "waits for the secretariat" in ana.get(ENTRY).text) == (303, True)
    assert "A focal point names 1 person" in desk.get("/staff/").text
    page = desk.get(f"{REGISTRY}/{ref_of('Ministry')}/").text
    for words in ("Chi Nguyen", "Chi@gov.example", "Named as alternate", "Ana"):
        assert words in page, words
    assert "Chi Nguyen" in desk.get("/staff/requests/").text
    with reading() as db:
        assert db.query(Stakeholder).filter_by(email_key="chi@gov.example").count() == 0
    assert mailed() == []

    ((number, _as),) = waiting()
    taken = desk.post(f"/staff/requests/proposals/{number}/", data={"decision": "take"})

    with reading() as db:
        held = [(one.role.value, one.holder) for one in list_seats(db, entry("Ministry").id)]
    assert (taken.location, waiting()) == (f"{REGISTRY}/{ref_of('Ministry')}/", [])
    assert held == [("focal_point", "Ana"), ("alternate", "Chi Nguyen")]
    assert (entry("Chi Nguyen").basis, entry("Chi Nguyen").news) == (Basis.DUTY, False)
    assert "Accepted whom the focal point named" in desk.get(taken.location).text
    assert desk.post(f"/staff/requests/proposals/{number}/", data={"decision": "take"}).status_code == 409


def test_somebody_of_the_registry_keeps_their_entry_and_what_they_agreed_to(world, desk):
    add(desk, "Chi", "chi@gov.example", basis="consent", news="1", told="letter")
    name_somebody(entered(world))
    ((number, _as),) = waiting()

    desk.post(f"/staff/requests/proposals/{number}/", data={"decision": "take"})

    with reading() as db:
        held = [one.holder for one in list_seats(db, entry("Ministry").id)]
    assert (held, entry("Chi").basis, entry("Chi").news) == (["Ana", "Chi"], Basis.CONSENT, True)


def test_a_colleague_becomes_a_contact_person_and_gets_no_mail(world, desk):
    name_somebody(entered(world), named_as="colleague")
    ((number, named_as),) = waiting()

    desk.post(f"/staff/requests/proposals/{number}/", data={"decision": "take"})

    with reading() as db:
        contacts = [(one.name, one.email) for one in list_contacts(db, entry("Ministry").id)]
        assert db.query(Stakeholder).filter_by(email_key="chi@gov.example").count() == 0
    assert (named_as, contacts, mailed()) == ("colleague", [("Chi Nguyen", "Chi@gov.example")], [])


def test_who_is_not_accepted_is_forgotten(world, desk):
    name_somebody(entered(world))
    ((number, _as),) = waiting()

    assert desk.post(f"/staff/requests/proposals/{number}/", data={"decision": "maybe"}).status_code == 422
    assert desk.post(f"/staff/requests/proposals/{number}/", data={"decision": "keep"}).status_code == 303

    with reading() as db:
        assert [one.holder for one in list_seats(db, entry("Ministry").id)] == ["Ana"]
    assert waiting() == []
    assert "Chi Nguyen" not in desk.get(f"{REGISTRY}/{ref_of('Ministry')}/").text


def test_nobody_but_the_focal_point_names_anybody(world, desk):
    add(desk, "Bo", "bo@gov.example", basis="consent", told="letter")
    bo, ana = entered(world, "Bo"), entered(world)
    page = bo.get(ENTRY).text

    refused = name_somebody(bo)
    elsewhere = ana.post(f"{ENTRY}proposals/{world.ids['participant']['stakeholder']}/", data=NEW)
    nobody = name_somebody(world.browser("visitor"))
    end = f"{REGISTRY}/{ref_of('Ministry')}/seats/1/end/"
    assert desk.post(end, data={"until": TODAY.isoformat()}).status_code == 303
    after = name_somebody(ana)

    assert "Alternate and colleagues:" not in page
    assert [one.status_code for one in (refused, elsewhere, nobody, after)] == [409, 409, 403, 409]
    assert waiting() == []


@pytest.mark.parametrize(
    ("changes", "status"), [({"name": " "}, 422), ({"email": "nonsense"}, 422), ({"named_as": "king"}, 422)]
)
def test_what_is_wrong_comes_back_with_what_was_typed(world, desk, changes, status):
    page = name_somebody(entered(world), **changes)

    assert page.status_code == status
    assert changes.get("name", "Chi Nguyen") in page.text
    assert waiting() == []


def test_check_propose_colleague_takes_each_once_and_a_few_at_a_time(world, desk):
    with writing() as db:
        ana, ministry = (db.query(Stakeholder).filter_by(name=name).one() for name in ("Ana", "Ministry"))
        for number in range(OPEN_MAX - 1):
            named = Named(ProposedAs.COLLEAGUE, f"N{number}", f"n{number}@gov.example", "en")
            propose_colleague(db, ana, ministry, named, now=NOON)
    client = entered(world)

    again = name_somebody(client, email="N0@gov.example")
    last, over = name_somebody(client), name_somebody(client, email="more@gov.example")

    assert [one.status_code for one in (again, last, over)] == [409, 303, 409]
    for name, email, refusal in (("", "a@x.example", NameMissing), ("A", "x", AddressWrong)):
        with pytest.raises(refusal):
            rules.check_propose_colleague(name, email, "en", waiting=0, is_focal_point=True)


@pytest.mark.database
@pytest.mark.parametrize("sql", ["UPDATE seat_proposal SET name = ''", "UPDATE seat_proposal SET named_as = 'king'"])
def test_the_database_refuses_a_proposal_that_cannot_be(database, sql):
    from tests.stakeholders.test_registry import a_ministry, a_person

    ministry, alma = a_ministry(), a_person("Alma")
    with writing() as db:
        db.add(SeatProposal(institution_id=ministry.id, holder_id=alma.id, named_as=ProposedAs.ALTERNATE, name="Chi",
                            email="c@x.example", email_key="c@x.example", language="en", at=NOON))  # fmt: skip

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value).startswith("ck_seat_proposal_")
