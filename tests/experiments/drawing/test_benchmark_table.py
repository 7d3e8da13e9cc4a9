from agents.benchmark import Result
from agents.standings import comparisons, standings
from experiments.drawing.benchmark_files import examples
from experiments.drawing.benchmark_table import results_csv, table_text

MEASURES = {"chroma": 10.0, "own_chroma": 8.0, "cast": 2.0, "clipped": 0.1, "noise": 0.01, "luma": 0.4}


def results(*names: str, gains: dict[str, float] | None = None) -> list[Result]:
    """Two tuners on some raws, as the judges of these names have it."""
    return [
        Result(
            tuner,
            image,
            image,
            dict.fromkeys(names, 0.5 + gain * (tuner == "tuned")),
            {"quality": 0.125 * (tuner == "tuned")},
            MEASURES,
            {"contrast": 0.1},
            1,
            3,
            0.0,
        )
        for image, gain in (gains or {"a": 0.25, "b": 0.25}).items()
        for tuner in ("default", "tuned")
    ]


def test_the_table_has_a_column_for_each_further_judge_and_says_which_were_held_out():
    rows = results("mini", "niqe")
    text = table_text(standings(rows, climbed=["mini"])).splitlines()
    assert text[0].split()[-3:] == ["queries", "renders", "s/raw"] and "niqe" in text[4]
    assert "+0.2500 (100%)" in text[6] and len({len(line) for line in text[:3]}) == 1
    assert any(line.startswith("mini: what the tuners climbed, NOT held out") for line in text)
    assert text[-1] == "held out: niqe"
    header = results_csv(rows).splitlines()[0].split(",")
    assert header[:6] == ["image", "scene", "tuner", "score", "niqe", "reward"]
    assert header[-4:] == ["queries", "renders", "tuning_seconds", "contrast"] and "picture_chroma" in header


def test_the_table_fits_into_120_columns_with_the_shipped_judges_and_every_difference():
    rows = results("attiqa-mini", "niqe", "colour-naturalness")
    text = table_text(standings(rows, climbed=["attiqa-mini"]), comparisons(rows, [("tuned", "default")]))
    assert max(map(len, text.splitlines())) <= 120
    assert "tuned less default" in text


def test_more_judges_than_fit_into_120_columns_stand_in_blocks_below_each_other():
    judges = "niqe", "colour-naturalness", "attiqa-judge", "attiqa-judge+attiqa-mini"
    text = table_text(standings(results("attiqa-mini", *judges), climbed=["attiqa-mini"]))
    blocks = [block.splitlines() for block in text.split("\n\n") if "niqe" in block or "chroma" in block][:2]
    assert max(map(len, text.splitlines()[:12])) <= 120 and [len(block) for block in blocks] == [3, 3]
    assert " ".join(" ".join(block[0].split()[1:]) for block in blocks).startswith(" ".join((*judges, "chroma")))


def test_a_joined_judge_is_said_to_share_a_network_with_what_was_climbed():
    text = table_text(standings(results("mini", "mini+judge"), climbed=["mini", "mini+judge"])).splitlines()
    assert "mini: what the tuners climbed, NOT held out; its gain is no evidence" in text
    assert "mini+judge: shares a network with what the tuners climbed, NOT held out; its gain is no evidence" in text


def test_a_judge_that_goes_against_the_scores_gain_is_marked():
    rows = results("mini", "niqe")
    assert "(100%) !" not in table_text(standings(rows))
    for row in rows:
        row.scores["niqe"] = 1 - row.scores["niqe"]
    assert "-0.2500 (0%) !" in table_text(standings(rows))


def test_the_table_of_the_reward_alone_says_that_nothing_was_held_out():
    text = table_text(standings(results("mini"), climbed=["mini"]))
    assert text.endswith("held out: none")


def test_the_examples_are_the_best_the_median_and_the_worst_scene():
    rows = results("mini", gains={"a": 0.1, "b": -0.2, "c": 0.3, "d": 0.0, "e": 0.2})
    assert examples(rows, "tuned") == {"best": "c", "median": "a", "worst": "b"}
    assert examples(results("mini"), "tuned") == {"best": "a", "worst": "b"}
