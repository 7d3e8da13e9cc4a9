from agents.benchmark import Result, standings
from experiments.drawing.benchmark_table import results_csv, table_text


def results(*names: str) -> list[Result]:
    """Two tuners on two raws, as the judges of these names have it."""
    return [
        Result(tuner, image, image, dict.fromkeys(names, 0.5 + 0.25 * (tuner == "tuned")), {"contrast": 0.1}, 1, 0.0)
        for image in ("a", "b")
        for tuner in ("default", "tuned")
    ]


def test_the_table_has_a_column_for_each_further_judge_and_says_which_were_held_out():
    rows = results("mini", "niqe")
    text = table_text(standings(rows, climbed=["mini"])).splitlines()
    assert text[0].split()[-3:] == ["niqe", "queries", "s/raw"] and "+0.2500 (100%)" in text[2]
    assert any(line.startswith("mini: what the tuners climbed, NOT held out") for line in text)
    assert text[-1] == "held out: niqe" and len(text[1]) == len(text[2]) == len(text[0])
    assert results_csv(rows).splitlines()[0] == "image,scene,tuner,score,niqe,queries,tuning_seconds,contrast"


def test_the_table_of_the_reward_alone_says_that_nothing_was_held_out():
    text = table_text(standings(results("mini"), climbed=["mini"]))
    assert text.endswith("held out: none")
