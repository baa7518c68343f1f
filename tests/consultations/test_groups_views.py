"""The pages of saved groups, of what is always invited, and of who is missing: through the application, in the world."""

from lxml import html

from consult.consultations.models_groups import SmartGroup, SmartGroupEntry
from consult.core.db import reading
from consult.mailings.models import Campaign
from tests.support.world import World

NEW = "/staff/groups/new/"
UPR = "/staff/consultations/upr"


def group_page(world: World) -> str:
    return world.browser("secretariat").get(f"/staff/groups/{world.ids['']['group']}/").text


def saved(name: str) -> SmartGroup:
    with reading() as db:
        return db.query(SmartGroup).filter_by(name=name).one()


def test_the_page_of_a_group_says_who_is_in_why_and_who_was_taken_out(world: World):
    page = group_page(world)

    for words in (
        "Asked by telephone",
        "By the rule",
        "On leave",
        "Organisation participant_b",
        "gone_category (no longer in the list)",
    ):
        assert words in page
    assert "4 entries" in page


def test_a_group_is_saved_with_every_condition_and_shown_again_in_its_form(world: World):
    desk = world.browser("secretariat")
    form = {"name": "Everything", "kind": "organisation", "categories": ["cso", "media"], "groups": "women", "regions": "amery",
            "languages": ["en", "ar"], "channel": "post", "invited_to": "last:2", "not_invited_to": "of:2", "took_part_in": "of:1",
            "never_took_part_in": "last:5", "holds_seat": "y"}  # fmt: skip

    answer = desk.post(NEW, data=form)
    made = saved("Everything")
    again = html.fromstring(desk.get(f"/staff/groups/{made.ref}/edit/").text)

    assert answer.status_code == 303
    assert made.rule == {
        "categories": ["cso", "media"], "groups": ["women"], "regions": ["amery"], "languages": ["ar", "en"],
        "kind": "organisation", "channel": "post", "invited_to": {"consultation_id": 0, "last": 2},
        "not_invited_to": {"consultation_id": 2, "last": 0}, "took_part_in": {"consultation_id": 1, "last": 0},
        "never_took_part_in": {"consultation_id": 0, "last": 5}, "holds_seat": True,
    }  # fmt: skip
    fields = [(name, value) for form in again.forms for name, value in form.form_values() if name != "csrf_token"]
    expected = {(name, one) for name, value in form.items() for one in ([value] if isinstance(value, str) else value)}
    assert set(fields) == expected


def test_persons_by_group_are_refused_with_what_was_chosen(world: World):
    answer = world.browser("secretariat").post(NEW, data={"name": "List", "kind": "person", "groups": "women"})

    assert answer.status_code == 422
    assert "Nobody looks up persons" in answer.text
    assert 'value="List"' in answer.text


def test_an_entry_is_put_in_taken_out_and_left_to_the_rule_again(world: World):
    desk, ref = world.browser("secretariat"), world.ids[""]["group"]

    put = desk.post(f"/staff/groups/{ref}/in/", data={"who": "ALMA VERU", "reason": "Knows the field"})
    assert put.status_code == 303
    assert "Knows the field" in group_page(world)
    with reading() as db:
        alma = next(one for one in db.query(SmartGroupEntry) if one.reason == "Knows the field").stakeholder_id
    unknown = desk.post(f"/staff/groups/{ref}/in/", data={"who": "Nobody At All", "reason": "x"})
    assert (unknown.status_code, "No entry of the registry" in unknown.text) == (422, True)
    back = desk.post(f"/staff/groups/{ref}/back/{world.ids['']['taken_out']}/")
    assert back.status_code == 303
    assert "On leave" not in group_page(world)
    assert alma


def test_who_is_missing_shows_gaps_first_and_begins_an_invitation_to_exactly_these(world: World):
    desk = world.browser("secretariat")
    with reading() as db:
        before = db.query(Campaign).count()
    page = desk.get(f"{UPR}/missing/").text
    listed = html.fromstring(desk.get(f"{UPR}/missing/list/?group=women&category=cso").text)
    link = next(one.get("href") for one in listed.iter("a") if "/mailings/new/invitation/" in (one.get("href") or ""))
    form = html.fromstring(desk.get(link).text)
    ticked = {(one.get("name"), one.get("value")) for one in form.iter("input") if one.get("checked") is not None}

    assert page.index("Nobody is invited:") < page.index("<table")
    assert "Organisation participant_other" in html.tostring(listed, encoding="unicode")
    assert ticked == {("groups", "women"), ("categories", "cso"), ("audience", "registry")}
    with reading() as db:
        assert db.query(Campaign).count() == before, "a link writes nothing"


def test_who_is_missing_in_a_region_is_saved_as_a_group(world: World):
    desk = world.browser("secretariat")
    listed = html.fromstring(desk.get(f"{UPR}/missing/list/?region=amery").text)
    link = next(one.get("href") for one in listed.iter("a") if "/groups/new/" in (one.get("href") or ""))
    form = html.fromstring(desk.get(link).text)
    chosen = dict(next(one for one in form.forms if one.method == "POST" and not one.get("action")).form_values())

    assert not any("/mailings/new/invitation/" in (one.get("href") or "") for one in listed.iter("a"))
    assert (chosen["regions"], chosen["not_invited_to"]) == ("amery", "of:1")


def test_taking_over_leads_to_the_choice_and_the_choice_is_for_the_team_only(world: World):
    desk = world.browser("secretariat")
    proposed = desk.get(f"{UPR}/always-invited/").text
    answer = desk.post(f"{UPR}/always-invited/")
    choice = answer.headers["Location"]

    assert "Organisation participant_other" in proposed
    assert (answer.status_code, desk.get(choice).status_code) == (303, 200)
    assert world.browser("elsewhere").get(choice).status_code == 403
    assert desk.get(f"{choice}edit/").status_code == 409
    again = desk.post(f"{UPR}/always-invited/")
    assert (again.status_code, again.location) == (303, choice)  # whether there was anybody is not told: decision 0028
    assert "0 were added since." in desk.get(f"{UPR}/always-invited/").text


def test_only_some_kinds_of_text_need_to_be_named(world: World):
    desk, ref = world.browser("secretariat"), world.ids[""]["group"]
    address = f"/staff/always-invited/groups/{ref}/"

    assert desk.post(address, data={"which": "some"}).status_code == 422
    assert desk.post(address, data={"which": "some", "kinds": "visit"}).status_code == 303
    assert "Visit" in desk.get("/staff/groups/").text or "visit" in desk.get("/staff/groups/").text
