"""One's own entry: what a personal link shows and changes, and what it cannot do: move an address, or take anything away."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from consult.consultations import rules_entry as rules
from consult.consultations.mails_entry import fresh_token
from consult.consultations.models_entry import EntryAct, EntryChange, FreshLink, NameWish
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.keys import address_key
from consult.mail.models import OutboxMail
from consult.mailings.timeline import read_timeline
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Channel, Consent, ContactPerson, Stakeholder, StakeholderKind
from consult.stakeholders.operations import correct_entry
from consult.stakeholders.operations_leaving import leave_everywhere
from tests.support.forms import submit
from tests.support.together import together
from tests.support.world import NOON, World, everything

MINE = "/en/consultations/upr/my-entry/"
OLD, NEW = "participant@org.example", "moved@org.example"
OWN = {
    "name": "Organisation participant", "groups": ["women", "youth"], "region": "amery", "language": "ar",
    "also_languages": ["en"], "channel": "post", "postal_address": "1 River Road", "phone": "+677 12345",
    "access_needs": "Large print",
}  # fmt: skip


@pytest.fixture
def site(world: World):
    post().deliver()
    clear(world)
    return world


def clear(world: World) -> None:
    for path in mailbox(world.app.extensions["consult settings"]).glob("*"):
        path.unlink()


def mails(world: World) -> list[tuple[str, str]]:
    queue().work_off()
    return [(one.to, one.text) for one in list_captured(mailbox(world.app.extensions["consult settings"]))]


def entry_of(name: str = "participant", world: World | None = None) -> Stakeholder:
    with reading() as db:
        return db.query(Stakeholder).filter_by(name=f"Organisation {name}").one()


def changes() -> list[str]:
    with reading() as db:
        return [one.field for one in db.query(EntryChange).order_by(EntryChange.field)]


def asked(world: World, act: str, who: str = "participant"):
    return world.browser(who).post(f"{MINE}link/", data={"act": act})


def link_in(world: World, kind: str) -> str:
    return re.search(rf"/\w+/my-data/{kind}/[0-9a-f]{{32}}", mails(world)[0][1])[0].replace("/ar/", "/en/")


# What the personal link shows and changes


def test_the_page_says_what_the_registry_says_and_not_the_note(site):
    with writing() as db:
        db.query(Stakeholder).filter_by(email=OLD).one().note = "SECRET NOTE"

    page = site.browser("participant").get(MINE).text

    for words in ("Organisation participant", OLD, "Tomasi Veru", "You agreed."):
        assert words in page
    assert "SECRET NOTE" not in page
    assert f"/en/leave/{site.ids['participant']['leave']}" in page
    assert MINE in site.browser("participant").get("/en/consultations/upr/my-comments/").text
    assert [site.browser("visitor").get(f"{MINE}{path}").status_code for path in ("", "edit/", "contacts/1/")] == [
        403
    ] * 3


def test_change_entry_keeps_who_changed_which_field_and_the_timeline_shows_it(site):
    answer = site.browser("participant").post(f"{MINE}edit/", data=OWN)

    entry = entry_of()
    assert answer.status_code == 303
    assert (entry.language, entry.groups, entry.channel, entry.postal_address, entry.phone_key, entry.email) == (
        "ar", ",women,youth,", Channel.POST, "1 River Road", "67712345", OLD,
    )  # fmt: skip
    assert changes() == [
        "access_needs", "also_languages", "channel", "groups", "language", "phone", "postal_address", "region",
    ]  # fmt: skip
    with reading() as db:
        (own,) = [one for one in read_timeline(db, [entry.id]) if one.what == "entry.changed"]
    assert (own.at, own.by) == (NOON, "self")
    page = site.browser("secretariat").get(f"/staff/stakeholders/{entry.ref}/").text
    assert "they themselves" in page


def test_a_name_of_an_organisation_is_a_wish_until_the_secretariat_takes_it(site):
    me = site.browser("participant")
    me.post(f"{MINE}edit/", data={**OWN, "name": "Better Name"})
    me.post(f"{MINE}edit/", data={**OWN, "name": "Best Name"})
    assert entry_of().name == "Organisation participant"
    assert "Best Name" in site.browser("secretariat").get("/staff/requests/").text
    assert [">1 organisation asks for another name<" in site.browser(who).get("/staff/").text
            for who in ("secretariat", "facilitator")] == [True, False]  # fmt: skip
    ref = site.ids["participant"]["stakeholder"]

    answer = site.browser("secretariat").post(f"/staff/requests/names/{ref}/", data={"decision": "take"})

    with reading() as db:
        assert db.query(Stakeholder).filter_by(ref=ref).one().name == "Best Name"
        assert db.query(NameWish).count() == 0
    assert answer.status_code == 303


def test_a_wish_that_is_not_taken_leaves_the_name(site):
    site.browser("participant").post(f"{MINE}edit/", data={**OWN, "name": "Better Name"})
    ref = site.ids["participant"]["stakeholder"]

    site.browser("secretariat").post(f"/staff/requests/names/{ref}/", data={"decision": "keep"})

    with reading() as db:
        assert (entry_of().name, db.query(NameWish).count()) == ("Organisation participant", 0)


def test_a_person_changes_the_name_and_has_no_groups(site):
    with writing() as db:
        found = db.query(Stakeholder).filter_by(email=OLD).one()
        db.query(ContactPerson).delete()
        person = Stakeholder(
            ref="thePerson", kind=StakeholderKind.PERSON, name="Ana", name_key="ana", double_key="ana", category="cso",
            language="en", email="ana@org.example", email_key="ana@org.example", basis=found.basis, created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(person)
        db.flush()
        from consult.consultations.models import Participant

        db.get_one(Participant, site.ids["participant"]["id"]).stakeholder_id = person.id
    me = site.browser("participant")

    assert 'name="groups"' not in me.get(f"{MINE}edit/").text
    me.post(f"{MINE}edit/", data={**OWN, "name": "Ana Lefaga"})

    with reading() as db:
        kept = db.query(Stakeholder).filter_by(ref="thePerson").one()
    assert (kept.name, kept.groups) == ("Ana Lefaga", "")
    refused = me.post(f"{MINE}contacts/new/", data={"name": "N", "language": "en"})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"channel": "phone", "phone": ""}, rules.OwnWayMissing),
        ({"channel": "post", "postal_address": ""}, rules.OwnWayMissing),
    ],
)
def test_check_change_entry_refuses_a_way_without_its_address(site, given, says):
    before = everything()

    page = site.browser("participant").post(f"{MINE}edit/", data={**OWN, **given})

    assert (page.status_code, everything() == before) == (422, True)
    assert str(says.message) in page.text
    assert "Large print" in page.text


def test_check_change_entry_keeps_them_within_reach():
    with pytest.raises(rules.LastWayGone):
        rules.check_change_entry(Stakeholder(email="", postal_address="", phone=""))


def choose(world: World, purpose: str, agrees: str, who: str = "participant"):
    return world.browser(who).post(f"{MINE}agree/", data={"purpose": purpose, "agrees": agrees})


def say_no(world: World, purpose: str) -> None:
    """A no to mail: asked for behind the door, said with the link that went to the mailbox."""
    clear(world)
    asked_ = world.browser("participant").post(f"{MINE}stop/", data={"purpose": purpose})
    assert (asked_.status_code, OLD in asked_.text) == (202, False)
    before = (entry_of().basis, entry_of().news)
    ((to, text),) = mails(world)
    link = re.search(r"/\w+/leave/confirm/[0-9a-f]{32}", text)[0]
    assert (to, (entry_of().basis, entry_of().news)) == (OLD, before)
    assert submit(world.browser("visitor"), link).status_code == 200


def set_basis(basis: Basis) -> None:
    with writing() as db:
        db.get_one(Stakeholder, entry_of().id).basis = basis


def test_each_purpose_is_said_yes_and_no_to_apart_and_each_act_is_kept(site):
    answers = [choose(site, *one).status_code for one in (("news", "yes"), ("news", "yes"), ("consultations", "no"))]
    say_no(site, "consultations")
    page = site.browser("participant").get(MINE).text

    with reading() as db:
        rows = db.query(Consent).filter_by(stakeholder_id=entry_of().id, how="own_entry").order_by(Consent.id)
        kept = [(one.purpose.value, one.basis.value, one.by, bool(one.wording)) for one in rows]
    assert answers == [303, 303, 409]
    assert (entry_of().news, entry_of().basis) == (True, Basis.NONE)
    assert kept == [("news", "consent", "self", True), ("consultations", "none", "self", True)]
    assert "No more news" in page
    assert "Write to me about consultations" in page


def test_check_choose_purpose_keeps_the_official_mail_of_an_office_and_lets_news_go(site):
    choose(site, "news", "yes")
    set_basis(Basis.DUTY)

    refused, page = choose(site, "consultations", "no"), site.browser("participant").get(MINE).text
    say_no(site, "news")

    assert refused.status_code == 409
    assert "its official mail stays" in refused.text
    assert "No more mail about consultations" not in page
    assert "it is not a question of consent" in page
    assert (entry_of().basis, entry_of().news) == (Basis.DUTY, False)


def test_check_say_no_asks_the_mailbox_where_there_is_one(site):
    """Whoever is forwarded an invitation is behind the door too."""
    with writing() as db:
        entry = db.get_one(Stakeholder, entry_of().id)
        with pytest.raises(rules.NoByMailbox):
            rules.check_say_no(entry, agrees=False, is_confirmed=False)
        entry.email = entry.email_key = ""
        rules.check_say_no(entry, agrees=False, is_confirmed=False)  # nobody could confirm
        entry.postal_address = "1 River Road"

    page, answer = site.browser("participant").get(MINE).text, choose(site, "consultations", "no")

    assert (f"{MINE}stop/" in page, answer.status_code, entry_of().basis) == (False, 303, Basis.NONE)
    assert site.browser("participant").post(f"{MINE}stop/", data={"purpose": "consultations"}).status_code == 409


def test_a_no_to_what_nobody_agreed_to_is_mailed_to_nobody(site):
    clear(site)

    assert site.browser("participant").post(f"{MINE}stop/", data={"purpose": "news"}).status_code == 202
    assert site.browser("participant").post(f"{MINE}stop/", data={"purpose": "directory"}).status_code == 422
    assert mails(site) == []


def test_whoever_left_everything_comes_back_first(site):
    with writing() as db:
        leave_everywhere(db, entry_of().email, now=NOON, how="link")

    refused = choose(site, "news", "yes")

    assert refused.status_code == 409
    assert not entry_of().news


def test_check_stand_in_directory_asks_for_the_directory_and_for_the_contact_apart(site):
    directory = "/en/directory/?begins=organisation"
    refused, before = choose(site, "directory_contact", "yes"), site.browser("visitor").get(directory)
    choose(site, "directory", "yes")
    named = site.browser("visitor").get(directory)
    choose(site, "directory_contact", "yes")
    reached = site.browser("visitor").get(directory)
    choose(site, "directory", "no")
    gone = site.browser("visitor").get(directory)

    assert refused.status_code == 409
    assert ["Organisation participant" in one.text for one in (before, named, reached, gone)] == [
        False,
        True,
        True,
        False,
    ]
    assert [OLD in one.text for one in (before, named, reached, gone)] == [False, False, True, False]
    assert len({one.headers["ETag"] for one in (before, named, reached)}) == 3
    with reading() as db:
        rows = db.query(Consent).filter_by(stakeholder_id=entry_of().id, how="own_entry").order_by(Consent.id)
        kept = [(one.purpose.value, one.basis.value) for one in rows]
    assert kept == [
        ("directory", "consent"), ("directory_contact", "consent"), ("directory_contact", "none"), ("directory", "none"),
    ]  # fmt: skip


def test_whoever_is_not_in_the_directory_can_say_no_to_it_all_the_same(site):
    page, words = site.browser("participant").get(MINE).text, "Keep me out of the directory"

    answers = [choose(site, "directory", "no").status_code for _again in range(2)]

    with reading() as db:
        rows = db.query(Consent).filter_by(stakeholder_id=entry_of().id, how="own_entry")
        kept = [(one.purpose.value, one.basis.value, one.by) for one in rows]
    assert (answers, kept) == ([303, 303], [("directory", "none", "self")])
    assert words in page
    assert words not in site.browser("participant").get(MINE).text


@pytest.mark.parametrize("given", [("everything", "yes"), ("news", "perhaps"), ("", "")])
def test_what_no_button_says_changes_nothing(site, given):
    assert choose(site, *given).status_code == 422
    assert not entry_of().news


def test_colleagues_are_named_corrected_and_removed_and_get_no_mail(site):
    me, fields = (
        site.browser("participant"),
        {"name": "Bela", "role": "Alternate", "email": "b@org.example", "language": "en"},
    )

    me.post(f"{MINE}contacts/new/", data=fields)
    me.post(f"{MINE}contacts/2/", data={**fields, "name": "Bela Tona"})
    with reading() as db:
        named = [one.name for one in db.query(ContactPerson).order_by(ContactPerson.number)]
    me.post(f"{MINE}contacts/2/remove/")

    with reading() as db:
        left = [one.name for one in db.query(ContactPerson)]
    assert (named, left) == (["Tomasi Veru", "Bela Tona"], ["Tomasi Veru"])
    assert changes() == ["contacts"] * 3
    assert mails(site) == []


def test_another_s_contact_people_are_out_of_reach(site):
    answers = [
        site.browser("participant_b").open(f"{MINE}contacts/1/{end}", method=method).status_code
        for end, method in (("", "GET"), ("", "POST"), ("remove/", "POST"))
    ]

    assert answers == [404] * 3


def test_one_who_only_commented_is_told_how_to_ask(site):
    from consult.consultations.models import Participant

    with writing() as db:
        db.get_one(Participant, site.ids["participant"]["id"]).stakeholder_id = None

    page = site.browser("participant").get(MINE)

    assert (page.status_code, "You are not in our registry" in page.text) == (409, True)


@given(
    name=st.text(max_size=250), phone=st.text(max_size=80), postal_address=st.text(max_size=600), needs=st.text(max_size=50),
    language=st.sampled_from(["en", "xx", ""]), region=st.text(max_size=20), channel=st.sampled_from(["email", "in_person", "x"]),
)  # fmt: skip
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_kept_or_refused_and_never_a_fault(site, needs, **typed):
    page = site.browser("participant").post(f"{MINE}edit/", data={**OWN, "access_needs": needs, **typed})

    assert page.status_code in (303, 422)
    assert entry_of().email == OLD


def test_forms_of_the_entry_are_sent_as_a_browser_does(world):
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert (
            submit(world.browser("participant"), f"{MINE}edit/", {"phone": "x"}, base="https://localhost").status_code
            == 422
        )
        assert (
            submit(
                world.browser("participant"), f"{MINE}edit/", {"phone": "+677 123"}, base="https://localhost"
            ).status_code
            == 303
        )
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False


# What needs a link that was mailed just now


def test_moving_takes_a_link_to_the_old_address_and_one_to_the_new_and_the_old_is_told(site):
    asked(site, "move")
    first = link_in(site, "move")
    assert mails(site)[0][0] == OLD
    visitor = site.browser("visitor")
    clear(site)

    page = visitor.post(first, data={"email": NEW})

    assert (page.status_code, entry_of().email) == (200, OLD)
    second = link_in(site, "arrive")
    assert mails(site)[0][0] == NEW
    clear(site)
    assert visitor.get(second).status_code == 200
    assert entry_of().email == OLD
    with writing() as db:
        db.query(FreshLink).filter_by(act=EntryAct.TAKE).update({"mailbox": address_key(OLD)})
    assert visitor.post(second).status_code == 200
    entry = entry_of()
    with reading() as db:
        assert db.query(FreshLink).filter(FreshLink.mailbox.is_not(None)).count() == 0, (
            "of the old address nothing stays"
        )
    assert (entry.email, entry.email_key, changes()) == (NEW, NEW, ["email"])
    ((to, text),) = mails(site)
    assert (to, NEW in text) == (OLD, False)
    assert [visitor.post(link, data={"email": "x@org.example"}).status_code for link in (first, second)] == [410, 410]
    assert [visitor.get(link).status_code for link in (first, second)] == [410, 410]


def test_the_link_that_moves_is_over_where_the_address_was_corrected_meanwhile(site):
    """Else whoever reads the old mailbox no more by right would take the entry away from whom it was given to."""
    asked(site, "move")
    first = link_in(site, "move")
    clear(site)
    site.browser("visitor").post(first, data={"email": NEW})
    link = link_in(site, "arrive")
    with writing() as db:
        entry = db.get_one(Stakeholder, entry_of().id)
        correct_entry(db, entry, replace(Entry.of(entry), email="theirs@org.example"), now=NOON)

    assert site.browser("visitor").post(link).status_code == 410

    assert entry_of().email == "theirs@org.example"


def test_the_link_that_moves_names_nobody(site):
    asked(site, "move")
    first = link_in(site, "move")
    clear(site)
    site.browser("visitor").post(first, data={"email": NEW})
    second = link_in(site, "arrive")

    for page in (site.browser("visitor").get(second), *[site.browser("visitor").get(first)]):
        assert [words in page.text for words in ("Organisation", OLD)] == [False, False]


@pytest.mark.parametrize("act", ["move", "take"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_that_looks_at_everything_uses_no_link(site, act, method):
    asked(site, act)
    link = link_in(site, act)
    before = everything()

    answers = {getattr(site.browser("visitor"), method)(link).status_code for _ in range(4)}

    assert (answers, everything() == before) == ({200}, True)
    assert site.browser("visitor").get(link).headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("act", ["move", "take"])
def test_check_use_fresh_link_holds_for_half_an_hour(site, act):
    asked(site, act)
    link = link_in(site, act)

    with clock.at(NOON + rules.LINK_LASTS):
        before = everything()
        answers = [
            site.browser("visitor").open(link, method=how, data={"email": NEW}).status_code for how in ("GET", "POST")
        ]

    assert (answers, everything() == before) == ([410, 410], True)


def test_a_new_link_revokes_the_old(site):
    asked(site, "take")
    first = link_in(site, "take")
    clear(site)
    with clock.at(NOON + rules.PAUSE):
        asked(site, "take")
        second = link_in(site, "take")
        answers = [site.browser("visitor").get(link).status_code for link in (first, second)]

    assert answers == [410, 200]


def test_check_ask_fresh_link_mails_no_second_within_minutes(site):
    answers = [asked(site, "take").status_code for _ in range(5)]

    assert answers == [303, 409, 409, 409, 409]
    assert len(mails(site)) == 1


def test_check_ask_fresh_link_writes_to_nobody_who_left(site):
    with writing() as db:
        leave_everywhere(db, OLD, now=NOON, how="link")

    assert (asked(site, "take").status_code, mails(site)) == (409, [])
    with pytest.raises(rules.NoAddressForLink):
        rules.check_ask_fresh_link(Stakeholder(email=""), None, has_left=False, now=NOON)


def test_check_move_address_leads_elsewhere(site):
    asked(site, "move")
    link = link_in(site, "move")

    for address, status in ((OLD.upper(), 422), ("not one", 422), ("", 422), ("a@b.example\nBcc: c@d.example", 422)):
        assert site.browser("visitor").post(link, data={"email": address}).status_code == status
    assert entry_of().email == OLD
    with pytest.raises(rules.SameAddress):
        rules.check_move_address(Stakeholder(email_key=OLD), OLD)


def test_tokens_of_other_kinds_open_nothing_of_this_and_these_open_nothing_else(site):
    asked(site, "move")
    asked(site, "take")
    with reading() as db:
        tokens = {one.act: fresh_token(one) for one in db.query(FreshLink)}
    doors = [site.ids["participant"]["token"], site.ids["participant"]["leave"], "0" * 32]
    visitor, before = site.browser("visitor"), everything()

    wrong = [
        *(f"/en/my-data/{act}/{token}" for token in doors for act in ("move", "arrive", "take")),
        f"/en/my-data/take/{tokens[EntryAct.MOVE]}",
        f"/en/my-data/move/{tokens[EntryAct.TAKE]}",
        f"/en/my-data/arrive/{tokens[EntryAct.MOVE]}",
        *(f"/en/{kind}/{token}" for token in tokens.values() for kind in ("door", "leave", "take-part/confirm")),
    ]
    statuses = {visitor.post(path, data={"email": NEW, "kind": "json"}).status_code for path in wrong}

    assert (statuses <= {404, 410}, everything() == before) == (True, True)


def test_two_at_once_use_a_link_once(site):
    asked(site, "take")
    link = link_in(site, "take")

    statuses = together(*[lambda: site.browser("visitor").post(link, data={"kind": "json"}).status_code] * 3)

    assert sorted(statuses) == [200, 410, 410]


def test_a_move_to_an_address_whose_reader_asked_for_nothing_mails_nothing_there(site):
    with writing() as db:
        leave_everywhere(db, NEW, now=NOON, how="link")
    asked(site, "move")
    link = link_in(site, "move")
    clear(site)

    page = site.browser("visitor").post(link, data={"email": NEW})

    assert (page.status_code, mails(site)) == (200, [])


def test_the_copy_holds_all_of_theirs_and_nothing_of_others(site):
    site.browser("participant").post(f"{MINE}edit/", data=OWN)
    with writing() as db:
        db.query(Stakeholder).filter_by(email=OLD).one().note = "NOTE-OF-A"
    asked(site, "take")
    link = link_in(site, "take")

    answer = site.browser("visitor").post(link, data={"kind": "json"})

    found = json.loads(answer.data)
    assert answer.headers["Cache-Control"] == "private, no-store"
    text = answer.get_data(as_text=True)
    for words in ("NOTE-OF-A", OLD, "1 River Road", "Tomasi Veru", "COMMENT-OF-A", "focal_point", "consent"):
        assert words in text
    for words in ("COMMENT-OF-B", "participant_b", "DRAFT-OF-"):
        assert words not in text
    assert set(found) - {"made_at"} == {
        "entries", "contact_people", "seats", "consents", "own_changes", "declared", "requests", "mailings", "letters",
        "participants", "comments",
    }  # fmt: skip


def test_the_copy_as_a_page_is_shown_once(site):
    asked(site, "take")
    link = link_in(site, "take")

    page = site.browser("visitor").post(link, data={"kind": "page"})

    assert "COMMENT-OF-A" in page.text
    assert site.browser("visitor").post(link, data={"kind": "page"}).status_code == 410


def test_nothing_of_a_link_stays_in_the_outbox_when_it_is_over(site):
    asked(site, "move")
    first = link_in(site, "move")
    site.browser("visitor").post(first, data={"email": NEW})
    queue().work_off()

    with reading() as db:
        rows = db.query(OutboxMail).filter_by(template="fresh_link").all()
    assert {(one.address, one.parameters) for one in rows} == {(None, None)}


def test_a_change_of_one_s_own_is_only_added_to(site):
    site.browser("participant").post(f"{MINE}edit/", data=OWN)

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.query(EntryChange).update({"field": "name"})

    assert violated(problem.value) == "entry_change_only_added_to"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"act": EntryAct.MOVE, "address": NEW, "digest": b"x" * 32}, "address_of_arrival_only"),
        ({"act": EntryAct.ARRIVE, "address": NEW, "digest": None}, "used_is_wiped"),
    ],
)
def test_the_database_refuses_a_link_that_can_never_be(site, row, name):
    entry = entry_of()

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.add(
            FreshLink(
                stakeholder_id=entry.id, participant_id=site.ids["participant"]["id"], generation=1, made_at=NOON, **row
            )
        )

    assert (violated(problem.value) or "").endswith(name)


def test_a_link_is_for_ten_minutes_the_only_one_also_after_use(site):
    asked(site, "take")
    site.browser("visitor").post(link_in(site, "take"), data={"kind": "json"})

    assert asked(site, "take").status_code == 409
    with clock.at(NOON + timedelta(minutes=10)):
        assert asked(site, "take").status_code == 303
