"""The code: read as people write it, never read wrongly, and nothing at rest leads from it to a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core import crypto
from consult.safe.receipts import holds_code, new_code, read_code, thread_of

SALT = bytes(range(32))
SCRIPTS = {"Arabic-Indic": "٠", "Persian": "۰", "Devanagari": "०", "full-width": "０", "Bengali": "০"}


def in_script(code, zero):
    return "".join(chr(ord(zero) + int(digit)) for digit in code)


def test_new_code_has_28_random_digits_and_two_that_check():
    codes = {new_code() for _ in range(200)}

    assert len(codes) == 200
    assert all(re.fullmatch("[0-9]{30}", code) and crypto.has_check_digits(code) for code in codes)


@pytest.mark.parametrize("zero", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("between", ["", " ", " - ", "\u00a0", "\u200f ", "."])
def test_read_code_takes_any_script_and_anything_between(zero, between):
    code = new_code()
    written = between.join(in_script(code, zero)[at : at + 5] for at in range(0, 30, 5))

    assert read_code(written) == code


@given(st.integers(0, 29), st.integers(1, 9))
def test_read_code_takes_no_code_with_a_wrong_digit(place, change):
    code = new_code()
    wrong = code[:place] + str((int(code[place]) + change) % 10) + code[place + 1 :]

    assert read_code(wrong) is None


@pytest.mark.parametrize("typed", ["", "1", "a" * 30, "1" * 29, "1" * 31, "①" * 30, "½" * 30, "\x00"])
def test_read_code_takes_nothing_else(typed):
    assert read_code(typed) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_holds_code_finds_a_code_in_any_text(before, after):
    assert holds_code(f"{before} {crypto.grouped(new_code())} {after}")
    assert holds_code(f"{before}x{in_script(new_code(), '٠')}x{after}")


def test_holds_code_passes_over_numbers_that_are_none():
    assert not holds_code("Paragraphs 1, 2, 3; the budget of 2026 was 1,234,567,890 and 55 stations.")
    assert not holds_code("1" * 29)


def test_a_thread_has_seventeen_receipts_and_no_id_comes_twice():
    thread = thread_of(new_code(), SALT)
    ids = [
        *thread.receipts(),
        *thread.items(1),
        *thread.items(2),
        thread.withdrawal_item(1),
        thread.inclusion_secret[:16],
    ]

    assert len(thread.receipts()) == 17
    assert len(set(ids)) == len(ids)
    assert {len(one) for one in ids} == {16}


def test_another_installation_has_other_ids_for_the_same_code():
    code = new_code()

    assert not set(thread_of(code, SALT).receipts()) & set(thread_of(code, bytes(32)).receipts())
