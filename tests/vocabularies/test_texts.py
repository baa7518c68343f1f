"""The ready-made texts say the same in each language: none missing, the same placeholders."""

import re
import tomllib

import pytest

from consult.core.files import shipped

SCRIPTS = {"en": r"[A-Za-z]", "ar": r"[\u0621-\u064a]", "zh": r"[\u4e00-\u9fff]"}
FILES = {"terms": 9, "mails": 10, "privacy": 1}


@pytest.mark.parametrize("file", FILES)
def test_each_text_has_every_language_and_the_same_placeholders(file):
    texts = tomllib.loads((shipped("config") / "texts" / f"{file}.toml").read_text(encoding="utf-8"))
    assert len(texts) == FILES[file]
    for words in texts.values():
        assert set(words) == set(SCRIPTS)
        english = set(re.findall(r"%\(\w+\)s", words["en"]))
        for language, word in words.items():
            assert set(re.findall(r"%\(\w+\)s", word)) == english
            assert re.search(SCRIPTS[language], re.sub(r"%\(\w+\)s", "", word))
            assert word == word.strip()
