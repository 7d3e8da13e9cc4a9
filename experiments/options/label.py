"""Options of `attiqa label`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from attiqa_core.errors import UsageError
from attiqa_core.labelling.limits import BATCH, MAX_ERROR_RATE, SHARD_SIZE
from attiqa_core.network.architecture import PrecisionOrAuto
from experiments.options import checks
from experiments.options.choices import one_of
from experiments.options.scaling import ScalingOptions
from experiments.options.teachers import ABOUT_LABELLING, LABELLING, refuse_foreign_options


@dataclass(frozen=True, kw_only=True)
class Config:
    """Label photos with the scores of a teacher on the five attributes, for pretraining.

    Every photo is embedded once, into a cache. Labels of other prompts are derived from the cache of an earlier run
    (--cache) without another pass over the photos.
    """

    photos: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Image files, webdataset .tar shards, or folders that are searched to any depth; not needed with a whole --cache."""
    out: Path
    """Run folder to write: labels.csv and labels.json."""
    cache: Path | None = None
    """Folder of the embeddings, shared by runs with other prompts; out/cache if left out."""
    prompts: str = "table1"
    """table1 (the paper's pairs), single ("Good image"/"Bad image"), or a prompts.json or run of `attiqa prompts`."""
    prompt_set: Literal["joint", "worst", "median", "task1", "task2"] = "joint"
    """Which set of a prompts.json."""
    teacher: Annotated[str, one_of(LABELLING), tyro.conf.arg(help=f"{ABOUT_LABELLING}.")] = "clip"
    qualiclip: Path | None = None
    """Run of `attiqa qualiclip`, for that teacher; it labels overall quality."""
    clip_model: str = "ViT-B-16"
    """An architecture of open_clip, or hf-hub:org/name, or local-dir:/folder."""
    clip_weights: str = "openai"
    """A set of weights that open_clip knows, or the path of a file."""
    clip_activation: Literal["auto", "gelu", "quick-gelu"] = "auto"
    """What the weights were trained with, needed for a file: quick-gelu (OpenAI's) or gelu (LAION's)."""
    precision: PrecisionOrAuto = "auto"
    """Of CLIP's image tower; auto is bf16 on CUDA and on CPUs with AMX, else fp32."""
    compile: bool = False
    """Compile CLIP's image tower: minutes to begin with, faster for very many photos on CUDA."""
    half: bool = False
    """Cache embeddings as float16, half the size; refused if that changes the labels of the first shard."""
    shard_size: int = SHARD_SIZE
    """Photos in each file of the cache; an interrupt loses at most one file's work."""
    max_error_rate: float = MAX_ERROR_RATE
    """Stop when more than this share of the photos cannot be read."""
    retry_errors: bool = False
    """Read again the photos of a --cache that could not be read before."""
    batch: int = BATCH
    """Photos encoded at a time."""
    threads: int = 0
    """Threads that decode photos ahead of the encoder; 0 is one for each processor."""
    device: str = "auto"
    """auto, cpu or cuda."""
    resume: bool = False
    """Go on with an interrupted run in the same folder."""
    scaling: ScalingOptions = field(default_factory=ScalingOptions)

    def check(self) -> None:
        """Raises: UsageError or InputError for what is wrong before anything is loaded."""
        checks.at_least(self, batch=1, shard_size=1, threads=0)
        self.scaling.check()
        if not 0 <= self.max_error_rate <= 1:
            raise UsageError(f"--max-error-rate {self.max_error_rate:g}: give a share between 0 and 1")
        if self.retry_errors and not self.photos:
            raise UsageError("--retry-errors: name the photos too")
        if not self.photos and self.cache is None:
            raise UsageError("no photos named; give image files, folders or .tar shards, or a finished --cache")
        if self.scaling.is_shared and (self.retry_errors or not self.photos):
            raise UsageError(
                f"{self.scaling.flag}: is about photos to be read; run --retry-errors, or a whole --cache, in one process"
            )
        why = f"is about --teacher {{name}}, not {self.teacher}"
        refuse_foreign_options(self, (self.teacher,), why, labelling=True)
        checks.photos(*self.photos)
        checks.present(self.qualiclip, None if self.photos else self.cache)
        checks.new_folder(self.out, resume=self.resume or self.scaling.is_shared)
