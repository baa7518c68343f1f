"""The custodian file opens what the demonstration left for its officer: the key file, the half, the desk file."""

import pytest

from consult.demo import cycle
from consult.demo.once import HALF_FILE, KEY_FILE
from consult.demo.walking import kept
from tests.custodian.conftest import a_desk
from tests.custodian.driving import AtTheDesk

pytestmark = pytest.mark.browser


def test_the_custodian_file_opens_the_key_file_and_the_desk_file_of_the_demonstration(ran, ran_app, browser, tmp_path):
    walking = kept(ran.folder)
    number = next(at for at, door in enumerate(walking.doors) if door.name == walking.officer_name)
    ran_app.config["WTF_CSRF_ENABLED"] = False
    officer = ran_app.test_client()
    officer.post(f"/en/walk-through/enter/{number}/")
    fetched = officer.post(f"/staff/custody/consultations/{cycle.SLUG}/desk-file/")
    assert fetched.status_code == 200
    files = ran.folder / "officer"

    with a_desk(browser) as page:
        desk = AtTheDesk(page, tmp_path)
        desk.open_keys((files / KEY_FILE).read_text("utf-8"), walking.passphrase)
        desk.choose_desk_file(fetched.text)
        desk.at("copy.title")
        desk.give("copies", (files / HALF_FILE).read_text("utf-8"))
        desk.press("recovery.open")
        desk.shows("h1", cycle.TITLE["en"])

        assert desk.fact("overview.comments") == "6"
        assert desk.fact("overview.undecided") == "0"
