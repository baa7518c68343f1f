"""An entry's page with its timeline, a successor's briefing, merging through the pages, and invitations to those that are one."""

import ast
from pathlib import Path

import pytest

from consult.core.db import reading, writing
from consult.jobs.queue import queue
from consult.mailings import queries_chosen
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignState, WhyNot
from consult.mailings.models_outreach import Outreach, OutreachState, OutreachStep, OutreachWay
from consult.mailings.timeline import SAID_BY_CONSENT, read_timeline
from consult.rounds.briefing import read_briefing
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.queries import find_stakeholder
from tests.support.world import DOUBLE, NOON, World

REGISTRY = "/staff/stakeholders"


def ref_of(world: World, who: str) -> str:
    return world.ids[who]["stakeholder"]


def merge(world: World, gone: str, kept: str) -> None:
    with writing() as db:
        both = [find_stakeholder(db, ref) for ref in (gone, kept)]
        merge_stakeholders(db, *both, by=world.staff["secretariat"], now=NOON)


def test_the_timeline_says_what_was_recorded_and_never_what_was_kept_for_later(world: World):
    desk, ref = world.browser("secretariat"), ref_of(world, "participant")
    edit = {"kind": "organisation", "name": "Network", "category": "cso", "language": "en", "email": "n@org.example",
            "basis": "consent", "told": "letter", "wording": "Sheet of March"}  # fmt: skip

    corrected = desk.post(f"{REGISTRY}/{ref}/edit/", data=edit)
    page = desk.get(f"{REGISTRY}/{ref}/").text

    assert corrected.status_code == 303
    for words in ("Sheet of March", "By letter", "Entry corrected:", "Commented in round 1:", "Commented in round 2:",
                  "Seat filled:", "Contact person added", "No alternate yet."):  # fmt: skip
        assert words in page
    assert "COMMENT-OF" not in page
    assert "DRAFT-OF" not in page


def test_the_timeline_of_the_kept_entry_holds_what_the_other_did(world: World):
    merge(world, ref_of(world, "participant"), ref_of(world, "participant_other"))

    with reading() as db:
        kept = find_stakeholder(db, ref_of(world, "participant_other"))
        gone = find_stakeholder(db, ref_of(world, "participant"))
        happened = [(one.what, one.says.get("slug")) for one in read_timeline(db, [kept.id, gone.id])]

    assert ("participation", "upr") in happened
    assert happened[0][0] == "stakeholder.merged" or ("stakeholder.merged", None) in happened


def test_handing_over_leads_to_a_briefing_of_what_is_open_and_what_came_before(world: World):
    desk, ref = world.browser("secretariat"), ref_of(world, "participant")
    form = {"person": "bela@org.example", "since": "2027-03-10", "appointed_by": "The minister"}
    with writing() as db:
        called = db.query(Outreach.recipient_id).filter_by(way=OutreachWay.PHONE).first()[0]
        db.add(OutreachStep(recipient_id=called, way=OutreachWay.PHONE, state=OutreachState.REACHED, by="staff:1", at=NOON,
                            note=""))  # fmt: skip

    handed = desk.post(f"{REGISTRY}/{ref}/seats/1/hand-over/", data=form)
    briefing = desk.get(handed.location).text
    institution = desk.get(f"{REGISTRY}/{ref}/").text
    with reading() as db:
        entry = find_stakeholder(db, ref)
        said = [one.says for one in read_timeline(db, [entry.id]) if one.what == "seat.handed_over"]
    assert [(one["holder"], one["successor"]) for one in said] == [("Alma Veru", "Bela Tona")]

    assert (handed.status_code, handed.location) == (303, f"{REGISTRY}/{ref}/seats/2/briefing/")
    for words in ("Bela Tona", "Alma Veru", "Draft upr", "Comments until", "Commented in round 1:", "Call:"):
        assert words in briefing
    assert "From 13 January 2027 until 10 March 2027" in institution
    with reading() as db:
        assert db.query(Stakeholder.basis).filter_by(email_key="bela@org.example").scalar() is Basis.DUTY


def test_what_is_open_says_whether_the_institution_took_part(world: World):
    with reading() as db:
        entry = find_stakeholder(db, ref_of(world, "participant"))
        found = [(one.slug, one.is_open, one.commented) for one in read_briefing(db, entry, 1, now=NOON)["open"].rows]

    assert found == [("upr", True, True)]


@pytest.mark.parametrize("person", ["nobody", "Organisation participant", "former@org.example"])
def test_a_seat_goes_to_no_one_who_is_not_exactly_one_person(world: World, person: str):
    desk = world.browser("secretariat")
    form = {"role": "alternate", "person": person, "since": "2027-03-10", "appointed_by": "Kept words"}

    answer = desk.post(f"{REGISTRY}/{ref_of(world, 'participant')}/seats/new/", data=form)

    assert answer.status_code == 422
    assert "Kept words" in answer.text


def test_two_are_looked_at_side_by_side_and_merged_and_undone(world: World):
    desk, ref = world.browser("secretariat"), ref_of(world, "participant")
    address = f"{REGISTRY}/doubles/{ref}/{DOUBLE}/"

    listed, shown = desk.get(f"{REGISTRY}/doubles/").text, desk.get(address).text
    merged = desk.post(address, data={"keep": ref})
    gone, entries = desk.get(f"{REGISTRY}/{DOUBLE}/").text, desk.get(f"{REGISTRY}/").text
    again = desk.post(address, data={"keep": ref})
    undone = desk.post(f"{REGISTRY}/{DOUBLE}/undo-merge/")

    assert "PARTICIPANT Ltd." in listed
    assert "participant@org.example" in shown
    assert (merged.status_code, merged.location, again.status_code) == (303, f"{REGISTRY}/{ref}/", 409)
    assert "Undo the merging" in gone
    assert "PARTICIPANT Ltd." not in entries
    assert undone.status_code == 303
    assert "PARTICIPANT Ltd." in desk.get(f"{REGISTRY}/").text


def test_the_file_is_written_by_the_worker_and_given_to_who_asked(world: World):
    desk = world.browser("secretariat")

    asked = desk.post(f"{REGISTRY}/export/", data={"kind": "csv"})
    queue().work_off()
    ready = desk.get(asked.location).text.split('class="button" href="')[1].split('"')[0]
    file = desk.get(f"{ready}file/")

    assert "Download it" in desk.get(ready).text
    assert file.headers["Content-Disposition"].endswith('.csv"')
    assert "Organisation participant_b" in file.get_data(as_text=True)
    assert "former@org.example" not in file.get_data(as_text=True)
    assert world.browser("elsewhere").get(f"{ready}file/").status_code == 404


def chosen(world: World, kind: CampaignKind) -> dict[str, WhyNot | None]:
    with reading() as db:
        made = db.query(Campaign).filter_by(consultation_id=world.rounds["upr"].consultation_id).first()
        asked = Campaign(consultation_id=made.consultation_id, kind=kind, state=CampaignState.WRITING,
                         audience=Audience.REGISTRY, categories=["cso"], groups=[])  # fmt: skip
        return {
            one.name: one.why_not for gets in (True, False) for one in queries_chosen.list_chosen(db, asked, gets=gets)
        }


def test_those_that_are_one_are_invited_once_and_reminded_as_one(world: World):
    before = chosen(world, CampaignKind.INVITATION)

    merge(world, ref_of(world, "participant"), ref_of(world, "participant_other"))  # only the first is invited

    assert before["Organisation participant_other"] is None
    assert chosen(world, CampaignKind.INVITATION) == {
        "Organisation participant_other": WhyNot.INVITED_ALREADY,
        "Organisation participant_b": WhyNot.INVITED_ALREADY,
    }
    assert chosen(world, CampaignKind.REMINDER)["Organisation participant_other"] is WhyNot.COMMENTED_ALREADY


def test_whoever_left_under_the_merged_entry_is_on_no_list(world: World):
    with writing() as db:
        leave(db, find_stakeholder(db, ref_of(world, "participant")), now=NOON, how="letter")

    merge(world, ref_of(world, "participant"), ref_of(world, "participant_other"))

    for kind in (CampaignKind.INVITATION, CampaignKind.REMINDER):
        assert chosen(world, kind)["Organisation participant_other"] is WhyNot.LEFT


def named_with_an_entry() -> set[str]:
    """The events of the journal that the code records with the reference of an entry."""
    calls = [
        call
        for path in Path("consult").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "record" and len(call.args) > 1
    ]
    with_entry = [call for call in calls if any(one.arg == "stakeholder" for one in call.keywords)]
    return {
        one.value
        for call in with_entry
        for one in ast.walk(call.args[1])
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def test_whatever_the_journal_names_an_entry_for_has_words_on_its_page():
    page = Path("templates/mailings/show_stakeholder.html").read_text(encoding="utf-8")
    events = named_with_an_entry() - set(SAID_BY_CONSENT)

    assert "delivery.settled" in events
    assert {one for one in events if f'"{one}"' not in page} == set()
