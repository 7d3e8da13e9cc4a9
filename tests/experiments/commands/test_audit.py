"""`attiqa audit` on planted bundles: the files that it leaves, what it refuses, and what render says afterwards."""

import contextlib
import io
import json
import shutil
from dataclasses import replace

import pytest
import torch
from fixtures.audited import action_of, policy_of
from fixtures.report_pages import Page

from agents.audit.said import in_a_sentence
from agents.audit.verdict import read_verdict
from agents.bundles.files import save_policy
from attiqa_core.files.whole import write_text
from attiqa_core.scorer import Scorer
from isp_env.fitting.files import Fit, Fits, write_fits
from isp_env.parameters.profile_files import find_profile
from isp_env.params import IspParams

pytestmark = pytest.mark.slow

SCENE = r"^(s\d)_"


@pytest.fixture(scope="module")
def greying(tiny_scorer_folder, tmp_path_factory):
    """A run whose policy is a constant that drains all colour."""
    folder = tmp_path_factory.mktemp("greying") / "run"
    policy = policy_of(action_of(saturation=-1.0))
    scorer = Scorer.load(tiny_scorer_folder, crops=1)
    policy.scorer.update(name=str(tiny_scorer_folder), sha256=scorer.sha256)
    return save_policy(folder, policy)


@pytest.fixture(scope="module")
def audited(greying, raws, tmp_path_factory):
    """The same run after its audit on four raws of two scenes, and what the command said."""
    from experiments.commands import audit

    run = shutil.copytree(greying, tmp_path_factory.mktemp("audited") / "run <1>")
    with contextlib.redirect_stdout(said := io.StringIO()):
        audit.run(audit.Config(run, (raws,), ("colour-naturalness",), errors=0, scene=SCENE, steps=1, permutations=1))
    return run, said.getvalue()


def test_a_bundle_that_greys_is_called_hacked_in_its_files(audited):
    run, said = audited
    assert f"{run}: hacked" in said and "it greys (100% of the scenes)" in said
    verdict = read_verdict(run)
    assert verdict is not None and verdict.verdict == "hacked" and verdict.checks["pictures"]["named"] == ["greys"]
    assert json.loads((run / "audit.json").read_text())["about"]["raws"] == "4 raws as they were named"


def test_a_judge_that_cannot_see_so_small_a_proxy_is_refused_before_a_raw_is_read(attiqa, greying, raws):
    code, _, err = attiqa("audit", greying, raws)
    assert code == 2 and "--judges niqe: looks at pictures of 96 px at least" in err


def test_render_says_the_verdict_once_or_that_there_is_none(attiqa, audited, greying, raws, tmp_path):
    code, _, err = attiqa("render", raws / "s0_0.dng", "--policy", greying, "--out", tmp_path / "before")
    assert code == 0 and err.count("no verdict on this policy") == 1 and f"attiqa audit {greying}" in err
    _, _, err = attiqa("render", raws / "s0_0.dng", "--policy", audited[0], "--out", tmp_path / "after")
    (said,) = (line for line in err.splitlines() if "audited" in line)
    assert "hacked (" in said and "greys" in said and "few scenes" in said and "do not ship it" in said


def test_the_page_is_one_well_formed_file_that_fetches_nothing(audited):
    page = Page(text := (audited[0] / "audit.html").read_text(encoding="utf-8"))
    assert page.open == [] and all(each.startswith("data:") for each in page.fetched)
    assert "default-src 'none'" in text and "script-src 'none'" in text and "%%" not in text and "run &lt;1&gt;" in text
    assert len(page.pictures) == 3 * 3 * 2 and all(
        each["alt"] for each in page.pictures
    )  # raws; columns; whole and crop
    for told in ("<h1>hacked</h1>", "greys", "saturation", "2 are too few", "What was audited"):
        assert told in text, told


def test_raws_that_the_run_trained_on_and_judges_of_the_scorers_family_are_refused(attiqa, greying, raws, tmp_path):
    run = shutil.copytree(greying, tmp_path / "run")
    write_text(run / "config.toml", f'raws = ["{raws}"]\n')
    code, _, err = attiqa("audit", run, raws / "s0_0.dng", "--judges", "colour-naturalness")
    assert code == 2 and "s0_0.dng: was trained on" in err and "name others" in err
    write_text(run / "config.toml", 'raws = ["/nowhere"]\n')
    code, _, err = attiqa("audit", run, raws / "s0_0.dng", "--judges", "attiqa-mini")
    assert code == 2 and "family" in err and "niqe" in err
    assert not (run / "verdict.json").exists()


def test_a_run_without_a_bundle_is_refused(attiqa, raws, tmp_path):
    code, _, err = attiqa("audit", tmp_path, raws)
    assert code == 3 and "holds no policy.json" in err


def test_without_raws_packaged_photographs_stand_in_and_those_trained_on_are_left_out(greying, tmp_path):
    from agents.audit.trained_on import NO_CHANGE, TrainedOn
    from experiments.audit.held_out import STAND_INS, held_out
    from isp_env.task import Task

    names = frozenset((f"{photo}-a1_0", "") for photo in STAND_INS if photo != "chelsea")
    known = TrainedOn(frozenset(), frozenset(), names, (), NO_CHANGE)
    found = held_out((), Task(proxy_px=32, crops=0), known, 2, "", 0)
    assert found.scenes == ("chelsea",) and "stand-ins" in found.about and "astronaut" in found.about
    assert len(found.abroad) == 4 and len(found.proxies[0].crops) == 2
    assert torch.isfinite(torch.from_numpy(found.proxies[0].samples)).all()


@pytest.fixture(scope="module")
def imitating(tiny_scorer_folder, tmp_path_factory):
    """The folder of a fit, whose policy answers +0.6 EV."""
    fit = tmp_path_factory.mktemp("fit")
    write_text(fit / "config.toml", 'raws = ["/nowhere"]\n')
    policy = policy_of(action_of(exposure_ev=0.6), bias=0.0)
    policy.training.update(algorithm="imitation")
    policy.scorer.update(name=str(tiny_scorer_folder), sha256=Scorer.load(tiny_scorer_folder, crops=1).sha256)
    fits_of(fit, policy.task.profile, {"learned": 0.0})
    return save_policy(fit / "policy", policy).parent


def fits_of(folder, profile, exposures):
    """Fits of raws by name, which set exposure alone."""
    usual = IspParams.default(1, profile=profile).to_dicts()[0]
    items = [
        Fit(
            f"{name}.dng", name, {each: usual[each] for each in profile.names} | {"exposure_ev": ev}, 1.0, 40.0, "x.tif"
        )
        for name, ev in exposures.items()
    ]
    write_fits(folder / "fits.json", Fits(profile, tuple(items)))
    return folder


def test_an_imitation_is_asked_about_examples_and_no_scorers_opinion_makes_it_a_hacker(
    attiqa, imitating, raws, tmp_path
):
    profile, run = policy_of(action_of()).task.profile, imitating / "policy"
    names = [path.stem for path in raws.glob("*.dng")]
    held_out = fits_of(tmp_path, profile, dict.fromkeys(names[:3], 0.0))
    words = ("audit", run, raws, "--judges", "colour-naturalness", "--scene", r"^(s\d_\d)", "--fits", held_out)
    code, _, err = attiqa(*words)
    assert code == 0, err
    verdict = read_verdict(run)
    assert verdict is not None and verdict.verdict == "unfaithful" and verdict.asked == "examples"
    assert [*verdict.checks] == ["examples", "pictures", "range"]
    assert "farther than its constant and the camera default" not in verdict.checks["examples"]["named"]
    assert verdict.checks["examples"]["named"] == ["farther than the camera default"]
    about = json.loads((run / "audit.json").read_text())["about"]
    assert "3 of them with an example" in about["raws"] and "/nowhere" in about["compared with"]
    page = Page((run / "audit.html").read_text(encoding="utf-8"))
    assert page.open == [] and len(page.pictures) == 3 * 4 * 2  # default, constant, policy, example
    assert "one setting does better" in in_a_sentence(run)


def test_examples_of_other_raws_another_profile_or_another_kind_of_policy_are_refused(
    attiqa, greying, imitating, raws, tmp_path
):
    profile = policy_of(action_of()).task.profile
    given = ("--judges", "colour-naturalness", "--fits")
    code, _, err = attiqa("audit", greying, raws, *given, fits_of(tmp_path, profile, {"s0_0": 0.0}))
    assert code == 2 and "climbed a reward and imitates nobody" in err
    code, _, err = attiqa("audit", imitating / "policy", raws, *given, imitating)
    assert code == 3 and "has a fit" in err
    (other := tmp_path / "other").mkdir()
    code, _, err = attiqa(
        "audit", imitating / "policy", raws, *given, fits_of(other, find_profile("exposure8"), {"s0_0": 0.0})
    )
    assert code == 3 and "was fitted in profile exposure8, not core" in err


def test_a_policy_of_another_program_is_told_to_name_it(attiqa, raws, tmp_path):
    policy = replace(policy_of(action_of()), isp={"kind": "black box", "name": "blocks", "sha256": "0" * 64})
    policy.scorer.update(name="attiqa-mini", sha256="0" * 64)
    run = save_policy(tmp_path / "run", policy)
    assert f"`attiqa audit {run} HELD_OUT_RAWS --isp DESCRIPTION`" in in_a_sentence(run)
