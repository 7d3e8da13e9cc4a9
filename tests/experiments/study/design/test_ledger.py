import pytest

from experiments.study.design.ledger import Tally, empty_ledger
from experiments.study.trials import Comparison

PAIR, OTHER = Comparison("scene", "a", "c"), Comparison("scene", "b", "c")


def test_a_vote_counts_for_the_first_arm_on_whichever_side_it_stands():
    ledger = empty_ledger([PAIR, OTHER]).with_votes([(PAIR, "a", 1.0), (PAIR, "c", 1.0), (PAIR, "c", 0.25)])
    assert ledger.tallies[PAIR] == Tally(given=(1, 2), score=1.75)
    assert ledger.tallies[OTHER] == Tally()


def test_a_reservation_is_a_vote_until_it_is_released_and_the_ledger_before_stays_as_it_was():
    before = empty_ledger([PAIR, OTHER], quota=1)
    ledger = before.with_reserved([(PAIR, "c")])
    assert ledger.tallies[PAIR].sides == (0, 1) and ledger.open() == (OTHER,)
    assert before.open() == (PAIR, OTHER) == ledger.with_released([(PAIR, "c")]).open()
    assert before.open(seen=[OTHER]) == (PAIR,)


def test_what_was_never_reserved_cannot_be_released():
    with pytest.raises(AssertionError, match="more often than reserved"):
        empty_ledger([PAIR]).with_reserved([(PAIR, "a")]).with_released([(PAIR, "c")])
