"""References read at their own depth and by their own profile."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from fixtures.fitted import frame_of
from fixtures.prophoto_tiff import prophoto_tiff

from attiqa_core.errors import InputError
from experiments.fitting.pairs import Source
from experiments.fitting.references import reference_of
from isp_env.finished_pictures.expert_tiff import Assumed
from isp_env.params import IspParams
from isp_env.pipeline import render

FRAME = frame_of()


def of_tiff(path: Path, assume: Assumed = "srgb"):
    return reference_of(Source(path.with_suffix(".dng"), path), FRAME, 32, assume)


@pytest.fixture
def dark(tmp_path) -> torch.Tensor:
    return render(FRAME, IspParams.from_dict({"exposure_ev": -3.0}))[0]


def test_an_experts_prophoto_is_read_by_its_profile_and_finer_than_8_bits(dark, tmp_path):
    path = tmp_path / "s0.tif"
    path.write_bytes(prophoto_tiff(dark.permute(1, 2, 0).numpy()))
    found = of_tiff(path)
    assert found.native and (found.picture - dark).abs().max() < 0.25 / 255


def test_a_tiff_without_a_profile_is_what_it_is_said_to_be(dark, tmp_path):
    path = tmp_path / "s0.tif"
    tifffile.imwrite(path, np.round(dark.permute(1, 2, 0).numpy() * 65535).astype(np.uint16), photometric="rgb")
    assert (of_tiff(path).picture - dark).abs().max() < 1e-4
    assert (of_tiff(path, "prophoto").picture - dark).abs().max() > 0.05


def test_what_is_too_small_is_refused_by_name(tmp_path):
    path = tmp_path / "s0.tif"
    tifffile.imwrite(path, np.zeros((20, 20, 3), np.uint8), photometric="rgb")
    with pytest.raises(InputError, match=r"s0\.tif: is 20x20, too small"):
        of_tiff(path)
