"""Saved groups: what a rule may ask, whom it finds, what is decided by hand, and the list of a large registry."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from consult.audit.models import JournalEntry
from consult.consultations import doors, jobs_groups, operations_groups, queries_groups
from consult.consultations import rules_groups as rules
from consult.consultations.models import Consultation, ConsultationState, Participant, Participation
from consult.consultations.models_groups import Asked, ByHand, GroupRule, SmartGroup, SmartGroupEntry, SmartGroupListed
from consult.consultations.operations_groups import add_group, change_group, decide_by_hand, forget_by_hand
from consult.core.db import reading, violated, writing
from consult.core.texts import Texts
from consult.jobs.models import Task, TaskState
from consult.jobs.queue import queue
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Basis, Channel, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat, SeatRole
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_seats import Appointment, appoint_seat
from consult.stakeholders.rules import MergedAway
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.believers import believe
from tests.support.together import together

PERSON = {"kind": StakeholderKind.PERSON, "groups": ()}


def a_group(rule=None, name="Women in Amery"):
    with writing() as db:
        return add_group(db, name, rule or GroupRule(groups=("women",)), by=Dalia(), now=NOON)


def a_consultation(slug="upr", state=ConsultationState.OPEN, kind="upr_national_report"):
    archived = NOON if state is ConsultationState.ARCHIVED else None
    with writing() as db:
        made = Consultation(
            slug=slug, title=Texts(en=slug), kind=kind, cycle="", languages=["en"], time_zone="UTC", state=state,
            what_it_is=Texts(), what_we_ask=Texts(), other_ways=Texts(), created_at=NOON, archived_at=archived,
        )  # fmt: skip
        db.add(made)
    return made


def invite(consultation, entry, *, takes_part=False):
    with writing() as db:
        made = doors.admit_stakeholder(db, consultation, db.get_one(Stakeholder, entry.id), now=NOON)
        made.invited_at = NOON
        if takes_part:
            db.add(Participation(participant_id=made.id, what="comments", number=1, at=NOON))


def decide(group, entry, way, reason="They asked us to"):
    with writing() as db:
        kept = db.get_one(SmartGroup, group.id)
        decide_by_hand(db, kept, db.get_one(Stakeholder, entry.id), way, reason, by=Dalia(), now=NOON)


def merge(gone, kept):
    with writing() as db:
        both = (db.get_one(Stakeholder, one.id) for one in (gone, kept))
        merge_stakeholders(db, *both, by=Dalia(), now=NOON)


def inside(group):
    """The names of those in a group."""
    with reading() as db:
        found = db.scalars(queries_groups.members(db.get_one(SmartGroup, group.id))).all()
        assert len(found) == len(set(found))
        return sorted(db.get_one(Stakeholder, one).name for one in found)


# Rules


@pytest.mark.parametrize(("name", "refusal"), [("", rules.GroupNameMissing), ("x" * 121, rules.GroupNameTooLong)])
def test_check_group_name_asks_for_a_short_one(name, refusal):
    with pytest.raises(refusal):
        rules.check_group_name(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"categories": ("aliens",)},
        {"groups": ("red_haired",)},
        {"regions": ("atlantis",)},
        {"languages": ("tlh",)},
        {"kind": "robot"},
        {"channel": "pigeon"},
        {"invited_to": Asked()},
        {"took_part_in": Asked(consultation_id=1, last=1)},
        {"never_took_part_in": Asked(last=21)},
        {"not_invited_to": Asked(last=-1)},
    ],
)
def test_check_group_rule_takes_only_what_the_lists_know(database, wrong):
    with pytest.raises(rules.GroupRuleWrong):
        rules.check_group_rule(GroupRule(**wrong))


def test_check_group_rule_lets_what_has_gone_from_a_list_stay(database):
    old = GroupRule(regions=("atlantis",), categories=("aliens",), languages=("tlh",))

    rules.check_group_rule(old, kept=old)

    with pytest.raises(rules.GroupRuleWrong):
        rules.check_group_rule(GroupRule(regions=("atlantis", "elsewhere")), kept=old)


@pytest.mark.parametrize("rule", [{"groups": ("women",)}, {"categories": ("cso", "trade_union")}])
def test_check_no_target_list_refuses_persons_by_what_they_stand_for(rule):
    with pytest.raises(rules.TargetList):
        rules.check_no_target_list(GroupRule(kind="person", **rule))


@pytest.mark.parametrize("name", ["note", "access_needs", "text", "groups_of_persons"])
def test_a_rule_about_notes_needs_or_comments_is_none_of_ours(name):
    with pytest.raises(ValueError, match=name):
        GroupRule.of({name: ["x"]})


def test_check_change_group_leaves_a_choice_to_the_hand(database):
    made = a_consultation()
    with writing() as db:
        choice = operations_groups.open_choice(db, made, now=NOON)

    with pytest.raises(rules.ChoiceHasNoRule):
        rules.check_change_group(choice)


@pytest.mark.parametrize(
    ("reason", "refusal"), [(" ", rules.ByHandReasonMissing), ("x" * 301, rules.ByHandReasonTooLong)]
)
def test_check_decide_by_hand_asks_why(database, reason, refusal):
    with pytest.raises(refusal):
        rules.check_decide_by_hand(add(), reason)


def test_check_decide_by_hand_wants_the_entry_that_holds(database):
    gone, kept = add(), add(name="Other", email="o@org.example")
    merge(gone, kept)

    with reading() as db, pytest.raises(MergedAway):
        rules.check_decide_by_hand(db.get_one(Stakeholder, gone.id), "because")


# Whom a rule finds: any rule, the same as a filter written in Python


@pytest.fixture(scope="module")
def people(tmp_path_factory, sqlite_template):
    """A registry with something of everything, shared by all rules that hypothesis thinks of."""
    import shutil

    import consult
    from consult.core import db as core_db
    from consult.core.settings import load
    from tests.conftest import REGIONS, SAFE_SETTINGS

    folder = tmp_path_factory.mktemp("people")
    shutil.copyfile(sqlite_template, folder / "consult.db")
    own = {"data_folder": str(folder / "data"), "database_url": f"sqlite:///{folder / 'consult.db'}"}
    started = consult.start(load({**own, **SAFE_SETTINGS, **REGIONS, "secret_key": "only for tests " * 4}, environ={}))
    fill()
    yield started
    core_db.bind(None)
    started.close()


def fill():
    first, second, hidden = (
        a_consultation("first"),
        a_consultation("second"),
        a_consultation("hidden", ConsultationState.PREPARING),
    )
    categories = ("cso", "religious_group", "trade_union", "media")
    made = []
    for number in range(24):
        is_person = number % 3 == 0
        made.append(add(
            kind=StakeholderKind.PERSON if is_person else StakeholderKind.ORGANISATION, name=f"N{number:02d}",
            category="other" if is_person else categories[number % 4], email=f"n{number}@org.example",
            region=("", "amery", "sessa")[number % 3],
            groups=() if is_person else (("women",), ("women", "youth"), ())[number % 5 % 3], language=("en", "ar")[number % 2],
            also_languages=("zh",) if number % 4 == 1 else (), channel=(None, Channel.EMAIL)[number % 2],
        ))  # fmt: skip
    for number in range(0, 24, 3):
        believe(made[number].id, category=categories[number % 4])
    for number in range(0, 24, 2):
        invite(first, made[number], takes_part=number % 4 == 0)
    for number in range(1, 24, 5):
        invite(second, made[number], takes_part=number % 2 == 1)
    invite(hidden, made[7])
    for gone, kept in ((4, 5), (10, 11), (6, 3)):  # one took part, the other was not asked
        merge(made[gone], made[kept])
    with writing() as db:
        since = Appointment(db.get_one(Stakeholder, made[0].id), (NOON - timedelta(days=9)).date(), "")
        appoint_seat(db, db.get_one(Stakeholder, made[1].id), SeatRole.MEMBER, since, by=Dalia(), now=NOON)


def some(*codes):
    return st.lists(st.sampled_from(codes), max_size=2, unique=True).map(tuple)


asked = st.none() | st.sampled_from([Asked(1), Asked(2), Asked(3), Asked(last=1), Asked(last=2), Asked(last=20)])
any_rule = st.builds(
    GroupRule, categories=some("cso", "religious_group", "trade_union", "ministry", "gone"), groups=some("women", "youth", "children"),
    regions=some("amery", "sessa", "atlantis"), languages=some("en", "ar", "zh"), kind=st.sampled_from(["", "organisation", "person"]),
    channel=st.sampled_from(["", "email", "post"]), invited_to=asked, not_invited_to=asked, took_part_in=asked,
    never_took_part_in=asked, holds_seat=st.booleans(),
)  # fmt: skip
hands = st.dictionaries(st.integers(1, 24), st.sampled_from(list(ByHand)), max_size=4)


def by_brute_force(db, rule, decided):
    """The ids of those in a group, entry by entry."""
    everyone = {one.id: one for one in db.query(Stakeholder)}
    kept = {one.id: one.merged_into or one.id for one in everyone.values()}
    public = [one.id for one in db.query(Consultation).order_by(Consultation.id.desc()) if one.state != "preparing"]
    took = {one.participant_id for one in db.query(Participation)}
    came = list(db.query(Participant))
    seated = {kept[one.holder_id] for one in db.query(Seat) if one.until is None}

    def of(wanted, *, only_who_took_part):
        where = [wanted.consultation_id] if wanted.consultation_id else public[: wanted.last]
        return {
            kept[one.stakeholder_id] for one in came
            if one.consultation_id in where and (one.id in took if only_who_took_part else one.invited_at)
        }  # fmt: skip

    def in_by_rule(one):
        is_organisation = one.kind is StakeholderKind.ORGANISATION
        return (
            rule != GroupRule()
            and (not rule.categories or (one.category in rule.categories and (is_organisation or one.category not in SENSITIVE_CATEGORIES)))
            and (not rule.groups or (is_organisation and bool(set(one.group_codes) & set(rule.groups))))
            and (not rule.regions or one.region in rule.regions)
            and (not rule.languages or bool({one.language, *one.also_language_codes} & set(rule.languages)))
            and rule.kind in ("", one.kind.value)
            and rule.channel in ("", one.channel and one.channel.value)
            and (not rule.invited_to or one.id in of(rule.invited_to, only_who_took_part=False))
            and (not rule.not_invited_to or one.id not in of(rule.not_invited_to, only_who_took_part=False))
            and (not rule.took_part_in or one.id in of(rule.took_part_in, only_who_took_part=True))
            and (not rule.never_took_part_in or one.id not in of(rule.never_took_part_in, only_who_took_part=True))
            and (not rule.holds_seat or one.id in seated)
        )  # fmt: skip

    put_in, out = ({kept[one] for one, way in decided.items() if way is wanted} for wanted in ByHand)
    return {
        one.id for one in everyone.values() if one.merged_into is None and (in_by_rule(one) or one.id in put_in)
    } - out


@given(any_rule, hands)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rule_finds_whom_a_filter_in_python_finds(people, rule, decided):
    from consult.core import db as core_db

    core_db.bind(people)
    assert GroupRule.of(rule.to_json()) == rule
    from sqlalchemy.orm import Session

    with Session(people.engine) as db:
        group = SmartGroup(ref="r", name="g", name_key="g", rule=rule.to_json(), created_at=NOON)
        db.add(group)
        db.flush()
        for row_id, way in decided.items():
            db.add(
                SmartGroupEntry(group_id=group.id, stakeholder_id=row_id, way=way, reason="x", by="staff:7", at=NOON)
            )
        db.flush()
        found = db.scalars(queries_groups.members(group)).all()
        expected = by_brute_force(db, rule, decided)
        db.rollback()

    assert len(found) == len(set(found))
    assert set(found) == expected


def test_a_rule_without_conditions_finds_nobody_and_not_everybody(database):
    add()

    assert inside(a_group(GroupRule(), "By hand")) == []


# What is decided by hand


@pytest.mark.database
def test_who_was_taken_out_stays_out_and_who_was_put_in_is_in(database):
    women, ministry = add(), add(name="Ministry", email="m@gov.example", groups=(), category="ministry")
    group = a_group()
    assert inside(group) == ["Women’s Network"]

    decide(group, ministry, ByHand.IN)
    decide(group, women, ByHand.OUT)
    assert inside(group) == ["Ministry"]

    decide(group, ministry, ByHand.OUT)
    assert inside(group) == []
    with writing() as db:
        forget_by_hand(db, db.get_one(SmartGroup, group.id), db.get_one(Stakeholder, women.id), by=Dalia())
    assert inside(group) == ["Women’s Network"]
    with reading() as db:
        events = [one.event for one in db.query(JournalEntry).order_by(JournalEntry.number) if "group" in one.event]
    assert events == ["group.added", "group.put_in", "group.taken_out", "group.taken_out", "group.left_to_rule"]


@pytest.mark.database
def test_what_was_decided_about_a_merged_entry_holds_for_the_one_that_stays(database):
    gone, kept = add(), add(name="Network of Women", email="n@org.example")
    group = a_group()
    decide(group, gone, ByHand.OUT)

    merge(gone, kept)

    assert inside(group) == []
    decide(group, kept, ByHand.IN)
    assert inside(group) == ["Network of Women"]


def test_who_left_is_shown_and_marked(database):
    add(), add(name="Other", email="o@org.example")
    with writing() as db:
        leave(db, db.query(Stakeholder).filter_by(name="Other").one(), now=NOON, how="link")
    group = a_group()

    with reading() as db:
        page = queries_groups.list_members(db, db.get_one(SmartGroup, group.id))

    assert [(one.name, one.left) for one in page.people] == [("Other", True), ("Women’s Network", False)]
    assert (page.number, page.as_of) == (2, None)


@pytest.mark.database
@pytest.mark.parametrize(
    ("table", "values", "name"),
    [
        ("smart_group", {"name": ""}, "ck_smart_group_named_or_choice"),
        ("smart_group", {"edition": 1}, "ck_smart_group_list_has_instant"),
        ("smart_group", {"listed": -1}, "ck_smart_group_counts_not_negative"),
        ("smart_group", {}, "uq_smart_group_name"),
        ("smart_group_entry", {"reason": ""}, "ck_smart_group_entry_by_hand_has_reason"),
        ("smart_group_entry", {"way": "maybe"}, "ck_smart_group_entry_by_hand_known"),
        ("standing_invitation", {}, "ck_standing_invitation_of_one_thing"),
        ("standing_invitation", {"group_id": 1, "stakeholder_id": 1}, "ck_standing_invitation_of_one_thing"),
    ],
)
def test_the_database_refuses_what_can_never_be(database, table, values, name):
    entry, group = add(), a_group()
    own = {
        "smart_group": {"ref": "other", "name": group.name, "name_key": group.name_key, "rule": "{}", "edition": 0, "listed": 0,
                        "created_at": "2027-01-01"},
        "smart_group_entry": {"group_id": group.id, "stakeholder_id": entry.id, "way": "in", "reason": "x", "by": "staff:7",
                              "at": "2027-01-01"},
        "standing_invitation": {"kinds": "[]", "by": "staff:7", "at": "2027-01-01"},
    }[table]  # fmt: skip
    row = own | values
    sql = f"INSERT INTO {table} ({', '.join(f'{chr(34)}{one}{chr(34)}' for one in row)}) VALUES ({', '.join(f':{one}' for one in row)})"

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.execute(text(sql), row)

    assert violated(refused.value) == name


@pytest.mark.database
def test_two_groups_of_one_name_saved_at_once_are_one(database):
    def save(name):
        try:
            return a_group(name=name).name
        except rules.GroupNameTaken:
            return None

    saved = together(lambda: save("Women"), lambda: save("WOMEN"))

    assert len([one for one in saved if one]) == 1
    with reading() as db:
        assert db.query(SmartGroup).count() == 1


@pytest.mark.database
def test_two_decisions_about_one_entry_at_once_leave_one(database):
    entry, group = add(), a_group()

    together(lambda: decide(group, entry, ByHand.IN), lambda: decide(group, entry, ByHand.OUT))

    with reading() as db:
        assert db.query(SmartGroupEntry).count() == 1


def test_a_changed_rule_keeps_what_was_decided_by_hand(database):
    women, group = add(), a_group()
    decide(group, women, ByHand.OUT)

    with writing() as db:
        change_group(db, db.get_one(SmartGroup, group.id), "All", GroupRule(categories=("cso",)), by=Dalia())

    assert inside(group) == []


# The list of a large registry


@pytest.fixture
def large(database, monkeypatch):
    monkeypatch.setattr(queries_groups, "SMALL", 3)
    monkeypatch.setattr(jobs_groups, "STEP", 2)
    monkeypatch.setattr(queries_groups, "PAGE", 2)
    for number in range(6):
        add(name=f"N{number}", email=f"n{number}@org.example", groups=("women",) if number else ())
    return a_group()


def list_again(group, *, work=True):
    with writing() as db:
        kept = db.get_one(SmartGroup, group.id)
        task = operations_groups.list_again(db, kept, owner="staff:7", next_url="/", now=NOON)
    if work:
        queue().work_off()
    return task


def pages_of(group):
    names, after = [], None
    while True:
        with reading() as db:
            page = queries_groups.list_members(db, db.get_one(SmartGroup, group.id), after=after)
        names.append([one.name for one in page.people])
        after = page.more
        if after is None:
            return names, page.number, page.as_of is not None


@pytest.mark.database
def test_of_a_large_registry_the_list_is_kept_and_read_page_by_page(large):
    assert pages_of(large) == ([[]], None, False)

    list_again(large)
    assert pages_of(large) == ([["N1", "N2"], ["N3", "N4"], ["N5"]], 5, True)

    with reading() as db:
        taken = db.query(Stakeholder).filter_by(name="N3").one()
    decide(large, taken, ByHand.OUT)
    assert pages_of(large)[0] == [["N1", "N2"], ["N4", "N5"]]  # at once, whatever the list says
    list_again(large)
    assert pages_of(large) == ([["N1", "N2"], ["N4", "N5"]], 4, True)
    with reading() as db:
        assert {one.edition for one in db.query(SmartGroupListed)} == {db.get_one(SmartGroup, large.id).edition}
        assert {one.state for one in db.query(Task)} == {TaskState.DONE}


@pytest.mark.database
def test_a_list_begun_earlier_never_replaces_one_begun_later(large):
    earlier, later = list_again(large, work=False), list_again(large, work=False)

    jobs_groups.list_group(later.id)
    jobs_groups.list_group(earlier.id)

    with reading() as db:
        assert db.get_one(SmartGroup, large.id).edition == later.id
        assert {one.edition for one in db.query(SmartGroupListed)} == {later.id}


def test_what_a_worker_left_half_made_is_written_anew(large):
    task = list_again(large, work=False)
    with writing() as db:
        row = {"group_id": large.id, "edition": task.id, "stakeholder_id": 1, "name_key": "n0"}
        db.execute(insert(SmartGroupListed), [row])

    queue().work_off()

    assert pages_of(large)[0] == [["N1", "N2"], ["N3", "N4"], ["N5"]]


def test_a_list_older_than_a_day_is_made_anew_once(large):
    list_again(large)
    with writing() as db:
        db.get_one(SmartGroup, large.id).listed_at = NOON
    found = []
    for days in (0.5, 2, 2):
        with writing() as db:
            found.append(operations_groups.sweep_groups(db, now=NOON + timedelta(days=days)))

    assert found == [0, 1, 0]


def test_a_small_registry_needs_no_list(database):
    assert list_again(a_group()) is None


def test_persons_of_a_sensitive_category_are_in_no_group_by_rule(database):
    believe(add(**PERSON, name="Believer", basis=Basis.NONE).id)
    add(name="Church", category="religious_group", groups=(), email="c@org.example")

    assert inside(a_group(GroupRule(categories=("religious_group",)))) == ["Church"]
