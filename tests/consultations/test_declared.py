"""What people declare of themselves: written by nobody else, read by nobody, counted from five up."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations import queries_declared as queries
from consult.consultations import rules_declared as rules
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_declared import Declared, Gender, HasDisability, OwnDeclaration
from consult.consultations.operations_declared import declare, withdraw
from consult.consultations.rules_declared import Declarations, is_safe
from consult.core.db import reading, violated, writing
from consult.mail.delivery import post
from consult.stakeholders.export import rows_of
from consult.stakeholders.models import Basis, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.operations_leaving import leave, leave_everywhere
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.vocabularies import tables
from tests.stakeholders.test_operations import Dalia, add
from tests.support.world import NOON, World

PERSON = {"kind": StakeholderKind.PERSON, "groups": (), "basis": Basis.NONE}
MINE = "/en/consultations/upr/my-entry/declared/"
SAYS = {"groups": ["women", "youth"], "gender": "woman", "disability": "yes", "report": "yes"}
OFF = ("lgbti_persons", "defenders", "victims", "persons_deprived_of_liberty")


def a_person(name, **changes):
    return add(**{**PERSON, "name": name, "email": f"{name}@org.example", **changes})


def say(entry, now=NOON, **said):
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug="upr").one()
        declare(db, consultation, db.get_one(Stakeholder, entry.id), Declarations(**said), now=now)


def main_of(browser, page):
    """A page without its head, which names the release of its files, and without the tokens of its forms, which tell the second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", browser.get(page).text.split("<main", 1)[1])


def rows(entry=None):
    with reading() as db:
        found = db.query(OwnDeclaration).order_by(OwnDeclaration.id).all()
        return [(one.what.value, one.code) for one in found if entry is None or one.stakeholder_id == entry.id]


@pytest.fixture
def person(world: World):
    """The participant of the world, as a person."""
    post().deliver()
    entry = a_person("Tia")
    with writing() as db:
        db.get_one(Participant, world.ids["participant"]["id"]).stakeholder_id = entry.id
    return world


# The page


def test_a_person_declares_sees_changes_and_withdraws_by_one_click(person):
    me = person.browser("participant")
    assert me.post(MINE, data=SAYS).status_code == 303
    assert rows() == [("disability", "yes"), ("gender", "woman"), ("group", "women"), ("group", "youth"),
                      ("parallel_report", "")]  # fmt: skip
    assert me.get(MINE).text.count('<button class="button second">Withdraw') == 5

    me.post(MINE, data={**SAYS, "gender": "another", "groups": ["women"], "report": ""})
    assert rows() == [("disability", "yes"), ("group", "women"), ("gender", "another")]

    with reading() as db:
        number = db.query(OwnDeclaration).filter_by(what=Declared.DISABILITY).one().id
    assert me.post(f"{MINE}withdraw/", data={"declaration": number}).status_code == 303
    assert rows() == [("group", "women"), ("gender", "another")]


def test_another_s_declaration_is_out_of_reach(person):
    person.browser("participant").post(MINE, data=SAYS)
    with reading() as db:
        numbers = [one.id for one in db.query(OwnDeclaration)]

    for number in numbers:
        person.browser("participant_b").post(f"{MINE}withdraw/", data={"declaration": number})

    assert len(rows()) == 5
    assert "Withdraw" not in person.browser("participant_b").get(MINE).text.split("<main", 1)[1].split("<form", 1)[1]


def test_an_organisation_is_asked_for_a_report_only(world):
    me = world.browser("participant")
    page = me.get(MINE).text
    assert ('name="report"' in page, 'name="gender"' in page, 'name="groups"' in page) == (True, False, False)

    me.post(MINE, data={**SAYS, "report": "named"})

    assert rows() == [("parallel_report", "")]
    assert "Organisation participant" in world.browser("secretariat").get("/staff/consultations/upr/").text


def test_groups_that_make_a_target_list_are_no_choice_for_persons(person):
    page = person.browser("participant").get(MINE).text
    assert [code for code in OFF if f'value="{code}"' in page] == []

    answers = [person.browser("participant").post(MINE, data={"groups": [code]}).status_code for code in OFF]

    assert (answers, rows()) == ([422] * 4, [])


def test_staff_read_it_nowhere_and_no_act_of_theirs_shows_it(person):
    desk, me = person.browser("secretariat"), person.browser("participant")
    with reading() as db:
        entry = db.query(Stakeholder).filter_by(name="Tia").one()
    pages = [
        f"/staff/stakeholders/{entry.ref}/", f"/staff/stakeholders/{entry.ref}/edit/", "/staff/stakeholders/",
        "/staff/stakeholders/composition/", "/staff/consultations/upr/", "/staff/stakeholders/?q=woman", "/staff/",
    ]  # fmt: skip
    before = [main_of(desk, page) for page in pages]
    with reading() as db:
        export = list(rows_of(db))

    me.post(MINE, data=SAYS)

    assert [main_of(desk, page) for page in pages] == before
    with reading() as db:
        assert list(rows_of(db)) == export


# Rules


def test_check_declare_asks_of_each_kind_what_is_its_own(world):
    mine, org = a_person("Ana"), add(name="Org", email="org@org.example")

    for entry, said, refusal in (
        (mine, {"groups": ("lgbti_persons",)}, rules.NotForPersons),
        (mine, {"reported": True, "named": True}, rules.NotOfOrganisations),
        (org, {"groups": ("women",)}, rules.NotOfOrganisations),
        (org, {"gender": Gender.MAN}, rules.NotOfOrganisations),
        (org, {"disability": HasDisability.NO}, rules.NotOfOrganisations),
    ):
        with pytest.raises(refusal):
            say(entry, **said)

    assert rows() == []


def test_check_declare_refuses_whoever_left(world):
    mine = a_person("Ana")
    with writing() as db:
        leave_everywhere(db, "Ana@org.example", now=NOON, how="link")

    with pytest.raises(rules.DeclaresNothing):
        say(mine, gender=Gender.WOMAN)


def test_is_safe_wants_five_in_each_and_in_what_is_left():
    assert [is_safe(cells, total) for cells, total in (
        ([5, 5], 15), ([5, 4], 15), ([5, 5], 14), ([5, 5], 10), ([0, 5], 15), ([10], 15), ([11], 15),
    )] == [True, False, False, False, False, True, False]  # fmt: skip


# What the database refuses


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"by": "'staff:1'"}, "declared_by_themselves"),
        ({"code": "'unknown'"}, "declared_code_known"),
        ({"what": "'parallel_report'", "code": "''"}, "report_of_a_consultation"),
        ({"what": "'religion'"}, "declared_code_known"),
    ],
)
def test_the_database_refuses_a_declaration_that_cannot_be(world, changes, name):
    mine = a_person("Ana")
    values = {"stakeholder_id": mine.id, "what": "'gender'", "code": "'woman'", "named": "false", "by": "'self'",
              "at": "'2027-03-14'", **changes}  # fmt: skip
    names, words = ", ".join(values), ", ".join(map(str, values.values()))
    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"INSERT INTO own_declaration ({names}) VALUES ({words})"))
    assert violated(problem.value) in (
        f"ck_own_declaration_{name}",
        f"ck_own_declaration_{name.removesuffix('_known')}_known",
    )


def put(entry, what, code="", **more):
    with writing() as db:
        db.add(OwnDeclaration(stakeholder_id=entry.id, what=what, code=code, at=NOON, **more))


def test_the_database_keeps_whose_what_is(world):
    mine, org = a_person("Ana"), add(name="Org", email="org@org.example")
    with reading() as db:
        hidden = db.query(Stakeholder).filter_by(protection="protected").first()
        about = db.query(Consultation).first().id

    for args, more, name in (
        ((org, Declared.GENDER, "woman"), {}, "persons_declare_themselves"),
        ((org, Declared.GROUP, "women"), {}, "persons_declare_themselves"),
        ((mine, Declared.PARALLEL_REPORT), {"named": True, "consultation_id": about}, "only_organisations_are_named"),
        ((hidden, Declared.PARALLEL_REPORT), {"consultation_id": about}, "protected_declares_nothing"),
    ):
        with pytest.raises(DBAPIError) as problem:
            put(*args, **more)
        assert violated(problem.value) == name

    say(mine, gender=Gender.WOMAN)
    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.query(OwnDeclaration).one().code = "man"
    assert violated(problem.value) == "declaration_is_made_anew"


@pytest.mark.parametrize("way", ["address", "staff"])
def test_leaving_in_whatever_way_deletes_it_of_merged_ones_too(world, way):
    kept, gone, other = a_person("Ana"), a_person("Anna"), a_person("Ben")
    for one in (kept, gone, other):
        say(one, gender=Gender.WOMAN)
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, gone.id), db.get_one(Stakeholder, kept.id), by=Dalia(), now=NOON)

    with writing() as db:
        if way == "address":
            leave_everywhere(db, "Anna@org.example", now=NOON, how="link")
        else:
            leave(db, db.get_one(Stakeholder, kept.id), now=NOON, how="staff")

    assert (rows(kept), rows(gone), rows(other)) == ([], [], [("gender", "woman")])


# Numbers


def seat(people):
    with writing() as db:
        ministry = db.query(Stakeholder).filter_by(kind="organisation", protection="staff").first()
        for one in people:
            db.add(Seat(institution_id=ministry.id, number=1000 + one.id, role=SeatRole.MEMBER, holder_id=one.id,
                        since=(NOON - timedelta(days=9)).date(), appointed_by="", state=SeatState.HELD))  # fmt: skip


def take_part(people):
    with writing() as db:
        about = db.query(Consultation).filter_by(slug="upr").one()
        for one in people:
            db.add(Participant(ref=f"p{one.id}", consultation_id=about.id, stakeholder_id=one.id, name="", organisation="",
                               category="", email="", language="en", created_at=NOON))  # fmt: skip


def some(prefix, number, **said):
    people = [a_person(f"{prefix}{place}") for place in range(number)]
    for one in people:
        if said:
            say(one, **said)
    return people


def network():
    with reading() as db:
        return queries.read_network(db)


def test_women_and_men_are_counted_where_five_and_five_are_left(world):
    women, men, others = some("w", 6, gender=Gender.WOMAN), some("m", 5, gender=Gender.MAN), some("o", 5)
    seat([*women, *men, *others[:3]])
    before = network().holders

    seat(others[3:])  # the holder of a seat in the world says nothing either

    assert (before.gender, network().holders.gender) == ({}, {"woman": 6, "man": 5})
    page = world.browser("secretariat").get("/staff/stakeholders/composition/").text
    assert ("<dt>Women</dt><dd>5 or more</dd>" in page, "In another way" in page) == (True, False)


def test_no_number_is_shown_that_tells_of_those_in_one_circle_only(world):
    """Eleven say woman among the seats, twelve among who takes part: the one who is only there would be known."""
    everybody = [*some("w", 6, gender=Gender.WOMAN), *some("m", 5, gender=Gender.MAN), *some("o", 8)]
    one_more = some("x", 1, gender=Gender.WOMAN)
    seat(everybody)
    take_part([*everybody, *one_more])

    shown = network()

    assert (shown.holders.gender, shown.participants.gender) == ({"woman": 6, "man": 5}, {})


def test_persons_with_disabilities_and_groups_are_counted_among_who_takes_part(world):
    people = [*some("d", 5, disability=HasDisability.YES, groups=("youth", "women")), *some("o", 5)]
    people += some("n", 4, disability=HasDisability.NO, groups=("youth",))
    take_part(people)

    shown = network().participants

    assert (shown.disability, shown.groups) == ({"yes": 5}, {"women": 5, "youth": 9})
    with writing() as db:
        withdraw(db, db.get_one(Stakeholder, people[0].id), queries.list_own(db, people[0])[0][0].id)
    assert network().participants.disability == {}


def test_reports_are_counted_from_five_up_and_named_by_agreement(world):
    people = some("r", 4, reported=True)
    named = add(name="Agreed", email="agreed@org.example")
    say(named, reported=True, named=True)
    take_part([*people, *some("o", 6), named])
    with reading() as db:
        about = db.query(Consultation).filter_by(slug="upr").one().id
        four = queries.read_reports(db, about)

    take_part(some("s", 1, reported=True))

    with reading() as db:
        assert four == queries.Reports([(named.ref, "Agreed")], 0)
        assert queries.read_reports(db, about) == queries.Reports([(named.ref, "Agreed")], 5)


def test_the_setting_leaves_out_what_makes_a_target_list_and_knows_its_groups(world):
    assert not set(OFF) & set(tables.person_groups())
    with pytest.raises(tables.SettingWrong, match="aliens"):
        tables.use_person_groups(["women", "aliens"])
