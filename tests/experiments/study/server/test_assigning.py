"""Who gets which pairs: quotas kept, sides balanced, and what one rater leaves goes to others."""

import numpy as np
import pytest
from fixtures.served import right, served, wrong

from experiments.study.design import assignment
from experiments.study.server.assigning import ledger_of


def ledger(desk):
    with desk.store.reading() as db:
        return ledger_of(db, desk.terms, desk.times[0])


def finish(desk, token, state, how=None):
    desk.answer(token, state, how=how)
    return desk.step("finish", token)["state"]["stage"]


def main_pairs(desk, number):
    rows = desk.rows("SELECT * FROM trials WHERE rater = ? AND kind = 'main' ORDER BY position", number)
    return [(row["scene"], *sorted((row["left"], row["right"]))) for row in rows]


@pytest.mark.slow
def test_every_pair_gets_its_votes_with_sides_within_one(tmp_path):
    session = {"per_rater": 6, "votes_per_pair": 5, "traps": 0}
    desk = served(tmp_path, arms=3, scenes=4, gold=0, training=0, session=session)
    rng = np.random.default_rng(0)
    sitting = [desk.begin() for _ in range(4)]  # four at once, then others as they finish
    for _ in range(90):
        place = rng.integers(len(sitting))
        token, state = sitting[place]
        if state["next"]:
            sitting[place] = token, desk.answer(token, state, 1, lambda _: str(rng.choice(["left", "right"])))
        elif state["stage"] == "trials":
            desk.step("finish", token)
            sitting[place] = desk.begin()
    for token, state in sitting:
        desk.answer(token, state)
    tallies = ledger(desk).tallies
    assert {sum(tally.given) for tally in tallies.values()} == {5} and len(tallies) == 12
    assert all(abs(tally.given[0] - tally.given[1]) <= 1 for tally in tallies.values())
    assert desk.begin()[1]["stage"] == "nothing-left"


def test_each_rater_has_an_order_of_their_own(tmp_path):
    """Row 2 of studies.md: every rater saw the same order and sides."""
    desk = served(tmp_path, scenes=8)
    for _ in range(3):
        desk.begin()
    assert len({tuple(main_pairs(desk, number)) for number in (1, 2, 3)}) == 3


def test_what_is_reserved_counts_until_the_lease_runs_out_and_then_goes_to_others(tmp_path):
    desk = served(tmp_path, session={"votes_per_pair": 1})
    token, state = desk.begin()
    desk.answer(token, state, 4)
    given = sum(sum(tally.given) for tally in ledger(desk).tallies.values())
    desk.wait(59)
    assert desk.begin()[1]["stage"] == "nothing-left"
    desk.wait(2)
    assert desk.begin()[1]["stage"] == "training" and len(main_pairs(desk, 3)) == 4 - given > 0


def test_who_comes_back_after_the_lease_gets_what_is_left_under_new_names(tmp_path):
    session = {"votes_per_pair": 1, "repeats": 2, "traps": 0}
    desk = served(tmp_path, scenes=6, gold=0, training=0, session=session)
    token, state = desk.begin()
    old = state["next"][1]["trial"]
    desk.answer(token, state, 1)
    desk.wait(61)
    others, theirs = desk.begin()
    desk.answer(others, theirs, 3)
    desk.step("withdraw", others)  # their pairs are free again
    state = desk.step("join", None, {"token": token})["state"]
    desk.vote(token, old, status=403)
    rows = desk.rows("SELECT * FROM trials WHERE rater = 1")
    mains = {row["trial"]: row for row in rows if row["kind"] == "main"}
    repeats = [row for row in rows if row["kind"] == "repeat"]
    assert len(mains) == len(set(main_pairs(desk, 1))) == 6 and len(repeats) == 2
    for row in repeats:
        first = mains[row["repeat_of"]]
        assert (row["scene"], row["left"], row["right"]) == (first["scene"], first["right"], first["left"])
        assert row["position"] > first["position"]
    assert finish(desk, token, state) == "complete"


def test_who_comes_back_to_a_full_study_has_no_pair_that_others_have_answered(tmp_path):
    desk = served(tmp_path, session={"votes_per_pair": 1, "repeats": 2, "gold": 0, "traps": 0})
    token, state = desk.begin()
    desk.answer(token, state, 3)
    desk.wait(61)
    assert finish(desk, *desk.begin()) == "complete"
    desk.step("join", None, {"token": token})
    answered = {row["trial"] for row in desk.rows("SELECT * FROM trials WHERE rater = 1 AND revision IS NOT NULL")}
    left = desk.rows("SELECT * FROM trials WHERE rater = 1 AND revision IS NULL")
    assert all(row["kind"] == "repeat" and row["repeat_of"] in answered for row in left)
    assert {tally.votes for tally in ledger(desk).tallies.values()} == {1}


def test_a_late_answer_is_kept_before_the_rest_is_drawn_anew(tmp_path):
    desk = served(tmp_path)
    token, state = desk.begin()
    desk.wait(600)
    desk.vote(token, state["next"][0]["trial"])
    assert len(desk.rows("SELECT * FROM votes")) == 1


@pytest.mark.parametrize(("choice", "rules"), [(wrong, {"min_gold": 1.0}), (lambda row: "skipped", {})])
def test_votes_that_do_not_count_are_asked_of_others(tmp_path, choice, rules):
    desk = served(tmp_path, session={"votes_per_pair": 1}, exclusion=rules)
    finish(desk, *desk.begin(), how=choice)
    assert all(tally.votes == 0 for tally in ledger(desk).tallies.values())
    assert finish(desk, *desk.begin(), how=right) == "complete"
    assert desk.begin()[1]["stage"] == "nothing-left"


def test_an_adaptive_study_draws_what_was_not_shown_from_the_votes_so_far(tmp_path, monkeypatch):
    votes_known = []

    def watched(ledger, comparisons, wanted, rng):
        votes_known.append((sum(sum(tally.given) for tally in ledger.tallies.values()), wanted))
        return list(comparisons)[:wanted]

    monkeypatch.setattr(assignment, "SAMPLERS", {"adaptive": watched})
    session = {"pairs": "adaptive", "per_rater": 24, "repeats": 4}
    desk = served(tmp_path, scenes=16, arms=3, session=session)
    token, state = desk.begin()
    answered = 0
    while state["next"]:
        fetched = {each["trial"] for each in state["next"][1:]}
        state = desk.answer(token, state, 1)
        assert fetched <= {each["trial"] for each in state["next"]}  # what the page has fetched already stays
        answered += 1
    assert [known for known, _ in votes_known] == [0, 10, 20] and votes_known[0][1] == 24
    assert len(set(main_pairs(desk, 1))) == 24 and answered == 2 + 24 + 4 + 2 + 1
