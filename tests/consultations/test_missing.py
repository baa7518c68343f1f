"""Who is missing in a consultation, what is always proposed, and taking that over into the choice."""

import pytest

from consult.audit.models import JournalEntry
from consult.consultations import queries_groups, queries_missing
from consult.consultations import rules_groups as rules
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.models_groups import ByHand, GroupRule, SmartGroup, StandingInvitation
from consult.consultations.operations_groups import end_standing, invite_always, open_choice, take_over
from consult.consultations.queries_missing import Missing, Share
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.stakeholders.models import Stakeholder
from tests.consultations.test_groups import PERSON, a_consultation, a_group, decide, inside, invite, merge
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.believers import believe
from tests.support.together import together


def always(group=None, entry=None, kinds=()):
    with writing() as db:
        group = db.get_one(SmartGroup, group.id) if group else None
        entry = db.get_one(Stakeholder, entry.id) if entry else None
        return invite_always(db, list(kinds), group=group, entry=entry, by=Dalia(), now=NOON)


def proposed(consultation):
    with reading() as db:
        people, _more, number = queries_missing.list_proposed(db, db.get_one(Consultation, consultation.id))
    assert number == len(people)
    return [one.name for one in people]


def taken_over(consultation):
    with writing() as db:
        return take_over(db, db.get_one(Consultation, consultation.id), by=Dalia(), now=NOON)


def choice_of(consultation):
    with reading() as db:
        return queries_groups.choice_of(db, consultation.id)


def not_invited(consultation, **kind):
    with reading() as db:
        return [one.name for one in queries_missing.list_not_invited(db, consultation.id, Missing(**kind))[0]]


# Who is missing


@pytest.mark.database
def test_what_the_registry_has_and_nobody_invited_comes_first(database):
    upr = a_consultation()
    women, elder, church = add(), add(name="Elders", email="e@org.example", groups=("older_persons",)), add(
        name="Church", email="c@org.example", groups=(), category="religious_group", region="amery"
    )  # fmt: skip
    believe(add(**PERSON, name="Believer", email="b@org.example", category="cso", region="amery").id)
    invite(upr, women, takes_part=True)
    gone = add(name="Women Network", email="g@org.example")
    invite(upr, gone)
    merge(gone, women)
    assert (elder.id, church.id) != (None, None)

    with reading() as db:
        groups = queries_missing.count_by_group(db, upr.id, ["women", "older_persons", "youth"])
        categories = queries_missing.count_by_category(db, upr.id, ["cso", "religious_group", "media"])
        regions = queries_missing.count_by_region(db, upr.id, ["sessa", "amery"])

    assert groups == [Share("older_persons", 1, 0, 0), Share("youth", 0, 0, 0), Share("women", 1, 1, 1)]
    assert categories == [Share("religious_group", 1, 0, 0), Share("media", 0, 0, 0), Share("cso", 2, 1, 1)]
    assert regions == [Share("amery", 2, 0, 0), Share("sessa", 0, 0, 0)]


def test_who_holds_a_seat_of_a_ministry_is_no_ministry_more(database):
    upr = a_consultation()
    add(name="Ministry", email="m@org.example", groups=(), category="ministry")
    for one in ("Alma", "Bela"):
        add(**PERSON, name=one, email=f"{one}@org.example", category="ministry")
    add(**PERSON, name="Carl", email="c@org.example", category="academia")

    with reading() as db:
        counted = queries_missing.count_by_category(db, upr.id, ["ministry", "academia"])

    assert counted == [Share("ministry", 1, 0, 0), Share("academia", 1, 0, 0)]
    assert not_invited(upr, category="ministry") == ["Ministry"]
    assert not_invited(upr) == ["Alma", "Bela", "Carl", "Ministry"]


def test_the_list_of_who_is_not_invited_names_organisations_only_where_belief_is_asked_for(database):
    upr = a_consultation()
    women = add()
    add(name="Church", email="c@org.example", groups=("women", "youth"), category="religious_group", region="amery")
    believe(add(**PERSON, name="Believer", email="b@org.example", category="cso", region="amery").id)
    invite(upr, women)

    assert not_invited(upr) == ["Believer", "Church"]
    assert not_invited(upr, category="religious_group") == ["Church"]
    assert not_invited(upr, group="women") == ["Church"]
    assert not_invited(upr, region="amery") == ["Believer", "Church"]
    assert not_invited(upr, group="nothing") == []


@pytest.mark.database
def test_the_list_of_who_is_not_invited_goes_page_by_page(database, monkeypatch):
    monkeypatch.setattr(queries_missing, "PAGE", 2)
    upr, names, after = a_consultation(), [], None
    for number in range(5):
        add(name=f"N{number}", email=f"n{number}@org.example")

    while True:
        with reading() as db:
            people, after = queries_missing.list_not_invited(db, upr.id, Missing(group="women"), after=after)
        names.append([one.name for one in people])
        if after is None:
            break

    assert names == [["N0", "N1"], ["N2", "N3"], ["N4"]]


# Standing invitations


def test_check_invite_always_takes_saved_groups_and_known_kinds(database):
    with writing() as db:
        choice = open_choice(db, a_consultation(), now=NOON)

    with pytest.raises(rules.ChoiceHasNoRule):
        rules.check_invite_always(choice, [])
    with pytest.raises(rules.KindOfTextUnknown):
        rules.check_invite_always(None, ["novel"])
    rules.check_invite_always(None, ["novel"], kept=["novel"])


@pytest.mark.parametrize(
    ("state", "number", "refusal"),
    [(ConsultationState.OPEN, 0, rules.NothingProposed), (ConsultationState.ARCHIVED, 3, rules.ConsultationOver)],
)
def test_check_take_over_needs_a_standing_invitation_and_a_consultation_that_goes_on(database, state, number, refusal):
    with pytest.raises(refusal):
        rules.check_take_over(a_consultation(state=state), standing=number)


@pytest.mark.database
def test_what_is_always_invited_is_proposed_for_its_kinds_of_text(database):
    women, ministry = add(), add(name="Ministry", email="m@gov.example", groups=(), category="ministry")
    always(group=a_group(), kinds=["upr_national_report"])
    always(entry=ministry)

    assert proposed(a_consultation()) == ["Ministry", "Women’s Network"]
    assert proposed(a_consultation("visit", kind="visit")) == ["Ministry"]
    invited_to = a_consultation("third")
    invite(invited_to, women)
    assert proposed(invited_to) == ["Ministry"]


@pytest.mark.database
def test_taking_over_fills_the_choice_and_says_afterwards_who_was_added_since(database):
    add(), add(name="Second", email="s@org.example")
    upr, group = a_consultation(), a_group()
    always(group=group)

    assert taken_over(upr) == 2
    assert inside(choice_of(upr)) == ["Second", "Women’s Network"]
    assert proposed(upr) == []
    assert taken_over(upr) == 0  # nor a refusal, which would tell of protected ones alone that they are invited
    add(name="Third", email="t@org.example")
    assert proposed(upr) == ["Third"]
    with reading() as db:
        assert db.query(OutboxMail).count() == 0
        assert [one.codes["count"] for one in db.query(JournalEntry).filter_by(event="choice.taken_over")] == [2, 0]


def test_who_was_taken_out_of_the_choice_is_not_proposed_again(database):
    women, upr = add(), a_consultation()
    always(group=a_group())
    with writing() as db:
        open_choice(db, upr, now=NOON)
    decide(choice_of(upr), women, ByHand.OUT)

    assert proposed(upr) == []


def test_of_merged_entries_the_one_that_holds_is_proposed(database):
    gone, kept = add(groups=()), add(name="Network", email="n@org.example", groups=())
    always(entry=gone)
    upr = a_consultation()

    merge(gone, kept)

    assert proposed(upr) == ["Network"]
    with writing() as db:
        choice = open_choice(db, upr, now=NOON)
    decide(choice, kept, ByHand.OUT)
    assert proposed(upr) == []


def test_changing_a_standing_invitation_keeps_one_and_ending_it_proposes_nobody(database):
    add()
    group, upr = a_group(GroupRule(categories=("cso",))), a_consultation()
    always(group=group, kinds=["visit"])
    assert proposed(upr) == []
    always(group=group)
    assert proposed(upr) == ["Women’s Network"]

    with writing() as db:
        assert db.query(StandingInvitation).count() == 1
        end_standing(db, group=db.get_one(SmartGroup, group.id), by=Dalia())

    assert proposed(upr) == []


@pytest.mark.database
def test_two_who_take_over_at_once_make_one_choice(database):
    add()
    upr = a_consultation()
    always(group=a_group())

    assert sorted(together(lambda: taken_over(upr), lambda: taken_over(upr))) == [0, 1]
    with reading() as db:
        assert db.query(SmartGroup).filter_by(consultation_id=upr.id).count() == 1


@pytest.mark.database
def test_two_who_always_invite_one_group_at_once_leave_one(database):
    group = a_group()

    def act():
        try:
            return bool(always(group=group))
        except rules.InvitedAlwaysAlready:
            return False

    assert True in together(act, act)
    with reading() as db:
        assert db.query(StandingInvitation).count() == 1
