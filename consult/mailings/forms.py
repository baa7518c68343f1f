"""The form of a campaign or a reminder, with ready-made words."""

import re
import tomllib
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Self
from zoneinfo import ZoneInfo

from flask import request
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField

from consult.core.files import shipped
from consult.core.forms import DIGITS, AtMost, Filled, Form, LineField, OnceForm, TextField, choices, cleaned_line
from consult.core.i18n import LazyText, _, _l, find_language
from consult.core.ids import random_secret
from consult.mail.models import NOTE_MAX
from consult.mail.rules import NoteMissing
from consult.mailings.models import BODY_MAX, SUBJECT_MAX, Campaign, CampaignKind
from consult.mailings.models_leaving import LeavingScope
from consult.mailings.operations import Wording
from consult.mailings.rules import ReasonMissing, StartWrong
from consult.stakeholders.models import Purpose
from consult.vocabularies import tables
from consult.vocabularies.words import named_groups

SCOPES = [
    (LeavingScope.CONSULTATION.value, _l("Mail about this consultation")),
    (LeavingScope.EVERYTHING.value, _l("All mail from this site, for good")),
]
# At an office, with the same values: what is pressed just after an office began, or ended, means what it can.
OFFICE_SCOPES = [
    (LeavingScope.CONSULTATION.value, _l("News of the mechanism")),
    (LeavingScope.EVERYTHING.value, _l("News, and all mailing lists")),
]


@lru_cache(maxsize=1)
def _ready_made() -> dict[str, dict[str, str]]:
    return tomllib.loads((shipped("config") / "texts" / "mails.toml").read_text("utf-8"))


NEWS_OF_LIST = "news_of_list"  # its ready-made words


def ready_made_words(what: str, code: str) -> tuple[str, str]:
    """Subject and text of a kind, or of the own news of a list, in a language; in English where there is none in it."""
    subject, body = (_ready_made()[name] for name in (f"{what}_subject", what))
    return subject.get(code, subject["en"]), body.get(code, body["en"])


KINDS = {
    CampaignKind.INVITATION: _l("Invitation"),
    CampaignKind.REMINDER: _l("Reminder"),
    CampaignKind.NEWS: _l("News"),
    CampaignKind.DEBRIEFING: _l("Debriefing"),
}


class CampaignForm(Form):
    """For whom it is. The words in each language are added by `campaign_form()`."""

    audience = RadioField(
        _l("Among whom?"),
        validators=[Filled(_l("Choose among whom."))],
        invalid_choice_message=_l("Choose among whom."),
    )

    categories = SelectMultipleField(
        _l("Categories"), description=_l("Choose none to write to all."), validate_choice=False
    )
    groups = SelectMultipleField(
        _l("Groups represented"),
        description=_l("Choose some to write only to organisations that represent one of them."),
        validate_choice=False,
    )
    offered_groups: Collection[str] = ()

    def offer(self, *, kept_groups: Collection[str] = ()) -> "CampaignForm":
        """Fill in what can be chosen, groups that it is for already too, also where they have gone from the list. Returns the form.

        Without them it would be for everybody as soon as somebody corrects a word.
        """
        self.categories.choices = choices((one.code, str(one.names)) for one in tables.categories().values())
        self.groups.choices = choices(named_groups(kept=kept_groups))
        self.offered_groups = {*tables.groups(), *kept_groups}
        return self

    def to_wording(self, languages: list[str]) -> Wording:
        """What was typed; codes that are none of ours are left out."""
        return Wording(
            categories=self._codes("categories", tables.categories()),
            groups=self._codes("groups", self.offered_groups),
            words={code: (self[f"subject_{code}"].data, self[f"body_{code}"].data) for code in languages},
        )

    def _codes(self, name: str, known: Collection[str]) -> tuple[str, ...]:
        return tuple(code for code in self[name].data or () if code in known) if name in self else ()


class LeaveForm(OnceForm):
    """What somebody wants no more mail about."""

    once = HiddenField(default=random_secret, filters=[cleaned_line])  # shown again on the page with the way back
    scope = RadioField(
        _l("What should stop?"),
        choices=choices(SCOPES),
        default=LeavingScope.CONSULTATION.value,
        validators=[Filled(_l("Choose what should stop."))],
        invalid_choice_message=_l("Choose what should stop."),
    )

    def of_an_office(self) -> Self:
        """The same, where official mail is a duty: news end, or news and lists."""
        self.scope.choices = choices(OFFICE_SCOPES)
        return self


class StopForm(Form):
    """Which yes of an entry is to be taken back; each button is a form of its own."""

    purpose = SelectField(
        choices=choices((one.value, one.value) for one in (Purpose.CONSULTATIONS, Purpose.NEWS)),
        invalid_choice_message=_l("Use one of the buttons on the page of your entry."),
    )


class UndoForm(Form):
    """The key of the form that was pressed."""

    once = LineField()


class LiftForm(Form):
    """Why mail may go to an address again."""

    note = TextField(
        _l("Why may we write there again?"),
        description=_l("For example: they told you so by telephone, or our own server was at fault. Without names."),
        validators=[Filled(NoteMissing.message), AtMost(NOTE_MAX)],
    )


class StartForm(Form):
    """When it should go out, once it is approved."""

    starts = LineField(
        _l("Not before"),
        description=_l(
            "Leave it empty to send it as soon as it is approved. Or write day and time like 2027-03-14 09:00, in "
            "the time zone of the consultation."
        ),
    )

    def say(self, *, has_consultation: bool) -> "StartForm":
        """Say whose time zone it is, where that is not the consultation's. Returns the form."""
        if not has_consultation:
            self.starts.description = _(
                "Leave it empty to send it as soon as it is approved. Or write day and time like 2027-03-14 09:00, in "
                "the time zone of this site."
            )
        return self

    def start(self, zone: str) -> datetime | None:
        """When it should go out, None = now. Raises StartWrong for what is no time."""
        typed = (self.starts.data or "").strip().translate(DIGITS)
        if not typed:
            return None
        try:
            made = datetime.strptime(typed, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            raise StartWrong from None
        if made.year not in YEARS:
            raise StartWrong
        return made


class ApproveForm(Form):
    """What the approver was shown."""

    seen = LineField()

    def seen_digest(self) -> bytes:
        """The digest of words and list; nothing for what is none."""
        typed = self.seen.data or ""
        return bytes.fromhex(typed) if re.fullmatch("[0-9a-f]{64}", typed) else b""


class ReturnForm(Form):
    """Why an approver gives a campaign back."""

    note = TextField(_l("What should change?"), validators=[Filled(ReasonMissing.message), AtMost(NOTE_MAX)])


YEARS = range(2000, 3000)  # so that no zone leads out of the calendar


def campaign_form(
    languages: list[str],
    kind: CampaignKind,
    campaign: Campaign | None = None,
    words: dict[str, tuple[str, str]] | None = None,
    audiences: Sequence[tuple[str, str]] = (),
    audience: str = "",
    hint: LazyText | None = None,
) -> CampaignForm:
    """The form with subject and text in each language: of a campaign, or ready-made for a kind.

    `audiences` are those that can be chosen, (key, name), `audience` the key of the one that is; with none it is not asked.
    `hint` says what becomes of a choice.
    """
    made: type[CampaignForm] = type(
        "CampaignFormInLanguages", (CampaignForm,), _fields(languages, kind.value, words or {})
    )
    # of a link that begins one
    chosen: dict[str, Any] = {name: request.args.getlist(name) for name in ("categories", "groups")}
    if campaign:
        chosen = {"categories": campaign.categories, "groups": campaign.groups}
    keys = [key for key, _name in audiences]
    form = made(data=chosen | {"audience": audience if audience in keys else next(iter(keys), "")})
    form.offer(kept_groups=campaign.groups if campaign else ())
    if audiences:
        form.audience.choices, form.audience.description = list(audiences), hint or ""
    else:
        del form.audience
    return form


def news_form(languages: list[str], words: dict[str, tuple[str, str]] | None = None) -> CampaignForm:
    """The form of the own news of a list: its words alone, for it goes to all who signed up."""
    made: type[CampaignForm] = type(
        "NewsFormInLanguages", (CampaignForm,), _fields(languages, NEWS_OF_LIST, words or {})
    )
    form = made()
    del form.audience, form.categories, form.groups
    return form


def _fields(languages: list[str], what: str, words: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Subject and text in each language, ready-made where there are none yet."""
    fields: dict[str, Any] = {}
    for code in languages:
        name = find_language(code).name
        subject, body = words.get(code) or ready_made_words(what, code)
        fields[f"subject_{code}"] = LineField(
            _("%(field)s (%(language)s)", field=_("Subject"), language=name),
            default=subject,
            validators=[Filled(_l("Write the subject.")), AtMost(SUBJECT_MAX)],
        )
        fields[f"body_{code}"] = TextField(
            _("%(field)s (%(language)s)", field=_("Text"), language=name),
            default=body,
            validators=[Filled(_l("Write the text.")), AtMost(BODY_MAX)],
        )
    return fields
