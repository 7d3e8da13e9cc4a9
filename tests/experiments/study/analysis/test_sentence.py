from pathlib import Path

import pytest
from fixtures.handed_in import repeated_study
from fixtures.simulated_votes import simulated, with_choice

from experiments.study.analysis import report
from experiments.study.analysis.exclusion import standing_of
from experiments.study.analysis.sentence import percents


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return repeated_study(tmp_path_factory.mktemp("study"), exclusion={"max_side_share": 0.9})


def analyse(study, votes):
    return report.analyse(study, standing_of(votes, study.protocol.exclusion))


def sentence_of(study, votes) -> str:
    (said,) = analyse(study, votes)["sentences"]
    return said


@pytest.mark.slow
def test_a_preference_is_told_with_counts_interval_exclusions_and_protocol(study):
    votes = [
        *simulated(8, 20, lambda rater, scene: 0.8, seed=1),
        *simulated(2, 20, lambda rater, scene: 0.5, first_rater=8, side="left"),
    ]
    analysis = analyse(study, votes)
    kept = analysis["pairs"][0]["kept"]
    low, high = kept["intervals"]["sandwich"]
    assert kept["verdict"] == "preferred" and kept["preferred"] == "first" and low > 0.5
    assert analysis["sentences"] == [
        f"agent was chosen over default in {kept['win_rate']:.1%} of 160 votes ({kept['wins']['first']} to "
        f"{kept['wins']['second']}) by 8 raters on 20 scenes (95 % interval {low:.1%} to {high:.1%}, clustered by rater and "
        "scene, two-way sandwich): agent is preferred. 2 raters left out by rules fixed beforehand (max_side_share "
        f"0.9: 2); with everyone {analysis['pairs'][0]['everyone']['win_rate']:.1%} "
        f"({percents(analysis['pairs'][0]['everyone']['intervals']['sandwich'])}). Protocol {study.protocol.sha256[:12]}."
    ]  # fmt: skip


def test_no_preference_is_not_shown_and_not_called_equality(study):
    said = sentence_of(study, simulated(6, 20, lambda rater, scene: 0.5))
    assert "a preference is not shown" in said and "is preferred" not in said and "No rater was left out" in said


def test_the_other_arm_is_preferred_where_the_interval_lies_below_one_half(study):
    assert ": default is preferred." in sentence_of(study, simulated(6, 20, lambda rater, scene: 0.1))


def test_below_three_raters_nothing_is_said_of_others(study):
    said = sentence_of(study, simulated(2, 40, lambda rater, scene: 0.9))
    assert "these raters prefer agent; nothing is shown of others" in said and "for these raters only" in said
    assert "agent is preferred" not in said
    undecided = sentence_of(study, simulated(1, 40, lambda rater, scene: 0.5))
    assert "these raters are not shown to prefer either; nothing is shown of others" in undecided


def test_on_two_scenes_nothing_is_said_of_other_scenes(study):
    said = sentence_of(study, simulated(12, 2, lambda rater, scene: 0.95, seed=1))
    assert "raters on these scenes prefer agent; nothing is shown of others" in said


@pytest.mark.slow
def test_ties_and_slight_preferences_are_told_as_what_they_count(study):
    votes = with_choice(with_choice(simulated(6, 20, lambda rater, scene: 0.6), "tie", 10), "slightly-left", 7)
    said = sentence_of(study, votes)
    assert "ties as half a win each" in said and "slight preferences as three quarters" in said


def test_where_the_rules_leave_out_everyone_nothing_is_shown(study):
    said = sentence_of(study, simulated(4, 10, lambda rater, scene: 0.5, side="right"))
    assert "the rules leave out every rater, so nothing is shown; with everyone 50" in said


def test_an_end_close_to_one_half_is_told_on_its_own_side_of_it():
    assert percents((0.50004, 0.6)) == "50.004% to 60.000%"
    assert percents((0.4, 0.5)) == "40.0% to 50.0%"
    assert percents((0.4321, 0.5678)) == "43.2% to 56.8%"


@pytest.mark.slow
def test_every_sentence_agrees_with_its_own_numbers(study, monkeypatch):
    """Whatever the votes: the verdict's words, the interval beside one half, and the printed numbers."""
    monkeypatch.setattr("experiments.study.analysis.heterogeneity.SHUFFLES", 9)
    monkeypatch.setattr("experiments.study.analysis.agreement.SPLITS", 9)
    for seed, chance in enumerate((0.3, 0.58, 0.9)):
        for raters in (1, 3, 7):
            analysis = analyse(study, simulated(raters, 12, lambda rater, scene, of=chance: of, seed=seed))
            (kept,), (said,) = [pair["kept"] for pair in analysis["pairs"]], analysis["sentences"]
            if kept is None:
                continue
            low, high = kept["intervals"][kept["deciding"]]
            assert f"{kept['win_rate']:.1%}" in said and percents((low, high)) in said
            named = [
                name for name in ("agent", "default") if f"{name} is preferred" in said or f"prefer {name}" in said
            ]
            assert named == (["agent"] if low > 0.5 else ["default"] if high < 0.5 else [])
            assert ("nothing is shown of others" in said) == (raters < 3)


def test_no_number_of_a_paper_stands_in_the_code_that_prints_a_users_result():
    room = Path(report.__file__).parent
    assert not [path.name for path in room.glob("*.py") if "0.58" in path.read_text() or "FiveK" in path.read_text()]
