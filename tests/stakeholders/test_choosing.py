"""Finding by telephone, and choosing among those who may be meant."""

import pytest

from consult.core import i18n
from consult.core.db import reading
from consult.stakeholders.forms_choosing import in_words
from consult.stakeholders.keys import is_number, phone_terms, words_of
from consult.stakeholders.models import Basis, StakeholderKind
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.queries_choosing import list_meant, meant_exactly
from consult.stakeholders.queries_finding import Filters, list_stakeholders
from tests.stakeholders.test_operations import add
from tests.support.world import World

PERSON = {"kind": StakeholderKind.PERSON, "groups": (), "category": "media", "email": "", "basis": Basis.NONE}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("+677 12-345", True),
        ("(0677) 12.345", True),
        ("٠٦٧٧ ١٢٣٤٥", True),
        ("2030", False),
        ("Agenda 12345", False),
        ("", False),
    ],
)
def test_a_number_is_one_word_however_its_figures_are_parted(text, is_one):
    assert is_number(text) is is_one
    assert (len(words_of(text)) == 1) or not is_one


def test_a_number_is_found_with_the_code_of_its_country_and_without():
    assert phone_terms("+677 012 345") == ["677012345", "77012345", "7012345", "12345"]
    assert phone_terms("12") == []


@pytest.mark.database
@pytest.mark.parametrize("words", ["+677 12 345", "67712345", "0012345", "12345", "012 345", "00677 12345", "+677 123"])
def test_the_registry_is_searched_by_telephone(database, words):
    add(phone="+677 (0)12-345".replace("(0)", ""))
    add(name="Agenda 2030", email="a@org.example")

    with reading() as db:
        assert [one.name for one in list_stakeholders(db, Filters(words=words)).entries] == ["Women’s Network"]
        assert [one.name for one in list_stakeholders(db, Filters(words="2030")).entries] == ["Agenda 2030"]


@pytest.mark.database
def test_an_exact_name_comes_before_what_a_search_finds_and_one_alone_is_meant(database):
    first, second = (
        add(**PERSON, name="Ana Tona", phone="+677 11111"),
        add(**PERSON | {"email": "b@x.example"}, name="Ana Tona"),
    )
    add(**PERSON, name="Ana Tonari")

    with reading() as db:
        both = list_meant(db, "ana tona", StakeholderKind.PERSON)
        assert [one.id for one in both] == [first.id, second.id]
        assert meant_exactly(both, "ana tona") is None
        assert len(list_meant(db, "ana", StakeholderKind.PERSON)) == 3
        by_number = list_meant(db, "+677 11 111")
        assert meant_exactly(by_number, "+677 11 111").id == first.id
        alone = list_meant(db, "tonari")
        assert (len(alone), meant_exactly(alone, "tonari")) == (1, None)  # found by a part of the name: it is asked
        assert list_meant(db, "Ana Tona", StakeholderKind.ORGANISATION) == []


@pytest.fixture
def two(world: World):
    both = (("+677 11111", ""), ("+677 22222", "tona@org.example"))
    return [add(**PERSON | {"email": email}, name="Ana Tona", phone=phone) for phone, email in both]


def test_one_of_two_of_the_same_name_is_appointed_and_put_into_a_group_by_choice(world: World, two):
    desk, ref = world.browser("secretariat"), world.ids[""]["stakeholder"]
    address = f"/staff/stakeholders/{ref}/seats/new/"
    typed = {"role": "member", "person": "Ana Tona", "since": "2026-01-05"}

    asked = desk.post(address, data=typed)
    assert (asked.status_code, "Choose the one you mean" in asked.text) == (422, True)
    assert [f'name="chosen" value="{one.ref}"' in asked.text for one in two] == [True, True]
    assert "+677 22222" in asked.text
    assert desk.post(address, data={**typed, "chosen": "x"}).status_code == 422
    done = desk.post(address, data={**typed, "chosen": two[1].ref})

    assert done.status_code == 303
    with reading() as db:
        assert db.query(Seat).filter_by(holder_id=two[1].id).count() == 1
        assert db.query(Seat).filter_by(holder_id=two[0].id).count() == 0

    address, typed = f"/staff/groups/{world.ids['']['group']}/in/", {"who": "Ana Tona", "reason": "Knows the field"}
    asked = desk.post(address, data=typed)
    assert (asked.status_code, "Choose the one you mean" in asked.text) == (422, True)
    assert desk.post(address, data={**typed, "chosen": two[0].ref}).status_code == 303
    assert f'/staff/stakeholders/{two[0].ref}/"' in desk.get(f"/staff/groups/{world.ids['']['group']}/").text


def test_a_request_is_looked_up_by_its_reference(world: World):
    desk, ref = world.browser("secretariat"), world.ids[""]["request"]

    found = desk.get("/staff/requests/", query_string={"reference": f" {ref} "})
    unknown = desk.get("/staff/requests/", query_string={"reference": "nothing"})

    assert (found.status_code, found.headers["Location"]) == (303, f"/staff/requests/{ref}/")
    assert (unknown.status_code, "No request has this reference" in unknown.text) == (200, True)


def test_who_is_offered_is_told_apart_in_words_that_turn_nothing_around(database):
    one = add(**PERSON | {"name": "Ana", "email": "ana@x.example", "basis": Basis.CONSENT})

    assert in_words(one).split(" · ")[-1] == "added on 14 March 2027"
    with i18n.use_language("ar"):
        assert in_words(one).startswith("\u2068Ana\u2069 · ")
        assert "\u2068ana@x.example\u2069" in in_words(one)
