"""Random codes: of the signs that are easy to read out, as long as asked for, each sign as likely as any other."""

from collections import Counter

from consult.core import ids


def test_codes_have_the_length_asked_for_and_only_signs_of_the_alphabet():
    codes = [*ids.random_codes(400), *ids.random_codes(3, 16), ids.random_code(), ids.random_code(6)]

    assert Counter(map(len, codes)) == {10: 401, 16: 3, 6: 1}
    assert set("".join(codes)) <= set(ids.ALPHABET)
    assert ids.random_codes(0) == []


def test_every_sign_is_as_likely_as_every_other():
    signs = Counter("".join(ids.random_codes(30_000)))

    # 300,000 signs, 10,000 of each: ten standard deviations either way; a byte too many of one sign would be 12.5 % more
    assert set(signs) == set(ids.ALPHABET)
    assert all(9_000 < many < 11_000 for many in signs.values())


def test_codes_are_new_each_time_also_where_bytes_are_left_over():
    codes = [*ids.random_codes(5_000), *(ids.random_code() for _ in range(5_000))]

    assert len(set(codes)) == len(codes)
