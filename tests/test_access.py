"""Who may do what, address by address: one table, and every address of the application has its line in it.

The sets below are written out by hand, not read from `accounts/rules.py`: the two must agree.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from consult.custody.custodian import custodian
from tests.support.second_factor import OWN_PAGE
from tests.support.world import World, everything

STAFF = (
    "secretariat", "approver", "facilitator", "logistics", "translator", "protection_officer", "focal_point",
    "nhri_observer", "administrator", "elsewhere",
)  # fmt: skip  # all but "elsewhere", a secretary, are on the team
# "half" gave a password and still owes a code; the new administrator owes a second factor altogether.
PEOPLE = ("visitor", "participant", "opened", "half", "new_administrator", *STAFF)

EVERYONE = frozenset(PEOPLE)
ENTERED = frozenset({"participant"})  # through a door; everyone else is told to open their link: 403
OPENED = frozenset({"opened"})  # whoever opened their own entry by a mailed link
SIGNED_IN = frozenset(STAFF)
TEAM = SIGNED_IN - {"elsewhere"}
READERS = frozenset({"secretariat", "approver", "facilitator", "translator", "nhri_observer"})
DRAFTERS = frozenset({"secretariat", "translator"})
PUBLISHERS = frozenset({"secretariat", "approver"})
ANSWERERS = frozenset({"secretariat", "facilitator"})
TRANSLATORS = ANSWERERS | {"translator"}
SECRETARY = frozenset({"secretariat"})  # of this consultation's team
SECRETARIES = frozenset({"secretariat", "elsewhere"})
APPROVING = frozenset({"secretariat", "approver"})  # of mailings: by another than whoever wrote
APPROVING_ANYWHERE = APPROVING | SECRETARIES  # of the news of lists, which have no team
FORGETTING = SECRETARIES | {"approver"}  # whoever asked on paper, which somebody else noted
ADMINISTRATOR = frozenset({"administrator"})
OFFICER = frozenset({"protection_officer"})
CUSTODY = frozenset(
    {"secretariat", "elsewhere", "approver", "facilitator", "nhri_observer", "protection_officer", "administrator"}
)
MAILBOX = frozenset({"secretariat", "elsewhere", "administrator"})
HALF = frozenset({"half"})
LOGISTICS = frozenset({"logistics"})  # whose passkey it is, and to whom a secret is being shown

MAY = {
    "accounts_staff.add_person": ADMINISTRATOR,
    "accounts_staff.change_password": SIGNED_IN,
    "accounts_staff.change_person": ADMINISTRATOR,
    "accounts_staff.disable_person": ADMINISTRATOR,
    "accounts_staff.list_people": ADMINISTRATOR,
    "accounts_staff.make_password_link": ADMINISTRATOR,
    "accounts_staff.set_password": EVERYONE,
    "accounts_staff.sign_in": EVERYONE,
    "accounts_staff.sign_out": SIGNED_IN,
    "accounts_staff.your_account": SIGNED_IN,
    "calendar_public.calendar_feed": EVERYONE,
    "calendar_public.consultation_feed": EVERYONE,
    "calendar_public.show_calendar": EVERYONE,
    "consultations_public.enter_door": EVERYONE,
    "consultations_public.show_door": EVERYONE,
    "consultations_staff.create_consultation": SECRETARIES,
    "consultations_staff.edit_consultation": SECRETARY,
    "consultations_staff.edit_team": SECRETARY,
    "consultations_staff.edit_terms": SECRETARY,
    "consultations_staff.open_consultation": SECRETARY,
    "consultations_staff.remove_from_team": SECRETARY,
    "consultations_staff.show_dossier": TEAM,
    "custody_public.show_custodian": EVERYONE,
    "custody_staff.appoint_officer": ADMINISTRATOR,
    "custody_staff.confirm_half": OFFICER,
    "custody_staff.confirm_sheet": OFFICER,
    "custody_staff.download_card": CUSTODY,
    "custody_staff.end_officer": OFFICER | ADMINISTRATOR,
    "custody_staff.hand_in_card": OFFICER,
    "custody_staff.hand_out_half": OFFICER,
    "custody_staff.open_custodian": EVERYONE,
    "custody_staff.open_key": OFFICER,
    "custody_staff.show_custody": CUSTODY,
    "custody_staff.sign_appointment": OFFICER,
    "custody_staff.stop_key": OFFICER,
    "roll_staff.answer_roll": OFFICER,
    "roll_staff.call_off_roll": ADMINISTRATOR,
    "roll_staff.call_roll": ADMINISTRATOR,
    "roll_staff.end_roll": ADMINISTRATOR,
    "erasing_staff.confirm_erasing": OFFICER,
    "erasing_staff.erase_entry": OFFICER,
    "links_staff.list_links": OFFICER,
    "links_staff.replace_link": OFFICER,
    "sealed_staff.download_officers": OFFICER,
    "sealed_staff.hand_out": OFFICER,
    "sealed_staff.list_protected": OFFICER,
    "sealed_staff.take_entries": OFFICER,
    "demo_public.enter": EVERYONE,
    "demo_public.walk_through": EVERYONE,
    "drafts_public.read_draft": EVERYONE,
    "drafts_public.read_version": EVERYONE,
    "drafts_public.show_changes": EVERYONE,
    "drafts_staff.check_upload": DRAFTERS,
    "drafts_staff.correct_upload": DRAFTERS,
    "drafts_staff.preview_draft": READERS,
    "drafts_staff.publish_version": PUBLISHERS,
    "drafts_staff.show_draft": READERS,
    "drafts_staff.upload_draft": DRAFTERS,
    "groups_staff.add_group": SECRETARIES,
    "groups_staff.change_group": SECRETARIES,
    "groups_staff.leave_to_rule": SECRETARIES,
    "groups_staff.list_again": SECRETARIES,
    "groups_staff.list_groups": SECRETARIES,
    "groups_staff.put_in": SECRETARIES,
    "groups_staff.remove_group": SECRETARIES,
    "groups_staff.show_group": SECRETARIES,
    "groups_staff.take_out": SECRETARIES,
    "healthz": EVERYONE,
    "jobs_staff.show_task": SECRETARY,  # whoever started it
    "lists_public.confirm_subscription": EVERYONE,
    "lists_public.list_feed": EVERYONE,
    "lists_public.list_lists": EVERYONE,
    "directory_public.list_directory": EVERYONE,
    "lists_public.show_archive": EVERYONE,
    "lists_public.show_confirmation": EVERYONE,
    "lists_public.show_list": EVERYONE,
    "lists_public.show_message": EVERYONE,
    "lists_public.sign_up": EVERYONE,
    "lists_staff.add_subscriber": SECRETARIES,
    "lists_staff.change_list": SECRETARIES,
    "lists_staff.create_list": SECRETARIES,
    "lists_staff.end_subscription": SECRETARIES,
    "lists_staff.find_subscription": SECRETARIES,
    "lists_staff.list_lists": SECRETARIES,
    "lists_staff.show_list": SECRETARIES,
    "mail_staff.list_mails": MAILBOX,
    "mail_staff.show_mail": MAILBOX,
    "mailings_public.change_list_language": EVERYONE,
    "answer_letters_staff.download_answer_file": SECRETARY,  # whoever asked for it
    "answer_letters_staff.make_answer_letters": SECRETARY,
    "answer_letters_staff.mark_answers_posted": SECRETARY,
    "answer_letters_staff.note_answers": SECRETARY,
    "answer_letters_staff.print_answer_calls": SECRETARY,
    "answer_letters_staff.show_answer_file": SECRETARY,
    "answer_letters_staff.show_answer_letters": SECRETARY,
    "codes_public.try_code": EVERYONE,
    "codes_public.type_code": EVERYONE,
    "entered_staff.enter_comment": SECRETARY,
    "entered_staff.find_author": SECRETARY,
    "entered_staff.leave_on_behalf": SECRETARY,
    "letters_staff.download_file": SECRETARY,  # whoever asked for it
    "letters_staff.make_letters": SECRETARY,
    "letters_staff.mark_posted": SECRETARY,
    "letters_staff.preview_letter": APPROVING,
    "letters_staff.return_letter": SECRETARY,
    "letters_staff.show_file": SECRETARY,
    "letters_staff.show_letters": APPROVING,
    "speaking_staff.download_calls": SECRETARY,
    "speaking_staff.list_calls": APPROVING,
    "speaking_staff.note_call": SECRETARY,
    "speaking_staff.print_calls": SECRETARY,
    "mailings_public.leave_mails": EVERYONE,
    "mailings_public.show_leave_link": EVERYONE,
    "mailings_public.use_leave_link": EVERYONE,
    "mailings_public.ask_to_stop": ENTERED,
    "mailings_public.resume_mail": ENTERED,
    "mailings_public.show_leaving": EVERYONE,
    "mailings_public.undo_leaving": EVERYONE,
    "mailings_staff.approve_campaign": APPROVING,
    "mailings_staff.begin_campaign": SECRETARY,
    "mailings_staff.list_campaigns": APPROVING,
    "mailings_staff.list_recipients": APPROVING,
    "mailings_staff.pause_campaign": SECRETARY,
    "mailings_staff.resume_campaign": SECRETARY,
    "mailings_staff.retry_campaign": SECRETARY,
    "mailings_staff.preview_campaign": APPROVING,
    "mailings_staff.return_campaign": APPROVING,
    "mailings_staff.submit_campaign": SECRETARY,
    "mailings_staff.stop_campaign": SECRETARY,
    "mailings_staff.take_back_campaign": SECRETARY,
    "mailings_staff.show_campaign": APPROVING,
    "mailings_staff.try_campaign": APPROVING,
    "mailings_staff.write_campaign": SECRETARY,
    "news_staff.approve_campaign": APPROVING_ANYWHERE,
    "news_staff.begin_campaign": SECRETARIES,
    "news_staff.list_campaigns": APPROVING_ANYWHERE,
    "news_staff.list_recipients": APPROVING_ANYWHERE,
    "news_staff.pause_campaign": SECRETARIES,
    "news_staff.resume_campaign": SECRETARIES,
    "news_staff.retry_campaign": SECRETARIES,
    "news_staff.preview_campaign": APPROVING_ANYWHERE,
    "news_staff.return_campaign": APPROVING_ANYWHERE,
    "news_staff.submit_campaign": SECRETARIES,
    "news_staff.stop_campaign": SECRETARIES,
    "news_staff.take_back_campaign": SECRETARIES,
    "news_staff.show_campaign": APPROVING_ANYWHERE,
    "news_staff.try_campaign": APPROVING_ANYWHERE,
    "news_staff.write_campaign": SECRETARIES,
    "missing_staff.list_missing": SECRETARY,
    "missing_staff.show_missing": SECRETARY,
    "missing_staff.take_over": SECRETARY,
    "passkeys_staff.add_passkey": SIGNED_IN,
    "passkeys_staff.begin_passkey": SIGNED_IN,
    "passkeys_staff.pass_with_passkey": HALF,
    "passkeys_staff.remove_passkey": LOGISTICS,
    "readyz": EVERYONE,
    "reports_public.download_report": EVERYONE,
    "reports_public.show_paragraph": EVERYONE,
    "reports_public.show_report": EVERYONE,
    "reports_staff.check_report": READERS,
    "reports_staff.publish_report": PUBLISHERS,
    "responses_staff.answer_comment": ANSWERERS,
    "responses_staff.lift_withholding": ANSWERERS,
    "responses_staff.list_answers": READERS,
    "responses_staff.mark_screened": ANSWERERS,
    "responses_staff.next_unanswered": READERS,
    "responses_staff.redact_comment": ANSWERERS,
    "responses_staff.remove_redaction": ANSWERERS,
    "responses_staff.settle_objection": ANSWERERS,
    "responses_staff.show_comment": READERS,
    "responses_staff.translate_answer": TRANSLATORS,
    "responses_staff.undo_answer": ANSWERERS,
    "responses_staff.withhold_comment": ANSWERERS,
    "entry_public.ask_fresh_link": ENTERED,
    "entry_public.change_entry": ENTERED,
    "entry_public.change_language": ENTERED,
    "entry_public.choose_purpose": ENTERED,
    "entry_public.declare": ENTERED,
    "protection_public.ask_protection": ENTERED,
    "entry_public.withdraw": ENTERED,
    "entry_public.keep_own_contact": ENTERED,
    "entry_public.propose_colleague": ENTERED,
    "entry_public.remove_own_contact": ENTERED,
    "entry_public.show_entry": ENTERED,
    **{
        f"own_entry.{name}": OPENED
        for name in (
            "ask_fresh_link",
            "change_entry",
            "change_language",
            "choose_purpose",
            "declare",
            "withdraw",
            "keep_own_contact",
            "propose_colleague",
            "remove_own_contact",
            "show_entry",
        )
    },
    "own_protection.ask_protection": OPENED,
    "own_public.ask_for_entry": EVERYONE,
    "own_public.ask_page": EVERYONE,
    "own_public.close_entry": OPENED,
    "own_public.come_back": OPENED,
    "own_public.leave_all": OPENED,
    "own_public.show_opening": EVERYONE,
    "behalf_staff.hand_out_copy": SECRETARIES,
    "behalf_staff.note_wish": SECRETARIES,
    "behalf_staff.list_wishes": FORGETTING,
    "behalf_staff.show_wish": FORGETTING,
    "behalf_staff.carry_out_wish": FORGETTING,
    "behalf_staff.call_off_wish": FORGETTING,
    "erasing_public.confirm_erasing_myself": ENTERED,
    "erasing_public.erase_myself": ENTERED,
    "fresh_public.ask_to_move": EVERYONE,
    "fresh_public.move_address": EVERYONE,
    "fresh_public.show_move": EVERYONE,
    "privacy_public.forget_entry": EVERYONE,
    "deliveries_staff.fetch_deliveries": OFFICER,
    "deliveries_staff.list_deliveries": OFFICER,
    "deliveries_staff.settle_delivery": OFFICER,
    "protecting_staff.protect_entry": SECRETARIES | OFFICER,
    "privacy_public.take_own": EVERYONE,
    "requests_public.ask_to_take_part": EVERYONE,
    "requests_public.confirm_request": EVERYONE,
    "requests_public.show_confirmation": EVERYONE,
    "requests_staff.accept_request": SECRETARIES,
    "requests_staff.decide_name": SECRETARIES,
    "requests_staff.decide_proposal": SECRETARIES,
    "requests_staff.list_refusals": SECRETARIES | {"nhri_observer"},
    "requests_staff.list_requests": SECRETARIES,
    "requests_staff.make_letter": SECRETARIES,
    "requests_staff.note_told": SECRETARIES,
    "requests_staff.refuse_request": SECRETARIES,
    "requests_staff.show_request": SECRETARIES,
    "rounds_public.ask_for_link": EVERYONE,
    "rounds_public.forget_comment_draft": ENTERED,
    "rounds_public.leave": EVERYONE,
    "rounds_public.my_comments": ENTERED,
    "rounds_public.object_to_screening": ENTERED,
    "rounds_public.send_comment_drafts": ENTERED,
    "rounds_public.sent_comment": EVERYONE,
    "rounds_public.take_comment": EVERYONE,
    "rounds_public.withdraw_comment": ENTERED,
    "rounds_public.write_comment": EVERYONE,
    "rounds_staff.extend_round": PUBLISHERS,
    "rounds_staff.list_comments": READERS,
    "rounds_staff.list_participants": SECRETARY,
    "rounds_staff.open_round": PUBLISHERS,
    "rounds_staff.replace_link": SECRETARY,
    "rounds_staff.show_round": READERS,
    "second_factor_staff.add_authenticator": SIGNED_IN,
    "second_factor_staff.begin_authenticator": SIGNED_IN,
    "second_factor_staff.draw_authenticator": LOGISTICS,
    "second_factor_staff.make_recovery_codes": SIGNED_IN,
    "second_factor_staff.pass_second_factor": HALF,
    "second_factor_staff.remove_authenticator": SIGNED_IN,
    "second_factor_staff.reset_second_factor": ADMINISTRATOR,
    "second_factor_staff.show_second_factor": SIGNED_IN,
    "safe_desk_staff.announce_withdrawals": PUBLISHERS,
    "safe_desk_staff.download_call": OFFICER,
    "safe_desk_staff.hand_out": OFFICER,
    "safe_desk_staff.report_erasure": OFFICER,
    "safe_desk_staff.show_desk": OFFICER,
    "safe_desk_staff.show_nameless": CUSTODY - {"elsewhere"},
    "safe_desk_staff.upload_result": OFFICER,
    "site_public.accessibility": EVERYONE,
    "site_public.choose_language": EVERYONE,
    "site_public.help_page": EVERYONE,
    "site_public.home": EVERYONE,
    "site_public.how_it_works": EVERYONE,
    "site_public.privacy": EVERYONE,
    "site_public.show_consultation": EVERYONE,
    "site_public.show_terms": EVERYONE,
    "site_public.threatened": EVERYONE,
    "site_set_up.add_administrator": EVERYONE,  # whoever has the link, as long as nobody works here
    "site_set_up.choose_languages": EVERYONE,
    "site_set_up.name_site": EVERYONE,
    "site_set_up.test_mail": EVERYONE,
    "site_staff.archive_consultation": SECRETARY,
    "site_staff.choose_languages": ADMINISTRATOR,
    "site_staff.decide_mail": MAILBOX,
    "site_staff.lift_halt": MAILBOX,
    "site_staff.list_uncertain_mails": MAILBOX,
    "site_staff.name_site": ADMINISTRATOR,
    "site_staff.show_site": ADMINISTRATOR,
    "site_staff.test_mail": ADMINISTRATOR,
    "site_staff.today": SIGNED_IN,
    "contacts_staff.add_contact": SECRETARIES,
    "contacts_staff.change_contact": SECRETARIES,
    "contacts_staff.remove_contact": SECRETARIES,
    "export_staff.download_export": SECRETARY,  # whoever asked for it
    "export_staff.export_registry": SECRETARIES,
    "export_staff.show_export": SECRETARY,
    "merging_staff.keep_apart": SECRETARIES,
    "merging_staff.list_doubles": SECRETARIES,
    "merging_staff.undo_merge": SECRETARIES,
    "briefing_public.open_briefing": EVERYONE,
    "briefing_public.show_seat_link": EVERYONE,
    "registry_staff.brief_successor": SECRETARIES,
    "registry_staff.mail_briefing": SECRETARIES,
    "registry_staff.merge_stakeholders": SECRETARIES,
    "registry_staff.show_stakeholder": SECRETARIES,
    "seats_staff.appoint_seat": SECRETARIES,
    "seats_staff.end_seat": SECRETARIES,
    "paper_staff.note_directory": SECRETARIES,
    "seats_staff.hand_over": SECRETARIES,
    "seats_staff.show_composition": SECRETARIES,
    "stakeholders_staff.add_stakeholder": SECRETARIES,
    "stakeholders_staff.apply_import": SECRETARY,  # whoever uploaded it
    "stakeholders_staff.change_stakeholder": SECRETARIES,
    "stakeholders_staff.download_wrong": SECRETARY,
    "stakeholders_staff.import_list": SECRETARIES,
    "stakeholders_staff.list_stakeholders": SECRETARIES,
    "stakeholders_staff.name_columns": SECRETARY,
    "stakeholders_staff.preview_import": SECRETARY,
    "stakeholders_staff.take_as": SECRETARY,
    "standing_staff.end_entry": SECRETARIES,
    "standing_staff.end_group": SECRETARIES,
    "standing_staff.invite_entry": SECRETARIES,
    "standing_staff.invite_group": SECRETARIES,
    "static": EVERYONE,
    "suppressions_staff.lift_suppression": SECRETARIES,
    "suppressions_staff.lift_suppressions": SECRETARIES,
}
# To these, others who could have one of their own are told that there is none.
NOT_THEIRS = {
    "jobs_staff.show_task": SIGNED_IN,
    "passkeys_staff.remove_passkey": SIGNED_IN,
    "second_factor_staff.draw_authenticator": SIGNED_IN,
    "export_staff.download_export": SECRETARIES,
    "export_staff.show_export": SECRETARIES,
    "stakeholders_staff.apply_import": SECRETARIES,
    "stakeholders_staff.download_wrong": SECRETARIES,
    "stakeholders_staff.name_columns": SECRETARIES,
    "stakeholders_staff.preview_import": SECRETARIES,
    "stakeholders_staff.take_as": SECRETARIES,
}
# All that someone can do who still has to set up a second factor.
SET_UP = frozenset({
    "accounts_staff.sign_out", "passkeys_staff.add_passkey", "passkeys_staff.begin_passkey",
    "second_factor_staff.add_authenticator", "second_factor_staff.begin_authenticator",
    "second_factor_staff.draw_authenticator", "second_factor_staff.show_second_factor",
})  # fmt: skip
OF_PERSONS = (
    "rounds_public",
    "consultations_public",
    "mailings_public",
    "entry_public",
    "protection_public",
    "erasing_public",
    "own_entry",
    "own_protection",
    "own_public",
    "briefing_public",
)  # whoever has no door is refused there, not sent to sign in
LAST = (  # who one is changes, or a link ends
    "own_public.close_entry", "own_public.show_opening", "fresh_public.move_address",
    "groups_staff.remove_group", "consultations_public.enter_door", "rounds_staff.replace_link", "links_staff.replace_link",
    "erasing_staff.erase_entry", "rounds_public.leave",
    "accounts_staff.sign_out",
)  # fmt: skip
# No mail was captured, and no cycle of a demonstration run: 404 also for those who may look.
EMPTY = {"mail_staff.show_mail", "demo_public.enter", "demo_public.walk_through"}
if custodian() is None:  # a checkout in which `make custodian` was never run
    EMPTY.add("custody_staff.open_custodian")
SENT = {
    "responses_staff.remove_redaction": {"field": "text", "start": "0"},
    **{f"custody_staff.{act}": {"key": "1"} for act in ("hand_out_half", "confirm_half", "confirm_sheet")},
}  # all other forms are sent empty


class Ask(NamedTuple):
    """One address with one method."""

    endpoint: str
    method: str
    path: str


def rules_of(world: World) -> list[Rule]:
    """Every rule of the application."""
    return list(world.app.url_map.iter_rules())


def path_of(world: World, rule: Rule, ids: dict) -> str:
    """A rule's address with these values."""
    with world.app.test_request_context():
        adapter = world.app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, {name: ids[name] for name in rule.arguments}, method=min(rule.methods))


def ids_of(world: World, endpoint: str, slug: str = "upr") -> dict:
    """What stands for each argument of an endpoint: things of a consultation, or of everybody."""
    own, all_ = world.ids[slug], world.ids[""]
    package, name = endpoint.partition(".")[::2]
    ref = {
        "responses_staff": own["comment"],
        "mailings_staff": own["campaign"],
        "news_staff": all_["own_news"],
        **dict.fromkeys(("letters_staff", "speaking_staff"), own.get("letters", own["campaign"])),
        "rounds_public": own["paragraph"],
        "reports_public": own["paragraph"],
        "rounds_staff": world.ids["participant" if slug == "upr" else "participant_other"]["ref"],
        "accounts_staff": all_["person"],
        "second_factor_staff": all_["person"],
        "passkeys_staff": all_["passkey"],
        "jobs_staff": all_["task"],
        "stakeholders_staff": all_[
            "import" if name.endswith(("_import", "_columns", "_wrong", "_as")) else "stakeholder"
        ],
        "merging_staff": all_["merged" if name == "undo_merge" else "stakeholder"],
        "export_staff": all_["export"],
        "groups_staff": all_["group"],
        "standing_staff": all_["group" if name.endswith("_group") else "stakeholder"],
        "requests_staff": all_["stakeholder" if name == "decide_name" else "request"],
        **dict.fromkeys(
            ("contacts_staff", "registry_staff", "seats_staff", "protecting_staff", "paper_staff"), all_["stakeholder"]
        ),
        "behalf_staff": all_["wish" if name.endswith(("show_wish", "out_wish", "off_wish")) else "stakeholder"],
        "consultations_staff": all_["stranger"],
        "suppressions_staff": all_["suppression"],
        **dict.fromkeys(("sealed_staff", "erasing_staff", "links_staff"), all_["protected"]),
        "deliveries_staff": all_["delivery"],
        "lists_staff": all_["subscription"],
        **dict.fromkeys(("entry_public", "own_entry"), world.ids["participant"]["stakeholder"]),
        "custody_staff": all_["newcomer" if name == "appoint_officer" else "officer"],
        "roll_staff": all_["newcomer" if name == "call_roll" else "roll"],
    }.get(package)
    number = {
        "decide_proposal": all_["proposal"],
        "show_changes": max(2, own["number"]),
        "decide_mail": all_["mail"],
        "lift_halt": all_["halt"],
    }.get(name, own["number"])
    if package in ("contacts_staff", "registry_staff", "seats_staff", "lists_public"):
        number = 1
    task = all_["letters"]
    if package == "answer_letters_staff":
        number, task = own.get("answer_call", number), all_["answer_letters"]
    token = {
        "mailings_public": all_["leave_list"]
        if name == "change_list_language"
        else all_["leave_link"]
        if name.endswith("_leave_link")
        else world.ids["participant"]["leave"],
        "lists_public": all_["confirm"],
        "briefing_public": all_["seat_link"],
        "requests_public": all_["confirm_request"],
        "own_public": all_["open"],
        "fresh_public": all_["move" if name == "ask_to_move" else "arrive"],
        "privacy_public": all_["forget" if name == "forget_entry" else "take"],
    }.get(package, world.ids["participant"]["token"])
    return {
        "lang": "en", "slug": slug, "ref": ref, "language": own["language"], "secret": all_["secret"],
        "number": number, "line": 4, "kind": "csv", "what": "news" if package == "news_staff" else "reminder", "filename": "consult.css",
        "code": own.get("kept_back" if name == "object_to_screening" else "own", own["comment"]),
        "token": token, "name": "0" * 12, "who": "entry", "task": task, "way": "phone",
        "whose": all_["by_phone" if package == "speaking_staff" else "by_letter"],
        "other": all_["taken_out" if name == "leave_to_rule" else "double"], "list_slug": all_["list"],
    }  # fmt: skip


def asks(world: World) -> Iterator[Ask]:
    """Every address with GET and with POST: first what only looks, at last what ends the visit."""
    by_path = {path_of(world, rule, ids_of(world, rule.endpoint)): rule for rule in rules_of(world)}
    every = [Ask(rule.endpoint, method, path) for path, rule in by_path.items() for method in ("GET", "POST")]
    return iter(
        sorted(
            every, key=lambda ask: (LAST.index(ask.endpoint) if ask.endpoint in LAST else -1, ask.method, ask.endpoint)
        )
    )


def endpoint_of(world: World, ask: Ask) -> str | None:
    """The endpoint that answers an address and method; None where none does."""
    matching = world.app.url_map.bind("localhost")
    try:
        return matching.match(ask.path, method=ask.method)[0]
    except Exception:
        return None


def answer_to(client: FlaskClient, ask: Ask) -> str:
    """served, sign-in, or the status of the refusal. A form that is refused for what it says was served."""
    answer = client.open(ask.path, method=ask.method, data=SENT.get(ask.endpoint) if ask.method == "POST" else None)
    answer.close()
    if answer.status_code == 303 and answer.headers["Location"].startswith("/staff/sign-in/"):
        return "sign-in"
    if ask.method == "GET" and answer.headers.get("Location") == OWN_PAGE:
        return "set up first"
    return "served" if answer.status_code in (200, 202, 302, 303, 409, 410, 422) else str(answer.status_code)


def expected(who: str, ask: Ask, endpoint: str | None) -> str:
    """What the table says."""
    if endpoint is None:
        return "405"
    if MAY[endpoint] == HALF and who != "half":
        return "sign-in"
    if who == "new_administrator" and MAY[endpoint] != EVERYONE:
        if endpoint.split(".")[0] not in OF_PERSONS and endpoint not in SET_UP:
            return "set up first" if ask.method == "GET" else "403"
        who = "administrator"
    if who in MAY[endpoint]:
        return "404" if endpoint in EMPTY else "sign-in" if endpoint == "accounts_staff.sign_out" else "served"
    if endpoint.split(".")[0] in OF_PERSONS:
        return "403"
    if who not in SIGNED_IN:
        return "sign-in"
    return "404" if who in NOT_THEIRS.get(endpoint, ()) else "403"


def test_the_table_has_a_line_for_every_address(world: World):
    assert {rule.endpoint for rule in rules_of(world)} == set(MAY)


@pytest.mark.parametrize("who", PEOPLE)
def test_each_is_served_what_the_table_says_and_nothing_else(world: World, who: str):
    client = world.browser(who)
    wrong = []
    for ask in asks(world):
        want, got = expected(who, ask, endpoint_of(world, ask)), answer_to(client, ask)
        if got != want:
            wrong.append((ask.method, ask.path, want, got))

    assert wrong == []


def with_two_ids(world: World) -> list[Rule]:
    """The addresses that name a consultation and something in it."""
    inner = {"ref", "code", "language", "number"}
    return [rule for rule in rules_of(world) if "slug" in rule.arguments and rule.arguments & inner]


# Addresses whose second part is shared: a member of staff, a paragraph's name, under which one has kept something or not, or an
# institution, which is of no consultation.
SHARED = {
    "consultations_staff.remove_from_team": 303,
    "rounds_public.forget_comment_draft": 303,
    "entry_public.propose_colleague": 409,
}


@pytest.mark.parametrize("who", ["secretariat", "facilitator", "translator", "participant", "visitor"])
def test_what_belongs_to_another_consultation_is_not_found_through_this_one(world: World, who: str):
    """`secretariat` works on both, so only the address can be what is wrong."""
    client, before = world.browser(who), everything()
    rules = with_two_ids(world)
    found = {}
    for rule in rules:
        path = path_of(world, rule, {**ids_of(world, rule.endpoint, "other"), "slug": "upr"})
        for method in sorted({"GET", "POST"} & rule.methods):
            answer = client.open(path, method=method, data=WORDS if method == "POST" else None)
            signs_in = answer.status_code == 303 and "/sign-in/" in answer.headers["Location"]
            if answer.status_code not in (403, 404) and not signs_in:
                found[rule.endpoint] = answer.status_code

    assert len(rules) > 20
    assert {endpoint: status for endpoint, status in found.items() if SHARED.get(endpoint) != status} == {}
    assert everything() == before


WORDS = {
    "text": "Stolen", "consent": "with_name", "act": "send", "outcome": "accepted", "reason": "Stolen", "passage": "The",
    "category": "third_person_name", "grounds": "threats", "field": "text", "start": "0", "seen": "0", "place": "0",
    "edition": "1", "name": "Thief",
}  # fmt: skip
MINE = "/en/consultations/upr/my-comments/"


def test_what_another_participant_wrote_is_out_of_reach(world: World):
    """A knows the number of B's comment, and has their own browser."""
    a, theirs = world.browser("participant"), world.ids["upr"]["comment"]
    before = everything()

    answers = [a.open(f"{MINE}{theirs}/withdraw/", method=method).status_code for method in ("GET", "POST")]
    sent, mine = a.get(f"/en/consultations/upr/sent/{theirs}/"), a.get(MINE)
    form = a.get("/en/consultations/upr/comment/2/")

    assert answers == [404, 404]
    assert everything() == before
    assert "COMMENT-OF-A" in mine.text
    assert "DRAFT-OF-participant" in form.text
    for page in (sent, mine, form):
        assert "COMMENT-OF-B" not in page.text
        assert "participant_b" not in page.text


def test_throwing_away_and_sending_touch_one_s_own_alone(world: World):
    a = world.browser("participant")
    drafts_of_b = [row for row in everything()["comment_draft"] if row[1] == world.ids["participant_b"]["id"]]

    a.post(f"{MINE}2/throw-away/")
    a.post(f"{MINE}send/")

    assert everything()["comment_draft"] == drafts_of_b
    assert len(drafts_of_b) == 1


def test_a_session_of_one_door_is_none_in_another_consultation_nor_at_the_desk(world: World):
    client = world.browser("visitor")
    for name in ("part-upr", "part-other", "consult"):
        client.set_cookie(name, world.secrets["participant_other"])

    assert client.get(MINE).status_code == 403
    assert client.get(MINE.replace("/upr/", "/other/")).status_code == 200
    assert client.get("/staff/").status_code == 303


def test_a_participants_secret_in_a_staff_session_signs_nobody_in(world: World):
    client = world.browser("visitor")
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = world.secrets["participant"], True

    assert client.get("/staff/").headers["Location"].startswith("/staff/sign-in/")


def test_a_half_signed_in_secret_in_a_staff_session_signs_nobody_in(world: World):
    client = world.browser("visitor")
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = world.secrets["half"], True

    assert client.get("/staff/").headers["Location"].startswith("/staff/sign-in/")


def test_a_staff_secret_in_place_of_a_half_one_passes_no_second_factor(world: World):
    client = world.browser("visitor")
    with client.session_transaction() as session:
        session["half_signed_in"] = world.secrets["logistics"]

    assert client.get("/staff/second-factor/").headers["Location"].startswith("/staff/sign-in/")


def test_a_staff_secret_in_a_door_cookie_lets_nobody_in(world: World):
    client = world.browser("visitor")
    client.set_cookie("part-upr", world.secrets["secretariat"])

    assert client.get(MINE).status_code == 403
