"""What the database itself refuses of campaigns: their words, lists, approvals and states, whoever writes into it."""

from consult.core.ddl import refuse_change, refuse_change_of_part, refuse_when

_FIXED = "EXISTS (SELECT 1 FROM campaign WHERE id = old.campaign_id AND state NOT IN ('writing', 'preparing'))"
refuse_change(
    "campaign",
    "sent_campaign_never_changes",
    when="old.state NOT IN ('writing', 'preparing', 'submitted', 'waiting')",
    allow=("state",),
    delete_too=False,
)
# Until it is written again, what was given to the approver stays as it is, and who gave it.
refuse_change(
    "campaign",
    "submitted_campaign_never_changes",
    when="old.state IN ('submitted', 'waiting')",
    allow=("state", "digest", "note", "sent_at", "starts_at"),
    delete_too=False,
)
refuse_when(
    "campaign",
    "submitted_campaign_keeps_its_digest",
    before="UPDATE",
    when="old.state IN ('submitted', 'waiting') AND new.state <> 'writing' AND (new.digest IS NULL OR new.digest <> old.digest)",
)
# What has begun to go out goes on, pauses or stops, and is never written again. What is sent may go on for those it failed to reach.
refuse_when(
    "campaign",
    "campaign_never_goes_back",
    before="UPDATE",
    when="(old.state = 'stopped' AND new.state <> 'stopped')"
    " OR (old.state IN ('sending', 'paused', 'sent') AND new.state IN ('writing', 'preparing', 'submitted', 'waiting'))",
)
# Nothing goes out but what a second person approved, as it stands.
_APPROVED = (
    "EXISTS (SELECT 1 FROM campaign_approval AS a WHERE a.campaign_id = new.id AND a.digest = new.digest"
    " AND a.submission = new.submission)"
)
refuse_when(
    "campaign",
    "submissions_count_up",
    before="UPDATE OF state, submission",
    when="new.submission < old.submission"
    " OR (old.state = 'writing' AND new.state <> 'writing' AND new.submission <= old.submission)",
)
refuse_when(
    "campaign",
    "campaign_needs_approval",
    before="UPDATE OF state",
    when="old.state IN ('writing', 'preparing', 'submitted') AND new.state NOT IN ('writing', 'preparing', 'submitted')"
    f" AND (old.state <> 'submitted' OR NOT {_APPROVED})",
)
refuse_when(
    "campaign_approval",
    "approval_by_a_second_person",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM campaign WHERE id = new.campaign_id AND state = 'submitted' AND digest = new.digest"
    " AND submission = new.submission"
    " AND written_by <> new.approved_by AND submitted_by <> new.approved_by)",
)
refuse_change("campaign_approval", "approval_never_changes")
refuse_change_of_part(
    "campaign_text",
    "sent_campaign_text_never_changes",
    parent="campaign",
    via="campaign_id",
    when="state <> 'writing'",
)
refuse_change_of_part(
    "campaign_recipient",
    "list_of_a_campaign_is_fixed",
    parent="campaign",
    via="campaign_id",
    when="state <> 'preparing'",
    acts=("INSERT",),
)
refuse_change_of_part(
    "campaign_recipient",
    "list_of_a_campaign_stays",
    parent="campaign",
    via="campaign_id",
    when="state <> 'writing'",
    acts=("DELETE",),
)
for _part in ("campaign_text", "campaign_recipient"):
    refuse_when(
        _part,
        f"{_part}_stays_with_its_campaign",
        before="UPDATE OF campaign_id",
        when="old.campaign_id <> new.campaign_id",
        says="part_stays_with_its_campaign",
    )
refuse_change(
    "campaign_recipient",
    "recipient_stays_the_same",
    when=_FIXED,
    allow=("queued_at", "due_at", "person", "left_out", "tries"),
    delete_too=False,
)
