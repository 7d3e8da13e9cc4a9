import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from fixtures.seeded import seeded, uniform
from fixtures.shared_data import SHARED
from fixtures.tolerances import render_tolerance

from isp_env.camera_rgb.prepared import prepare
from isp_env.colorimetry.colour import REC2020_TO_SRGB, CameraCalibration, ColourBatch
from isp_env.frames.batch import FrameBatch
from isp_env.native.proxies import torch_alone
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.pipeline import light_of_white, render, render_prepared, render_with_penalties, scene_map
from isp_env.raw import RawFrame

GOPRO = SHARED / "raw" / "gopro"


def frames(channels: int, count: int = 4, size: tuple[int, int] = (24, 32), dtype=torch.float32) -> FrameBatch:
    """Smooth colour with an edge, some noise, black, clipping, and (mosaics) every CFA phase."""
    generator = seeded(3)
    height, width = size
    coarse = torch.rand(count, channels, 4, 4, generator=generator, dtype=dtype)
    samples = torch.nn.functional.interpolate(coarse, size, mode="bicubic").clamp_min(0) * 0.8
    samples = samples + 0.01 * torch.randn(samples.shape, generator=generator, dtype=dtype)
    samples[..., : height // 4, : width // 4] = 0
    samples[..., -height // 4 :, -width // 4 :] = 1
    gains = [(1.9 - 0.1 * i, 1.0, 1.6 + 0.1 * i) for i in range(count)]
    colour = ColourBatch.stack([CameraCalibration.from_linear_srgb()] * count, gains)
    return FrameBatch(
        samples=samples,
        cfa_index=torch.full((count,), -1) if channels == 3 else torch.arange(count) % 4,
        wb_as_shot=torch.tensor(gains, dtype=dtype),
        noise=torch.tensor([[1e-4, 1e-6]], dtype=dtype).repeat(count, 1),
        sensor_noise=torch.tensor([[1e-4, 1e-6]], dtype=dtype).repeat(count, 1),
        scale=torch.full((count,), 0.4 if channels == 3 else 1.0, dtype=dtype),
        exposure_ev=torch.zeros(count, dtype=dtype),
        optical_centre_px=torch.tensor([[(height - 1) / 2, (width - 1) / 2]], dtype=dtype).repeat(count, 1),
        colour=colour._map(lambda tensor: tensor if tensor.dtype == torch.bool else tensor.to(dtype)),
    )


def random_params(count: int, seed: int = 0, dtype=torch.float32) -> IspParams:
    unit = uniform(count, len(PARAMETERS), seed=seed)
    return IspParams.from_action(unit.to(dtype) * 2 - 1)


BOTH_KINDS = pytest.mark.parametrize("channels", [1, 3])
BOTH_TYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@BOTH_KINDS
def test_renders_keep_shape_type_and_range(channels):
    batch = frames(channels)
    images, penalties = render_with_penalties(batch, random_params(4))
    assert images.shape == (4, 3, 24, 32) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1
    assert {name: value.shape for name, value in penalties.items()} == {"over_range": (4,), "gamut": (4,)}


@BOTH_TYPES
@BOTH_KINDS
def test_batch_equals_loop(channels, dtype):
    batch, params = frames(channels, dtype=dtype), random_params(4, dtype=dtype)
    whole = render(batch, params)
    for index in range(4):
        ids = torch.tensor([index])
        alone = render(batch.take(ids), params.take(ids))[0]
        torch.testing.assert_close(alone, whole[index], atol=render_tolerance(dtype), rtol=0)


@BOTH_TYPES
def test_groups_without_gradients_equal_the_whole_batch(monkeypatch, dtype):
    batch, params = frames(3, dtype=dtype), random_params(4, dtype=dtype)
    whole, penalties = render_with_penalties(batch, params)
    monkeypatch.setattr("isp_env.pipeline.CACHED_PIXELS", 1000)
    with torch.no_grad():
        grouped, grouped_penalties = render_with_penalties(batch, params)
    torch.testing.assert_close(grouped, whole, atol=render_tolerance(dtype), rtol=0)
    torch.testing.assert_close(grouped_penalties, penalties, atol=render_tolerance(dtype), rtol=0)


def test_linear_look_at_identity_is_the_camera_matrix_and_the_srgb_curve():
    batch = frames(3)
    batch = dataclasses.replace(batch, samples=batch.samples.clamp(0.1, 0.4), exposure_ev=torch.ones(4))
    balanced = (batch.samples * batch.wb_as_shot[..., None, None]).double().numpy()
    linear = render(batch, IspParams.default(4), look="linear").double().numpy()
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    from isp_env.colorimetry.colour import white_balance_matrix

    zero = torch.zeros(4)
    matrix = REC2020_TO_SRGB @ white_balance_matrix(batch.colour, zero, zero)[1].double().numpy()
    expected = np.einsum("nij,njhw->nihw", matrix, balanced).clip(0, 1)
    np.testing.assert_allclose(linear, expected, atol=2e-5)


def test_baseline_exposure_acts_like_exposure_in_the_camera_look():
    batch = frames(3)
    lifted = dataclasses.replace(batch, exposure_ev=torch.full((4,), 0.7))
    brighter = IspParams.from_dict([{"exposure_ev": 0.7}] * 4)
    expected = scene_map(batch, brighter, "camera")
    for ours, theirs in zip(scene_map(lifted, IspParams.default(4), "camera"), expected, strict=True):
        torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(light_of_white(lifted), light_of_white(batch) * 2**0.7)


def test_clipped_raw_is_near_display_white_and_neutral():
    batch = frames(3)
    white = render(dataclasses.replace(batch, samples=torch.ones_like(batch.samples)), IspParams.default(4))
    assert white.min() > 0.95
    assert (white.amax(1) - white.amin(1)).max() < 0.01


@pytest.mark.slow
def test_a_grey_ramp_stays_grey_and_rises_for_random_tone():
    count = 64
    ramp = torch.linspace(0, 0.5, 256, dtype=torch.float64).view(1, 1, 1, -1).expand(count, 3, 4, 256)
    batch = frames(3, count, (4, 256), torch.float64)
    gains = batch.wb_as_shot[:1].expand(count, 3)
    batch = dataclasses.replace(batch, samples=ramp / gains[..., None, None], colour=batch.colour.take(torch.zeros(count, dtype=torch.long)), wb_as_shot=gains)  # fmt: skip
    tonal = ["exposure_ev", "contrast", "highlights_ev", "shadows_ev", "whites_ev", "blacks"]
    values = IspParams.default(count).values.double()
    columns = [NAMES.index(name) for name in tonal]
    values[:, columns] = random_params(count, dtype=torch.float64).values[:, columns]
    values[:, NAMES.index("sharpen")] = -1  # an unsharp mask overshoots, as it must
    images = render(batch, IspParams(values))
    assert (images.amax(1) - images.amin(1)).max() < 1e-3
    assert (images.mean(1).diff(dim=-1) > -render_tolerance(torch.float64)).all()


@BOTH_KINDS
def test_gradients_are_finite_everywhere_for_random_parameters(channels):
    batch = frames(channels, 16)
    for params in (random_params(16), IspParams.default(16)):
        values = params.values.clone().requires_grad_(True)
        images, penalties = render_with_penalties(batch, IspParams(values))
        (images.square().sum() + sum(value.sum() for value in penalties.values())).backward()
        assert torch.isfinite(images).all() and torch.isfinite(values.grad).all()
        for name in ("exposure_ev", "contrast", "saturation", "temperature_mired", "sharpen", "clarity"):
            assert (values.grad[:, NAMES.index(name)] != 0).all(), name
        assert (values.grad[:, NAMES.index("shadows_ev")] != 0).any()  # not where the base is brighter than mid grey


@BOTH_KINDS
@pytest.mark.slow
def test_gradients_of_the_whole_fold_match_differences(channels):
    batch = frames(channels, 1, (8, 10), torch.double)
    batch = dataclasses.replace(batch, samples=batch.samples.clamp(0.05, 0.5))
    action = 0.6 * uniform(1, len(PARAMETERS)).double() + 0.1
    prepared = prepare(batch)

    def fold(action: torch.Tensor) -> torch.Tensor:
        return render_prepared(prepared, IspParams.from_action(action))[0].clamp(0.01, 0.99)

    assert torch.autograd.gradcheck(fold, action.requires_grad_(True), atol=1e-4, rtol=1e-3, fast_mode=True)


def test_odd_mosaics_come_back_in_their_size():
    batch = frames(1, 2, (23, 31))
    assert render(batch, IspParams.default(2)).shape == (2, 3, 23, 31)


def test_proxy_and_full_size_agree():
    generator = np.random.default_rng(0)
    coarse = torch.from_numpy(generator.uniform(1500, 9000, (1, 1, 6, 8))).float()
    samples = torch.nn.functional.interpolate(coarse, (96, 128), mode="bicubic")[0, 0].numpy().astype(np.uint16)
    frame = RawFrame.from_mosaic(samples, "GBRG", black_level_dn=512, white_level_dn=16383, wb_as_shot=(1.8, 1, 1.5))
    params = IspParams.from_dict({"exposure_ev": 0.4, "contrast": 0.3, "clarity": 0.5, "saturation": 0.3, "sharpen": 1})
    small = render(frame.proxy(48), params)
    averaged = torch.nn.functional.avg_pool2d(render(frame, params), 2)
    assert (small - averaged).abs().mean() < 0.01


@pytest.mark.slow
def test_the_fold_compiles_without_graph_breaks_to_the_same_picture():
    batch, params = prepare(frames(3, 2, (16, 16))), random_params(2)
    compiled = torch.compile(render_prepared, fullgraph=True, dynamic=False, backend="eager")
    with torch.no_grad(), torch_alone():
        torch.testing.assert_close(compiled(batch, params)[0], render_prepared(batch, params)[0], atol=1e-6, rtol=0)


def linear_libraw(path: Path) -> np.ndarray:
    import rawpy

    with rawpy.imread(str(path)) as raw:
        picture = raw.postprocess(
            gamma=(1, 1),
            no_auto_bright=True,
            adjust_maximum_thr=0,  # or LibRaw takes the file's brightest sample for white: up to 5 % brighter
            use_camera_wb=True,
            output_color=rawpy.ColorSpace.sRGB,
            output_bps=16,
            highlight_mode=rawpy.HighlightMode.Clip,
            demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
        )
    return picture / 65535


def mean_of_cells(picture: np.ndarray, cell: int = 4) -> np.ndarray:
    height, width = (size // cell * cell for size in picture.shape[:2])
    return picture[:height, :width].reshape(height // cell, cell, width // cell, cell, 3).mean((1, 3))


def cropped(frame: RawFrame, row: int, column: int) -> RawFrame:
    cfa = {(0, 0): "RGGB", (1, 1): "BGGR", (0, 1): "GRBG", (1, 0): "GBRG"}[row, column]
    return dataclasses.replace(frame, samples=frame.samples[row:, column:], cfa=cfa)


@pytest.mark.slow
@pytest.mark.skipif(not GOPRO.is_dir(), reason=f"shared data absent: {GOPRO}")
@pytest.mark.parametrize("name", ["GOPR0024_y768_x0", "GOPR9231_y768_x384", "GPFR7066_y768_x1536"])
def test_linear_look_agrees_with_libraw_for_every_phase(name):
    """CIEDE2000 on 4x4 means of unclipped pixels; LibRaw has one matrix (ColorMatrix2), we interpolate two in 1/CCT."""
    import colour

    def lab(linear_srgb: np.ndarray) -> np.ndarray:
        return colour.XYZ_to_Lab(colour.RGB_to_XYZ(linear_srgb, "sRGB", apply_cctf_decoding=False))

    path = GOPRO / f"{name}.dng"
    frame, reference = RawFrame.load(path), linear_libraw(path)
    assert frame.cfa == "RGGB"
    for row, column in ((0, 0), (1, 1), (0, 1), (1, 0)):
        with torch.inference_mode():
            display = render(cropped(frame, row, column), IspParams.default(1), look="linear")[0]
        linear = colour.models.eotf_sRGB(display.permute(1, 2, 0).double().numpy())
        ours, theirs = mean_of_cells(linear), mean_of_cells(reference[row:, column:])
        unclipped = mean_of_cells(np.broadcast_to((reference[row:, column:].max(-1, keepdims=True) < 0.8), reference[row:, column:].shape)).min(-1) == 1  # fmt: skip
        difference = colour.delta_E(lab(ours)[unclipped], lab(theirs)[unclipped], method="CIE 2000")
        assert difference.mean() < 1.0, (name, row, column, difference.mean())
