"""What is written down of a fault: its class and the place in the code. Never its message, which may hold what somebody typed."""

import sys


def place_of(problem: BaseException) -> str:
    """ "ValueError at consult/safe/tokens.py:41"."""
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "-"
    return f"{type(problem).__name__} at {where}"


def say_fault(problem: BaseException) -> None:
    """Write a fault to the error log, which is standard error."""
    sys.stderr.write(place_of(problem) + "\n")
    sys.stderr.flush()
