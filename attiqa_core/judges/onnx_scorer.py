"""An exported scorer run by ONNX Runtime: the same scores to about 1e-5, on a CPU faster than eager torch, no gradients."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import torch
from torch import Tensor

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import Finite, Words
from attiqa_core.files.described import described as described_as
from attiqa_core.files.strict import parse_json
from attiqa_core.judges.onnx_export import FORMAT, INPUT
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.photos.images import within_aspect
from attiqa_core.sharing.onnx_files import open_model
from attiqa_core.tensors import AttributeScores, Images, Scores

log = logging.getLogger(__name__)


class OnnxFile(msgspec.Struct, frozen=True):
    """What the metadata of an exported scorer hold, each a text in the file."""

    name: Words
    sha256: Words
    crops: Literal[1, 5]
    attributes: Annotated[tuple[Words, ...], msgspec.Meta(max_length=64)]
    mos_range: tuple[Finite, Finite]
    input: Words


def _metadata(path: Path, said: Mapping[str, str], cure: str) -> OnnxFile:
    try:
        content: dict[str, Any] = {key: said[key] for key in ("name", "sha256", "input")}
        content |= {key: parse_json(said[key]) for key in ("crops", "attributes", "mos_range")}
    except (KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: its metadata are not those of a scorer ({str(error)[:80]}); {cure}") from error
    found = described_as(path, content, OnnxFile, cure)
    if not found.mos_range[0] < found.mos_range[1]:
        raise InputError(f"{path}: $.mos_range: its low end is not below the high one; {cure}")
    return found


class OnnxScorer(FrozenJudge):
    """What `export_onnx` wrote, on the CPU: each image passes by itself, so that it gets the same bits in any batch.

    The images of a batch pass at the same time, one on each of torch's threads. Its crops, its range of bytes or floats, and
    its size where that was fixed are part of the file.
    """

    differentiable = False
    device = torch.device("cpu")

    def __init__(self, path: Path, threads: int = 1):
        """Open the model. Raises: InputError if it is not one of ours; UsageError without the `onnx` extra."""
        super().__init__()
        cure = "write one with `attiqa export SCORER --out model.onnx`"
        self.session, described = open_model(path, FORMAT, "an exported scorer", cure, threads)
        self.path, self.reference = Path(path), str(Path(path).resolve())
        told = _metadata(self.path, described, cure)
        self.name, self.sha256, self.crops = told.name, told.sha256, told.crops
        self.attribute_names = told.attributes
        self.mos_range = MosRange(*told.mos_range)
        self.takes_bytes = "uint8" in told.input
        self.batch, _, *self.sides = self.session.get_inputs()[0].shape

    def to_mos(self, scores: Scores) -> Tensor:
        """Return scores on the scale of the data set that the scorer was fine-tuned on; not clipped to its ends."""
        return self.mos_range.restore(scores)

    def with_crops(self, crops: int) -> "OnnxScorer":
        """Return this judge if it was exported with so many crops. Raises: UsageError if not."""
        if crops != self.crops:
            raise UsageError(self._other_crops(crops))
        return self

    def _other_crops(self, crops: int) -> str:
        return f"{self.path}: looks at {self.crops} of a picture's crops, not {crops}; export the scorer with --crops {crops}"

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        wanted = [side for side in self.sides if isinstance(side, int)]
        if wanted and wanted != list(images.shape[2:]):
            raise InputError(
                f"{self.path}: was exported for pictures of {wanted[0]} x {wanted[1]} (height x width), not "
                f"{images.shape[2]} x {images.shape[3]}; resize them, or export it again without --size"
            )
        images = images if wanted else within_aspect(images)
        pixels: Tensor = (images * 255).round().to(torch.uint8) if self.takes_bytes else images
        outputs = self._outputs(pixels.detach())
        mos, attributes = (
            torch.cat([torch.from_numpy(part[:1]) for part in parts]) for parts in zip(*outputs, strict=True)
        )
        return mos, attributes

    def _outputs(self, pixels: Tensor) -> list[Any]:
        """What the model says of each picture. A session may be run by several threads at once, and each run has its own."""
        workers = min(len(pixels), torch.get_num_threads())
        if workers == 1:
            return [self._run(each) for each in pixels]
        with ThreadPoolExecutor(workers, "onnx") as pool:
            return list(pool.map(self._run, pixels))

    def _run(self, pixels: Tensor) -> list[Any]:
        """A model of a fixed batch sees the same picture in every place."""
        repeats = self.batch if isinstance(self.batch, int) else 1
        return self.session.run(None, {INPUT: pixels.expand(repeats, -1, -1, -1).numpy()})


def open_onnx(reference: str, device: str | torch.device = "cpu", crops: int | None = None) -> OnnxScorer:
    """Return an exported scorer, on the CPU whatever `device` is. That its crops are others than asked for is only said."""
    judge = OnnxScorer(Path(reference))
    if crops is not None and crops != judge.crops:
        log.warning(judge._other_crops(crops))
    return judge
