"""The synthetic FiveK of the fixtures: its layout, and that its experts' pictures are our render by the planted parameters."""

import io

import numpy as np
import pytest
import tifffile
import torch
from fixtures.fivek import archive_folder, scene_of, write_fivek
from fixtures.prophoto_tiff import GAMMA, SRGB_TO_PROPHOTO
from PIL import Image, ImageCms

from attiqa_core.srgb import linear_from_srgb
from isp_env.fivek.catalogue.collections import expert_collection
from isp_env.fivek.catalogue.edits import open_catalogue, read_edits
from isp_env.fivek.catalogue.translation import translate
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame

LARGEST_RGB = 2e-4  # of linear light: 16 bits at gamma 1.8


@pytest.fixture(scope="module")
def five_k(tmp_path_factory):
    return write_fivek(tmp_path_factory.mktemp("fivek"), photos=3, experts=("a", "c"))


@pytest.mark.parametrize(
    ("number", "folder"),
    [(1, "HQa1to700"), (700, "HQa1to700"), (1400, "HQa701to1400"), (1401, "HQa1400to2100"), (5000, "HQa4201to5000")],
)
def test_raws_lie_in_the_archives_folders(number, folder):
    assert archive_folder(number) == folder


def test_experts_are_renders_by_the_planted_parameters(five_k):
    photo = five_k.photo(14)
    picture = render(RawFrame.load(photo.raw), IspParams.from_dict(photo.planted["c"]))[0].permute(1, 2, 0)
    stored = (tifffile.imread(photo.experts["c"]) / 65535) ** GAMMA @ np.linalg.inv(SRGB_TO_PROPHOTO).T
    assert np.abs(stored - linear_from_srgb(picture.double()).numpy()).max() < LARGEST_RGB
    assert photo.planted["a"] != photo.planted["c"] != five_k.photo(1).planted["c"]


def test_the_profile_means_what_the_samples_mean(five_k):
    """By LittleCMS, in 8 bits: a patch of the picture goes back to the sRGB that was rendered."""
    photo = five_k.photo(14)
    with tifffile.TiffFile(photo.experts["c"]) as tiff:
        page = tiff.pages.first
        stored, profile = page.asarray(), page.iccprofile or b""
    eight = Image.fromarray(np.rint(stored / 257).astype(np.uint8))
    converted = ImageCms.profileToProfile(
        eight,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    picture = render(RawFrame.load(photo.raw), IspParams.from_dict(photo.planted["c"]))[0].permute(1, 2, 0)
    apart = np.abs(np.asarray(converted) / 255 - picture.numpy())
    assert float(np.median(apart)) < 1 / 255 and float(torch.tensor(apart).quantile(0.99)) < 4 / 255


@pytest.mark.slow
def test_odd_raws_show_their_scenes_as_they_were(tmp_path):
    """Grey is grey and colours are those of the plain writer's camera: the mean of each render is near that of its scene."""
    five_k = write_fivek(tmp_path, photos=0, odd=True, experts=(), inputs=False)
    frames = {each.photo: RawFrame.load(each.raw) for each in five_k.photos}
    sizes = {photo.odd: frame.samples.shape[:2] for photo, frame in frames.items()}
    assert len(sizes) == 7
    assert sizes.pop("cropped") == (91, 123) and sizes.pop("odd size") == (95, 127)
    assert set(sizes.values()) == {(96, 128)}
    for photo, frame in frames.items():
        picture = render(frame, IspParams.default(1), look="linear")[0]
        scene = torch.from_numpy(scene_of(photo)).permute(2, 0, 1)[:, : picture.shape[1], : picture.shape[2]] / 255
        shown = (linear_from_srgb(scene.double()) * 2.0**photo.exposure_ev).clamp(0, 1).mean((1, 2))
        assert linear_from_srgb(picture.double()).mean((1, 2)) == pytest.approx(shown, rel=0.12), photo.odd


def test_the_catalogues_sliders_say_about_what_was_planted(tmp_path):
    """Within half a step of a slider."""
    five_k = write_fivek(tmp_path, photos=2, inputs=False, catalogue=True)
    assert five_k.catalogue is not None
    with open_catalogue(five_k.catalogue) as catalogue:
        edits = read_edits(catalogue, expert_collection(catalogue.collections, "c"))
    assert sorted(edit.number for edit in edits) == [1, 14]
    for edit in edits:
        told, planted = translate(edit.settings()).params, five_k.photo(edit.number).planted["c"]
        for name in ("exposure_ev", "contrast", "saturation"):
            assert told.get(name, 0.0) == pytest.approx(planted[name], abs=0.02), name


def test_single_files_lie_as_on_the_server(tmp_path):
    five_k = write_fivek(tmp_path, layout="single", photos=2, inputs=False)
    assert [each.raw.relative_to(tmp_path).as_posix() for each in five_k.photos] == [
        "img/dng/a0001-jmac_DSC1459.dng",
        "img/dng/a0014-WP_CRW_6320.dng",
    ]
    assert sorted(path.name for path in (tmp_path / "legal").iterdir()) == [
        "LicenseAdobe.txt",
        "LicenseAdobeMIT.txt",
        "filesAdobe.txt",
        "filesAdobeMIT.txt",
    ]
