"""When a saved group can go."""

from collections.abc import Collection

from consult.consultations.models_groups import SmartGroup
from consult.consultations.rules_groups import ChoiceHasNoRule
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models import CampaignState

OVER = (CampaignState.SENT, CampaignState.STOPPED)


class GroupInUse(Refused):
    """A group to which something is still going."""

    message = _l(
        "A mailing that has not gone out goes to this group. Send or stop it first, or choose other recipients."
    )
    status = 409


def check_remove_group(group: SmartGroup, campaigns: Collection[CampaignState]) -> None:
    """A saved group is removed when every mailing to it has gone out or was stopped; the choice of a consultation stays.

    Raises ChoiceHasNoRule, GroupInUse.  Source: docs/decisions/0025-smart-groups.md.
    """
    if group.consultation_id is not None:
        raise ChoiceHasNoRule
    if any(state not in OVER for state in campaigns):
        raise GroupInUse
