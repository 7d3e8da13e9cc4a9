"""The section of a report that nobody writes gladly, for made-up results of every kind."""

import copy

import pytest

from experiments.drawing.report_doubts import doubts


def gain(low: float | None = 0.01, high: float | None = 0.03) -> dict:
    mean = 0.02 if low is None or high is None else (low + high) / 2
    return {"mean_gain": mean, "gain_low": low, "gain_high": high, "better_share": 0.9}


def standing(tuner: str) -> dict:
    verdicts = {name: {**gain(), "mean_score": 0.5, "held_out": True} for name in ("people", "niqe")}
    change = {"chroma": 1.0, "chroma_low": 0.9, "chroma_high": 1.2, "cast": 0.0, "clipped": 0.0, "noise": 1.0}
    return {"tuner": tuner, "scenes": 12, "verdicts": verdicts, "reward": gain(), "change": change}


@pytest.fixture
def stored() -> dict:
    """A benchmark with nothing left to doubt but what no benchmark can say."""
    kinds = {"default": "baseline", "gradient-64": "baseline", "constant": "constant", "mean-action": "mean-action",
             "shuffled": "shuffled", "ppo": "policy"}  # fmt: skip
    differences = [
        {"tuner": "ppo", "less": other, "gains": {"people": gain(), "reward": gain()}}
        for other in ("constant", "mean-action", "shuffled", "gradient-64")
    ]
    table = {"standings": [standing(name) for name in kinds], "differences": differences}
    return {
        "judge": "people",
        "climbed": [],
        "scorer": {"name": "mini", "gate": {"passed": True, "failures": []}},
        "shown": "ppo",
        "rows": {name: {"kind": kind, "policy": ""} for name, kind in kinds.items()},
        "policies": {"ppo": {}},
        "tables": {"plain": table, "errors": copy.deepcopy(table)},
    }


def of(stored: dict, name: str = "ppo", table: str = "plain") -> dict:
    return next(each for each in stored["tables"][table]["standings"] if each["tuner"] == name)


def less(stored: dict, other: str) -> dict:
    return next(each for each in stored["tables"]["plain"]["differences"] if each["less"] == other)["gains"]


def spoil_climbed(stored):
    stored["climbed"] = ["people"]


def spoil_gate(stored):
    stored["scorer"]["gate"] = {"passed": False, "failures": ["oversaturated"]}


def spoil_gate_report(stored):
    stored["scorer"]["gate"] = None


def spoil_scenes(stored):
    of(stored)["scenes"] = 2


def spoil_interval(stored):
    of(stored)["verdicts"]["people"] |= gain(-0.01, 0.03)


def spoil_interval_for_want_of_scenes(stored):
    of(stored)["verdicts"]["people"] |= gain(None, None)


def spoil_reward(stored):
    of(stored)["reward"] = gain(-0.01, 0.03)


def spoil_constant(stored):
    less(stored, "constant")["people"] = gain(-0.01, 0.02)


def spoil_mean_action(stored):
    less(stored, "mean-action")["reward"] = gain(-0.03, -0.02)


def spoil_shuffled(stored):
    less(stored, "shuffled")["people"] = gain(0.0, 0.02)


def spoil_missing_constant(stored):
    stored["tables"]["plain"]["differences"] = stored["tables"]["plain"]["differences"][1:]


def spoil_search(stored):
    less(stored, "gradient-64")["people"] = gain(-0.05, -0.03)


def spoil_half_of_the_climb(stored):
    of(stored, "constant")["reward"] = gain(0.0, 0.01)
    of(stored, "gradient-64")["reward"] = gain(0.05, 0.07)


def spoil_other_judge(stored):
    of(stored)["verdicts"]["niqe"] |= gain(-0.04, -0.02)


def spoil_other_judges_interval(stored):
    of(stored)["verdicts"]["niqe"] |= gain(-0.01, 0.02)


def spoil_no_other_judge(stored):
    stored["climbed"] = ["people"]
    verdicts = of(stored)["verdicts"]
    del verdicts["niqe"]
    verdicts["people"]["held_out"] = False


def spoil_drained(stored):
    of(stored)["change"]["chroma_low"] = 0.7


def spoil_garish(stored):
    of(stored)["change"]["chroma_high"] = 1.5


def spoil_cast(stored):
    of(stored)["change"]["cast"] = 2.5


def spoil_noise(stored):
    of(stored)["change"]["noise"] = 1.6


def spoil_clipped(stored):
    of(stored)["change"]["clipped"] = 0.02


def spoil_no_errors(stored):
    del stored["tables"]["errors"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_climbed, "what the tuners climbed"),
        (spoil_gate, "fails its gate (oversaturated)"),
        (spoil_gate_report, "no gate report about it was found"),
        (spoil_scenes, "2 scenes are few"),
        (spoil_interval, "scores higher than the camera default: +0.0100, interval -0.0100 to +0.0300"),
        (spoil_interval_for_want_of_scenes, "on one scene, without an interval"),
        (spoil_reward, "worth more by the reward"),
        (spoil_constant, "better than one constant setting for every raw, by the score: +0.0050, interval -0.0100"),
        (spoil_mean_action, "better than its own mean action, one setting for every raw, by the reward: -0.0250"),
        (spoil_shuffled, "owes its gain to the raw in front of it"),
        (spoil_missing_constant, "one constant setting for every raw: there is no row"),
        (spoil_search, "gradient-64, which searches each raw, scores higher"),
        (spoil_half_of_the_climb, "half of what gradient-64 gains over constant, by the reward: it has 27%"),
        (
            spoil_other_judge,
            "niqe, a judge nobody was trained for, agrees: it sees -0.0300 where the score says +0.0200",
        ),
        (spoil_other_judges_interval, "niqe, a judge nobody was trained for, sees a gain: +0.0050, interval"),
        (spoil_no_other_judge, "no held-out judge was asked"),
        (spoil_drained, "chroma falls to 0.70"),
        (spoil_garish, "chroma rises to 1.50"),
        (spoil_cast, "2.5 (Lab) farther from neutral"),
        (spoil_noise, "noise is 1.60 times"),
        (spoil_clipped, "2.0% more of the pixels are clipped"),
        (spoil_no_errors, "wrongly exposed"),
    ],
)
def test_whatever_is_open_is_told(stored, spoil, told):
    assert not any(told in sentence for sentence in doubts(stored))
    spoil(stored)
    assert any(told in sentence for sentence in doubts(stored))


def test_where_nothing_is_open_the_seed_and_the_people_are(stored):
    seed, people = doubts(stored)
    assert "another seed" in seed and "nobody was asked" in people


def test_a_policy_with_half_of_a_climbs_gain_is_not_doubted_for_it(stored):
    of(stored, "constant")["reward"], of(stored, "gradient-64")["reward"] = gain(0.0, 0.01), gain(0.02, 0.04)
    assert not any("half of" in sentence for sentence in doubts(stored))


def test_what_is_open_under_errors_says_so(stored):
    of(stored, table="errors")["change"]["noise"] = 2.0
    assert any(sentence.endswith("times the default's under drawn errors.") for sentence in doubts(stored))


def test_a_training_beyond_its_trust_region_and_without_validation_is_told(stored):
    steady = [{"timesteps": 512, "approx_kl": 0.02, "clip_fraction": 0.1, "validation_reward": 0.1}]
    assert doubts(stored, steady) == doubts(stored)
    wild = doubts(stored, [{"timesteps": 512, "approx_kl": 1.68, "clip_fraction": 0.77}])
    assert {sentence.split(":")[1] for sentence in wild if "training" in sentence} == {
        " approx_kl rose to 1.68, above 0.05.",
        " clip_fraction rose to 0.77, above 0.3.",
        " no validation reward was logged.",
    }
