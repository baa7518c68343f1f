"""Who goes with whom, when each on two sides can have one at most: a good choice for all, in bounded time."""

from collections import defaultdict

ROUNDS_MAX = 10  # two or three do in practice; the bound is for hostile texts


def assign(scores: dict[tuple[int, int], float]) -> dict[int, int]:
    """Pairs of (left, right) places chosen from likely ones by their scores: the best first, then exchanges that make all better.

    Worth is the square of a score: one good pair is better than two middling ones, for the sake of what hangs on it.
    The best first alone is never worth less than half of the best choice there is; the exact one costs cubic time.
    """
    choice = _Choice(scores)
    for _ in range(ROUNDS_MAX):
        if not choice.improve():
            break
    return choice.right_of


class _Choice:
    """Pairs chosen so far, each place of either side in one of them at most."""

    def __init__(self, scores: dict[tuple[int, int], float]) -> None:
        self.worth = {pair: score**2 for pair, score in scores.items()}
        self.best_first = sorted(scores, key=lambda pair: (-scores[pair], abs(pair[0] - pair[1]), pair))
        self.rights: dict[int | None, list[int]] = defaultdict(list)
        self.lefts: dict[int | None, list[int]] = defaultdict(list)
        self.right_of: dict[int, int] = {}
        self.left_of: dict[int, int] = {}
        for left, right in self.best_first:
            self.rights[left].append(right)
            self.lefts[right].append(left)
            if left not in self.right_of and right not in self.left_of:
                self._join(left, right)

    def improve(self) -> bool:
        """Go through all pairs once, taking in those that are worth more than what they break. Returns whether any was."""
        better = False
        for left, right in self.best_first:
            before, after = self.left_of.get(right), self.right_of.get(left)  # whom they would leave alone
            if after == right:
                continue
            rest = self._rest(before, after)
            lost = self._worth(left, after) + self._worth(before, right)
            if self._worth(left, right) + sum(self._worth(*pair) for pair in rest) <= lost + 1e-9:
                continue
            self.right_of.pop(left, None)
            self.left_of.pop(right, None)
            if before is not None:
                self.right_of.pop(before)
            if after is not None:
                self.left_of.pop(after)
            for pair in [(left, right), *rest]:
                self._join(*pair)
            better = True
        return better

    def _rest(self, left: int | None, right: int | None) -> list[tuple[int, int]]:
        """What the two that would be left alone do: go together, or each with the best that is free."""
        free_right = next((place for place in self.rights.get(left, ()) if place not in self.left_of), None)
        free_left = next((place for place in self.lefts.get(right, ()) if place not in self.right_of), None)
        apart = [(a, b) for a, b in ((left, free_right), (free_left, right)) if a is not None and b is not None]
        if left is None or right is None or self._worth(left, right) < sum(self._worth(*pair) for pair in apart):
            return apart
        return [(left, right)] if (left, right) in self.worth else []

    def _worth(self, left: int | None, right: int | None) -> float:
        return self.worth.get((left, right), 0.0) if left is not None and right is not None else 0.0

    def _join(self, left: int, right: int) -> None:
        self.right_of[left], self.left_of[right] = right, left
