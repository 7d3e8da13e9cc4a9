"""An exported scorer run by ONNX Runtime: the same scores to about 1e-5, on a CPU faster than eager torch, no gradients."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.errors import InputError
from attiqa_core.judges.onnx_export import FORMAT, INPUT, require
from attiqa_core.tensors import AttributeScores, Images, Scores


class OnnxScorer:
    """What `export_onnx` wrote, on the CPU: `read` as a Scorer's, each image by itself, so the same bits in any batch."""

    device = torch.device("cpu")

    def __init__(self, path: Path, threads: int = 1):
        """Open the model. Raises: InputError if it is not one of ours; UsageError without the `onnx` extra."""
        runtime = require("onnxruntime")
        if not Path(path).is_file():
            raise InputError(f"{path}: no such file")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self.session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises classes of its own extension module
            raise InputError(f"{path}: not a whole ONNX model; write it again with `attiqa export`") from error
        described = self.session.get_modelmeta().custom_metadata_map
        if described.get("format") != FORMAT:
            raise InputError(f"{path}: not an exported scorer; write one with `attiqa export SCORER --out model.onnx`")
        self.name, self.sha256, self.crops = described["name"], described["sha256"], int(described["crops"])
        self.attribute_names = tuple(json.loads(described["attributes"]))
        self.mos_range = MosRange(*json.loads(described["mos_range"]))
        self.takes_bytes = "uint8" in described["input"]

    def read(self, images: Images) -> tuple[Scores, AttributeScores]:
        """Return MOS in [0, 1] and attribute scores."""
        pixels: Tensor = (images * 255).round().to(torch.uint8) if self.takes_bytes else images
        outputs: list[Any] = [self.session.run(None, {INPUT: each[None].cpu().numpy()}) for each in pixels]
        mos, attributes = (
            torch.cat([torch.from_numpy(part) for part in parts]) for parts in zip(*outputs, strict=True)
        )
        return mos, attributes

    def to_mos(self, scores: Scores) -> Tensor:
        """Return [0, 1] scores on the scale of the data set that the scorer was fine-tuned on."""
        return self.mos_range.restore(scores)
