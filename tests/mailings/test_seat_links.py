"""The link to the briefing of a seat: whoever holds the seat, as long as they do; a GET changes nothing, and neither does reading."""

import pytest

from consult.core import clock
from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mail.models import MailState, OutboxMail
from consult.mailings import rules_succession as rules
from consult.mailings import seat_links
from consult.mailings.models_seat_links import SeatLink
from consult.mailings.operations_succession import sweep_seats
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.operations_leaving import leave
from tests.mailings.test_succession import (
    DAY,
    REGISTRY,
    TODAY,
    add,
    clear,
    desk,  # noqa: F401
    entry,
    hand_over,
    mails,
    ref_of,
)
from tests.rounds.test_briefing import LINK, link_mailed, read, seat_of, words_of
from tests.support.world import NOON, everything


def test_opening_the_link_names_the_institution_alone_and_neither_opening_nor_reading_leaves_a_trace(world, desk):  # noqa: F811
    hand_over(desk)
    token, before = link_mailed(world), everything()
    visitor = world.browser("visitor")

    opened = visitor.get(f"/ar/seat/{token}")
    answer = read(world, token)

    assert (opened.status_code, answer.status_code) == (200, 200)
    assert "Ministry" in words_of(opened)
    for kept_back in ("Ming", "Ana", "Draft upr"):
        assert kept_back not in opened.text
    assert "Set-Cookie" not in answer.headers
    assert everything() == before


def test_a_link_ends_with_the_seat_and_tells_whoever_tries_no_more_than_one_never_made(world, desk):  # noqa: F811
    hand_over(desk)
    token = link_mailed(world)
    add(desk, "Chi", "chi@gov.example")
    clear(world)

    hand_over(desk, to="chi@gov.example", number=2)
    next_token = link_mailed(world)

    pages = [world.browser("visitor").get(f"/en/seat/{one}") for one in (token, "0" * 32)]
    posted = [world.browser("visitor").post(f"/en/seat/{one}") for one in (token, "0" * 32)]
    assert [one.status_code for one in (*pages, *posted)] == [410] * 4
    assert words_of(pages[0]) == words_of(pages[1])
    assert read(world, next_token).status_code == 200
    with reading() as db:  # for whatever takes their tokens
        assert {one.digest for one in db.query(SeatLink)} >= {seat_links.ids.digest(one) for one in (token, next_token)}


def test_a_link_ends_on_the_last_day_of_the_term(world, desk):  # noqa: F811
    hand_over(desk)
    token = link_mailed(world)
    ends = {"until": (TODAY + 2 * DAY).isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of('Ministry')}/seats/2/end/", data=ends).status_code == 303
    assert read(world, token).status_code == 200

    with clock.at(NOON + 2 * DAY), writing() as db:
        sweep_seats(db, now=NOON + 2 * DAY)

    assert seat_of("Ming").state is SeatState.OVER
    assert world.browser("visitor").post(f"/en/seat/{token}").status_code == 410


def test_a_link_ends_where_its_holder_has_another_mailbox_and_a_new_one_goes_there(world, desk):  # noqa: F811
    hand_over(desk)
    token = link_mailed(world)
    with writing() as db:
        db.get_one(Stakeholder, entry("Ming").id).email = "ming.elsewhere@gov.example"
    clear(world)

    assert world.browser("visitor").get(f"/en/seat/{token}").status_code == 410
    assert world.browser("visitor").post(f"/en/seat/{token}").status_code == 410
    with writing() as db:
        seat = db.get_one(Seat, seat_of("Ming").id)
        again = seat_links.token_of(db, seat_links.link_of(db, seat))
    assert read(world, again).status_code == 200


def test_a_link_goes_with_its_seat_and_the_next_seat_of_that_number_has_another(world, desk):  # noqa: F811
    hand_over(desk)
    token, seat = link_mailed(world), seat_of("Ming")

    with writing() as db:
        db.delete(db.get_one(Seat, seat.id))
        db.flush()
        assert db.get(SeatLink, seat.id) is None
        db.add(Seat(id=seat.id, institution_id=seat.institution_id, number=9, role=seat.role, holder_id=entry("Bela Tona").id,
                    since=TODAY, state=SeatState.HELD, appointed_by=""))  # fmt: skip
        db.flush()
        again = seat_links.token_of(db, seat_links.link_of(db, db.get_one(Seat, seat.id)))

    assert again != token
    assert world.browser("visitor").get(f"/en/seat/{token}").status_code == 410


def test_the_secretariat_mails_a_new_link_and_the_one_before_ends(world, desk):  # noqa: F811
    hand_over(desk)
    token, page = link_mailed(world), f"{REGISTRY}/{ref_of('Ministry')}/seats/2/briefing/"
    clear(world)

    answer = desk.post(page)

    assert (answer.status_code, answer.location) == (303, f"{page}?said=mailed")
    assert "A new link is on its way" in desk.get(answer.location).text
    new = link_mailed(world)
    assert (world.browser("visitor").get(f"/en/seat/{token}").status_code, read(world, new).status_code) == (410, 200)
    assert "Link to the briefing of a seat mailed" in desk.get(f"{REGISTRY}/{ref_of('Ministry')}/").text


def test_a_link_that_was_replaced_before_its_mail_went_is_not_mailed(world, desk):  # noqa: F811
    hand_over(desk)
    mails(world)
    clear(world)
    page = f"{REGISTRY}/{ref_of('Ministry')}/seats/2/briefing/"
    assert desk.post(page).status_code == 303
    assert desk.post(page).status_code == 303

    (mail,) = mails(world)

    assert read(world, LINK.search(mail.text)[1]).status_code == 200
    with reading() as db:
        states = [one.state for one in db.query(OutboxMail).filter_by(template="seat_briefing").order_by(OutboxMail.id)]
    assert states == [MailState.SUPPRESSED, MailState.SENT]


def test_check_mail_briefing(world, desk):  # noqa: F811
    """A seat that is held, of somebody whom mail reaches."""
    held, over = seat_of("Ana"), Seat(state=SeatState.OVER)

    rules.check_mail_briefing(held, is_reached=True)
    with pytest.raises(rules.SeatNotHeld):
        rules.check_mail_briefing(over, is_reached=True)
    with pytest.raises(rules.HolderNotReached):
        rules.check_mail_briefing(held, is_reached=False)


@pytest.mark.parametrize("why", ["left", "no e-mail"])
def test_whom_no_mail_reaches_is_printed_the_page(world, desk, why):  # noqa: F811
    with writing() as db:
        ming = db.query(Stakeholder).filter_by(name="Ming").one()
        if why == "left":
            leave(db, ming, now=NOON, how="letter")
        else:
            ming.email = ming.email_key = ""
            ming.postal_address = "Village"
    number = int(hand_over(desk, to="Ming").location.rstrip("/").split("/")[-2])
    page = f"{REGISTRY}/{ref_of('Ministry')}/seats/{number}/briefing/"

    shown, refused = desk.get(page), desk.post(page)

    assert mails(world) == []
    assert "Draft upr" in shown.text
    assert ("print it, or read it out" in shown.text, "Mail the holder" in shown.text) == (True, False)
    assert (refused.status_code, "No mail reaches whoever holds this seat: print" in refused.text) == (409, True)


def test_no_token_of_another_kind_opens_a_briefing_nor_the_other_way_round(world, desk):  # noqa: F811
    hand_over(desk)
    token, visitor = link_mailed(world), world.browser("visitor")

    theirs = [world.ids["participant"]["token"], world.ids["participant"]["leave"], world.ids[""]["leave_link"]]

    assert {visitor.get(f"/en/seat/{one}").status_code for one in theirs} == {410}
    assert {visitor.get(f"/en/{to}/{token}").status_code for to in ("door", "leave")} == {404}
    assert visitor.get(f"/en/leave/confirm/{token}").status_code == 410


def test_one_who_was_told_of_the_seat_gets_no_mail_after_they_left_everything(world, desk):  # noqa: F811
    page = hand_over(desk).location
    mails(world)
    clear(world)
    assert desk.post(page).status_code == 303
    with writing() as db:
        leave(db, db.query(Stakeholder).filter_by(name="Ming").one(), now=NOON, how="letter")

    queue().work_off()

    assert mails(world) == []
