"""The operator's own groups: read, refused with a sentence, never asked of a person unless the file says so, kept when taken out."""

import re

import pytest
from sqlalchemy.exc import DBAPIError

import consult
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.operations_requests import Promise, accept_request, ask_to_take_part
from consult.core.db import reading, violated, writing
from consult.core.files import shipped
from consult.core.settings import SettingWrong, load
from consult.mailings.models import Campaign, CampaignText
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Channel, Stakeholder, StakeholderKind
from consult.stakeholders.operations import add_stakeholder, change_stakeholder
from consult.stakeholders.operations_import import says_the_same
from consult.stakeholders.rules import GroupsOfAPerson, GroupUnknown, check_groups
from consult.vocabularies import tables
from consult.vocabularies.own_groups import read_groups
from consult.vocabularies.words import named_groups
from tests.support.world import NOON

EXAMPLE = str(shipped("config") / "groups.example.toml")
LANGUAGES = ("en", "ar", "zh")
NAMES = 'name = {en = "Fishers", ar = "الصيادون", zh = "渔民"}'


@pytest.fixture
def own():
    """Two groups of the operator's own, until the test is over."""
    tables.use_groups(read_groups(EXAMPLE, LANGUAGES))
    yield
    tables.use_groups({})


def written(tmp_path, content):
    file = tmp_path / "groups.toml"
    file.write_text(content, encoding="utf-8")
    return str(file)


def a_group(code="fishers", names=NAMES, more=""):
    return f'[[group]]\ncode = "{code}"\n{names}\n{more}\n'


def test_where_there_is_no_file_there_are_the_shipped_ones_only():
    assert read_groups("", LANGUAGES) == {}
    assert tables.groups() == tables.shipped_groups()


def test_the_example_has_one_of_each_kind_with_a_name_in_every_language(own):
    fishers, detainees, _women = read_groups(EXAMPLE, LANGUAGES).values()

    assert (fishers.code, fishers.sensitive, detainees.sensitive) == ("fishers", False, True)
    assert list(tables.groups()) == [*tables.shipped_groups(), "fishers", "former_detainees"]
    assert str(tables.groups()["fishers"].names) == "Small-scale fishers"


def test_a_shipped_group_is_named_in_a_further_language_and_stays_what_it_is(own):
    women, shipped_one = tables.groups()["women"], tables.shipped_groups()["women"]

    assert women.name("sm") == "Tama’ita’i"
    assert shipped_one.name("sm") == "Women"
    assert {code: name for code, name in women.names.items() if code != "sm"} == shipped_one.names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[groups]]\n", "lacks 'group'"),
        ('[[group]]\ncode = "n"\n', "lacks 'name'"),
        (f"[[group]]\n{NAMES}\n", "lacks 'code'"),
        ("group = 1", "cannot be read"),
        ("[[group", "cannot be read"),
        (a_group(code="Fishers"), "'Fishers' is no code"),
        (a_group(code="fish,ers"), "is no code"),
        (a_group(code="1st"), "is no code"),
        (a_group(code="f" * 41), "is no code"),
        (a_group(code="women"), "'women' is the code of a group that Consult brings"),
        (a_group(code="women", names='name = {sm = "Fafine"}', more="sensitive = false"), "and nothing else"),
        (a_group(code="women", names=f'name = {{sm = "{"F" * 81}"}}'), "has 81 characters, and 80"),
        (a_group() + a_group(), "the code 'fishers' stands twice"),
        (a_group(names='name = {en = "Fishers", ar = "الصيادون"}'), "has no name in 'zh'"),
        (a_group(names='name = {en = "Fishers", ar = " ", zh = "渔民"}'), "has no name in 'ar'"),
        (a_group(names=NAMES.replace("Fishers", "F" * 81)), "has 81 characters, and 80"),
        (a_group(names=NAMES.replace("Fishers", "women")), "'women' and 'fishers' have the same name in 'en'"),
        (a_group(more='sensitive = "no"'), "sensitive of 'fishers' is true or false"),
        (a_group(more="sensitve = false"), "'fishers' has 'sensitve'"),
        ("".join(a_group(f"{'f' * 38}{n:02}", NAMES.replace("Fishers", f"F{n}").replace("ون", f"ون{n}").replace("民", f"民{n}"))
                 for n in range(10)), "more than 400 characters"),
    ],
)  # fmt: skip
def test_a_file_that_pages_could_not_show_stops_the_start_with_a_sentence(tmp_path, content, said):
    with pytest.raises(SettingWrong, match=f"groups_file: .*{re.escape(said)}"):
        read_groups(written(tmp_path, content), LANGUAGES)


def test_a_file_that_is_not_there_stops_the_start_by_its_setting(tmp_path):
    settings = load({"data_folder": str(tmp_path), "groups_file": str(tmp_path / "none.toml")}, {})

    with pytest.raises(SettingWrong, match=r"groups_file: .*none.toml: cannot be read"):
        consult.start(settings)


def test_no_person_is_asked_for_a_sensitive_one_and_one_is_sensitive_unless_the_file_says_otherwise(tmp_path):
    assert read_groups(written(tmp_path, a_group()), LANGUAGES)["fishers"].sensitive
    tables.use_groups(read_groups(EXAMPLE, LANGUAGES))
    before = list(tables.person_groups())
    try:
        with pytest.raises(SettingWrong, match="'former_detainees', which is sensitive"):
            tables.use_person_groups(["women", "former_detainees"])
        tables.use_person_groups(["women", "fishers"])
        assert list(tables.person_groups()) == ["women", "fishers"]
    finally:
        tables.use_groups({})
        tables.use_person_groups(before)


def an_organisation(groups=("fishers",), **changes):
    said = {
        "kind": StakeholderKind.ORGANISATION,
        "name": "Fishers’ Union",
        "category": "cso",
        "language": "en",
        **changes,
    }
    return Entry(**said, groups=groups)  # fmt: skip


@pytest.mark.database
@pytest.mark.parametrize("code", ["fishers", "former_detainees", "women"])
def test_neither_the_rule_nor_the_database_lets_a_person_have_any_group(database, own, code):
    with pytest.raises(GroupsOfAPerson):
        check_groups(StakeholderKind.PERSON, [code])

    columns = an_organisation((code,)).columns() | {"kind": StakeholderKind.PERSON}
    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.add(Stakeholder(ref="aPerson", created_at=NOON, updated_at=NOON, **columns))
    assert violated(refused.value) == "ck_stakeholder_groups_of_organisations_only"


def test_an_entry_keeps_a_group_that_was_taken_out_and_may_be_corrected_and_no_other_gets_it(database, own):
    class By:
        actor = "staff:7"

    with writing() as db:
        kept = add_stakeholder(db, an_organisation(), by=By(), now=NOON)
        other = add_stakeholder(db, an_organisation((), name="Other"), by=By(), now=NOON)
    tables.use_groups({})

    with writing() as db:
        one = db.get_one(Stakeholder, kept.id)
        change_stakeholder(db, one, an_organisation(("fishers", "women"), note="N"), by=By(), now=NOON)
        assert (one.groups, one.note) == (",fishers,women,", "N")
    with pytest.raises(GroupUnknown), writing() as db:
        change_stakeholder(db, db.get_one(Stakeholder, other.id), an_organisation(name="Other"), by=By(), now=NOON)
    assert dict(named_groups(kept=["fishers"]))["fishers"] == "fishers (no longer in the list)"
    assert "fishers" not in dict(named_groups())


def test_a_list_that_says_what_an_entry_has_is_no_wrong_row_though_the_group_was_taken_out():
    known = an_organisation(("fishers", "women"))

    assert says_the_same(known, {"groups": "women; fishers"}, "groups")
    assert not says_the_same(known, {"groups": "women"}, "groups")


def test_an_asked_for_group_that_was_taken_out_meanwhile_hinders_nobody_from_being_accepted(world, own):
    asked_for = an_organisation(
        ("fishers", "women"), name="Ana’s Union", postal_address="Box 5", channel=Channel.POST, basis=Basis.CONSENT
    )
    with writing() as db:
        promise = Promise(30, frozenset({6, 7}), "UTC")
        ref = ask_to_take_part(db, asked_for, "Why", promise=promise, consultation_id=None, once="k", now=NOON).ref
    tables.use_groups({})

    assert "fishers (no longer in the list)" in world.browser("secretariat").get(f"/staff/requests/{ref}/").text
    with writing() as db:
        asked = db.query(ParticipationRequest).filter_by(ref=ref).one()
        entry = accept_request(db, asked, None, by=world.staff["secretariat"], now=NOON)
        assert entry.groups == ",women,"


def test_pages_show_a_group_that_was_taken_out_by_its_code_and_a_campaign_goes_on_being_for_it_alone(world, own):
    """Entries, doubles, the entry's own page, campaigns, who is missing, with their forms."""
    campaign, ref, double = world.ids["upr"]["campaign"], world.ids[""]["stakeholder"], world.ids[""]["double"]
    with writing() as db:
        for entry in db.query(Stakeholder).filter(
            Stakeholder.kind == "organisation", Stakeholder.protection != "protected"
        ):
            entry.groups = ",fishers,"
        db.query(Campaign).filter_by(ref=campaign).one().groups = ["fishers"]
    staff, own_page = "/staff/stakeholders/", "/en/consultations/upr/my-entry/"
    pages = [("secretariat", f"{staff}{ref}/"), ("secretariat", f"{staff}{ref}/edit/"), ("secretariat", f"{staff}doubles/{ref}/{double}/"),
             ("participant", own_page), ("participant", f"{own_page}edit/")]  # fmt: skip
    at = f"/staff/consultations/upr/mailings/{campaign}/"
    pages += [("secretariat", at), ("secretariat", f"{at}edit/")]
    assert ["Small-scale fishers" in world.browser(who).get(page).text for who, page in pages] == [True] * len(pages)

    tables.use_groups({})

    gone = "fishers (no longer in the list)"
    assert [gone in world.browser(who).get(page).text for who, page in pages] == [True] * len(pages)
    with reading() as db:
        words = {
            (one.language, one.subject, one.body)
            for one in db.query(CampaignText).filter_by(campaign_id=db.query(Campaign).filter_by(ref=campaign).one().id)
        }
    form = {
        f"{part}_{language}": said
        for language, *both in words
        for part, said in zip(("subject", "body"), both, strict=True)
    }
    answer = world.browser("secretariat").post(f"{at}edit/", data=form | {"groups": "fishers", "audience": "registry"})
    assert answer.status_code == 303
    with reading() as db:
        assert db.query(Campaign).filter_by(ref=campaign).one().groups == ["fishers"]
