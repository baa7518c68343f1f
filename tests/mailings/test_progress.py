"""How far a campaign is, in the command line: numbers, and no word of anybody."""

import os
import pty
import re
import sys
import threading

from consult.core.db import writing
from consult.mail.models import OutboxMail
from consult.mailings import progress
from consult.mailings.progress import NOT_APPROVED, UNKNOWN, show_progress
from tests.drafts.test_operations import NOON
from tests.mailings.test_campaigns import registry, send, write
from tests.mailings.test_sending import become, go_on
from tests.rounds.test_comments import consultation, open_round  # noqa: F401


def test_it_says_how_many_are_in_which_state_and_names_nobody(open_round, capsys):  # noqa: F811
    first, _second = registry()
    campaign = write()
    assert show_progress(campaign.ref) == NOT_APPROVED
    send(campaign)
    go_on(campaign, NOON)
    become(first.person_ref, "sent")

    assert show_progress(campaign.ref) == 0
    assert show_progress("nothing") == UNKNOWN

    said = capsys.readouterr()
    lines = [line.split() for line in said.out.splitlines() if line.strip()][-2:]
    assert lines == [["1", "sent"], ["1", "waits"]]
    assert "example" not in said.out + said.err
    assert "There is no such campaign." in said.err


def on_a_terminal(monkeypatch, act):
    """What is written by an act whose output is a terminal."""
    ours, theirs = pty.openpty()
    with open(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        act()
        terminal.flush()
        monkeypatch.undo()
        return os.read(ours, 100_000).decode()


def test_on_a_terminal_it_draws_a_bar_as_long_as_what_is_over(open_round, monkeypatch):  # noqa: F811
    first, _second = registry()
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    become(first.person_ref, "sent")

    written = on_a_terminal(monkeypatch, lambda: show_progress(campaign.ref))

    bar = re.findall(r"Mails  \[(#+)(-+)\]  1/2", written)
    assert bar, written
    assert abs(len(bar[-1][0]) - len(bar[-1][1])) <= 1
    assert "1  sent" in written


def test_without_a_terminal_it_draws_none_and_writes_lines_that_a_log_can_keep(open_round, capsys):  # noqa: F811
    registry()
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)

    show_progress(campaign.ref)

    assert capsys.readouterr().out.splitlines() == ["Mails", "      2  waits"]


def test_watching_ends_when_nothing_waits_any_more(open_round, capsys, monkeypatch):  # noqa: F811
    people = registry()
    campaign = write()
    send(campaign)
    go_on(campaign, NOON)
    looked = threading.Event()

    def wait(_seconds):
        looked.set()
        for one in people:
            become(one.person_ref, "sent")

    monkeypatch.setattr(progress.time, "sleep", wait)

    assert show_progress(campaign.ref, watch=True) == 0

    assert looked.is_set()
    assert "2  sent" in capsys.readouterr().out
    with writing() as db:
        assert db.query(OutboxMail).count() == 2
