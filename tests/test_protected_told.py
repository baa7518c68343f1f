"""What staff can find out about a protected entry: that it is one, and nothing of whether it was invited or took part.

Attacked at HTTP: every page that staff may open, searching by its code, forms with its code, and two looks compared, one before and
one after the one known entry was invited or commented.
"""

import re

import pytest
from lxml import html
from werkzeug.test import TestResponse

from consult.consultations import doors
from consult.consultations.models import COMMENTS, Consultation, Participant, Participation
from consult.consultations.models_groups import Asked, GroupRule, SmartGroup
from consult.consultations.operations_groups import add_group, invite_always
from consult.consultations.queries_groups import members
from consult.consultations.queries_protected import FROM
from consult.core import ids
from consult.core.db import reading, writing
from consult.rounds.models import Comment, Consent
from consult.stakeholders.models import Stakeholder
from tests.rounds.test_briefing import comment
from tests.support import pages
from tests.support.world import NOON, World
from tests.test_access import READERS, STAFF

UPR = "/staff/consultations/upr"
REGISTRY = "/staff/stakeholders/"


@pytest.fixture
def code(world: World) -> str:
    return world.ids[""]["protected"]


@pytest.fixture
def many(world: World, code: str) -> str:
    """The entry among so many that numbers are told: all take part, the others are invited and took part."""
    with writing() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        one = db.query(Stakeholder).filter_by(ref=code).one()
        own = ("id", "ref", "name", "name_key", "double_key")
        columns = [column.key for column in Stakeholder.__table__.columns if column.key not in own]
        for _ in range(FROM + 1):
            ref = ids.random_code()
            other = Stakeholder(
                **{name: getattr(one, name) for name in columns},
                ref=ref,
                name=ref,
                name_key=ref.casefold(),
                double_key=ref.casefold(),
            )
            db.add(other)
            db.flush()
            participant = doors.admit_stakeholder(db, upr, other, now=NOON)
            participant.invite(NOON, by="campaign:1")
            db.add(Participation(participant_id=participant.id, what=COMMENTS, number=2, at=NOON))
    return code


def who(code: str) -> int:
    """As whom the entry takes part in `upr`, to which nobody has invited it yet."""
    with reading() as db:
        query = db.query(Participant.id).join(Stakeholder, Stakeholder.id == Participant.stakeholder_id)
        return query.filter(Stakeholder.ref == code).scalar()


def invite(code: str) -> None:
    with writing() as db:
        db.get_one(Participant, who(code)).invite(NOON, by="campaign:1")


def take_part(code: str) -> None:
    """That it did, which rounds write down; the comment itself is in the secretariat's list, without its author."""
    with writing() as db:
        db.add(Participation(participant_id=who(code), what=COMMENTS, number=2, at=NOON))


def follow(code: str, world: World) -> None:
    """Behind their own link they choose another language."""
    answer = world.browser("protected_one").post("/en/consultations/upr/my-entry/language/", data={"language": "ar"})
    assert answer.status_code == 303


def words_of(answer: TestResponse) -> str:
    """What a page says, without what differs at each look."""
    if answer.location or answer.mimetype != "text/html":
        return answer.location or ""
    main = html.fromstring(answer.text).xpath("//main")[0]
    for one in main.xpath(".//input[@type='hidden']"):
        one.getparent().remove(one)
    return " ".join(html.tostring(main, encoding="unicode").partition("Number of this request")[0].split())


def make_groups(world: World, code: str) -> None:
    """Groups that ask who was invited and who took part, and one that is always invited."""
    by = world.staff["secretariat"]
    with writing() as db:
        upr = db.query(Consultation).filter_by(slug="upr").one()
        asked, one = Asked(upr.id), db.query(Stakeholder).filter_by(ref=code).one()
        facts = [
            {"invited_to": asked},
            {"not_invited_to": asked},
            {"took_part_in": asked},
            {"never_took_part_in": asked},
        ]
        for number, fact in enumerate(facts):
            add_group(db, f"asks {number}", GroupRule(categories=(one.category,), **fact), by=by, now=NOON)
        always = add_group(db, "always", GroupRule(categories=(one.category,)), by=by, now=NOON)
        invite_always(db, [], group=always, entry=None, by=by, now=NOON)


def looks(world: World, code: str) -> dict[str, tuple[int, str]]:
    """Every page about who takes part, and about the code, as the secretariat can open it now."""
    desk, other, page = world.browser("secretariat"), world.ids["participant"]["stakeholder"], f"{REGISTRY}"
    with reading() as db:
        groups = [one.ref for one in db.query(SmartGroup).order_by(SmartGroup.id)]
    paths = [
        f"{page}{code}/", f"{page}{code}/edit/", f"{page}{code}/seats/1/briefing/", f"{page}{code}/protect/",
        f"{page}doubles/{code}/{other}/", f"{page}doubles/{other}/{code}/", f"{page}?words={code}",
        f"/staff/always-invited/entries/{code}/", "/staff/", f"{UPR}/", f"{UPR}/missing/", f"{UPR}/missing/list/",
        f"{UPR}/missing/list/?category=academia", f"{UPR}/always-invited/", f"{UPR}/participants/", f"{UPR}/on-behalf/?words={code}",
        f"{UPR}/mailings/", "/staff/groups/", *(f"/staff/groups/{ref}/" for ref in groups),
    ]  # fmt: skip
    return {path: (answer.status_code, words_of(answer)) for path in paths if (answer := desk.get(path))}


def differing(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    return [path for path in before if before[path] != after[path]]


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("act", [invite, take_part])
def test_no_page_differs_before_and_after_the_one_known_entry_is_invited_or_takes_part(world, request, act, few):
    code = request.getfixturevalue("code" if few else "many")
    make_groups(world, code)
    before = looks(world, code)

    act(code)

    assert len(before) > 20  # pages, of which none is a mere refusal of all
    assert differing(before, looks(world, code)) == []


def test_a_look_would_find_a_difference_where_there_is_one(world, code):
    """What the test above compares with: an entry that anybody may read of."""
    make_groups(world, code)
    with writing() as db:
        known = db.query(Stakeholder).filter_by(name="Bela Tona").one()
        participant = doors.admit_stakeholder(db, db.query(Consultation).filter_by(slug="upr").one(), known, now=NOON)
    before = looks(world, known.ref)

    with writing() as db:
        db.get_one(Participant, participant.id).invite(NOON, by="campaign:1")

    found = differing(before, looks(world, known.ref))
    assert {f"{UPR}/missing/", f"{UPR}/missing/list/", f"{UPR}/participants/"} <= set(found)


def test_following_the_link_shows_nowhere_but_in_the_language_of_the_entry(world, code):
    before = looks(world, code)

    follow(code, world)

    assert differing(before, looks(world, code)) == [f"{REGISTRY}{code}/", f"{REGISTRY}?words={code}"]
    assert "they themselves" not in world.browser("secretariat").get(f"{REGISTRY}{code}/").text


@pytest.mark.parametrize("standing", [0, FROM + 1])
def test_taking_over_what_is_always_invited_says_nothing_of_whom_and_takes_protected_ones_too(world, request, standing):
    code = request.getfixturevalue("many" if standing else "code")
    make_groups(world, code)
    desk = world.browser("secretariat")
    page = words_of(desk.get(f"{UPR}/always-invited/"))

    answers = [desk.post(f"{UPR}/always-invited/") for _ in range(2)]

    assert code not in page
    assert [(one.status_code, words_of(one)) for one in answers] == [(303, answers[0].location)] * 2
    with reading() as db:
        choice = db.query(SmartGroup).filter(SmartGroup.consultation_id.is_not(None)).one()
        assert code in {one[0] for one in db.query(Stakeholder.ref).filter(Stakeholder.id.in_(members(choice)))}
    assert code not in desk.get(answers[0].location).text


def shows(answer: TestResponse, code: str) -> bool:
    """Whether a page has the code, but in what was typed there."""
    return code in re.sub(r'value="[^"]*"', "", answer.text)


@pytest.mark.parametrize("person", [one for one in STAFF if one != "protection_officer"])
def test_no_page_of_staff_names_one_who_takes_part_but_the_registry(world, many, person):
    invite(many)
    take_part(many)
    comment(who(many), Consent.WITHOUT_NAME, at=NOON, once="protected")
    make_groups(world, many)
    pages.fill(world)
    browser, named = world.browser(person), []
    with reading() as db:
        said = db.query(Comment.ref).filter_by(participant_id=who(many)).scalar()

    sent = f"{UPR}/mailings/{world.ids['']['sent_campaign']}/recipients/"
    every = {one.path for one in pages.visits(world, "en") if one.path.startswith("/staff/")}
    for path in sorted({*every, f"{UPR}/answers/{said}/", f"{UPR}/on-behalf/?words={many}", f"{sent}?find={many}"}):
        if path != f"{REGISTRY}{many}/" and shows(browser.get(path), many):
            named.append(path)

    assert named in ([], [REGISTRY])
    assert browser.get(f"{UPR}/answers/{said}/").status_code == (200 if person in READERS else 403)
