"""The desk's pages of lists: numbers, one address at a time, and nothing that staff say in somebody's place."""

import pytest

from consult.audit.models import JournalEntry
from consult.core.db import reading
from consult.mail.models import OutboxMail
from consult.mailings import queries_lists
from consult.mailings.models_lists import ListState, MailingList, Subscription, SubscriptionState
from consult.mailings.queries_lists import Count
from tests.support.world import World, everything

DESK = "/staff/mailing-lists/"
WORDS = {
    f"{part}_{code}": f"{part} {code}" for part in ("name", "what_it_is", "how_often") for code in ("en", "ar", "zh")
}


def made(slug):
    with reading() as db:
        return db.query(MailingList).filter_by(slug=slug).one_or_none()


def events():
    with reading() as db:
        return [(one.event, one.codes) for one in db.query(JournalEntry).order_by(JournalEntry.number)]


def test_create_list_and_close_it(world: World):
    client = world.browser("secretariat")

    created = client.post(f"{DESK}new/", data={**WORDS, "slug": "un-news", "takes_sign_up": "y", "is_open": "y"})
    closed = client.post(f"{DESK}un-news/edit/", data={**WORDS, "slug": "other", "takes_sign_up": "y"})

    assert (created.status_code, closed.status_code) == (303, 303)
    assert (made("un-news").state, made("un-news").archive_is_public, made("other")) == (ListState.CLOSED, False, None)
    assert events()[-2:] == [
        ("list.created", {"list": "un-news"}),
        ("list.changed", {"list": "un-news", "fields": "state"}),
    ]
    assert "This list is closed" in world.browser("visitor").get("/en/lists/un-news/").text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"slug": "news"}, 409),
        ({"slug": "A b"}, 422),
        ({"slug": ""}, 422),
        ({"name_ar": ""}, 422),
        ({"name_en": "x" * 101}, 422),
    ],
)
def test_a_list_that_cannot_be_keeps_what_was_typed(world: World, changed, status):
    before = everything()

    page = world.browser("secretariat").post(f"{DESK}new/", data={**WORDS, "slug": "new-one", **changed})

    assert (page.status_code, "what_it_is zh" in page.text) == (status, True)
    assert everything() == before


def test_no_page_shows_all_addresses_and_one_whole_address_finds_itself_only(world: World):
    client = world.browser("secretariat")

    pages = [client.get(f"{DESK}{end}").text for end in ("", "news/", "news/find/", "news/add/", "news/edit/")]
    found = client.post(f"{DESK}news/find/", data={"address": "READER@P.example"})
    part = client.post(f"{DESK}news/find/", data={"address": "reader"})

    assert not any("@p.example" in page for page in pages)
    assert "Said yes on" in found.text
    assert "waiting@" not in found.text
    assert "never was" in part.text
    with reading() as db:
        counted = queries_lists.count_subscriptions(db, made("news").id)
    assert counted == [Count("en", asked=1, confirmed=1, ended=0)]


def test_somebody_entered_by_staff_is_mailed_and_not_on_the_list(world: World):
    client = world.browser("secretariat")

    answer = client.post(f"{DESK}news/add/", data={"address": "new@p.example", "language": "ar", "how": "phone"})

    assert answer.status_code == 303
    assert "They are on the list when they have said yes" in client.get(answer.headers["Location"]).text
    with reading() as db:
        new = queries_lists.find_by_address(db, made("news").id, "new@p.example")
        assert (new.state, new.language, new.asked_by) == (
            SubscriptionState.ASKED, "ar", world.staff["secretariat"].actor,
        )  # fmt: skip
        assert db.query(OutboxMail).filter_by(person=new.person_ref).one().template == "list_confirmation"
    event, codes = events()[-1]
    assert (event, codes) == ("subscription.asked", {"list": "news", "subscription": new.ref, "how": "phone"})


def test_an_entry_without_how_they_asked_is_refused(world: World):
    page = world.browser("secretariat").post(
        f"{DESK}news/add/", data={"address": "n@p.example", "language": "ar", "how": "page"}
    )

    assert (page.status_code, "n@p.example" in page.text) == (422, True)


def test_ending_a_subscription_wipes_the_address_and_is_journalled_without_it(world: World):
    client, ref = world.browser("secretariat"), world.ids[""]["subscription"]

    first = client.post(f"{DESK}news/subscriptions/{ref}/end/").status_code
    again = client.post(f"{DESK}news/subscriptions/{ref}/end/").status_code

    assert (first, again) == (303, 409)
    with reading() as db:
        ended = db.query(Subscription).filter_by(ref=ref).one()
    assert (ended.state, ended.address) == (SubscriptionState.ENDED, None)
    assert events()[-1] == ("subscription.ended", {"list": "news", "subscription": ref})


def test_a_subscription_is_not_found_through_another_list(world: World):
    client = world.browser("secretariat")
    client.post(f"{DESK}new/", data={**WORDS, "slug": "un-news", "is_open": "y"})

    assert client.post(f"{DESK}un-news/subscriptions/{world.ids['']['subscription']}/end/").status_code == 404
