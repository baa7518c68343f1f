"""The desk's pages of the own news of a list: by the role, on no team; and never what is another's."""

import pytest
from lxml import html

from consult.core.db import reading
from consult.jobs.queue import queue
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignState
from tests.support.world import NOON, World, everything

LIST = "/staff/mailing-lists/news/"
NEWS = f"{LIST}mailings/"
WORDS = {f"{part}_{code}": f"{part} {code}" for part in ("subject", "body") for code in ("en", "ar", "zh")}


def write(desk, **changes):
    """A written one. Returns its address."""
    answer = desk.post(f"{NEWS}new/news/", data={**WORDS, **changes})
    assert answer.status_code == 303, answer.text
    return answer.location


def kept(address):
    with reading() as db:
        return db.query(Campaign).filter_by(ref=address.rstrip("/").rpartition("/")[2]).one()


def words_of(client, address):
    return " ".join(html.fromstring(client.get(address).get_data()).text_content().split())


def submitted(desk):
    address = write(desk)
    assert desk.post(f"{address}submit/", data={"starts": ""}).status_code == 303
    queue().work_off()
    return address


def test_the_page_of_a_list_leads_to_its_news_with_ready_made_words(world: World):
    desk = world.browser("secretariat")
    page = html.fromstring(desk.get(LIST).get_data())

    (write_news,) = page.xpath("//main//a[normalize-space()='Write news']/@href")
    form = html.fromstring(desk.get(write_news).get_data())

    assert write_news == f"{NEWS}new/news/"
    assert form.xpath("//input[@name='subject_en']/@value") == ["What is new"]
    assert {code for code in ("en", "ar", "zh") if form.xpath(f"//textarea[@name='body_{code}']")} == {"en", "ar", "zh"}
    assert form.xpath("//input[@name='audience' or @name='categories' or @name='groups']") == []


def test_what_was_written_is_news_to_the_list_about_no_consultation(world: World):
    desk = world.browser("secretariat")

    address = write(desk, audience="registry", categories="cso")

    found = kept(address)
    assert address == f"{NEWS}{found.ref}/"
    assert (found.kind, found.audience, found.consultation_id, found.categories) == (
        CampaignKind.NEWS, Audience.LIST, None, []
    )  # fmt: skip
    assert "subject en" in words_of(desk, LIST)
    assert "Not sent yet" in words_of(desk, NEWS)


def test_a_line_that_nobody_wrote_goes_to_nobody(world: World):
    desk = world.browser("secretariat")
    form = html.fromstring(desk.get(f"{NEWS}new/news/").get_data())
    ready = {
        name: form.xpath(f"string(//*[@name='{name}']/@value | //textarea[@name='{name}'])").strip() for name in WORDS
    }
    address = write(desk, **ready)

    answer = desk.post(f"{address}submit/", data={"starts": ""})

    assert (answer.status_code, kept(address).state) == (422, CampaignState.WRITING)
    assert "…" in ready["body_ar"]


@pytest.mark.parametrize("what", ["invitation", "reminder", "debriefing", "nothing"])
def test_nothing_else_begins_at_a_list(world: World, what):
    assert world.browser("secretariat").get(f"{NEWS}new/{what}/").status_code == 404


def test_the_approver_is_on_no_team_and_hears_of_it_on_today(world: World):
    desk = world.browser("secretariat")
    before = words_of(world.browser("approver"), "/staff/")
    address = submitted(desk)
    approver = world.browser("approver")

    today = html.fromstring(approver.get("/staff/").get_data())
    (leads,) = today.xpath(f"//main//a[@href='{NEWS}']")
    page = html.fromstring(approver.get(address).get_data())
    (seen,) = page.xpath("//input[@name='seen']/@value")
    approved = approver.post(f"{address}approve/", data={"seen": seen})
    queue().work_off()

    assert "1 mailing waits for your approval" in leads.text_content()
    assert "waits for your approval" not in before + words_of(desk, "/staff/")
    assert (approved.status_code, kept(address).state) == (303, CampaignState.SENT)
    assert "waits for your approval" not in words_of(approver, "/staff/")
    assert "subject en" in words_of(world.browser("visitor"), "/en/lists/news/archive/")
    assert "subject en" in world.browser("visitor").get("/en/lists/news/feed.atom").text


def test_whoever_wrote_it_is_not_let_approve_it(world: World):
    desk = world.browser("secretariat")
    address = submitted(desk)

    answer = desk.post(f"{address}approve/", data={"seen": kept(address).digest.hex()})

    assert (answer.status_code, kept(address).state) == (403, CampaignState.SUBMITTED)
    assert 'name="seen"' not in desk.get(address).text


def test_a_secretary_who_is_on_no_team_writes_and_approves_too(world: World):
    address = submitted(world.browser("elsewhere"))

    answer = world.browser("secretariat").post(f"{address}approve/", data={"seen": kept(address).digest.hex()})

    assert answer.status_code == 303


def test_what_is_given_back_says_why_and_keeps_the_note_that_was_missing(world: World):
    address, approver = submitted(world.browser("secretariat")), world.browser("approver")

    empty = approver.post(f"{address}return/", data={"note": ""})
    given_back = approver.post(f"{address}return/", data={"note": "Name the new secretary"})

    assert (empty.status_code, given_back.status_code, kept(address).state) == (422, 303, CampaignState.WRITING)
    assert "Name the new secretary" in words_of(world.browser("secretariat"), address)


def test_the_start_is_in_the_time_zone_of_the_site(world: World):
    desk = world.browser("secretariat")
    address = write(desk)

    wrong = desk.post(f"{address}submit/", data={"starts": "tomorrow"})
    asked = desk.post(f"{address}submit/", data={"starts": "2027-03-20 09:00"})

    assert "in the time zone of this site" in wrong.text
    assert (wrong.status_code, asked.status_code) == (422, 303)
    assert kept(address).asked_start.isoformat() == "2027-03-20T09:00:00+00:00"
    assert kept(address).asked_start > NOON


def test_campaigns_are_found_where_they_belong_and_nowhere_else(world: World):
    desk, before = world.browser("secretariat"), everything()
    own, of_dossier = world.ids[""]["own_news"], world.ids["upr"]["campaign"]

    assert desk.get(f"{NEWS}{own}/").status_code == 200
    for address in (
        f"{NEWS}{of_dossier}/",
        f"/staff/consultations/upr/mailings/{own}/",
        f"/staff/mailing-lists/none/mailings/{own}/",
    ):
        for act in ("", "edit/", "preview/"):
            assert desk.get(address + act).status_code == 404
        for act in (
            "edit/",
            "test/",
            "submit/",
            "approve/",
            "return/",
            "take-back/",
            "pause/",
            "resume/",
            "stop/",
            "retry/",
        ):
            assert desk.post(address + act, data={**WORDS, "note": "x"}).status_code == 404
    assert everything() == before


def test_a_closed_list_offers_no_news_to_write(world: World):
    desk = world.browser("secretariat")
    words = {f"{part}_{code}": "x" for part in ("name", "what_it_is", "how_often") for code in ("en", "ar", "zh")}
    desk.post(f"{LIST}edit/", data={**words, "takes_sign_up": "y", "archive_is_public": "y"})

    assert "Write news" not in words_of(desk, LIST) + words_of(desk, NEWS)


def approved(desk, approver):
    address = submitted(desk)
    assert approver.post(f"{address}approve/", data={"seen": kept(address).digest.hex()}).status_code == 303
    return address


def test_the_recipients_can_be_looked_at_before_anything_happened_with_their_mail(world: World):
    desk, approver = world.browser("secretariat"), world.browser("approver")

    address = approved(desk, approver)

    page = words_of(desk, f"{address}recipients/")
    assert "Somebody who signed up" in page
    assert "How it came so" not in page


def test_only_whoever_may_see_who_is_on_a_list_finds_a_reader_by_their_address(world: World):
    desk, approver = world.browser("secretariat"), world.browser("approver")
    address = approved(desk, approver)
    queue().work_off()

    found = [
        len(html.fromstring(one.get(f"{address}recipients/?find={whom}").get_data()).xpath("//ul[@class='rows']/li"))
        for one in (desk, approver)
        for whom in ("reader@p.example", "nobody@p.example")
    ]

    assert found == [1, 0, 0, 0]
    assert "Somebody who signed up" in words_of(approver, f"{address}recipients/")
