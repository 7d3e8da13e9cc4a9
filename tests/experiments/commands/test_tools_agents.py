import csv
import json

import numpy as np
import pytest
from PIL import Image

from agents.tools import kept_rows
from agents.tools.bundle import load_tool_policy
from experiments.pictures.reading import load_picture

QUICK = ("--px", 32, "--draws", 2, "--timesteps", 64, "--every", 32, "--num-envs", 8, "--hidden", 16,
         "--learning-starts", 16, "--gradient-steps", 1)  # fmt: skip


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """A folder of four small photos of smooth scenes."""
    folder = tmp_path_factory.mktemp("scenes")
    for index in range(4):
        row, column = np.mgrid[:64, :80] / 11
        scene = 0.5 + 0.4 * np.stack([np.sin(row + index), np.cos(column), np.sin(row * column / 9)], -1)
        Image.fromarray((scene * 255).astype(np.uint8)).save(folder / f"scene{index}.png")
    return folder


@pytest.fixture
def run(scenes, tmp_path, succeed):
    """The folder of an agent that was trained for a moment."""
    succeed("tools", "train", scenes, "--out", tmp_path / "run", "--tools", "gamma", "sharpen", "grey-world", *QUICK)
    return tmp_path / "run"


@pytest.mark.slow
def test_an_agent_is_trained_compared_drawn_and_goes_on(
    run, scenes, tmp_path, attiqa, succeed, tiny_scorer_folder, monkeypatch
):
    policy = load_tool_policy(run)
    assert [*policy.tools][-2:] == ["sharpen", "grey-world"] and policy.training["planted"]["px"] == 32
    summary = json.loads((run / "summary.json").read_text())
    assert summary["validation_pictures"] == 2 and "right_first" in summary["validation"]
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["timesteps"] for row in rows] == [0, 32, 64] and "validation_reward" in rows[0]
    out = tmp_path / "compared"
    words = ("tools", "compare", run, scenes, "--out", out, "--judge", tiny_scorer_folder, "--beam", 2, 1, "--draws", 1)
    play, played = kept_rows.play, []

    def ended(core, chooser):
        if len(played) == 3:
            raise KeyboardInterrupt
        played.append(chooser.name)
        return play(core, chooser)

    with monkeypatch.context() as patched:
        patched.setattr(kept_rows, "play", ended)
        assert attiqa(*words, "--budget", 4)[0] == 130
    monkeypatch.setattr(kept_rows, "play", lambda core, chooser: played.append(chooser.name) or play(core, chooser))
    table = succeed(*words, "--budget", 4, "--resume")
    assert len(played) == len(set(played)) == 8  # none of them twice
    assert table.index("greedy") < table.index("oracle, 1 step") and "beam 2x1" in table
    results = json.loads((out / "results.json").read_text())
    assert results["rows"]["greedy"]["figures"]["queries"]["mean"] <= 4
    assert results["rows"]["agent"]["figures"]["queries"]["mean"] == 0
    assert results["rows"]["oracle, 1 step"]["figures"]["queries"]["mean"] == len(results["tools"]) == 8
    with (out / "results.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 8 * results["pictures"] == 32
    assert (out / "sheet.jpg").stat().st_size > 1000
    assert "agents.png" in succeed("plot", run, "--out", tmp_path / "plots")
    succeed("tools", "train", scenes, "--out", run, "--tools", "gamma", "sharpen", "grey-world", *QUICK, "--resume")


@pytest.mark.slow
def test_pictures_are_retouched_at_full_size_and_what_cannot_be_read_is_said(run, scenes, tmp_path, attiqa):
    before = {path.name: path.read_bytes() for path in scenes.iterdir()}
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    out = tmp_path / "retouched"
    code, _, err = attiqa("tools", "apply", run, scenes, broken, "--out", out, "--format", "png", "--bits", 8)
    assert code == 4 and "broken.jpg" in err and "4 pictures retouched" in err
    listed = json.loads((out / "tools.json").read_text())["pictures"]
    assert [row["out"] for row in listed] == [f"scene{index}.png" for index in range(4)]
    for row in listed:
        assert load_picture(out / row["out"]).shape == (64, 80, 3)
        if not row["tools"]:
            assert (load_picture(out / row["out"]) == load_picture(scenes / row["out"])).all()
    assert {path.name: path.read_bytes() for path in scenes.iterdir()} == before
    code, _, err = attiqa("tools", "apply", run, scenes, "--out", scenes)
    assert code == 2 and "already holds files" in err
    code, _, err = attiqa("tools", "apply", run, scenes, "--out", scenes, "--resume")
    assert (
        code == 3 and "no run to go on with" in err and sorted(before) == sorted(each.name for each in scenes.iterdir())
    )

    whole = {row["out"]: (out / row["out"]).read_bytes() for row in listed}
    (out / "scene1.png").unlink()
    (out / "scene2.png").write_bytes(b"another's")
    made = {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert (
        attiqa("tools", "apply", run, scenes, broken, "--out", out, "--format", "png", "--bits", 8, "--resume")[0] == 4
    )
    assert {name: (out / name).read_bytes() for name in whole} == whole
    assert {name for name, time in made.items() if (out / name).stat().st_mtime_ns == time} == {
        "scene0.png",
        "scene3.png",
    }
    assert json.loads((out / "tools.json").read_text())["pictures"] == listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reward", "judge"), "needs a judge"),
        (("--defects", "rain"), "is not one of noise"),
        (("--clean-share", 2), "share from 0 to 1"),
        (("--severities", 0.9, 0.1), "lowest first"),
        (("--quantiles", 5), "discrete-sac has no such number"),
        (("--algo", "every-choice", "--floor", 0), "--floor"),
        (("--algo", "every-choice", "--members", 65), "at most 64"),
        (("--stops-on-clean", 0.9), "can disagree"),
        (("--stops-on-clean", 1), "from 0 to below 1"),
        (("--stops-on-clean", 0.9, "--validation-share", 0), "takes photos to judge"),
        (("--parity", "--horizon", 5), "--horizon"),
        (("--tools", "scissors"), "is no tool"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_read(words, said, scenes, tmp_path, attiqa):
    code, _, err = attiqa("tools", "train", scenes, "--out", tmp_path / "run", *words)
    assert code == 2 and said in err and not (tmp_path / "run").exists()
