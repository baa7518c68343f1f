"""Our own small drafts for what the shared samples do not hold: made by LibreOffice (kept, and made anew), and as Word writes them."""

import json

import pytest

from consult.drafts.inspecting import inspect
from consult.drafts.reading import read_draft
from tests.drafts.by_hand import DRAFTS
from tests.drafts.flat_odt import BODIES, SAMPLES, convert
from tests.support.tools import require

ABOUT = ("file", "title", "produced", "conventions")  # keys of a record that do not speak of reading


def record(name):
    return json.loads((SAMPLES / f"{name}.expected.json").read_text("utf-8"))


def differences(content, file, name):
    found = inspect(read_draft(content, name=file))
    return {key: found[key] for key, wanted in record(name).items() if key not in ABOUT and found[key] != wanted}


def test_each_difficulty_is_there_from_both_programs():
    assert set(BODIES) == set(DRAFTS)
    assert {path.name for path in SAMPLES.iterdir()} == {
        f"{name}.{ending}" for name in BODIES for ending in ("docx", "odt", "expected.json")
    }


@pytest.mark.parametrize("ending", ["docx", "odt"])
@pytest.mark.parametrize("name", BODIES)
def test_a_draft_made_by_libreoffice_is_read_as_its_record_says(name, ending):
    path = SAMPLES / f"{name}.{ending}"

    assert differences(path.read_bytes(), path.name, name) == {}


@pytest.mark.parametrize("name", DRAFTS)
def test_the_same_draft_as_word_writes_it_is_read_the_same(name):
    assert differences(DRAFTS[name](), f"{name}.docx", name) == {}


def test_the_libreoffice_of_this_machine_makes_files_that_are_read_the_same(tmp_path):
    convert(tmp_path, require("soffice"))

    for path in sorted(tmp_path.iterdir()):
        assert differences(path.read_bytes(), path.name, path.stem) == {}, path.name
    assert len(list(tmp_path.iterdir())) == 2 * len(BODIES)
