"""Options of `attiqa prompts`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from attiqa_core.errors import UsageError
from experiments.options import checks


@dataclass(frozen=True)
class Config:
    """Choose CLIP's antonym prompts: 2,500 pairs of adjectives for each attribute, judged by two proxy tasks (ATTIQA, 3.3).

    Task 1: the score follows the level of a distortion of one photo. Task 2: it orders SPAQ's photos as people's attribute
    ratings do. The highest sum of the two rank correlations (SROCC) wins. Images and adjectives are embedded once.
    """

    task1: tuple[Path, ...] = ()
    """Photos to distort: image files, folders or .tar shards. Without them only task 2 is run."""
    task2: Path | None = None
    """Folder of SPAQ, for its attribute ratings. Without it only task 1 is run."""
    out: Path = Path("runs/prompts")
    """Run folder: prompts.json, pairs.csv, scores.safetensors, heatmaps/ and the cache, embeddings/."""
    cache: Path | None = None
    """Folder of embeddings; give that of an earlier run to search other adjectives without a pass over the images."""
    adjectives: Path | None = None
    """Own adjectives, a TOML file like attiqa_core/prompts/adjectives.toml; default that one."""
    levels: str = "11"
    """Levels of each distortion: how many, evenly spaced, or kadid for KADID-10k's five."""
    distort_at: int = 512
    """Short edge of the photos when they are distorted, px; 224 distorts at the encoder's own size."""
    most_photos: int = 200
    """Photos of task 1 that are used, drawn at random; 0 for all."""
    images: Path | None = None
    """Folder of task 2's images; default SPAQ's TestImage/."""
    allow_missing: bool = False
    """Leave out rated images whose file is absent."""
    exclude_test: Path | None = None
    """Split file of SPAQ: its test images (of all its splits) take no part, so that no label of theirs leaks."""
    clip_model: str = "ViT-B-16"
    """An architecture of open_clip, or hf-hub:org/name, or local-dir:/folder."""
    clip_weights: str = "openai"
    """A set of weights that open_clip knows, or the path of a file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What the weights were trained with, needed for a file: quick-gelu (OpenAI's) or gelu (LAION's)."""
    heatmaps: bool = True
    """Draw a heat map for each attribute and score."""
    threads: int = 2
    """Threads that decode photos and that rank scores."""
    seed: int = 0
    """Draws the photos and the noise of task 1."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on with an interrupted run in the same folder."""

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        if not self.task1 and self.task2 is None:
            raise UsageError("nothing to judge prompts by: give --task1 PHOTOS, --task2 SPAQ, or both")
        checks.at_least(self, threads=1, most_photos=0, distort_at=32)
        checks.seed(self)
        if self.exclude_test is not None and self.task2 is None:
            raise UsageError("--exclude-test: is about the images of task 2; give --task2 SPAQ as well")
        checks.present(*self.task1, self.task2, self.adjectives, self.images, self.exclude_test)
        checks.new_folder(self.out, resume=self.resume)
