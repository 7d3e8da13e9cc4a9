"""`attiqa finetune --votes`: a scorer learns people's taste, on synthetic pictures and by a tiny network."""

from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from attiqa_core.files.whole import read_json
from attiqa_core.tensor_files import load_tensors
from experiments.evaluation.votes import ImageVote, write_votes

SCENES, ARMS, RATERS = 12, 3, 5
KEPT = ("--start", "kept", "--device", "cpu")
HEAD = (*KEPT, "--freeze", "all")
STATED = ("--votes-temperature", "0.1", "--votes-keep", "1")


@pytest.fixture(scope="module")
def taste(tmp_path_factory):
    """Pictures of noise on a colour, more or less red, and votes of people who dislike red; of five steps, a few ties among them."""
    folder = tmp_path_factory.mktemp("taste")
    drawn = np.random.default_rng(0)
    votes, redness = [], {}
    for scene in range(SCENES):
        ground, noise = drawn.integers(60, 160, 3), drawn.integers(-40, 40, (72, 80, 3))
        for arm, red in enumerate(drawn.permutation(ARMS)):
            name = f"{scene:02d}-{arm}.png"
            redness[name] = int(red)
            pixels = ground + noise + np.array([22, -8, -8]) * int(red)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name)
    for one, other in [p for p in combinations(sorted(redness), 2) if p[0][:2] == p[1][:2]]:
        for rater in range(RATERS):
            gap = redness[other] - redness[one] + drawn.logistic() * 0.5
            choice = "tie" if abs(gap) < 0.2 else ("slightly-" if abs(gap) < 1 else "") + ("a" if gap > 0 else "b")
            votes.append(ImageVote(one, other, f"r{rater}", choice, one[:2]))
    write_votes(folder / "votes.csv", votes)
    return folder


@pytest.mark.slow
def test_a_taste_is_learned_and_shows_on_scenes_that_were_not_seen(attiqa, taste, tiny_scorer_folder, tmp_path):
    words = ("--votes", taste / "votes.csv", "--further", tiny_scorer_folder, *HEAD, "--votes-temperature", "0.05")
    code, printed, said = attiqa("finetune", *words, "--hold-out", "0.3", "--out", tmp_path / "ours")
    assert code == 0, said
    measured = read_json(tmp_path / "ours" / "summary.json")["votes"]
    assert measured["after"]["accuracy_low"] > 0.5 and measured["gain"]["low"] > 0
    assert measured["after"]["scenes"] == 4 and set(measured["by_rater"]) == {f"r{rater}" for rater in range(RATERS)}
    assert "votes on 4 unseen scenes" in said and printed.strip().endswith("scorer")
    scorer = read_json(tmp_path / "ours" / "scorer" / "scorer.json")
    start = read_json(tiny_scorer_folder / "scorer.json")
    assert scorer["preprocessing"] == start["preprocessing"] and scorer["mos_range"] == start["mos_range"]
    assert "votes of votes by 5 raters" in scorer["provenance"]["votes"] and scorer["provenance"]["start"].startswith(
        "scorer"
    )
    own, before = (
        load_tensors(folder / "scorer.safetensors") for folder in (tmp_path / "ours/scorer", tiny_scorer_folder)
    )
    changed = {name for name in own if not own[name].equal(before[name])}
    assert changed == {"regressor.2.weight", "regressor.2.bias"}
    words = ("--votes", taste / "votes.csv", "--arm", f"ours=judge:{tmp_path / 'ours/scorer'}", "--device", "cpu")
    code, printed, said = attiqa("evaluate", *words, "--out", tmp_path / "judged")
    assert code == 0 and "1 judge asked" in said, said
    (judged,) = read_json(tmp_path / "judged" / "judges.json")["judges"]
    assert judged["accuracy"] > 0.6 and judged["scenes"] == SCENES and f"of {SCENES} scenes" in printed


@pytest.mark.slow
def test_an_encoder_that_learns_goes_on_where_it_was_interrupted(
    attiqa, taste, tiny_scorer_folder, tmp_path, monkeypatch
):
    from attiqa_core.training import loop

    small = ("--batch", "16", "--lr", "1e-4", *STATED)
    words = ("finetune", "--votes", taste / "votes.csv", "--further", tiny_scorer_folder, *KEPT, *small)
    assert attiqa(*words, "--epochs", "2", "--out", tmp_path / "whole")[0] == 0
    saved, rows = loop.save_checkpoint, []

    def ended_after_the_first(*given):
        saved(*given)
        rows.append(1)
        if len(rows) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", ended_after_the_first)
    assert attiqa(*words, "--epochs", "2", "--out", tmp_path / "parts")[0] == 130
    assert attiqa(*words, "--epochs", "2", "--out", tmp_path / "parts", "--resume")[0] == 0
    whole, parts = (load_tensors(tmp_path / name / "scorer/scorer.safetensors") for name in ("whole", "parts"))
    assert all(whole[name].equal(parts[name]) for name in whole)
    before = load_tensors(tiny_scorer_folder / "scorer.safetensors")
    assert any(name.startswith("encoder") and not whole[name].equal(before[name]) for name in whole)
    changed = (taste / "votes.csv").read_text().replace(",slightly-a,", ",a,")
    (tmp_path / "votes.csv").write_text(changed)
    other = (*words[:2], tmp_path / "votes.csv", *words[3:], "--votes-images", taste)
    code, _, err = attiqa(*other, "--epochs", "2", "--out", tmp_path / "parts", "--resume")
    assert code == 3 and "was begun with votes" in err


@pytest.mark.slow
def test_votes_and_human_scores_are_learned_from_together(attiqa, taste, photos, tiny_scorer_folder, tmp_path):
    words = (photos / "mos.csv", "--votes", taste / "votes.csv", "--further", tiny_scorer_folder, *HEAD, *STATED)
    code, _, said = attiqa("finetune", *words, "--hold-out", "0.25", "--out", tmp_path / "both")
    assert code == 0 and "held-out SROCC" in said and "unseen scenes" in said, said
    described = read_json(tmp_path / "both" / "scorer" / "scorer.json")["provenance"]
    assert described["images"] > 0 and described["votes"] and described["votes keep"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--votes", "VOTES"), "name it with --further"),
        (("--votes", "VOTES", "--further", "TINY"), "one needs the other"),
        (("--votes", "VOTES", "--further", "TINY", *HEAD, "--resize", "90"), "--resize: is said by --further"),
        (("--votes", "VOTES", "--further", "TINY", *HEAD, "--epochs", "3"), "--epochs: with --votes and --freeze all"),
        (("--votes", "VOTES", "--further", "TINY", *HEAD, "--mos-range", "0", "9"), "--mos-range: is about SCORES"),
        (
            ("--votes", "VOTES", "--further", "TINY", *HEAD, "--votes-weight", "0"),
            "--votes-weight 0.0: give a number above 0",
        ),
        (("--further", "TINY", *KEPT, "--votes-keep", "1"), "--votes-keep: is about --votes"),
        (("--further", "TINY", *KEPT), "usage: attiqa finetune SCORES"),
        (("--votes", "FOLDER", "--further", "TINY", *HEAD), "is a folder; name the CSV"),
    ],
)
def test_what_would_have_no_effect_beside_votes_is_refused(attiqa, taste, tiny_scorer_folder, tmp_path, words, said):
    meant = {"VOTES": taste / "votes.csv", "TINY": tiny_scorer_folder, "FOLDER": taste}
    code, _, err = attiqa("finetune", *(meant.get(word, word) for word in words), "--out", tmp_path / "a")
    assert code == 2 and said in err and not (tmp_path / "a").exists()


def test_votes_on_one_scene_leave_nothing_to_hold_out(attiqa, taste, tiny_scorer_folder, tmp_path):
    lines = (taste / "votes.csv").read_text().splitlines()
    (tmp_path / "votes.csv").write_text("\n".join([lines[0], *(line for line in lines if line.startswith("00-"))]))
    words = ("--votes", tmp_path / "votes.csv", "--votes-images", taste, "--further", tiny_scorer_folder, *HEAD)
    code, _, err = attiqa("finetune", *words, "--hold-out", "0.3", "--out", tmp_path / "a")
    assert code == 3 and "all votes are on one scene" in err
