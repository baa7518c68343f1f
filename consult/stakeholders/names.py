"""All names of the registry in memory, in order to find those that may mean the same."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from consult.stakeholders.likeness import Spelling, likeness, spelled
from consult.stakeholders.models import StakeholderKind

MOST = 10  # of those that are like a name: the likeliest
CROWD = 1_000  # of one block that are looked at: where more share it, it says little
PLACES = 24  # bits for the place of a name; the others say which block it is in


class Names:
    """Names by what likely ones have in common, as one sorted list of numbers: half a million take a few megabytes."""

    def __init__(self, known: Iterable[tuple[int, StakeholderKind, str]]) -> None:
        self.known = [(entry_id, kind, spelled(name)) for entry_id, kind, name in known]
        self._blocks = sorted(
            block | place for place, (_, kind, how) in enumerate(self.known) for block in _blocks_of(kind, how)
        )

    def alike(self, kind: StakeholderKind, name: str, *, besides: int = 0) -> list[tuple[int, int]]:
        """The ids of the likeliest other names of a kind, each with how alike it is of 100; the likeliest first."""
        wanted = spelled(name)
        places = {place for block in _blocks_of(kind, wanted) for place in self._sharing(block)}
        found = []
        for place in places:
            other_id, other_kind, other = self.known[place]
            if other_id != besides and other_kind is kind and (how := likeness(wanted, other)):
                found.append((other_id, how))
        return sorted(found, key=lambda one: (-one[1], one[0]))[:MOST]

    def _sharing(self, block: int) -> Iterator[int]:
        begin = bisect_left(self._blocks, block)
        for number in self._blocks[begin : begin + CROWD]:
            if number >> PLACES != block >> PLACES:
                return
            yield number & ((1 << PLACES) - 1)


def _blocks_of(kind: StakeholderKind, name: Spelling) -> set[int]:
    """Numbers, the same for what is the same in this process only."""
    return {(hash((kind.value, block)) & ((1 << 38) - 1)) << PLACES for block in name.blocks()}
