"""A user with 200 rated photos wants a reward of their own: one command, and what it says is what training then does.

The photos are CLIVE's, which attiqa-mini has seen: what is tested is the command and its verdicts, not agreement with people.
"""

import json

import pytest

PRESET = "experiments/presets/reward.toml"
QUICK = (  # the preset on small pictures and for one epoch: half a minute where the whole takes ten
    *("--epochs", 1, "--batch", 16, "--lr", 5e-5, "--resize", 224, "--crop", 192, "--sizes", 192, 224),
    *("--ladder-scenes", 3, "--ladder-kinds", "photo"),
)


@pytest.fixture
def rated(shared_data, tmp_path):
    """200 of CLIVE's photos as a user's own table."""
    lines = (shared_data / "clive" / "mos.csv").read_text().splitlines()
    head, rows = lines[0], lines[1::3][:200]
    assert head.startswith("image,mos") and len(rows) == 200
    table = tmp_path / "mine.csv"
    table.write_text("\n".join([head, *rows]) + "\n")
    return table, shared_data / "clive" / "images"


@pytest.mark.slow
def test_two_hundred_rated_photos_become_a_scorer_that_training_takes_or_names_what_it_lacks(
    attiqa, rated, raws, tmp_path, small_gate
):
    table, images = rated
    run, agent = tmp_path / "mine", tmp_path / "agent"
    start = ("--further", "attiqa-mini", "--start", "kept", "--mos-range", 0, 100, "--images", images)
    ask = ("--hold-out", 0.2, "--gate", "--device", "cpu")
    code, _, err = attiqa("finetune", table, "--config", PRESET, "--out", run, *start, *QUICK, *ask)
    assert code == 0, err
    summary = json.loads((run / "summary.json").read_text())
    assert summary["held_out"]["images"] == 40 and summary["held_out"]["srocc"] > 0.6
    assert f"held-out SROCC {summary['held_out']['srocc']:.3f}" in err
    failures = summary["gate"]["failures"]
    assert ("passed the gate" in err) == (not failures) and all(each in err for each in failures)
    short = (
        "--timesteps",
        4,
        "--constant-samples",
        8,
        "--num-envs",
        2,
        "--proxy-px",
        64,
        "--device",
        "cpu",
        "--out",
        agent,
    )
    code, _, err = attiqa("train", raws, "--scorer", run / "scorer", *short)
    assert code == (3 if failures else 0) and all(each in err for each in failures)
    if failures:
        assert attiqa("train", raws, "--scorer", run / "scorer", *short, "--allow-ungated")[0] == 0
