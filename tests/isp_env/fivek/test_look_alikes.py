"""Photos that look almost the same, by the small pictures that are there, and the sides of a split that they lie on."""

import numpy as np
import tifffile
from fixtures.fivek_files import NAMES, write_file
from fixtures.photographs import noise

from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.look_alikes import across, find_look_alikes, small_picture
from isp_env.fivek.photos import path_of
from isp_env.fivek.splits import SPLITS


def write_picture(folder, number, kind, pixels, **options):
    path = write_file(folder / path_of(NAMES[number], kind), b"")
    tifffile.imwrite(path, pixels, photometric=options.pop("photometric", "rgb"), **options)


def test_pairs_are_found_by_previews_of_raws_and_by_16_bit_pictures(tmp_path):
    scene, other = (noise(seed, 8, 9).repeat(10, 0).repeat(10, 1) for seed in (0, 1))
    write_picture(tmp_path, 1, "raw", scene)
    write_picture(tmp_path, 4501, "c", (scene // 2).astype(np.uint16) * 256)
    write_picture(tmp_path, 2, "input", other.astype(np.uint16) * 257)
    write_picture(tmp_path, 700, "raw", scene[..., 0], photometric="minisblack")
    write_picture(tmp_path, 701, "a", np.full((64, 64, 3), 90, np.uint8))
    write_file(tmp_path / path_of(NAMES[4502], "raw"), b"II*\0 cut off")
    pairs, unseen = find_look_alikes(FiveKFolder.open(tmp_path))
    assert pairs == [(1, 4501)]
    assert unseen == [700, 701, 4502], "a raw without preview, a flat picture, and one that is cut off"


def test_a_raw_without_a_preview_is_seen_by_its_expert(tmp_path):
    scene = noise(0, 8, 9)
    write_picture(tmp_path, 1, "raw", scene[..., 0], photometric="minisblack")
    write_picture(tmp_path, 1, "b", scene)
    assert np.array_equal(small_picture(FiveKFolder.open(tmp_path), 1), scene)


def test_a_pair_is_torn_only_if_it_lies_on_two_sides():
    pairs = [(1, 2), (2, 4501), (4502, 3000), (4501, 4502)]
    assert across(SPLITS["upe"], pairs) == {("train", "test"): [(2, 4501), (4502, 3000)]}
    assert across(SPLITS["deeplpf-dpe"], pairs) == {
        ("train", "test"): [(2, 4501)],
        ("validation", "test"): [(4502, 3000)],
    }
