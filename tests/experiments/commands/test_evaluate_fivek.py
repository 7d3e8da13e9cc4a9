"""`attiqa evaluate-fivek` on a synthetic FiveK: whose experts' parameters are known, so that their renders must come out equal."""

import csv
import json
import shutil

import numpy as np
import pytest
import tifffile
from fixtures.fake_hub import COMMIT, FakeHub
from fixtures.fivek import SyntheticFiveK, write_fivek
from fixtures.policies import random_policy
from PIL import Image

from agents.bundles.files import save_policy
from attiqa_core.network import online
from attiqa_core.sharing import hub
from experiments.fivek.cases import case_of
from experiments.study.folder import open_study
from isp_env.core import Task
from isp_env.finished_pictures.expert_tiff import open_expert, read_expert


@pytest.fixture(scope="module")
def fivek(tmp_path_factory) -> SyntheticFiveK:
    """Five photos; the last stands upright."""
    return write_fivek(tmp_path_factory.mktemp("fivek"), photos=5)


@pytest.fixture
def protocol(tmp_path):
    def write(*numbers: int, **more: object) -> str:
        lines = [f"photos = {list(numbers)}", "px = 64", *(f'{name} = "{value}"' for name, value in more.items())]
        (tmp_path / "mine.toml").write_text("\n".join(["[protocol]", *lines]))
        return str(tmp_path / "mine.toml")

    return write


def figures_of(results: dict, row: str) -> dict[str, float]:
    """Means of a row by the protocol's own rounding."""
    (found,) = (each for each in results["rows"] if each["row"] == row)
    return {each["figure"]: each["mean"] for each in found["figures"] if each["rounding"] == "8-bit"}


def read(path) -> dict:
    return json.loads((path / "results.json").read_text())


@pytest.mark.slow
def test_the_parameters_an_expert_was_planted_with_reproduce_the_expert_but_for_a_border(
    attiqa, fivek, protocol, tmp_path
):
    photo, folder = fivek.photos[0], tmp_path / "fivek"
    shutil.copytree(fivek.folder, folder)
    expert = open_expert(photo.experts["c"])
    smaller = np.ascontiguousarray(expert.samples[1:-1, 2:-1])
    path = folder / photo.experts["c"].relative_to(fivek.folder)
    tifffile.imwrite(path, smaller, photometric="rgb", iccprofile=expert.profile)
    (tmp_path / "params.json").write_text(json.dumps(photo.planted["c"]))
    out, words = tmp_path / "out", ("--params", tmp_path / "params.json", "--judges", "colour-naturalness")
    code, printed, err = attiqa("evaluate-fivek", folder, "--protocol", protocol(photo.number), *words, "--out", out)
    assert code == 0, err
    results = read(out)
    asked = results["rows"][-1]["figures"][0]["protocol_sha256"]
    assert (
        f"{asked[:12]}\n" in err and f" {asked[:12]}: " in printed
    )  # the last sentence's hash is that of what was asked
    assert [each["row"] for each in results["rows"]] == ["neutral input", "camera default", "parameters"]
    planted, default = figures_of(results, "parameters"), figures_of(results, "camera default")
    assert planted["psnr_db"] > 50 > 40 > default["psnr_db"] and planted["delta_e_2000"] < 0.3 < default["delta_e_2000"]
    used = {each["protocol_sha256"] for row in results["rows"] for each in row["figures"]}
    assert used == results["protocols"].keys() and all(
        sha256[:12] in printed for sha256 in used if results["protocols"][sha256]["rounding"] == "8-bit"
    )
    assert results["provenance"]["commit"] and 0 < results["expert_judged"]["colour-naturalness"]["mean"] < 1
    (laid,) = results["laid"].values()
    assert (
        laid["quarter_turns"] == 0
        and np.abs(np.subtract(laid["shift_px"], (0, 1))).max() < 0.25
        and laid["alike"] > 0.8
    )
    assert 0 <= results["expert_clipped_share"]["mean"] < 0.5
    rows = [*csv.DictReader((out / "photos.csv").open())]
    assert len(rows) == 3 * 2 and {row["protocol_sha256"] for row in rows} == used
    assert Image.open(out / "sheet.jpg").size[0] > 1000


@pytest.mark.slow
def test_pictures_of_any_method_are_compared_and_shown_to_people(succeed, fivek, protocol, tmp_path):
    """The method: the expert's own pictures, one as 8 bits, one as it is."""
    first, second = fivek.photos[:2]
    made = tmp_path / "made"
    made.mkdir()
    pixels = read_expert(first.experts["c"])[0].permute(1, 2, 0).numpy()
    Image.fromarray(np.round(pixels * 255).astype(np.uint8)).save(made / f"{first.name}.png")
    (made / f"{second.name}.tif").write_bytes(second.experts["c"].read_bytes())
    out, study = tmp_path / "out", tmp_path / "study"
    words = ("--protocol", protocol(first.number, second.number), "--pictures", made, "--out", out, "--no-beside")
    assert "input any" in succeed("evaluate-fivek", fivek.folder, *words)
    by_photo = {
        row["photo"]: float(row["psnr_db"])
        for row in csv.DictReader((out / "photos.csv").open())
        if row["rounding"] == "8-bit"
    }
    assert by_photo[second.name] == 100 > by_photo[first.name] > 55 and len(read(out)["rows"]) == 1
    Image.open(made / f"{first.name}.png").point(lambda value: value // 2).save(made / f"{first.name}.png")
    succeed("evaluate-fivek", fivek.folder, *words[:4], "--out", tmp_path / "third", "--no-beside", "--study", study)
    assert (study / "public" / "index.html").is_file()
    shown = open_study(study)
    assert shown.arms == {"a": "pictures", "b": "expert C"} and shown.main_scenes == (first.name,)


@pytest.mark.slow
def test_what_is_missing_is_refused_and_what_shows_something_else_is_left_out_by_name(
    attiqa, fivek, protocol, tmp_path
):
    here, gone, cropped = fivek.photos[0].number, 4999, fivek.photos[1]
    own = tmp_path / "targets"
    own.mkdir()
    (own / fivek.photos[0].experts["c"].name).write_bytes(fivek.photos[0].experts["c"].read_bytes())
    expert = open_expert(cropped.experts["c"])
    tifffile.imwrite(
        own / f"{cropped.name}.tif", expert.samples[:60, :80], photometric="rgb", iccprofile=expert.profile
    )
    words = ("evaluate-fivek", fivek.folder, "--protocol", protocol(here, gone, cropped.number), "--targets", own)
    code, _, err = attiqa(*words, "--input", "--out", tmp_path / "out")
    assert (
        code == 3
        and "photos are missing (1 without expert C's picture, 1 without a picture" in err
        and not (tmp_path / "out").exists()
    )
    code, printed, err = attiqa(*words, "--input", "--allow-missing", "--out", tmp_path / "out")
    results = read(tmp_path / "out")
    assert code == 4 and "1 of 3 photos, not comparable: 1 missing, 1 left out" in printed and "cropped" in err
    assert results["missing"] == ["a4999"] and [*results["left_out"]] == [cropped.name] and not results["comparable"]


@pytest.mark.slow
def test_an_upright_photo_lies_upright_and_targets_of_a_published_set_are_another_protocol(
    succeed, fivek, protocol, tmp_path
):
    photo = fivek.photos[4]
    own = tmp_path / "targets"
    own.mkdir()
    pixels = np.round(read_expert(photo.experts["c"])[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    Image.fromarray(pixels).resize((64, 85), Image.Resampling.BOX).save(own / f"{photo.name}.png")
    words = ("evaluate-fivek", fivek.folder, "--protocol", protocol(photo.number), "--input", "--out")
    succeed(*words, tmp_path / "tiff")
    succeed(*words, tmp_path / "png", "--targets", own)
    tiff, png = read(tmp_path / "tiff"), read(tmp_path / "png")
    assert not tiff["protocols"].keys() & png["protocols"].keys()
    near, far = (figures_of(each, "neutral input")["psnr_db"] for each in (tiff, png))
    assert near > 15 and abs(near - far) < 1


@pytest.mark.slow
def test_pictures_and_targets_of_a_published_set_need_nothing_of_fivek_itself(attiqa, succeed, protocol, tmp_path):
    for folder, value in (("made", 100), ("targets", 110)):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (40, 30), (value,) * 3).save(tmp_path / folder / "a0001-x.png")
    words = ("evaluate-fivek", tmp_path, "--protocol", protocol(1), "--pictures", tmp_path / "made", "--no-beside")
    printed = succeed(*words, "--targets", tmp_path / "targets", "--out", tmp_path / "out")
    assert f"{-20 * np.log10(10 / 255):.2f}" in printed
    code, _, err = attiqa(*words, "--out", tmp_path / "again")
    assert code == 3 and "holds nothing of FiveK" in err


@pytest.mark.slow
def test_a_policys_renders_are_compared_and_its_own_scorer_is_no_judge_of_them(
    attiqa, fivek, protocol, tiny_scorer, tiny_scorer_folder, tmp_path
):
    scorer = {"name": tiny_scorer.name, "sha256": tiny_scorer.sha256, "path": str(tiny_scorer_folder)}
    run = save_policy(tmp_path / "run", random_policy(Task(proxy_px=32, crops=0), constant=True, scorer=scorer))
    words = ("--policy", run, "--scorer", tiny_scorer_folder, "--judges", tiny_scorer_folder, "--out", tmp_path / "out")
    code, printed, err = attiqa("evaluate-fivek", fivek.folder, "--protocol", protocol(fivek.photos[0].number), *words)
    assert code == 0 and "its column proves nothing" in err and "(input raw)" in printed
    assert (
        figures_of(read(tmp_path / "out"), "policy")["psnr_db"]
        < figures_of(read(tmp_path / "out"), "camera default")["psnr_db"]
    )


@pytest.mark.slow
def test_a_policy_on_the_hub_is_compared_as_one_that_is_here(
    succeed, fivek, protocol, tiny_scorer, tiny_scorer_folder, tmp_path, monkeypatch
):
    scorer = {"name": tiny_scorer.name, "sha256": tiny_scorer.sha256, "path": str(tiny_scorer_folder)}
    remote = save_policy(tmp_path / "remote", random_policy(Task(proxy_px=32, crops=0), constant=True, scorer=scorer))
    monkeypatch.setattr(hub, "hf_hub_download", FakeHub(remote, tmp_path / "cache"))
    monkeypatch.setattr(online, "answers", lambda url: True)
    words = ("evaluate-fivek", fivek.folder, "--protocol", protocol(fivek.photos[0].number), "--no-beside")
    for name, policy in (("here", remote), ("there", f"me/policy@{COMMIT}")):
        succeed(*words, "--policy", policy, "--scorer", tiny_scorer_folder, "--out", tmp_path / name)
    assert figures_of(read(tmp_path / "there"), "policy") == figures_of(read(tmp_path / "here"), "policy")


@pytest.mark.slow
def test_a_named_protocol_of_which_nothing_is_here_is_refused(attiqa, fivek, tmp_path):
    code, _, err = attiqa("evaluate-fivek", fivek.folder, "--protocol", "dpe-512", "--input", "--out", tmp_path / "out")
    assert code == 3 and "of the protocol's 498 photos" in err


@pytest.fixture
def published(tmp_path, protocol):
    """The words that compare four small pictures with their targets."""
    random = np.random.default_rng(0)
    for number in (1, 2, 3, 4):
        for folder in ("made", "targets"):
            (tmp_path / folder).mkdir(exist_ok=True)
            pixels = random.integers(0, 255, (30, 40, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"a000{number}-x.png")
    words = ("evaluate-fivek", tmp_path, "--protocol", protocol(1, 2, 3, 4), "--pictures", tmp_path / "made")
    return (*words, "--targets", tmp_path / "targets", "--judges", "colour-naturalness", "--no-beside", "--out")


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_numbers_and_looks_at_no_photo_twice(
    attiqa, succeed, published, tmp_path, monkeypatch
):
    whole, out, study = tmp_path / "whole", tmp_path / "out", tmp_path / "study"
    succeed(*published, whole)
    seen, stop = [], [3]

    def watched(number, *more):
        if number in stop:
            raise KeyboardInterrupt
        seen.append(number)
        return case_of(number, *more)

    monkeypatch.setattr("experiments.fivek.evaluation.case_of", watched)
    code, _, _ = attiqa(*published, out, "--study", study)
    assert code != 0 and seen == [1, 2] and not (out / "results.json").exists()
    stop.clear()
    with (out / "photos.jsonl").open("a") as file:
        file.write('{"photo": 3, "of": "cut o')
    succeed(*published, out, "--study", study, "--resume")
    assert seen == [1, 2, 3, 4] and (study / "public" / "index.html").is_file()
    assert (out / "photos.csv").read_bytes() == (whole / "photos.csv").read_bytes()
    assert {**read(out), "provenance": 0} == {**read(whole), "provenance": 0}
    code, _, err = attiqa(*published, out, "--resume", "--expert", "a")
    assert code == 3 and "was begun with expert" in err

    target = tmp_path / "targets" / "a0002-x.png"
    target.write_bytes((tmp_path / "made" / "a0002-x.png").read_bytes())
    Image.open(target).resize((44, 33)).save(target)
    succeed(*published, out, "--study", study, "--resume")
    assert seen[4:] == [2] and len((out / "photos.jsonl").read_text().splitlines()) == 5
