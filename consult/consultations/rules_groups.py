"""What a saved group may ask for, who is put into one or taken out, and what is always proposed."""

from collections.abc import Collection

from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.models_groups import FACTS, GROUP_NAME_MAX, LAST_MAX, REASON_MAX, GroupRule, SmartGroup
from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Channel, Stakeholder, StakeholderKind
from consult.stakeholders.rules import check_change_stakeholder
from consult.vocabularies import tables


class GroupNameMissing(Refused):
    """A saved group without a name."""

    message = _l("Write a name for the group.")


class GroupNameTooLong(Refused):
    """A name over the limit."""

    message = _l("Use at most %(limit)s characters for the name.")


class GroupNameTaken(Refused):
    """Two saved groups of one name."""

    message = _l("There is a saved group with this name already. Choose another name.")
    status = 409


class GroupRuleWrong(Refused):
    """A condition outside of what can be asked."""

    message = _l("Choose every condition from its list.")


class TargetList(Refused):
    """Persons, looked up by the group they stand for or by what they believe."""

    message = _l(
        "Nobody looks up persons by the group, belief or union they stand for. Choose organisations, or leave these conditions out."
    )


class ByHandReasonMissing(Refused):
    """Somebody put in or taken out without a word."""

    message = _l("Say why, in a few words.")


class ByHandReasonTooLong(Refused):
    """A reason over the limit."""

    message = _l("Use at most %(limit)s characters for the reason.")


class EntryUnknown(Refused):
    """Nobody of that name, address or number."""

    message = _l("No entry of the registry is found by this. Write it otherwise, or add the entry first.")


class ChoiceHasNoRule(Refused):
    """A name, a rule or a standing invitation for the choice of one consultation."""

    message = _l("The choice of a consultation is kept by hand. Save a group of its own for a rule.")
    status = 409


class KindOfTextUnknown(Refused):
    """A kind of text outside of the vocabulary."""

    message = _l("Choose kinds of text from the list.")


class InvitedAlwaysAlready(Refused):
    """Two standing invitations for one group or entry."""

    message = _l("This is always invited already. Look at the page again.")
    status = 409


class NothingProposed(Refused):
    """A choice that would take over nothing."""

    message = _l("Nobody is always invited to consultations of this kind of text.")
    status = 409


class ConsultationOver(Refused):
    """A choice for what is over."""

    message = _l("This consultation is archived: nobody is invited to it any more.")
    status = 409


def check_group_name(name: str) -> None:
    """A saved group has a name by which the team knows it.

    Raises GroupNameMissing, GroupNameTooLong.  Source: issue of saved groups.
    """
    if not name:
        raise GroupNameMissing
    if len(name) > GROUP_NAME_MAX:
        raise GroupNameTooLong(limit=GROUP_NAME_MAX)


def check_group_rule(rule: GroupRule, *, kept: GroupRule | None = None) -> None:
    """A rule asks only for what the lists know; what it asked for before may stay, also where it has gone from a list.

    Raises GroupRuleWrong, TargetList.  Source: A/HRC/50/64, paragraphs 47 to 49; DESIGN section 1, stakeholder.
    """
    kept = kept or GroupRule()
    lists: tuple[tuple[str, Collection[str]], ...] = (
        ("categories", tables.categories()), ("groups", tables.groups()), ("regions", tables.regions_in_use()),
    )  # fmt: skip
    for name, known in lists:
        if set(getattr(rule, name)) - set(known) - set(getattr(kept, name)):
            raise GroupRuleWrong
    if not all(is_installed(code) or code in kept.languages for code in rule.languages):
        raise GroupRuleWrong
    if rule.kind not in ("", *StakeholderKind) or rule.channel not in ("", *Channel):
        raise GroupRuleWrong
    for fact in FACTS:
        asked = getattr(rule, fact)
        if asked is not None and not (bool(asked.consultation_id) ^ bool(asked.last) and 0 <= asked.last <= LAST_MAX):
            raise GroupRuleWrong
    check_no_target_list(rule)


def check_no_target_list(rule: GroupRule) -> None:
    """Persons are never looked up by the group they stand for, nor by what they believe or whom they organise with.

    Raises TargetList.  Source: A/HRC/50/64, paragraphs 47 to 49.
    """
    if rule.kind == StakeholderKind.PERSON and (rule.groups or not SENSITIVE_CATEGORIES.isdisjoint(rule.categories)):
        raise TargetList


def check_change_group(group: SmartGroup) -> None:
    """A saved group has a rule, the choice of a consultation has none.

    Raises ChoiceHasNoRule.  Source: issue of saved groups.
    """
    if group.consultation_id is not None:
        raise ChoiceHasNoRule


def check_decide_by_hand(entry: Stakeholder, reason: str) -> None:
    """Who is put into a group or taken out by hand stands for themselves in the registry, and somebody said why.

    Raises ByHandReasonMissing, ByHandReasonTooLong, MergedAway.  Source: issue of saved groups.
    """
    if not reason.strip():
        raise ByHandReasonMissing
    if len(reason) > REASON_MAX:
        raise ByHandReasonTooLong(limit=REASON_MAX)
    check_change_stakeholder(entry)


def check_invite_always(group: SmartGroup | None, kinds: Collection[str], *, kept: Collection[str] = ()) -> None:
    """What is always proposed is a saved group or an entry, for kinds of text that there are.

    Raises ChoiceHasNoRule, KindOfTextUnknown.  Source: issue of standing invitations.
    """
    if group is not None:
        check_change_group(group)
    if set(kinds) - set(tables.kinds()) - set(kept):
        raise KindOfTextUnknown


def check_take_over(consultation: Consultation, *, standing: int) -> None:
    """What standing invitations propose is taken over while people can still be invited, and where there are some for it.

    Whether they propose anybody just now is no question here: of a group of protected entries the answer would say who is invited.
    Raises ConsultationOver, NothingProposed.  Source: issue of standing invitations; decision 0028.
    """
    if consultation.state is ConsultationState.ARCHIVED:
        raise ConsultationOver
    if not standing:
        raise NothingProposed
