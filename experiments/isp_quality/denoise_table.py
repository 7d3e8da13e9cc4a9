"""PSNR of denoising at several ISOs, as a Markdown table: `python -m experiments.isp_quality.denoise_table PHOTOS...`.

Photos become synthetic raws with a typical camera's noise and are rendered with the camera look; the reference is the render of
the raw without noise. NLM (scikit-image) and BM3D (where the package `bm3d` is importable; slow) work on the rendered picture,
told its true noise, and get the best of several strengths at each ISO. Ours has the same strength at every ISO, or the camera
default's.
"""

import argparse
import importlib.util
from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image
from skimage.restoration import denoise_nl_means
from torch import Tensor

from attiqa_core.evaluation.psnr import psnr_db
from attiqa_core.tensors import Images
from isp_env.frames.batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.sensor.noise import estimate_noise
from isp_env.stages.denoise import default_strengths

ISOS = (100, 400, 1600, 6400, 12800)
STRENGTHS = (0.5, 0.7, 1.0)
SIGMAS = (0.3, 0.5, 0.7, 1.0, 1.5, 2.2)  # of NLM and BM3D, in true standard deviations of the picture
CAMERA = CAMERAS["nikon-d850"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="PSNR of denoising at several ISOs")
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--crop-px", type=int, default=320, help="side of the crop from each photo's centre")
    parser.add_argument("--bm3d", action="store_true", help="BM3D too, where it is installed")
    options = parser.parse_args(arguments)
    photos = [centre_crop(path, options.crop_px) for path in options.photos]
    reference = rendered(photos, None, 0)
    rows = {"none": [], **{f"ours {s:g}": [] for s in STRENGTHS}, "ours, camera default": [], "NLM, best": []}
    others: dict[str, Callable] = {"NLM, best": nlm}
    if options.bm3d and importlib.util.find_spec("bm3d"):
        rows["BM3D, best"], others["BM3D, best"] = [], bm3d
    for iso in ISOS:
        noisy = rendered(photos, iso, 0)
        rows["none"].append(psnr(noisy, reference))
        for strength in STRENGTHS:
            rows[f"ours {strength:g}"].append(psnr(rendered(photos, iso, strength), reference))
        rows["ours, camera default"].append(psnr(rendered(photos, iso, None), reference))
        for name, denoise in others.items():
            rows[name].append(max(psnr(each_denoised(noisy, reference, denoise, s), reference) for s in SIGMAS))
    print("| PSNR, dB | " + " | ".join(f"ISO {iso}" for iso in ISOS) + " |\n" + "|---" * (len(ISOS) + 1) + "|")
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in values) + " |")


def centre_crop(path: str, edge: int) -> np.ndarray:
    """Return the middle `edge` x `edge` pixels of a photo, (H, W, 3) uint8."""
    photo = np.asarray(Image.open(path).convert("RGB"))
    top, left = max(0, photo.shape[0] - edge) // 2, max(0, photo.shape[1] - edge) // 2
    return photo[top : top + edge, left : left + edge]


def rendered(photos: Sequence[np.ndarray], iso: int | None, strength: float | None) -> Images:
    """Return the camera look, not sharpened, of raws of the photos at an ISO, without noise where that is None.

    A strength of None is the camera default's.
    """
    noise = estimate_noise(iso, (CAMERA.white_level_dn - CAMERA.black_level_dn,))[0]
    frames = [
        synthesise(photo, CAMERA, noise=noise, generator=None if iso is None else np.random.default_rng(seed))
        for seed, photo in enumerate(photos)
    ]
    batch = FrameBatch.stack(frames)
    recipe = {"sharpen": -1.0}
    if strength is not None:
        defaults = (float(default[0]) for default in default_strengths(batch.sensor_noise))
        controls = (control_of(strength, default) for default in defaults)
        recipe |= dict(zip(("denoise_luma", "denoise_chroma"), controls, strict=True))
    with torch.no_grad():
        return render(batch, IspParams.from_dict([recipe] * len(frames)))


def control_of(strength: float, default: float) -> float:
    """Return the control for a strength, by the inverse of `frames.camera_default.from_default`."""
    return strength / default - 1 if strength < default else (strength - default) / (1 - default)


def psnr(images: Images, reference: Images) -> float:
    """Return the mean over the pictures of their PSNR in dB, in display sRGB."""
    return float(psnr_db(images, reference).mean())


def each_denoised(noisy: Images, reference: Images, denoise: Callable, sigmas: float) -> Images:
    """Return pictures denoised one by one, told `sigmas` times the true standard deviation of their noise."""
    true = (noisy - reference).square().mean((1, 2, 3)).sqrt() * sigmas
    return torch.stack([denoise(image, float(sigma)) for image, sigma in zip(noisy, true, strict=True)])


def nlm(image: Tensor, sigma: float) -> Tensor:
    """Return non-local means of a (3, H, W) picture by scikit-image."""
    picture = image.permute(1, 2, 0).numpy()
    quiet = denoise_nl_means(
        picture, patch_size=5, patch_distance=6, h=sigma, sigma=sigma, fast_mode=True, channel_axis=-1
    )
    return torch.from_numpy(quiet).permute(2, 0, 1).float()


def bm3d(image: Tensor, sigma: float) -> Tensor:
    """Return BM3D of a (3, H, W) picture by its authors' package, which is for research only."""
    package = importlib.import_module("bm3d")
    quiet = package.bm3d_rgb(image.permute(1, 2, 0).numpy(), sigma)
    return torch.from_numpy(np.asarray(quiet)).permute(2, 0, 1).float()


if __name__ == "__main__":
    main()
