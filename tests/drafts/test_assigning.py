"""Who goes with whom: held against the best of all possible choices."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from consult.drafts.assigning import assign

PLACES = st.integers(0, 3)
SCORES = st.dictionaries(st.tuples(PLACES, PLACES), st.sampled_from([0.3, 0.5, 0.7, 0.8, 0.9, 1.0]))


def worth(scores, pairs):
    return sum(scores[pair] ** 2 for pair in pairs if pair in scores)


def test_nothing_to_choose_from():
    assert assign({}) == {}


def test_one_good_pair_is_better_than_two_middling_ones():
    assert assign({(0, 0): 0.9, (0, 1): 0.5, (1, 0): 0.5}) == {0: 0}


def test_two_good_pairs_are_better_than_one_that_is_a_little_better():
    assert assign({(0, 0): 0.9, (0, 1): 0.8, (1, 0): 0.8}) == {0: 1, 1: 0}


def test_an_exchange_leaves_nobody_alone_who_had_somebody():
    assert assign({(0, 0): 0.9, (0, 1): 0.8, (1, 0): 0.8, (1, 1): 0.3}) == {0: 1, 1: 0}


def test_of_equals_those_in_the_same_place_go_together():
    assert assign({(a, b): 0.7 for a in range(5) for b in range(5)}) == {place: place for place in range(5)}


@given(SCORES)
def test_each_place_has_one_at_most_and_only_a_likely_one(scores):
    chosen = assign(scores)

    assert set(chosen.items()) <= set(scores)
    assert len(set(chosen.values())) == len(chosen)


@given(SCORES)
def test_the_choice_is_worth_at_least_half_of_the_best_of_all(scores):
    best = max(worth(scores, zip(range(4), order, strict=True)) for order in permutations(range(4)))

    assert worth(scores, assign(scores).items()) >= 0.5 * best - 1e-9


@given(SCORES)
def test_nobody_is_left_alone_beside_somebody_likely_who_is_free(scores):
    chosen = assign(scores)

    free = {pair for pair in scores if pair[0] not in chosen and pair[1] not in chosen.values()}
    assert free == set()
