"""What the database itself refuses of entries, seats, contact people and consents, whoever writes into it."""

from consult.core.ddl import ddl, refuse_change, refuse_row_when, refuse_when
from consult.stakeholders.models import OF_BELIEF

refuse_change("consent", "consent_only_added_to", allow=("wording",))
refuse_change("consent", "wording_only_emptied", when="new.wording <> ''", delete_too=False)
refuse_when(
    "consent",
    "no_words_beside_a_code",
    before="INSERT",
    when="new.wording <> '' AND new.\"by\" <> 'self'"
    " AND EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id = new.stakeholder_id AND s.protection = 'protected')",
)
refuse_change("seat", "seat_only_ends", allow=("until", "state", "over_at"), delete_too=False)
refuse_change("seat", "ended_seat_never_changes", when="old.state = 'over'", delete_too=False)
refuse_when("seat", "seat_goes_forward", before="UPDATE", when="old.state = 'held' AND new.state = 'coming'")
# Of what one person holds, the terms follow one another, of what several hold those of each: also those that lie ahead, which the
# indexes above know nothing of. What ends on the day on which it would have begun was called off.
_MEETS = (
    "new.role {of} ('focal_point', 'signatory') AND EXISTS (SELECT 1 FROM seat AS other WHERE"
    " other.institution_id = new.institution_id AND other.role = new.role AND {besides}"
    " other.since < coalesce(new.until, {never}) AND new.since < coalesce(other.until, {never})"
    " AND new.since < coalesce(new.until, {never}) AND other.since < coalesce(other.until, {never}))"
)
for _says, _of, _whose, _change in (
    ("terms_of_a_seat_never_meet", "IN", "", "UPDATE"),
    ("terms_of_a_holder_never_meet", "NOT IN", "other.holder_id = new.holder_id AND ", "UPDATE OF until"),
):
    for _act, _besides in (("INSERT", ""), (_change, "other.id <> new.id AND")):
        refuse_when(
            "seat",
            f"{_says}_{_act.split()[0].lower()}",
            before=_act,
            when=_MEETS.format(of=_of, besides=_whose + _besides, never="'9999-12-31'"),
            says=_says,
        )
refuse_when(
    "seat",
    "seat_of_an_organisation",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM stakeholder WHERE id = new.institution_id AND kind = 'organisation')",
)
refuse_when(
    "seat",
    "seat_held_by_a_person",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM stakeholder WHERE id = new.holder_id AND kind = 'person')",
)
refuse_when(
    "contact_person",
    "contact_of_an_organisation",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM stakeholder WHERE id = new.stakeholder_id AND kind = 'organisation')",
)
# No chains: nothing merges into what is merged itself, nor into another kind, nor while others are merged into it.
_CHAIN = (
    "new.merged_into IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM stakeholder AS kept WHERE kept.id = new.merged_into"
    " AND kept.merged_into IS NULL AND kept.kind = new.kind)"
    " OR EXISTS (SELECT 1 FROM stakeholder AS gone WHERE gone.merged_into = new.id))"
)
refuse_when("stakeholder", "no_chain_of_merges", before="UPDATE OF merged_into", when=_CHAIN)
refuse_when("stakeholder", "no_chain_of_merges_insert", before="INSERT", when=_CHAIN, says="no_chain_of_merges")
refuse_when(
    "stakeholder",
    "kind_stays",
    before="UPDATE OF kind",
    when=(
        "new.kind <> old.kind AND (old.merged_into IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM stakeholder AS gone WHERE gone.merged_into = old.id)"
        " OR EXISTS (SELECT 1 FROM seat WHERE institution_id = old.id OR holder_id = old.id)"
        " OR EXISTS (SELECT 1 FROM contact_person WHERE stakeholder_id = old.id))"
    ),
)
for _name, _act in (("", "UPDATE OF category, kind"), ("_insert", "INSERT")):
    refuse_when(
        "stakeholder", f"no_belief_of_a_person{_name}", before=_act, when=OF_BELIEF, says="no_belief_of_a_person"
    )
# Who is protected stays so: another entry is another decision of theirs.
refuse_when(
    "stakeholder",
    "protected_stays_protected",
    before="UPDATE OF protection",
    when="old.protection = 'protected' AND new.protection <> 'protected'",
)
# What finds doubles would tell a name or an address as well.
_KEYS_TELL = (
    "new.protection = 'protected' AND (new.email_key <> '' OR new.name_key <> new.ref OR new.double_key <> new.ref)"
)
refuse_row_when("stakeholder", "protected_keys_are_its_code", when=_KEYS_TELL)
refuse_when(
    "stakeholder_term",
    "protected_found_by_code_only",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id = new.stakeholder_id AND s.protection = 'protected'"
    " AND new.term <> s.ref)",
)
refuse_when(
    "contact_person",
    "no_contact_of_a_protected",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id = new.stakeholder_id AND s.protection = 'protected')",
)
refuse_when(
    "seat",
    "no_seat_of_a_protected",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id IN (new.institution_id, new.holder_id)"
    " AND s.protection = 'protected')",
)
# Nobody stands in the public directory without a yes of their own to it, noted before.
_UNASKED = (
    "new.protection = 'public' AND coalesce((SELECT c.basis FROM consent AS c WHERE c.stakeholder_id = new.id"
    " AND c.purpose = 'directory' ORDER BY c.id DESC LIMIT 1), 'none') <> 'consent'"
)
refuse_when("stakeholder", "public_by_consent", before="UPDATE OF protection", when=_UNASKED)
refuse_when("stakeholder", "public_by_consent_insert", before="INSERT", when=_UNASKED, says="public_by_consent")
# What staff note of it was said on a day, and a yes on paper under a text.
refuse_when(
    "consent",
    "paper_yes_has_day_and_text",
    before="INSERT",
    when="new.purpose IN ('directory', 'directory_contact') AND new.basis = 'consent' AND new.\"by\" <> 'self'"
    " AND (new.given_on IS NULL OR new.wording = '' OR new.how NOT IN ('letter', 'meeting'))",
)
# The timeline of an entry asks the journal for what was done to it.
_OF_STAKEHOLDERS = (
    "CREATE INDEX ix_journal_entry_stakeholder ON journal_entry ((codes ->> 'stakeholder'), number)"
    " WHERE codes ->> 'stakeholder' IS NOT NULL"
)
ddl("journal_entry", "ix_journal_entry_stakeholder", sqlite=(_OF_STAKEHOLDERS,), postgresql=(_OF_STAKEHOLDERS,))
