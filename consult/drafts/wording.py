"""The words of a text in any script, as alignment and redline count and compare them."""

import re
import unicodedata
from itertools import pairwise

# Written without blanks between words: Chinese, and Japanese syllables. One sign counts as one word.
HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Signs that stand on a letter (Arabic vowels, Hebrew points, Indic and Thai vowels) belong to its word, and joiners too.
MARKS = (
    "".join(chr(sign) for sign in range(0x300, 0x3000) if unicodedata.category(chr(sign))[0] == "M") + "\u200c\u200d"
)
WORD_PATTERN = rf"[{HAN}]|(?:[^\W_{HAN}]|[{MARKS}])+"
WORD = re.compile(WORD_PATTERN)
IS_HAN = re.compile(f"[{HAN}]")


def normal(text: str) -> str:
    """A text for comparing: NFC, blanks as one. Case and punctuation count: a change of them is a change."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words(text: str) -> list[str]:
    """The words of a text, without case. Of Chinese, each two signs that follow one another are a word.

    Single signs would not do for likeness: different Chinese paragraphs have up to half of them in common.
    """
    found = WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if not IS_HAN.search(text):
        return found
    made = [word for word in found if not IS_HAN.match(word)]
    made += [one + two for one, two in pairwise(found) if IS_HAN.match(one) and IS_HAN.match(two)]
    return made or found
