"""A backup taken as the page for operators says holds nothing of whoever was protected before, and nothing of whoever was sealed
from the beginning."""

import pytest

from consult.core.db import bound, reading
from consult.safe.scanning import find_traces
from consult.stakeholders.models import Stakeholder
from tests.custody.fixtures import ANA, desk  # noqa: F401
from tests.custody.making import entries_file, entry_of
from tests.custody.test_sealed import REF, take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.leaks.backups import back_up
from tests.leaks.protected import STEMS, canaries, traces_in_files
from tests.leaks.test_protected import planted, protect  # noqa: F401

SEALED = "Quenellaborough"  # stands in sealed copies alone


def stems_in(*folders):
    return {trace.canary for trace in traces_in_files(list(folders))}


@pytest.mark.database
def test_a_backup_as_operators_take_it_holds_no_protected_name(planted, desk, settings, tmp_path):  # noqa: F811
    backup = tmp_path / "backup"
    back_up(bound().url, settings.data, backup)
    assert stems_in(backup) == set(STEMS), "all of it was there before"

    protect(desk, planted)
    back_up(bound().url, settings.data, backup)

    assert len(list(backup.iterdir())) >= 2
    assert stems_in(backup) == set()


@pytest.mark.database
def test_whoever_was_sealed_from_the_beginning_is_in_no_byte(desk, settings, tmp_path):  # noqa: F811
    """Sealed in the custodian file: main never had the name in the clear, so nothing needs to be cleared."""
    desk.appoint(ANA)
    content = entries_file(ANA, [entry_of(REF, [ANA], name=SEALED)])
    take(desk, content)
    back_up(bound().url, settings.data, tmp_path / "backup")

    with reading() as db:
        assert db.query(Stakeholder).filter_by(ref=REF).one().is_protected
    assert find_traces([tmp_path], canaries((SEALED.casefold(),))) == []
