"""Whom people can turn to when they are threatened: the operator's own file, shown as it is, and never claimed to be checked."""

from dataclasses import replace

import consult
from consult.core.routes import read_routes

ROUTES = """
[[groups]]
name = {en = "In your region", ar = "في منطقتكم"}
[[groups.routes]]
name = {en = "The Regional Commission"}
address = "urgent@commission.example"
checked = "2027-01-20"
[[groups.routes]]
name = {en = "The Court"}
address = "court@court.example"
"""


def test_threatened_shows_the_operators_routes_with_the_day_each_was_checked(settings, database, tmp_path):
    file = tmp_path / "routes.toml"
    file.write_text(ROUTES)
    own = replace(settings, routes_file=str(file), operator_contact="Ministry of <Justice>, room 4")
    client = consult.create_app(own).test_client()

    page = client.get("/en/threatened/")
    words = page.get_data(as_text=True)
    assert "urgent@commission.example" in words
    assert words.count("Checked on 2027-01-20") == 1
    assert words.count("Nobody here has checked this address") == 1
    assert "Ministry of &lt;Justice&gt;, room 4" in words
    assert 'lang="en" dir="ltr"' in client.get("/zh/threatened/").get_data(as_text=True)
    assert client.get("/en/threatened/", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304

    file.write_text(ROUTES.replace("2027-01-20", "2027-02-20"))
    read_routes.cache_clear()  # as a restart does
    again = (
        consult.create_app(own).test_client().get("/en/threatened/", headers={"If-None-Match": page.headers["ETag"]})
    )
    assert "Checked on 2027-02-20" in again.get_data(as_text=True)


def test_threatened_says_the_same_where_nothing_was_set(client):
    words = client.get("/en/threatened/").get_data(as_text=True)

    assert "ohchr-reprisals@un.org" in words
    assert "Who runs this site" not in words
