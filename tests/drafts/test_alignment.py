"""Which paragraph is which: the hard cases, and what must hold for any two texts."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.drafts.alignment import Pair, State, Unit, align

POLICE = "Complaints against members of the police are investigated by an independent authority with its own budget."
PRISONS = "Overcrowding in prisons was reduced by alternative sentences and by the release of remand detainees on bail."
SCHOOLS = "Seven secondary schools were fitted with ramps, lifts and accessible sanitary facilities for pupils."
WATER = "Rural households were connected to the public water supply under a programme financed by the fisheries levy."
NIGHT = "Night courts hear traffic matters so that magistrates can attend to family cases during the day."

VOCABULARY = [
    "water",
    "school",
    "court",
    "police",
    "prison",
    "women",
    "2019",
    "47",
    "权",
    "利",
    "المرأة",
    "the",
    "of",
    "and",
]
WORDS = st.sampled_from(VOCABULARY)
TEXTS = st.lists(WORDS, max_size=8).map(" ".join)
KINDS = st.sampled_from(["paragraph", "heading", "table"])
UNITS = st.lists(st.builds(Unit, st.just(""), TEXTS, KINDS, st.sampled_from(["", "Rights"])), max_size=14)
DIFFERENT = st.lists(TEXTS.filter(bool), max_size=12, unique=True).map(lambda texts: as_units(*texts))


def as_units(*texts: str) -> list[Unit]:
    return [Unit(str(number), text) for number, text in enumerate(texts, 1)]


def fates(old: Sequence[Unit], new: Sequence[Unit]) -> list[tuple[int | None, int | None, str]]:
    """Each row as numbers from 1: (old, new, state)."""
    rows = align(old, new)
    return [(_number(row.old), _number(row.new), row.state.value) for row in rows]


def _number(place: int | None) -> int | None:
    return None if place is None else place + 1


def made(*, words: int, seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(f"w{chance.randrange(3000)}" for _ in range(words))


def test_a_word_spelt_otherwise_is_a_change():
    old = as_units(POLICE, "Section 2 of the Offenses Act should be amended", WATER)
    new = as_units(POLICE, "Section 2 of the Offences Act should be amended", WATER)

    assert fates(old, new) == [(1, 1, "same"), (2, 2, "changed"), (3, 3, "same")]


def test_blanks_and_forms_of_one_letter_are_no_change_but_case_and_points_are():
    old = as_units("The  Café\nopens.", "the court sits in public", POLICE)
    new = as_units("The Cafe\u0301 opens.", "The Court sits in public.", POLICE)

    assert fates(old, new) == [(1, 1, "same"), (2, 2, "changed"), (3, 3, "same")]


def test_two_nearly_identical_paragraphs_keep_their_own_counterparts_when_both_change():
    women = "The quota for women on local councils was raised from 20 to 30 per cent of all seats."
    youth = "The quota for young people on local councils was raised from 20 to 30 per cent of all seats."
    old = as_units(women, youth)
    new = as_units(youth.replace("raised", "increased"), women.replace("raised", "increased"))

    assert {(row[0], row[1]) for row in fates(old, new)} == {(1, 2), (2, 1)}


def test_two_nearly_identical_paragraphs_stay_when_one_is_deleted():
    of_2019 = "In 2019, 220 cases of domestic abuse were reported to the unit."
    of_2020 = "In 2020, 423 cases of domestic abuse were reported to the unit."

    assert fates(as_units(of_2019, of_2020), as_units(of_2020)) == [(2, 1, "same"), (1, None, "deleted")]


def test_of_a_split_paragraph_the_greater_part_goes_on_and_the_other_is_new():
    old = as_units(POLICE, f"{PRISONS} Detainees see a doctor.", WATER)
    new = as_units(POLICE, PRISONS, "Detainees see a doctor.", WATER)

    assert fates(old, new) == [(1, 1, "same"), (2, 2, "changed"), (None, 3, "new"), (3, 4, "same")]


def test_of_two_joined_paragraphs_the_greater_goes_on_and_the_other_is_deleted():
    old = as_units(POLICE, "Detainees see a doctor.", PRISONS, WATER)
    new = as_units(POLICE, f"{PRISONS} Detainees see a doctor.", WATER)

    assert fates(old, new) == [(1, 1, "same"), (3, 2, "changed"), (4, 3, "same"), (2, None, "deleted")]


def test_of_swapped_neighbours_one_moved():
    states = fates(as_units(POLICE, PRISONS, SCHOOLS, WATER), as_units(POLICE, SCHOOLS, PRISONS, WATER))

    assert [row[:2] for row in states] == [(1, 1), (3, 2), (2, 3), (4, 4)]
    assert sorted(row[2] for row in states) == ["moved", "same", "same", "same"]


def test_a_paragraph_can_move_far_and_change_on_the_way():
    old = as_units(POLICE, PRISONS, SCHOOLS, WATER, NIGHT)
    new = as_units(PRISONS, SCHOOLS, WATER, NIGHT, POLICE.replace("with its own budget", "since 2021"))

    assert fates(old, new)[-1] == (1, 5, "moved_changed")
    assert [row[2] for row in fates(old, new)[:-1]] == ["same"] * 4


def test_figures_alone_changed_is_a_change_in_place():
    old = [
        f"In {year}, {cases} cases were reported to the unit." for year, cases in [(2016, 11), (2017, 15), (2018, 19)]
    ]
    new = [
        f"In {year}, {cases} cases were reported to the unit." for year, cases in [(2020, 31), (2021, 35), (2022, 39)]
    ]

    assert fates(as_units(*old), as_units(*new)) == [(1, 1, "changed"), (2, 2, "changed"), (3, 3, "changed")]


def test_a_table_of_figures_is_the_same_table_with_other_figures():
    old = [Unit("t1", "Year Cases 2016 11 2017 15 2018 19", "table")]
    new = [Unit("t1", "Year Cases 2019 21 2020 25 2021 29", "table")]

    assert fates(old, new) == [(1, 1, "changed")]


@pytest.mark.parametrize(
    ("one", "one_later", "other"),
    [
        (
            "国家执行、报告和后续行动机制由外交部主持，每季度举行会议。",
            "国家执行、报告和后续行动机制由总理府主持，每季度举行会议。",
            "监狱过度拥挤的状况因采用替代刑罚而有所缓解。",
        ),
        (
            "تتولى الآلية الوطنية للتنفيذ والإبلاغ والمتابعة إعداد التقرير كل أربع سنوات",
            "تتولى الآلية الوطنية للتنفيذ والإبلاغ والمتابعة إعداد التقرير كل خمس سنوات",
            "انخفض الاكتظاظ في السجون بفضل العقوبات البديلة",
        ),
    ],
)
def test_texts_in_other_scripts_are_compared_like_any(one, one_later, other):
    assert fates(as_units(one, other), as_units(other, one_later)) in (
        [(2, 1, "same"), (1, 2, "moved_changed")],
        [(2, 1, "moved"), (1, 2, "changed")],
    )


def test_different_chinese_paragraphs_are_not_taken_for_one_another():
    old = as_units("国家人权机构的工作人员由议会任命，任期五年。")
    new = as_units("任何人的家庭权利由国家法律和议会工作保障。")  # half of the signs, none of the sense

    assert fates(old, new) == [(None, 1, "new"), (1, None, "deleted")]


def test_pairs_are_chosen_for_the_whole_text_and_not_first_come():
    first, shared, last = made(words=6, seed=1), made(words=12, seed=2), made(words=6, seed=3)
    old = as_units(f"{first} {shared} {last}", f"{shared} x")
    new = as_units(f"{first} {shared}", f"{first} {last}")

    # The first old one is most like the first new one; but then the second old one would have nothing to go to.
    assert [row[:2] for row in fates(old, new)] == [(2, 1), (1, 2)]


def test_a_text_in_its_place_is_preferred_to_a_slightly_liker_one_elsewhere():
    base = made(words=20, seed=1).split()
    here, there = " ".join(base[:14] + ["x"] * 6), " ".join(base[:15] + ["y"] * 5)
    old = as_units(POLICE, " ".join(base), WATER, NIGHT)
    new = as_units(POLICE, here, WATER, there, NIGHT)

    assert [row[:2] for row in fates(old, new)] == [(1, 1), (2, 2), (3, 3), (None, 4), (4, 5)]


def test_a_text_translated_into_another_script_has_nothing_in_common():
    old = as_units("Seven schools were fitted with ramps in 2019.", "The court sits in public.")
    new = as_units("2019年，七所学校安装了坡道。", "法院公开开庭。")

    assert [row[2] for row in fates(old, new)] == ["new", "new", "deleted", "deleted"]


def test_of_two_equal_headings_the_one_that_stays_is_that_of_its_paragraph():
    old = [
        Unit("h-i", "Death penalty", "heading"),
        Unit("1", POLICE),
        Unit("h-ii", "Death penalty", "heading"),
        Unit("2", WATER),
    ]
    new = [Unit("h-i", "Death penalty", "heading"), Unit("1", WATER)]

    assert fates(old, new) == [(3, 1, "same"), (4, 2, "same"), (1, None, "deleted"), (2, None, "deleted")]


def test_equal_headings_stay_in_order():
    text = [
        Unit("h-i", "Death penalty", "heading"),
        Unit("1", POLICE),
        Unit("h-ii", "Death penalty", "heading"),
        Unit("2", WATER),
    ]

    assert {row[2] for row in fates(text, text)} == {"same"}


def test_a_heading_never_becomes_a_paragraph():
    assert fates([Unit("h-i", POLICE, "heading")], as_units(POLICE)) == [(None, 1, "new"), (1, None, "deleted")]


def test_a_wholly_reworded_paragraph_is_found_in_its_place():
    old = as_units(
        POLICE,
        "The draft policy, now under review, will let the Government consider a law against discrimination.",
        WATER,
    )
    new = as_units(
        POLICE, "On the basis of the draft policy the Government intends to legislate against discrimination.", WATER
    )

    assert fates(old, new)[1] == (2, 2, "changed")


def test_another_paragraph_in_the_place_of_a_deleted_one_is_new():
    assert fates(as_units(POLICE, PRISONS, WATER), as_units(POLICE, NIGHT, WATER)) == [
        (1, 1, "same"),
        (None, 2, "new"),
        (3, 3, "same"),
        (2, None, "deleted"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "states"),
    [((), (), []), ((POLICE,), (), ["deleted"]), ((), (POLICE,), ["new"]), (("",), ("",), ["same"])],
)
def test_empty_versions(old, new, states):
    assert [row[2] for row in fates(as_units(*old), as_units(*new))] == states


def test_the_longest_run_counts_paragraphs_and_not_what_stands_between_them():
    tables = [Unit(f"t{number}", f"Table {number} of figures", "table") for number in range(3)]
    old = [*as_units(POLICE, WATER), *tables]
    new = [*tables, *as_units(POLICE, WATER)]

    assert [row.state for row in align(old, new)] == [State.MOVED] * 3 + [State.SAME] * 2


def test_two_thousand_boilerplate_paragraphs_keep_their_order():
    sentence = made(words=60, seed=1)
    old = as_units(*[sentence] * 2000)

    assert align(old, old) == [Pair(place, place, State.SAME, 1.0) for place in range(2000)]
    changed = [(row.old, row.new, row.state) for row in align(old, as_units(*[f"{sentence} again"] * 2000))]
    assert changed == [(place, place, State.CHANGED) for place in range(2000)]


def test_a_thousand_changed_and_shuffled_paragraphs_all_find_themselves():
    chance = random.Random(2)
    old = [made(words=80, seed=seed) for seed in range(1000)]
    later = [
        (place, " ".join(word if chance.random() > 0.2 else "x" for word in text.split()))
        for place, text in enumerate(old)
    ]
    chance.shuffle(later)

    rows = align(as_units(*old), as_units(*(text for _, text in later)))

    assert [row.old for row in rows] == [place for place, _ in later]


@given(UNITS, UNITS)
def test_each_unit_of_both_sides_stands_in_exactly_one_row(old, new):
    rows = align(old, new)

    assert sorted(row.old for row in rows if row.old is not None) == list(range(len(old)))
    assert [row.new for row in rows if row.new is not None] == list(range(len(new)))
    for row in rows:
        assert (row.state is State.NEW) == (row.old is None)
        assert (row.state is State.DELETED) == (row.new is None)
        assert 0 <= row.likeness <= 1 + 1e-9
        if row.old is not None and row.new is not None:
            assert old[row.old].kind == new[row.new].kind


@given(UNITS, UNITS)
def test_what_did_not_move_is_in_order_and_the_answer_is_always_the_same(old, new):
    rows = align(old, new)

    kept = [row.old for row in rows if row.state in (State.SAME, State.CHANGED)]
    assert kept == sorted(kept)
    assert align(old, new) == rows


@given(UNITS)
def test_a_text_against_itself_is_all_the_same(text):
    assert align(text, text) == [Pair(place, place, State.SAME, 1.0) for place in range(len(text))]


@given(DIFFERENT, st.randoms(use_true_random=False))
def test_paragraphs_in_another_order_are_the_same_or_moved(old, chance):
    new = chance.sample(old, len(old))

    rows = align(old, new)

    assert [old[row.old] for row in rows] == new
    assert {row.state for row in rows} <= {State.SAME, State.MOVED}


@given(DIFFERENT, st.randoms(use_true_random=False))
def test_backwards_finds_the_same_pairs_of_unchanged_paragraphs(old, chance):
    new = chance.sample(old, len(old) // 2)

    there = {(row.old, row.new) for row in align(old, new)}
    back = {(row.new, row.old) for row in align(new, old)}

    assert there == back
