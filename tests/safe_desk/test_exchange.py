"""The exchange with safe: what is told, what is taken, and that nothing else changes anything."""

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core import clock, exchange
from consult.core.db import violated, writing
from consult.core.exchange import Between
from consult.core.files import store
from consult.custody.operations_files import lay_files
from consult.custody.sides import use_safe
from consult.mail.models import OutboxMail
from consult.rounds import operations as rounds
from consult.rounds import rules as round_rules
from consult.rounds.models import Round
from consult.safe_desk.jobs import exchange_run, sweep_exchange, sweep_sealed_files
from consult.safe_desk.mails import sweep_officers_mail
from tests.custody.fixtures import ANA, BEN, CLOSES, NOON, consultation, desk, journal, rows  # noqa: F401
from tests.custody.making import an_officer, batch, lay_batch, manifests, signed


def batches() -> list[int]:
    return [row[0] for row in rows("SELECT number FROM batch ORDER BY number")]


def run(at: datetime = NOON) -> None:
    with clock.at(at):
        exchange_run()


def test_a_manifest_tells_safe_all_that_it_shows_and_is_written_again_only_when_something_changed(desk):  # noqa: F811
    desk.in_use()
    run()
    run()

    (told,) = manifests(desk.safe)
    assert (told["number"], told["round"], told["version"], told["state"]) == (1, 1, 1, "open")
    assert (told["opens_at"], told["closes_at"]) == (NOON.isoformat(), CLOSES.isoformat())
    assert told["titles"] == {"en": "Draft", "ar": "مشروع"}
    assert told["paragraphs"][1] == {
        "ref": "1", "kind": "paragraph", "texts": {"en": "First paragraph of the report.\n(a) An item;"},
    }  # fmt: skip
    assert told["cards"] == [ANA.card, BEN.card]
    assert "\u2068Ombudsman of Maravel\u2069, appointed on" in told["officers_note"]["en"]
    assert told["opening"].startswith("consult/1 opening\n")
    assert (told["received"], told["destroy_after"], told["withdraw_until"], told["stops"]) == (0, None, None, [])
    assert told["terms"]["en"]
    assert told["main_address"].endswith("/en/consultations/upr/")


def test_a_manifest_names_the_places_that_could_tell_who_wrote(desk):  # noqa: F811
    desk.in_use()
    use_safe(replace(desk.safe, places=("Tavo", "Lower Miren")))
    run()

    (told,) = manifests(desk.safe)
    assert told["places"] == ["Tavo", "Lower Miren"]


def test_each_change_is_told_once_under_the_next_number_and_the_older_file_goes(desk):  # noqa: F811
    made = desk.in_use()
    with writing() as db:
        later = CLOSES + timedelta(days=1)
        rounds.extend_round(db, desk.upr(db), db.get_one(Round, made.id), closes_at=later, by=desk.dalia, now=NOON)
    run()
    lay_batch(1)
    run()
    run(CLOSES + timedelta(days=2))

    (told,) = manifests(desk.safe)
    assert (told["number"], told["state"], told["received"], told["closes_at"]) == (4, "closed", 1, later.isoformat())


def test_a_worker_that_died_before_laying_a_file_loses_nothing(desk, monkeypatch):  # noqa: F811
    desk.in_use()
    lay_batch(1)

    class Killed(Exception):
        pass

    def die(*_args: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr("consult.safe_desk.jobs.lay_files", die)
        with pytest.raises(Killed):
            run()
    assert manifests(desk.safe)[-1]["number"] == 1

    run()

    assert [one["number"] for one in manifests(desk.safe)] == [2]


def test_a_file_that_lies_already_is_laid_again_byte_by_byte(desk):  # noqa: F811
    desk.in_use()
    (path,) = [found.path for found in exchange.look(desk.safe.folder_in, "manifest")]
    before = path.read_bytes()
    with writing() as db:
        db.execute(text("UPDATE safe_file SET laid_at = NULL"))
        lay_files(db, desk.safe, now=NOON)

    assert path.read_bytes() == before


def test_batches_are_taken_in_order_and_one_that_is_ahead_waits(desk):  # noqa: F811
    desk.in_use()
    lay_batch(2)
    run()
    ahead = batches()
    lay_batch(1)
    run(NOON + timedelta(seconds=95))

    assert (ahead, batches()) == ([], [1, 2])
    (at,) = {row[0] for row in rows("SELECT taken_at FROM batch")}
    assert str(at).startswith("2027-03-14 12:01:00")  # to the minute
    assert rows("SELECT count(*) FROM journal_entry WHERE event LIKE 'batch%'") == [(0,)]


def not_from_safe() -> str:
    return batch(1, secret=an_officer().signing[1])


def of_another_number() -> str:
    return batch(2)


def with_host(**changes: str) -> str:
    from consult.custody.sides import safe_in_use
    from tests.custody.making import SAFE_SECRET

    place = safe_in_use().between
    other = Between(changes.get("installation", place.installation), changes.get("host", place.host))
    content = {"key": 1, "manifest": 1, "decoys": "AAAA", "root": "A" * 43, "items": []}
    return exchange.signed_file("batch", other, "upr", 1, content, SAFE_SECRET)


BAD = {
    "signed by somebody else": not_from_safe,
    "of another number": of_another_number,
    "of another consultation": lambda: batch(1, consultation="other"),
    "for another installation": lambda: with_host(installation="x"),
    "from another host": lambda: with_host(host="x"),
    "cut off": lambda: batch(1)[:-10],
    "with a byte changed": lambda: batch(1).replace('"key":1', '"key":2'),
    "for another purpose": lambda: batch(1).replace("consult/1 batch", "consult/1 report", 1),
    "of a size that tells": lambda: batch(1, items=65),
    "too small": lambda: batch(1, items=32),
    "empty": lambda: "",
    "not text": lambda: "\x00\x01",
    "from a future manifest that is none": lambda: batch(1, manifest=-1),
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_batch_changes_nothing_and_is_told_of_once(desk, how):  # noqa: F811
    desk.in_use()
    exchange.put(desk.safe.folder_out, "batch", "upr", 1, BAD[how]())
    lay_batch(2)
    run()
    run()

    assert batches() == []
    assert manifests(desk.safe)[-1]["received"] == 0
    assert len(journal("exchange.file_refused")) == 1
    lay_batch(1)
    run()
    assert batches() == [1, 2]


def test_a_replayed_batch_changes_nothing(desk):  # noqa: F811
    desk.in_use()
    lay_batch(1)
    run()
    before = rows("SELECT * FROM batch")
    lay_batch(1)  # another one under the same number
    run()

    assert rows("SELECT * FROM batch") == before


def test_sealed_batches_are_stored_as_they_came_under_random_names_and_nothing_of_them_in_rows(desk):  # noqa: F811
    desk.in_use()
    lay_batch(1)
    (found,) = exchange.look(desk.safe.folder_out, "batch")
    run()

    ((key,),) = rows("SELECT file_key FROM batch")
    assert store().read(key).decode() == found.text()
    assert "upr" not in key
    with writing() as db:
        swept = sweep_sealed_files(db, now=datetime.now(UTC) + timedelta(days=3))
    assert swept == 1  # the first manifest, which a newer one has replaced
    assert store().read(key).decode() == found.text()


@pytest.mark.database
def test_a_batch_and_a_result_never_change(desk):  # noqa: F811
    desk.in_use()
    lay_batch(1)
    run()

    for statement in ("UPDATE batch SET digest = 'x'", "UPDATE batch SET number = 2", "DELETE FROM batch"):
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(text(statement))
        assert violated(caught.value) == "batch_never_changes"


def test_reports_of_safe_go_into_the_journal_once_without_a_small_number(desk):  # noqa: F811
    from tests.custody.making import SAFE_SECRET

    desk.in_use()
    events = [{"code": "destroyed", "count_class": "at least 20"}, {"code": "forged_cell", "count_class": "few"}]
    for number, told in ((1, events), (2, [{"code": "destroyed", "count_class": "at least 3"}])):
        signed_one = exchange.signed_file("report", desk.safe.between, "upr", number, {"events": told}, SAFE_SECRET)
        exchange.put(desk.safe.folder_out, "report", "upr", number, signed_one)
    run()
    run()

    assert [code for _, code in journal("safe.reported")] == [
        "{'code': 'destroyed', 'count': 'at_least_20', 'consultation': 'upr'}".replace("'", '"'),
        "{'code': 'forged_cell', 'count': 'few', 'consultation': 'upr'}".replace("'", '"'),
    ] or len(journal("safe.reported")) == 2
    assert rows("SELECT number FROM safe_report") == [(1,)]


def test_a_nameless_round_that_has_closed_is_not_opened_again(desk):  # noqa: F811
    made = desk.in_use()

    with pytest.raises(round_rules.RoundOver), writing() as db:
        rounds.extend_round(
            db,
            desk.upr(db),
            db.get_one(Round, made.id),
            closes_at=CLOSES + timedelta(days=9),
            by=desk.dalia,
            now=CLOSES,
        )


def test_our_key_is_readable_by_its_owner_only_and_stays(desk, settings):  # noqa: F811
    from consult.custody import sides

    again = sides.begin(settings)

    assert stat.S_IMODE(os.stat(settings.data / "exchange_key").st_mode) == 0o600
    assert (again.our_public, again.between) == (desk.safe.our_public, desk.safe.between)
    assert "our_secret" not in repr(again)


def test_officers_get_one_mail_a_day_with_the_same_words_whether_anything_came_or_not(desk):  # noqa: F811
    desk.in_use()
    early = NOON.replace(hour=6)
    sent = []
    for at in (early, NOON, NOON + timedelta(hours=3), NOON + timedelta(days=1)):
        if at == NOON + timedelta(days=1):
            lay_batch(1)
            run(at)
        with writing() as db:
            sent.append(sweep_officers_mail(db, now=at))

    assert sent == [0, 2, 0, 2]
    with writing() as db:
        mails = db.query(OutboxMail).filter_by(template="officers_day").all()
        assert {(tuple(one.parameters), one.language) for one in mails} == {(("staff",), "en")}


def test_the_sweep_wakes_the_exchange_where_a_key_is_in_use(desk):  # noqa: F811
    desk.in_use()
    lay_batch(1)
    from consult.jobs.queue import queue

    with clock.at(NOON):
        with writing() as db:
            sweep_exchange(db, now=NOON)
        queue().work_off()

    assert batches() == [1]


def test_the_card_of_an_officer_who_left_is_still_told_but_not_that_they_are_one(desk):  # noqa: F811
    from consult.custody.operations import end_officer

    desk.in_use()
    with writing() as db:
        end_officer(db, desk.officer(db, BEN), by=desk.people[BEN.fingerprint], now=NOON)
    run()

    told = manifests(desk.safe)[-1]
    assert told["cards"] == [ANA.card, BEN.card]
    assert told["officers_note"]["en"].count("Ombudsman") == 1


def test_a_stop_is_told_to_safe(desk):  # noqa: F811
    from consult.custody import operations_keys

    desk.in_use()
    stop = signed("stop", BEN, "upr", 1, {"key": 1, "last_release": 3})
    with writing() as db:
        operations_keys.stop_key(
            db, desk.safe, desk.upr(db), stop, officer=desk.officer(db, BEN), by=desk.people[BEN.fingerprint], now=NOON
        )
    run()

    assert manifests(desk.safe)[-1]["stops"] == [stop]
