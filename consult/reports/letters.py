"""The answers to somebody's comments as a letter, and as what is said on the telephone: in their language, with the report's fallback."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from consult.consultations import codes, doors
from consult.consultations.models import Consultation
from consult.core import i18n
from consult.core.forms import cleaned_line, cleaned_text
from consult.core.i18n import _
from consult.core.identity import identity
from consult.mailings.letters import Letter, Passage, address_in_sentence, address_lines, typed_address
from consult.mailings.mails import language_for
from consult.reports.queries_letters import Answered, Said
from consult.responses.forms import GROUNDS, OUTCOMES
from consult.rounds.models import WHOLE


def language_of(one: Answered, consultation: Consultation) -> str:
    """In which of the consultation's languages somebody reads their answers."""
    return language_for(one.language, consultation.languages, consultation.languages, one.also_languages)


def compose_answer_letters(
    consultation: Consultation,
    rows: Iterable[tuple[Answered, Sequence[Said]]],
    offices: Collection[int],
    *,
    base_url: str,
    now: datetime,
) -> Iterator[Letter]:
    """One letter a person: what they said, what was answered, where the report stands, and their one door. None is made here.

    `offices`: the ids of the entries to which it is a duty, and whose letter says nothing of getting no more.
    """
    for one, said in rows:
        code = language_of(one, consultation)
        with i18n.use_language(code):
            by_duty = one.entry is not None and one.entry.id in offices
            yield _letter(consultation, one, said, by_duty=by_duty, base_url=base_url, now=now)


def _letter(
    consultation: Consultation, one: Answered, said: Sequence[Said], *, by_duty: bool, base_url: str, now: datetime
) -> Letter:
    assert one.door is not None, "whoever is in line has a door"
    code, postal = i18n.language().code, one.entry.postal_address if one.entry else ""
    return Letter(
        language=code,
        direction=i18n.direction_of(code),
        sender=cleaned_line(identity().name.shown().text),
        address=address_lines(one.name, postal),
        day=i18n.format_day(now.astimezone(ZoneInfo(consultation.time_zone)).date()),
        about=cleaned_line(consultation.title.shown().text),
        subject=_("The answers to your comments"),
        paragraphs=(
            _(
                "Your comments have been answered, and the report on all comments is published. This is what you said, and what"
                " we answered."
            ),
        ),
        how=_(
            "To read the answers on the web, scan the square with a telephone, or open this address and type the code:"
        ),
        enter=typed_address(f"{base_url}/{code}/enter/"),
        code=codes.code_of(one.door),
        door=f"{base_url}/{code}/door/{doors.token_of(one.door)}",
        after=_after(consultation, base_url, by_duty=by_duty),
        passages=tuple(say_answers(said)),
    )


def _after(consultation: Consultation, base_url: str, *, by_duty: bool) -> tuple[str, ...]:
    page = address_in_sentence(f"{base_url}/{i18n.language().code}/consultations/{consultation.slug}/response/")
    common = (
        _("Everybody can read the report on all comments: %(page)s", page=page),
        _("The code and the square are yours alone: whoever has them can write in your place."),
    )
    if by_duty:
        return common
    return (*common, _("If you want no more letters from us, tell us so, or open the address above."))


def say_answers(said: Iterable[Said]) -> Iterator[Passage]:
    """Each comment with its answer, in the current language; what is in another one is marked as that."""
    for one in said:
        comment, here = one.comment, i18n.language().code
        is_whole = comment.paragraph_ref == WHOLE
        yield _ours(
            _("The whole draft") if is_whole else _("Paragraph %(ref)s", ref=comment.paragraph_ref), is_bold=True
        )
        if not is_whole:
            yield _ours(_("It said:"))
            yield from _theirs(comment.quoted_text, comment.language)
        yield _ours(_("You said:"))
        yield from _theirs(comment.text, comment.language)
        if comment.suggestion:
            yield _ours(_("The wording you suggest"))
            yield from _theirs(comment.suggestion, comment.language)
        yield from _theirs(comment.evidence, comment.language)
        yield _ours(_("Our answer: %(outcome)s", outcome=dict(OUTCOMES)[one.answer.outcome.value]), is_bold=True)
        reason = one.answer.reason
        yield from _theirs(reason.text, reason.language)
        if reason.text and reason.language != here:
            yield _ours(_("We have not translated this reason."))
        yield from _kept_back(one)


def _kept_back(one: Said) -> Iterator[Passage]:
    if one.withheld is not None:
        grounds = dict(GROUNDS)[one.withheld.value]
        yield _ours(
            f"{_('This comment is not published, because:')} {grounds}. {_('It is answered and counted all the same.')}"
        )
    elif one.is_blacked_out:
        yield _ours(
            _(
                "To protect other people, passages about them are blacked out. The rest is published as you chose. Only you and"
                " the team see your own words whole."
            )
        )


def _ours(words: str, *, is_bold: bool = False) -> Passage:
    code = i18n.language().code
    return Passage(words, code, i18n.direction_of(code), is_bold)


def _theirs(text: str, language: str) -> Iterator[Passage]:
    """The lines of what somebody wrote, each in the direction in which it is written."""
    for line in cleaned_text(text).split("\n"):
        if line.strip():
            yield Passage(line.strip(), language, _direction(line, language))


def _direction(line: str, language: str) -> str:
    found = next((kind for kind in map(unicodedata.bidirectional, line) if kind in ("L", "R", "AL")), None)
    return i18n.direction_of(language) if found is None else "ltr" if found == "L" else "rtl"
