"""Seats, merging, finding, contact people and the export of the registry."""

import csv
import io
from datetime import date, timedelta

import pytest
from python_calamine import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core.cells import harmless_cell, plain_cell
from consult.core.db import reading, violated, writing
from consult.privacy.operations_own import erase_entry
from consult.stakeholders import keys, queries_finding, rules, rules_merging, rules_seats
from consult.stakeholders import queries_finding as finding
from consult.stakeholders.export import COLUMNS, as_csv, as_xlsx, rows_of
from consult.stakeholders.import_entries import PROBLEMS
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Channel, Consent, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat, SeatRole
from consult.stakeholders.operations import Told, change_stakeholder
from consult.stakeholders.operations_contacts import Contact, add_contact
from consult.stakeholders.operations_import import begin_import, keep_preview, name_columns, preview_rows
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import keep_apart, merge_stakeholders, undo_merge
from consult.stakeholders.operations_seats import Appointment, appoint_seat, end_seat, hand_over
from consult.stakeholders.queries import find_stakeholder, list_contacts, remembered_columns
from consult.stakeholders.queries_doubles import Likeness, list_doubles
from consult.stakeholders.queries_finding import Filters, count_stakeholders, list_stakeholders
from consult.stakeholders.queries_seats import Gap, gaps_of, list_seats, read_composition
from consult.stakeholders.sheets import read_sheet
from tests.stakeholders.applying import apply_next
from tests.stakeholders.test_operations import NOON, Dalia, add, an_entry
from tests.support.believers import believe
from tests.support.told import SHEET

TODAY = NOON.date()
PERSON = {"kind": StakeholderKind.PERSON, "groups": (), "category": "media"}


def a_ministry(**changes):
    return add(
        **{"name": "Ministry of Justice", "email": "m@gov.example", "category": "ministry", "groups": (), **changes}
    )


def a_person(name, **changes):
    return add(**{**PERSON, "name": name, "email": f"{name.lower()}@gov.example", "basis": Basis.NONE, **changes})


def names(db, **filters):
    return [one.name for one in list_stakeholders(db, Filters(**filters))[0]]


def again(db, entry):
    return db.get_one(Stakeholder, entry.id)


def seated(institution, person, role=SeatRole.FOCAL_POINT, since=TODAY - timedelta(days=30)):
    with writing() as db:
        made = Appointment(again(db, person), since, "Letter")
        return appoint_seat(db, again(db, institution), role, made, by=Dalia(), now=NOON)


# What an entry says


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"region": "atlantis"}, rules.RegionUnknown),
        ({"phone": "call me"}, rules.PhoneWrong),
        ({"phone": "1" * 61}, rules.ContactTooLong),
        ({"channel": Channel.POST}, rules.ChannelWithoutContact),
        ({"channel": Channel.PHONE}, rules.ChannelWithoutContact),
        ({"channel": Channel.EMAIL, "email": "", "phone": "677 123"}, rules.ChannelWithoutContact),
        ({"email": "", "basis": Basis.CONSENT}, rules.AddressMissing),
        ({"also_languages": ("tlh",)}, rules.LanguageNotOurs),
    ],
)
def test_check_contacts_check_region_and_languages_refuse(database, changes, refusal):
    with pytest.raises(refusal):
        add(**changes)


def test_check_contacts_lets_somebody_be_reached_by_post_alone(database):
    added = add(email="", postal_address="Box 5\nPort Amery", channel=Channel.POST, region="amery")

    with reading() as db:
        assert (added.basis, rules.may_be_written_to(again(db, added))) == (Basis.CONSENT, False)


def test_check_region_keeps_one_that_has_gone_from_the_list(database):
    added = add(region="amery")
    with writing() as db:
        db.execute(text("UPDATE stakeholder SET region = 'gone'"))

    with writing() as db:
        kept = change_stakeholder(db, again(db, added), an_entry(region="gone", note="x"), by=Dalia(), now=NOON)

    assert kept.region == "gone"


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE stakeholder SET region = 'two words'", "ck_stakeholder_region_is_a_code"),
        ("UPDATE stakeholder SET channel = 'phone'", "ck_stakeholder_channel_has_contact"),
        ("UPDATE stakeholder SET channel = 'post'", "ck_stakeholder_channel_has_contact"),
        ("UPDATE stakeholder SET merged_into = id, merged_at = created_at", "ck_stakeholder_not_merged_into_itself"),
        ("UPDATE stakeholder SET merged_at = created_at", "ck_stakeholder_merged_has_instant"),
    ],
)
def test_the_database_refuses_an_entry_that_cannot_be(database, sql, name):
    add(groups=())

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) in (name, "no_chain_of_merges")


def test_an_act_of_consent_keeps_how_and_under_which_text(database):
    added = add(basis=Basis.NONE)

    with writing() as db:
        told = Told("letter", "Sign-up sheet 3")
        change_stakeholder(db, again(db, added), an_entry(basis=Basis.CONSENT), by=Dalia(), now=NOON, told=told)

    with reading() as db:
        newest = db.query(Consent).order_by(Consent.id.desc()).first()
    assert (newest.basis, newest.how, newest.wording, newest.by) == (
        Basis.CONSENT,
        "letter",
        "Sign-up sheet 3",
        "staff:7",
    )


def test_check_contact_belongs_to_organisations(database):
    organisation, person = add(), a_person("Alma")
    with writing() as db:
        add_contact(db, again(db, organisation), Contact("Tomasi", "Director", "", "en"), by=Dalia(), now=NOON)

    for entry, contact, refusal in (
        (person, Contact("Tomasi", "", "", "en"), rules.ContactOfAPerson),
        (organisation, Contact("", "", "", "en"), rules.NameMissing),
        (organisation, Contact("A", "", "nonsense", "en"), rules.AddressWrong),
    ):
        with pytest.raises(refusal), writing() as db:
            add_contact(db, again(db, entry), contact, by=Dalia(), now=NOON)
    with reading() as db:
        assert [(one.number, one.name) for one in list_contacts(db, organisation.id)] == [(1, "Tomasi")]


# Finding


@pytest.mark.database
def test_entries_are_found_by_the_beginning_of_any_word_in_any_script(database):
    add(name="Örganisation of Wömen", email="x@islands.example")
    add(name="المنظمة العربية", email="a@org.example")
    add(name="北京妇女协会", email="b@org.example")

    with reading() as db:
        found = [names(db, words=words) for words in ("wom", "ORGAN women", "islands", "منظمه", "妇女", "omen", "100%")]

    assert [len(one) for one in found] == [1, 1, 1, 1, 1, 0, 0]


@pytest.mark.database
def test_pages_follow_each_other_without_gap_whichever_way_they_are_found(database, monkeypatch):
    for number in range(120):
        add(name=f"Forum {number % 7}", email=f"f{number}@org.example")
    for few in (1_000, 5):
        monkeypatch.setattr("consult.stakeholders.queries_finding.FEW", few)
        seen, after = [], None
        with reading() as db:
            while True:
                page, after = list_stakeholders(db, Filters(words="forum", group="women"), after=after)
                seen += [one.email for one in page]
                if after is None:
                    break
        assert (len(seen), len(set(seen))) == (120, 120)


def test_no_filter_by_group_or_belief_finds_a_person(database):
    add(name="Church", category="religious_group", email="c@org.example")
    believe(a_person("Alma").id)
    a_person("Bela")

    with reading() as db:
        assert names(db, category="religious_group") == ["Church"]
        assert names(db, group="women") == ["Church"]
        assert names(db, category="media") == ["Bela"]


# Seats


@pytest.mark.database
def test_handing_over_ends_one_and_begins_the_next_and_consent_does_not_pass(database):
    ministry, alma, bela = a_ministry(), a_person("Alma", basis=Basis.CONSENT), a_person("Bela")
    first = seated(ministry, alma)

    with writing() as db:
        old = db.get_one(Seat, first.id)
        hand_over(db, again(db, ministry), old, Appointment(again(db, bela), TODAY, ""), by=Dalia(), now=NOON)

    with reading() as db:
        held = [(one.holder, one.since, one.until) for one in list_seats(db, ministry.id)]
        assert held == [("Bela", TODAY, None), ("Alma", TODAY - timedelta(days=30), TODAY)]
        assert (again(db, alma).basis, again(db, bela).basis) == (Basis.CONSENT, Basis.DUTY)
        events = [
            (one.event, one.codes["holder"]) for one in db.query(JournalEntry).filter(JournalEntry.event.like("seat.%"))
        ]
    assert events == [("seat.appointed", alma.ref), ("seat.handed_over", bela.ref)]


@pytest.mark.database
def test_the_focal_point_stands_before_the_alternate(database):
    ministry = a_ministry()
    for name, role in (("Bela", SeatRole.ALTERNATE), ("Chi", SeatRole.MEMBER), ("Alma", SeatRole.FOCAL_POINT)):
        seated(ministry, a_person(name), role)

    with reading() as db:
        assert [one.holder for one in list_seats(db, ministry.id)] == ["Alma", "Bela", "Chi"]


def test_a_hand_over_that_is_refused_ends_nothing(database):
    ministry, alma, other = a_ministry(), a_person("Alma"), add(name="Firm", email="f@x.example")
    first = seated(ministry, alma)

    for holder, since, refusal in (
        (other, TODAY, rules_seats.HolderNoPerson),
        (alma, TODAY - timedelta(days=40), rules_seats.DayWrong),
    ):
        with pytest.raises(refusal), writing() as db:
            made = Appointment(again(db, holder), since, "")
            hand_over(db, again(db, ministry), db.get_one(Seat, first.id), made, by=Dalia(), now=NOON)

    with reading() as db:
        assert [one.until for one in list_seats(db, ministry.id)] == [None]


def test_the_office_ends_as_a_reason_to_write_with_the_last_seat(database):
    ministry, alma = a_ministry(), a_person("Alma")
    first, second = seated(ministry, alma), seated(ministry, alma, SeatRole.MEMBER)
    bases = []
    for seat in (first, second):
        with writing() as db:
            end_seat(db, again(db, ministry), db.get_one(Seat, seat.id), TODAY, by=Dalia(), now=NOON)
            bases.append(again(db, alma).basis)

    assert bases == [Basis.DUTY, Basis.NONE]
    with pytest.raises(rules_seats.SeatOver), writing() as db:
        end_seat(db, again(db, ministry), db.get_one(Seat, first.id), TODAY, by=Dalia(), now=NOON)


def test_a_seat_never_brings_back_somebody_who_left(database):
    ministry, alma = a_ministry(), a_person("Alma")
    with writing() as db:
        leave(db, again(db, alma), now=NOON, how="letter")

    seated(ministry, alma)

    with reading() as db:
        assert (again(db, alma).basis, rules.may_be_written_to(again(db, alma))) == (Basis.NONE, False)


@pytest.mark.database
def test_check_appoint_seat_lets_one_hold_what_one_holds(database):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    seated(ministry, alma)
    seated(ministry, alma, SeatRole.ALTERNATE)
    seated(ministry, bela, SeatRole.ALTERNATE)

    with pytest.raises(rules_seats.SeatTaken):
        seated(ministry, bela)
    with pytest.raises(rules_seats.HoldsAlready):
        seated(ministry, bela, SeatRole.ALTERNATE)
    with pytest.raises(rules_seats.SeatOfAPerson):
        seated(alma, bela)


def test_check_end_seat_wants_a_day_that_is_not_before_its_beginning(database):
    seat = seated(a_ministry(), a_person("Alma"))

    rules_seats.check_end_seat(seat, TODAY + timedelta(days=2))
    with pytest.raises(rules_seats.DayWrong):
        rules_seats.check_end_seat(seat, seat.since - timedelta(days=1))


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE seat SET holder_id = institution_id", "seat_only_ends"),
        ("UPDATE seat SET until = '2020-01-01'", "ck_seat_ends_after_beginning"),
        ("UPDATE seat SET state = 'coming'", "seat_goes_forward"),
        ("UPDATE seat SET state = 'over'", "ck_seat_over_has_its_day"),
        ("UPDATE seat SET state = 'vacant'", "ck_seat_seat_state_known"),
        ("INSERT INTO seat (institution_id, number, role, holder_id, since, state, appointed_by)"
         " SELECT institution_id, 2, role, holder_id, '2099-01-01', 'coming', '' FROM seat", "terms_of_a_seat_never_meet"),
        ("INSERT INTO seat (institution_id, number, role, holder_id, since, until, state, appointed_by)"
         " SELECT institution_id, 2, role, holder_id, '2020-01-01', '2098-01-01', 'coming', '' FROM seat",
         "terms_of_a_seat_never_meet"),
        ("INSERT INTO seat (institution_id, number, role, holder_id, since, state, appointed_by)"
         " SELECT institution_id, 2, 'member', institution_id, since, 'held', '' FROM seat", "seat_held_by_a_person"),
        ("INSERT INTO seat (institution_id, number, role, holder_id, since, state, appointed_by)"
         " SELECT holder_id, 2, 'member', holder_id, since, 'held', '' FROM seat", "seat_of_an_organisation"),
        ("UPDATE stakeholder SET kind = 'person' WHERE kind = 'organisation'", "kind_stays"),
        ("INSERT INTO contact_person (stakeholder_id, number, name, role, email, language)"
         " SELECT holder_id, 1, 'x', '', '', 'en' FROM seat", "contact_of_an_organisation"),
    ],
)  # fmt: skip
def test_the_database_refuses_a_seat_that_cannot_be(database, sql, name):
    seated(a_ministry(), a_person("Alma"))

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) == name


def test_gaps_say_since_when(database):
    ministry, alma = a_ministry(), a_person("Alma")
    add(name="Club", email="c@org.example")  # no institution
    seat = seated(ministry, alma, SeatRole.ALTERNATE)
    with writing() as db:
        end_seat(db, again(db, ministry), db.get_one(Seat, seat.id), date(2027, 3, 3), by=Dalia(), now=NOON)

    with reading() as db:
        gaps, (composition, vacant) = gaps_of(list_seats(db, ministry.id)), read_composition(db)

    assert gaps == [Gap(SeatRole.FOCAL_POINT, None), Gap(SeatRole.ALTERNATE, date(2027, 3, 3))]
    assert [(one.category, one.institutions, one.filled[SeatRole.ALTERNATE]) for one in composition] == [
        ("ministry", 1, 0)
    ]
    assert [(one.name, one.gaps) for one in vacant] == [("Ministry of Justice", gaps)]


# Doubles and merging


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Women’s Network", "WOMENS  NETWORK, Inc."),
        ("Ｆｏｒｕｍ Élan", "forum elan"),
        ("Veru, Tomasi", "Tomasi VERU"),
        ("المنظّمة العربيّة", "منظمة العربية"),
        ("إبراهيم", "ابراهيم"),
        ("北京咨询有限公司", "北京咨询"),
        ("Straße e.V.", "STRASSE"),
        ("ООО Голос", "голос"),
    ],
)
def test_names_are_compared_as_people_mean_them(one, other):
    assert keys.double_key(one) == keys.double_key(other) != ""


def test_names_that_differ_stay_apart():
    assert len({keys.double_key(name) for name in ("Limited", "Inc", "कि", "की", "Women", "Men")}) == 6


@pytest.mark.database
def test_doubles_are_found_by_name_address_and_telephone_of_one_kind_until_somebody_looked(database):
    first = add(name="Women’s Network", email="w@org.example", phone="+677 12-345")
    second = add(name="WOMENS NETWORK Ltd", email="other@org.example", phone="٠٠٦٧٧١٢٣٤٥")
    add(name="Third", email="W@org.example")
    a_person("Womens Network", email="p@org.example")

    with reading() as db:
        pairs = {(one.first_name, one.second_name): one.alike for one in list_doubles(db)[0]}
    assert pairs == {
        ("Women’s Network", "WOMENS NETWORK Ltd"): [Likeness.NAME, Likeness.PHONE],
        ("Women’s Network", "Third"): [Likeness.EMAIL],
    }

    with writing() as db:
        keep_apart(db, again(db, second), again(db, first), by=Dalia())
    with reading() as db:
        assert [one.second_name for one in list_doubles(db)[0]] == ["Third"]


def merge(gone, kept, *, now=NOON):
    with writing() as db:
        merge_stakeholders(db, again(db, gone), again(db, kept), by=Dalia(), now=now)


def test_more_entries_than_anybody_counts_are_told_as_more_than_so_many(database, monkeypatch):
    monkeypatch.setattr(queries_finding, "COUNTED", 2)
    for name in ("One", "Two"):
        add(name=name)
    with reading() as db:
        assert count_stakeholders(db) == 2
    for name in ("Three", "Four"):
        add(name=name)
    with reading() as db:
        assert count_stakeholders(db) == 3


@pytest.mark.database
def test_merged_entries_are_one_in_lists_and_undo_brings_both_back(database):
    kept, gone = add(name="Kept"), add(name="Gone", email="g@org.example")

    merge(gone, kept)
    with reading() as db:
        assert (names(db), count_stakeholders(db), list_doubles(db)[0]) == (["Kept"], 1, [])
        assert [row[0] for row in rows_of(db)] == ["Kept"]

    with writing() as db:
        undo_merge(db, again(db, gone), by=Dalia(), now=NOON + timedelta(days=29))
    with reading() as db:
        assert (names(db), count_stakeholders(db)) == (["Gone", "Kept"], 2)


@pytest.mark.database
@pytest.mark.parametrize("left", ["gone", "kept"])
def test_who_left_stays_gone_after_merging_and_no_consent_gets_wider(database, left):
    both = {"kept": add(name="Kept", basis=Basis.NONE), "gone": add(name="Gone", email="g@org.example")}
    merge(both["gone"], both["kept"])
    with reading() as db:
        assert not any(rules.may_be_written_to(again(db, one)) for one in both.values())

    with writing() as db:
        change_stakeholder(db, again(db, both["kept"]), an_entry(name="Kept"), by=Dalia(), now=NOON)
        leave(db, again(db, both[left]), now=NOON, how="letter")
    with reading() as db:
        assert not any(rules.may_be_written_to(again(db, one)) for one in both.values())
        assert list_stakeholders(db, Filters())[0][0].left
        assert next(rows_of(db))[COLUMNS.index("mail")] == "left"


@pytest.mark.database
def test_check_merge_stakeholders_allows_no_chain_and_no_other_kind(database):
    one, two, three, person = add(name="A"), add(name="B"), add(name="C"), a_person("Alma")
    merge(one, two)

    for gone, kept, refusal in (
        (one, three, rules_merging.MergedAlready),
        (two, three, rules_merging.MergedAlready),
        (three, one, rules_merging.MergedAlready),
        (three, three, rules_merging.MergedIntoItself),
        (three, person, rules_merging.KindsDiffer),
    ):
        with pytest.raises(refusal):
            merge(gone, kept)
    for gone, kept in ((two, three), (three, one), (three, person)):
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(
                text(f"UPDATE stakeholder SET merged_into = {kept.id}, merged_at = created_at WHERE id = {gone.id}")
            )
        assert violated(caught.value) == "no_chain_of_merges"


def test_check_undo_merge_is_for_thirty_days(database):
    kept, gone = add(name="Kept"), add(name="Gone")
    merge(gone, kept)

    with pytest.raises(rules_merging.UndoOver), writing() as db:
        undo_merge(db, again(db, gone), by=Dalia(), now=NOON + timedelta(days=30))
    with pytest.raises(rules_merging.NotMerged), writing() as db:
        undo_merge(db, again(db, kept), by=Dalia(), now=NOON)


def test_check_change_stakeholder_refuses_what_is_merged(database):
    kept, gone = add(name="Kept"), add(name="Gone")
    merge(gone, kept)

    with pytest.raises(rules.MergedAway), writing() as db:
        change_stakeholder(db, again(db, gone), an_entry(name="New"), by=Dalia(), now=NOON)


def test_check_change_stakeholder_refuses_what_was_forgotten_and_no_list_fills_it_again(database):
    gone = add(name="Gone")
    with writing() as db:
        erase_entry(db, again(db, gone), now=NOON)

    with pytest.raises(rules.EntryForgotten), writing() as db:
        change_stakeholder(db, again(db, gone), an_entry(name="New"), by=Dalia(), now=NOON)

    assert PROBLEMS["EntryForgotten"] is rules.EntryForgotten, "a row of a list says so"


def test_undoing_is_refused_where_the_kept_entry_became_the_same(database):
    kept, gone = add(name="Kept"), add(name="Gone")
    merge(gone, kept)
    with writing() as db:
        change_stakeholder(db, again(db, kept), an_entry(name="Gone"), by=Dalia(), now=NOON)

    with pytest.raises(rules.AlreadyThere), writing() as db:
        undo_merge(db, again(db, gone), by=Dalia(), now=NOON)


def test_whoever_takes_part_under_either_has_one_door_and_gets_one_mail(world):
    with writing() as db:
        kept, gone = (find_stakeholder(db, world.ids[who]["stakeholder"]) for who in ("participant_b", "participant"))
        merge_stakeholders(db, gone, kept, by=Dalia(), now=NOON)
        upr = db.query(Consultation).filter_by(slug="upr").one()

        admitted = doors.admit_stakeholder(db, upr, kept, now=NOON)
        mailed = [one.address for one in doors.list_addresses(db, upr.id)]
        by_old_address = doors.list_by_address(db, upr, "participant@org.example")
        theirs = doors.mail_address(db, db.get_one(Participant, world.ids["participant"]["id"]))

    assert admitted.id == world.ids["participant_b"]["id"]
    assert mailed.count("participant_b@org.example") == 1
    assert "participant@org.example" not in mailed
    assert {one.ref for one in by_old_address} == {world.ids[who]["ref"] for who in ("participant", "participant_b")}
    assert theirs == ("participant_b@org.example", "en")


# Lists in and out

WITH_ALL = b"""name,kind,category,groups,region,language,also_languages,channel,email,postal_address,phone,access_needs,note
Women,organisation,cso,women,Sessa,en,"ar; zh",post,w@org.example,"Box 5
Port Amery",+677 12345,ramp,=1+1
"""


def take(content):
    with writing() as db:
        made = begin_import(
            db, file_name="l", file_key=str(id(content)), basis=Basis.CONSENT, told=SHEET, by=Dalia(), now=NOON
        )
    with reading() as db:
        rows = preview_rows(read_sheet(content, remembered_columns(db)).rows, read_registry(db), Basis.CONSENT)
    with writing() as db:
        keep_preview(db, made.id, rows)
        while apply_next(db, made, by=Dalia(), now=NOON):
            pass
    return [(row["state"].value, [(one["column"], one["code"]) for one in row["problems"]]) for row in rows]


def test_an_export_is_read_again_as_it_was_and_holds_nothing_that_is_calculated(database):
    assert take(WITH_ALL) == [("new", [])]
    with reading() as db:
        kept, exported, book = db.query(Stakeholder).one(), as_csv(rows_of(db)), as_xlsx(rows_of(db))
        consent = db.query(Consent).one()

    rows = list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(book)).get_sheet_by_index(0).to_python()

    assert (kept.region, kept.also_languages, kept.channel, kept.phone_key) == (
        "sessa",
        ",ar,zh,",
        Channel.POST,
        "67712345",
    )
    assert (consent.how, consent.wording) == ("sheet", "Sheet 3")
    assert (rows[0]["note"], rows[0]["phone"], rows[0]["mail"]) == ("'=1+1", "'+677 12345", "consent")
    assert sheet == [list(COLUMNS), list(rows[0].values())]
    assert [take(content) for content in (exported, book)] == [[("same", [])]] * 2


@pytest.mark.parametrize("begin", ["=", "＝", "＋", "－", "＠", "@", "-", "+", " =", "\u3000＝"])
def test_no_cell_begins_as_a_formula_in_any_width(begin):
    assert harmless_cell(f"{begin}1") == f"'{begin}1"
    assert plain_cell(harmless_cell(f"{begin}1")) == f"{begin}1"
    assert plain_cell(harmless_cell(f"'{begin}1")) == f"'{begin}1"  # somebody is called so
    assert plain_cell("'t Hooft") == "'t Hooft"


def test_of_persons_nothing_is_exported_that_could_expose_them(database):
    a_person("Alma", access_needs="wheelchair", note="afraid")

    with reading() as db:
        row = next(rows_of(db))

    assert [row[COLUMNS.index(name)] for name in ("groups", "access_needs", "note")] == ["", "", ""]


def test_wrong_cells_of_the_new_columns_name_their_column(database):
    content = b"name,category,region,channel,phone,also_languages\nA,cso,Atlantis,pigeon,none,Klingon\nB,cso,,post,,\n"

    assert take(content) == [
        ("wrong", [("region", "RegionUnknown"), ("also_languages", "LanguageNotOurs"), ("phone", "PhoneWrong"),
                   ("channel", "ChannelUnknown")]),
        ("wrong", [("channel", "ChannelWithoutContact")]),
    ]  # fmt: skip


def test_a_column_that_was_named_once_is_known_the_next_time(database):
    content = b"name,category,Mobil-Nr.,Shoe size\nA,cso,677 999,40\n"
    sheet = read_sheet(content)
    with writing() as db:
        made = begin_import(db, file_name="l", file_key="k", basis=Basis.NONE, by=Dalia(), now=NOON)
        made.ignored = sheet.ignored
        assert name_columns(db, made, {"Mobil-Nr.": "phone", "Shoe size": "none"})
        assert not name_columns(db, made, {"Shoe size": "spies"})

    with reading() as db:
        again_ = read_sheet(content, remembered_columns(db))

    assert sheet.ignored == ["Mobil-Nr.", "Shoe size"]
    assert ([row.cells for row in again_.rows], again_.ignored) == (
        [{"name": "A", "category": "cso", "phone": "677 999"}],
        [],
    )


def test_a_row_about_a_merged_entry_changes_nothing_and_says_so(database):
    kept, gone = add(name="Kept"), add(name="Gone", email="g@org.example")
    merge(gone, kept)

    same = take(b"name,category,email\nGone,cso,g@org.example\n")
    other = take(b"name,category,email\nGone,media,g@org.example\n")

    assert (same, other) == ([("same", [])], [("wrong", [("name", "MergedAway")])])


@pytest.mark.database
def test_where_much_would_be_looked_through_a_page_is_short_and_leads_further(database):
    for number in range(12):
        ends = "Harbour" if number % 2 or number in (4, 10) else "Valley"
        add(name=f"N{number:02d} {'Southern' if number % 2 else 'Northern'} {ends}", email=f"n{number}@org.example")
    finding.FEW, kept = 3, finding.FEW
    try:
        pages, after = [], None
        while True:
            with reading() as db:
                page, after = list_stakeholders(db, Filters(words="northern harbour"), after=after, most=3)
            pages.append([one.name for one in page])
            if after is None:
                break
        with reading() as db:
            whole = list_stakeholders(db, Filters(words="northern harbour"))
    finally:
        finding.FEW = kept

    assert pages == [["N04 Northern Harbour"], ["N10 Northern Harbour"]]
    assert (len(whole.entries), whole.more) == (2, None)


@pytest.mark.database
def test_a_corrected_name_is_found_in_its_new_place(database):
    first = add(name="Zebra Network", email="z@org.example", groups=("women",))
    add(name="Middle Network", email="m@org.example", groups=("women",))
    with writing() as db:
        entry = an_entry(name="Apple Network", email="z@org.example", groups=("women",))
        change_stakeholder(db, again(db, first), entry, by=Dalia(), now=NOON)

    with reading() as db:
        assert names(db, group="women") == ["Apple Network", "Middle Network"]
        kept = set(db.execute(text("SELECT DISTINCT name_key FROM stakeholder_term")).scalars())
    assert kept == {"apple network", "middle network"}
