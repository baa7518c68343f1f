"""Every page that a GET gives, who sees it, and a browser that is shown them by the application itself.

The table names each endpoint of the application: a new one that is in none of its parts fails `tests/test_every_page.py`.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

from consult.accounts.models import Role, Staff
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import writing
from consult.demo.walking import Door, WalkThrough
from consult.jobs.queue import queue
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.keys import header_token
from consult.mailings.models import Campaign
from consult.mailings.operations import Wording, write_campaign
from consult.mailings.operations_approval import approve_campaign, submit_campaign
from tests.support.browser import visitor
from tests.support.world import NOON, World
from tests.test_access import ids_of, path_of, rules_of

VISITOR, PARTICIPANT, SECRETARY, ADMINISTRATOR = "visitor", "participant", "secretariat", "administrator"
PUBLIC = {
    "demo_public.walk_through", "consultations_public.show_door", "drafts_public.read_draft", "drafts_public.read_version",
    "drafts_public.show_changes", "reports_public.show_paragraph", "reports_public.show_report", "rounds_public.ask_for_link",
    "rounds_public.sent_comment", "rounds_public.write_comment", "site_public.accessibility", "site_public.help_page",
    "calendar_public.show_calendar", "site_public.home", "site_public.how_it_works", "site_public.privacy", "site_public.show_consultation",
    "site_public.show_terms", "site_public.threatened", "mailings_public.show_leaving",
    "mailings_public.show_leave_link", "custody_public.show_custodian",
    "directory_public.list_directory",
    "lists_public.list_lists", "lists_public.show_archive", "lists_public.show_confirmation", "lists_public.show_list",
    "lists_public.show_message",
    "requests_public.ask_to_take_part",
    "requests_public.show_confirmation", "fresh_public.ask_to_move", "fresh_public.show_move", "briefing_public.show_seat_link",
    "privacy_public.take_own", "privacy_public.forget_entry", "own_public.ask_page", "own_public.show_opening", "codes_public.type_code",
}  # fmt: skip
OPENED = {
    "own_entry.show_entry",
    "own_entry.change_entry",
    "own_entry.keep_own_contact",
    "own_entry.declare",
    "own_protection.ask_protection",
}
SIGNED_OUT = {"accounts_staff.set_password", "accounts_staff.sign_in"}
ENTERED = {
    "rounds_public.my_comments", "rounds_public.object_to_screening", "rounds_public.withdraw_comment", "entry_public.show_entry",
    "entry_public.change_entry", "entry_public.keep_own_contact", "entry_public.declare",
    "protection_public.ask_protection",
}  # fmt: skip
DESK = {
    "accounts_staff.change_password", "accounts_staff.your_account", "consultations_staff.create_consultation",
    "consultations_staff.edit_consultation", "consultations_staff.edit_team", "consultations_staff.edit_terms",
    "consultations_staff.show_dossier", "drafts_staff.check_upload", "drafts_staff.preview_draft", "drafts_staff.publish_version",
    "drafts_staff.show_draft", "jobs_staff.show_task", "mail_staff.list_mails", "mail_staff.show_mail",
    "mailings_staff.list_campaigns", "mailings_staff.show_campaign", "mailings_staff.write_campaign",
    "reports_staff.check_report", "responses_staff.list_answers", "responses_staff.show_comment", "rounds_staff.list_comments",
    "rounds_staff.list_participants", "rounds_staff.show_round", "site_staff.list_uncertain_mails", "site_staff.today",
    "stakeholders_staff.add_stakeholder", "stakeholders_staff.change_stakeholder", "stakeholders_staff.import_list",
    "stakeholders_staff.list_stakeholders", "stakeholders_staff.preview_import",
    "mailings_staff.begin_campaign", "mailings_staff.preview_campaign", "mailings_staff.list_recipients",
    *(f"news_staff.{name}_campaign" for name in ("begin", "preview", "show", "write")), "news_staff.list_campaigns",
    "news_staff.list_recipients", "suppressions_staff.lift_suppression", "suppressions_staff.lift_suppressions",
    "site_staff.archive_consultation", "safe_desk_staff.show_nameless", "custody_staff.show_custody",
    "contacts_staff.add_contact", "contacts_staff.change_contact", "export_staff.export_registry", "export_staff.show_export",
    "merging_staff.list_doubles", "registry_staff.brief_successor", "registry_staff.merge_stakeholders", "protecting_staff.protect_entry",
    "registry_staff.show_stakeholder", "behalf_staff.hand_out_copy", "behalf_staff.note_wish", "behalf_staff.list_wishes",
    "behalf_staff.show_wish", "seats_staff.appoint_seat", "seats_staff.end_seat", "seats_staff.hand_over",
    "paper_staff.note_directory", "seats_staff.show_composition",
    "lists_staff.add_subscriber", "lists_staff.change_list", "lists_staff.create_list",
    "lists_staff.find_subscription", "lists_staff.list_lists", "lists_staff.show_list",
    "groups_staff.add_group", "groups_staff.change_group", "groups_staff.list_groups",
    "groups_staff.remove_group",
    "groups_staff.show_group", "groups_staff.take_out", "missing_staff.list_missing", "missing_staff.show_missing",
    "missing_staff.take_over", "standing_staff.invite_entry", "standing_staff.invite_group",
    "requests_staff.list_requests", "requests_staff.show_request", "requests_staff.list_refusals",
    "answer_letters_staff.show_answer_letters", "answer_letters_staff.show_answer_file", "answer_letters_staff.print_answer_calls",
    "letters_staff.show_letters", "letters_staff.preview_letter", "letters_staff.show_file",
    "speaking_staff.list_calls", "speaking_staff.print_calls",
    "entered_staff.find_author", "entered_staff.enter_comment",
}  # fmt: skip
SITE = {
    "accounts_staff.add_person", "accounts_staff.change_person", "accounts_staff.list_people", "site_staff.choose_languages",
    "site_staff.name_site", "site_staff.show_site", "site_staff.test_mail", "second_factor_staff.reset_second_factor",
}  # fmt: skip
OFFICER = {
    "safe_desk_staff.show_desk",
    "deliveries_staff.list_deliveries",
    "sealed_staff.list_protected",
    "erasing_staff.confirm_erasing",
    "links_staff.list_links",
}
OWN_ACCOUNT = {
    "second_factor_staff.show_second_factor", "second_factor_staff.begin_authenticator", "second_factor_staff.add_authenticator",
    "second_factor_staff.make_recovery_codes", "second_factor_staff.remove_authenticator", "passkeys_staff.begin_passkey",
    "passkeys_staff.add_passkey", "passkeys_staff.remove_passkey",
}  # fmt: skip
HALF_WAY = {"second_factor_staff.pass_second_factor"}
SEEN_BY = {
    VISITOR: PUBLIC | SIGNED_OUT, PARTICIPANT: ENTERED, SECRETARY: DESK, ADMINISTRATOR: SITE, "protection_officer": OFFICER,
    "logistics": OWN_ACCOUNT, "half": HALF_WAY, "protected_one": {"erasing_public.confirm_erasing_myself"}, "opened": OPENED,
}  # fmt: skip
SET_UP = {
    "site_set_up.add_administrator", "site_set_up.choose_languages", "site_set_up.name_site", "site_set_up.test_mail",
}  # fmt: skip  # only on an empty installation
NO_PAGE = {  # a file, a word for a machine, or the way to a page
    "healthz", "readyz", "static", "reports_public.download_report", "responses_staff.next_unanswered", "site_public.choose_language",
    "calendar_public.calendar_feed", "calendar_public.consultation_feed",
    "lists_public.list_feed", "letters_staff.download_file", "answer_letters_staff.download_answer_file", "speaking_staff.download_calls",
    "export_staff.download_export", "stakeholders_staff.download_wrong", "custody_staff.download_card",
    "sealed_staff.download_officers", "custody_staff.open_custodian", "safe_desk_staff.download_call",
    "second_factor_staff.draw_authenticator",
}  # fmt: skip

UPR = "/staff/consultations/upr"
VARIANTS = [  # what a page shows on request, and pages of refusals
    (SECRETARY, f"{UPR}/answers/?show=all"), (SECRETARY, f"{UPR}/answers/?show=noted"), (SECRETARY, f"{UPR}/draft/check/en/?at=1"),
    (SECRETARY, f"{UPR}/report/?preview=all"), (SECRETARY, "/staff/stakeholders/?words=nobody-is-called-so"),
    (SECRETARY, f"{UPR}/missing/list/?group=women"),
    (SECRETARY, "/staff/people/"), (SECRETARY, "/staff/consultations/nowhere/"), (VISITOR, "/{lang}/nowhere/"),
    (VISITOR, "/{lang}/door/nothing"),
    (VISITOR, "/{lang}/leave/nothing"),
    (VISITOR, "/{lang}/seat/nothing"), (VISITOR, "/{lang}/consultations/upr/comment/0/"), (VISITOR, "/{lang}/consultations/upr/draft/1/"),
    (VISITOR, "/{lang}/consultations/upr/paragraphs/0/"), (VISITOR, "/{lang}/consultations/upr/my-comments/"),
    (VISITOR, "/{lang}/take-part/"), (VISITOR, "/{lang}/take-part/confirm/nothing"), (VISITOR, "/{lang}/my-data/move/nothing"),
    (VISITOR, "/{lang}/my-entry/"), ("opened", "/{lang}/my-entry/contacts/new/"),
    ("protected_one", "/{lang}/consultations/upr/my-entry/"),
    (PARTICIPANT, "/{lang}/consultations/upr/my-entry/contacts/new/"), ("nhri_observer", "/staff/requests/refusals/"),
    (PARTICIPANT, "/{lang}/consultations/upr/comment/2/"), ("facilitator", "/staff/"), ("logistics", f"{UPR}/"),
]  # fmt: skip


# Source: ux.md section 5; bytes, compressed where a server compresses.
PAGE_MAX, DRAFT_MAX, CSS_MAX, FIRST_MAX, SECOND_MAX, MAIL_MAX = 25_000, 40_000, 10_000, 60_000, 30_000, 30_000
# Whatever a page would load besides itself.
LOADS = (
    "//script | //img | //iframe | //object | //embed | //video | //audio | //svg"
    " | //link[@rel='stylesheet' or @rel='icon' or @rel='preload']"
)


def weight(body: bytes) -> int:
    """What a page weighs on its way: compressed, in bytes."""
    return len(gzip.compress(body, 9))


class Visit(NamedTuple):
    """A page: who looks at it, and where it is."""

    who: str
    path: str


def fill(world: World) -> None:
    """Give a world what only a demonstration leaves behind: captured mails and a walk-through."""
    settings = world.app.extensions["consult settings"]
    with writing() as db:
        found, by = db.query(Consultation).filter_by(slug="upr").one(), world.staff[SECRETARY]
        words = dict.fromkeys(found.languages, ("Subject", "Words"))
        sent = write_campaign(db, found, Wording((), (), words), campaign=None, by=by, now=NOON)
        later = write_campaign(db, found, Wording((), (), words), campaign=None, by=by, now=NOON)
        asked = write_campaign(db, found, Wording((), (), words), campaign=None, by=by, now=NOON)
        for one, start in ((sent, None), (later, NOON + timedelta(minutes=10)), (asked, None)):
            submit_campaign(db, found, one, asked_start=start, by=by, now=NOON)
    queue().work_off()
    with writing() as db:
        found, approver = db.query(Consultation).filter_by(slug="upr").one(), world.staff["approver"]
        for one in (sent, later):
            kept = db.get_one(Campaign, one.id)
            approve_campaign(db, found, kept, seen=kept.digest or b"", by=approver, now=NOON)
    world.ids[""] |= {"sent_campaign": sent.ref, "waiting_campaign": later.ref, "asked_campaign": asked.ref}
    queue().work_off()
    door = world.staff[SECRETARY]
    doors = [Door(door.name, Role.SECRETARIAT, door.email, "four odd words here")]
    walking = WalkThrough(
        "upr",
        f"/en/door/{world.ids[PARTICIPANT]['token']}",
        doors,
        safe="http://localhost:8001",
        code="1" * 30,
        officer="officer",
        passphrase="four odd words here",
        officer_name="Ana",
        leaves_no_trace=True,
    )
    walking.keep(settings.data)
    world.ids[""]["captured"] = list_captured(mailbox(settings), limit=1)[0].name


def speak(world: World, language: str) -> None:
    """Let the staff of a world read their pages in a language."""
    with writing() as db:
        for one in world.staff.values():
            db.get_one(Staff, one.id).language = language


def visits(world: World, language: str) -> list[Visit]:
    """Every page of a filled world in a language, and the variants."""
    rules = {rule.endpoint: rule for rule in rules_of(world) if "GET" in rule.methods}
    found = []
    for who, endpoints in SEEN_BY.items():
        for endpoint in sorted(endpoints):
            ids = {**ids_of(world, endpoint), "lang": language}
            if endpoint == "mail_staff.show_mail":
                ids["name"] = world.ids[""]["captured"]
            if endpoint == "rounds_public.sent_comment":
                ids["code"] = world.ids["upr"]["own"]
            found.append(Visit(who, path_of(world, rules[endpoint], ids)))
    leaving = f"/{language}/leave/{world.ids['']['leave_list']}"
    found += [
        Visit(VISITOR, leaving),
        Visit(VISITOR, f"{leaving}?about=upr"),
        Visit(VISITOR, f"/{language}/leave/{header_token(world.ids['']['leave_list'])}"),
        Visit(VISITOR, f"/{language}/leave/confirm/nothing"),
        Visit(VISITOR, f"/{language}/confirm/nothing"),
    ]
    for name in ("sent_campaign", "waiting_campaign", "asked_campaign"):
        found.append(Visit(SECRETARY, f"{UPR}/mailings/{world.ids[''][name]}/"))
    found.append(Visit(SECRETARY, f"{UPR}/mailings/{world.ids['']['sent_campaign']}/recipients/"))
    found.append(Visit("approver", f"{UPR}/mailings/{world.ids['']['asked_campaign']}/?list=not"))
    return found + [Visit(who, path.replace("{lang}", language)) for who, path in VARIANTS]


@contextmanager
def shown(
    browser: Browser, clients: dict[str, FlaskClient], *, width: int, language: str, dark: bool
) -> Iterator[tuple[Page, dict[str, str]]]:
    """A page of a real browser whose every request the application answers in this process, at the world's noon.

    Gives the page, and a note of whose browser it is: set `note["who"]` before going anywhere.
    """
    note = {"who": VISITOR}

    def answer(route: Route) -> None:
        asked = route.request
        path = asked.url.removeprefix("http://localhost")
        with clock.at(NOON):
            made = clients[note["who"]].open(
                path, method=asked.method, data=asked.post_data_buffer, headers=asked.headers
            )
        route.fulfill(status=made.status_code, headers=dict(made.headers), body=made.data)
        made.close()

    with visitor(browser, width=width, language=language, dark=dark) as context:
        context.route("http://localhost/**", answer)
        yield context.new_page(), note
