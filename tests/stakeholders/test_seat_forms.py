"""The forms of seats: what is wrong is listed in the order in which the page shows the fields."""

import pytest
from lxml import html

from tests.support.world import World

SEATS = "/staff/stakeholders/{ref}/seats"


@pytest.mark.parametrize(
    ("path", "fields"), [("new/", ["role", "person", "since"]), ("1/hand-over/", ["person", "since"])]
)
def test_what_is_wrong_is_listed_as_the_page_shows_the_fields(world: World, path, fields):
    ref = world.ids["participant"]["stakeholder"]

    answer = world.browser("secretariat").post(
        f"{SEATS.format(ref=ref)}/{path}", data={"role": "nothing", "person": "", "since": ""}
    )

    page = html.fromstring(answer.text)
    listed = [link.partition("#")[2] for link in page.xpath("//div[@role='alert']//a/@href")]
    assert (answer.status_code, listed) == (422, fields)
    assert [one for one in page.xpath("//form//@id") if one in fields] == fields
