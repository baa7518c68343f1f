"""The sample drafts, key by key; the command; the words."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from consult.cli import main
from consult.drafts.inspecting import inspect, words_in
from consult.drafts.reading import read_draft
from tests.support.server import ROOT

SAMPLES = Path(os.environ.get("CONSULT_SAMPLES", ROOT.parent / "shared" / "samples"))
KEYS = (
    "language", "counts", "headings", "first_paragraphs", "last_paragraphs", "sub_items", "note_places", "front_matter", "annex_items",
)  # fmt: skip


def records():
    found = []
    for path in sorted(SAMPLES.glob("*.expected.json")):
        record = json.loads(path.read_text("utf-8"))
        if isinstance(record.get("counts"), dict) and record["counts"].get("numbered_paragraphs"):
            found.append(record)
    return found


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample drafts is not here (CONSULT_SAMPLES names it)")
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("record", records(), ids=lambda record: record["file"])
def test_a_sample_draft_is_read_as_its_record_says(record, key):
    if key not in record:
        pytest.skip(f"the record of {record['file']} does not speak of {key}")
    path = SAMPLES / record["file"]

    found = inspect(read_draft(path.read_bytes(), name=path.name))

    assert found[key] == record[key]


@pytest.mark.parametrize(
    ("text", "words"),
    [("two words", 2), ("议程项目2和10", 7), ("", 0), ("mixed 中文 text", 4), ("حقوق الإنسان", 2)],
)
def test_words_in_counts_blanks_and_each_chinese_character(text, words):
    assert words_in(text) == words


def test_inspect_counts_words_by_part():
    source = "A cover line\n\n# I. Title here\n\n1. Three more words.[^1]\n\n- a bullet\n\n# Annex\n\n1. One item.\n\n[^1]: A note.\n"

    words = inspect(read_draft(source.encode(), name="x.md"))["words"]

    assert words == {"body": 8, "notes": 2, "front_matter": 3, "annexes": 3}


def test_the_command_prints_json_only_and_needs_no_installation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "draft.md"
    file.write_text("# I. One\n\n1. Text.\n", "utf-8")

    done = CliRunner().invoke(main, ["drafts", "inspect", str(file), "--json"])

    assert done.exit_code == 0
    assert set(json.loads(done.stdout)) == {*KEYS, "words", "warnings"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draft.md"]


def test_the_command_refuses_with_a_sentence(tmp_path):
    file = tmp_path / "draft.docx"
    file.write_bytes(b"%PDF-1.7")

    done = CliRunner().invoke(main, ["drafts", "inspect", str(file), "--json"])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "Save it as .docx" in done.stderr
