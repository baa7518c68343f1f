"""Every kind of personal data: what it is, where it stands, why, how long, what then, and who can read it.

The one table: the privacy page shows it, docs/operations/data-protection.md is held to it, the nightly job works by it. Where a
sweep of the worker deletes a kind already, its own term stands here and nothing is done twice.
Source: DESIGN invariants 1, 6 and 14; docs/decisions/0023-retention.md
"""

from datetime import timedelta

from consult.accounts import rules as accounts
from consult.accounts.operations import sweep_accounts
from consult.core.i18n import _l
from consult.jobs.models import KEEP_DAYS
from consult.jobs.operations import expire_tasks
from consult.mail.operations_captured import CAPTURED_LASTS, sweep_captured
from consult.privacy.kind import (
    ADMINISTRATORS,
    AS_THE_RECORD,
    DELETED,
    MACHINE,
    NOBODY,
    PUBLIC,
    STATES,
    STAYS,
    TEAM,
    Kind,
)
from consult.privacy.kinds_registry import IN_THE_REGISTRY
from consult.rounds.operations_drafts import DRAFTS_LAST, sweep_comment_drafts
from consult.stakeholders.operations_import import KEPT, sweep_imports

KINDS = (
    Kind(
        "staff",
        _l("Staff: name, address, roles; digests and sealed secrets with which they sign in."),
        ("staff", "staff_role", "team_member", "authenticator", "passkey", "recovery_code"),
        _l("To sign in, and to be answerable."),
        _l("Until an administrator ends their access; the name stays with what they did."),
        STAYS, ADMINISTRATORS,
    ),
    Kind(
        "officers",
        _l("Protection officers: name, institution, public card, and when they were appointed."),
        ("officer", "appointment", "roll_call", "roll_answer"),
        _l("So that people can check who is able to open what they write without a name."),
        _l("For good: what was sealed to an officer must stay explainable."),
        STAYS,
        _l("Administrators; the public sees institution and card."),
    ),
    Kind(
        "sign_in_attempts",
        _l("Failed attempts to sign in, without a name."),
        ("sign_in_attempt",),
        _l("To slow down whoever guesses passwords."),
        _l("counted from the attempt"),
        DELETED, NOBODY,
        lasts=accounts.ATTEMPTS_WINDOW,
        sweep=sweep_accounts,
    ),
    Kind(
        "sessions",
        _l("Sessions of staff and of participants: the digest of a random number."),
        ("session", "passkey_challenge", "authenticator_offer"),
        _l("To stay signed in, or entered."),
        _l("Until the session ends."),
        DELETED, NOBODY,
        sweep=sweep_accounts,
    ),
    Kind(
        "known_devices",
        _l("Browsers in which staff signed in before: the digest of a random number."),
        ("known_device",),
        _l("So that they need not wait while others guess at their account."),
        _l("counted from signing in"),
        DELETED, NOBODY,
        lasts=accounts.DEVICE_LASTS,
        sweep=sweep_accounts,
    ),
    Kind(
        "password_links",
        _l("Links on which staff set a password: their digests."),
        ("password_link",),
        _l("To know the link, and to say why an old one does not work."),
        _l("counted from the day on which the link ended"),
        DELETED, NOBODY,
        lasts=accounts.LINK_LASTS,
        sweep=sweep_accounts,
    ),
    *IN_THE_REGISTRY,
    Kind(
        "imports",
        _l("Uploaded lists of organisations and people, and their rows."),
        ("stakeholder_import", "stakeholder_import_row"),
        _l("To check before anything is kept."),
        _l("counted from the upload"),
        DELETED,
        _l("Who uploaded it."),
        lasts=KEPT,
        sweep=sweep_imports,
    ),
    Kind(
        "results",
        _l("Files that were made on request, and how far the work on them is."),
        ("task",),
        _l("To fetch them."),
        _l("counted from the day they were ready"),
        DELETED,
        _l("Who asked for it."),
        lasts=timedelta(days=KEEP_DAYS),
        sweep=expire_tasks,
    ),
    Kind(
        "participants",
        _l("Who of the registry was invited to a consultation, and took part; the digest of their personal link."),
        ("participant", "participation", "door", "campaign_recipient", "announcement_recipient"),
        _l("To show who was asked. The link in an old mail must still be able to stop mail."),
        AS_THE_RECORD,
        STAYS, TEAM,
    ),
    Kind(
        "visitors",
        _l("Name, organisation and address of those who comment without being in the registry."),
        ("participant",),
        _l("To publish as they chose, and to answer them."),
        _l("counted from the day on which the consultation was archived"),
        _l("They are erased, but for a name or organisation that was published because its owner said so."),
        PUBLIC,
        setting="retention_participant_days",
    ),
    Kind(
        "unconfirmed_addresses",
        _l("An address that was given with a comment, and that nobody confirmed through its link."),
        ("participant",),
        _l("To send the personal link there."),
        _l("counted from the comment"),
        _l("It is erased. A keyed digest stays, so that whoever reads the old mail can still stop all mail."),
        TEAM,
        setting="retention_address_days",
    ),
    Kind(
        "comments",
        _l("Comments: the words, the paragraph as their author saw it, what was chosen about publishing; and the answers."),
        ("comment", "entered_comment", "response", "disposition", "answer_translation", "redaction", "objection", "report_item"),
        _l("To answer in public, and to show what changed."),
        _l("As long as the record of the consultation. What its author takes back leaves nothing but that there was something."),
        STAYS, PUBLIC,
    ),
    Kind(
        "comment_drafts",
        _l("Comments that were kept for later and not sent."),
        ("comment_draft",),
        _l("For their writers."),
        _l("counted from the closing of the round"),
        DELETED,
        _l("Its writer alone."),
        lasts=DRAFTS_LAST,
        sweep=sweep_comment_drafts,
    ),
    Kind(
        "mails",
        _l("That a mail was for somebody of our tables, why, and what became of it. Address and content go when it is over."),
        ("outbox_mail", "delivery"),
        _l("So that nobody gets the same mail twice."),
        AS_THE_RECORD,
        STAYS, STATES,
    ),
    Kind(
        "mail_traces",
        _l("Of a mail that is over: its number on the way, the server’s words, a keyed digest of the address."),
        ("outbox_mail",),
        _l("To know what came back, and to look for a mail that did not arrive."),
        _l("counted from the day on which it was sent or given up"),
        _l("They are erased."),
        STATES,
        setting="retention_mail_days",
    ),
    Kind(
        "bounces",
        _l("That a mail came back: a code, and a keyed digest of the address."),
        ("bounce",),
        _l("To stop writing to an address that does not work."),
        _l("counted from the day it came back"),
        DELETED, STATES,
        setting="retention_mail_days",
    ),
    Kind(
        "suppressions",
        _l("That nothing goes to an address because mail came back: a keyed digest."),
        ("suppression",),
        _l("So that we do not go on writing to an address that does not work."),
        _l(
            "Until staff say why it may be tried again, or its reader confirms it anew; three months where no server said that there"
            " is no such mailbox."
        ),
        STAYS, STATES,
    ),
    Kind(
        "lifted_suppressions",
        _l("That an address did not work once, and why it was tried again."),
        ("suppression",),
        _l("To be answerable for writing there again."),
        _l("counted from the day on which it was tried again"),
        DELETED, STATES,
        setting="retention_suppression_days",
    ),
    Kind(
        "leavings",
        _l("The act of leaving: who, when, and on which way."),
        ("leaving",),
        _l("To take it back where it was a mistake, and to show that it was done."),
        _l("counted from the act"),
        _l("It is deleted. That nothing is sent stays."),
        NOBODY,
        setting="retention_leaving_days",
    ),
    Kind(
        "captured_mails",
        _l("Mails of a demonstration, which are written to files instead of being sent."),
        (),
        _l("To show what would be sent."),
        _l("counted from the mail"),
        DELETED, ADMINISTRATORS,
        lasts=CAPTURED_LASTS,
        sweep=sweep_captured,
    ),
    Kind(
        "journal",
        _l("The journal: which act, by whom of the staff or by the system, on what, as numbers and codes; reasons of staff."),
        ("journal_entry", "journal_reason"),
        _l("To be answerable."),
        _l("For good: an entry that could be deleted proves nothing. The words of a reason can be erased."),
        STAYS, MACHINE,
    ),
    Kind(
        "logs",
        _l("Logs: minute, kind of page, whether it was found, how long it took."),
        (),
        _l("To find faults."),
        _l("As long as the machine’s own log is kept."),
        DELETED, MACHINE,
    ),
)  # fmt: skip


def kind(code: str) -> Kind:
    """The kind of a code. Raises LookupError."""
    for one in KINDS:
        if one.code == code:
            return one
    raise LookupError(code)
