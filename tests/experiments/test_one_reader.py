"""Every command sees the same pixels, and every command that reads a folder comes to its end whatever lies in it."""

import csv
import io
import os
import re

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from fixtures.odd_files import LATIN, NAMES, SPECIAL, write_named, write_special
from fixtures.odd_pictures import ink_profile, matrix_profile
from fixtures.pages import ROOT
from fixtures.photographs import noise, noise_png
from PIL import Image

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError
from attiqa_core.labelling import labels
from attiqa_core.labelling.encoding import Prepared, prepare
from attiqa_core.photos.accepted import accepted_batches
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.images import read_picture
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.photos.sources import Photo, read_photo
from experiments.commands import compare, label, score
from experiments.gallery.shrunk import open_shrunk
from experiments.pictures.display import read_display
from experiments.pictures.reading import load_picture, picture_size
from experiments.study.making.alike import picture_of_size

RGB = noise(3, 20, 30)
MAY_OPEN = {
    "attiqa_core/photos/decode.py", "experiments/pictures/reading.py",  # the reader, and sizes
    "experiments/gallery/shrunk.py", "experiments/gallery/previews.py",  # JPEGs shrunk while they are decoded, and our own
    "isp_env/black_box/pictures.py", "isp_env/raw_io/decoding/preview.py",  # a program's pictures; a raw's own, for its turn
    "experiments/pictures/carried.py",  # what a picture tells of its capture, not its pixels
    "experiments/demo_set.py", "experiments/isp_quality/demosaic_table.py",  # pictures that ship with packages
    "experiments/isp_quality/lens_table.py", "experiments/isp_quality/denoise_table.py",
}  # fmt: skip


class Taught:
    """A teacher that keeps the pixels that it is given."""

    def prepare(self, rgb):
        return torch.from_numpy(rgb)


def write_kinds(folder):
    """Write a picture of every unusual kind."""
    deep = RGB.astype(np.uint16) * 257
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = matrix_profile("Display P3", 2.2)
    Image.fromarray(RGB).save(folder / "wide.jpg", icc_profile=wide, exif=exif)
    Image.fromarray(RGB).convert("CMYK").save(folder / "ink.jpg", icc_profile=ink_profile())
    Image.fromarray(RGB).quantize(16).save(folder / "palette.png", transparency=3)
    Image.fromarray(np.dstack([RGB, RGB[..., 0]])).save(folder / "veiled.png", icc_profile=wide)
    (folder / "deep.png").write_bytes(imagecodecs.png_encode(deep))
    tifffile.imwrite(folder / "white.tif", 65535 - deep[..., 0], photometric="miniswhite")
    tifffile.imwrite(folder / "lab.tif", RGB, photometric="cielab")
    tifffile.imwrite(
        folder / "veiled.tif", np.dstack([deep, deep[..., 0]]), photometric="rgb", extrasamples=["unassalpha"]
    )
    return sorted(folder.iterdir())


@pytest.mark.slow
def test_every_way_to_read_a_picture_gives_the_same_pixels(tmp_path):
    """score and compare, label, pretrain and finetune, a judge's own door, study export, look, sheets."""
    for path in write_kinds(tmp_path):
        rgb = read_rgb(path)
        photo = Photo(path.name, path)
        labelled = prepare(photo, Taught())  # pyright: ignore[reportArgumentType]
        assert isinstance(labelled, Prepared)
        ways = {
            "score": read_picture(path).permute(1, 2, 0),
            "pretrain": read_photo(photo).permute(1, 2, 0),
            "label": labelled.pixels,
            "finetune": PictureCache([path], min(rgb.shape[:2]))[0].permute(1, 2, 0),
            "judge": (accepted_batches(path, values=True)[0][0].permute(1, 2, 0) * 255).round(),
            "sheet": load_picture(path),
            "study": picture_of_size(path, (rgb.shape[1], rgb.shape[0])),
            "look": open_shrunk(path, 10_000).rgb,
        }
        if path.suffix != ".tif":  # of which `evaluate-fivek` and `fit` want floats of the depth that is stored
            ways["fit"] = (read_display(path)[0][0].permute(1, 2, 0) * 255).round()
        for name, pixels in ways.items():
            assert np.array_equal(np.asarray(pixels), rgb), (path.name, name)
        assert picture_size(path) == rgb.shape[:2]
        if path.suffix == ".jpg":
            with Image.open(path) as opened:
                assert torch.equal(accepted_batches(opened, values=True)[0], accepted_batches(path, values=True)[0])


def test_no_other_module_opens_a_picture():
    opening = {
        file.relative_to(ROOT).as_posix()
        for package in ("attiqa_core", "isp_env", "agents", "experiments")
        for file in (ROOT / package).rglob("*.py")
        if "soak" not in file.parts  # for its developers: it makes what it reads
        if re.search(r"\bImage\.open\(|\bimread\(path", file.read_text(encoding="utf-8"))
    }
    assert opening == MAY_OPEN


@pytest.fixture
def odd_folder(tmp_path):
    write_special(tmp_path / "odd")
    return tmp_path / "odd", write_named(tmp_path / "odd", noise_png(0, 70, 80))


def check_sentences(failures, times=1):
    """Check that each file that is none is told once, in one line that can be printed."""
    assert len(failures) == times * (len(SPECIAL) + 1)
    for name, told in {**SPECIAL, r"caf\\xe9.png": "not UTF-8"}.items():
        assert sum(bool(re.search(rf"{name}: .*{told}", failure)) for failure in failures) == times, name
    "\n".join(failures).encode()


@pytest.mark.slow
def test_score_ends_in_a_table_whatever_lies_in_the_folder(odd_folder, tiny_scorer_folder, tmp_path, capsys):
    folder, named = odd_folder
    table = tmp_path / "scores.csv"
    config = score.Config((folder,), scorer=str(tiny_scorer_folder), crops=1, csv=table, device="cpu", workers=1)
    outcome = score.run(config)
    check_sentences(outcome.failures)
    rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8"), newline="")))
    assert sorted(row[0].removeprefix("'") for row in rows[1:]) == sorted(map(str, named))
    assert r"new\nline.png" in capsys.readouterr().out


@pytest.mark.slow
def test_compare_and_label_end_whatever_lies_in_the_folder(odd_folder, tiny_scorer_folder, tmp_path):
    folder, named = odd_folder
    config = compare.Config(folder, folder, str(tiny_scorer_folder), crops=1, device="cpu", json=tmp_path / "c.json")
    check_sentences(compare.run(config).failures, times=2)
    outcome = label.run(
        label.Config(photos=(folder,), out=tmp_path / "run", teacher="statistics", threads=1, max_error_rate=0.9)
    )
    assert len(outcome.failures) == len(SPECIAL) + 1
    assert sorted(labels.read(tmp_path / "run").keys) == sorted(path.name for path in named)


def test_a_table_of_scores_finds_its_pictures_by_paths_of_windows(tmp_path):
    for name in ("images/sub/a.png", "images/b\\c.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(noise_png(0))
    table = tmp_path / "mos.csv"
    table.write_text("image,mos\nsub\\A.png,1\nb\\c.png,2\n")
    assert read_rated(table).paths == (tmp_path / "images/sub/a.png", tmp_path / "images/b\\c.png")
    table.write_text("image,mos\n..\\mos.csv,1\nb\\c.png,2\n")
    with pytest.raises(InputError, match=r"line 2: .*leaves the image folder"):
        read_rated(table)


def test_a_table_that_is_a_pipe_or_names_one_is_a_sentence(tmp_path):
    os.mkfifo(tmp_path / "mos.csv")
    with pytest.raises(InputError, match=r"mos\.csv: is a pipe"):
        read_rated(tmp_path / "mos.csv")
    os.mkfifo(tmp_path / "a.png")
    table = tmp_path / "t.csv"
    for name in ("a.png", "b" * 5000, "c\0d"):
        table.write_text(f"image,mos\n{name},1\nb.png,2\n")
        with pytest.raises(InputError, match="no image"):
            read_rated(table)


def test_names_are_those_that_are_hard():
    assert LATIN not in NAMES and all(name.encode() for name in NAMES)
