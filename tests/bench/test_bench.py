"""What `make bench` prints, without measuring anything: figures are never a test."""

import pytest

from bench import __main__ as command
from bench.load import LoadFailed, _read
from bench.registry import Bench

PAGE = Bench("page", 0.35, lambda hello, folder: 0.4)
AGAIN = Bench("again", "page", lambda hello, folder: 0.39)


def test_line_compares_with_a_figure():
    assert command.line(PAGE, {"page": 0.4}, {}) == {"name": "page", "ratio": 0.4, "reach": 0.35, "holds": True}


@pytest.mark.parametrize(("taken", "holds"), [(1.5, True), (1.51, False)])
def test_line_of_a_time_that_should_be_small(taken, holds):
    bench = Bench("slower", 1.5, PAGE.measure, is_most=True)

    assert command.line(bench, {"slower": taken}, {})["holds"] is holds


def test_line_compares_with_another_measurement_of_the_same_run():
    taken = {"page": 0.4, "again": 0.39}

    assert command.line(AGAIN, taken, {}) == {"name": "again", "ratio": 0.39, "reach": 0.4, "holds": False}


def test_line_says_nothing_of_what_could_not_be_taken():
    assert command.line(AGAIN, {"again": 0.39}, {}) == {"name": "again", "ratio": 0.39, "reach": None, "holds": None}
    assert command.line(PAGE, {}, {}) == {"name": "page", "ratio": None, "reach": 0.35, "holds": None}


def test_chosen_takes_what_a_named_one_is_compared_with(monkeypatch):
    monkeypatch.setattr(command, "BENCHES", (PAGE, Bench("other", 1.0, PAGE.measure), AGAIN))

    assert command.chosen(["again"]) == [PAGE, AGAIN]


def test_chosen_names_an_unknown_one(monkeypatch):
    monkeypatch.setattr(command, "BENCHES", (PAGE,))

    with pytest.raises(SystemExit, match="no measurement is called pgae; there are page"):
        command.chosen(["pgae"])


def test_seconds_are_counted_as_on_the_machine_of_the_design(monkeypatch, tmp_path):
    """A machine on which hello answers half as often is twice as slow."""
    rates = iter([1.0, *[2_900.0] * 5, *[3_100.0] * 5])
    monkeypatch.setattr("bench.load.requests_per_second", lambda address: next(rates))
    bench = Bench("work", 10, lambda hello, folder: 18.0, is_most=True, is_seconds=True)

    here = {}

    taken = {"work": command.measured(bench, "http://hello/", tmp_path, here)}

    assert command.line(bench, taken, here) == {
        "name": "work", "ratio": 9.0, "reach": 10, "holds": True, "seconds_here": 18.0
    }  # fmt: skip


def test_a_ratio_is_none_of_a_machine(tmp_path):
    here = {}

    assert (command.measured(PAGE, "http://hello/", tmp_path, here), here) == (0.4, {})


def test_read_takes_the_rate():
    assert _read("Requests/sec:   5123.45\nTransfer/sec: 1MB") == 5123.45


@pytest.mark.parametrize(
    "said",
    ["Non-2xx or 3xx responses: 7\nRequests/sec: 9.0", "Socket errors: connect 0, read 3", "Requests/sec: 0.00", ""],
)
def test_read_refuses_a_rate_of_errors(said: str):
    with pytest.raises(LoadFailed):
        _read(said)
