"""Ready-made terms with nothing left to fill in."""

from consult.consultations.models import TermsPart
from consult.consultations.views_staff import ready_made_terms
from consult.core.texts import Texts


def whole_terms() -> dict[TermsPart, Texts]:
    return {
        part: Texts({code: words.replace("…", "the Mechanism") for code, words in texts.items()})
        for part, texts in ready_made_terms().items()
    }
