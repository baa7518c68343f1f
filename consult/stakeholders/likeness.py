"""Names that may mean the same: in another script, in another order of words, with a typing error. Decision 0044.

Two steps. Names share a block where their consonants are the same, or would be with one more or one less: so nothing is compared with
all the rest. What shares one is then looked at word by word, and what differs in more than a careful reader would overlook is dropped.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, permutations

from anyascii import anyascii
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from consult.stakeholders.keys import meaning_words

SAME_WORDS, SAME_LETTERS, SAME_SOUND = 99, 97, 92  # of 100
# No single letter: Section A is another than Section E.
WEAK = frozenset({
    "the", "of", "for", "and", "in", "to", "al", "el", "ar", "as", "ash", "de", "des", "du", "la", "le", "les", "et", "da", "do", "dos",
    "das", "del", "los", "las", "und", "der", "die", "fur", "im", "na", "po", "dlya", "wa", "ya", "kwa",
})  # fmt: skip
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
# Arabic and Hebrew leave vowels out, so against other scripts only consonants can be compared.
WITHOUT_VOWELS = re.compile("[\u0590-\u05ff\u0600-\u06ff\u0750-\u077f]")
SOUNDS = (
    ("sch", "c"), ("sh", "c"), ("ch", "c"), ("zh", "j"), ("kh", "x"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("ph", "f"), ("ck", "k"),
    ("q", "k"), ("v", "f"), ("p", "b"), ("dj", "j"),
)  # fmt: skip
APART = "'"  # between what stands for two signs, so that s and h are not taken for sh
ENDING = re.compile("(?<=..)('?h|(?<=[aeiou].)at)$")
HISSED = re.compile("c(?=[eiy])")
TYPED_LEAST = 4  # consonants of a name of which one may be wrong: of fewer too many names are made
WORD_LEAST = 3  # letters of a word in which one may be wrong
LONG, SHORT = 6, 5  # letters of a word in which the first may be wrong; up to which only one may be
NEAR = 0.75  # of the letters of a word stand where they should
HAN_LEAST = 5  # signs of a Chinese name of which one may be another of the same sound
PERMUTED_MAX = 4  # words that are put into every order
CACHED = 20_000  # words, of which names share many


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name as it is compared: words in Latin letters, their consonants, and what its script leaves unsaid."""

    words: tuple[str, ...]  # in their order, without those that say little
    sounds: tuple[str, ...]  # the consonants of each
    numbers: tuple[str, ...]  # words with a figure: another number is another body
    han: str  # its Chinese signs; "" = none
    lacks_vowels: bool

    def blocks(self) -> set[tuple[tuple[str, ...], str]]:
        """What names that may be the same have in common: all consonants, or all but one, in order of the alphabet."""
        whole = "".join(sorted("".join(self.sounds) or "".join(self.words)))  # some names are all vowels
        one_less = {whole[:at] + whole[at + 1 :] for at in range(len(whole))} if len(whole) >= TYPED_LEAST else set()
        return {(self.numbers, letters) for letters in {whole, *one_less} if letters}


def spelled(name: str) -> Spelling:
    """A name as it is compared."""
    words: list[tuple[str, str]] = []  # in Latin letters, and with what stands for one sign apart from the next
    for word in meaning_words(name):
        for part in word if HAN.search(word) else (word,):
            signs = [_latin(sign) for sign in part] if WITHOUT_VOWELS.search(part) else [_latin(part)]
            words.append(("".join(signs), APART.join(signs)))
    words = [word for word in words if word[0]]
    said = [word for word in words if word[0] not in WEAK] or words
    letters = [word for word in said if not any(map(str.isdecimal, word[0]))]
    return Spelling(
        tuple(latin for latin, _ in letters),
        tuple(_consonants(apart) for _, apart in letters),
        tuple(sorted(latin for latin, _ in said if any(map(str.isdecimal, latin)))),
        "".join(HAN.findall(name)),
        WITHOUT_VOWELS.search(name) is not None,
    )


def _latin(text: str) -> str:
    return "".join(filter(str.isalnum, anyascii(text).lower()))


@lru_cache(CACHED)
def _consonants(word: str) -> str:
    """The consonants of a word, letters for one sound as one. A vowel in front stands for none; w and y count there only.

    Nor does the h or t count with which Arabic words of women end, and many that are taken from them.
    """
    sound = HISSED.sub("s", ENDING.sub("", word))
    for letters, one in SOUNDS:
        sound = sound.replace(letters, one)
    sound = sound.replace(APART, "")
    first, rest = sound[:1].strip("aeiou"), sound[1:]
    kept = first + "".join(sign for sign in rest if sign not in "aeiouwy")
    return kept[:1] + "".join(two for one, two in pairwise(kept) if one != two)


def likeness(one: Spelling, other: Spelling) -> int:
    """How alike two names are, of 100; 0 where they are two."""
    if one.numbers != other.numbers or not (one.words and other.words):
        return 0
    if one.han and other.han:
        return _alike_in_signs(one.han, other.han, one, other)
    if bool(one.han) is not bool(other.han):
        return SAME_SOUND if _said_alike(one, other) else 0
    if one.lacks_vowels is not other.lacks_vowels:
        return _alike_in_sound(one.sounds, other.sounds)
    return _alike_in_words(one.words, other.words)


def _alike_in_signs(han: str, other_han: str, one: Spelling, other: Spelling) -> int:
    wrong = sum(a != b for a, b in zip(han, other_han, strict=False))
    is_slip = len(han) == len(other_han) >= HAN_LEAST and wrong <= 1 and one.words == other.words
    return SAME_SOUND if is_slip else 0


def _said_alike(one: Spelling, other: Spelling) -> bool:
    """A Chinese name and the same in Latin letters: of its syllables some make one word, and the family name stands anywhere."""
    signs, letters = (one, other) if one.han else (other, one)
    if len(letters.words) > PERMUTED_MAX:
        return "".join(signs.words) == "".join(letters.words)
    return any("".join(signs.words) == "".join(words) for words in permutations(letters.words))


def _alike_in_sound(sounds: tuple[str, ...], others: tuple[str, ...]) -> int:
    if len("".join(sounds)) < WORD_LEAST:
        return 0
    left, right = _unshared(sounds, others)
    if (not left and not right) or "".join(sounds) == "".join(others):
        return SAME_SOUND
    if len(left) == len(right) == 1 and min(len(left[0]), len(right[0])) >= TYPED_LEAST and len(sounds) > 1:
        return int(fuzz.ratio(left[0], right[0])) if OSA.distance(left[0], right[0]) <= 1 else 0
    return 0


def _alike_in_words(words: tuple[str, ...], others: tuple[str, ...]) -> int:
    left, right = _unshared(words, others)
    if not left and not right:
        return SAME_WORDS
    if "".join(words) == "".join(others):
        return SAME_LETTERS
    if len(left) != len(right) or not all(map(_is_near, left, right)):
        return 0
    return min(SAME_LETTERS - 1, int(fuzz.ratio(" ".join(sorted(words)), " ".join(sorted(others)))))


def _unshared(words: tuple[str, ...], others: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The words of either that the other has not, each list in order of the alphabet."""
    here, there = Counter(words), Counter(others)
    return sorted((here - there).elements()), sorted((there - here).elements())


def _is_near(word: str, other: str) -> bool:
    """Whether two words may be one with a slip of the pen."""
    shorter, longer = sorted((len(word), len(other)))
    if shorter < WORD_LEAST:
        return False
    wrong = OSA.distance(word, other)
    if word[0] != other[0]:
        return wrong <= 1 and shorter >= LONG
    return wrong <= (1 if longer <= SHORT else 2) and 1 - wrong / longer >= NEAR
