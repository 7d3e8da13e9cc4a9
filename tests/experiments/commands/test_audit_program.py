"""`attiqa audit --isp`: a verdict on the policy of a program, whose pictures are asked for once."""

import json
from dataclasses import replace

import pytest
import torch
from fixtures.audited import SCORE_ALONE
from fixtures.black_boxes import BLOCKS, dark_raws
from fixtures.policies import random_policy

from agents.audit.said import in_a_sentence
from agents.audit.verdict import read_verdict
from agents.bundles.files import save_policy
from attiqa_core.scorer import Scorer
from isp_env.black_box.description import BlackBox
from isp_env.core import Task

BRIEF = ("--judges", "colour-naturalness", "--steps", "3", "--permutations", "1")


@pytest.fixture(scope="module")
def raws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raws")
    dark_raws(folder, (-2.0,))
    return folder


@pytest.fixture(scope="module")
def bundle(tiny_scorer_folder, tmp_path_factory):
    """A run whose policy makes every picture of the program colourless."""
    box = BlackBox.load(BLOCKS)
    scorer = {"name": str(tiny_scorer_folder), "sha256": Scorer.load(tiny_scorer_folder, crops=1).sha256}
    policy = random_policy(Task(profile=box.profile, proxy_px=32, crops=0), constant=True, scorer=scorer)
    grey = replace(policy, base=torch.tensor([0.4, -1.0, -1.0]), weights=SCORE_ALONE, isp=box.described())
    return save_policy(tmp_path_factory.mktemp("agent") / "run", grey)


@pytest.mark.slow
def test_the_policy_of_a_program_gets_a_verdict_and_the_same_again_asks_the_program_for_nothing(
    attiqa, raws, bundle, tmp_path
):
    words = ("audit", bundle, raws, "--isp", BLOCKS, "--isp-cache", tmp_path / "cache", *BRIEF)
    code, _, err = attiqa(*words)
    assert code == 0, err
    verdict = read_verdict(bundle)
    assert verdict is not None and f"audited {verdict.written[:10]}" in in_a_sentence(bundle)
    attack, shares = verdict.checks["attack"]["numbers"], verdict.checks["parameters"]["numbers"]
    assert (
        attack["by"] == "CMA-ES" and attack["steps"] == 3 and "3 queries of CMA-ES" in verdict.checks["attack"]["says"]
    )
    assert (
        shares["evaluations_per_raw"] == 2 + 2 * 1 + 2
    )  # two of three parameters are moved: one order and its reverse
    assert shares["unexplained"] < 1e-5 and "on 4 raws beyond" in verdict.checks["range"]["says"]
    assert "blocks (" in json.loads((bundle / "audit.json").read_text())["about"]["program"]
    assert "; blocks made " in err
    code, _, err = attiqa(*words)
    assert code == 0 and "; blocks made 0 pictures" in err, err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "was trained on the program blocks, not on our own ISP; give its description with --isp"),
        (("--isp", BLOCKS, "--errors", 1), "--errors: is about our own ISP"),
        (("--isp-jobs", 2), "--isp-jobs: is about an --isp"),
    ],
)
def test_what_an_audit_of_a_program_needs_and_what_has_no_effect_is_said(attiqa, raws, bundle, words, said):
    code, _, err = attiqa("audit", bundle, raws, "--judges", "colour-naturalness", *words)
    assert code == 2 and said in err and not (bundle / ".attiqa" / "audit").exists()


def test_without_raws_there_are_no_stand_ins_for_a_program(attiqa, bundle):
    code, _, err = attiqa("audit", bundle, "--isp", BLOCKS)
    assert code == 2 and "no raws named, and the program of --isp reads files" in err
