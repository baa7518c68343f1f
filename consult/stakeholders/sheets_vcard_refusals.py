"""Why a file of cards cannot be read."""

from consult.core.i18n import _l
from consult.core.refusals import Refused


class CardNested(Refused):
    """A card within a card."""

    message = _l(
        "On line %(line)s a card begins before the one above it has ended. Save the cards again, one below the other."
    )


class CardOpen(Refused):
    """A card without end: the file was cut, or nests."""

    message = _l(
        "The card that begins on line %(line)s never ends: the file was cut off. Save it again and upload that."
    )


class CardOutside(Refused):
    """Something that belongs to no card."""

    message = _l("Line %(line)s belongs to no card. Delete it and upload the file again.")


class CardLineTooLong(Refused):
    """A value that no name, address or note has."""

    message = _l("What begins on line %(line)s is longer than anything we keep. Shorten it and upload the file again.")


class CardDamaged(Refused):
    """Signs that no text has, or an encoding that we cannot read."""

    message = _l(
        "We cannot read line %(line)s: its encoding is broken or unknown. Save the cards as UTF-8 and upload them again."
    )
