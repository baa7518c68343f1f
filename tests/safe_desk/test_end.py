"""The end: archived is not over, and when it is over nothing sealed stays on main or in the folders."""

from datetime import datetime, timedelta

import pytest
from werkzeug.exceptions import NotFound

from consult.consultations.models import Consultation
from consult.consultations.operations import archive_consultation
from consult.core import exchange
from consult.core.db import reading, writing
from consult.custody.views_staff import going_on_or_404, public_or_404
from tests.custody.fixtures import ANA, consultation, desk, rows  # noqa: F401
from tests.custody.making import manifests, result
from tests.safe_desk.test_results import AFTER, hand_in, open_desk, run  # noqa: F401


def archive(desk, sent_on, at: datetime) -> None:  # noqa: F811
    with writing() as db:
        archive_consultation(db, desk.upr(db), unanswered=0, sent_on=sent_on, by=desk.dalia, now=at)


@pytest.mark.parametrize("sent", [True, False], ids=["sent to the mechanism", "never sent"])
def test_archived_is_not_over_and_90_days_later_batches_states_and_cells_are_gone(open_desk, sent):  # noqa: F811
    hand_in(open_desk, ANA, result(ANA, 1, cells=1))
    run(AFTER)
    archive(open_desk, AFTER.date() if sent else None, AFTER)
    run(AFTER + timedelta(days=89))
    told = manifests(open_desk.safe)[-1]
    with reading() as db:
        listed = [one.id for one in find_archived(db)]
    kept = rows("SELECT count(*) FROM safe_file WHERE purpose = 'cells' AND file_key IS NOT NULL")

    run(AFTER + timedelta(days=91))

    assert (told["state"], told["destroy_after"], len(listed), kept) == (
        "closed", (AFTER + timedelta(days=90)).date().isoformat(), 1, [(1,)],
    )  # fmt: skip
    assert manifests(open_desk.safe)[-1]["state"] == "over"
    assert list(exchange.look(open_desk.safe.folder_in, exchange.CELLS)) == []
    assert (
        rows("SELECT file_key FROM safe_file WHERE purpose = 'cells' UNION ALL SELECT file_key FROM batch")
        == [(None,)] * 2
    )


def find_archived(db) -> list[Consultation]:
    """What an officer's pages still find."""
    found = public_or_404(db, "upr")
    with pytest.raises(NotFound):
        going_on_or_404(db, "upr")
    return [found]
