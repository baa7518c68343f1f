"""A campaign as letters: the approved words in somebody's language, and the way in that the mail would carry, to type or to scan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from consult.consultations import codes, doors
from consult.consultations.models import Consultation
from consult.core import i18n
from consult.core.days import day_in
from consult.core.forms import cleaned_line, cleaned_text
from consult.core.i18n import _
from consult.core.identity import identity
from consult.mailings import queries
from consult.mailings.mails import NO_LINK, closing, language_for
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.queries_outreach import Reached
from consult.stakeholders.queries_duty import offices_among

LRM = "\u200e"  # so that a slash at the end of an address stays there


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph that may be in another language than the letter around it."""

    words: str
    language: str
    direction: str
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that stands on the page or pages of one person, in one language."""

    language: str
    direction: str
    sender: str
    address: tuple[str, ...]  # the name and the lines of the postal address
    day: str
    about: str  # the consultation
    subject: str
    paragraphs: tuple[str, ...]
    how: str  # what to do with the code and the square
    enter: str  # where the code is typed, as it is typed
    code: str
    door: str  # what the square holds: the personal link
    after: tuple[str, ...]
    passages: tuple[Passage, ...] = ()  # between the paragraphs and the way in


@dataclass(frozen=True, slots=True)
class _Words:
    """What is the same in all letters of one language."""

    direction: str
    sender: str
    day: str
    about: str
    subject: str
    paragraphs: tuple[str, ...]
    how: str
    enter: str
    after: tuple[str, ...]
    leaving: str

    def letter(self, language: str, *, address: tuple[str, ...], code: str, door: str, by_duty: bool) -> Letter:
        """The letter of one person; to an office that gets it by duty without the words of leaving."""
        return Letter(
            language=language,
            direction=self.direction,
            sender=self.sender,
            address=address,
            day=self.day,
            about=self.about,
            subject=self.subject,
            paragraphs=self.paragraphs,
            how=self.how,
            enter=self.enter,
            code=code,
            door=door,
            after=self.after if by_duty else (*self.after, self.leaving),
        )


def compose_letters(
    db: Session, campaign: Campaign, reached: Sequence[Reached], *, base_url: str, now: datetime
) -> Iterator[Letter]:
    """The letters of a campaign to some people, each in the language that their mail would have.

    Each holds the code and the link of the person's one door; none is made or replaced here.
    """
    consultation = db.get_one(Consultation, campaign.consultation_id)
    words = queries.read_words(db, campaign.id)
    is_official = campaign.kind is not CampaignKind.NEWS  # news are by a yes of one's own, also to an office
    common: dict[str, _Words] = {}
    offices = offices_among(db, [one.entry for one in reached])
    for one in reached:
        assert one.door is not None, "whoever was admitted has a door"
        code = language_for(one.entry.language, consultation.languages, list(words), one.entry.also_language_codes)
        if code not in common:
            with i18n.use_language(code):
                common[code] = _common(db, campaign, consultation, words[code], base_url, now)
        same = common[code]
        yield same.letter(
            language=code,
            address=address_lines(one.entry.name, one.entry.postal_address),
            code=codes.code_of(one.door),
            door=f"{base_url}/{code}/door/{doors.token_of(one.door)}",
            by_duty=is_official and one.entry.id in offices,
        )


def previewed_letter(
    db: Session, campaign: Campaign, language: str, *, by_duty: bool, base_url: str, now: datetime
) -> Letter:
    """The letter as it goes to somebody who reads a language; address, code and square are nobody's."""
    consultation = db.get_one(Consultation, campaign.consultation_id)
    words = queries.read_words(db, campaign.id)[language]
    with i18n.use_language(language):
        same = _common(db, campaign, consultation, words, base_url, now)
        address = (_("Name"), _("Postal address"))
    is_official = campaign.kind is not CampaignKind.NEWS
    return same.letter(language, address=address, code=NO_LINK, door=NO_LINK, by_duty=by_duty and is_official)


def _common(
    db: Session, campaign: Campaign, consultation: Consultation, words: tuple[str, str], base_url: str, now: datetime
) -> _Words:
    code = i18n.language().code
    paragraphs = [part.strip() for part in cleaned_text(words[1]).split("\n") if part.strip()]
    if campaign.kind is CampaignKind.REMINDER:
        paragraphs.append(_("You may have commented since this letter was printed. Then there is nothing more to do."))
    closes = closing(db, consultation) if campaign.calls_for_comments else ""
    if closes:
        paragraphs.append(_("Comments are taken until %(instant)s.", instant=closes))
    threatened = address_in_sentence(f"{base_url}/{code}/threatened/")
    return _Words(
        direction=i18n.direction_of(code),
        sender=cleaned_line(identity().name.shown().text),
        day=i18n.format_day(day_in(consultation.time_zone, now)),
        about=cleaned_line(consultation.title.shown().text),
        subject=cleaned_line(words[0]),
        paragraphs=tuple(paragraphs),
        how=_("To read and comment, scan the square with a telephone, or open this address and type the code:")
        if campaign.calls_for_comments
        else _("To open the consultation, scan the square with a telephone, or open this address and type the code:"),
        enter=typed_address(f"{base_url}/{code}/enter/"),
        after=(
            _(
                "You can also answer by letter or telephone. Write your code on the letter, so that we know whose it is."
            ),
            _("The code and the square are yours alone: whoever has them can write in your place."),
            _(
                "If you could suffer for what you say, do not answer, and read this page first: %(page)s",
                page=threatened,
            ),
        ),
        leaving=_("If you want no more letters from us, tell us so, or open the address above."),
    )


def address_lines(name: str, postal_address: str) -> tuple[str, ...]:
    """What stands in the window of the envelope."""
    lines = (cleaned_line(part) for part in (name, *postal_address.split("\n")))
    return tuple(part for part in lines if part)


def address_in_sentence(address: str) -> str:
    """The same where words stand around it: its slash at the end stays there also from right to left."""
    return f"{LRM}{typed_address(address)}{LRM}"


def typed_address(address: str) -> str:
    """An address as people type it: browsers add the beginning themselves."""
    return address.removeprefix("https://")
