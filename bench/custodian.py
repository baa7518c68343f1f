"""The custodian file: seconds until a batch of 1,024 sealed items of 4 KiB is opened, in Chromium without a window.

Not a ratio: what an officer waits, from the press of the button to the list of comments, decoys put aside.
"""

import time
from pathlib import Path
from statistics import median

from bench.load import LoadFailed
from tests.custodian.conftest import a_desk
from tests.custodian.driving import PASSPHRASE, AtTheDesk
from tests.support.browser import running_browser
from tests.support.officers import Dossier, Letter, an_officer, key_file

ITEMS, REAL = 1_024, 512  # a batch is filled up to a power of two; the fewer decoys, the more there is to put together
TIMES = 3


def custodian_opens_1000(_hello: str, folder: Path) -> float:
    """Seconds, the median. Raises LoadFailed where not every comment was found."""
    officer = an_officer()
    dossier = Dossier([officer])
    bodies = [
        dossier.body(Letter(), text=f"Well {number} of {number * 7} has been dry since the road was built. " * 20)
        for number in range(REAL)
    ]
    decoys = [dossier.decoy() for _ in range(ITEMS - REAL)]
    desk_file = dossier.desk_file([dossier.batch(1, bodies + decoys)])
    with running_browser() as browser:
        return median(_seconds(browser, folder, dossier, officer, desk_file) for _ in range(TIMES))


def _seconds(browser, folder, dossier, officer, desk_file) -> float:
    with a_desk(browser) as page:
        at = AtTheDesk(page, folder)
        at.open_keys(key_file(officer, PASSPHRASE))
        at.press("menu.desk_open")
        at.give("desk-file", desk_file)
        began = time.perf_counter()
        at.press("go_on")
        at.shows("h1", dossier.title)
        took = time.perf_counter() - began
        if at.fact("overview.comments") != str(REAL):
            raise LoadFailed(f"{at.fact('overview.comments')} comments were found, of {REAL}")
    return took
