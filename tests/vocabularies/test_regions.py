"""The operator's own list of regions, and the names of places in it."""

import re

import pytest

from consult.core.files import shipped
from consult.core.settings import SettingWrong
from consult.vocabularies.tables import place_names, regions

EXAMPLE = str(shipped("config") / "regions.example.toml")


def test_where_there_is_no_list_there_are_no_regions():
    assert dict(regions("")) == {}
    assert place_names("") == []


def test_names_and_places_of_the_list_come_once_each_in_its_order(tmp_path):
    file = tmp_path / "regions.toml"
    file.write_text(
        '[[region]]\ncode = "n"\nplaces = ["Tavo", " ", "North"]\nname = {en = "North", zh = "北"}\n'
        '[[region]]\ncode = "s"\nname = {en = "South"}\n'
    )

    assert list(regions(str(file))) == ["n", "s"]
    assert place_names(str(file)) == ["North", "北", "Tavo", "South"]


def test_the_example_has_every_name_in_three_languages():
    for one in regions(EXAMPLE).values():
        assert set(one.names) == {"en", "ar", "zh"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[regions]]\n", "lacks 'region'"),
        ('[[region]]\ncode = "n"\n', "lacks 'name'"),
        ('[[region]]\ncode = "n"\nname = {en = "A"}\n[[region]]\ncode = "n"\nname = {en = "B"}\n', "stands twice"),
        ("region = 1", "cannot be read"),
    ],
)
def test_a_file_that_is_no_such_list_stops_the_start_with_a_sentence(tmp_path, content, said):
    file = tmp_path / "regions.toml"
    file.write_text(content)

    with pytest.raises(SettingWrong, match=f"regions_file: .*{re.escape(said)}"):
        place_names(str(file))
