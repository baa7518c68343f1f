"""People who comment under a name they type, in a round for everyone: what becomes of the address and the name they give."""

import re
from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.rounds.models import Comment
from consult.rounds.operations import ask_for_link
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.queries import names_registered
from consult.stakeholders.rules import AddressWrong
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.responses.test_views_staff import signed_in
from tests.rounds.test_comments import PAGE, open_round, send  # noqa: F401
from tests.stakeholders.test_operations import add
from tests.support.forms import submit

HOUR = timedelta(hours=1)
LINK = "/en/consultations/upr/my-link/"


def links(address):
    """To whom of an address personal links were queued."""
    with reading() as db:
        found = db.query(OutboxMail).filter_by(template="personal_link", address=address).order_by(OutboxMail.id)
        return [one.person for one in found]


def ask(email, now=NOON):
    with writing() as db:
        ask_for_link(db, db.query(Consultation).one(), email, now=now)


def test_who_never_confirms_gets_no_further_mail_and_their_comment_stands(open_round):  # noqa: F811
    send(open_round, email="ana@p.example")

    with reading() as db:
        consultation_id = db.query(Consultation.id).scalar()
        assert doors.list_addresses(db, consultation_id) == []
        assert db.query(Comment).count() == 1
    assert len(links("ana@p.example")) == 1


def test_the_sent_page_says_what_the_link_is_for_and_only_to_who_gave_an_address(open_round, client):  # noqa: F811
    typed = {"text": "Words", "name": "Ana", "consent": "with_name", "act": "send", "category": ""}
    told = []
    with clock.at(NOON):
        for email in ("ana@p.example", ""):
            client.delete_cookie("part-upr")
            answer = submit(client, PAGE, {**typed, "email": email})
            told.append("without that you get no further mail" in client.get(answer.location).text)

    assert told == [True, False]


def test_two_who_give_the_same_address_stay_two_and_each_gets_their_own_link(open_round):  # noqa: F811
    first, second = (send(open_round, once=f"k{n}", name=name, email="team@org.example") for n, name in enumerate("AB"))

    assert first.participant_id != second.participant_id
    assert len(set(links("team@org.example"))) == 2
    ask("TEAM@org.example", NOON + 2 * HOUR)
    assert len(links("team@org.example")) == 4


def test_an_address_that_many_comments_name_gets_a_few_links_an_hour(open_round):  # noqa: F811
    """Somebody types the address of another a hundred times."""
    for number in range(20):
        send(open_round, once=f"k{number}", email=("Victim@p.example", "victim@p.example")[number % 2])

    assert len(links("victim@p.example") + links("Victim@p.example")) == doors.UNCONFIRMED_LINKS
    send(open_round, once="later", email="victim@p.example", now=NOON + 2 * HOUR)
    assert len(links("victim@p.example") + links("Victim@p.example")) == doors.UNCONFIRMED_LINKS + 1


@pytest.mark.database
def test_the_link_of_a_stakeholder_is_mailed_before_that_of_a_visitor_with_their_address(open_round):  # noqa: F811
    """Whoever commented first: a visitor who typed the address hides no personal link of the registry."""
    visitor = send(open_round, email="w@org.example")
    participant, _ = admit()

    ask("w@org.example", NOON + 2 * HOUR)

    mailed = links("w@org.example")
    assert mailed[1:] == [participant.person_ref, f"participant:{visitor.participant_id}"]


def test_an_address_whose_owner_asked_for_no_mail_gets_none_whoever_types_it(open_round):  # noqa: F811
    entry = add()
    with writing() as db:
        leave(db, db.get_one(Stakeholder, entry.id), how="letter", now=NOON)

    made = send(open_round, email="W@org.example")

    assert links("W@org.example") == []
    with writing() as db:
        who = db.get_one(Participant, made.participant_id)
        who.email_confirmed_at = NOON
        db.flush()
        assert doors.mail_address(db, who) is None
        assert doors.list_addresses(db, who.consultation_id) == []


def test_what_is_no_address_is_said_at_once(open_round, client):  # noqa: F811
    with clock.at(NOON):
        refused = submit(client, LINK, {"email": "ana at example"})

    assert (refused.status_code, 'value="ana at example"' in refused.text) == (422, True)
    with pytest.raises(AddressWrong):
        ask("a@x.example\r\nBcc: b@x.example")


@pytest.mark.parametrize(("typed", "told"), [("WOMEN’S NETWORK", True), ("Women’s Network of Elsewhere", False)])
def test_the_team_sees_that_a_name_of_the_registry_was_only_typed(open_round, consultation, client, typed, told):  # noqa: F811
    add()
    made = send(open_round, organisation=typed)

    with clock.at(NOON):
        desk = signed_in(client, consultation.dalia)
        pages = [desk.get(f"/staff/consultations/upr/{page}").text for page in ("comments/", f"answers/{made.ref}/")]

    for page in pages:
        assert "Under a name typed on the page" in page
        assert ("Ask them whether this comment is theirs" in page) == told


def test_a_comment_through_a_door_bears_no_such_mark(open_round, consultation, client, app):  # noqa: F811
    participant, token = admit()
    with clock.at(NOON):
        inside = app.test_client()
        submit(inside, f"/en/door/{token}")
        submit(inside, PAGE, {"text": "Words", "consent": "with_name", "act": "send"})
        page = signed_in(client, consultation.dalia).get("/staff/consultations/upr/comments/").text

    assert participant.organisation in page
    assert not re.search("Under a name typed|Ask them whether", page)


def test_names_registered_knows_names_in_any_letters(db):
    assert names_registered(db, ["", "Nobody"]) == set()


def test_ones_own_page_shows_what_one_suggested_and_the_check_page_where(open_round, app):  # noqa: F811
    _, token = admit()
    client = app.test_client()
    typed = {
        "text": "",
        "suggestion": "First paragraph of this report.",
        "evidence": "https://x.example/law",
        "consent": "with_name",
    }
    with clock.at(NOON):
        submit(client, f"/en/door/{token}")
        check = submit(client, PAGE, {**typed, "act": "check"}).text
        submit(client, PAGE, {**typed, "act": "send"})
        mine = client.get("/en/consultations/upr/my-comments/").text

    assert "Paragraph 1" in check
    assert "Your name" not in check  # an organisation speaks
    assert "<ins>" in mine
    assert "https://x.example/law" in mine
