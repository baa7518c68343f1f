"""What a process that lives long does once it has loaded everything."""

import gc


def keep_loaded() -> None:
    """What is loaded by now stays for good: the collector need not look through it again and again.

    Each look took up to a quarter of a second, in the midst of whatever transaction it fell into.
    """
    gc.collect()
    gc.freeze()
