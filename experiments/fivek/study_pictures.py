"""Pictures for a blind study against an expert: both sides of what both show, at one size, without loss."""

from dataclasses import dataclass
from pathlib import Path

from attiqa_core.tensors import Images
from experiments.fivek.cases import Case, Photos
from experiments.options.picture_output import PictureOutput
from experiments.pictures.writing import save_picture
from isp_env.finished_pictures.geometry import resized

LONG_EDGE_PX = 2048  # what `attiqa study export` shows at most


@dataclass(frozen=True)
class Shown:
    """Two folders below `out` that fill with PNGs by the photos' names: of the row `name`, and of the expert."""

    out: Path
    name: str
    letter: str
    photos: Photos

    @property
    def expert(self) -> str:
        """What the expert's side is called."""
        return f"expert {self.letter.upper()}"

    @property
    def folders(self) -> tuple[Path, Path]:
        """Where the row's pictures lie, and where the expert's."""
        return self.out / self.name.replace(" ", "-"), self.out / self.expert.replace(" ", "-")

    def has(self, number: int) -> bool:
        """Whether both pictures of a photo are written."""
        return all((folder / f"{self.photos.name(number)}.png").exists() for folder in self.folders)

    def write(self, number: int, case: Case) -> None:
        """Write a photo's two pictures."""
        pair = case.pairs[self.name]
        height, width = min((tuple(each.shape[-2:]) for each in pair), key=lambda size: size[0] * size[1])
        factor = min(1.0, LONG_EDGE_PX / max(height, width))
        size = max(1, round(height * factor)), max(1, round(width * factor))
        for folder, picture in zip(self.folders, pair, strict=True):
            self._save(folder / f"{self.photos.name(number)}.png", resized(picture, size))

    def _save(self, path: Path, picture: Images) -> None:
        save_picture(path, picture[0].clamp(0, 1), metadata={}, output=PictureOutput(format="png", bits=8))
