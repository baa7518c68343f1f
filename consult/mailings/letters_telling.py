"""The letter to whoever asked to take part without an e-mail address and was accepted: that they take part, and their way in."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from consult.consultations import codes, doors
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_requests import ParticipationRequest
from consult.core import i18n
from consult.core.forms import cleaned_line
from consult.core.i18n import _
from consult.core.identity import identity
from consult.mailings.letters import Letter, address_in_sentence, address_lines, typed_address
from consult.mailings.mails import closing


def compose_acceptance(
    db: Session, request: ParticipationRequest, who: Participant, *, base_url: str, now: datetime
) -> Letter:
    """The letter in the language of the request. From now on its code leads to their one door; none is replaced."""
    door = doors.door_of(db, who)
    codes.keep_codes(db, [door])
    consultation, code = db.get_one(Consultation, who.consultation_id), request.language
    with i18n.use_language(code):
        closes = closing(db, consultation)
        said = _(
            "Your request to take part was accepted: you are in our registry, and hear from us when there is something to"
            " comment on."
        )
        until = [_("Comments are taken until %(instant)s.", instant=closes)] if closes else []
        page = address_in_sentence(f"{base_url}/{code}/threatened/")
        return Letter(
            language=code,
            direction=i18n.direction_of(code),
            sender=cleaned_line(identity().name.shown().text),
            address=address_lines(request.name, request.postal_address),
            day=i18n.format_day(now.astimezone(ZoneInfo(consultation.time_zone)).date()),
            about=cleaned_line(consultation.title.shown().text),
            subject=_("You take part"),
            paragraphs=(said, *until),
            how=_("To open the consultation, scan the square with a telephone, or open this address and type the code:"),
            enter=typed_address(f"{base_url}/{code}/enter/"),
            code=codes.code_of(door),
            door=f"{base_url}/{code}/door/{doors.token_of(door)}",
            after=(
                _("You can also answer by letter or telephone. Write your code on the letter, so that we know whose it is."),
                _("The code and the square are yours alone: whoever has them can write in your place."),
                _("If you could suffer for what you say, do not answer, and read this page first: %(page)s", page=page),
                _("If you want no more letters from us, tell us so, or open the address above."),
            ),
        )  # fmt: skip
