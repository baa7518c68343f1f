"""Sealing, signing and the digits on paper: what was made is read again, what was touched is not."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.core import crypto
from consult.core.crypto import TooLong, Unreadable

PUBLIC, SECRET = crypto.box_pair(bytes(range(32)))
SIGN_PUBLIC, SIGN_SECRET = crypto.sign_pair(bytes(range(32)))


@given(st.binary(max_size=70_000))
def test_what_was_padded_and_sealed_is_read_again_and_has_one_of_four_sizes(content):
    sealed = crypto.seal(crypto.pad(content), PUBLIC)

    assert crypto.unpad(crypto.unseal(sealed, PUBLIC, SECRET)) == content
    assert len(sealed) - crypto.SEAL_OVERHEAD in crypto.PADDED


def test_a_text_over_the_largest_size_is_refused():
    with pytest.raises(TooLong):
        crypto.pad(bytes(crypto.PADDED[-1] - crypto.LENGTH + 1))


@given(st.integers(0, 4_000), st.integers(1, 255))
def test_one_changed_byte_opens_nothing(place, change):
    sealed = bytearray(crypto.seal(crypto.pad(b"The bridge was never built."), PUBLIC))
    sealed[place] ^= change

    if place == 2 + 31 and change == 0x80:
        return  # the highest bit of the ephemeral key is ignored by X25519, and the nonce is made of the key as it stands
    with pytest.raises(Unreadable):
        crypto.unseal(bytes(sealed), PUBLIC, SECRET)


@pytest.mark.parametrize("junk", [b"", b"\x01", b"\x01\x01", b"\x01\x02" + bytes(80), b"\x02\x01" + bytes(80)])
def test_what_is_not_sealed_by_us_is_unreadable(junk):
    with pytest.raises(Unreadable):
        crypto.unseal(junk, PUBLIC, SECRET)


def test_a_cell_has_one_size_and_a_blank_one_begins_like_any_other():
    cells = [crypto.seal_cell(b"x" * length, PUBLIC) for length in (0, 1, 4_000)] + [crypto.blank_cell()]

    assert {len(cell) for cell in cells} == {crypto.CELL}
    assert {cell[:2] for cell in cells} == {crypto.PREFIX}
    assert all(crypto.blank_cell()[33] < 0x80 for _ in range(40)), "the ephemeral key is a point on the curve"


def test_a_signed_text_holds_for_its_purpose_and_its_signer_only():
    signed = crypto.sign("opening", {"consultation": "upr", "number": 1}, SIGN_SECRET)
    other, _ = crypto.sign_pair(secrets.token_bytes(32))

    assert crypto.verify(signed, "opening", [other, SIGN_PUBLIC]) == (
        {"consultation": "upr", "number": 1},
        SIGN_PUBLIC,
    )
    for text, purpose, publics in (
        (signed, "stop", [SIGN_PUBLIC]),
        (signed.replace("opening", "stop"), "stop", [SIGN_PUBLIC]),
        (signed.replace("upr", "cat"), "opening", [SIGN_PUBLIC]),
        (signed, "opening", [other]),
        (signed, "opening", []),
        (signed[:-1], "opening", [SIGN_PUBLIC]),
        ("", "opening", [SIGN_PUBLIC]),
    ):
        with pytest.raises(Unreadable):
            crypto.verify(text, purpose, publics)


DIGITS = st.text("0123456789", min_size=28, max_size=28)


@given(DIGITS, st.integers(0, 29), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(digits, place, change):
    whole = digits + crypto.check_digits(digits)
    wrong = f"{whole[:place]}{(int(whole[place]) + change) % 10}{whole[place + 1 :]}"

    assert crypto.has_check_digits(whole)
    assert not crypto.has_check_digits(wrong)


@given(DIGITS, st.integers(0, 28))
def test_two_swapped_neighbours_are_always_found(digits, place):
    whole = digits + crypto.check_digits(digits)
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]

    assert crypto.has_check_digits(swapped) == (swapped == whole)


@given(st.integers(0, 300))
def test_every_leaf_leads_to_the_root_and_no_other_does(count):
    mine = [crypto.leaf_of(str(number).encode()) for number in range(count)]
    leaves = crypto.filled_leaves(mine)
    root = crypto.root_of(leaves)

    assert len(leaves) == (256 if count <= 256 else 512)
    assert leaves == sorted(leaves)
    for leaf in mine[:3]:
        place = leaves.index(leaf)
        path = crypto.path_to(leaves, place)
        assert crypto.is_in_tree(leaf, place, path, root)
        assert not crypto.is_in_tree(crypto.leaf_of(b"another"), place, path, root)
        assert not crypto.is_in_tree(leaf, place ^ 1, path, root)
        assert not crypto.is_in_tree(leaf, place, path[:-1], root)


@pytest.mark.parametrize("text", [None, 7, "é", "a", "AAAA=", "a b c"])
def test_bytes_that_are_none_are_unreadable(text):
    with pytest.raises(Unreadable):
        crypto.unb64(text, 3)
