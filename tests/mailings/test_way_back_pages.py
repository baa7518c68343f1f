"""Addresses to which nothing is sent, as staff see them and lift what stands there."""

from tests.mailings.test_way_back import close
from tests.support.world import World


def test_staff_who_find_an_address_see_that_nothing_goes_there_and_can_lift_it(world: World):
    desk, slug = world.browser("secretariat"), world.ids[""]["list"]
    close("reader@p.example")

    page = desk.post(f"/staff/mailing-lists/{slug}/find/", data={"address": "Reader@p.example"})

    assert page.status_code == 200
    assert "Nothing is sent to this address since" in page.text
    assert "/staff/suppressions/closed/lift/" in page.text


def test_the_page_says_how_many_were_lifted(world: World):
    desk, page = world.browser("secretariat"), "/staff/suppressions/lift-many/"
    close("a@p.example")
    asked = {"reason": "hard_bounce", "since": "2000-01-01 00:00", "until": "٢٠٩٩-٠١-٠١ ٠٠:٠٠", "note": "our relay"}

    answer = desk.post(page, data=asked)

    assert answer.status_code == 303
    assert "again." in desk.get(answer.headers["Location"]).text
    assert desk.post(page, data=asked).status_code == 409
    assert desk.post(page, data={**asked, "since": "yesterday"}).status_code == 422
