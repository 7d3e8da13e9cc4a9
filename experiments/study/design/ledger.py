"""What a study has: of each comparison the votes that were given, and those that raters under way are still to give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from experiments.study.trials import Comparison

Placed = tuple[Comparison, str]
"""A comparison and the arm that stands on the left of it."""


@dataclass(frozen=True)
class Tally:
    """One comparison's votes by side: the first number with its `first` arm on the left, the second with its `second`."""

    given: tuple[int, int] = (0, 0)
    reserved: tuple[int, int] = (0, 0)
    score: float = 0.0
    """Sum of the given votes' scores for `first`: each 1 to 0, a tie 0.5."""

    @property
    def sides(self) -> tuple[int, int]:
        """Votes given and reserved, by side."""
        return self.given[0] + self.reserved[0], self.given[1] + self.reserved[1]

    @property
    def votes(self) -> int:
        """Votes given and reserved."""
        return sum(self.sides)


@dataclass(frozen=True)
class Ledger:
    """Every comparison of a study with its tally. `quota` is the most votes that one is to have; 0: any number.

    A vote that is under way is `reserved`. When it comes it is released and given; when its rater leaves, only released.
    """

    tallies: Mapping[Comparison, Tally]
    quota: int = 0

    def open(self, seen: Iterable[Comparison] = ()) -> tuple[Comparison, ...]:
        """Return the comparisons below the quota, in their order, without those `seen`."""
        done = set(seen)
        return tuple(
            comparison
            for comparison, tally in self.tallies.items()
            if comparison not in done and (not self.quota or tally.votes < self.quota)
        )

    def with_votes(self, votes: Iterable[tuple[Comparison, str, float]]) -> "Ledger":
        """Return the ledger with `votes` given: comparison, left arm, and score of the left picture (1 to 0)."""
        tallies = dict(self.tallies)
        for comparison, left, score in votes:
            tally, of_first = tallies[comparison], score if left == comparison.first else 1.0 - score
            given = _counted(tally.given, _side(comparison, left), 1)
            tallies[comparison] = replace(tally, given=given, score=tally.score + of_first)
        return replace(self, tallies=MappingProxyType(tallies))

    def with_reserved(self, shown: Iterable[Placed]) -> "Ledger":
        """Return the ledger with the votes on `shown` expected."""
        return self._reserving(shown, 1)

    def with_released(self, shown: Iterable[Placed]) -> "Ledger":
        """Return the ledger with the votes on `shown` expected no more: they were given, or their rater has left."""
        return self._reserving(shown, -1)

    def _reserving(self, shown: Iterable[Placed], change: int) -> "Ledger":
        tallies = dict(self.tallies)
        for comparison, left in shown:
            reserved = _counted(tallies[comparison].reserved, _side(comparison, left), change)
            assert min(reserved) >= 0, f"{comparison} was released more often than reserved"
            tallies[comparison] = replace(tallies[comparison], reserved=reserved)
        return replace(self, tallies=MappingProxyType(tallies))


def empty_ledger(comparisons: Iterable[Comparison], quota: int = 0) -> Ledger:
    """Return the ledger of a study that nobody has taken part in."""
    return Ledger(MappingProxyType({comparison: Tally() for comparison in comparisons}), quota)


def other_arm(comparison: Comparison, arm: str) -> str:
    """Return the arm that stands right where `arm` stands left."""
    return comparison.second if arm == comparison.first else comparison.first


def _side(comparison: Comparison, left: str) -> int:
    assert left in (comparison.first, comparison.second), f"{left!r} is not of {comparison}"
    return 0 if left == comparison.first else 1


def _counted(sides: tuple[int, int], side: int, change: int) -> tuple[int, int]:
    return (sides[0] + change, sides[1]) if side == 0 else (sides[0], sides[1] + change)
