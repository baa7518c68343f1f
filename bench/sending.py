"""One approved campaign, put into the outbox and sent as the worker does it: `python -m bench.sending CAMPAIGN`."""

import logging
import sys
import time

import consult
from bench.turns import most_megabytes
from consult.core import settings
from consult.core.memory import keep_loaded
from consult.mail.delivery import post
from consult.mailings.jobs import queue_campaign
from consult.tables import import_all


def main() -> None:
    """Say "ready", wait for a line, do it, and say how many megabytes it took at the most, and how many seconds of processor."""
    import_all()
    database = consult.start(settings.load())
    logging.getLogger().setLevel(logging.WARNING)
    keep_loaded()  # as the worker does
    database.make_room()  # likewise
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    queue_campaign(int(sys.argv[1]))
    post().deliver()
    database.close()
    print(most_megabytes(), time.process_time() - began, flush=True)


if __name__ == "__main__":
    main()
