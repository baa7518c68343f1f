"""What names, addresses and numbers are compared by: without case, marks and legal forms, in any script."""

import re
import unicodedata

from consult.stakeholders.phones import figures, phone_key

KEY_MAX = 200  # characters of a key
TERM_MAX = 60  # characters of a term
TERMS_MAX = 60  # of one entry

# Written in several ways by careful people: the last Arabic letters of a word, the line that stretches one.
SAME = str.maketrans({"ى": "ي", "ة": "ه", "ـ": None, "'": None, "’": None})
ASCII_WORD = re.compile("[0-9A-Za-z]+")
ARTICLE = "ال"
LEGAL_FORMS = frozenset(
    {
        *("inc", "incorporated", "ltd", "limited", "llc", "llp", "plc", "corp", "corporation", "co", "company", "gmbh"),
        *("ev", "eg", "ag", "asbl", "aisbl", "sarl", "sa", "sas", "spa", "srl", "bv", "nv", "vzw", "oy", "pty", "pte"),
        *("bhd", "sdn", "ong", "ngo", "npo", "ооо", "оао", "зао", "нко", "شمل", "شمم", "ذمم"),
    }
)
LEGAL_ENDS = ("股份有限公司", "有限责任公司", "有限公司")
# Scripts without blanks between words: there a name is found by any part of it.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def folded(text: str) -> str:
    """A text without case, width and marks above or below letters. Vowel signs of Indic scripts stay: they are letters."""
    if text.isascii():  # most are: nothing below changes anything of them
        return text.casefold().replace("'", "")
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", plain).translate(SAME)


def _words(text: str) -> list[str]:
    """The words of a folded text. Signs that belong to a letter are part of its word."""
    if text.isascii():
        return ASCII_WORD.findall(text)
    return "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in text).split()


def double_key(name: str) -> str:
    """By what two names are one: their words in order of the alphabet, without legal forms and Arabic articles."""
    return " ".join(sorted(set(meaning_words(name))))[:KEY_MAX]


def meaning_words(name: str) -> list[str]:
    """The words of a name in their order, folded, without legal forms at either end and Arabic articles."""
    words = _words(folded(name).replace(".", ""))
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and words[0] in LEGAL_FORMS:
        words.pop(0)
    return [word if word.isascii() else _bare(word) for word in words]


def _bare(word: str) -> str:
    for ending in LEGAL_ENDS:
        if word.endswith(ending) and word != ending:
            return word.removesuffix(ending)
    return _without_article(word)


def _without_article(word: str) -> str:
    return word.removeprefix(ARTICLE) if len(word) > len(ARTICLE) + 2 else word


PHONE_SIGNS = re.compile(r"[\d\s+()/.\-–]*")
PHONE_LEAST = 5  # figures that are looked for as those of a telephone number; fewer may be a year
PREFIXES = (
    4  # places at which a number may be begun: as it stands, or after a code of its country of up to three figures
)


def phone_terms(phone: str) -> list[str]:
    """By what a telephone number is found: by its figures alone, with the code of the country or without."""
    key = phone_key(phone)
    return list(
        dict.fromkeys(key[at:].lstrip("0") for at in range(PREFIXES) if len(key[at:].lstrip("0")) >= PHONE_LEAST - 1)
    )


def is_number(text: str) -> bool:
    """Whether somebody looks for a telephone number, however they part its figures."""
    least = PHONE_LEAST - 2 if text.strip().startswith("+") else PHONE_LEAST
    return bool(PHONE_SIGNS.fullmatch(text)) and len(figures(text)) >= least


def words_of(text: str) -> list[str]:
    """The words that somebody looks for; what looks like an address stays whole, and a telephone number is one word."""
    if is_number(text):
        return [phone_key(text)]
    return name_words(text)


def name_words(text: str) -> list[str]:
    """The words of a name; what looks like an address stays whole."""
    return [part[:TERM_MAX] for one in folded(text).split() for part in ([one] if "@" in one else _words(one))]


def group_term(code: str) -> str:
    """The term by which a group is found; no word begins so."""
    return f"={code}"


def terms_of(name: str, email: str, groups: list[str], phone: str = "") -> list[str]:
    """All that an entry is found by: the beginning of any word of its name or address, any part in scripts without blanks.

    And its telephone number, with the code of the country or without.
    """
    terms: dict[str, None] = {}
    address = folded(email)
    for word in [*name_words(name), *([address] if address else []), *_words(address)]:
        if word.isascii():
            terms[word[:TERM_MAX]] = None
            continue
        begins = range(len(word)) if UNSPACED.search(word) else (0,)
        for at in begins:
            terms[word[at : at + TERM_MAX]] = None
        terms[_without_article(word)[:TERM_MAX]] = None
    found = [*(group_term(code) for code in groups), *phone_terms(phone), *list(terms)[:TERMS_MAX]]
    return list(dict.fromkeys(found))
