"""Merging two institutions, or two persons: seats, contact people and the rest are shown before, are there after, and come back apart."""

import csv
import io
from datetime import timedelta

import pytest

from consult.core.db import reading
from consult.stakeholders.export import as_csv, rows_of
from consult.stakeholders.models import Basis
from consult.stakeholders.queries_seats import gaps_of, list_seats, list_seats_of_holder, read_composition
from tests.mailings.test_succession import REGISTRY, TODAY, add, entry, ref_of
from tests.support.world import World


@pytest.fixture
def desk(world: World):
    """Two ministries that are one: A with a focal point, a contact person, groups, a need and a note; B with nothing."""
    desk = world.browser("secretariat")
    add(desk, "A", "a@gov.example", kind="organisation", groups="women", access_needs="A ramp", note="Ask for Chi")
    add(desk, "B", "b@gov.example", kind="organisation")
    add(desk, "Ana", "ana@gov.example")
    appoint(desk, "A", "ana@gov.example")
    contact = {"name": "Chi", "role": "Desk", "email": "chi@gov.example", "language": "en"}
    assert desk.post(f"{REGISTRY}/{ref_of('A')}/contacts/new/", data=contact).status_code == 303
    return desk


def appoint(desk, institution: str, person: str, role: str = "focal_point", status: int = 303):
    form = {"role": role, "person": person, "since": (TODAY - timedelta(days=3)).isoformat()}
    assert desk.post(f"{REGISTRY}/{ref_of(institution)}/seats/new/", data=form).status_code == status


def merge(desk, gone: str, kept: str) -> None:
    page = f"{REGISTRY}/doubles/{ref_of(gone)}/{ref_of(kept)}/"
    assert desk.post(page, data={"keep": ref_of(kept)}).status_code == 303


def holders(institution: str) -> list[str]:
    with reading() as db:
        return [one.holder for one in list_seats(db, entry(institution).id)]


def exported(name: str) -> str:
    with reading() as db:
        rows = csv.DictReader(io.StringIO(as_csv(rows_of(db)).decode("utf-8-sig")))
        return next(row["contact_people"] for row in rows if row["name"] == name)


def test_the_preview_shows_what_either_has(desk):
    page = desk.get(f"{REGISTRY}/doubles/{ref_of('A')}/{ref_of('B')}/").text

    for words in ("Focal point: <bdi>Ana", "Chi", "Women", "A ramp", "Ask for Chi"):
        assert words in page, words


def test_seats_contact_people_and_the_rest_are_the_kept_ones_until_it_is_undone(desk):
    merge(desk, "A", "B")

    page = desk.get(f"{REGISTRY}/{ref_of('B')}/").text
    with reading() as db:
        gaps = [gap.role.value for gap in gaps_of(list_seats(db, entry("B").id))]
        composition = {one.category: one.filled for one in read_composition(db)[0]}["ministry"]
        held = [one.institution for one in list_seats_of_holder(db, [entry("Ana").id])]
    assert (holders("B"), gaps, {role.value: n for role, n in composition.items()}["focal_point"], held) == (
        ["Ana"], ["alternate"], 1, ["B"],
    )  # fmt: skip
    assert "No focal point yet" not in page
    for words in ("Ana", "Chi", "Women", "A ramp", "Ask for Chi"):
        assert words in page, words
    assert "Chi (Desk)" in exported("B")
    appoint(desk, "B", "ana@gov.example", status=409)

    assert desk.post(f"{REGISTRY}/{ref_of('A')}/undo-merge/").status_code == 303
    assert (holders("A"), holders("B"), exported("B")) == (["Ana"], [], "")
    assert "No focal point yet" in desk.get(f"{REGISTRY}/{ref_of('B')}/").text


def test_the_seat_of_a_merged_institution_is_handed_over_to_a_successor_in_the_kept_one(desk):
    merge(desk, "A", "B")
    add(desk, "Ming", "ming@gov.example")
    page = f"{REGISTRY}/{ref_of('A')}/seats/1/"
    form = {"person": "ming@gov.example", "since": TODAY.isoformat()}

    handed = desk.post(f"{page}hand-over/", data=form)
    briefing = desk.get(handed.location)

    assert (handed.status_code, briefing.status_code, holders("B")) == (303, 200, ["Ming", "Ana"])
    assert desk.get(f"{page}briefing/").status_code == 200
    assert [entry(name).basis for name in ("Ana", "Ming")] == [Basis.NONE, Basis.DUTY]


def test_two_holders_of_one_seat_are_announced_and_asked_about(desk):
    add(desk, "Ming", "ming@gov.example")
    appoint(desk, "B", "ming@gov.example")
    before = desk.get(f"{REGISTRY}/doubles/{ref_of('A')}/{ref_of('B')}/").text

    merge(desk, "A", "B")
    page = desk.get(f"{REGISTRY}/{ref_of('B')}/").text

    assert "Both have somebody in a seat that one holds" in before
    assert "two people hold a seat that one holds" in page
    end = f"/staff/stakeholders/{ref_of('A')}/seats/1/end/"
    assert end in page
    assert desk.post(end, data={"until": TODAY.isoformat()}).status_code == 303
    assert "two people hold a seat" not in desk.get(f"{REGISTRY}/{ref_of('B')}/").text


def test_duty_follows_the_seat_of_a_person_who_is_merged_and_goes_back(desk):
    add(desk, "Ana Two", "two@gov.example")

    merge(desk, "Ana", "Ana Two")
    merged = entry("Ana Two").basis, holders("A")
    assert desk.post(f"{REGISTRY}/{ref_of('Ana')}/undo-merge/").status_code == 303

    assert (merged, entry("Ana Two").basis, entry("Ana").basis) == ((Basis.DUTY, ["Ana Two"]), Basis.NONE, Basis.DUTY)
