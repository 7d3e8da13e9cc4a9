from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attiqa_core.errors import InputError
from experiments.study.design.assignment import empty_ledger, list_for
from experiments.study.design.comparisons import comparisons_of
from experiments.study.design.lists import GOOD, SPOILED, check_session, rater_lists, trials_of
from experiments.study.folder import Scene
from experiments.study.protocol import Session


def scenes(main: int, arms: int = 2, gold: int = 0, training: int = 0) -> dict[str, Scene]:
    def of(kind, names):
        return Scene(kind, 8, 8, {name: f"{name}.jpg" for name in names}, {}, {})

    return {
        **{f"scene{index:03}": of("main", "abcdefgh"[:arms]) for index in range(main)},
        **{f"gold{index}": of("gold", (GOOD, SPOILED)) for index in range(gold)},
        **{f"training{index}": of("training", (GOOD, SPOILED)) for index in range(training)},
    }


def trials_for(of: dict[str, Scene], session: Session, seed: int = 0):
    rng = np.random.default_rng(seed)
    return trials_of(of, session, list_for(empty_ledger(comparisons_of(of)), session.per_rater, rng), rng)


def between(trials) -> list[int]:
    """How many trials that are pairs stand between each repeat and its first showing."""
    pairs = [trial for trial in trials if trial.kind in ("main", "repeat")]
    place = {trial.trial: index for index, trial in enumerate(pairs)}
    return [place[trial.trial] - place[trial.repeat_of] - 1 for trial in pairs if trial.kind == "repeat"]


def lean(trials) -> dict[str, int]:
    """By arm, times left less times right."""
    count: dict[str, int] = {}
    for trial in trials:
        count[trial.left] = count.get(trial.left, 0) + 1
        count[trial.right] = count.get(trial.right, 0) - 1
    return count


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data(), st.integers(1, 25), st.integers(2, 4), st.integers(0, 99))
def test_any_session_starts_with_training_keeps_checks_apart_and_repeats_flipped_and_late(data, main, arms, seed):
    pairs = main * arms * (arms - 1) // 2
    per_rater = data.draw(st.integers(0, pairs))
    shown = per_rater or pairs
    repeats = data.draw(st.integers(0, shown // 2))
    checks = data.draw(st.integers(0, min(shown + repeats, 12)))
    gold = data.draw(st.integers(0, checks))
    session = Session(per_rater=per_rater, training=3, repeats=repeats, gold=gold, traps=checks - gold)
    study = scenes(main, arms, gold=3, training=4)
    check_session(session, study)
    trials = trials_for(study, session, seed)

    kinds = [trial.kind for trial in trials]
    counts = {kind: kinds.count(kind) for kind in ("training", "main", "repeat", "gold", "trap")}
    assert counts == {"training": 3, "main": shown, "repeat": repeats, "gold": gold, "trap": checks - gold}
    assert kinds[:3] == ["training"] * 3
    assert kinds[3] == "main"
    assert not any({one, two} <= {"gold", "trap"} for one, two in pairwise(kinds))
    first = {trial.trial: trial for trial in trials if trial.kind == "main"}
    assert len({trial.comparison for trial in first.values()}) == shown
    for trial in trials:
        if trial.repeat_of is not None:
            assert trial.kind == "repeat"
            before = first[trial.repeat_of]
            assert (before.scene, before.left, before.right) == (trial.scene, trial.right, trial.left)
        else:
            assert trial.kind != "repeat"
    assert all(2 * number >= shown for number in between(trials))
    expected = [trial.expected for trial in trials if trial.kind in ("gold", "trap")]
    for some in (expected, [trial.expected for trial in trials if trial.kind == "gold"]):
        assert abs(some.count("left") - some.count("right")) <= 1
    assert len({trial.trial for trial in trials}) == len(trials)


def test_gold_stands_where_it_is_expected_and_a_main_pair_has_nothing_expected():
    trials = trials_for(scenes(40, gold=4, training=5), Session(gold=4, traps=4, repeats=4))
    for trial in trials:
        if trial.kind in ("gold", "training"):
            assert trial.expected is not None and getattr(trial, trial.expected) == GOOD
        elif trial.kind == "trap":
            assert trial.expected in ("left", "right")
        else:
            assert trial.expected is None


def test_of_every_ten_trials_about_one_is_gold_and_one_a_trap():
    for seed in range(5):
        trials = trials_for(scenes(80, gold=10), Session(training=0, gold=10, traps=10), seed)
        for start in range(0, 100, 20):
            kinds = [trial.kind for trial in trials[start : start + 20]]
            assert 1 <= kinds.count("gold") <= 3 and 1 <= kinds.count("trap") <= 3


def test_sides_of_the_whole_session_are_even_with_its_repeats():
    for seed, (count, repeats) in enumerate([(1, 0), (2, 1), (5, 1), (5, 2), (8, 3), (9, 4), (40, 10), (41, 9)]):
        trials = trials_for(scenes(count), Session(training=0, repeats=repeats), seed)
        for some in (trials, [trial for trial in trials if trial.kind == "main"]):
            assert abs(lean(some)["a"]) <= 1


def test_traps_and_training_take_pairs_that_the_rater_does_not_judge():
    trials = trials_for(scenes(30), Session(per_rater=20, training=5, traps=3))
    judged = {trial.comparison for trial in trials if trial.kind == "main"}
    others = [trial.comparison for trial in trials if trial.kind in ("training", "trap")]
    assert len(set(others)) == 8 and not judged & set(others)


def test_training_goes_over_the_whole_range():
    of = [trial.scene for trial in trials_for(scenes(4, gold=1, training=9), Session(training=3))[:3]]
    assert sorted(of) == ["training0", "training4", "training8"]
    arms = [(trial.left, trial.right) for trial in trials_for(scenes(9, arms=4), Session(training=6))[:6]]
    assert len({frozenset(two) for two in arms}) == 6


def test_a_rater_with_few_pairs_left_gets_few_checks_and_repeats():
    study, rng = scenes(100, gold=4), np.random.default_rng(0)
    session = Session(per_rater=50, training=2, gold=5, traps=5, repeats=10)
    shown = list_for(empty_ledger(comparisons_of(study)), 10, rng)
    kinds = [trial.kind for trial in trials_of(study, session, shown, rng)]
    assert [kinds.count(kind) for kind in ("training", "main", "gold", "trap", "repeat")] == [2, 10, 1, 1, 2]


def test_the_seed_decides_everything_and_raters_differ_in_order_sides_and_names():
    session = Session(gold=2, traps=2, repeats=2)
    one, same, other = (
        rater_lists(scenes(20, gold=3, training=6), session, 3, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == same != other
    orders = {tuple((trial.scene, trial.left) for trial in each.trials if trial.kind == "main") for each in one}
    names = {trial.trial for each in one for trial in each.trials}
    assert len(orders) == 3 and len({each.code for each in one}) == 3
    assert len(names) == sum(len(each.trials) for each in one)
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)


def test_names_sort_in_no_order_that_tells_a_trials_kind_or_place():
    trials = trials_for(scenes(200, gold=5, training=5), Session(gold=20, traps=20, repeats=50))
    ranks = np.argsort([trial.trial for trial in trials])
    assert abs(np.corrcoef(ranks, np.arange(len(trials)))[0, 1]) < 0.2


def test_every_pair_is_as_often_early_as_late():
    places = [
        [trial.scene for trial in trials_for(scenes(6), Session(training=0), seed)].index("scene002")
        for seed in range(200)
    ]
    assert abs(np.mean(places) - 2.5) < 0.4


@pytest.mark.parametrize(
    "session, says",
    [
        (Session(per_rater=11), "10 pairs"),
        (Session(repeats=6), "at most half"),
        (Session(gold=1), "no gold scene"),
        (Session(traps=11), "in a row"),
    ],
)
def test_a_session_that_cannot_be_laid_out_is_refused_with_the_number_to_change(session, says):
    with pytest.raises(InputError, match=f"study.toml: .*{says}"):
        check_session(session, scenes(10), "study.toml")


def test_static_lists_refuse_what_needs_a_server_and_a_quota_that_is_used_up():
    with pytest.raises(InputError, match="serve the study"):
        rater_lists(scenes(4), Session(pairs="adaptive"), 2, np.random.default_rng(0))
    with pytest.raises(InputError, match="nothing for rater 3 of 3"):
        rater_lists(scenes(4), Session(votes_per_pair=2), 3, np.random.default_rng(0))
