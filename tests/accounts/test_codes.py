"""Typed codes as people type them, secrets that a stolen database does not give, and codes that are good once."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.accounts import codes
from tests.support.second_factor import SECRET, code_at

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
ZEROS = [chr(sign) for sign in range(0x110000) if unicodedata.decimal(chr(sign), None) == 0]
BETWEEN = st.sampled_from(["", " ", "\u00a0", "\u3000", "-", "–", "\u200f", "\u200e", "\u2068", "\ufeff", "\n"])


@pytest.fixture(autouse=True)
def key():
    before = codes._key
    codes.use_key(b"k" * 32)
    yield
    codes._key = before


@given(
    code=st.text("0123456789", min_size=1, max_size=20),
    zero=st.sampled_from(ZEROS),
    between=st.lists(BETWEEN, min_size=20, max_size=20),
)
def test_a_code_in_any_figures_with_anything_between_is_the_same_code(code, zero, between):
    typed = "".join(gap + chr(ord(zero) + int(figure)) for figure, gap in zip(code, between, strict=False))

    assert codes.figures(typed) == code


@pytest.mark.parametrize("typed", ["١٢٣ ٤٥٦", "۱۲۳۴۵۶", "１２３　４５６", "123-456", " 123456 ", "१२३४५६"])
def test_the_figures_of_people_here_are_taken(typed):
    assert codes.figures(typed) == "123456"


@given(st.text(max_size=40))
def test_whatever_is_typed_is_plain_figures_or_nothing(typed):
    found = codes.figures(typed)

    assert found == "" or (found.isascii() and found.isdecimal())
    assert found == "" or not any(sign.isalpha() for sign in typed)


@given(
    st.text(max_size=40).filter(lambda typed: codes.figures(typed) not in (code_at(NOON, steps=n) for n in (-1, 0, 1)))
)
def test_nothing_but_the_codes_of_now_matches(typed):
    assert codes.matching_step(SECRET, codes.figures(typed), after=0, now=NOON) is None


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(steps, taken):
    step = codes.matching_step(SECRET, code_at(NOON, steps=steps), after=0, now=NOON)

    assert step == (codes.step_of(NOON) + steps if taken else None)


def test_neither_a_used_code_nor_an_older_one_matches():
    used = codes.step_of(NOON)

    for steps in (-1, 0):
        assert codes.matching_step(SECRET, code_at(NOON, steps=steps), after=used, now=NOON) is None
    assert codes.matching_step(SECRET, code_at(NOON, steps=1), after=used, now=NOON) == used + 1


def test_a_sealed_secret_opens_for_its_person_with_the_key_of_the_installation_only():
    sealed = codes.seal(SECRET, "staff:7")

    assert SECRET.encode() not in sealed
    assert codes.unseal(sealed, "staff:7") == SECRET
    assert codes.unseal(sealed, "staff:8") is None
    assert codes.unseal(sealed[:-1], "staff:7") is None
    assert codes.unseal(b"", "staff:7") is None
    codes.use_key(b"x" * 32)
    assert codes.unseal(sealed, "staff:7") is None


def test_recovery_codes_differ_and_their_digests_need_the_key():
    new = codes.new_recovery_codes()
    digest = codes.recovery_digest(new[0], "staff:7")

    assert len(set(new)) == 10
    assert {len(code) for code in new} == {16}
    assert codes.recovery_digest(new[0], "staff:8") != digest
    codes.use_key(b"x" * 32)
    assert codes.recovery_digest(new[0], "staff:7") != digest


def test_the_picture_is_a_png_of_the_address_that_apps_read():
    address = codes.app_address(SECRET, account="dalia@x.example", site="consult.example")

    assert address.startswith("otpauth://totp/consult.example:dalia")
    assert f"secret={SECRET}" in address
    assert codes.picture(address).startswith(b"\x89PNG")
    assert codes.in_fours(SECRET).split() == [SECRET[place : place + 4] for place in range(0, 32, 4)]


def test_new_secrets_differ():
    assert len({codes.new_secret() for _ in range(20)}) == 20
    assert timedelta(seconds=codes.STEP) == timedelta(seconds=30)
