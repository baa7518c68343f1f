"""What could point to somebody is marked, in three languages; the custodian file reads the same patterns and the same examples."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.safe.marking import find_marks, marked
from tests.support.server import ROOT

FILE = json.loads((ROOT / "config" / "patterns.json").read_text("utf-8"))


@pytest.mark.parametrize("example", FILE["examples"], ids=lambda example: example["text"][:30])
def test_the_examples_are_marked(example):
    assert [example["text"][begin:end] for begin, end in find_marks(example["text"])] == example["marked"]


@pytest.mark.parametrize("one", FILE["patterns"], ids=lambda one: one["name"])
def test_a_pattern_is_read_alike_by_python_and_javascript(one):
    assert not re.search(r"\\[dwbsDWBSpP]|\(\?P|\(\?<[A-Za-z]", one["pattern"])
    assert not re.search(r"\[[^\]]*\\-[^\]]*\\-", one["pattern"]), "one escaped hyphen a list"


@given(st.text(max_size=400))
def test_marking_changes_no_word_and_lets_no_markup_through(text):
    shown = str(marked(text))

    assert re.sub(r"</?mark>", "", shown) == str(__import__("markupsafe").escape(text))


def test_a_long_text_is_marked_quickly():
    import time

    text = ("ana " * 5 + "12 " * 20 + "My cousin " + "٣" * 30) * 60
    began = time.process_time()
    marked(text[:10_000])
    marked("a@" * 5_000)
    marked("1 " * 5_000)
    marked("A" * 10_000)

    assert time.process_time() - began < 3
