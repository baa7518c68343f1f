"""Which language a draft is in: by its letters, and among languages of the same letters by its commonest words."""

import re
from collections import Counter

from consult.core.i18n import is_installed
from consult.drafts.document import Block

SCRIPTS = {
    "zh": re.compile(r"[\u3400-\u9fff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
}
LATIN = re.compile(r"[A-Za-zÀ-ÿ]+")
WORDS = {
    "en": {"the", "of", "and", "to", "in", "is", "for", "that", "with", "by", "on", "are", "was"},
    "fr": {"le", "la", "les", "des", "du", "et", "en", "pour", "dans", "par", "est", "une", "aux"},
    "es": {"el", "los", "las", "del", "y", "en", "para", "por", "con", "una", "que", "se", "al"},
    "pt": {"o", "os", "as", "do", "da", "dos", "e", "em", "para", "com", "uma", "que", "ao"},
}
SAMPLE = 200_000  # characters looked at
CHARACTER_WEIGHT = 2  # a Chinese character says about as much as a Latin half-word


def guess_language(blocks: list[Block], stated: str) -> str:
    """The code of the language most of the text is in; what the file states decides where the letters do not."""
    return _guessed(" ".join(block.text for block in blocks)[:SAMPLE], stated)


def language_written(text: str, page: str) -> str:
    """The language of a few sentences typed on a page: the page's own, unless their letters are none of that language."""
    guessed = _guessed(text[:SAMPLE], page)
    other_letters = guessed != page and (guessed in SCRIPTS or page in SCRIPTS)
    return guessed if other_letters and is_installed(guessed) else page


def _guessed(text: str, stated: str) -> str:
    letters = Counter({code: len(pattern.findall(text)) for code, pattern in SCRIPTS.items()})
    letters["zh"] *= CHARACTER_WEIGHT
    words = [word.lower() for word in LATIN.findall(text)]
    latin = sum(len(word) for word in words)
    code, most = letters.most_common(1)[0]
    if most > latin / 2 and most > 0:
        return code
    counted = Counter({code: sum(word in common for word in words) for code, common in WORDS.items()})
    best, times = counted.most_common(1)[0]
    base = stated.split("-")[0].lower()
    return best if times > len(words) / 50 or not base else base
