import json

import pytest
from PIL import Image
from skimage import data

from attiqa_core.errors import InputError, UsageError
from attiqa_core.tensor_files import load_tensors
from experiments.commands import tools_networks
from experiments.options.tools_networks import Config
from isp_env.tools.learned.catalogue import learned_tools

TINY = {"short_edge": 64, "steps": 2, "batch": 2, "patch": 16, "held_out": 0.34, "device": "cpu"}
NAMES = ("denoise-3", "white-balance-3")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for index in range(3):
        Image.fromarray(data.astronaut()[60 * index : 60 * index + 96, 100:196]).save(folder / f"{index}.png")
    return folder


@pytest.fixture(scope="module")
def outcome(photos, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "networks"
    return tools_networks.run(Config((photos,), out=out, networks=NAMES, test_on=(photos,), **TINY))


@pytest.mark.slow
def test_the_run_folder_can_stand_in_for_the_tools_that_ship(outcome):
    assert [*learned_tools(outcome.path)] == [*NAMES]
    assert outcome.sentence.startswith("2 networks trained on 2 photos, 1 held out; clean photos are changed most by")


@pytest.mark.slow
def test_the_summary_has_the_psnr_before_and_after_beside_classical_tools_split_by_photo(outcome, photos):
    summary = json.loads((outcome.path / "summary.json").read_text())
    assert (summary["photos"], summary["held_out_photos"]) == (2, 1)
    rows = summary["psnr_db"]["denoise-3"]
    assert [*rows] == ["held out", str(photos)]
    assert [*rows["held out"]] == ["denoise-3", "gaussian-3", "bilateral"]
    assert rows["held out"]["denoise-3"]["0"]["before"] == 100 and rows["held out"]["denoise-3"]["1"]["before"] < 30


@pytest.mark.slow
def test_a_run_goes_on_with_other_networks_and_keeps_those_that_are_finished(outcome, photos):
    before = load_tensors(outcome.path / "denoise-3.safetensors")
    networks = (*NAMES, "exposure-3")
    again = tools_networks.run(Config((photos,), out=outcome.path, networks=networks, resume=True, **TINY))
    assert [*learned_tools(again.path)] == ["denoise-3", "exposure-3", "white-balance-3"]
    after = load_tensors(again.path / "denoise-3.safetensors")
    assert all(bool((before[name] == after[name]).all()) for name in before)
    with pytest.raises(InputError, match="was begun with steps 2, not 3"):
        tools_networks.run(Config((photos,), out=outcome.path, resume=True, **{**TINY, "steps": 3}))


@pytest.mark.slow
def test_a_photo_that_cannot_be_read_is_told_and_another_stands_in(photos, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    config = Config((photos, tmp_path / "broken.png"), out=tmp_path / "out", networks=("exposure-3",), **TINY)
    told = tools_networks.run(config).failures
    assert len(told) == 1 and "broken.png" in told[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"networks": ("denoise-9",)}, "--networks denoise-9: is none of denoise-3"),
        ({"networks": ()}, "--networks: name at least one"),
        ({"patch": 64}, "--patch 64: a crop and 16 px about it do not fit into --short-edge 64"),
        ({"clean": 1.0}, "--clean 1.0"),
        ({"lr": 0.0}, "--lr 0.0"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_read(photos, tmp_path, options, told):
    with pytest.raises(UsageError, match=told):
        Config((photos,), out=tmp_path / "out", **{**TINY, **options}).check()


def test_one_photo_is_not_enough_to_set_one_apart(photos, tmp_path):
    with pytest.raises(InputError, match="1 photo, 1 held out; give at least 2"):
        tools_networks.run(Config((photos / "0.png",), out=tmp_path / "out", **TINY))
