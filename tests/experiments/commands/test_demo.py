"""`attiqa demo`, and the raws that it makes."""

import csv

import pytest

from agents.audit.verdict import read_verdict
from experiments.commands import demo
from isp_env.raw_io.loading import read_frames
from isp_env.stores.store import BakedStore


@pytest.mark.slow
def test_demo_runs_end_to_end_on_own_raws(attiqa, succeed, raws, tiny_scorer_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "CONSTANT_SAMPLES", 16)
    monkeypatch.setitem(demo.AUDIT, "steps", 1)
    out = tmp_path / "demo"
    words = ("demo", "--raws", raws, "--out", out, "--timesteps", 32, "--proxy-px", 64, "--scorer", tiny_scorer_folder,
             "--allow-ungated", "--device", "cpu")  # fmt: skip
    shown = succeed(*words)
    assert "Where to look" in shown and (out / "study" / "public" / "index.html").is_file()
    assert (out / "tuned" / "sheet.jpg").is_file() and (out / "benchmark" / "table.txt").is_file()
    verdict = read_verdict(out / "agent")
    assert (
        verdict is not None
        and f"audited {verdict.written[:10]}, {verdict.verdict}" in (out / "report.html").read_text()
    )
    assert "What was not proved" in (out / "report.html").read_text()
    names = {path.stem for path in raws.glob("*.dng")}
    assert {path.stem for path in (out / "tuned").glob("s*.jpg")} - {
        "sheet"
    } == names  # every raw, not only the held-out ones
    held_out = {row["image"] for row in csv.DictReader((out / "benchmark" / "results.csv").open())}
    trained = {item.raw for item in BakedStore.open(out / "contexts" / "all").of("training")}
    assert held_out and trained and not held_out & trained
    code, _, err = attiqa(*words)
    assert code == 2 and "--overwrite" in err


@pytest.mark.slow
def test_the_demo_set_is_varied_and_its_photos_are_apart(tmp_path):
    from experiments.demo_set import make_demo_set
    from isp_env.raw_io.find import find_raws

    made = make_demo_set(tmp_path)
    frames = list(read_frames(find_raws([made.training, made.validation, made.held_out]), []))
    assert len(frames) == 80 + 16 + 16
    assert len({frame.cfa for frame in frames}) == 4 and len({frame.metadata.get("model") for frame in frames}) >= 4
    assert len({frame.wb_as_shot for frame in frames}) == len(frames)
