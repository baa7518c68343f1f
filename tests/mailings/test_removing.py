"""A saved group goes when nothing is on its way to it; what went to it stays as it was."""

import pytest

from consult.audit.models import JournalEntry
from consult.consultations.models_groups import GroupRule, SmartGroup, SmartGroupEntry, StandingInvitation
from consult.consultations.operations_groups import add_group
from consult.consultations.queries_groups import find_group, list_groups, members
from consult.consultations.rules_groups import ChoiceHasNoRule
from consult.core.db import reading, writing
from consult.mailings import rules_removing as rules
from consult.mailings.audiences import name_of
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, CampaignState
from consult.mailings.operations_removing import remove_group
from consult.mailings.queries import read_words
from tests.mailings.test_audiences import queue_all, write
from tests.mailings.test_campaigns import send
from tests.rounds.test_comments import consultation, open_round  # noqa: F401
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.world import World


def the_group(world: World) -> SmartGroup:
    with reading() as db:
        return db.query(SmartGroup).filter(SmartGroup.consultation_id.is_(None)).first()


def goes_to(group: SmartGroup, state: CampaignState) -> None:
    """One campaign of the world, in a state, that goes to this group."""
    with writing() as db:
        one = db.query(Campaign).filter_by(state=state).first()
        assert one is not None, state
        one.audience, one.group_id = "group", group.id


def test_a_group_is_removed_with_all_that_was_decided_about_it(world):
    group, desk = the_group(world), world.browser("secretariat")
    page = f"/staff/groups/{group.ref}/"
    assert f"{page}remove/" in desk.get(page).text

    asked, removed = desk.get(f"{page}remove/"), desk.post(f"{page}remove/")

    assert (asked.status_code, removed.status_code, removed.location) == (200, 303, "/staff/groups/")
    assert (desk.get(page).status_code, desk.post(f"{page}remove/").status_code) == (404, 404)
    with writing() as db:
        assert (find_group(db, group.ref), [one.name for one in list_groups(db) if one.name == group.name]) == (
            None,
            [],
        )
        assert db.query(SmartGroupEntry).filter_by(group_id=group.id).count() == 0
        assert db.query(StandingInvitation).filter_by(group_id=group.id).count() == 0
        assert list(db.scalars(members(db.get_one(SmartGroup, group.id)))) == []
        assert db.query(JournalEntry).filter_by(event="group.removed").one().codes == {"group": group.ref}
        again = add_group(
            db, group.name, GroupRule(categories=("cso",)), by=world.staff["secretariat"], now=group.created_at
        )
    assert again.ref != group.ref


def test_check_remove_group_waits_for_what_is_on_its_way(world):
    group = the_group(world)
    goes_to(group, CampaignState.WRITING)

    answer = world.browser("secretariat").post(f"/staff/groups/{group.ref}/remove/")

    assert (answer.status_code, str(rules.GroupInUse.message) in answer.text) == (409, True)
    for state in CampaignState:
        if state in rules.OVER:
            rules.check_remove_group(group, [state])
        else:
            with pytest.raises(rules.GroupInUse):
                rules.check_remove_group(group, [CampaignState.SENT, state])
    with pytest.raises(ChoiceHasNoRule):
        rules.check_remove_group(SmartGroup(consultation_id=1), [])


@pytest.mark.database
def test_a_mailing_that_went_out_keeps_its_words_its_rows_and_the_name(open_round):  # noqa: F811
    add()
    with writing() as db:
        group = add_group(db, "Women", GroupRule(groups=("women",)), by=Dalia(), now=NOON)
    campaign = write(CampaignKind.INVITATION, audience=Audience.GROUP, group=group)
    with pytest.raises(rules.GroupInUse):
        removed(group)
    assert send(campaign) == 1
    with pytest.raises(rules.GroupInUse):
        removed(group)
    queue_all(campaign)
    before = kept_of(campaign)

    removed(group)

    assert kept_of(campaign) == before
    assert before[:2] == (CampaignState.SENT, "Saved group: Women")


def removed(group):
    with writing() as db:
        remove_group(db, db.get_one(SmartGroup, group.id), by=Dalia(), now=NOON)


def kept_of(campaign):
    with reading() as db:
        found = db.get_one(Campaign, campaign.id)
        people = [(one.stakeholder_id, one.why) for one in db.query(CampaignRecipient).filter_by(campaign_id=found.id)]
        return (
            found.state,
            name_of(db, found),
            read_words(db, found.id),
            people,
        )
