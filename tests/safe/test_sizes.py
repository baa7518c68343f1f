"""What anyone on the line can measure: the size of letters, and of every answer to a code, header bytes included."""

import http.client
import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from consult.core import clock, crypto, exchange
from consult.safe import bodies, ticking
from consult.safe.bodies import Remark
from consult.safe.queries import find_sealing, list_manifests
from consult.safe.receipts import new_code, thread_of
from consult.safe.self_check import Visitor, code_in, served, token_in
from consult.safe.web import PAGE_STEP, STATUS_LENGTH
from tests.safe.conftest import FORM, heading


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=10_000), st.text(max_size=3_000), st.sampled_from(["en", "ar", "zh"]))
def test_every_letter_has_one_of_four_sizes(house, text, suggestion, language):
    """Safeguard: `crypto.pad` in bodies._act."""
    with house.database.reading() as db:
        (manifest,) = list_manifests(db)
        sealing = find_sealing(db, manifest)
    thread = thread_of(new_code(), bytes(32))
    for act in (
        bodies.comment(sealing, thread, Remark("2", language, text, suggestion)),
        bodies.follow_up(sealing, thread, 1, language, text),
        bodies.withdrawal(sealing, thread),
        bodies.decoy(sealing, thread),
    ):
        assert len(act.sealed) - crypto.SEAL_OVERHEAD in crypto.PADDED
        assert (len(act.receipt), len(act.item), len(act.inclusion)) == (16, 16, 32)


def wire(bind, fields, headers):
    """(status line and headers without the date's words, length of the whole answer) as they come over the line."""
    host, _, port = bind.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request(
        "POST",
        "/en/return/",
        "&".join(f"{name}={value}" for name, value in fields.items()),
        {"Content-Type": "application/x-www-form-urlencoded", **headers},
    )
    answer = connection.getresponse()
    body = answer.read()
    lines = [(name, "" if name == "Date" else value) for name, value in answer.getheaders()]
    connection.close()
    return answer.status, lines, len(body)


@pytest.fixture
def letters(trial, house, settings, tmp_path):
    """A code for each standing: waiting, with one and with nine messages, answered at length, confidential, withdrawn."""
    codes = {}
    with served(settings, tmp_path / "log"):
        visitor = Visitor(settings.clearnet_bind, {})
        for name in ("waiting", "one", "nine", "answered", "confidential", "withdrawn"):
            _, check = visitor.ask("POST", FORM, {"text": f"Letter {name}.", "use": "paraphrase", "do": "check"})
            codes[name] = code_in(check)
            visitor.ask(
                "POST",
                FORM,
                {"text": f"Letter {name}.", "use": "paraphrase", "do": "send", "token": token_in(check)},
            )
        _, page = visitor.ask("POST", "/en/return/", {"code": codes["withdrawn"]})
        visitor.ask("POST", "/en/return/withdraw/", {"token": token_in(page), "do": "withdraw"})
        threads = {name: thread_of(code, house.secret.salt) for name, code in codes.items()}

        def messages(count, text):
            return [{"number": at, "kind": "question", "language": "en", "text": text} for at in range(count)]

        longest = "'" * 3_100  # each becomes five characters on the page
        cells = {
            "one": trial.cell("upr", threads["one"].pair[0], messages=messages(1, longest)),
            "nine": trial.cell("upr", threads["nine"].pair[0], messages=messages(9, "'" * 280)),
            "answered": trial.cell("upr", threads["answered"].pair[0], comment="kfhtxmpqrsvw", state="released"),
            "confidential": trial.cell("upr", threads["confidential"].pair[0], state="confidential"),
        }
        rows = sorted((threads[name].lookup, cell) for name, cell in cells.items())
        trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(one), crypto.b64(cell)] for one, cell in rows]})
        said = {"outcome": "noted", "reason": {"en": "'" * 30_000}, "published": True}
        trial.put(exchange.ANSWERS, "upr", {"answers": [{"ref": "kfhtxmpqrsvw", **said}]})
        ticking.keep_house(house, now=clock.now())
        right = codes["waiting"]
        codes["mistyped"] = right[:4] + str((int(right[4]) + 1) % 10) + right[5:]
        codes["unknown"] = new_code()
        yield codes


def test_every_answer_to_a_code_is_the_same_on_the_line(letters, settings):
    """Safeguards: STATUS_LENGTH and SAID_MAX; and nothing here or before us compresses."""
    for headers in ({}, {"Accept-Encoding": "gzip, br, zstd, deflate"}, {"Accept-Language": "zh", "Cookie": "a=b"}):
        seen = {name: wire(settings.clearnet_bind, {"code": code}, headers) for name, code in letters.items()}

        assert len(seen) == 8
        assert {str(one) for one in seen.values()} == {str(seen["waiting"])}
        status, lines, length = seen["waiting"]
        assert (status, length) == (200, STATUS_LENGTH)
        assert "Content-Encoding" not in dict(lines)
    assert standings(letters, settings) == {
        "waiting": "We have your comment",
        "one": "The officers have your comment",
        "nine": "The officers have your comment",
        "answered": "Your comment was answered",
        "confidential": "The officers keep your comment confidential",
        "withdrawn": "Your comment is withdrawn",
        "mistyped": "There is a mistake in the code",
        "unknown": "There is nothing under this code",
    }


def standings(codes, settings):
    """The heading of each: so that they were really different."""
    visitor = Visitor(settings.clearnet_bind, {})
    pages = {name: visitor.ask("POST", "/en/return/", {"code": code})[1] for name, code in codes.items()}
    return {name: re.search(rb"<h1>(.*?)</h1>", page)[1].decode() for name, page in pages.items()}


@pytest.mark.parametrize(
    "path", ["/en/", "/ar/upr/", "/zh/upr/paragraphs/", FORM, "/en/upr/comment/3/", "/en/nothing/"]
)
def test_every_page_is_as_long_as_a_multiple(reader, path):
    """So that which paragraph somebody reads or writes on cannot be told from the size."""
    assert len(reader.get(path).data) % PAGE_STEP == 0


def test_the_form_of_each_paragraph_is_as_long(client, person):
    pages = {len(client.get(f"/en/upr/comment/{ref}/").data) for ref in ("0", "1", "2", "3")}

    assert len(pages) == 1
    assert heading(person.check())
