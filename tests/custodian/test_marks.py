"""What points to a person is marked, in three languages, by one pattern file that Python and the browser read alike."""

import json

import pytest

from tests.support.server import ROOT

CONTENT = json.loads((ROOT / "config" / "patterns.json").read_text("utf-8"))
EXAMPLES = CONTENT["examples"]  # tests/safe/test_marking.py holds Python to them
PLACES = ["Tavo", "Lower Miren", "河口镇"]
MARK = """([language, text, places]) => {
  const patterns = Custodian.patternsFor(language, places);
  return [Custodian.marksIn(text, patterns).map(([from, to]) => text.slice(from, to)), Custodian.withoutMarked(text, patterns)];
}"""


@pytest.mark.browser
def test_what_points_to_a_person_is_marked_and_left_out_at_first(desk):
    for example in EXAMPLES:
        marked, without = desk.evaluate(MARK, [example["language"], example["text"], []])
        assert marked == example["marked"], example["text"]
        assert [each for each in marked if each in without] == []
        assert without.count("[…]") == len(marked)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "text", "places"),
    [
        ("en", "In tavo, not in Tavolara, and near Lower Miren.", ["tavo", "Tavo", "Lower Miren"]),
        ("zh", "那是在河口镇附近。", ["河口镇"]),
        ("en", "Nothing here.", []),
    ],
)
def test_places_that_the_manifest_names_are_marked(desk, language, text, places):
    assert desk.evaluate(MARK, [language, text, PLACES])[0] == places


@pytest.mark.browser
def test_texts_that_are_much_alike_are_told_from_others(desk):
    letter = "The road to the clinic is closed by the police every week and nobody tells us why or for how long. "
    like = "([one, two]) => Custodian.likeness(Custodian.sketchOf(one), Custodian.sketchOf(two))"

    assert desk.evaluate(like, [letter, letter]) == 1
    assert desk.evaluate(like, [letter * 2 + "My aunt died.", letter * 2]) >= 0.6
    assert (
        desk.evaluate(like, [letter, "Schools in the north have had no water since the pipe was cut in spring."]) < 0.2
    )
    assert desk.evaluate(like, ["", "水"]) == 0
    assert (
        desk.evaluate(
            like, ["河边的路每周都被警察封锁，没有人告诉我们原因。", "河边的路每周都被警察封锁，没有人告诉我们为什么。"]
        )
        >= 0.5
    )
