"""The profiles against lcms, which had no part in writing them."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from experiments.pictures.icc import profile_of, srgb_profile
from isp_env.colorimetry.output_space import DISPLAY_P3, REC2020_LINEAR, SPACES, SRGB

colour = pytest.importorskip("colour")
NAMES = {DISPLAY_P3: "Display P3", REC2020_LINEAR: "ITU-R BT.2020"}
NO_CACHE_NO_OPTIMISATION = 0x0040 | 0x0100  # lcms's cmsFLAGS: 16 bits are computed, not looked up


@pytest.mark.parametrize("space", NAMES, ids=lambda space: space.name)
def test_lcms_reads_the_space_as_colour_science_has_it(space):
    """A quarter of an 8-bit step: numbers of 16 binary places, through matrices of up to 3 and the curve's slope of 12.9."""
    generator = np.random.default_rng(0)
    rgb = generator.uniform(0.02, 1, (1, 500, 3))
    stored = np.round(rgb * 65535).astype(np.uint16)
    in_srgb = imagecodecs.cms_transform(
        stored, profile_of(space), srgb_profile(), colorspace="rgb", outcolorspace="rgb", intent=1, flags=NO_CACHE_NO_OPTIMISATION
    )  # fmt: skip
    linear = colour.RGB_COLOURSPACES["sRGB"].cctf_decoding(stored / 65535) if space.encoded else stored / 65535
    to_srgb = colour.matrix_RGB_to_RGB(NAMES[space], "sRGB", chromatic_adaptation_transform=None)
    expected = linear @ to_srgb.T
    inside = ((expected > 0.003) & (expected < 1)).all(-1)
    encoded = colour.RGB_COLOURSPACES["sRGB"].cctf_encoding(expected[inside]) * 65535
    assert inside.sum() > 30 and np.abs(in_srgb[inside] - encoded).max() < 257 / 4


@pytest.mark.parametrize("space", SPACES.values(), ids=lambda space: space.name)
def test_white_is_the_connection_spaces_white(space):
    profile = ImageCms.ImageCmsProfile(io.BytesIO(profile_of(space)))
    to_lab = ImageCms.buildTransform(profile, ImageCms.createProfile("LAB"), "RGB", "LAB")
    white = np.asarray(ImageCms.applyTransform(Image.new("RGB", (1, 1), (255, 255, 255)), to_lab))[0, 0]
    assert white.tolist() in ([255, 128, 128], [255, 0, 0])


@pytest.mark.parametrize("space", NAMES, ids=lambda space: space.name)
def test_the_header_is_whole(space):
    content = profile_of(space)
    assert struct.unpack(">I", content[:4])[0] == len(content) and len(content) % 4 == 0
    assert content[36:40] == b"acsp" and content[68:80] == bytes.fromhex("0000f6d6000100000000d32d")
    assert profile_of(space) == content != profile_of(SRGB)


def test_the_names_are_what_people_know():
    for space, name in ((DISPLAY_P3, "Display P3"), (REC2020_LINEAR, "Rec. 2020 (linear)")):
        profile = ImageCms.ImageCmsProfile(io.BytesIO(profile_of(space)))
        assert ImageCms.getProfileDescription(profile).strip() == name
