import numpy as np

from experiments.study.design.assignment import empty_ledger, list_for
from experiments.study.design.ledger import Ledger
from experiments.study.trials import Comparison


def pairs(count: int) -> list[Comparison]:
    return [Comparison(f"scene{index:03}", "a", "b") for index in range(count)]


def finished_by(raters: int, wanted: int, ledger: Ledger, rng: np.random.Generator) -> Ledger:
    for _ in range(raters):
        ledger = ledger.with_reserved(list_for(ledger, wanted, rng))
    return ledger


def test_sixty_raters_of_fifty_out_of_two_hundred_pairs_give_each_fifteen_votes_seven_or_eight_on_a_side():
    ledger = finished_by(60, 50, empty_ledger(pairs(200)), np.random.default_rng(1))
    assert {tally.votes for tally in ledger.tallies.values()} == {15}
    assert {tally.sides for tally in ledger.tallies.values()} == {(7, 8), (8, 7)}
