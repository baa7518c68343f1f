"""A letter that was filled in is the very letter that would have been made by itself."""

import re
import secrets

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from consult.core import i18n
from consult.core.i18n import _l
from consult.core.settings import load
from consult.mail.letters import leaving_headers, new_letter
from consult.mail.messages import MailTemplate, Renderer
from consult.mail.moulds import Own, new_mould, split, takes
from tests.drafts.test_operations import NOON

CAMPAIGN = MailTemplate("campaign", _l("%(own_subject)s"), own=("door", "leave"))
SETTINGS = load(
    {
        "data_folder": "unused",
        "base_url": "https://consult.example.org",
        "mail_sender": "consult@mechanism.example",
        "leave_address": "leave@mechanism.example",
        "secret_key": "only for tests " * 4,
    },
    environ={},
)
WORDS = {
    "en": "Please read the draft & say what is missing. " * 8,
    "fr": "Veuillez lire le projet et dire ce qui manque, là où il faut : à côté, déjà. " * 8,
    "ar": "نرجو قراءة المسودة وإبداء الرأي. " * 20,
    "zh": "请阅读草案，并告诉我们缺少什么。" * 20,
    "long": "x" * 900,
}


def values(language="en", *, door=True, leave=True, subject="Please comment", body=None):
    return {
        "own_subject": subject,
        "paragraphs": [body or WORDS[language]],
        "words_language": "en",
        "words_direction": "ltr",
        "consultation": "الاستعراض" if language == "ar" else "Draft",
        "slug": "upr",
        "closes": "1 May 2027",
        "kind": "invitation",
        "calls": True,
        "is_registered": True,
        "is_news": False,
        "door": secrets.token_hex(16) if door else "",
        "leave": secrets.token_hex(16) if leave else "",
    }


def own_of(tokens, *, address="ana@org.example", message_id=f"<{'a1' * 12}@mechanism.example>"):
    return Own("00000007", address, message_id, "bounces+7@mechanism.example", tokens)


def by_itself(given, language, own):
    with i18n.use_language(language):
        rendered = Renderer(SETTINGS).render(CAMPAIGN, given)
        leaving = rendered.leaving
        return new_letter(
            rendered, name=own.name, address=own.address, sender=SETTINGS.mail_sender, message_id=own.message_id, now=NOON,
            envelope_sender=own.envelope_sender,
            headers=leaving_headers(leaving, rendered.language, SETTINGS) if leaving else {},
        )  # fmt: skip


def filled(first, given, language, own):
    """Made for one reader, filled in for another."""
    shared, tokens = split(CAMPAIGN, first)
    with i18n.use_language(language):
        mould = new_mould(Renderer(SETTINGS), CAMPAIGN, language, shared, frozenset(tokens), SETTINGS)
    assert mould is not None
    assert mould.fits(CAMPAIGN, language, split(CAMPAIGN, given)[0], frozenset(own.tokens))
    return mould.filled(own, now=NOON)


def without_boundary(content):
    return re.sub(rb"={10,}\d+==", b"BOUNDARY", content)


@pytest.fixture(autouse=True)
def languages():
    i18n.configure(SETTINGS.language_records(), SETTINGS.catalogue_folders())


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
@pytest.mark.parametrize(("door", "leave"), [(True, True), (True, False), (False, False)])
def test_a_filled_letter_is_the_same_to_the_byte(language, words, door, leave):
    given = values(door=door, leave=leave, body=WORDS[words])
    first = {**given, **({"door": "0" * 32} if door else {}), **({"leave": "f" * 32} if leave else {})}
    own = own_of(split(CAMPAIGN, given)[1])

    made, expected = filled(first, given, language, own), by_itself(given, language, own)

    assert without_boundary(made.content) == without_boundary(expected.content)
    assert (made.sender, made.recipient, made.name) == (expected.sender, expected.recipient, expected.name)


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    body=st.text(min_size=1, max_size=400).filter(lambda text: text.strip()),
    subject=st.text(min_size=1, max_size=80).filter(lambda text: text.strip()),
    language=st.sampled_from(["en", "ar", "zh"]),
)
def test_whatever_the_words_are_a_filled_letter_is_the_same(body, subject, language):
    i18n.configure(SETTINGS.language_records(), SETTINGS.catalogue_folders())
    given_values = values(body=body, subject=subject)
    own = own_of(split(CAMPAIGN, given_values)[1])

    expected = by_itself(given_values, language, own)
    made = filled(values(body=body, subject=subject), given_values, language, own)

    assert without_boundary(made.content) == without_boundary(expected.content)


@pytest.mark.parametrize(
    ("address", "message_id", "token"),
    [
        ("ana@bücher.example", None, None),
        ("=?utf-8?q?=0D=0ABcc:x?=@org.example", None, None),
        ("ana@org.example\r\nBcc: x@y.example", None, None),
        ("a" * 58 + "@org.example", None, None),
        ('"a b"@org.example', None, None),
        (None, "<short@mechanism.example>", None),
        (None, f"<{'a1' * 12}@elsewhere.example>", None),
        (None, None, "0" * 31),
        (None, None, "0" * 31 + "\n"),
        (None, None, "g" * 32),
    ],
)
def test_what_is_not_plain_is_not_filled_in(address, message_id, token):
    assert takes(own_of({"door": "0" * 32}), "mechanism.example")
    own = own_of({"door": token or "0" * 32}, address=address or "ana@org.example",
                 message_id=message_id or f"<{'a1' * 12}@mechanism.example>")  # fmt: skip

    assert not takes(own, "mechanism.example")


def test_other_values_need_another_mould():
    given = values()
    shared, tokens = split(CAMPAIGN, given)
    mould = new_mould(Renderer(SETTINGS), CAMPAIGN, "en", shared, frozenset(tokens), SETTINGS)

    assert mould.fits(CAMPAIGN, "en", dict(shared), frozenset(tokens))
    assert not mould.fits(CAMPAIGN, "ar", shared, frozenset(tokens))
    assert not mould.fits(CAMPAIGN, "en", {**shared, "is_registered": False}, frozenset(tokens))
    assert not mould.fits(CAMPAIGN, "en", shared, frozenset({"door"}))
