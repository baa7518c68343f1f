"""What could point to somebody is marked, in three languages; the custodian file reads the same patterns and the same examples."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from consult.safe.marking import find_marks, marked
from tests.support.server import ROOT

FILE = json.loads((ROOT / "config" / "patterns.json").read_text("utf-8"))


@pytest.mark.parametrize("example", FILE["examples"], ids=lambda example: example["text"][:30])
def test_the_examples_are_marked(example):
    assert [example["text"][begin:end] for begin, end in find_marks(example["text"])] == example["marked"]


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
