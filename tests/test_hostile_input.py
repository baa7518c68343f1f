"""Every form of the site, and every address, sent what no browser sends. Never a fault; what is kept is shown as text.

`FORMS` has a line for every address that takes a POST: who sends it, and a form that is accepted.
"""

import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote_plus

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from consult.accounts.models import SessionKind
from consult.accounts.operations import begin_session, make_password_link, set_password_by_link
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import UPLOAD_MAX
from consult.custody.custodian import custodian
from consult.rounds.models import Comment
from tests.support import world as worlds
from tests.support.second_factor import SoftKey, code_at
from tests.support.world import NOON, World, everything
from tests.test_access import MAY, ids_of, path_of, rules_of

PASSWORD = "four odd words here"
WORDS = "Typed & kept"
TYPED = {"text", "in_ar", "reply", "address", "name_en", "privacy_en", "reason", "note", "name",
         "organisation", "evidence", "passage", "title_en", "body_en", "subject_en", "cycle",
         "what_it_is_en", "questions_en", "closes_on", "starts", "answers_by", "who_writes_en", "email", "due_on", "sent_on",
         "words", "why", "postal_address", "phone", "access_needs", "wording", "person", "since", "until", "appointed_by",
         "how_often_en", "who"}  # fmt: skip
NUMBERS = {"version", "seen", "edition", "place", "number", "start"}
ENTRY = {"kind": "organisation", "name": WORDS, "category": "cso", "groups": "women", "language": "en",
         "email": "n@org.example", "basis": "consent", "note": WORDS, "region": "amery", "also_languages": "ar",
         "channel": "post", "postal_address": WORDS, "phone": "+677 12345", "access_needs": WORDS, "told": "letter",
         "wording": WORDS}  # fmt: skip
HEARD = {"way": "letter", "asked_on": "2027-03-01", "checked": "known", "note": WORDS}
CONTACT = {"name": WORDS, "role": WORDS, "email": "c@org.example", "language": "en"}
GROUP = {"name": WORDS, "categories": "cso", "groups": "women", "regions": "amery", "languages": "en", "kind": "organisation",
         "channel": "post", "invited_to": "last:2", "not_invited_to": "last:1", "took_part_in": "last:3",
         "never_took_part_in": "last:1", "holds_seat": "y"}  # fmt: skip
OWN_ENTRY = {
    "name": WORDS,
    "groups": "women",
    "region": "amery",
    "language": "en",
    "also_languages": "ar",
    "channel": "post",
    "email": "",
    "postal_address": WORDS,
    "phone": "+677 12345",
    "access_needs": WORDS,
}
HOLDER = {"person": "bela@org.example", "since": "2027-03-01", "appointed_by": WORDS}
DOSSIER = {"slug": "new", "kind": "upr_national_report", "cycle": "fourth", "source": "en", "languages": "en",
           "time_zone": "UTC", "due_on": "2027-04-01", "title_en": WORDS, "what_it_is_en": WORDS}  # fmt: skip
LIST = {f"{part}_{code}": WORDS for part in ("name", "what_it_is", "how_often") for code in ("en", "ar", "zh")}
CODE, OWN = code_at(NOON), {"password": PASSWORD}
FORMS = {
    "accounts_staff.add_person": ("administrator", {"name": WORDS, "email": "n@x.example", "language": "en", "roles": "logistics"}),
    "accounts_staff.change_password": ("logistics", {"old": PASSWORD, "password": "quite other words now"}),
    "accounts_staff.change_person": ("administrator", {"roles": "logistics"}),
    "accounts_staff.disable_person": ("administrator", {}),
    "accounts_staff.make_password_link": ("administrator", {}),
    "accounts_staff.set_password": ("visitor", {"password": PASSWORD}),
    "accounts_staff.sign_in": ("visitor", {"email": "logistics@x.example", "password": PASSWORD}),
    "accounts_staff.sign_out": ("logistics", {}),
    "accounts_staff.your_account": ("logistics", {"language": "ar"}),
    "consultations_public.enter_door": ("visitor", {}),
    "consultations_staff.create_consultation": ("secretariat", DOSSIER),
    "consultations_staff.edit_consultation": (
        "secretariat", {**DOSSIER, "slug": "upr", "languages": "ar", "title_ar": WORDS},
    ),
    "consultations_staff.edit_team": ("secretariat", {"email": "elsewhere@x.example"}),
    "consultations_staff.edit_terms": ("secretariat", {"who_writes_en": WORDS, "dates_ar": WORDS}),
    "consultations_staff.open_consultation": ("secretariat", {}),
    "consultations_staff.remove_from_team": ("secretariat", {}),
    "custody_staff.appoint_officer": ("administrator", {"fingerprint": worlds.NEWCOMER.fingerprint}),
    "custody_staff.confirm_half": ("protection_officer", {"key": "1"}),
    "custody_staff.confirm_sheet": ("protection_officer", {"key": "1"}),
    "custody_staff.end_officer": ("administrator", {}),
    "custody_staff.hand_in_card": ("protection_officer", {"file": worlds.OFFICER.card.encode()}),
    "custody_staff.hand_out_half": ("protection_officer", {"key": "1"}),
    "custody_staff.open_key": ("protection_officer", {"file": b"{}"}),
    "custody_staff.sign_appointment": ("protection_officer", {"paper_on": "2027-03-01", "file": b"{}"}),
    "custody_staff.stop_key": ("protection_officer", {"file": b"{}"}),
    "roll_staff.answer_roll": ("protection_officer", {}),
    "roll_staff.call_off_roll": ("administrator", {}),
    "roll_staff.call_roll": ("administrator", {"fingerprint": worlds.NEWCOMER.fingerprint}),
    "roll_staff.end_roll": ("administrator", {"fingerprint": worlds.NEWCOMER.fingerprint}),
    "erasing_staff.erase_entry": ("protection_officer", {}),
    "erasing_public.erase_myself": ("protected_one", {"is_sure": "y"}),
    "entry_public.change_language": ("protected_one", {"language": "ar"}),
    "own_entry.ask_fresh_link": ("opened", {"act": "move"}),
    "own_entry.change_entry": ("opened", OWN_ENTRY),
    "own_entry.change_language": ("opened", {"language": "ar"}),
    "own_entry.choose_purpose": ("opened", {"purpose": "news", "agrees": "yes"}),
    "own_entry.declare": ("opened", {}),
    "own_entry.withdraw": ("opened", {"declaration": "1"}),
    "own_entry.keep_own_contact": ("opened", CONTACT),
    "own_entry.propose_colleague": ("opened", {**CONTACT, "named_as": "alternate"}),
    "own_entry.remove_own_contact": ("opened", {}),
    "own_protection.ask_protection": ("opened", {}),
    "own_public.ask_for_entry": ("visitor", {"address": "anybody@p.example"}),
    "own_public.close_entry": ("opened", {}),
    "own_public.come_back": ("opened", {}),
    "own_public.leave_all": ("opened", {}),
    "own_public.show_opening": ("visitor", {}),
    "behalf_staff.hand_out_copy": ("secretariat", {**HEARD, "kind": "json"}),
    "behalf_staff.note_wish": ("secretariat", HEARD),
    "behalf_staff.carry_out_wish": ("approver", {}),
    "behalf_staff.call_off_wish": ("approver", {}),
    "links_staff.replace_link": ("protection_officer", {}),
    "sealed_staff.hand_out": ("protection_officer", {"entry": worlds.PROTECTED, "why": "other", "words": WORDS}),
    "sealed_staff.take_entries": ("protection_officer", {"file": b"{}"}),
    "drafts_staff.correct_upload": (
        "translator", {"edition": "1", "place": "1", "act": "make", "kind": "bullet", "number": "1", "begins": "First"},
    ),
    "drafts_staff.publish_version": ("approver", {}),
    "drafts_staff.upload_draft": ("translator", {"language": "ar", "file": b"# I. A\n\n1. One.\n"}),
    "lists_public.confirm_subscription": ("visitor", {"words": "1"}),
    "lists_public.sign_up": ("visitor", {"address": "new@p.example", "language": "ar"}),
    "lists_staff.add_subscriber": ("secretariat", {"address": "new@p.example", "language": "ar", "how": "letter"}),
    "lists_staff.change_list": ("secretariat", {**LIST, "is_open": "y"}),
    "lists_staff.create_list": ("secretariat", {**LIST, "slug": "new-list"}),
    "lists_staff.end_subscription": ("secretariat", {}),
    "lists_staff.find_subscription": ("secretariat", {"address": "reader@p.example"}),
    "mailings_public.change_list_language": ("visitor", {"language": "ar"}),
    "codes_public.try_code": ("visitor", {"code": "ACDE-FGHJ-KMNP"}),
    "entered_staff.enter_comment": (
        "secretariat",
        {"channel": "letter", "arrived_on": "2027-03-14", "paragraph": "1", "text": WORDS, "language": "en", "consent": "not_published",
         "once": "k"},
    ),
    "entered_staff.leave_on_behalf": ("secretariat", {"channel": "phone", "scope": "consultation"}),
    "answer_letters_staff.make_answer_letters": ("secretariat", {"kind": "docx"}),
    "answer_letters_staff.mark_answers_posted": ("secretariat", {"day": "2027-03-14"}),
    "answer_letters_staff.note_answers": ("secretariat", {"outcome": "reached", "day": "2027-03-14", "note": WORDS}),
    "letters_staff.make_letters": ("secretariat", {"kind": "docx"}),
    "letters_staff.mark_posted": ("secretariat", {"day": "2027-03-14", "left": WORDS}),
    "letters_staff.return_letter": ("secretariat", {"note": WORDS}),
    "speaking_staff.note_call": ("secretariat", {"outcome": "reached", "day": "", "note": WORDS}),
    "mailings_public.leave_mails": ("visitor", {"scope": "consultation", "once": "key"}),
    "mailings_public.use_leave_link": ("visitor", {"once": "key"}),
    "mailings_public.ask_to_stop": ("participant", {"purpose": "consultations"}),
    "mailings_public.resume_mail": ("participant", {}),
    "mailings_public.undo_leaving": ("visitor", {"once": "key"}),
    "mailings_staff.pause_campaign": ("secretariat", {}),
    "mailings_staff.resume_campaign": ("secretariat", {}),
    "mailings_staff.retry_campaign": ("secretariat", {}),
    "mailings_staff.approve_campaign": ("approver", {"seen": "00" * 32}),
    "mailings_staff.return_campaign": ("approver", {"note": WORDS}),
    "mailings_staff.submit_campaign": ("secretariat", {"starts": "2027-03-20 09:00"}),
    "mailings_staff.stop_campaign": ("secretariat", {}),
    "mailings_staff.take_back_campaign": ("secretariat", {}),
    "mailings_staff.try_campaign": ("secretariat", {}),
    "mailings_staff.begin_campaign": (
        "secretariat",
        {"categories": "cso", "groups": "women", "subject_en": WORDS, "body_en": WORDS, "subject_ar": WORDS, "body_ar": WORDS},
    ),
    "mailings_staff.write_campaign": (
        "secretariat",
        {"categories": "cso", "groups": "women", "subject_en": WORDS, "body_en": WORDS, "subject_ar": WORDS, "body_ar": WORDS},
    ),
    **dict.fromkeys(
        [f"news_staff.{act}_campaign" for act in ("pause", "resume", "retry", "stop", "take_back", "try")], ("secretariat", {})
    ),
    "news_staff.approve_campaign": ("approver", {"seen": "00" * 32}),
    "news_staff.return_campaign": ("approver", {"note": WORDS}),
    "news_staff.submit_campaign": ("secretariat", {"starts": "2027-03-20 09:00"}),
    **dict.fromkeys(
        ("news_staff.begin_campaign", "news_staff.write_campaign"),
        ("secretariat", {f"{part}_{code}": WORDS for part in ("subject", "body") for code in ("en", "ar", "zh")}),
    ),
    "passkeys_staff.add_passkey": (
        "logistics", {"credential": SoftKey(credential_id=b"another key.....").make(worlds.CHALLENGE)},
    ),
    "passkeys_staff.begin_passkey": ("logistics", {"name": "My key", **OWN}),
    "passkeys_staff.pass_with_passkey": ("half", {"credential": worlds.KEY.sign(worlds.CHALLENGE)}),
    "passkeys_staff.remove_passkey": ("logistics", OWN),
    "reports_staff.publish_report": ("approver", {"kind": "interim", "answers_by": "2027-06-01"}),
    "responses_staff.answer_comment": ("facilitator", {"outcome": "noted", "reason": WORDS}),
    "responses_staff.lift_withholding": ("facilitator", {}),
    "responses_staff.mark_screened": ("facilitator", {}),
    "responses_staff.redact_comment": ("facilitator", {"passage": "Mareko Tull", "category": "third_person_name"}),
    "responses_staff.remove_redaction": ("facilitator", {"field": "text", "start": "0"}),
    "responses_staff.settle_objection": ("facilitator", {"reply": WORDS}),
    "responses_staff.translate_answer": ("translator", {"in_ar": WORDS}),
    "responses_staff.undo_answer": ("facilitator", {}),
    "responses_staff.withhold_comment": ("facilitator", {"grounds": "threats"}),
    "entry_public.ask_fresh_link": ("participant", {"act": "move"}),
    "entry_public.change_entry": ("participant", OWN_ENTRY),
    "entry_public.choose_purpose": ("participant", {"purpose": "news", "agrees": "yes"}),
    "entry_public.declare": ("participant", {"report": "named"}),
    "protection_public.ask_protection": ("participant", {}),
    "entry_public.withdraw": ("participant", {"declaration": "1"}),
    "entry_public.keep_own_contact": ("participant", CONTACT),
    "entry_public.propose_colleague": ("participant", {**CONTACT, "named_as": "alternate"}),
    "entry_public.remove_own_contact": ("participant", {}),
    "fresh_public.ask_to_move": ("visitor", {"email": "m@org.example"}),
    "fresh_public.move_address": ("visitor", {}),
    "privacy_public.forget_entry": ("visitor", {}),
    "protecting_staff.protect_entry": ("secretariat", {"is_sure": "y"}),
    "deliveries_staff.fetch_deliveries": ("protection_officer", {}),
    "deliveries_staff.settle_delivery": ("protection_officer", {"reached": "yes"}),
    "privacy_public.take_own": ("visitor", {"kind": "page"}),
    "requests_public.ask_to_take_part": ("visitor", {**OWN_ENTRY, "kind": "organisation", "category": "cso", "why": WORDS, "once": "k"}),
    "requests_public.confirm_request": ("visitor", {}),
    "requests_staff.accept_request": ("secretariat", {"entry": "new"}),
    "requests_staff.decide_proposal": ("secretariat", {"decision": "keep"}),
    "requests_staff.decide_name": ("secretariat", {"decision": "take"}),
    "requests_staff.make_letter": ("secretariat", {}),
    "requests_staff.note_told": ("secretariat", {}),
    "requests_staff.refuse_request": ("secretariat", {"reason": "other", "words": WORDS}),
    "rounds_public.ask_for_link": ("visitor", {"email": "participant@org.example"}),
    "rounds_public.forget_comment_draft": ("participant", {}),
    "rounds_public.leave": ("participant", {}),
    "rounds_public.object_to_screening": ("participant", {"text": WORDS}),
    "rounds_public.send_comment_drafts": ("participant", {}),
    "rounds_public.take_comment": (
        "visitor",
        {"text": WORDS, "suggestion": WORDS, "evidence": WORDS, "name": WORDS, "organisation": WORDS, "category": "cso",
         "email": "", "consent": "with_name", "act": "send", "once": "key", "version": "2"},
    ),
    "rounds_public.withdraw_comment": ("participant", {}),
    "rounds_staff.extend_round": ("approver", {"closes_on": "2027-05-01"}),
    "rounds_staff.replace_link": ("secretariat", {}),
    "rounds_staff.open_round": ("approver", {"closes_on": "2027-05-01", "audience": "public", "questions_en": WORDS}),
    "site_staff.archive_consultation": ("secretariat", {"sent_on": "2027-03-01"}),
    "second_factor_staff.add_authenticator": ("logistics", {"code": CODE}),
    "second_factor_staff.begin_authenticator": ("logistics", OWN),
    "second_factor_staff.make_recovery_codes": ("logistics", OWN),
    "second_factor_staff.pass_second_factor": ("half", {"code": CODE}),
    "second_factor_staff.remove_authenticator": ("logistics", OWN),
    "second_factor_staff.reset_second_factor": ("administrator", OWN),
    "safe_desk_staff.announce_withdrawals": ("approver", {"until": "2027-05-01"}),
    "safe_desk_staff.hand_out": ("protection_officer", {}),
    "safe_desk_staff.report_erasure": ("protection_officer", {"file": b"{}"}),
    "safe_desk_staff.upload_result": ("protection_officer", {"file": b"{}"}),
    "site_staff.choose_languages": ("administrator", {"languages": "zh", "first": "en"}),
    "site_staff.decide_mail": ("secretariat", {"decision": "lost"}),
    "site_staff.lift_halt": ("secretariat", {}),
    "site_staff.name_site": (
        "administrator", {f"{part}_{code}": WORDS for part in ("name", "privacy") for code in ("en", "ar", "zh")},
    ),
    "site_staff.test_mail": ("administrator", {"address": "n@x.example"}),
    "contacts_staff.add_contact": ("secretariat", CONTACT),
    "contacts_staff.change_contact": ("secretariat", CONTACT),
    "contacts_staff.remove_contact": ("secretariat", {}),
    "groups_staff.add_group": ("secretariat", GROUP),
    "groups_staff.change_group": ("secretariat", GROUP),
    "groups_staff.leave_to_rule": ("secretariat", {}),
    "groups_staff.list_again": ("secretariat", {}),
    "groups_staff.remove_group": ("secretariat", {}),
    "groups_staff.put_in": ("secretariat", {"who": "bela@org.example", "reason": WORDS}),
    "groups_staff.take_out": ("secretariat", {"reason": WORDS}),
    "missing_staff.take_over": ("secretariat", {}),
    "standing_staff.end_entry": ("secretariat", {}),
    "standing_staff.end_group": ("secretariat", {}),
    "standing_staff.invite_entry": ("secretariat", {"which": "some", "kinds": "visit"}),
    "standing_staff.invite_group": ("secretariat", {"which": "all", "kinds": "visit"}),
    "export_staff.export_registry": ("secretariat", {"kind": "csv"}),
    "merging_staff.keep_apart": ("secretariat", {}),
    "merging_staff.undo_merge": ("secretariat", {}),
    "briefing_public.open_briefing": ("visitor", {}),
    "registry_staff.mail_briefing": ("secretariat", {}),
    "registry_staff.merge_stakeholders": ("secretariat", {"keep": worlds.DOUBLE}),
    "seats_staff.appoint_seat": ("secretariat", {"role": "alternate", **HOLDER}),
    "paper_staff.note_directory": (
        "secretariat",
        {"said": "stands", "given_on": "2027-02-01", "how": "letter", "wording": "Leaflet"},
    ),
    "seats_staff.end_seat": ("secretariat", {"until": "2027-03-01"}),
    "seats_staff.hand_over": ("secretariat", HOLDER),
    "stakeholders_staff.add_stakeholder": ("secretariat", ENTRY),
    "stakeholders_staff.apply_import": ("secretariat", {}),
    "stakeholders_staff.change_stakeholder": ("secretariat", ENTRY),
    "suppressions_staff.lift_suppression": ("secretariat", {"note": WORDS}),
    "suppressions_staff.lift_suppressions": (
        "secretariat",
        {"reason": "hard_bounce", "since": "2000-01-01 00:00", "until": "2099-01-01 00:00", "note": WORDS},
    ),
    "stakeholders_staff.import_list": (
        "secretariat", {"basis": "consent", "told": "sheet", "wording": WORDS, "file": b"name,category\nA,cso\n"},
    ),
    "stakeholders_staff.name_columns": ("secretariat", {"column-0": "phone"}),
    "stakeholders_staff.take_as": ("secretariat", {"entry": ""}),
}  # fmt: skip
# Sent in the world's present these are refused for what stands there, not for what was typed: an open round, no answers.
NOT_NOW = {
    "codes_public.try_code": 404,  # no letter has this code
    "entry_public.propose_colleague": 409,  # an organisation is no focal point
    "own_entry.propose_colleague": 409,  # likewise
    "behalf_staff.note_wish": 409,  # somebody holds a seat of it
    "behalf_staff.carry_out_wish": 409,  # the mailbox was not told
    "own_entry.change_language": 409,  # who is not protected corrects the entry as a whole
    "own_public.ask_for_entry": 202,  # a mail goes to the mailbox itself, if one does
    "requests_staff.make_letter": 409, "requests_staff.note_told": 409,  # it waits for its decision
    "registry_staff.mail_briefing": 409,  # whoever holds the seat has no e-mail
    "privacy_public.forget_entry": 409,  # somebody holds a seat of it
    "protecting_staff.protect_entry": 409,  # likewise
    **dict.fromkeys(
        [
            f"{of}_staff.{act}_campaign" for of in ("mailings", "news")
            for act in ("approve", "pause", "resume", "retry", "return", "stop", "take_back")
        ], 409
    ),  # nothing is on its way
    "rounds_staff.open_round": 409, "reports_staff.publish_report": 409, "responses_staff.undo_answer": 409,
           "site_staff.archive_consultation": 409,
           "site_staff.choose_languages": 422, "mailings_public.undo_leaving": 410,
           "mailings_public.leave_mails": 202, "mailings_public.ask_to_stop": 202,  # a mail goes to the mailbox itself
           # The world's key is in use and its halves are with the officers; what they sign is tried in tests/custody.
           "custody_staff.appoint_officer": 409, "custody_staff.end_officer": 409, "custody_staff.hand_out_half": 410,
           "roll_staff.call_roll": 409,  # one goes on
           "sealed_staff.take_entries": 422,
           "custody_staff.open_key": 422, "custody_staff.sign_appointment": 422, "custody_staff.stop_key": 422,
           "safe_desk_staff.report_erasure": 422, "safe_desk_staff.announce_withdrawals": 409}  # fmt: skip
SHOW = (
    "accounts_staff.add_person",
    "accounts_staff.make_password_link",
    "rounds_public.ask_for_link",
    "passkeys_staff.add_passkey",
    "second_factor_staff.add_authenticator",
    "second_factor_staff.make_recovery_codes",
    "safe_desk_staff.hand_out",
    "sealed_staff.hand_out",
    "deliveries_staff.fetch_deliveries",
    "mailings_public.use_leave_link",
    "briefing_public.open_briefing",
    "lists_public.confirm_subscription",
    "lists_public.sign_up",
    "own_public.ask_for_entry",
    "behalf_staff.hand_out_copy",
    "lists_staff.find_subscription",
    "fresh_public.ask_to_move",
    "fresh_public.move_address",
    "privacy_public.take_own",
    "erasing_public.erase_myself",
    "requests_public.ask_to_take_part",
    "requests_public.confirm_request",
)  # say it at once

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"\' onmouseover=alert(1) x="',
    "entities": "&lt;script&gt;&#60;&amp;&#x3c;",
    "template": "{{ 7 * 7 }}{% raise %}%(name)s %s ${x}",
    "null bytes": "a\x00b",
    "only null bytes": "\x00\x00",
    "controls": "a\x07\x1b[31m\x85\x9fb",
    "bidi": "abc\u202egnp.exe\u2066\u2069",
    "nothing": "",
    "blanks": " \t\r\n\u3000",
    "huge": "9" * 40,
    "very huge": "9" * 5_000,
    "just too large": str(2**63),
    "negative": "-1",
    "very negative": "-" + "9" * 40,
    "other digits": "٣²",
    "first day": "0001-01-01",
    "last day": "9999-12-31",
    "long": "x" * 20_001,
    "wide": "\U0001f4a3\ufdd0\U0010ffff",
    "lines": "a\r\nBcc: all@x.example\r\n\r\nb",
    "path": "../../../etc/passwd",
}
FOR_CHOICES = ("script", "null bytes", "bidi", "nothing", "very huge", "negative")
BROKEN = {
    "lone surrogate": b"%ED%A0%80",
    "half a pair": b"%ED%B0%80x",
    "no UTF-8": b"%FF%FE%C3%28",
    "half a sign": b"%E2%82",
}


def rule_of(world: World, endpoint: str):
    return next(r for r in rules_of(world) if r.endpoint == endpoint and "POST" in r.methods)


def address(world: World, endpoint: str) -> str:
    ids = ids_of(world, endpoint)
    if endpoint == "responses_staff.settle_objection":
        ids["ref"] = world.ids["upr"]["objected"]
    if endpoint == "responses_staff.translate_answer":
        ids["ref"] = world.ids["upr"]["reasoned"]
    if endpoint == "consultations_staff.remove_from_team":
        ids["ref"] = world.staff["logistics"].ref
    return path_of(world, rule_of(world, endpoint), ids)


class Sender:
    """Sends one form in many ways, each time in a fresh browser, and puts everything back after whatever was accepted."""

    def __init__(self, world: World, endpoint: str, copy) -> None:
        self.world, self.endpoint, self.copy = world, endpoint, copy
        self.who, self.fields = FORMS[endpoint]
        self.path = address(world, endpoint)
        self.changed = False

    def post(self, data, **named) -> TestResponse:
        if self.changed:
            worlds.restore(self.copy)
        self.changed = True
        answer = self.world.browser(self.who).post(self.path, data=data, **named)
        counts = not {"password", "old", "code", "credential"}.isdisjoint(self.fields)  # its failures
        self.changed = answer.status_code < 400 or counts
        return answer

    def form(self, **changes) -> TestResponse:
        """The form with these fields changed (None leaves one out), a file as a file."""
        changed = {**self.fields, **changes}
        return self.post(
            {
                name: (io.BytesIO(value), "list.md" if "draft" in self.endpoint else "list.csv")
                if isinstance(value, bytes)
                else value
                for name, value in changed.items()
                if value is not None
            }
        )

    def body(self, *, name: str | None = None, raw: bytes = b"") -> TestResponse:
        """The form as the bytes of its body, with raw bytes in a field, or before all of them."""
        pairs = [
            quote_plus(field).encode() + b"=" + (raw if field == name else quote_plus(value).encode())
            for field, value in self.fields.items()
            if not isinstance(value, bytes)
        ]
        body = b"&".join([*([raw + b"=" + raw] if name is None else []), *pairs])
        return self.post(body, content_type="application/x-www-form-urlencoded")


@pytest.fixture
def sender(world: World, world_in_use, request: pytest.FixtureRequest) -> Sender:
    return Sender(world, request.param, world_in_use[1])


each_form = pytest.mark.parametrize("sender", sorted(FORMS), indirect=True)


OWN_SCRIPT = re.compile(r'<script type="module" src="/static/passkeys\.js\?v=[0-9a-f]{12}"></script>')


def words_of(answer: TestResponse) -> str:
    """A page without our own script; nothing of the custodian file, which has the same bytes for everyone."""
    file = custodian()
    if answer.mimetype != "text/html" or (file is not None and answer.get_data() == file.content):
        return ""
    return OWN_SCRIPT.sub("", answer.text)


def harmless(answer: TestResponse, what: str) -> str:
    """What is wrong with an answer; "" where nothing is. A fault of ours reaches the test by itself."""
    page = words_of(answer)
    if answer.status_code >= 500:
        return f"{what}: {answer.status_code}"
    if answer.status_code == 200 and "Error:" in page:
        return f"{what}: refused with 200"
    if any(sign in page for sign in ("<script", ' onmouseover=alert(1) x="', "\u202e", "\x00")):
        return f"{what}: shown raw"
    return ""


def attempt(sender: Sender, what: str, send) -> str:
    try:
        answer = send()
    except Exception as problem:
        return f"{what}: {type(problem).__name__} {str(problem)[:80]}"
    return harmless(answer, what) or lost(sender, answer, what)


def lost(sender: Sender, answer: TestResponse, what: str) -> str:
    """Which other typed field a page of what is wrong does not show again."""
    if answer.status_code != 422 or " in " not in what:
        return ""
    name = what.rpartition(" in ")[2]
    kept = {field: value for field, value in sender.fields.items() if field in TYPED and field != name and value}
    gone = [field for field, value in kept.items() if html.escape(value) not in answer.text]
    return f"{what}: lost {gone}" if gone else ""


def test_every_form_has_its_line(world: World):
    forms = {rule.endpoint for rule in rules_of(world) if "POST" in rule.methods}

    # Set-up is over where somebody works, and a demonstration without its cycle has no doors: tests/site, tests/demo.
    assert {one for one in forms if not one.startswith(("site_set_up.", "demo_public."))} == set(FORMS)


@each_form
def test_the_form_itself_is_accepted(sender: Sender):
    if not {"password", "old"}.isdisjoint(sender.fields):
        set_passwords(sender)

    answer = sender.form()

    assert answer.status_code == NOT_NOW.get(sender.endpoint, 200 if sender.endpoint in SHOW else 303)


def set_passwords(sender: Sender) -> None:
    """Give whoever sends it, or logistics, a password: hashing one takes long, so not in every world."""
    with writing() as db:
        person = sender.world.staff.get(sender.who, sender.world.staff["logistics"])
        set_password_by_link(db, make_password_link(db, person, by=None, now=NOON), PASSWORD, now=NOON)
        db.execute(text("UPDATE session SET revoked_at = NULL"))  # a new password ends them


@each_form
def test_no_field_takes_what_would_harm(sender: Sender):
    wrong = [
        attempt(sender, f"{kind} in {name}", lambda name=name, value=value: sender.form(**{name: value}))
        for name, given in sender.fields.items()
        for kind, value in HOSTILE.items()
        if not isinstance(given, bytes) and (name in (*TYPED, *NUMBERS) or kind in FOR_CHOICES)
    ]

    assert [one for one in wrong if one] == []


@each_form
def test_bytes_that_are_no_text_do_no_harm(sender: Sender):
    fields = [None, *(name for name, value in sender.fields.items() if not isinstance(value, bytes))]
    wrong = [
        attempt(sender, f"{kind} as {name}", lambda name=name, raw=raw: sender.body(name=name, raw=raw))
        for name in fields
        for kind, raw in BROKEN.items()
    ]

    assert [one for one in wrong if one] == []


@each_form
def test_fields_missing_twice_unknown_or_of_another_kind_do_no_harm(sender: Sender):
    fields = sender.fields
    ways = {"empty": lambda: sender.post(None), "unknown": lambda: sender.form(is_admin="1", id="7", state="published")}
    for name in fields:
        ways[f"without {name}"] = lambda name=name: sender.form(**{name: None})
        ways[f"only {name}"] = lambda name=name: sender.form(**dict.fromkeys(set(fields) - {name}))
        ways[f"a file as {name}"] = lambda name=name: sender.form(**{name: b"bytes\x00\xff"})
        ways[f"{name} as a list"] = lambda name=name: sender.post({**texts(fields), f"{name}[]": "x", f"{name}.x": "y"})
        ways[f"twice {name}"] = lambda name=name: sender.post(
            {**texts(fields), name: [texts(fields).get(name, ""), "second"]}
        )
    ways["as text"] = lambda: sender.post("text", content_type="text/plain")
    ways["as JSON"] = lambda: sender.post('{"text": 5, "name": null, "roles": {}}', content_type="application/json")
    ways["parts without end"] = lambda: sender.post(b"--x\r\n\r\n", content_type="multipart/form-data; boundary=x")
    ways["no boundary"] = lambda: sender.post(b"--x\r\n\r\n", content_type="multipart/form-data")
    ways["method"] = lambda: sender.form(_method="DELETE")

    wrong = [attempt(sender, what, send) for what, send in ways.items()]

    assert [one for one in wrong if one] == []


def texts(fields: dict) -> dict:
    return {name: value for name, value in fields.items() if not isinstance(value, bytes)}


@each_form
def test_ten_megabytes_are_refused_and_change_nothing(sender: Sender):
    name = next(iter(texts(sender.fields)), "text")
    worlds.restore(sender.copy)
    before = everything()

    sender.world.app.config["WTF_CSRF_ENABLED"] = True  # in use the form is read for its token before its view is asked
    try:
        as_form = sender.post({**texts(sender.fields), name: "x" * 10_000_000})
        as_parts = sender.post(in_parts(name, b"x" * 10_000_000), content_type="multipart/form-data; boundary=--cut")
    finally:
        sender.world.app.config["WTF_CSRF_ENABLED"] = False

    # a form with a large file may be larger as a whole, but no text in it
    most = getattr(sender.world.app.view_functions[sender.endpoint], UPLOAD_MAX, 0)
    assert (as_form.status_code, as_parts.status_code) == (400 if most > 10_000_000 else 413, 413)
    assert "too large" in as_parts.text
    assert everything() == before


def in_parts(name: str, value: bytes) -> bytes:
    """A form of one field as the bytes of its body."""
    return (
        b'----cut\r\nContent-Disposition: form-data; name="'
        + name.encode()
        + b'"\r\n\r\n'
        + value
        + b"\r\n----cut--\r\n"
    )


def test_file_names_do_no_harm(world: World, world_in_use):
    """A name comes from a stranger's machine: it is shown to the team, and kept."""
    names = [
        "../../x.md",
        "<script>alert(1)</script>.md",
        "a\u202egpj.md",
        "a\x00b.md",
        "x" * 5_000 + ".md",
        ".md",
        "a\r\nb.md",
    ]
    wrong = []
    for endpoint in ("drafts_staff.upload_draft", "stakeholders_staff.import_list"):
        sender = Sender(world, endpoint, world_in_use[1])
        for name in names:
            answer = sender.post({**texts(sender.fields), "file": (io.BytesIO(sender.fields["file"]), name)})
            if answer.status_code == 303:
                with world.app.app_context():
                    worlds.queue().work_off()
                page = world.browser(sender.who).get(
                    "/staff/consultations/upr/draft/" if "draft" in endpoint else answer.location
                )
                wrong.append(harmless(answer, name) or harmless(page, name))
                kept = [row for table in ("draft_upload", "stakeholder_import") for row in everything()[table]]
                wrong += [
                    f"kept {name!r}"
                    for row in kept
                    for cell in row
                    if isinstance(cell, str) and ("\u202e" in cell or "\x00" in cell)
                ]

    assert [one for one in wrong if one] == []


QUERIES = ("after", "at", "list", "show", "round", "state", "words", "category", "group", "version", "language", "before", "next",
           "kept", "tested")  # fmt: skip
# Where one of them might hide what another does, each is tried alone too.
ALONE = {
    "stakeholders_staff.list_stakeholders": ("after", "words", "category", "group"),
    "stakeholders_staff.preview_import": ("after", "state"),
    "responses_staff.list_answers": ("after", "show", "round"),
    "mailings_staff.show_campaign": ("after", "list"),
    "letters_staff.preview_letter": ("language", "reader"),
    "mailings_staff.list_recipients": ("after", "find", "delivery"),
    "drafts_staff.check_upload": ("at",),
    "drafts_staff.preview_draft": ("language",),
    "site_public.show_terms": ("version",),
}


def looks(world: World, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(who, address) of every page, by someone who may see it, with each part of it replaced by something wild."""
    for rule in world.app.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        may = MAY[rule.endpoint]
        desk = ("secretariat", "administrator", "logistics", "half", "protection_officer")
        people = desk if "_staff" in rule.endpoint else ("participant", "visitor", "opened")
        who, ids = next(one for one in people if one in may), ids_of(world, rule.endpoint)
        for name in rule.arguments:
            for wild in (2**31, 2**63, int("9" * 60), 0) if name == "number" else words:
                yield who, path_of(world, rule, {**ids, name: wild})
        path = path_of(world, rule, ids)
        for wild in (
            *words,
            "-1",
            str(2**31),
            str(2**63),
            "9" * 5_000,
            "²",
            "x~" + "9" * 5_000,
            f"x~{2**63}",
            "%FF%ED%A0%80",
        ):
            sent = quote_plus(wild, safe="%")
            yield who, f"{path}?" + "&".join(f"{name}={sent}" for name in QUERIES)
            for name in ALONE.get(rule.endpoint, ()):
                yield who, f"{path}?{name}={sent}"


WILD = ("<script>alert(1)</script>", "a\x00b", "\u202e", "..", "9" * 60, "x" * 3_000, "\U0001f4a3", "%")


def wild_looks(world: World, wild: tuple[str, ...] = WILD) -> list[str]:
    desk = ("secretariat", "administrator", "logistics", "half", "protection_officer")
    browsers = {who: world.browser(who) for who in (*desk, "participant", "opened")}
    wrong = []
    for who, path in looks(world, wild):
        try:
            answer = browsers[who].get(path)
            wrong.append(harmless(answer, f"{who} {path[:100]}"))
            answer.close()
        except Exception as problem:
            wrong.append(f"{who} {path[:100]}: {type(problem).__name__} {str(problem)[:80]}")
    return [one for one in wrong if one]


def test_no_address_is_too_wild(world: World):
    before = everything()

    assert wild_looks(world) == []
    assert everything() == before


def mark(endpoint: str, name: str) -> str:
    return f"<script>alert({endpoint}.{name})</script>"


PLANTED = {
    "responses_staff.translate_answer": ("in_ar",),
    "accounts_staff.add_person": ("name",),
    "consultations_staff.create_consultation": ("title_en", "cycle"),
    "consultations_staff.edit_consultation": ("title_en", "cycle", "what_it_is_en"),
    "consultations_staff.edit_terms": ("who_writes_en",),
    "mailings_staff.write_campaign": ("subject_en", "body_en"),
    "news_staff.write_campaign": ("subject_en", "body_en"),
    "responses_staff.answer_comment": ("reason",),
    "responses_staff.settle_objection": ("reply",),
    "rounds_public.object_to_screening": ("text",),
    "rounds_public.take_comment": ("text", "suggestion", "evidence", "name", "organisation"),
    "site_staff.name_site": ("name_en", "privacy_en"),
    "stakeholders_staff.add_stakeholder": ("name",),
    "stakeholders_staff.change_stakeholder": ("name", "note", "postal_address", "access_needs", "wording"),
    "contacts_staff.add_contact": ("name", "role"),
    "seats_staff.appoint_seat": ("appointed_by",),
    "paper_staff.note_directory": ("wording",),
}


def test_what_was_kept_is_shown_as_text_on_every_page(world: World, world_in_use):
    marks = []
    for endpoint, names in PLANTED.items():
        sender = Sender(world, endpoint, world_in_use[1])
        planted = {name: mark(endpoint, name) for name in names}
        assert world.browser(sender.who).post(sender.path, data={**sender.fields, **planted}).status_code in (200, 303)
        marks += [one for name, one in planted.items() if (endpoint, name) not in UNSEEN]
    world.browser("participant").post(  # and in what is kept for later
        "/en/consultations/upr/comment/3/", data={"text": mark("kept", "text"), "act": "save", "version": "2"}
    )
    with reading() as db:
        comments = [one.ref for one in db.query(Comment).filter(Comment.text.contains("<script>"))]

    seen = "".join(pages(world, comments))

    assert "<script" not in seen
    assert [one for one in (*marks, mark("kept", "text")) if html.escape(one) not in seen] == []


# A suggestion is shown word by word, with what is new marked.
UNSEEN = {("rounds_public.take_comment", "suggestion")}


def pages(world: World, comments: list[str]) -> Iterator[str]:
    """Every page, of both consultations, as each may see it."""
    for who in ("secretariat", "administrator", "participant"):
        client = world.browser(who)
        for rule in rules_of(world):
            if "GET" not in rule.methods or rule.endpoint == "static":
                continue
            ids = ids_of(world, rule.endpoint)
            objected = [world.ids["upr"][name] for name in ("objected", "reasoned")]
            refs = [ids["ref"], *(comments + objected if rule.endpoint == "responses_staff.show_comment" else ())]
            for ref in refs:
                yield words_of(client.get(path_of(world, rule, {**ids, "ref": ref})))


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "3000-01-01", "9999-12-31"])
def test_a_day_that_leads_out_of_the_calendar_is_no_day(world: World, day: str):
    """What was never sent is deleted 14 days after the closing, and the writer's page says on which day."""
    approver = world.browser("approver")

    refused = approver.post("/staff/consultations/upr/round/extend/", data={"closes_on": day})

    assert refused.status_code == 422
    assert f'value="{day}"' in refused.text
    assert world.browser("participant").get("/en/consultations/upr/my-comments/").status_code == 200


def test_a_wrong_day_for_a_round_that_closed_meanwhile_is_shown_in_its_form(world: World, monkeypatch):
    with clock.at(worlds.CLOSES + timedelta(days=1)):
        approver = world.staff["approver"]
        with writing() as db:
            now, lasts = clock.now(), timedelta(hours=1)
            secret = begin_session(db, SessionKind.STAFF, approver.actor, now=now, lasts=lasts)
        monkeypatch.setitem(world.secrets, "approver", secret)
        refused = world.browser("approver").post(
            "/staff/consultations/upr/round/extend/", data={"closes_on": "tomorrow"}
        )

    assert refused.status_code == 422
    assert 'action="/staff/consultations/upr/round/extend/"' in refused.text
