"""What points to a person is marked, in three languages, by one pattern file that Python and the browser read alike."""

import json
import re

import pytest

from tests.support.server import ROOT

PATTERNS = json.loads((ROOT / "config" / "patterns.json").read_text("utf-8"))["patterns"]
MARKED = [
    ("en", "Write to a.b@c.example or @some_body, see www.place.example/x.", ["a.b@c.example", "@some_body", "www.place.example/x."]),
    ("en", "On 12 January 2024, or 3/4/2024, on Friday at 10:30.", ["12 January 2024", "3/4/2024", "Friday", "10:30"]),
    ("en", "Call +41 22 917 90 00 or 0229179000.", ["+41 22 917 90 00", "0229179000"]),
    ("en", "Passport N1234567, case no. 12/44, badge 771.", ["Passport N1234567", "case no. 12/44", "badge 771"]),
    ("en", "Sergeant K. and Dr Mary O'Neil told my cousin Anlo Ferrit.", ["Sergeant K.", "Dr Mary O'Neil", "my cousin Anlo Ferrit"]),
    ("en", "In tavo and in Lower Miren.", ["tavo", "Lower Miren"]),
    ("ar", "رأيت العقيد سالم الحسن ليلة الجمعة ١٢ يناير ٢٠٢٤ مع أخي", ["العقيد سالم الحسن ليلة", "١٢ يناير ٢٠٢٤", "أخي"]),
    ("ar", "رقم القضية 1234 وهاتف ٠٧٧١٢٣٤٥٦٧", ["رقم القضية 1234", "٠٧٧١٢٣٤٥٦٧"]),
    ("zh", "2024年3月5日星期五，王警官和我哥哥在河口镇。", ["2024年3月5日", "星期五", "王警官", "我哥哥", "河口镇"]),
    ("zh", "身份证号110101199001011234，电话13812345678", ["身份证号110101199001011234", "13812345678"]),
    ("en", "Everyone held by the police should see a doctor within a day; three judges may decide.", []),
    ("ar", "ينبغي أن يعاين طبيب كل محتجز خلال يوم.", []),
    ("zh", "每个被关押的人都应在一天内看医生。", []),
]  # fmt: skip
PLACES = ["Tavo", "Lower Miren", "河口镇"]
MARK = """([language, text, places]) => {
  const patterns = Custodian.patternsFor(language, places);
  return [Custodian.marksIn(text, patterns).map(([from, to]) => text.slice(from, to)), Custodian.withoutMarked(text, patterns)];
}"""


@pytest.mark.browser
def test_what_points_to_a_person_is_marked_and_left_out_at_first(desk):
    for language, text, expected in MARKED:
        marked, without = desk.evaluate(MARK, [language, text, PLACES])
        assert marked == expected, text
        assert [each for each in marked if each in without] == []
        assert without.count("[…]") == len(expected)


def test_python_finds_the_same():
    for language, text, expected in MARKED:
        rows = [row for row in PATTERNS if {"*", language} & set(row["languages"])]
        found = {match[0] for row in rows for match in re.finditer(row["regex"], text)}
        assert {each for each in expected if each.lower() not in map(str.lower, PLACES)} <= found, text
        if not expected:
            assert found == set(), text


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
