"""What the soaked commands work on: small photos with scores, and small raws, made anew wherever they are needed."""

from pathlib import Path

import numpy as np
from PIL import Image

from experiments.pictures.writing import save_picture
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise

PHOTOS, RAWS, SCENES = 24, 6, 3


def make_materials(folder: Path) -> None:
    """Write `photos/`, `mos.csv` in it, `raws/` of three scenes, `rendered/` of other pictures of them, and two folders `a`, `b` of pictures to compare; the same bytes each time."""
    random = np.random.default_rng(0)
    photos, raws = folder / "photos", folder / "raws"
    photos.mkdir(parents=True)
    raws.mkdir()
    (folder / "rendered").mkdir()
    lines = ["image,mos"]
    for index in range(PHOTOS):
        light, noise = random.uniform(0.3, 0.7), random.uniform(0, 0.2)
        waves = np.sin(np.mgrid[:72, :96].sum(0)[..., None] / random.uniform(2, 9, 3))
        pixels = (light + waves / 6 + noise * random.normal(size=(72, 96, 3))).clip(0, 1)
        Image.fromarray((255 * pixels).astype(np.uint8)).save(photos / f"p{index:02d}.png")
        lines.append(f"p{index:02d}.png,{50 + 60 * (light - 0.5) - 100 * noise:.3f}")
    (photos / "mos.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    row, column = np.mgrid[:96, :128] / 15
    for index in range(RAWS):
        photo = (0.5 + 0.3 * np.stack([np.sin(row + index), np.cos(column), np.sin(row * column / 9)], -1)).clip(0, 1)
        name = f"s{index % SCENES}_{index}"
        frame = synthesise(photo, CAMERAS["sony-a7m3"], exposure_ev=-index / 4, generator=random, name=name)
        write_frame(raws / f"{name}.dng", frame)
        picture = render(frame, IspParams.from_dict({"exposure_ev": 0.4, "saturation": 0.3}))[0]
        save_picture(
            folder / "rendered" / f"{name}.tif", picture.repeat_interleave(2, 1).repeat_interleave(2, 2), metadata={}
        )
    for name, change in (("a", 0), ("b", 20)):
        (folder / name).mkdir()
        for index in range(4):
            pixels = np.asarray(Image.open(photos / f"p{index:02d}.png"))
            Image.fromarray((pixels.astype(int) + change).clip(0, 255).astype(np.uint8)).save(
                folder / name / f"{index}.png"
            )
