"""Doubles: names compared by the worker, telephones keyed for the country, pairs with the surest first."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core.db import reading, violated, writing
from consult.jobs.queue import queue
from consult.stakeholders import jobs_names, queries_doubles
from consult.stakeholders.models import NotDouble, Protection, Stakeholder
from consult.stakeholders.models_doubles import NamesAlike, NameToCompare, PhonesKeyed
from consult.stakeholders.operations import change_stakeholder
from consult.stakeholders.operations_comparing import keep_compared, sweep_comparing
from consult.stakeholders.operations_merging import keep_apart, merge_stakeholders, undo_merge
from consult.stakeholders.phones import use_country
from consult.stakeholders.queries_doubles import CROWD, Likeness, is_comparing, list_doubles
from consult.stakeholders.queries_finding import Filters, list_stakeholders
from tests.stakeholders.test_operations import NOON, Dalia, add, an_entry

pytestmark = pytest.mark.database
LATIN, CYRILLIC = "Zhenskiy tsentr", "Женский центр"


def compare():
    """What the worker does, once a minute."""
    with writing() as db:
        found = sweep_comparing(db, now=NOON)
    queue().work_off()
    return found


def pairs():
    with reading() as db:
        return [(one.first_name, one.second_name, one.alike) for one in list_doubles(db)[0]]


def again(db, entry):
    return db.get_one(Stakeholder, entry.id)


def rename(entry, name):
    with writing() as db:
        one = again(db, entry)
        change_stakeholder(db, one, an_entry(name=name, email=one.email, phone=one.phone), by=Dalia(), now=NOON)


def test_names_in_two_scripts_are_a_pair_once_the_worker_has_compared_them(database):
    add(name=LATIN)
    add(name=CYRILLIC, email="c@org.example")
    add(name="Fishers’ Union", email="f@org.example")
    with reading() as db:
        assert is_comparing(db)
    assert pairs() == []

    assert compare() == 1

    assert pairs() == [(LATIN, CYRILLIC, [Likeness.SPELLING])]
    with reading() as db:
        assert not is_comparing(db)
    assert compare() == 0, "nothing waits any more"


def test_a_new_name_is_compared_anew_and_shown_as_alike_to_nobody_until_then(database):
    add(name=LATIN)
    other = add(name=CYRILLIC, email="c@org.example")
    compare()

    rename(other, "Fishers’ Union")
    assert pairs() == []
    compare()
    with reading() as db:
        assert db.query(NamesAlike).count() == 0

    rename(other, "Zhenskii tsentr")
    compare()
    assert [one[:2] for one in pairs()] == [(LATIN, "Zhenskii tsentr")]


def test_the_surest_pairs_stand_first_and_pages_go_on_behind_one_another(database, monkeypatch):
    add(name="Sokoine University", email="s@org.example", phone="+248 4 322 100")
    add(name="Sokoine Univercity", email="S@org.example")  # the same address, and names alike
    add(name="Coastal Forum", email="c@org.example")
    add(name="FORUM, Coastal", email="d@org.example")  # the same name
    add(name="Elders’ Council", email="e@org.example", phone="+248 4322100")  # the same telephone
    add(name="Youth Network", email="y@org.example")
    add(name="Youht Network", email="z@org.example")  # names alike
    compare()

    expected = [
        ("Sokoine University", "Sokoine Univercity", [Likeness.EMAIL, Likeness.SPELLING]),
        ("Coastal Forum", "FORUM, Coastal", [Likeness.NAME]),
        ("Youth Network", "Youht Network", [Likeness.SPELLING]),
        ("Sokoine University", "Elders’ Council", [Likeness.PHONE]),
    ]
    assert pairs() == expected

    monkeypatch.setattr(queries_doubles, "PAGE", 1)
    seen, after = [], None
    with reading() as db:
        while True:
            page, after = list_doubles(db, after=after)
            seen += [(one.first_name, one.second_name, one.alike) for one in page]
            if after is None:
                break
    assert seen == expected


def test_the_number_of_a_house_makes_a_pair_of_each_with_the_oldest_only(database):
    for number in range(CROWD + 1):
        add(name=f"Office {number}", email=f"o{number}@org.example", phone="4322100")

    assert [(first, how) for first, _, how in pairs()] == [("Office 0", [Likeness.PHONE])] * CROWD


def test_merged_ones_and_those_kept_apart_are_asked_of_no_more_until_a_merging_is_undone(database):
    kept, gone = add(name=LATIN), add(name=CYRILLIC, email="c@org.example")
    compare()
    with writing() as db:
        merge_stakeholders(db, again(db, gone), again(db, kept), by=Dalia(), now=NOON)
    assert pairs() == []

    with writing() as db:
        undo_merge(db, again(db, gone), by=Dalia(), now=NOON)
    assert len(pairs()) == 1
    with writing() as db:
        keep_apart(db, again(db, gone), again(db, kept), by=Dalia())
    assert pairs() == []
    rename(gone, "Женский Центр")
    compare()
    assert pairs() == [], "somebody looked"


def test_telephones_are_keyed_anew_when_the_country_is_set(database):
    first = add(name="First", phone="4 322 100")
    add(name="Second", email="b@org.example", phone="+248 4322100")
    compare()
    assert pairs() == []

    use_country("SC")
    try:
        compare()
        assert pairs() == [("First", "Second", [Likeness.PHONE])]
        with reading() as db:
            assert again(db, first).phone_key == "2484322100"
            assert again(db, first).phone == "4 322 100"
            assert [one.name for one in list_stakeholders(db, Filters(words="+248 4322100"))[0]] == ["First", "Second"]
            assert db.get_one(PhonesKeyed, 1).country == "SC"
        assert compare() == 0
    finally:
        use_country("")


def test_a_name_that_changed_while_it_was_compared_goes_on_waiting(database):
    one, other = add(name=LATIN), add(name=CYRILLIC, email="c@org.example")
    read = {one.id: LATIN, other.id: "What it was called when the names were read"}

    with writing() as db:
        keep_compared(db, list(read), read, {(one.id, other.id): 93})

    with reading() as db:
        assert db.query(NamesAlike).count() == 0
        assert [row.stakeholder_id for row in db.query(NameToCompare)] == [other.id]


def test_a_worker_that_read_the_names_before_drops_no_pair_with_an_entry_that_came_since(database):
    one = add(name=LATIN)
    read = {one.id: LATIN}
    other = add(name=CYRILLIC, email="c@org.example")
    with writing() as db:
        keep_compared(db, [other.id], {**read, other.id: CYRILLIC}, {(one.id, other.id): 93})

    with writing() as db:
        keep_compared(db, [one.id], read, {})

    assert [pair[:2] for pair in pairs()] == [(LATIN, CYRILLIC)]


def test_whoever_writes_what_points_at_an_entry_does_not_wait_for_comparing(database):
    one, other = add(name=LATIN), add(name=CYRILLIC, email="c@org.example")

    def point():
        with writing() as db:
            if not database.is_sqlite:
                db.execute(text("SET LOCAL lock_timeout = '2s'"))
            db.add(NotDouble(first_id=one.id, second_id=other.id))

    with writing() as db:
        keep_compared(db, [one.id, other.id], {one.id: LATIN, other.id: CYRILLIC}, {(one.id, other.id): 93})
        if not database.is_sqlite:  # where it is one writer's turn at a time
            point()
    if database.is_sqlite:
        point()

    assert pairs() == []


def test_a_worker_that_dies_amid_the_names_goes_on_with_the_rest(database, monkeypatch):
    monkeypatch.setattr(jobs_names, "STEP", 1)
    add(name=LATIN)
    add(name=CYRILLIC, email="c@org.example")
    kept = jobs_names.keep_compared
    left = [1]

    def dies(*arguments):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return kept(*arguments)

    monkeypatch.setattr(jobs_names, "keep_compared", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs_names.compare_names()
    with reading() as db:
        assert db.query(NameToCompare).count() == 1
    monkeypatch.setattr(jobs_names, "keep_compared", kept)

    compare()

    assert pairs() == [(LATIN, CYRILLIC, [Likeness.SPELLING])]


@pytest.mark.parametrize("row", ["waits", "first", "second"])
def test_the_database_keeps_no_likeness_of_a_protected_entry(database, row):
    one, other = add(name=LATIN), add(name=CYRILLIC, email="c@org.example")
    with writing() as db:
        db.query(NameToCompare).delete()
        hidden = again(db, other if row == "second" else one)
        hidden.ref = hidden.name = hidden.name_key = hidden.double_key = "theCode"
        for name in ("groups", "region", "email", "email_key", "phone", "phone_key", "note"):
            setattr(hidden, name, "")
        hidden.protection = Protection.PROTECTED

    says = "name_to_compare_of_nobody_protected" if row == "waits" else "names_alike_of_nobody_protected"
    with pytest.raises(DBAPIError) as refused, writing() as db:
        if row == "waits":
            db.add(NameToCompare(stakeholder_id=one.id))
        else:
            db.add(NamesAlike(first_id=one.id, second_id=other.id, likeness=90))
    assert violated(refused.value) == says


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"first": 1, "second": 0, "likeness": 90}, "ck_names_alike_first_is_older"),
        ({"first": 0, "second": 1, "likeness": 0}, "ck_names_alike_likeness_in_percent"),
    ],
)
def test_the_database_keeps_pairs_in_order_and_percentages(database, values, constraint):
    both = [add(name=LATIN), add(name=CYRILLIC, email="c@org.example")]

    with pytest.raises(DBAPIError) as refused, writing() as db:
        first, second = both[values["first"]].id, both[values["second"]].id
        db.add(NamesAlike(first_id=first, second_id=second, likeness=values["likeness"]))
    assert violated(refused.value) == constraint
