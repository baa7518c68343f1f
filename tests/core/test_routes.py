import re
from datetime import date

import pytest

from consult.core.files import shipped
from consult.core.routes import RoutesUnreadable, read_routes


def test_the_shipped_routes_name_the_united_nations_first_and_claim_no_check():
    groups = read_routes(str(shipped("config") / "threatened.toml"))

    assert groups[0].name["en"] == "United Nations"
    assert [one.address for one in groups[0].routes] == ["ohchr-reprisals@un.org"]
    assert [one.checked for group in groups for one in group.routes] == [None]
    for group in groups:
        assert set(group.name) == {"en", "ar", "zh"}


def test_a_route_holds_the_day_it_was_checked(tmp_path):
    file = tmp_path / "routes.toml"
    file.write_text(
        '[[groups]]\nname = {en = "Region"}\n'
        '[[groups.routes]]\nname = {en = "Commission"}\naddress = "a@b.example"\nchecked = "2027-01-20"\n'
    )

    (group,) = read_routes(str(file))
    assert [(one.address, one.checked) for one in group.routes] == [("a@b.example", date(2027, 1, 20))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[group]]\n", "lacks 'groups'"),
        ("[[groups]]\n", "lacks 'name'"),
        ("groups = 3", "cannot be read"),
        ("[[groups", "cannot be read"),
        ('[[groups]]\nname = {en = "A"}\n[[groups.routes]]\nname = {en = "B"}\nchecked = "soon"', "cannot be read"),
    ],
)
def test_a_file_that_is_no_such_list_is_named_with_what_it_lacks(tmp_path, content, said):
    file = tmp_path / "routes.toml"
    file.write_text(content)

    with pytest.raises(RoutesUnreadable, match=re.escape(said)):
        read_routes(str(file))
