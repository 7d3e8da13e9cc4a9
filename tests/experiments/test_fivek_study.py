"""The paper's own comparison, whole: renders against expert C, shown to people, down to a win rate beside the paper's 58 %."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from fixtures.fivek import write_fivek
from PIL import Image

from experiments.paper import isp_win_rate
from experiments.study.folder import open_study
from isp_env.finished_pictures.expert_tiff import open_expert

PHOTOS, RATERS, WINS = 6, 4, 4
BORDER = slice(1, -1), slice(2, -1)


def handed_in(study: Path, folder: Path) -> Path:
    """Results of raters who choose the renders in the first WINS pairs, whatever the side."""
    key = open_study(study)
    liked = key.main_scenes[:WINS]
    for rater in range(RATERS):
        votes = [
            {"trial": trial.trial, "choice": "left" if (trial.left == "a") == (trial.scene in liked) else "right",
             "ms": 2000, "zoomed": False, "revised": False}
            for trial in key.lists[0].trials if trial.kind == "main"
        ]  # fmt: skip
        head = {"format": "attiqa-study-votes", "version": 1, "study": key.study, "rater": f"r{rater}"}
        folder.mkdir(exist_ok=True)
        (folder / f"{rater}.json").write_text(json.dumps({**head, "complete": True, "votes": votes}))
    return folder


@pytest.mark.slow
def test_renders_against_the_expert_become_a_win_rate_beside_the_papers(succeed, tmp_path):
    there = write_fivek(tmp_path / "fivek", photos=PHOTOS)
    bordered, lying = there.photos[0], there.photos[1]
    for photo, changed in ((bordered, lambda rgb: rgb[BORDER]), (lying, np.rot90)):
        expert = open_expert(photo.experts["c"])
        pixels = np.ascontiguousarray(changed(expert.samples))
        tifffile.imwrite(photo.experts["c"], pixels, photometric="rgb", iccprofile=expert.profile)
    (tmp_path / "mine.toml").write_text(f"[protocol]\nphotos = {[photo.number for photo in there.photos]}\npx = 64\n")
    (tmp_path / "params.json").write_text('{"exposure_ev": 0.3}')
    study = tmp_path / "study"
    words = ("--protocol", tmp_path / "mine.toml", "--params", tmp_path / "params.json", "--no-beside")
    succeed("evaluate-fivek", there.folder, *words, "--study", study, "--out", tmp_path / "out")

    shown = open_study(study)
    assert shown.arms == {"a": "parameters", "b": "expert C"}
    assert {*shown.main_scenes} == {photo.name for photo in there.photos}
    for photo in there.photos:
        scene, (height, width) = shown.scenes[photo.name], open_expert(photo.experts["c"]).size
        upright = (width, height) if photo is lying else (height, width)
        assert (scene.height, scene.width) == upright, photo.name
        sides = [Image.open(study / "public" / "pictures" / scene.files[arm]) for arm in "ab"]
        assert sides[0].size == sides[1].size == upright[::-1]
        one, other = (np.asarray(side.convert("L"), float).ravel() for side in sides)
        assert np.corrcoef(one, other)[0, 1] > 0.9, photo.name

    printed = succeed("study", "analyse", study, handed_in(study, tmp_path / "results"))
    assert f"66.7%   (16 to 8); {RATERS * PHOTOS} votes by {RATERS} raters on {PHOTOS} scenes" in printed
    assert "parameters over expert C" in printed and "58%" not in printed
    beside = isp_win_rate.text((study / "analysis",))
    assert "58%" in beside and "| 24 votes, 6 pairs, 4 people" in beside
