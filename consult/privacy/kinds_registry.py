"""Kinds of personal data about whom we know: the registry, those who ask to be in it, those who signed up to a list."""

from consult.core.i18n import _l
from consult.privacy.kind import AS_THE_RECORD, DELETED, NOBODY, REGISTRY, STAYS, Kind

IN_THE_REGISTRY = (
    Kind(
        "registry",
        _l(
            "The registry: name, category, region, languages, addresses, telephone, what is needed to take part, note; of"
            " organisations the groups they represent, and people to speak to. In which saved groups an entry is."
        ),
        ("stakeholder", "stakeholder_term", "contact_person", "not_double", "names_alike", "name_to_compare",
         "smart_group_entry", "smart_group_listed",
         "standing_invitation"),
        _l("To invite those who said yes, or whose office takes part."),
        _l("Until they leave."),
        STAYS, REGISTRY,
    ),
    Kind(
        "left_entries",
        _l("Addresses, telephone, needs, notes and contact people of those in the registry who left; what was noted of their letters and"
            " calls."),
        ("stakeholder", "sealed_entry", "outreach_step", "answer_letter_step", "dead_contact"),
        _l("To find their entry, if they ask."),
        _l("counted from the day they left"),
        _l("They are erased. The name stays, so that nobody enters it anew by mistake."),
        REGISTRY,
        setting="retention_left_entry_days",
    ),
    Kind(
        "letters",
        _l(
            "Letters, calls and visits to those without e-mail: how each stands, when, and what was noted; that an address or"
            " number does not work; the digest of the code on a letter."
        ),
        ("outreach", "outreach_step", "answer_letter", "answer_letter_step", "dead_contact", "door_code"),
        _l("To reach people without e-mail once, and to show who was asked."),
        AS_THE_RECORD,
        _l(
            "That there was a letter or a call, and how it ended, stays. What was noted in words, and that an address or number"
            " does not work, is erased with the entry’s address, or when they ask to be forgotten; the digest of the code then too."
        ),
        REGISTRY,
    ),
    Kind(
        "sealed_entries",
        _l(
            "Who a protected entry of the registry is, how to reach them and what they need: sealed, one copy for each protection"
            " officer. The registry itself holds a code, kind, category and language."
        ),
        ("sealed_entry",),
        _l("So that only a protection officer knows them, and can bring them what is sent to all."),
        _l("Until they ask to be forgotten, or have left for as long as other entries; an officer’s copies until the officer ends."),
        DELETED,
        _l("Each protection officer their own copy, on their own computer."),
    ),
    Kind(
        "left_addresses",
        _l("That nothing goes to an address any more: a keyed digest, from which no address can be read."),
        ("left_address",),
        _l("So that nobody who left is written to again, whoever brings the address."),
        _l("For good, or until its reader asks for mail again."),
        STAYS, NOBODY,
    ),
    Kind(
        "consents",
        _l("Each yes and no to mail, with its day and the way it came."),
        ("consent",),
        _l("To prove that we may write."),
        _l("As long as the entry in the registry: it is the proof."),
        _l("Each yes and no stays. What staff wrote of the text agreed to is erased when they ask to be forgotten."), REGISTRY,
    ),
    Kind(
        "seats",
        _l("Who holds or held a seat of an institution, from when until when; the digest of the link to the briefing."),
        ("seat", "seat_link"),
        _l("To know to whom official mail goes, and who was answerable when."),
        _l("For good: it is the record of an institution."),
        STAYS, REGISTRY,
    ),
    Kind(
        "own_changes",
        _l(
            "What somebody changed in their own entry, and when; a name they wish for, people they name until the secretariat"
            " decides; the digests of links mailed for that."
        ),
        ("entry_change", "name_wish", "fresh_link", "seat_proposal"),
        _l("To show what came from themselves, and to know a link."),
        _l("As long as the entry in the registry. A link works for half an hour, a day at most."),
        _l("It goes when they ask to be forgotten."),
        REGISTRY,
    ),
    Kind(
        "declared",
        _l(
            "What somebody declares of themselves behind their personal link: groups, woman or man, a disability, a parallel report."
            " Nobody else can enter it."
        ),
        ("own_declaration",),
        _l("To see who is missing in the network, by numbers."),
        _l("Until they withdraw it or leave."),
        DELETED,
        _l("Nobody as theirs: numbers from five up. An organisation’s name with a parallel report, if it agrees."),
    ),
    Kind(
        "requests",
        _l("Requests to take part: what was typed, what was decided, and why."),
        ("participation_request",),
        _l("To decide, and to be answerable for refusals."),
        _l("Without a confirmation seven days; otherwise a year from the decision."),
        _l("The personal part is erased. That there was a request, the decision and its reason stay."),
        _l("Staff who keep the registry; refusals also the observer of the human rights institution, without names of persons."),
    ),
    Kind(
        "subscriptions",
        _l("Who signed up to a list of news: address, language, and each yes and no with its day."),
        ("subscription", "subscription_act", "list_leaving", "sign_up_mailbox"),
        _l("To send what they asked for."),
        _l("Until a day after they leave. Without a confirmation seven days."),
        _l("The address is erased. A keyed digest stays, so that no list brings it back."),
        _l("The secretariat: numbers, and one address at a time."),
    ),
    Kind(
        "leave_links",
        _l(
            "That links were mailed to an address, to stop its mail or to show what is held of it: what for, and when; a keyed digest"
            " in place of the address."
        ),
        ("leave_link",),
        _l("So that nobody makes another leave, and no mailbox is filled."),
        _l("A week."),
        DELETED, NOBODY,
    ),
    Kind(
        "asked_addresses",
        _l("An address that somebody typed to see what we hold of it."),
        ("own_ask",),
        _l("To mail the links there, if we hold anything."),
        _l("Some seconds: until the worker has looked."),
        DELETED, NOBODY,
    ),
    Kind(
        "forget_wishes",
        _l("That somebody asked staff to be forgotten: how, on which day, and how staff made sure that it is they."),
        ("forget_wish",),
        _l("So that a second person looks before anything is erased."),
        _l("Until it is done, or called off."),
        _l("It is deleted. The journal keeps that it was asked and done, without the name."),
        REGISTRY,
    ),
)  # fmt: skip
