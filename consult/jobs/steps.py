"""How much of a long piece of work one transaction does: so much that nobody else waits long for their turn to write."""

AIM = 0.08  # seconds of a transaction; others should wait for 0.2 at the most, and some take twice as long as the one before
LEAST = 5  # rows


class Steps:
    """How many rows the next transaction takes: fewer after one that took long, more again after a short one."""

    def __init__(self, most: int) -> None:
        self.rows = self.most = most

    def note(self, seconds: float) -> None:
        """Say how long the last transaction took."""
        fitting = int(self.rows * AIM / seconds) if seconds else self.most
        self.rows = max(LEAST, min(fitting, 2 * self.rows, self.most))
