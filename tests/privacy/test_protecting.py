"""Protecting an entry that is there: what is sealed, what goes, what stays, and who may."""

import json

import pytest
from nacl.public import PrivateKey, SealedBox

from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core import crypto
from consult.core.db import reading, writing
from consult.custody.models import Officer, SealedEntry
from consult.custody.rules import OfficersMissing
from consult.jobs.queue import queue
from consult.privacy import operations_protecting, rules_protecting
from consult.rounds.models import Comment, Consent
from consult.stakeholders.models import Basis, Protection, Stakeholder, StakeholderTerm
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.support.world import NOON, OFFICER, everything

SURE = {"is_sure": "y"}


def entry_of(world, who="participant_b"):
    with reading() as db:
        return db.get_one(Stakeholder, db.get_one(Participant, world.ids[who]["id"]).stakeholder_id)


def protect(world, entry, who="secretariat"):
    answer = world.browser(who).post(f"/staff/stakeholders/{entry.ref}/protect/", data=SURE)
    with reading() as db:
        return answer, db.get_one(Stakeholder, entry.id)


def opened(entry):
    """What the officer reads."""
    with reading() as db:
        copy = db.query(SealedEntry).filter_by(stakeholder_id=entry.id).one()
    return json.loads(crypto.unpad(crypto.unseal(copy.sealed, *OFFICER.box)))


def test_protect_entry_seals_who_it_is_and_leaves_a_new_code(world):
    before = entry_of(world)

    answer, after = protect(world, before)

    assert answer.status_code == 303
    assert after.protection is Protection.PROTECTED
    assert after.name == after.ref != before.ref
    assert (after.email, after.groups, after.basis, after.category) == ("", "", Basis.CONSENT, "cso")
    told = opened(after)
    assert (told["name"], told["email"], told["entry"]) == (before.name, before.email, after.ref)
    with reading() as db:
        terms = db.query(StakeholderTerm.term).filter_by(stakeholder_id=after.id).all()
        taking = db.query(Participant).filter_by(stakeholder_id=after.id).one()
        comment = db.query(Comment).filter_by(participant_id=taking.id).first()
    assert [one[0] for one in terms] == [after.ref]
    assert (taking.name, taking.organisation, taking.email) == ("", after.ref, "")
    assert comment.consent not in (Consent.WITH_NAME, Consent.ORGANISATION_ONLY)
    assert world.browser("visitor").get(f"/en/door/{world.ids['participant_b']['token']}").status_code == 404
    assert world.browser("secretariat").get(f"/staff/stakeholders/{before.ref}/").status_code == 404
    assert after.ref in world.browser("secretariat").get(f"/staff/stakeholders/{after.ref}/").text
