"""The files between the two sides: what is not for us, not whole, or signed by somebody else is not read."""

import pytest

from consult.core import crypto, exchange
from consult.core.crypto import Unreadable
from consult.core.exchange import Between

PUBLIC, SECRET = crypto.sign_pair(bytes(range(32)))
FOREIGN, FOREIGN_SECRET = crypto.sign_pair(bytes(32))
HERE = Between("kf3", "safe.example")


def test_a_file_is_read_by_the_side_it_is_for(tmp_path):
    text = exchange.signed_file(exchange.BATCH, HERE, "upr-4", 3, {"items": []}, SECRET)
    exchange.put(tmp_path, exchange.BATCH, "upr-4", 3, text)

    (found,) = exchange.look(tmp_path, exchange.BATCH)

    content = exchange.opened_file(found.text(), exchange.BATCH, HERE, found.consultation, found.number, [PUBLIC])
    assert content["items"] == []


@pytest.mark.parametrize(
    ("purpose", "between", "consultation", "number", "publics"),
    [
        (exchange.REPORT, HERE, "upr-4", 3, [PUBLIC]),
        (exchange.BATCH, Between("other", "safe.example"), "upr-4", 3, [PUBLIC]),
        (exchange.BATCH, Between("kf3", "else.example"), "upr-4", 3, [PUBLIC]),
        (exchange.BATCH, HERE, "upr-5", 3, [PUBLIC]),
        (exchange.BATCH, HERE, "upr-4", 4, [PUBLIC]),
        (exchange.BATCH, HERE, "upr-4", 3, [FOREIGN]),
    ],
)
def test_a_file_for_others_is_unreadable(purpose, between, consultation, number, publics):
    text = exchange.signed_file(exchange.BATCH, HERE, "upr-4", 3, {"items": []}, SECRET)

    with pytest.raises(Unreadable):
        exchange.opened_file(text, purpose, between, consultation, number, publics)


def test_what_a_file_says_of_itself_cannot_be_overruled_by_its_content():
    text = exchange.signed_file(exchange.BATCH, HERE, "upr-4", 3, {"number": 9, "host": "else.example"}, SECRET)

    assert exchange.opened_file(text, exchange.BATCH, HERE, "upr-4", 3, [PUBLIC])["number"] == 3


def test_a_file_cut_short_is_unreadable_and_a_half_written_one_is_not_seen(tmp_path):
    text = exchange.signed_file(exchange.BATCH, HERE, "upr-4", 1, {"items": []}, SECRET)
    path = exchange.put(tmp_path, exchange.BATCH, "upr-4", 1, text)
    path.write_text(text[: len(text) // 2])
    (tmp_path / ".0011.half").write_text(text)

    (found,) = exchange.look(tmp_path, exchange.BATCH)

    with pytest.raises(Unreadable):
        exchange.opened_file(found.text(), exchange.BATCH, HERE, "upr-4", 1, [PUBLIC])


def test_files_are_seen_in_order_and_other_names_are_not(tmp_path):
    for number in (10, 2, 1):
        exchange.put(tmp_path, exchange.BATCH, "upr-4", number, "x")
    exchange.put(tmp_path, exchange.MANIFEST, "upr-4", 1, "x")
    (tmp_path / "batch-../../etc-000001.signed").mkdir(parents=True)
    (tmp_path / "batch-upr-4-1.signed").write_text("x")

    assert [found.number for found in exchange.look(tmp_path, exchange.BATCH)] == [1, 2, 10]


def test_a_file_over_the_limit_is_not_read(tmp_path, monkeypatch):
    exchange.put(tmp_path, exchange.BATCH, "upr-4", 1, "x" * 2_000)
    monkeypatch.setattr(exchange, "FILE_MAX", 1_000)

    (found,) = exchange.look(tmp_path, exchange.BATCH)

    with pytest.raises(Unreadable):
        found.text()
