"""Budgets in memory that forked workers share; a killed one blocks nobody."""

import os
import signal
import time

from consult.safe.counters import Budget, Count


def test_a_budget_is_shared_by_processes_and_refills():
    """Safeguard: memory made before the fork (memfd, mmap)."""
    budget = Budget(6)
    child = os.fork()
    if child == 0:
        os._exit(sum(budget.take() for _ in range(4)))
    taken = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert taken == 4
    assert [budget.take() for _ in range(3)] == [True, True, False]


def test_a_process_that_is_killed_with_the_lock_blocks_nobody():
    import fcntl

    budget = Budget(5)
    child = os.fork()
    if child == 0:
        fcntl.lockf(budget.handle, fcntl.LOCK_EX)
        time.sleep(60)
        os._exit(0)
    time.sleep(0.3)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

    assert budget.take()


def test_a_count_is_taken_once(tmp_path):
    count = Count(tmp_path, "forged")
    count.add()
    Count(tmp_path, "forged").add(2)

    assert (count.take(), count.take()) == (3, 0)
    assert (tmp_path / "forged").stat().st_mode & 0o777 == 0o600
