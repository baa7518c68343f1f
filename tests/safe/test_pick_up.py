"""The folder in, as safe sees it: a file that is replayed, reordered, cut short, of the future or of a stranger changes nothing."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from consult.core import clock, crypto, exchange
from consult.core.exchange import Between
from consult.safe import models, ticking
from consult.safe.queries import find_key, find_manifest
from consult.safe.trial import TrialOfficer
from tests.safe.test_release import batches, send

DAY = timedelta(days=1)


def state_of(house):
    """Everything in the database but what remembers refused files."""
    with house.database.reading() as db:
        return {
            name: db.execute(select(table)).all()
            for name, table in models.metadata.tables.items()
            if name != "refused_file"
        }


def keep(house, after=timedelta(0)):
    ticking.keep_house(house, now=clock.now() + after)


def reports(trial, house):
    found = []
    for path in sorted(Path(house.settings.out_folder).glob("report-upr-*")):
        content = exchange.opened_file(
            path.read_text(), exchange.REPORT, trial.between, "upr", int(path.name[-13:-7]), [house.secret.public]
        )
        found += [(one["code"], one["count_class"]) for one in content["events"]]
    return found


def lay(house, trial, number, content, *, purpose=exchange.MANIFEST, secret=None, between=None, name="upr", as_name=""):
    secret = secret or trial.main[1]
    text = exchange.signed_file(purpose, between or trial.between, name, number, content, secret)
    exchange.put(Path(house.settings.in_folder), purpose, as_name or name, number, text)


def forgeries(trial):
    """(how, keyword arguments of `lay`, what to do to the text)"""
    stranger = crypto.sign_pair(bytes(32))[1]
    yield "signed by a stranger", {"secret": stranger}
    yield "signed by an officer", {"secret": trial.officers[0].sign[1]}
    yield "for another installation", {"between": Between("else", trial.settings.host)}
    yield "for another host", {"between": Between(trial.installation, "elsewhere")}
    yield "of another consultation", {"name": "cat", "as_name": "upr"}


@pytest.mark.parametrize("how", range(5))
def test_a_manifest_that_is_not_for_us_changes_nothing_and_is_reported_once(trial, house, how):
    """Safeguard: `exchange.opened_file` with [pins.main] in operations_pick_up._take_manifest."""
    _, changed = list(forgeries(trial))[how]
    before = state_of(house)
    lay(house, trial, 2, trial.manifest(titles={"en": "Forged"}), **changed)

    keep(house)
    keep(house)

    after = state_of(house)
    assert {**after, "release": []} == {**before, "release": []}
    assert [(row.manifest, row.number) for row in after["release"]] == [(1, 1)]
    assert reports(trial, house) == [("refused_file", "few")]


def test_a_file_cut_short_at_any_place_changes_nothing(trial, house):
    path = trial.put(exchange.MANIFEST, "upr", trial.manifest(titles={"en": "Whole"}))
    whole = path.read_text()
    before = state_of(house)["manifest"]
    for cut in (0, 1, 20, 100, len(whole) // 2, len(whole) - 1):
        path.write_text(whole[:cut])
        keep(house)
        assert state_of(house)["manifest"] == before

    path.write_text(whole)
    keep(house)

    with house.database.reading() as db:
        assert find_manifest(db, "upr").titles == {"en": "Whole"}


def test_an_older_manifest_and_one_under_another_number_change_nothing(trial, house):
    """Safeguard: `found.number <= last` in take_file, and the number inside the signature."""
    first = (Path(house.settings.in_folder) / "manifest-upr-000001.signed").read_text()
    lay(house, trial, 5, trial.manifest(titles={"en": "Fifth"}))
    keep(house)
    (Path(house.settings.in_folder) / "manifest-upr-000005.signed").unlink()
    lay(house, trial, 4, trial.manifest(titles={"en": "Fourth, late"}))
    exchange.put(Path(house.settings.in_folder), exchange.MANIFEST, "upr", 9, first)
    keep(house)

    with house.database.reading() as db:
        assert find_manifest(db, "upr").titles == {"en": "Fifth"}
        assert find_manifest(db, "upr").number == 5


@pytest.mark.parametrize(
    "change",
    [
        {"opening": ""},
        {"state": "half"},
        {"closes_at": "soon"},
        {"paragraphs": [{"ref": "a/b", "kind": "paragraph", "texts": {}}]},
        {"paragraphs": 7},
        {"titles": None},
        {"round": "one"},
    ],
)
def test_a_manifest_of_the_wrong_shape_changes_nothing(trial, house, change):
    before = state_of(house)["manifest"]
    trial.put(exchange.MANIFEST, "upr", trial.manifest(**change))

    keep(house)

    assert state_of(house)["manifest"] == before
    assert reports(trial, house) == [("refused_file", "few")]


def test_a_consultation_cannot_be_called_like_a_page_of_ours(trial, house):
    trial.put(exchange.MANIFEST, "return", trial.manifest("return"))
    keep(house)

    with house.database.reading() as db:
        assert find_manifest(db, "return") is None


def opening_by(trial, signer, keys, officers=None):
    content = {"keys": keys, "officers": officers or [one.fingerprint for one in trial.officers]}
    return exchange.signed_file("opening", trial.between, "upr", 1, content, signer.sign[1])


def test_main_cannot_bring_a_key_of_its_own(trial, house):
    """Swapped consultation key. Safeguard: `read_opening(…, signers)` in _checked_keys."""
    own = crypto.b64(crypto.box_pair(bytes(32))[0])
    keys = [{"number": 1, "public": own, "last_release": None}]
    with house.database.reading() as db:
        before, _, _ = find_key(db, "upr")
    main = TrialOfficer("Main", seed=bytes(32))
    by_main = exchange.signed_file("opening", trial.between, "upr", 1, {"keys": keys, "officers": []}, trial.main[1])
    for opening in (opening_by(trial, main, keys), by_main):
        trial.put(exchange.MANIFEST, "upr", trial.manifest(opening=opening))
        keep(house)

    with house.database.reading() as db:
        assert find_key(db, "upr")[0] == before


def test_main_cannot_open_a_consultation_without_an_officer(trial, house):
    """The first opening, too, must be an officer's: nothing is pinned yet that it would have to agree with."""
    keys = [{"number": 1, "public": crypto.b64(crypto.box_pair(bytes(32))[0]), "last_release": None}]
    content = {"keys": keys, "officers": [trial.officers[0].fingerprint]}
    by_main = exchange.signed_file("opening", trial.between, "cat", 1, content, trial.main[1])
    trial.put(exchange.MANIFEST, "cat", trial.manifest("cat", opening=by_main))
    keep(house)

    with house.database.reading() as db:
        assert find_manifest(db, "cat") is None


def test_even_an_officer_cannot_change_a_key_that_was_pinned(trial, house):
    """Safeguard: `grows` in _checked_keys."""
    own = crypto.b64(crypto.box_pair(bytes(32))[0])
    with house.database.reading() as db:
        before, _, _ = find_key(db, "upr")
    trial.put(
        exchange.MANIFEST,
        "upr",
        trial.manifest(
            opening=opening_by(trial, trial.officers[0], [{"number": 1, "public": own, "last_release": None}])
        ),
    )
    keep(house)

    with house.database.reading() as db:
        assert find_key(db, "upr")[0] == before
    assert reports(trial, house) == [("refused_file", "few")]


def test_an_opening_that_names_an_officer_we_do_not_know_is_refused(trial, house):
    stranger = TrialOfficer("C. Unknown")
    keys = [{"number": 1, "public": crypto.b64(trial.key()[0]), "last_release": None}]
    opening = opening_by(trial, trial.officers[0], keys, [trial.officers[0].fingerprint, stranger.fingerprint])
    trial.put(exchange.MANIFEST, "upr", trial.manifest(opening=opening))
    keep(house)

    assert reports(trial, house) == [("refused_file", "few")]


def test_what_waits_under_a_key_that_ends_goes_out_first_under_that_key(trial, house):
    """Safeguard: `reading.release` in _change_keys."""
    send(house, "Under the first key.")
    trial.key_seeds.append(bytes(range(32)))
    trial.put(exchange.MANIFEST, "upr", trial.manifest(opening=trial.opening("upr", (0, None))))
    keep(house)
    send(house, "Under the second key.")
    keep(house, DAY)

    first, second = batches(house)
    for path, key, words in ((first, 1, "Under the first key."), (second, 2, "Under the second key.")):
        content, bodies = trial.open_batch(path)
        assert content["key"] == key
        assert [body["text"] for body in bodies if body.get("text") == words] == [words]


def test_a_stopped_key_takes_nothing_more_and_cannot_be_started_again_by_leaving_the_stop_out(trial, house, person):
    """Safeguard: the old stops in _checked_keys."""
    send(house, "In time.")
    trial.put(exchange.MANIFEST, "upr", trial.manifest(stops=[trial.stop("upr", 1, 0)]))
    keep(house)
    trial.put(exchange.MANIFEST, "upr", trial.manifest(stops=[]))
    keep(house, DAY)

    assert person.client.get("/en/upr/").text.count("not taken just now") == 1
    answer = person.check()
    assert answer.status_code == 503
    assert "was never built" in answer.text, "what was typed is still there"
    assert len(batches(house)) == 1
    assert "In time." in [body.get("text") for body in trial.open_batch(batches(house)[0])[1]]


def test_a_stop_by_a_stranger_stops_nothing(trial, house):
    stranger = TrialOfficer("C. Unknown")
    stop = exchange.signed_file("stop", trial.between, "upr", 1, {"key": 1, "last_release": 0}, stranger.sign[1])
    trial.put(exchange.MANIFEST, "upr", trial.manifest(stops=[stop]))
    keep(house)

    with house.database.reading() as db:
        assert find_key(db, "upr")[0] is not None


def cells_of(house):
    with house.database.reading() as db:
        return dict(db.execute(select(models.receipt.c.id, models.receipt.c.cell)).all())


def test_every_receipt_gets_a_fresh_cell_with_each_file(trial, house):
    """Safeguard: `or crypto.blank_cell()` in _take_cells: a cell that stays would tell that nobody wrote to it."""
    threads = [send(house, f"Letter {number}.") for number in range(3)]
    before = cells_of(house)
    given = sorted([(threads[0].lookup, trial.cell("upr", threads[0].pair[0]))])
    trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(one), crypto.b64(cell)] for one, cell in given]})
    keep(house)

    after = cells_of(house)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert after[threads[0].lookup] == given[0][1]
    assert {len(cell) for cell in after.values()} == {crypto.CELL}


@pytest.mark.parametrize("how", ["main", "stranger", "order", "size", "junk"])
def test_cells_that_no_officer_of_ours_signed_or_of_another_shape_change_nothing(trial, house, how):
    threads = [send(house, f"Letter {number}.") for number in range(2)]
    rows = sorted([crypto.b64(one.lookup), crypto.b64(trial.cell("upr", one.pair[0]))] for one in threads)
    rows.sort(key=lambda row: crypto.unb64(row[0]))
    secret, content = trial.officers[0].sign[1], {"cells": rows}
    if how in ("main", "stranger"):
        secret = trial.main[1] if how == "main" else crypto.sign_pair(bytes(32))[1]
    elif how == "order":
        content = {"cells": rows[::-1]}
    elif how == "size":
        content = {"cells": [[rows[0][0], rows[0][1][:-8]]]}
    else:
        content = {"cells": [7]}
    before = cells_of(house)
    lay(house, trial, 1, content, purpose=exchange.CELLS, secret=secret)
    keep(house)

    assert cells_of(house) == before


def test_answers_are_all_replaced_and_only_published_ones_are_taken(trial, house):
    said = {"outcome": "noted", "reason": {"en": "Thank you."}, "published": True}
    trial.put(exchange.ANSWERS, "upr", {"answers": [{"ref": "a", **said}, {"ref": "b", **said, "published": False}]})
    keep(house)
    with house.database.reading() as db:
        assert db.execute(select(models.published)).all() == [("upr", "a", "noted", json.dumps({"en": "Thank you."}))]

    trial.put(exchange.ANSWERS, "upr", {"answers": []})
    keep(house)

    with house.database.reading() as db:
        assert db.execute(select(models.published)).all() == []


def test_other_files_in_the_folder_are_passed_over(house):
    folder = Path(house.settings.in_folder)
    (folder / ".half").write_text("half")
    (folder / "manifest-upr-2.signed").write_text("short number")
    (folder / "manifest-../x-000001.signed".replace("/", "_")).write_text("odd")
    (folder / "manifest-upr-000007.signed").mkdir()
    before = state_of(house)

    keep(house)

    assert state_of(house) == before
