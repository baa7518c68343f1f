"""Every act adds one row of each kind, of one shape; a second press changes nothing; what is withdrawn in time is never released."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from consult.core import clock, crypto
from consult.core.crypto import TooLong
from consult.safe import bodies, models, operations, rules
from consult.safe.bodies import Remark
from consult.safe.decoys import Memory, add_decoy, draw_count, draw_instants
from consult.safe.queries import find_manifest, find_rows, find_sealing
from consult.safe.receipts import Thread, new_code, thread_of
from tests.safe.conftest import TEXT

SALT = bytes(32)


def counts(house):
    with house.database.reading() as db:
        return tuple(db.scalar(select(func.count()).select_from(table)) for table in (models.receipt, models.spool))


@pytest.fixture
def manifest(house):
    with house.database.reading() as db:
        return find_manifest(db, "upr")


@pytest.fixture
def thread():
    return thread_of(new_code(), SALT)


def send(house, manifest, thread, text=TEXT):
    with house.database.writing() as db:
        return operations.send_comment(db, manifest, thread, Remark("2", "en", text), now=clock.now())


def opened(trial, house):
    """Every body in the spool, by item."""
    with house.database.reading() as db:
        rows = db.execute(select(models.spool)).all()
    return {row.id: crypto.from_json(crypto.unpad(crypto.unseal(row.sealed, *trial.key()))) for row in rows}


def test_send_comment_adds_one_row_of_each_kind_and_names_all_ids_inside(trial, house, manifest, thread):
    assert send(house, manifest, thread)

    assert counts(house) == (1, 1)
    body = opened(trial, house)[thread.item(1, 0)]
    assert (body["kind"], body["text"], body["ref"]) == ("comment", TEXT, "2")
    assert [body[name] for name in ("thread", "of", "receipt", "item", "inclusion")] == [
        crypto.b64(one) for one in (thread.pair[0], thread.lookup, thread.lookup, thread.item(1, 0), thread.inclusion)
    ]


def test_a_second_send_changes_nothing(house, manifest, thread):
    assert send(house, manifest, thread)
    assert not send(house, manifest, thread)

    assert counts(house) == (1, 1)


@pytest.mark.parametrize(
    "text", ["", "-----BEGIN PGP MESSAGE-----\nhQEMA", "already encrypted: true", "AQE" + "A" * 5000]
)
def test_whatever_looks_sealed_is_sealed_all_the_same(trial, house, manifest, thread, text):
    """Flag lie. Safeguard: `crypto.seal` in bodies._act has no condition before it."""
    send(house, manifest, thread, text + TEXT)

    with house.database.reading() as db:
        sealed = db.scalar(select(models.spool.c.sealed))
    assert len(sealed) - crypto.SEAL_OVERHEAD in crypto.PADDED
    assert TEXT.encode() not in sealed
    assert opened(trial, house)[thread.item(1, 0)]["text"] == text + TEXT


def test_a_withdrawal_lays_a_decoy_of_its_size_over_what_waits(trial, house, manifest, thread):
    """Safeguard: `cover_spooled` in operations.withdraw_comment."""
    send(house, manifest, thread, "x" * 9_000)
    with house.database.reading() as db:
        before = dict(db.execute(select(models.spool.c.id, func.length(models.spool.c.sealed))).all())
    with house.database.writing() as db:
        operations.write_again(db, manifest, thread, "One more thing.", language="en", number=1)
        operations.withdraw_comment(db, manifest, thread)

    found = opened(trial, house)
    assert sorted(body["kind"] for body in found.values()) == ["comment", "comment", "withdrawal"]
    assert not any("x" * 20 in str(body) or "One more thing" in str(body) for body in found.values())
    with house.database.reading() as db:
        after = dict(db.execute(select(models.spool.c.id, func.length(models.spool.c.sealed))).all())
    assert after[thread.item(1, 0)] == before[thread.item(1, 0)] == 16_384 + crypto.SEAL_OVERHEAD


def test_the_inclusion_of_a_reply_is_none_of_its_threads(house, manifest, thread):
    """Safeguard: the random commitment in bodies._act: the same C twice would connect two rows."""
    send(house, manifest, thread)
    with house.database.writing() as db:
        operations.write_again(db, manifest, thread, "More.", language="en", number=1)
    with house.database.reading() as db:
        inclusions = list(db.scalars(select(models.spool.c.inclusion)))

    assert len(set(inclusions)) == 2
    assert thread.inclusion in inclusions


def test_check_write_again_ends_after_fifteen_and_after_a_withdrawal(house, manifest, thread):
    send(house, manifest, thread)
    with house.database.writing() as db:
        for number in range(15):
            operations.write_again(db, manifest, thread, f"Reply {number}.", language="en", number=number + 1)
        with pytest.raises(rules.TooManyReplies):
            operations.write_again(db, manifest, thread, "One too many.", language="en", number=16)
        operations.withdraw_comment(db, manifest, thread)
        with pytest.raises(rules.AlreadyWithdrawn):
            operations.write_again(db, manifest, thread, "After all.", language="en", number=16)

    assert counts(house) == (17, 17)


def test_check_next_reply_takes_a_second_press_for_none_more(house, manifest, thread):
    send(house, manifest, thread)
    with house.database.writing() as db:
        operations.write_again(db, manifest, thread, "Once.", language="en", number=1)
        with pytest.raises(rules.ReplySent):
            operations.write_again(db, manifest, thread, "Once.", language="en", number=1)

    assert counts(house) == (2, 2)


def test_check_withdraw_once(house, manifest, thread):
    send(house, manifest, thread)
    with house.database.writing() as db:
        operations.withdraw_comment(db, manifest, thread)
        with pytest.raises(rules.AlreadyWithdrawn):
            operations.withdraw_comment(db, manifest, thread)
    with pytest.raises(rules.RoundClosed):
        rules.check_withdraw(replace(manifest, state="over"), is_withdrawn=False)


def test_check_send_comment_only_while_the_round_is_open(house, manifest):
    with house.database.reading() as db:
        key = find_sealing(db, manifest).key
    for moment in (manifest.opens_at - timedelta(minutes=1), manifest.closes_at):
        with pytest.raises(rules.RoundClosed):
            rules.check_send_comment(manifest, key, moment)
    assert rules.check_send_comment(manifest, key, clock.now()) == key


def test_check_has_key_refuses_what_no_officer_could_open():
    with pytest.raises(rules.NoKey):
        rules.check_has_key(None)


def test_check_texts_wants_words_and_no_code():
    with pytest.raises(rules.NothingWritten):
        rules.check_texts(" ", "\n")
    with pytest.raises(rules.HoldsCode):
        rules.check_texts("my code is " + crypto.grouped(new_code()))
    rules.check_texts("", "Other words.")


def test_a_text_that_fits_no_size_is_refused_before_anything_is_kept(house, manifest, thread):
    with pytest.raises(TooLong), house.database.writing() as db:
        operations.send_comment(db, manifest, thread, Remark("2", "en", "x" * 270_000), now=clock.now())

    assert counts(house) == (0, 0)


def test_a_decoy_is_known_by_its_mark_alone(trial, house, manifest):
    """The custodian file's test: `maker` is an HMAC under the decoy key. Everything else is as in a comment."""
    memory = Memory.load(house.settings.runtime)
    real = thread_of(new_code(), SALT)
    send(house, manifest, real)
    with house.database.writing() as db:
        sealing = find_sealing(db, manifest)
        for _ in range(60):
            add_decoy(db, sealing, memory)

    assert counts(house) == (61, 61)
    found = opened(trial, house)
    fields = {tuple(sorted(body)) for body in found.values()}
    assert len(fields) == 1
    genuine = [item for item, body in found.items() if not is_decoy(body, sealing.decoy_key)]
    assert genuine == [real.item(1, 0)]


def is_decoy(body, key):
    import hashlib
    import hmac

    parts = [crypto.unb64(body[name]) for name in ("thread", "receipt", "item")]
    return hmac.new(key, b"consult decoy 1" + b"".join(parts), hashlib.sha256).digest() == crypto.unb64(body["maker"])


def test_decoys_come_in_the_sizes_of_letters():
    lengths = [bodies._drawn_length() for _ in range(3_000)]
    small = sum(1 for one in lengths if one <= 4_000) / len(lengths)

    assert 0.75 < small < 0.85
    assert max(lengths) <= crypto.PADDED[-1] - crypto.LENGTH


@pytest.mark.parametrize("size", [one + crypto.SEAL_OVERHEAD for one in crypto.PADDED])
def test_a_cover_has_the_size_of_what_it_covers(house, manifest, size):
    with house.database.reading() as db:
        sealing = find_sealing(db, manifest)
    act = bodies.cover(sealing, receipt=bytes(16), item=bytes(16), inclusion=bytes(32), size=size)

    assert len(act.sealed) == size


def test_decoys_come_about_48_times_a_day_at_instants_of_the_whole_interval():
    counted = [draw_count(48, 15) for _ in range(6_000)]
    mean = sum(counted) / len(counted)
    variance = sum((one - mean) ** 2 for one in counted) / len(counted)
    instants = [at for _ in range(300) for at in draw_instants(3, 900)]

    assert abs(mean - 0.5) < 0.05
    assert abs(variance - 0.5) < 0.08, "Poisson: the number of one interval says nothing of the next"
    assert abs(sum(instants) / len(instants) - 450) < 40
    assert 0 <= min(instants) < max(instants) <= 900


def test_decoys_are_forgotten_with_the_runtime_folder(house, manifest):
    memory = Memory.load(house.settings.runtime)
    memory.add("upr", Thread(secrets.token_bytes(32)))
    memory.save()
    assert Memory.load(house.settings.runtime).draw("upr") is not None

    (house.settings.runtime / "decoys.json").unlink()

    assert Memory.load(house.settings.runtime).draw("upr") is None


def test_find_rows_counts_replies(house, manifest, thread):
    send(house, manifest, thread)
    with house.database.writing() as db:
        operations.write_again(db, manifest, thread, "More.", language="en", number=1)
    with house.database.reading() as db:
        rows = find_rows(db, thread)

    assert (rows.is_there, rows.replies, rows.is_withdrawn, rows.consultation) == (True, 1, False, "upr")
