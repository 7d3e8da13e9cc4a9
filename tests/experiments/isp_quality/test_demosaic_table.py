import colour_demosaicing
import numpy as np
import pytest
import rawpy
import torch
from fixtures.shared_data import SHARED

from experiments.isp_quality.demosaic_table import cpsnr, libraw, measure, read_photo, sampled, table

KODAK = SHARED / "photos" / "kodak"


def test_cpsnr_of_a_known_error_inside_the_borders():
    truth = torch.full((1, 3, 32, 32), 0.5)
    wrong = truth.clone()
    wrong[..., :10, :] = 0
    assert cpsnr(wrong + 0.01, truth) == pytest.approx(40, abs=1e-3)


def test_libraw_is_asked_for_demosaicing_alone():
    """Its bilinear is colour-demosaicing's but for rounding to 16 bits: nothing else is done to the samples."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 8, generator=generator)
    mosaic = sampled(torch.nn.functional.interpolate(coarse, (64, 64), mode="bilinear"))
    theirs = libraw(rawpy.DemosaicAlgorithm.LINEAR)(mosaic)[0].permute(1, 2, 0).numpy()
    known = colour_demosaicing.demosaicing_CFA_Bayer_bilinear(mosaic[0, 0].double().numpy(), "RGGB")
    inside = slice(2, -2)
    np.testing.assert_allclose(
        theirs[inside, inside], known[inside, inside], rtol=0, atol=1.6 / 65535
    )  # a half and a cut-off step


def test_the_table_names_what_was_not_measured():
    rows = table({"one": {"linear": 30.0}, "other": {"linear": 31.0, "display": 32.0}}).splitlines()
    assert rows[2:] == ["| other | 31.00 | 32.00 |", "| one | 30.00 | - |"]


@pytest.mark.slow
@pytest.mark.skipif(not KODAK.is_dir(), reason=f"shared data absent: {KODAK}")
def test_ours_is_the_best_of_the_table():
    found = measure([read_photo(KODAK / f"{number}.png")[..., :256, :256] for number in (8, 19, 23)])
    for column in ("linear", "display"):
        ours = found["ours Menon"][column]
        assert ours == max(row[column] for row in found.values() if column in row)
