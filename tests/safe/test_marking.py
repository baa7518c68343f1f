"""What could point to somebody is marked, in three languages; the custodian file reads the same patterns and the same examples."""

import json
import re
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from consult.safe.marking import find_marks, marked, patterns
from tests.support.server import ROOT
from tests.support.tools import require

FILE = json.loads((ROOT / "config" / "patterns.json").read_text("utf-8"))


@pytest.mark.parametrize("example", FILE["examples"], ids=lambda example: example["text"][:30])
def test_the_examples_are_marked(example):
    assert [example["text"][begin:end] for begin, end in find_marks(example["text"])] == example["marked"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("In tavo, not in Octavo, and near Lower Miren.", ["tavo", "Lower Miren"]),
        ("那是在河口镇附近。", ["河口镇"]),
        ("Nothing here.", []),
    ],
)
def test_places_that_the_manifest_names_are_marked(text, places):
    assert [text[begin:end] for begin, end in find_marks(text, ("Tavo", "Lower Miren", "河口镇"))] == places


IN_JAVASCRIPT = """
const file = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const found = texts.map(text => file.patterns.flatMap(one =>
  [...text.matchAll(new RegExp(one.regex, "gu"))].map(match => [one.code, match[0]])));
console.log(JSON.stringify(found));
"""


def test_the_patterns_find_the_same_in_javascript():
    """The custodian file reads the same file: what is marked before sending is marked again before it is passed on."""
    texts = [example["text"] for example in FILE["examples"]] + [
        "Dr. Ana O’Neil, +41 (22) 917 90 00, 3rd of May 2027, ٠٣/٠٤/٢٠٢٧"
    ]
    path = str(ROOT / "config" / "patterns.json")
    said = subprocess.run(
        [require("node"), "-e", IN_JAVASCRIPT, path],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    here = [
        [
            [one["code"], match.group()]
            for one, pattern in zip(FILE["patterns"], patterns(), strict=True)
            for match in pattern.finditer(text)
        ]
        for text in texts
    ]

    assert json.loads(said.stdout) == here
    assert len(here[-1]) >= 3


@given(st.text(max_size=400))
def test_marking_changes_no_word_and_lets_no_markup_through(text):
    shown = str(marked(text))

    assert re.sub(r"</?mark>", "", shown) == str(escape(text))


def test_a_long_text_is_marked_quickly():
    text = ("ana " * 5 + "12 " * 20 + "My cousin " + "٣" * 30) * 60
    began = time.process_time()
    marked(text[:10_000])
    marked("a@" * 5_000)
    marked("1 " * 5_000)
    marked("A" * 10_000)

    assert time.process_time() - began < 3
